"""A picture of a flow as SVG: one file without anything from outside, light and dark, readable by machine.

Shapes differ by outline as well as by colour, for those who do not see colours and for black-and-white
printers. Nothing is evaluated: all text is escaped by the XML writer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from dialogs.coverage import State
from dialogs.diagram.layers import Box, Layout, Link, Place, layered
from dialogs.diagram.lettering import width_of, wrapped
from dialogs.diagram.picture import Arrow, Figure, Picture
from dialogs.diagram.style import MARKS, STYLE
from dialogs.diagram.titles import title

CARD = 236.0
"""Width of a figure with text."""
MARGIN = 28.0
PAD = 12.0
_CAPTION, _TITLE, _TEXT, _NOTE, _LABEL = 11.0, 15.0, 13.0, 12.0, 12.0
"""Letter sizes."""
_LABEL_WIDTH = 150.0
_NARROW = frozenset({"does", "decides", "ends"})
"""Shapes that are as wide as their words."""
_SLANT = 16.0


@dataclass
class _Card:
    """A figure's lines, and the room that they take."""

    figure: Figure
    caption: str
    titles: list[str]
    texts: list[str]
    notes: list[str]
    width: float
    height: float


def svg(picture: Picture, states: Mapping[str, State] | None = None) -> str:
    """The whole drawing. `states`: what the tests have walked, to be shown by colour and sign."""
    return _Drawing(picture, states or {}).text()


