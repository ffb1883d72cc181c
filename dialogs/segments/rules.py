"""Segments and what follows from them. Pure: the same facts give the same segment, and the reason for it.

Rules:
1. The segments are tried in the order of the page; the first whose condition holds is the caller's. The last
   has no condition, so that everybody has one.
2. A condition about something unknown does not hold.
3. A short cut is offered only to whom the number belongs alone, or to who has proved who they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from dialogs.errors import ConditionUndecidable, ValueUnspeakable
from dialogs.expressions import Condition, Template, Value, Values
from dialogs.segments.facts import ABSENT, FACTS, OUTCOMES
from dialogs.spoken import DEFAULT_FORMAT, say
from dialogs.spoken_numbers import Said
from dialogs.spoken_regions import HOME

FORMER = "former"
"""As a segment's language: the one that the caller spoke the last time, or is noted with."""
UNKNOWN = "–"
"""Stands in a reason for what is not known, or nothing."""
_ALWAYS = frozenset({"person.known", "people.count", "calls.language", "person.language"})
"""Facts that short cuts and the language of the greeting go by, whatever the rules name."""
Verdict = Literal["holds", "does not hold", "unknown", "default"]


@dataclass(frozen=True)
class Shortcut:
    """What a caller most likely calls about, and the question that asks it."""

    name: str
    when: Condition
    ask: Mapping[str, Template]
    answers: Mapping[str, str] = field(default_factory=dict)
    """Slot → the fact that answers its question, should the caller say yes."""

    def ready(self, facts: Values) -> bool:
        """Whether it can be asked of this caller: everything that it says is known."""
        named = {name for template in self.ask.values() for name in template.names}
        return all(facts.get(name) is not None for name in (*named, *self.answers.values()))


@dataclass(frozen=True)
class Segment:
    """A group of callers, and how they are treated."""

    name: str
    when: Condition | None = None
    """`None`: everybody who is left."""
    reason: Mapping[str, Template] = field(default_factory=dict)
    """By language; one for all languages stands under ""."""
    greeting: Mapping[str, Template] = field(default_factory=dict)
    """Empty: as the flow greets everybody."""
    menu_first: tuple[str, ...] = ()
    """Choices that menus read out before the others."""
    shortcuts: tuple[str, ...] = ()
    """Those that may be offered, the first that fits."""
    queue: Mapping[str, str] = field(default_factory=dict)
    """The flow's queue → the one that they wait in; under "" the one for all others."""
    priority: int = 0
    """Seconds of waiting that they have ahead of others in a queue."""
    language: str = ""
    """What they are greeted in; `former`; empty: as everybody."""
    human_first: bool = False
    """Whether a person is offered before any menu."""
    line: int = 0
    """Where it stands in the file."""
    whisper: Mapping[str, Template] = field(default_factory=dict)
    """Who they are, by language, as their agent hears it; empty: the name is said as it is written."""

    def queue_for(self, queue: str) -> str:
        """Which queue they wait in where a flow names that one."""
        return self.queue.get(queue) or self.queue.get("") or queue


@dataclass(frozen=True)
class Tried:
    """A segment that was tried, its condition, and what came of it."""

    segment: str
    condition: str
    verdict: Verdict


