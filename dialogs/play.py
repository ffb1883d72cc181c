"""Plays scripted calls: the tests beside the flows, and how much of the flows they cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dialogs.engine import Conversation
from dialogs.errors import DialogError
from dialogs.flow import FlowSet
from dialogs.nodes.question import Question
from dialogs.rehearsal import Expect, PerLanguage, Script, TestStep
from dialogs.results import Alternative, Heard, Keyed, NoInput
from dialogs.slots.words import plain
from dialogs.stand_in import StandIn, Turn


@dataclass(frozen=True)
class Difference:
    """Where a call did not go as expected: the line of the test, what was wanted, and what was."""

    line: int
    what: str
    wanted: str
    was: str

    def __str__(self) -> str:
        return f"{self.what}\n    wanted: {self.wanted}\n    was:    {self.was}"


@dataclass(frozen=True)
class Played:
    """One scripted call, after it was played."""

    script: Script
    differences: tuple[Difference, ...]
    transcript: tuple[tuple[str, str], ...]
    visits: frozenset[tuple[str, str, str]]
    taken: frozenset[tuple[str, str, str]]

    @property
    def passed(self) -> bool:
        return not self.differences

    def report(self) -> str:
        """The differences and the call, for people to read."""
        script = self.script
        lines = [f"{script.file}:{script.line}: {script.name} [{script.language}]"]
        lines += [f"  {script.file}:{difference.line}: {difference}" for difference in self.differences]
        lines += [f"    {who:>6}: {what}" for who, what in self.transcript]
        return "\n".join(lines)


def play(flows: FlowSet, script: Script) -> Played:
    """Plays one script. Never raises for what the flow or the caller do."""
    call = StandIn(Conversation(flows, script.flow, script.facts), script.data, script.agents, script.outside)
    differences: list[Difference] = []
    try:
        call.start()
        for step, line in zip(script.steps, script.lines, strict=True):
            differences += _step(call, step, line, script.language)
            if differences:
                break
        if call.conversation.faults and not any(s.expect and s.expect.faults for s in script.steps):
            fault = call.conversation.faults[0]
            differences.append(
                Difference(
                    script.line, "the flow broke", "no fault", f"{fault.flow}/{fault.step}: {fault.reason}"
                )
            )
    except DialogError as fault_:
        differences.append(Difference(script.line, "the call broke", "a call", str(fault_)))
    trace = call.conversation.trace
    return Played(
        script, tuple(differences), tuple(call.transcript), frozenset(trace.visits), frozenset(trace.taken)
    )


def _step(call: StandIn, step: TestStep, line: int, language: str) -> list[Difference]:
    if step.expect is not None:
        return list(_compare(call, step.expect, line, language))
    if call.waiting is None:
        return [
            Difference(line, "the caller cannot do this any more", "an open question", "the call is over")
        ]
    if step.hang_up:
        call.hang_up()
    elif step.silence is not None:
        if step.silence >= call.waiting.initial_timeout:
            call.answer(NoInput(), "is silent")
    elif step.key is not None:
        _key(call, step.key)
    elif step.say is not None:
        text = _in(step.say, language)
        if text is None:
            return [Difference(line, "nothing to say", f"a text in {language}", "none")]
        _say(call, text, step.confidence)
    return []


def _say(call: StandIn, text: str, confidence: float) -> None:
    question = call.waiting
    assert question is not None
    if not question.voice:  # nobody listens: to the call it is silence
        call.answer(NoInput(), f"says “{text}”, unheard")
        return
    call.answer(question.judge(Heard((Alternative(text, confidence),))), f"“{text}”")


def _key(call: StandIn, keys: str) -> None:
    """Keys beyond what a question takes wait for the next one, as on a telephone."""
    left = keys
    while left and call.waiting is not None:
        longest = call.waiting.keys.longest
        if not longest:
            return
        now, left = left[:longest], left[longest:]
        now = now.removesuffix(call.waiting.keys.terminator)
        call.answer(
            call.waiting.judge(Keyed(now)), f"keys {'•' * len(now) if call.waiting.sensitive else now}"
        )


def _in(text: PerLanguage, language: str) -> str | None:
    return text.get(language) if isinstance(text, dict) else text


def _holds(heard: str, text: str) -> bool:
    """Whether those words were said, whatever their accents and case; signs alone as they stand."""
    words = plain(text)
    return f" {words} " in f" {plain(heard)} " if words else text in heard


DEEDS = ("transfer", "record", "message", "verify", "understand", "callback", "notify", "promise", "case")
"""What a test may expect by the node's own key."""


