"""What a node sees of the call: the language, what has been said so far, and how to put things in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dialogs.catalogue import HOURS
from dialogs.effects import Prompt, Spoken
from dialogs.errors import ValueUnspeakable
from dialogs.expressions import Template, Value, parse_template
from dialogs.facts import Facts
from dialogs.flow import Flow, FlowSet
from dialogs.prompts import in_writing, render
from dialogs.results import Heard
from dialogs.segments.rules import NOBODY, Decision
from dialogs.slots.asking import Asking
from dialogs.slots.reasons import sentence
from dialogs.spoken import DEFAULT_FORMAT, say
from dialogs.spoken_hours import spoken_hours
from dialogs.spoken_numbers import Said
from dialogs.wording import wording

MASK = "•••"
"""Stands for what is sensitive, whatever its length."""

SLOW, SLOWEST = 0.8, 0.65
"""Of the usual pace: for whoever asks for slower once, and again."""

Scalar = str | int | bool | None


@dataclass
class Visit:
    """A step that was gone through: the call's path is made of these, in order."""

    flow: str
    step: str
    language: str
    left_by: str = ""
    """The label of the exit, or what took the caller elsewhere: `@person`, `@back`, `@language`, `@fault`.
    `@end`: the call came to its end in the flow that this step runs. Empty: it is here, or was when the
    caller was gone."""
    misses: Counter[str] = field(default_factory=Counter)
    """`no_input` and `no_match`: how often the question was not answered."""


@dataclass
class Trace:
    """Where a conversation has been, for coverage, reports and tests."""

    path: list[Visit] = field(default_factory=list)
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    """(flow, step, label of the exit, or the miss: `no_input 1`, `no_match 2`)"""

    @property
    def visits(self) -> list[tuple[str, str, str]]:
        """(flow, step, language)"""
        return [(visit.flow, visit.step, visit.language) for visit in self.path]

    def here(self, flow: str, step: str) -> Visit | None:
        """The latest visit of that step which has not been left."""
        for visit in reversed(self.path):
            if (visit.flow, visit.step) == (flow, step):
                return None if visit.left_by else visit
        return None

    def leave(self, flow: str, step: str, label: str) -> None:
        """That step is left, if it has not been."""
        visit = self.here(flow, step)
        if visit is not None:
            visit.left_by = label


