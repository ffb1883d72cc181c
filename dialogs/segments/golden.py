"""Tests beside the segments: a history, and who somebody with it must be taken for.

```yaml
# segments.test.yaml
tests:
  - test: who calls all the time is frequent, and the reason has the figures
    history: {calls.last_90_days: 12, orders.last_90_days: 3}
    expect: {segment: frequent, reason: 12 llamadas y 3 pedidos, priority: 60}
  - test: whose order is on the way is asked about it
    now: 2026-11-23
    history: {person.known: true, orders.on_the_way: 1, order.number: "780346", order.in_days: 1}
    expect: {shortcut: order, asks: {es: por su pedido 780346, ca: la seva comanda 780346, en: order 780346}}
```
Without `language`, a test is played in every language of the flows. Texts count as in flow tests: those words
are in it, whatever their accents and case; a text alone is that of every language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import FlowsInvalid, Problem, ValueUnspeakable
from dialogs.expressions import Template, Value
from dialogs.flow import FlowSet
from dialogs.misread import explain, told_once
from dialogs.plain_values import as_list, as_text
from dialogs.prompts import render
from dialogs.segments.facts import wrong_facts
from dialogs.segments.reading import FILE
from dialogs.segments.rules import Decision
from dialogs.slots.words import plain
from dialogs.source import Source, nearest, read
from dialogs.spoken_numbers import Said

GOLDEN = "segments.test.yaml"


Plain = Annotated[str, BeforeValidator(as_text)]
PerLanguage = Plain | dict[str, Plain]


class GoldenExpect(BaseModel):
    """What must have been decided; what is not named is not looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    segment: str | None = None
    reason: PerLanguage | None = None
    greeting: PerLanguage | None = None
    shortcut: str | None = None
    """Empty: none is offered."""
    asks: PerLanguage | None = None
    """The question of the short cut."""
    queue: str | dict[str, str] | None = None
    """Where they wait; or `{flow's queue: theirs}`."""
    priority: int | None = None
    greeted_in: str | None = None
    """The language; empty: as everybody."""
    human_first: bool | None = None
    menu_first: list[str] | None = None