def _done(turn: Turn, deed: str) -> str | None:
    """What was done of that kind since the caller's last turn."""
    return ", ".join(name for what, name in turn.deeds if what == deed) or None


def _compare(call: StandIn, expect: Expect, line: int, language: str) -> Iterator[Difference]:
    conversation, turn = call.conversation, call.turn
    heard = " ".join((*turn.said, *turn.voiced))
    shown = " / ".join(turn.said) or "nothing"
    for wanted in expect.said:
        text = _in(wanted, language)
        if text is None or not _holds(heard, text):
            yield Difference(line, "said", f"… {text} …", shown)
    for unwanted in expect.not_said:
        text = _in(unwanted, language)
        if text is not None and _holds(heard, text):
            yield Difference(line, "said", f"not “{text}”", shown)
    position = conversation.position
    facts: list[tuple[str, object, object]] = [
        ("step", expect.step, position.step),
        ("flow", expect.flow, position.flow),
        ("queue", expect.queue, ", ".join(turn.queues) or None),
        ("lookup", expect.lookup, ", ".join(name for name, _ in turn.lookups) or None),
        ("outcome", expect.outcome, conversation.outcome),
        ("language", expect.language, conversation.language),
        ("hangup", expect.hangup, conversation.finished),
        ("keypad_only", expect.keypad_only, call.waiting is not None and not call.waiting.voice),
        ("recorded", expect.recorded, call.recorded),
        ("faults", expect.faults, len(conversation.faults)),
    ]
    facts += [(deed, getattr(expect, deed), _done(turn, deed)) for deed in DEEDS]
    facts.append(("offered", expect.offered, call.waiting.offers if call.waiting else None))
    slots = conversation.slots
    facts += [(f"slot {name}", value, slots.get(name)) for name, value in expect.slots.items()]
    for what, wanted_, was in facts:
        if wanted_ is not None and wanted_ != was:
            yield Difference(line, what, str(wanted_), str(was))


# --- coverage ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """So many of so many, and which are missing: `file:line: what`."""

    covered: int
    of: int
    missing: tuple[str, ...] = ()

    @property
    def percent(self) -> float:
        return 100.0 if not self.of else round(100.0 * self.covered / self.of, 1)


@dataclass(frozen=True)
class Coverage:
    """How much of the flows the tests have walked."""

    steps: Share
    branches: Share
    """Every exit of every step, and every question's silence and misunderstanding."""
    languages: Share
    """Every step that speaks, in every language."""

    @property
    def complete(self) -> bool:
        return all(share.covered == share.of for share in (self.steps, self.branches, self.languages))


@dataclass
class _Wanted:
    all: dict[tuple[str, ...], str] = field(default_factory=dict)

    def share(self, seen: set[tuple[str, ...]]) -> Share:
        missing = tuple(text for key, text in self.all.items() if key not in seen)
        return Share(len(self.all) - len(missing), len(self.all), missing)


def coverage(flows: FlowSet, played: Iterable[Played]) -> Coverage:
    """What the played calls have covered of the whole set."""
    visits: set[tuple[str, str, str]] = set()
    taken: set[tuple[str, ...]] = set()
    for call in played:
        visits |= call.visits
        taken |= call.taken
    steps, branches, languages = _Wanted(), _Wanted(), _Wanted()
    for flow in flows.flows.values():
        for name, step in flow.steps.items():
            where = f"{flow.source.file}:{flow.source.place(flow.ways[name]).line}: `{name}`"
            steps.all[flow.name, name] = where
            labels = [way_out.label for way_out in step.exits()]
            if isinstance(step, Question):
                allowed = step.allowed_in(flow)
                labels += [kind for kind in ("no_input", "no_match") if getattr(allowed, kind)]
            for label in labels:
                branches.all[flow.name, name, label] = f"{where} → {label}"
            if any(True for _ in step.prompts()):
                for language in flow.languages:
                    languages.all[flow.name, name, language] = f"{where} in {language}"
    return Coverage(
        steps.share({visit[:2] for visit in visits}),
        branches.share(taken),
        languages.share(set(visits)),
    )