class _Drawing:
    def __init__(self, picture: Picture, states: Mapping[str, State]) -> None:
        self.picture, self.states = picture, states
        self.cards = {figure.name: _card(figure, picture.language) for figure in picture.figures}
        self.labels = [_label(arrow, picture) for arrow in picture.arrows]
        self.layout = self._layout()
        self.top = 0.0
        self.id = f"ivr-{picture.name}"

    def _layout(self) -> Layout:
        boxes = [Box(name, card.width, card.height) for name, card in self.cards.items()]
        links = [
            Link(arrow.source, arrow.target, _room(lines))
            for arrow, lines in zip(self.picture.arrows, self.labels, strict=True)
        ]
        return layered(boxes, links)

    def text(self) -> str:
        picture = self.picture
        root = Xml.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "aria-labelledby": f"{self.id}-title {self.id}-desc",
                "class": "ivr-flow",
                "font-family": "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif",
            },
        )
        _tag(root, "title", picture.title, id=f"{self.id}-title")
        _tag(root, "desc", _description(picture), id=f"{self.id}-desc")
        _tag(root, "style", STYLE)
        self._heads(root)
        paper = _tag(root, "rect", **{"class": "paper"})
        width = max(self.layout.width + 2 * MARGIN, 640.0)
        self.left = (width - self.layout.width) / 2
        self.top = self._heading(root, width)
        for number, arrow in enumerate(picture.arrows):
            self._arrow(root, number, arrow)
        for name, card in self.cards.items():
            self._figure(root, card, self._at(self.layout.boxes[name]))
        for number, lines in enumerate(self.labels):
            self._label(root, lines, number)
        height = self._legend(root, self.top + self.layout.height + MARGIN, width)
        for key, value in (("width", width), ("height", height)):
            root.set(key, _n(value))
            paper.set(key, _n(value))
        root.set("viewBox", f"0 0 {_n(width)} {_n(height)}")
        return Xml.tostring(root, encoding="unicode") + "\n"

    def _at(self, place: Place) -> Place:
        return Place(place.x + self.left, place.y + self.top)

    # --- the frame ---

    def _heads(self, root: Xml.Element) -> None:
        defs = _tag(root, "defs")
        for kind in ("strong", "light"):
            marker = _tag(
                defs,
                "marker",
                id=f"{self.id}-{kind}",
                viewBox="0 0 8 8",
                refX="7",
                refY="4",
                markerWidth="9",
                markerHeight="9",
                markerUnits="userSpaceOnUse",
                orient="auto",
            )
            _tag(marker, "path", d="M0 0.5 L8 4 L0 7.5 Z", **{"class": f"head {kind}"})

    def _heading(self, root: Xml.Element, width: float) -> float:
        picture = self.picture
        y = MARGIN + 20
        _tag(root, "text", picture.title, x=_n(MARGIN), y=_n(y), **{"class": "heading"})
        if picture.calls is not None:
            what = title("call" if picture.calls == 1 else "calls", picture.language)
            counted = f"{_count(picture.calls)} {what}"
            _tag(root, "text", counted, x=_n(width - MARGIN), y=_n(y), **{"class": "sum end"})
        for line in (*wrapped(picture.summary, 14, width - 2 * MARGIN), picture.always):
            y += 20
            _tag(root, "text", line, x=_n(MARGIN), y=_n(y), **{"class": "lead"})
        return y + 26

    def _legend(self, root: Xml.Element, y: float, width: float) -> float:
        present = dict.fromkeys(figure.shape for figure in self.picture.figures)
        words = [(shape, title(shape, self.picture.language)) for shape in present]
        x = MARGIN
        for shape, word in words:
            room = 30 + width_of(word, 12) + 22
            if x + room > width - MARGIN:
                x, y = MARGIN, y + 24
            _outline(root, shape, x, y, 24, 14)
            _tag(root, "text", word, x=_n(x + 30), y=_n(y + 11.5), **{"class": "lead small"})
            x += room
        if any(arrow.light for arrow in self.picture.arrows):
            word = title("wrong", self.picture.language)
            if x + 30 + width_of(word, 12) > width - MARGIN:
                x, y = MARGIN, y + 24
            _tag(root, "path", d=f"M{_n(x)} {_n(y + 7)} h24", **{"class": "arrow light"})
            _tag(root, "text", word, x=_n(x + 30), y=_n(y + 11.5), **{"class": "lead small"})
        if self.picture.foot:
            y += 28
            _tag(root, "text", self.picture.foot, x=_n(MARGIN), y=_n(y + 11.5), **{"class": "lead small"})
        return y + 14 + MARGIN

    # --- figures ---

    def _figure(self, root: Xml.Element, card: _Card, at: Place) -> None:
        figure = card.figure
        state = self.states.get(figure.name)
        group = _tag(root, "g", **{"class": f"figure {figure.shape} {state or ''}".strip()})
        _tag(group, "title", _spoken(figure))
        left, top = at.x - card.width / 2, at.y - card.height / 2
        _outline(group, figure.shape, left, top, card.width, card.height)
        middle = figure.shape in _NARROW
        x, anchor = (at.x, " mid") if middle else (left + PAD + 2, "")
        y = top + PAD - 2
        if card.caption:
            y += _CAPTION + 1
            _tag(group, "text", card.caption, x=_n(x), y=_n(y), **{"class": f"caption{anchor}"})
            y += 3
        for kind, size, lines in (("title", _TITLE, card.titles), ("said", _TEXT, card.texts)):
            for line in lines:
                y += size + 4
                _tag(group, "text", line, x=_n(x), y=_n(y - 2), **{"class": f"{kind}{anchor}"})
        if card.notes:
            y += 8
            line = f"M{_n(left + PAD)} {_n(y - 2)} H{_n(left + card.width - PAD)}"
            _tag(group, "path", d=line, **{"class": "rule"})
        for note in card.notes:
            y += _NOTE + 4
            _tag(group, "text", note, x=_n(x), y=_n(y - 1), **{"class": f"note{anchor}"})
        if state is not None:
            self._badge(group, MARKS[state], left + card.width - 4, top + 4, state)
        if figure.ended:
            words = f"{_count(figure.ended)} {title('hung_up', self.picture.language)}"
            self._badge(group, words, left + card.width - 4, top + 2, "ended")

    def _badge(self, group: Xml.Element, words: str, right: float, y: float, kind: str) -> None:
        width = width_of(words, 11, bold=True) + 12
        _tag(
            group,
            "rect",
            x=_n(right - width),
            y=_n(y - 9),
            width=_n(width),
            height="18",
            rx="9",
            **{"class": f"badge {kind}"},
        )
        _tag(
            group, "text", words, x=_n(right - width / 2), y=_n(y + 4), **{"class": f"badge-text {kind} mid"}
        )

    # --- arrows ---

    def _arrow(self, root: Xml.Element, number: int, arrow: Arrow) -> None:
        kind = "light" if arrow.light else "strong"
        begin, end = self._port(number, arrow, first=True), self._port(number, arrow, first=False)
        edges = [self._edge(begin, arrow.source), *self._points(number), self._edge(end, arrow.target)]
        path = _curve([begin, *edges, end])
        line = _tag(
            root, "path", d=path, **{"class": f"arrow {kind}", "marker-end": f"url(#{self.id}-{kind})"}
        )
        if arrow.calls is not None:
            line.set("style", f"stroke-width:{_n(self._thickness(arrow.calls))}")
            if not arrow.calls:
                line.set("class", f"arrow {kind} unused")

    def _thickness(self, calls: int) -> float:
        return 1.2 + 5.0 * calls / max(self.picture.calls or 0, calls, 1)

    def _points(self, number: int) -> list[Place]:
        return [self._at(point) for point in self.layout.routes[number]]

    def _port(self, number: int, arrow: Arrow, *, first: bool) -> Place:
        """Where the arrow touches its box: the sides are shared out among all arrows that touch there."""
        mine = arrow.source if first else arrow.target
        upwards = self._leaves_by_top(number, mine)
        touching = sorted(
            (self._seen_from(other, mine), other, end)
            for other, one in enumerate(self.picture.arrows)
            for end in (True, False)
            if (one.source if end else one.target) == mine and self._leaves_by_top(other, mine) == upwards
        )
        place = next(at for at, (_, other, end) in enumerate(touching) if (other, end) == (number, first))
        card, at = self.cards[mine], self._at(self.layout.boxes[mine])
        step = min(26.0, (card.width - 60.0) / max(len(touching), 1))
        x = at.x + (place - (len(touching) - 1) / 2) * step
        return Place(x, at.y - card.height / 2 if upwards else at.y + card.height / 2)

    def _edge(self, port: Place, name: str) -> Place:
        """Where an arrow leaves the row of its box: up to there it is upright."""
        top, bottom = self.layout.rows[name]
        middle = self.layout.boxes[name].y + self.top
        return Place(port.x, (top if port.y < middle else bottom) + self.top)

    def _leaves_by_top(self, number: int, mine: str) -> bool:
        arrow = self.picture.arrows[number]
        other = arrow.target if arrow.source == mine else arrow.source
        return self.layout.boxes[other].y < self.layout.boxes[mine].y

    def _seen_from(self, number: int, mine: str) -> float:
        """How far to the side the arrow goes on from this box."""
        arrow, route = self.picture.arrows[number], self.layout.routes[number]
        if not route:
            return self.layout.boxes[arrow.target if arrow.source == mine else arrow.source].x
        return (route[0] if arrow.source == mine else route[-1]).x

    def _label(self, root: Xml.Element, lines: list[str], number: int) -> None:
        place = self.layout.labels.get(number)
        if place is None:
            return
        at, room = self._at(place), _room(lines)
        assert room is not None
        light = " light" if self.picture.arrows[number].light else ""
        left, top = at.x - room[0] / 2, at.y - room[1] / 2
        _tag(
            root,
            "rect",
            x=_n(left),
            y=_n(top),
            width=_n(room[0]),
            height=_n(room[1]),
            rx="5",
            **{"class": "label-paper"},
        )
        for line_number, line in enumerate(lines):
            y = top + 3 + (line_number + 1) * (_LABEL + 3) - 3
            _tag(root, "text", line, x=_n(at.x), y=_n(y), **{"class": f"label mid{light}"})