class GoldenEntry(BaseModel):
    """One test."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    test: str
    history: dict[str, str | int | bool | None] = Field(default_factory=dict)
    language: Annotated[list[str], BeforeValidator(as_list)] | None = None
    now: Plain = "2026-11-23"
    expect: GoldenExpect


class GoldenFile(BaseModel):
    """The keys of `segments.test.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tests: list[GoldenEntry] = Field(min_length=1)


@dataclass(frozen=True)
class GoldenPlayed:
    """One test in one language, decided."""

    name: str
    file: str
    line: int
    language: str
    differences: tuple[str, ...]
    segment: str
    """Which it was."""

    @property
    def passed(self) -> bool:
        return not self.differences

    @property
    def title(self) -> str:
        return f"{self.name} [{self.language}]"

    def report(self) -> str:
        """What was wanted and what was, for people to read."""
        head = f"{self.file}:{self.line}: {self.title}"
        return "\n".join([head, *(f"  {difference}" for difference in self.differences)])


def golden_files(paths: Sequence[Path]) -> list[Path]:
    """The tests of the segments that the paths name: those of a folder, of a file of segments, themselves."""
    folders = dict.fromkeys(
        path if path.is_dir() else path.parent
        for path in paths
        if path.is_dir() or path.name in (FILE, GOLDEN)
    )
    return [folder / GOLDEN for folder in folders if (folder / GOLDEN).is_file()]


def play_golden(files: Sequence[Path], flows: FlowSet) -> list[GoldenPlayed]:
    """Decides for every test of the files. Raises `FlowsInvalid` with every mistake in them."""
    played: list[GoldenPlayed] = []
    problems: list[Problem] = []
    for file in files:
        try:
            played += golden_of(read(file), flows)
        except FlowsInvalid as fault:
            problems += fault.problems
    if problems:
        raise FlowsInvalid(problems)
    return played


def untested(played: Sequence[GoldenPlayed], flows: FlowSet, source: str) -> list[str]:
    """Segments that no test has come to: `file:line: name`."""
    reached = {one.segment for one in played}
    return [
        f"{source}:{one.line}: `{one.name}`" for one in flows.segments.segments if one.name not in reached
    ]


def golden_of(source: Source, flows: FlowSet) -> list[GoldenPlayed]:
    """The tests of one file, decided. Raises `FlowsInvalid` with every mistake in it."""
    if not isinstance(source.content, dict):
        raise FlowsInvalid([source.problem((), "this is no test: begin with `tests:` and a list")])
    try:
        found = GoldenFile.model_validate(source.content)
    except ValidationError as fault:
        raise FlowsInvalid([_told(source, error) for error in told_once(fault.errors())]) from fault
    languages = tuple(dict.fromkeys(one for flow in flows.flows.values() for one in flow.languages))
    problems = [
        problem
        for at, entry in enumerate(found.tests)
        for problem in _wrong(source, ("tests", at), entry, flows, languages)
    ]
    if problems:
        raise FlowsInvalid(problems)
    return [
        _played(source, at, entry, flows, language)
        for at, entry in enumerate(found.tests)
        for language in entry.language or languages
    ]


def _told(source: Source, error: ErrorDetails) -> Problem:
    loc = tuple(part for part in error["loc"] if not str(part).startswith(("str", "dict[", "function-")))
    inside: type[BaseModel] = (
        GoldenExpect if "expect" in loc[:-1] else GoldenEntry if len(loc) > 1 else GoldenFile
    )
    cleaned: ErrorDetails = error.copy()
    cleaned["loc"] = loc
    return explain(source, (), cleaned, list(inside.model_fields), model=inside)


def _wrong(
    source: Source, way: tuple[str | int, ...], entry: GoldenEntry, flows: FlowSet, languages: Sequence[str]
) -> Iterator[Problem]:
    for name, message in wrong_facts(entry.history):
        yield source.problem((*way, "history", name), message)
    for language in entry.language or ():
        if language not in languages:
            remedy = nearest(language, languages)
            yield source.problem((*way, "language"), f"no flow speaks `{language}`: {remedy}")
    try:
        date.fromisoformat(entry.now)
    except ValueError:
        yield source.problem((*way, "now"), "unknown day: write it as `2026-11-23`")
    rules, expect = flows.segments, entry.expect
    named: tuple[tuple[str, str | None, set[str]], ...] = (
        ("segment", expect.segment, {one.name for one in rules.segments}),
        ("shortcut", expect.shortcut, set(rules.shortcuts)),
    )
    for key, wanted, known in named:
        if wanted and wanted not in known:
            remedy = nearest(wanted, known)
            yield source.problem((*way, "expect", key), f"there is no {key} `{wanted}`: {remedy}")
    for key in ("reason", "greeting", "asks"):
        texts = getattr(expect, key)
        for language in (entry.language or languages) if isinstance(texts, dict) else ():
            if language not in texts:
                yield source.problem(
                    (*way, "expect", key),
                    f'the test is played in `{language}` and has no text here: add `{language}: "…"`',
                )


def _played(source: Source, at: int, entry: GoldenEntry, flows: FlowSet, language: str) -> GoldenPlayed:
    decision = flows.segments.decide(entry.history)
    today = date.fromisoformat(entry.now)
    return GoldenPlayed(
        entry.test,
        source.file,
        source.place(("tests", at)).line,
        language,
        tuple(_differences(decision, entry.expect, language, today)),
        decision.segment.name,
    )


def _differences(decision: Decision, expect: GoldenExpect, language: str, today: date) -> Iterator[str]:
    segment = decision.segment
    shortcut = decision.shortcuts[0] if decision.shortcuts else None
    same: tuple[tuple[str, object, object], ...] = (
        ("segment", expect.segment, segment.name),
        ("shortcut", expect.shortcut, "" if shortcut is None else shortcut.name),
        ("priority", expect.priority, segment.priority),
        ("greeted_in", expect.greeted_in, decision.language),
        ("human_first", expect.human_first, segment.human_first),
        ("menu_first", expect.menu_first, list(segment.menu_first)),
    )
    for what, wanted, was in same:
        if wanted is not None and wanted != was:
            yield f"{what}: wanted {_shown(wanted)}, was {_shown(was)}"
    queues = {"": expect.queue} if isinstance(expect.queue, str) else expect.queue or {}
    for queue, theirs in queues.items():
        if segment.queue_for(queue) != theirs:
            where = f" for `{queue}`" if queue else ""
            yield f"queue{where}: wanted {_shown(theirs)}, was {_shown(segment.queue_for(queue))}"
    said: tuple[tuple[str, PerLanguage | None, str], ...] = (
        ("reason", expect.reason, decision.reason(language, today)),
        ("greeting", expect.greeting, _spoken(decision, segment.greeting, language, today)),
        ("asks", expect.asks, _spoken(decision, shortcut.ask if shortcut else {}, language, today)),
    )
    for what, texts, heard in said:
        text = texts.get(language, "") if isinstance(texts, dict) else texts
        if text is not None and not _holds(heard, text):
            yield f"{what}: wanted {_shown(text)}, was {_shown(heard)}"


def _shown(value: object) -> str:
    return f"“{value}”" if isinstance(value, str) else str(value)


def _holds(heard: str, text: str) -> bool:
    return (not heard) if not text else f" {plain(text)} " in f" {plain(heard)} "


def _spoken(decision: Decision, words: Mapping[str, Template], language: str, today: date) -> str:
    """As it is said and as it is read; empty where it cannot be said."""
    if language not in words:
        return ""

    def said(value: Value) -> Said:
        return decision.said(value, language, today)

    try:
        prompt = render(words[language], language=language, recording="", pace=1.0, say=said)
    except ValueUnspeakable:
        return ""
    return " ".join((*(one.text for one in prompt), *(one.shown for one in prompt)))
