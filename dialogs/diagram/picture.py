"""What a diagram shows of a flow.

Rules:
1. The flow's own words: its names, its prompts in one language. A prompt is shortened, never reworded.
2. Retries and universals are not drawn. What goes wrong (`failed`, `slow`, `error`) is drawn lightly.
   What leads where nearly everything leads (a question's default way to the person, a step with more than
   `MOST_INTO` ways in) is a note in the step.
3. It knows steps only through their ports, so that a new node is drawn from its first day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dialogs.diagram.titles import condition_words, heading, readable, title
from dialogs.expressions import Template
from dialogs.flow import Flow
from dialogs.graph import FlowGraph
from dialogs.nodes.step import END, NEXT, PERSON, Exit, Shape, Step

START = "@start"
RETURNS = "@returns"
WRONG = frozenset({"failed", "slow", "error"})
"""Labels of what goes wrong (see `Exit`)."""
AWAY = (PERSON, "@end", "@fault")
"""Ways to leave a step that are no exits of it."""
MOST_INTO = 6
"""Arrows into one figure; where more lead, each is a note, because nobody could follow them."""
_NOTING = frozenset({"set", "outcome"})
"""Steps before the one that hands over."""
LONGEST_TEXT = 110
"""Characters of a prompt."""


@dataclass(frozen=True)
class Traffic:
    """What calls did in a flow: how many went through each step, by which exit, and where they ended."""

    calls: int
    visits: Mapping[str, int] = field(default_factory=dict)
    exits: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(step, label) → calls"""
    ended: Mapping[str, int] = field(default_factory=dict)
    """Calls whose caller was gone at that step, before any exit was taken."""
    left_out: int = 0
    """Calls that ran on another version of the flow, and are in none of these numbers."""


@dataclass(frozen=True)
class Note:
    """One line at the foot of a figure."""

    text: str
    calls: int | None = None


@dataclass(frozen=True)
class Figure:
    """One step, or the beginning."""

    name: str
    shape: Shape
    caption: str
    title: str
    text: str = ""
    notes: tuple[Note, ...] = ()
    calls: int | None = None
    ended: int = 0


@dataclass(frozen=True)
class Arrow:
    """From one figure to another. `light`: what happens when something goes wrong."""

    source: str
    target: str
    label: str = ""
    light: bool = False
    calls: int | None = None


@dataclass(frozen=True)
class Picture:
    """A flow, ready to be drawn. The figures stand in the order of the page."""

    name: str
    title: str
    summary: str
    language: str
    figures: tuple[Figure, ...]
    arrows: tuple[Arrow, ...]
    always: str
    """What holds at every question."""
    calls: int | None = None
    foot: str = ""
    """Below everything; empty: nothing."""


def picture(flow: Flow, language: str, traffic: Traffic | None = None) -> Picture:
    """The flow as a business reader sees it, with what calls did if that is known."""
    return _Drawing(flow, language, traffic).picture()