class Call:
    """The state that nodes read and fill. One per conversation."""

    def __init__(self, flows: FlowSet, flow: Flow, facts: Facts) -> None:
        self.flows = flows
        self.flow = flow
        self.step = flow.first
        self.facts = facts
        self.proved = ""
        """The identity that the caller has proved in this call."""
        self.known = self._decided(facts.history)
        greeted = (self.known.language, facts.language, *flow.languages)
        self.language = next(language for language in greeted if language in flow.languages)
        self.within = ""
        """The slot of a form that is asked for just now: its words are recorded under its own name."""
        self.pace = 1.0
        self.slots: dict[str, str] = {}
        self.given_by: dict[str, str] = {}
        """How a slot was answered last: `voice` or `keys`."""
        self.records: dict[str, Mapping[str, Scalar]] = {}
        self.ahead: dict[str, str] = {}
        """Answers that were given before their question: it is not asked any more, once."""
        self.said: dict[str, Heard] = {}
        """What was said before its question was put, by the slot that it may answer."""
        self.to_come: dict[str, tuple[str, ...]] = {}
        """What the caller wants beside, by the slot of the step that has heard it."""
        self.told_more: Heard | None = None
        """What was said beside "yes" to "is there anything else?"; for the next question alone."""
        self.in_between = False
        """Whether a question waits until this is over (`dialogs.asides`)."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self._rounds: Counter[str] = Counter({flow.name: 1})
        """How often each flow has begun."""
        self._asked_in: dict[tuple[str, str], int] = {}
        self.trace = Trace()
        self._hours_told: tuple[str, Mapping[str, Scalar]] = ("", {})
        self.last_miss = ""
        """How the last question stayed unanswered: `no_input`, `no_match` or `not_at_hand`."""

    @property
    def asking(self) -> Asking:
        """Under which circumstances the next question is put."""
        number = self.facts.caller.get("number")
        own = number if isinstance(number, str) else ""
        return Asking(self.language, self.facts.now, self.facts.region, own)

    # --- who calls ---

    def _decided(self, history: Mapping[str, Scalar] | None) -> Decision:
        forced = self.facts.caller.get("segment")
        if history is None and not forced:
            return NOBODY
        history = history or {}
        return self.flows.segments.decide(history, forced=str(forced or ""))

    def learn(self, history: Mapping[str, Scalar]) -> bool:
        """More is known of the caller than when the call began; whether they are taken for somebody else."""
        before, self.known = self.known, self._decided(history)
        return self.known.segment != before.segment

    @property
    def _today(self) -> date | None:
        return self.facts.now.date() if self.facts.now else None

    @property
    def reason(self) -> str:
        """Why the caller is taken for what they are, with the figures: for people, not for the caller."""
        return self.known.reason(self.language, self._today)

    @property
    def _caller(self) -> Mapping[str, Scalar]:
        found: dict[str, Scalar] = {
            "segment": self.known.segment.name,
            "reason": self.reason,
            "human_first": self.known.segment.human_first,
            "shortcut": self.known.shortcuts[0].name if self.known.shortcuts else "",
        }
        told = {name: value for name, value in self.facts.caller.items() if name != "segment" or value}
        return {**found, **told, "proved": self.proved}

    # --- values ---

    def values(self) -> dict[str, Scalar]:
        """Everything that templates and conditions may name, in one flat table."""
        table = self._hours()
        table |= {f"caller.{name}": value for name, value in self._caller.items()}
        table.update({name: self._typed(name, value) for name, value in self.slots.items()})
        for lookup, record in self.records.items():
            table.update({f"{lookup}.{name}": value for name, value in record.items()})
        return table

    def _hours(self) -> dict[str, Scalar]:
        """The opening hours of each calendar, as they are said now: `hours.office`."""
        calendars = self.flows.catalogue.calendars
        if self._hours_told[0] != self.language:
            region, today = self.facts.region, self._today
            told = {
                f"{HOURS}.{name}": spoken_hours(calendar, self.language, today, region)
                for name, calendar in calendars.items()
            }
            self._hours_told = (self.language, told)
        return dict(self._hours_told[1])

    def _typed(self, slot: str, value: str) -> Scalar:
        """A slot is kept as text; where it is a number or money, conditions and prompts see the number."""
        is_number = self.flows.types.get(slot) in ("number", "money") and value.removeprefix("-").isdecimal()
        return int(value) if is_number else value

    def fill(self, slot: str, value: str) -> None:
        self.slots[slot] = value

    def public_slots(self) -> dict[str, str]:
        """The slots with what is sensitive masked."""
        return {name: MASK if name in self.flows.sensitive else value for name, value in self.slots.items()}

    @property
    def first_time(self) -> bool:
        """Whether the call has not been at this step before."""
        return sum((one.flow, one.step) == (self.flow.name, self.step) for one in self.trace.path) < 2

    def begin(self, flow: Flow) -> None:
        """The call goes into a flow, from its first step on."""
        self.flow = flow
        self._rounds[flow.name] += 1

    def once_a_round(self) -> bool:
        """Whether this is asked for the first time at this step since its flow last began."""
        place, now = (self.flow.name, self.step), self._rounds[self.flow.name]
        before, self._asked_in[place] = self._asked_in.get(place), now
        return before != now

    def count(self, what: str) -> int:
        """How often this has happened at this step, this time included."""
        self.counts[self.step, what] += 1
        return self.counts[self.step, what]

    def note(self, label: str) -> None:
        """Something happened at this step that coverage wants to know."""
        self.trace.taken.append((self.flow.name, self.step, label))

    def missed(self, kind: str, n: int) -> None:
        """The question was not answered for the n-th time; `kind` is `no_input` or `no_match`."""
        self.note(f"{self.within} {kind} {n}" if self.within else f"{kind} {n}")
        visit = self.trace.here(self.flow.name, self.step)
        if visit is not None:
            visit.misses[kind] += 1

    def leave(self, label: str) -> None:
        """This step is left by that exit, or by what took the caller elsewhere."""
        self.trace.leave(self.flow.name, self.step, label)

    # --- words ---

    def prompt(
        self,
        words: Mapping[str, Template],
        part: str = "",
        *,
        place: str = "",
        called: Mapping[str, str] | None = None,
    ) -> Prompt:
        """The words in the caller's language. Raises `ValueUnspeakable`.

        `place` is where they stand, for their studio recording; by default this step. `called`: values that
        are codes, by name, and what is said for them.
        """
        template = words.get(self.language)
        if template is None:
            raise ValueUnspeakable(f"step `{self.step}` has no words in {self.language}")
        place = place or "/".join(filter(None, (self.flow.name, self.step, self.within)))
        recording = "/".join(filter(None, (place, part)))
        names = called or {}

        def said(value: Value) -> Said:
            return (names[value.name],) * 2 if value.name in names else self._say(value)

        return render(template, language=self.language, recording=recording, pace=self.pace, say=said)

    def in_writing(self, words: Mapping[str, Template]) -> str:
        """The words as a message shows them, in the caller's language. Raises `ValueUnspeakable`."""
        template = words.get(self.language)
        if template is None:
            raise ValueUnspeakable(f"step `{self.step}` has no words in {self.language}")
        return in_writing(template, language=self.language, say=self._say)

    def segment_prompt(self, words: Mapping[str, Template], place: str) -> Prompt:
        """Words of the segments' file, which know the caller's history. Raises `ValueUnspeakable`."""
        return render(
            words[self.language],
            language=self.language,
            recording=f"segments/{place}",
            pace=self.pace,
            say=lambda value: self.known.said(value, self.language, self._today, region=self.facts.region),
        )

    def built_in(self, name: str, **values: Said) -> Prompt:
        """One of the engine's own sentences; `values`: what stands in its places, said and shown."""
        text = wording(name, self.language)
        if values:
            return render(
                parse_template(text),
                language=self.language,
                recording=f"built_in/{name}",
                pace=self.pace,
                say=lambda value: values[value.name],
            )
        return (Spoken(text, self.language, f"built_in/{name}/{self.language}", pace=self.pace),)

    def because(self, reason: str) -> Prompt:
        """Why an answer that was understood cannot be taken; empty if there is nothing to tell."""
        text = sentence(reason, self.language)
        recording = f"built_in/{reason}/{self.language}"
        return (Spoken(text, self.language, recording, pace=self.pace),) if text else ()

    def asked_back(self, words: str, shown: str) -> Prompt:
        """ "Did you say …?" with the answer as it was understood."""
        return self.built_in("did_you_say", answer=(words, shown))

    def _say(self, value: Value) -> Said:
        table = self.values()
        form = value.format or DEFAULT_FORMAT.get(self.flows.types.get(value.name, "text"), "text")
        currency = table.get(f"{value.name}_currency")
        said = say(
            form,
            table.get(value.name),
            name=value.name,
            language=self.language,
            currency=currency if isinstance(currency, str) else None,
            today=self._today,
            region=self.facts.region,
            own=value.name.startswith(f"{HOURS}."),
        )
        return (said[0], MASK) if value.name in self.flows.sensitive else said
