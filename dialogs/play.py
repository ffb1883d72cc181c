"""Plays scripted calls: the tests beside the flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dialogs.call import MASK
from dialogs.differences import Difference, compare, text_in
from dialogs.engine import Conversation
from dialogs.errors import DialogError
from dialogs.flow import FlowSet
from dialogs.rehearsal import Script
from dialogs.rehearsal_format import TestStep
from dialogs.results import Alternative, Heard, Keyed, NoInput
from dialogs.stand_in import StandIn


@dataclass(frozen=True)
class Played:
    """One scripted call, after it was played."""

    script: Script
    differences: tuple[Difference, ...]
    transcript: tuple[tuple[str, str], ...]
    visits: frozenset[tuple[str, str, str]]
    taken: frozenset[tuple[str, str, str]]
    marks: tuple[tuple[int, int], ...] = ()
    """(entry of the transcript, line of the test that set it off), in order."""
    seconds: float = field(default=0.0, compare=False)
    """That it took, of whoever has a clock."""

    @property
    def passed(self) -> bool:
        return not self.differences

    @property
    def title(self) -> str:
        return f"{self.script.name} [{self.script.language}]"

    def report(self) -> str:
        """The differences and the call up to there, with the test's lines, for people to read."""
        script = self.script
        lines = [f"{script.file}:{script.line}: {script.name} [{script.language}]"]
        lines += [f"  {script.file}:{difference.line}: {difference}" for difference in self.differences]
        lines.append("  the call up to there:")
        marks = dict(self.marks)
        lines += [
            f"    {marks.get(at, ''):>5}  {who:>6}: {what}" for at, (who, what) in enumerate(self.transcript)
        ]
        return "\n".join(lines)


def play(flows: FlowSet, script: Script) -> Played:
    """Plays one script. Never raises for what the flow or the caller do."""
    call = StandIn(Conversation(flows, script.flow, script.facts), script.data, script.agents, script.outside)
    differences: list[Difference] = []
    marks: list[tuple[int, int]] = []
    try:
        call.stop_at = _said_next_over(script.steps)
        call.start()
        for at, (step, line) in enumerate(zip(script.steps, script.lines, strict=True)):
            before = len(call.transcript)
            if step.expect is None:
                call.stop_at = _said_next_over(script.steps[at + 1 :])
            differences += _step(call, step, line, script.language)
            if len(call.transcript) > before:
                marks.append((before, line))
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
        script,
        tuple(differences),
        tuple(call.transcript),
        frozenset(trace.visits),
        frozenset(trace.taken),
        tuple(marks),
    )


def _step(call: StandIn, step: TestStep, line: int, language: str) -> list[Difference]:
    if step.expect is not None:
        return list(compare(call, step.expect, line, language))
    if step.during is not None:
        return _over_a_sentence(call, step, line, language)
    if call.waiting is None:
        return [
            Difference(line, "the caller cannot do this any more", "an open question", "the call is over")
        ]
    if step.hang_up:
        call.hang_up()
    elif step.silence is not None:
        if step.silence >= call.waiting.initial_timeout:
            call.is_silent()
    elif step.key is not None:
        key(call, step.key)
    elif step.say is not None:
        text = text_in(step.say, language)
        if text is None:
            return [Difference(line, "nothing to say", f"a text in {language}", "none")]
        say(call, text, step.confidence)
    return []


def _said_next_over(steps: Sequence[TestStep]) -> str:
    """The sentence over which the caller speaks next, if that is what they do next."""
    return next((step.during or "" for step in steps if step.expect is None), "")


def _over_a_sentence(call: StandIn, step: TestStep, line: int, language: str) -> list[Difference]:
    if call.sounding is None or call.sounding.step != step.during:
        now = "the call is over" if call.waiting is None else f"the question `{call.waiting.step}` is open"
        was = f"it has not been said since the caller's last turn: {now}"
        return [Difference(line, "the caller speaks", f"while `{step.during}` is said", was)]
    text = text_in(step.say or "", language)
    if text is None:
        return [Difference(line, "nothing to say", f"a text in {language}", "none")]
    say_over(call, text, step.confidence)
    return []


def say_over(call: StandIn, text: str, confidence: float) -> None:
    """The caller says it while the sentence is heard at which the call stands still."""
    assert call.sounding is not None
    heeded = call.sounding.heeded
    result = heeded.judge(Heard((Alternative(text, confidence),))) if heeded else None
    call.said_over_it(result, f"“{text}”" if heeded else f"says “{text}”, unheard")


def say(call: StandIn, text: str, confidence: float) -> None:
    """The caller says it to the open question."""
    question = call.waiting
    assert question is not None
    shown = MASK if question.sensitive else text
    if not question.voice:  # nobody listens: to the call it is silence
        call.answer(NoInput(), f"says “{shown}”, unheard")
        return
    call.answer(question.judge(Heard((Alternative(text, confidence),))), f"“{shown}”")


def key(call: StandIn, keys: str) -> None:
    """Keys beyond what a question takes wait for the next one, as on a telephone."""
    left = keys
    while left and call.waiting is not None:
        longest = call.waiting.keys.longest
        if not longest:
            return
        now, left = left[:longest], left[longest:]
        now = now.removesuffix(call.waiting.keys.terminator)
        call.answer(call.waiting.judge(Keyed(now)), f"keys {MASK if call.waiting.sensitive else now}")