class _Drawing:
    def __init__(self, flow: Flow, language: str, traffic: Traffic | None) -> None:
        self.flow, self.language, self.traffic = flow, language, traffic
        self.graph = FlowGraph(flow)
        into: dict[str, list[str]] = {}
        for name in flow.steps:
            for target in dict.fromkeys(self.graph.targets(name)):
                into.setdefault(target, []).append(name)
        order = {name: at for at, name in enumerate(flow.steps)}
        self.hubs = {
            # What leads on, and not back: the main menu stands where calls come to it first.
            target: next((name for name in reversed(names) if order[name] < order[target]), names[-1])
            for target, names in into.items()
            if len(names) > MOST_INTO
        }
        """Steps that too many lead to, each with the one whose arrow is drawn all the same."""
        self.people = self._reached_by_asking()
        self.arrows: dict[tuple[str, str], Arrow] = {}
        """By source and target: what leads the same way is one arrow."""

    def _reached_by_asking(self) -> frozenset[str]:
        """Where whoever asks for a person gets: the step, and if it only notes something, what follows."""
        names: list[str] = []
        name = self.flow.person
        while (step := self.flow.steps.get(name)) is not None and name not in names:
            if shape_of(step) != "does":
                break
            names.append(name)
            targets = set(self.graph.targets(name))
            if step.type_name not in _NOTING or len(targets) != 1:
                break
            name = targets.pop()
        return frozenset(names)

    def picture(self) -> Picture:
        figures = [Figure(START, "ends", "", title("start", self.language))]
        self._arrow(Arrow(START, self.flow.first))
        figures += [self._figure(name, step) for name, step in self.flow.steps.items()]
        if any(arrow.target == RETURNS for arrow in self.arrows.values()):
            figures.append(Figure(RETURNS, "ends", "", title("returns", self.language)))
        person = self.flow.person
        return Picture(
            self.flow.name,
            readable(self.flow.name).capitalize(),
            self.flow.summary,
            self.language,
            tuple(figures),
            tuple(self.arrows.values()),
            title("always", self.language).format(step=self._called(person)),
            None if self.traffic is None else self.traffic.calls,
            self._foot(),
        )

    def _foot(self) -> str:
        left_out = 0 if self.traffic is None else self.traffic.left_out
        return title("left_out", self.language).format(calls=left_out) if left_out else ""

    def _figure(self, name: str, step: Step) -> Figure:
        shape: Shape = "people" if name in self.people else shape_of(step)
        notes = [note for found in self.graph.exits[name] if (note := self._exit(name, step, *found))]
        calls = ended = None
        if self.traffic is not None:
            calls, ended = self.traffic.visits.get(name, 0), self.traffic.ended.get(name, 0)
            for away in AWAY:
                left = self.traffic.exits.get((name, away), 0)
                if left:
                    notes.append(Note(title(away, self.language), left))
        caption, called = self._named(name, step)
        return Figure(name, shape, caption, called, self._said(step), tuple(notes), calls, ended or 0)

    def _named(self, name: str, step: Step) -> tuple[str, str]:
        """What stands above a figure, and what it is called."""
        shape: Shape = "people" if name in self.people else shape_of(step)
        noting = name in self.people and step.type_name in _NOTING
        kind = title("people" if noting else step.type_name, self.language)
        own = getattr(step, step.type_name, None)
        value = readable(own) if isinstance(own, str) and own != name else ""
        # A name that nobody gave ("outcome_9") says nothing to a reader.
        given = step.id is not None or own == name
        if given:
            caption, called = f"{kind}: {value}" if value and not step.takes_input else kind, readable(name)
        else:
            caption, called = (kind, value) if shape != "ends" else ("", kind)
        if isinstance(own, str) and name in (own, step.own_name(0)) and shape != "ends":
            called = heading(step.type_name, own, self.language)
        return caption, called[:1].upper() + called[1:]

    def _called(self, name: str) -> str:
        """A step as its figure is called, where others name it."""
        step = self.flow.steps.get(name)
        return readable(name) if step is None else self._named(name, step)[1]

    def _said(self, step: Step) -> str:
        """The step's own prompt: the one that is not said only after a miss, or on request."""
        for way, words in step.prompts():
            if len(way) == 1 and way[0] not in ("no_input", "no_match", "help"):
                template = words.get(self.language)
                return "" if template is None else shortened(shown(template))
        return ""

    def _exit(self, name: str, step: Step, way_out: Exit, target: str | None) -> Note | None:
        """Draws an exit, or gives the note that stands for it."""
        calls = None if self.traffic is None else self.traffic.exits.get((name, way_out.label), 0)
        wrong = way_out.label in WRONG
        label = self._label(step, way_out)
        if way_out.target == PERSON:
            return Note(f"{label} → {self._called(self.flow.person)}", calls)
        if target is None and way_out.target == END:
            return Note(label, calls) if sum(1 for _ in step.exits()) > 1 else None
        if target == name:
            return Note(f"{label} ↺", calls)
        if target is not None and self.hubs.get(target, name) != name:
            return Note(f"{label} → {self._called(target)}".strip(), calls)
        self._arrow(Arrow(name, target or RETURNS, label, wrong, calls))
        return None

    def _label(self, step: Step, way_out: Exit) -> str:
        if way_out.label == NEXT:
            return ""
        own = step.exit_title(way_out.label, self.language)
        if own is not None:
            return own
        for way, condition in step.conditions():
            if way[:-1] == way_out.way[:-1] and len(way) > 1:
                return condition_words(condition.source, self.language)
        if way_out.label == "failed" and not step.takes_input:
            return title("undone", self.language)  # nobody was asked, so nobody has not answered
        if way_out.label.startswith("key "):
            return title("key", self.language).format(key=way_out.label.removeprefix("key "))
        return title(way_out.label, self.language)

    def _arrow(self, arrow: Arrow) -> None:
        key = (arrow.source, arrow.target)
        other = self.arrows.get(key)
        if other is not None:
            calls = None if other.calls is None or arrow.calls is None else other.calls + arrow.calls
            labels = dict.fromkeys(label for label in (other.label, arrow.label) if label)
            light = other.light and arrow.light
            arrow = replace(other, label=" / ".join(labels), calls=calls, light=light)
        self.arrows[key] = arrow


def shape_of(step: Step) -> Shape:
    """How a step is drawn: as it says itself, or by what it does."""
    if step.drawn_as is not None:
        return step.drawn_as
    exits = list(step.exits())
    if step.takes_input:
        return "asks"
    if any(True for _ in step.prompts()):
        return "says"
    if len(exits) > 1:
        return "decides"
    return "ends" if exits and exits[0].target == END else "does"


def shown(template: Template) -> str:
    """A text with its values in brackets: "Debe ‹balance›"."""
    return "".join(
        part if isinstance(part, str) else f"‹{readable(part.name.rpartition('.')[2])}›"
        for part in template.parts
    )


def shortened(text: str) -> str:
    """At most `LONGEST_TEXT` characters, cut between words."""
    if len(text) <= LONGEST_TEXT:
        return text
    return text[:LONGEST_TEXT].rpartition(" ")[0].rstrip(",;:. ") + " …"
