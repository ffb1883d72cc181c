"""A picture of a flow as Mermaid text, for wikis and merge requests that draw it themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from dialogs.diagram.picture import Arrow, Figure, Picture
from dialogs.diagram.titles import title
from dialogs.nodes.step import Shape

_SHAPES: Mapping[Shape, tuple[str, str]] = {
    "says": ("(", ")"),
    "asks": ("[/", "/]"),
    "looks_up": ("[(", ")]"),
    "decides": ("{{", "}}"),
    "does": ("([", "])"),
    "people": ("[[", "]]"),
    "ends": ("([", "])"),
}
_COLOURS: Mapping[Shape, str] = {
    "says": "fill:#edf3fd,stroke:#3566a8,color:#17202b",
    "asks": "fill:#fff5d6,stroke:#8f6a00,color:#17202b",
    "looks_up": "fill:#e9f6ee,stroke:#2a7a4b,color:#17202b",
    "decides": "fill:#f4ecfb,stroke:#73479e,color:#17202b",
    "does": "fill:#f1f3f5,stroke:#6a7480,color:#17202b",
    "people": "fill:#fde8df,stroke:#b0431a,stroke-width:2px,color:#17202b",
    "ends": "fill:#2b3645,stroke:#2b3645,color:#ffffff",
}
_ESCAPES = {ord(sign): f"#{ord(sign)};" for sign in '"#&<>`|[]{}()\\;*_~%'}
"""Everything that means something to Mermaid or to the Markdown in its labels."""


def mermaid(picture: Picture) -> str:
    """The diagram. No text of a flow can end its label."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield from ("---", f"title: {json.dumps(picture.title, ensure_ascii=False)}", "---", "flowchart TD")
    yield f"  accTitle: {_plain(picture.title)}"
    yield f"  accDescr: {_plain(f'{picture.summary}. {picture.always}')}"
    for figure in picture.figures:
        before, after = _SHAPES[figure.shape]
        yield f'  {_id(figure.name)}{before}"{_words(figure, picture)}"{after}:::{figure.shape}'
    for arrow in picture.arrows:
        yield f"  {_id(arrow.source)} {_line(arrow)} {_id(arrow.target)}"
    if picture.foot:
        yield f'  foot["{_safe(picture.foot)}"]'
    for shape in dict.fromkeys(figure.shape for figure in picture.figures):
        yield f"  classDef {shape} {_COLOURS[shape]}"


def _id(name: str) -> str:
    """A prefix, because `end` and the like are words of Mermaid."""
    return "s_" + name.removeprefix("@")


def _words(figure: Figure, picture: Picture) -> str:
    parts = [_safe(figure.caption), f"<b>{_safe(figure.title)}</b>"]
    if figure.text:
        parts.append(_safe(f"“{figure.text}”"))
    parts += [
        _safe(note.text if note.calls is None else f"{note.text}: {note.calls}") for note in figure.notes
    ]
    if figure.calls is not None:
        parts.append(f"{figure.calls} {title('call' if figure.calls == 1 else 'calls', picture.language)}")
    if figure.ended:
        parts.append(f"<b>{figure.ended} {title('hung_up', picture.language)}</b>")
    return "<br/>".join(part for part in parts if part)


def _line(arrow: Arrow) -> str:
    label = _safe(arrow.label)
    if arrow.calls is not None:
        label = f"{label}: {arrow.calls}" if label else str(arrow.calls)
    line = "-.->" if arrow.light else "-->"
    return f'{line}|"{label}"|' if label else line


def _safe(text: str) -> str:
    return " ".join(text.translate(_ESCAPES).split())


def _plain(text: str) -> str:
    """For the lines that take no escapes: without what could begin something new."""
    return " ".join(text.replace("{", "(").replace("}", ")").replace(";", ",").replace("#", " ").split())
