"""Reads `segments.yaml` into rules, with all mistakes at once.

```yaml
shortcuts:                                 # what callers most likely call about; the first that fits is asked
  order:
    when: orders.on_the_way == 1 and order.in_days >= 0
    ask:
      es: "¿Llama por su pedido {order.number}, que llega el {order.expected_date}?"
      ca: "Truca per la seva comanda {order.number}, que arriba el dia {order.expected_date}?"
      en: "Are you calling about order {order.number}, which arrives on {order.expected_date}?"
    answers: {order_id: order.number}      # a yes answers the question `order_id`, too
segments:                                  # tried in this order; the first whose condition holds
  - segment: frequent
    when: calls.last_90_days >= 10
    reason:
      es: "{calls.last_90_days} llamadas y {orders.last_90_days} pedidos en 90 días"
      ca: "{calls.last_90_days} trucades i {orders.last_90_days} comandes en 90 dies"
      en: "{calls.last_90_days} calls and {orders.last_90_days} orders in 90 days"
    priority: 60                           # seconds that they are ahead of others in a queue
    shortcuts: [order]
    language: former
  - segment: regular                       # the last has no `when`: everybody else
    reason: {es: "Nada de lo anterior", ca: "Res de l'anterior", en: "None of the above"}
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import FlowsInvalid, Problem
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.misread import explain, told_once
from dialogs.nodes.branch import If
from dialogs.prompts import Text, Words
from dialogs.segments.rules import NO_RULES, Segment, SegmentRules, Shortcut
from dialogs.source import Source, read

FILE = "segments.yaml"
_Part = TypeVar("_Part", bound=BaseModel)
MOST_SEGMENTS = 100
MOST_AHEAD = 3600
"""Seconds. Who waits longer than this goes before anybody who has just come, so that nobody starves."""


def _for_all(value: Any) -> Any:
    """A text alone is that of every language, or the one of every queue."""
    return {"": value} if isinstance(value, str) else value


Reason = Annotated[dict[str, Text], BeforeValidator(_for_all), Field(min_length=1)]
Whisper = Annotated[dict[str, Text], Field(min_length=1)]
Queues = Annotated[dict[str, str], BeforeValidator(_for_all)]


class ShortcutFile(BaseModel):
    """One thing that a caller most likely calls about."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    when: If = Field(description="When it is likely: a condition")
    ask: Words = Field(description="The question, to be answered by yes or no")
    answers: dict[Name, str] = Field(
        default_factory=dict,
        description="Question (its slot) → the fact that answers it, so that it is not asked after a yes",
    )