@dataclass(frozen=True)
class Decision:
    """The caller's segment, and all that it came from."""

    segment: Segment
    facts: Values = field(default_factory=lambda: ABSENT)
    """Every fact, those that are not known with what stands for it."""
    tried: tuple[Tried, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    """Those that may be offered now, the first first."""

    @property
    def language(self) -> str:
        """What the caller is greeted in; empty: as everybody."""
        if self.segment.language != FORMER:
            return self.segment.language
        return str(self.facts.get("calls.language") or self.facts.get("person.language") or "")

    def reason(self, language: str, today: date | None = None) -> str:
        """Why, with the figures, for people to read: in that language if it is written in it."""
        words = self.segment.reason
        template = words.get(language) or words.get("") or next(iter(words.values()), None)
        if template is None:
            return ""
        parts = (
            part if isinstance(part, str) else self._read(part, language, today) for part in template.parts
        )
        return " ".join("".join(parts).split())

    def _read(self, value: Value, language: str, today: date | None) -> str:
        try:
            return self.said(value, language, today)[1] or UNKNOWN
        except ValueUnspeakable:
            return UNKNOWN

    def said(self, value: Value, language: str, today: date | None, *, region: str = HOME) -> Said:
        """A fact as it is said, and as it is read. Raises `ValueUnspeakable`."""
        kind = FACTS[value.name].kind if value.name in FACTS else "number"
        currency = self.facts.get(f"{value.name}_currency")
        return say(
            value.format or DEFAULT_FORMAT.get(kind, "text"),
            _known(value.name, self.facts),
            name=value.name,
            language=language,
            currency=str(currency or ""),
            today=today,
            region=region,
        )


@dataclass(frozen=True)
class SegmentRules:
    """`segments.yaml`, read and checked."""

    segments: tuple[Segment, ...] = ()
    shortcuts: Mapping[str, Shortcut] = field(default_factory=dict)
    version: str = ""
    """A hash of the file's content; empty: there is no file."""

    @property
    def facts_named(self) -> frozenset[str]:
        """The facts that decide anything here, or are told; none where there are no rules."""
        if not self.segments:
            return frozenset()
        conditions = [one.when for one in self.segments if one.when is not None]
        conditions += [one.when for one in self.shortcuts.values()]
        told = [
            *(words for one in self.segments for words in (one.reason, one.greeting)),
            *(one.ask for one in self.shortcuts.values()),
        ]
        names = {name for one in conditions for name in one.names}
        names |= {name for words in told for template in words.values() for name in template.names}
        names |= {name for one in self.shortcuts.values() for name in one.answers.values()}
        return frozenset({*names, *(f"{name}_currency" for name in names), *_ALWAYS})

    def named(self, name: str) -> Segment | None:
        """The segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def decide(self, history: Values, *, forced: str = "") -> Decision:
        """Who a caller with this history is taken for. `forced`: somebody has said which segment it is.

        Without rules, everybody is in the segment of that name (or of none), which has no effects.
        """
        facts = {**ABSENT, **history}
        tried: list[Tried] = []
        segment = self.named(forced) or (Segment(forced) if forced else None)
        if segment is None:
            segment = self._first(facts, tried)
        return Decision(segment, facts, tuple(tried), tuple(self._offered(segment, facts)))

    def _first(self, facts: Values, tried: list[Tried]) -> Segment:
        for segment in self.segments:
            if segment.when is None:
                tried.append(Tried(segment.name, "", "default"))
                return segment
            verdict = _verdict(segment.when, facts)
            tried.append(Tried(segment.name, segment.when.source, verdict))
            if verdict == "holds":
                return segment
        return Segment("")

    def _offered(self, segment: Segment, facts: Values) -> Iterator[Shortcut]:
        if facts.get("person.known") is not True:
            return
        for name in segment.shortcuts:
            shortcut = self.shortcuts.get(name)
            if shortcut is not None and shortcut.ready(facts) and _verdict(shortcut.when, facts) == "holds":
                yield shortcut


NO_RULES = SegmentRules()
NOBODY = Decision(Segment(""))
"""For a caller of whom nothing can be known just now."""


def _verdict(condition: Condition, facts: Values) -> Verdict:
    table = {name: _known(name, facts) for name in condition.names}
    try:
        return "holds" if condition.holds(table) else "does not hold"
    except ConditionUndecidable:
        return "unknown"


def _known(name: str, facts: Values) -> str | int | bool | None:
    """An outcome that no call has had is 0 times."""
    return facts.get(name, 0 if name.startswith(f"{OUTCOMES}.") else None)