def _card(figure: Figure, language: str) -> _Card:
    """Measures a figure."""
    narrow = figure.shape in _NARROW
    inner = CARD - 2 * PAD
    calls = (
        f"  ·  {_count(figure.calls)} {title('call' if figure.calls == 1 else 'calls', language)}"
        if figure.calls is not None
        else ""
    )
    caption = f"{figure.caption}{calls}".strip(" ·")
    titles = wrapped(figure.title, _TITLE, inner, 2, bold=True)
    texts = wrapped(f"“{figure.text}”" if figure.text else "", _TEXT, inner, 4)
    notes = [
        line
        for note in figure.notes
        for line in wrapped(
            f"{note.text}{'' if note.calls is None else f': {_count(note.calls)}'}", _NOTE, inner, 2
        )
    ]
    width = CARD
    if narrow:
        widths = [width_of(caption, _CAPTION), *(width_of(line, _TITLE, bold=True) for line in titles)]
        widths += [width_of(line, _TEXT) for line in texts] + [width_of(line, _NOTE) for line in notes]
        width = max(
            70.0, max(widths, default=0.0) + 2 * PAD + (2 * _SLANT if figure.shape == "decides" else 14)
        )
    height = (
        2 * PAD - 2 + (_CAPTION + 4 if caption else 0) + len(titles) * (_TITLE + 4) + len(texts) * (_TEXT + 4)
    )
    height += (8 + len(notes) * (_NOTE + 4)) if notes else 0
    return _Card(figure, caption, titles, texts, notes, width, height - 2)