class SegmentFile(BaseModel):
    """One group of callers, and how they are treated."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    segment: Name = Field(description="The segment's name, which flows see as `caller.segment`")
    when: If | None = Field(None, description="Who belongs to it: a condition; only the last has none")
    reason: Reason = Field(description="Why, with figures, for people: stored with the call and shown")
    greeting: Words | None = Field(None, description="What a `greet` step says to them in place of its words")
    menu_first: list[Name] = Field(
        default_factory=list, description="Choices that menus read out before the others"
    )
    shortcuts: list[Name] | None = Field(
        None, description="Which short cuts they are offered, in this order; without it all, `[]` for none"
    )
    queue: Queues = Field(
        default_factory=dict,
        description="The queue in which they wait; or `{flow's queue: theirs}` for some queues",
    )
    priority: int = Field(
        0, ge=0, le=MOST_AHEAD, description="Seconds of waiting that they are ahead of others in a queue"
    )
    language: str = Field("", description="What they are greeted in; `former`: what they spoke the last time")
    human_first: bool = Field(False, description="Whether a person is offered before any menu")
    whisper: Whisper | None = Field(
        None, description="Who they are, by language, as the agent hears it before the two talk"
    )


class SegmentsFile(BaseModel):
    """The keys of `segments.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shortcuts: dict[Name, ShortcutFile] = Field(
        default_factory=dict, description="What callers most likely call about, each by its name"
    )
    segments: list[SegmentFile] = Field(
        min_length=1,
        max_length=MOST_SEGMENTS,
        description="The segments, in the order in which they are tried",
    )


def find_segments(paths: Iterable[Path]) -> tuple[Source | None, list[Problem]]:
    """The file beside the flows that the paths name (folders, or flow files), if there is one."""
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in paths)
    files = [folder / FILE for folder in folders if (folder / FILE).is_file()]
    if not files:
        return None, []
    problems = [
        Problem(str(other), 1, 1, f"there are segments in {files[0]} already: keep one of the two files")
        for other in files[1:]
    ]
    try:
        return read(files[0]), problems
    except FlowsInvalid as fault:
        return None, [*problems, *fault.problems]


def read_rules(source: Source | None) -> tuple[SegmentRules, list[Problem]]:
    """The rules of the file, and what is wrong with its shape; no rules if there is no file."""
    if source is None:
        return NO_RULES, []
    if not isinstance(source.content, dict):
        return NO_RULES, [source.problem((), "these are no segments: begin with `segments:` and a list")]
    try:
        found = SegmentsFile.model_validate(source.content)
    except ValidationError as fault:
        return NO_RULES, sorted({_told(source, error) for error in told_once(fault.errors())})
    shortcuts = {
        name: Shortcut(name, one.when, one.ask, dict(one.answers)) for name, one in found.shortcuts.items()
    }
    segments = tuple(_segments(source, found, shortcuts))
    version = hashlib.sha256(repr(source.content).encode()).hexdigest()[:16]
    return SegmentRules(segments, shortcuts, version), []


def sound_parts(source: Source) -> tuple[SegmentRules, frozenset[int | str]] | None:
    """What can be checked of a misshapen file, and which parts of it cannot: places of segments, names of
    short cuts. Those stand in their places, so that others may name them. Nothing if there is no list."""
    content = source.content
    if not isinstance(content, dict):
        return None
    shortcuts, segments = content.get("shortcuts") or {}, content.get("segments")
    if not isinstance(shortcuts, dict) or not isinstance(segments, list) or not segments:
        return None
    unread: set[int | str] = set()
    asked: dict[str, Shortcut] = {}
    for name, part in shortcuts.items():
        one = _part(ShortcutFile, part)
        if one is None:
            unread.add(str(name))
            one = ShortcutFile.model_construct(when=None, ask={})
        asked[str(name)] = Shortcut(str(name), one.when, one.ask, dict(one.answers))
    read_ones: list[SegmentFile] = []
    for at, part in enumerate(segments):
        segment = _part(SegmentFile, part)
        if segment is None:
            unread.add(at)
            segment = SegmentFile.model_construct(segment="", reason={})
        read_ones.append(segment)
    found = SegmentsFile.model_construct(segments=read_ones)
    return SegmentRules(tuple(_segments(source, found, asked)), asked, ""), frozenset(unread)


def _part(model: type[_Part], part: object) -> _Part | None:
    try:
        return model.model_validate(part)
    except ValidationError:
        return None


def _segments(source: Source, found: SegmentsFile, shortcuts: Mapping[str, Shortcut]) -> Iterator[Segment]:
    for at, one in enumerate(found.segments):
        yield Segment(
            one.segment,
            one.when,
            dict(one.reason),
            dict[str, Template](one.greeting or {}),
            tuple(one.menu_first),
            tuple(shortcuts) if one.shortcuts is None else tuple(one.shortcuts),
            dict(one.queue),
            one.priority,
            one.language,
            one.human_first,
            source.place(("segments", at)).line,
            dict(one.whisper or {}),
        )


def _told(source: Source, error: ErrorDetails) -> Problem:
    """A key is unknown among those of its own part of the file."""
    match error["loc"]:
        case ("segments", int(), *_):
            model: type[BaseModel] = SegmentFile
        case ("shortcuts", str(), *_):
            model = ShortcutFile
        case _:
            model = SegmentsFile
    return explain(source, (), error, list(model.model_fields), model=model)
