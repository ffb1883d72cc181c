"""What a schema cannot tell of `segments.yaml`: names, types, languages, and what may be said to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dialogs.catalogue import Catalogue, ValueType
from dialogs.check_conditions import cannot_be_meant
from dialogs.errors import Problem, ValueUnspeakable
from dialogs.expressions import Condition, Template
from dialogs.flow import OUTCOMES_OF_THE_ENGINE, Flow
from dialogs.nodes.ask import Ask
from dialogs.nodes.menu import Menu
from dialogs.nodes.outcome import Outcome
from dialogs.nodes.queue import Queue
from dialogs.nodes.shortcut import Shortcut as ShortcutStep
from dialogs.segments.facts import OUTCOMES, fact_types, may_be_said
from dialogs.segments.reach import FactValues, never_reached, odd_value
from dialogs.segments.rules import FORMER, Segment, SegmentRules, Shortcut
from dialogs.source import Source, nearest
from dialogs.spoken import DEFAULT_FORMAT, say

Way = tuple[str | int, ...]
_SAMPLES: Mapping[ValueType, str | int] = {
    **{"text": "a", "code": "A1", "digits": "45716", "phone": "+34600111222"},
    **{"number": 3, "money": 100, "date": "2026-11-24", "time": "17:30"},
}


@dataclass(frozen=True)
class Around:
    """What the segments are checked against."""

    flows: Mapping[str, Flow]
    catalogue: Catalogue
    complete: bool
    """Every flow could be read, so that what is not there is nowhere."""

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for flow in self.flows.values() for one in flow.languages))

    @property
    def outcomes(self) -> frozenset[str]:
        steps = [step for flow in self.flows.values() for step in flow.steps.values()]
        named = {str(step.outcome) for step in steps if isinstance(step, Outcome | Queue)}
        return OUTCOMES_OF_THE_ENGINE | named

    @property
    def choices(self) -> frozenset[str]:
        """Choices that menus read out one by one."""
        return frozenset(
            name
            for flow in self.flows.values()
            for step in flow.steps.values()
            if isinstance(step, Menu)
            for name, choice in step.choices.items()
            if choice.offer
        )

    @property
    def questions(self) -> Mapping[str, Ask]:
        return {
            step.ask: step
            for flow in self.flows.values()
            for step in flow.steps.values()
            if isinstance(step, Ask)
        }


def check_segments(
    rules: SegmentRules, source: Source, around: Around, *, unread: frozenset[int | str] = frozenset()
) -> list[Problem]:
    """Every problem of the file, but for the parts that are `unread` (places of segments, names of
    short cuts): what is wrong with those is told by whoever read them."""
    types = fact_types(around.outcomes)
    checker = _Checker(rules, source, around, types, unread)
    found = {*checker.order(), *checker.shortcuts(), *checker.segments()}
    # Of conditions with mistakes nothing is certain.
    return sorted(found or {*checker.reach()})


def check_shortcuts(rules: SegmentRules, flows: Mapping[str, Flow]) -> Iterator[Problem]:
    """Steps that go on from short cuts which nobody is ever offered."""
    for flow in flows.values():
        for name, step in flow.steps.items():
            for shortcut in step.to if isinstance(step, ShortcutStep) else ():
                if shortcut not in rules.shortcuts:
                    remedy = nearest(shortcut, rules.shortcuts)
                    yield flow.problem(
                        name,
                        ("to", shortcut),
                        f"there is no short cut `{shortcut}` in segments.yaml: {remedy}",
                    )


class _Checker:
    def __init__(
        self,
        rules: SegmentRules,
        source: Source,
        around: Around,
        types: Mapping[str, ValueType],
        unread: frozenset[int | str],
    ) -> None:
        self._unread = unread
        self._rules, self._source, self._around, self._types = rules, source, around, types
        self._languages = around.languages

    def order(self) -> Iterator[Problem]:
        """One for everybody at the end, and nothing behind it."""
        first: dict[str, int] = {}
        segments = self._rules.segments
        for at, segment in enumerate(segments):
            if at in self._unread:
                continue
            last = at == len(segments) - 1
            if segment.name in first:
                yield self._at(
                    (at, "segment"),
                    f"`{segment.name}` is also the segment in line {first[segment.name]}: rename one",
                )
            first.setdefault(segment.name, segment.line)
            if segment.when is None and not last:
                yield self._at(
                    (at,),
                    f"`{segment.name}` has no `when`: those below are never reached, move it to the end",
                )
            elif segment.when is not None and last:
                yield self._at(
                    (at, "when"),
                    "the last segment is for everybody who is left: add one below it without `when`",
                )

    def shortcuts(self) -> Iterator[Problem]:
        for name, shortcut in self._rules.shortcuts.items():
            if name in self._unread:
                continue
            way = ("shortcuts", name)
            yield from self._condition((*way, "when"), shortcut.when)
            yield from self._words((*way, "ask"), shortcut.ask, said=True)
            yield from self._answers(way, shortcut)

    def segments(self) -> Iterator[Problem]:
        catalogue = self._around.catalogue
        for at, segment in enumerate(self._rules.segments):
            if at in self._unread:
                continue
            if segment.when is not None:
                yield from self._condition(("segments", at, "when"), segment.when)
            yield from self._reason(at, segment)
            if segment.greeting:
                yield from self._words(("segments", at, "greeting"), segment.greeting, said=True)
            if segment.whisper:
                yield from self._whisper(("segments", at, "whisper"), segment.whisper)
            for flows, theirs in segment.queue.items():
                way = (at, "queue", flows) if flows else (at, "queue")
                for queue in filter(None, (flows, theirs)):
                    if queue not in catalogue.queues:
                        yield self._at(way, f"unknown queue `{queue}`: {nearest(queue, catalogue.queues)}")
            if segment.language not in ("", FORMER, *self._languages):
                remedy = nearest(segment.language, (FORMER, *self._languages))
                yield self._at((at, "language"), f"no flow speaks `{segment.language}`: {remedy}")
            yield from self._listed(at, "shortcuts", segment.shortcuts, self._rules.shortcuts)
            if self._around.complete:
                yield from self._listed(at, "menu_first", segment.menu_first, self._around.choices)

    def _listed(
        self, at: int, key: str, names: Sequence[str], known: Mapping[str, object] | frozenset[str]
    ) -> Iterator[Problem]:
        what = "short cut" if key == "shortcuts" else "choice with an `offer` in any menu"
        for number, name in enumerate(names):
            if name not in known:
                yield self._at((at, key, number), f"there is no {what} `{name}`: {nearest(name, known)}")

    def _at(self, way: Way, message: str) -> Problem:
        return self._source.problem(("segments", *way), message)

    # --- conditions ---

    def _condition(self, way: Way, condition: Condition) -> Iterator[Problem]:
        missing = [name for name in condition.names if name not in self._types]
        for name in missing:
            if name.startswith(f"{OUTCOMES}.") and not self._around.complete:
                continue
            message = f"nothing is known as `{name}`: {nearest(name, self._types)}"
            if condition.compares_with(name):
                message += f'; if `{name}` is text, it needs quotes: write "{name}"'
            yield self._source.problem(way, message)
        mistake = None if missing else condition.mistake(self._types) or self._not_meant(condition)
        if mistake:
            yield self._source.problem(way, mistake)

    def _not_meant(self, condition: Condition) -> str | None:
        values = FactValues(self._languages)
        return cannot_be_meant(condition, self._types, values) or odd_value(condition, self._around.outcomes)

    def reach(self) -> Iterator[Problem]:
        """Nobody is in a segment whose people are all in one above it."""
        segments = self._rules.segments
        for at, above in never_reached(segments, self._types):
            if not {at, above} & self._unread:
                upper = segments[above]
                yield self._at(
                    (at, "when"),
                    f"nobody comes to `{segments[at].name}`: whoever it is about is `{upper.name}` already"
                    f" (line {upper.line}): move it above that one, or correct one of the two conditions",
                )

    # --- words ---

    def _reason(self, at: int, segment: Segment) -> Iterator[Problem]:
        for language, template in segment.reason.items():
            way: Way = ("segments", at, "reason", language) if language else ("segments", at, "reason")
            if language and language not in self._languages:
                remedy = nearest(language, self._languages)
                yield self._source.problem(way, f"no flow speaks `{language}`: {remedy}")
            yield from self._values(way, template, language or "es", said=False)

    def _whisper(self, way: Way, words: Mapping[str, Template]) -> Iterator[Problem]:
        """An agent hears who somebody is: the figures stand in the reason, on their screen."""
        placed = [(language, template.names) for language, template in words.items() if template.names]
        for language, names in placed:
            name = next(iter(names))
            yield self._source.problem(
                (*way, language),
                f"`{name}` cannot be filled in here: take it out, the reason has the figures",
            )
        if not placed:
            yield from self._words(way, words, said=False)

    def _words(self, way: Way, words: Mapping[str, Template], *, said: bool) -> Iterator[Problem]:
        for language in self._languages:
            if language not in words:
                yield self._source.problem(way, f'no text in `{language}`: add `{language}: "…"`')
        for language, template in words.items():
            here = (*way, language)
            if language not in self._languages:
                remedy = nearest(language, self._languages)
                yield self._source.problem(here, f"no flow speaks `{language}`: {remedy}")
                continue
            yield from self._values(here, template, language, said=said)

    def _values(self, way: Way, template: Template, language: str, *, said: bool) -> Iterator[Problem]:
        for part in template.parts:
            if isinstance(part, str):
                continue
            kind = self._types.get(part.name)
            if kind is None:
                remedy = nearest(part.name, self._types)
                yield self._source.problem(way, f"nothing is known as `{part.name}`: {remedy}")
            elif said and not may_be_said(part.name):
                known = [name for name in self._types if may_be_said(name)]
                yield self._source.problem(
                    way,
                    f"`{part.name}` is not said to somebody who has not proved who they are: take it out"
                    f" ({nearest(part.name, known)})",
                )
            elif not _fits(kind, part.format, language):
                fitting = DEFAULT_FORMAT.get(kind)
                remedy = f"write `:{fitting}`" if fitting else "take it out"
                yield self._source.problem(
                    way, f"`{part.name}` is {kind}, it cannot be said as {part.format or 'text'}: {remedy}"
                )

    def _answers(self, way: Way, shortcut: Shortcut) -> Iterator[Problem]:
        questions = self._around.questions
        for slot, name in shortcut.answers.items():
            here = (*way, "answers", slot)
            kind, question = self._types.get(name), questions.get(slot)
            if kind is None:
                remedy = nearest(name, self._types)
                yield self._source.problem(here, f"nothing is known as `{name}`: {remedy}")
            elif not may_be_said(name):
                yield self._source.problem(
                    here, f"`{name}` may not answer for a caller who has not proved who they are: take it out"
                )
            if question is None:
                if self._around.complete:
                    remedy = nearest(slot, questions)
                    yield self._source.problem(here, f"no step asks for `{slot}`: {remedy}")
            elif question.sensitive or question.kind.always_sensitive:
                yield self._source.problem(
                    here, f"`{slot}` is sensitive, and is asked of everybody: take it out"
                )
            elif kind is not None and question.kind.value_type != kind:
                yield self._source.problem(
                    here, f"`{slot}` is {question.kind.value_type}, `{name}` is {kind}: name another fact"
                )


def _fits(kind: ValueType, form: str | None, language: str) -> bool:
    """Whether a value of that kind can be said so: one is tried."""
    sample = _SAMPLES.get(kind)
    if sample is None:
        return False
    try:
        say(form or DEFAULT_FORMAT.get(kind, "text"), sample, name="", language=language, currency="EUR")
    except ValueUnspeakable:
        return False
    return not (kind == "number" and form == "money")