def _label(arrow: Arrow, picture: Picture) -> list[str]:
    lines = wrapped(arrow.label, _LABEL, _LABEL_WIDTH, 3)
    if arrow.calls is not None:
        share = f" ({round(100 * arrow.calls / picture.calls)} %)" if picture.calls and arrow.calls else ""
        lines.append(f"{_count(arrow.calls)}{share}")
    return lines


def _room(lines: list[str]) -> tuple[float, float] | None:
    if not lines:
        return None
    return max(width_of(line, _LABEL) for line in lines) + 12, len(lines) * (_LABEL + 3) + 6


def _outline(parent: Xml.Element, shape: str, x: float, y: float, width: float, height: float) -> None:
    """The shape's outline: a box, a hexagon, a stadium; look-ups have double sides, people a double line."""
    attributes = {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height)}
    if shape == "decides":
        slant = min(_SLANT, height / 2)
        d = f"M{_n(x + slant)} {_n(y)} H{_n(x + width - slant)} L{_n(x + width)} {_n(y + height / 2)}"
        d += f" L{_n(x + width - slant)} {_n(y + height)} H{_n(x + slant)} L{_n(x)} {_n(y + height / 2)} Z"
        _tag(parent, "path", d=d, **{"class": f"shape {shape}"})
        return
    rounding = {"ends": height / 2, "does": height / 2, "looks_up": 0.0}.get(shape, min(10.0, height / 3))
    _tag(parent, "rect", rx=_n(min(rounding, 24.0)), **attributes, **{"class": f"shape {shape}"})
    inset = min(5.0, width / 6)
    if shape == "looks_up":
        for at in (x + inset, x + width - inset):
            _tag(parent, "path", d=f"M{_n(at)} {_n(y)} v{_n(height)}", **{"class": f"shape {shape}"})
    elif shape == "people":
        inner = {"x": _n(x + 3), "y": _n(y + 3), "width": _n(width - 6), "height": _n(height - 6)}
        _tag(parent, "rect", rx=_n(max(rounding - 3, 1)), **inner, **{"class": f"shape {shape}"})
    elif shape == "asks":
        _tag(parent, "path", d=f"M{_n(x + inset)} {_n(y + 4)} v{_n(height - 8)}", **{"class": f"bar {shape}"})


def _curve(points: list[Place]) -> str:
    """Through all points, upright at each."""
    first, *rest = points
    path = f"M{_n(first.x)} {_n(first.y)}"
    before = first
    for point in rest:
        if abs(point.x - before.x) < 0.5 and abs(point.y - before.y) < 0.5:
            continue  # a piece without length has no direction, and the head would lie on its side
        if abs(point.x - before.x) < 0.5:
            path += f" L{_n(point.x)} {_n(point.y)}"
        else:
            bend = (before.y + point.y) / 2
            path += f" C{_n(before.x)} {_n(bend)} {_n(point.x)} {_n(bend)} {_n(point.x)} {_n(point.y)}"
        before = point
    return path


def _spoken(figure: Figure) -> str:
    """A figure for those who hear the drawing."""
    return ". ".join(part for part in (figure.caption, figure.title, figure.text) if part)


def _description(picture: Picture) -> str:
    titles = {figure.name: figure.title for figure in picture.figures}
    ways = (
        f"{titles[arrow.source]} → {titles[arrow.target]}{f' ({arrow.label})' if arrow.label else ''}"
        for arrow in picture.arrows
    )
    return f"{picture.summary}. {'; '.join(ways)}."


def _count(calls: int) -> str:
    return f"{calls:,}".replace(",", "\u202f")


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _tag(parent: Xml.Element, name: str, text: str | None = None, **attributes: str) -> Xml.Element:
    element = Xml.SubElement(parent, name, attributes)
    element.text = text
    return element
