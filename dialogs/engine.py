"""A conversation: walks a flow, yields effects, takes results. The same on a call and on paper.

Rules:
1. Pure and deterministic: no clock, no I/O; the same results give the same effects.
2. `send` always gives a next effect or ends the conversation. A fault in a node, a value that cannot be
   said, a result that does not belong: noted in `faults`, then an apology and the flow's person. If even
   that fails, a sentence of regret and the end; never an exception into the call.
3. A person, back, another language, and in flows that call people an objection, are answered here, at any
   question; the node does not see them.
4. A prompt that holds a sensitive value makes its effect `sensitive`, whichever node built it.
5. A flow's notice that the call is recorded comes before the first step that waits for the caller or hands
   them over; until then nothing is recorded (`dialogs.notice`).
6. Nothing goes on for ever: `MOST_EFFECTS` and `MOST_STEPS` bound any call.
7. In which queue a caller waits, and how far ahead of others, is their segment's to say (`dialogs.segments`).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from dialogs import asides, endings
from dialogs.call import MASK, Call, Visit
from dialogs.effects import (
    CallBack,
    Collect,
    Effect,
    Enqueue,
    Hangup,
    Lookup,
    MayCallBack,
    Play,
    SetOutcome,
)
from dialogs.errors import ConversationOver, DialogError, UnknownStep
from dialogs.facts import Facts
from dialogs.flow import DEEPEST_NESTING, Flow, FlowSet
from dialogs.nodes.hangup import Hangup as HangupStep
from dialogs.nodes.menu import offers_objection
from dialogs.nodes.step import END, PERSON, Exit, Step
from dialogs.nodes.subflow import Subflow
from dialogs.nodes.understand import Understand
from dialogs.notice import give_notice
from dialogs.objections import heeding
from dialogs.position import Fault
from dialogs.results import Heard, Keyed, Match, NoMatch, Result
from dialogs.seen import Seen
from dialogs.slots.asking import Asking
from dialogs.source import nearest
from dialogs.universals import BACK, MARK, OBJECTION, language_of
from dialogs.universals import PERSON as WANTS_PERSON

MOST_EFFECTS = 1000
"""Effects of one conversation; a call of an hour has about 400."""
MOST_STEPS = 5000
MOST_FAULTS = 3
"""Faults after which a conversation is not worth going on with."""


_ANSWERED = (Collect, Lookup)
"""Effects during which a caller may ask for a person."""


class Conversation(Seen):
    """One call's dialog.

    `start` gives the first effect; each `send` takes that effect's result and gives the next. After a
    `Hangup` effect, or after `hang_up`, it is `finished`, and `send` raises `ConversationOver`.
    """

    def __init__(self, flows: FlowSet, flow: str, facts: Facts) -> None:
        """Raises `UnknownFlow`."""
        self._call = Call(flows, flows.flow(flow), facts)
        self._flows = flows
        self._above: list[tuple[Flow, str]] = []
        """Flows that wait for this one to come back, each with its subflow step."""
        self._asked: list[tuple[Flow, str, list[tuple[Flow, str]]]] = []
        """Questions in the order in which they were put, for `back`."""
        self._running: Generator[Effect, Result, object] | None = None
        self._effect: Effect | None = None
        self._entered_subflow = False
        self._effects = self._steps = 0
        self._last_resort = False
        self._begins_in = self._call.flow
        self._notice_due = facts.recorded and self._call.flow.recording_notice is not None
        self._in_notice = False
        self._aside: tuple[Collect, NoMatch, asides.Wish] | None = None
        """An answer that was none, while it is asked whether the caller wants something in between."""
        self._waiting: list[asides.Waiting] = []
        self._asides = 0
        self.finished = False
        self.outcome: str | None = None
        self.hangup_cause: str | None = None
        self.faults: list[Fault] = []

    # --- the session's words ---

    def start(self) -> Effect:
        if self._effect is not None or self.finished:
            raise ConversationOver("the conversation has begun already")
        self._go(self._call.flow.first)
        return self._advance(None)

    def send(self, result: Result) -> Effect:
        if self.finished or self._effect is None:
            raise ConversationOver("the conversation is over, or has not begun")
        if self._aside is not None:
            return self._advance(self._in_between(*self._aside, result))
        wish = (
            None
            if self._waiting
            else asides.wish(self._call, self._effect, result, self._above, begun=self._asides)
        )
        if wish is not None and isinstance(self._effect, Collect) and isinstance(result, NoMatch):
            self._aside = (self._effect, result, wish)
            return self._give(wish.asked)
        if (
            isinstance(result, Match)
            and result.value.startswith(MARK)
            and isinstance(self._effect, _ANSWERED)
        ):
            jumped = self._universal(result.value)
            if jumped:
                return self._advance(None)
        return self._advance(result)

    def hang_up(self, cause: str) -> None:
        """The caller is gone; `cause` is the switch's. Nothing can be performed any more."""
        if self._running is not None:
            self._running.close()
        self._running = None
        self._forget_waiting(0)
        if not self.finished:
            self.hangup_cause = cause
        self.finished = True

    # --- for rehearsals: no call does this ---

    @property
    def asking(self) -> Asking:
        """Under which circumstances a question would be put now."""
        return self._call.asking

    def fill(self, slot: str, value: str) -> None:
        """Gives a slot a value that no caller has said."""
        self._call.fill(slot, value)

    def jump(self, flow: str, step: str) -> Effect:
        """Goes to a step as if an exit had led there; what is filled stays filled. Raises `DialogError`."""
        target = self._flows.flow(flow)
        if step not in target.steps:
            raise UnknownStep(f"there is no step `{step}` in `{flow}`: {nearest(step, target.steps)}")
        if self.finished or self._effect is None:
            raise ConversationOver("the conversation is over, or has not begun")
        if self._running is not None:
            self._running.close()
        self._call.leave("@jump")
        self._call.flow, self._above, self._entered_subflow = target, [], False
        self._forget_waiting(0)
        self._go(step)
        return self._advance(None)

    # --- walking ---

    def _advance(self, result: Result | None) -> Effect:
        while True:
            try:
                running = self._running or self._begin()
                effect = next(running) if result is None else running.send(result)
            except StopIteration as done:
                self._running, result = None, None
                if self._in_notice:
                    self._in_notice = False  # and now the step that it came before
                else:
                    self._follow(str(done.value))
            except Exception as fault:  # noqa: BLE001 - rule 2: whatever breaks, the caller gets a person
                self._running, result = None, None
                self._broken(fault)
            else:
                return self._give(effect)

    def _begin(self) -> Generator[Effect, Result, object]:
        step = self._step()
        if isinstance(step, Subflow) and not self._entered_subflow:
            self._enter(step)
            return self._begin()
        if self._in_notice or (self._notice_due and (step.takes_input or step.hands_over)):
            self._notice_due, self._in_notice = False, True
            self._running = give_notice(self._call, self._begins_in)
            return self._running
        self._entered_subflow = False
        self._running = step.run(self._call)
        return self._running

    def _step(self) -> Step:
        return self._call.flow.steps[self._call.step]

    def _enter(self, step: Subflow) -> None:
        if len(self._above) >= DEEPEST_NESTING:
            raise DialogError("subflows are nested too deeply")
        self._above.append((self._call.flow, self._call.step))
        self._call.begin(self._flows.flow(step.subflow))
        self._go(self._call.flow.first)

    def _go(self, step: str) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise DialogError("the call has gone through too many steps")
        self._running = None
        self._call.step = step
        self._call.trace.path.append(Visit(self._call.flow.name, step, self._call.language))
        if self._step().takes_input:
            place = (self._call.flow, step, list(self._above))
            if not self._asked or self._asked[-1] != place:
                self._asked.append(place)

    def _follow(self, label: str) -> None:
        """Takes the exit of that label, or one of the two that every flow has."""
        self._call.leave(label)
        try:
            if label == END:
                self._running = endings.end(self._call)
            elif label == PERSON:
                self._to_person()
            else:
                self._call.note(label)
                self._take(self._exit(label))
        except DialogError as fault:
            self._broken(fault)

    def _exit(self, label: str) -> Exit:
        for way_out in self._step().exits():
            if way_out.label == label:
                return way_out
        raise DialogError(f"step `{self._call.step}` has no exit `{label}`")

    def _take(self, way_out: Exit) -> None:
        if way_out.target == END:
            self._running = endings.end(self._call)
        elif way_out.target == PERSON:
            self._to_person()
        else:
            target = way_out.target or self._call.flow.after(self._call.step)
            if target is not None:
                self._go(target)
            elif self._above:
                self._come_back()
            else:
                self._running = endings.end(self._call)

    def _come_back(self) -> None:
        """To the step that waits for this flow: its subflow is over, or what was wanted in between."""
        self._call.flow, self._call.step = self._above.pop()
        if self._waiting and self._waiting[-1].depth == len(self._above):
            waiting = self._waiting.pop()
            self._call.in_between = bool(self._waiting)
            self._call.trace.path.append(Visit(self._call.flow.name, self._call.step, self._call.language))
            self._running = asides.resumed(self._call, waiting)
        else:
            self._entered_subflow = True

    def _in_between(
        self, collect: Collect, miss: NoMatch, wish: asides.Wish, meaning: Result
    ) -> Result | None:
        """Goes where the caller wants to go, and lets the step wait; or it was a bad answer."""
        self._aside = None
        running, here, intent = self._running, self._call.flow, asides.meant(meaning)
        wanted = None if intent is None else wish.flows.get(intent)
        if intent is None or running is None or len(self._above) >= DEEPEST_NESTING:
            return miss
        self._asides += 1
        if wish.depth is not None:
            self._instead(wish.depth, wish.question, intent, wish.asked.text)
            return None
        if wanted is None:
            return miss
        slots, depth = dict(self._call.slots), len(self._above)
        self._waiting.append(
            asides.Waiting(running, collect, self._call.within, slots, depth, wish.back, wish.place)
        )
        self._call.leave("@aside")
        self._above.append((here, self._call.step))
        self._call.within, self._call.in_between = "", True
        self._call.begin(self._flows.flow(wanted))
        self._go(self._call.flow.first)
        return None

    def _instead(self, depth: int, question: str, intent: str, said: str) -> None:
        """Back to the open question above, as if this had been the answer to it."""
        if self._running is not None:
            self._running.close()
        self._call.leave("@instead")
        flow = self._call.flow = self._above[depth][0]
        del self._above[depth:]
        self._call.step, self._call.within, self._running = question, "", None
        self._call.trace.path.append(Visit(flow.name, question, self._call.language))
        step = flow.steps[question]
        if isinstance(step, Understand):
            step.take(self._call, said, intent)
        self._follow(intent)

    def _forget_waiting(self, depth: int) -> None:
        """No step waits any more that lies at that depth or deeper."""
        while self._waiting and self._waiting[-1].depth >= depth:
            self._waiting.pop().running.close()
        self._call.in_between = bool(self._waiting)

    def _give(self, effect: Effect) -> Effect:
        self._effects += 1
        if self._effects > MOST_EFFECTS and not self._last_resort:
            self._broken(DialogError("the call has gone on for too long"), for_good=True)
            return self._advance(None)
        if isinstance(effect, (Play, Collect)) and any(MASK in spoken.shown for spoken in effect.prompt):
            effect = replace(effect, sensitive=True)
        if isinstance(effect, Collect):
            effect = self._guarded(effect)
        elif isinstance(effect, Enqueue):
            segment = self._call.known.segment
            effect = replace(effect, queue=segment.queue_for(effect.queue), priority=segment.priority)
        elif isinstance(effect, CallBack | MayCallBack):
            effect = replace(effect, queue=self._call.known.segment.queue_for(effect.queue))
        elif isinstance(effect, SetOutcome):
            self.outcome = effect.code
        elif isinstance(effect, Hangup):
            self.finished, self.hangup_cause, self._running = True, effect.cause, None
            if isinstance(self._step(), HangupStep):
                self._call.note("end")
                self._call.leave("end")
            for flow, step in self._above:
                self._call.trace.leave(flow.name, step, "@end")
        self._effect = effect
        return effect

    def _guarded(self, effect: Collect) -> Collect:
        """A judge that breaks is a miss for the caller and a fault for us, never the session's trouble."""
        if self._heeds_objections() and not offers_objection(self._step()):
            effect = heeding(effect)
        judge, listens = effect.judge, not effect.sensitive and asides.heeded(self._call, self._above)

        def judged(answer: Heard | Keyed) -> Match | NoMatch:
            try:
                return asides.with_words(judge(answer), answer) if listens else judge(answer)
            except Exception as fault:  # noqa: BLE001 - rule 2
                self._note_fault(fault)
                return NoMatch()

        return replace(effect, judge=judged)

    # --- universals ---

    def _heeds_objections(self) -> bool:
        return any(flow.objection for flow in (self._call.flow, *(flow for flow, _ in self._above)))

    def _object(self) -> None:
        """Where the innermost flow that says so leads whoever wants no more calls."""
        self._call.leave("@objection")
        self._in_notice = False
        while self._call.flow.objection is None:
            self._call.flow, _step = self._above.pop()
        self._forget_waiting(len(self._above))
        self._call.within, self._entered_subflow = "", False
        self._go(self._call.flow.objection)

    def _universal(self, value: str) -> bool:
        """Answers what the engine answers; false for what is the question's own business."""
        language = language_of(value)
        if value not in (WANTS_PERSON, BACK, OBJECTION) and language is None:
            return False
        if self._running is not None:
            self._running.close()
            self._running = None
        if value == WANTS_PERSON:
            self._in_notice = False
            self._follow(PERSON)
        elif value == OBJECTION:
            self._object()
        elif value == BACK:
            self._call.leave("@back")
            self._back()
        elif language in self._call.flow.languages:
            self._call.leave("@language")
            self._call.language = language
            self._go(self._call.step)
        return True

    def _back(self) -> None:
        """To the question before this one; at the first question, the same again."""
        if len(self._asked) > 1:
            self._asked.pop()
            self._call.flow, step, above = self._asked[-1]
            self._above = list(above)
            self._forget_waiting(len(self._above))
            self._go(step)
        else:
            self._go(self._call.step)

    # --- ends and faults ---

    def _to_person(self) -> None:
        person = self._call.flow.person
        if person in self._call.flow.steps:
            self._go(person)
        else:
            self._running = endings.to_queue(self._call, person)

    def _broken(self, fault: Exception, *, for_good: bool = False) -> None:
        """Notes the fault and chooses the landing: apology and person, or regret and the end."""
        self._note_fault(fault)
        self._call.leave("@fault")
        self._in_notice = False
        at_person = self._call.step == self._call.flow.person
        hopeless = for_good or at_person or self._steps > MOST_STEPS or len(self.faults) > MOST_FAULTS
        self._last_resort = self._last_resort or hopeless
        landing = endings.regret if self._last_resort else endings.apology
        self._running = landing(self._call)

    def _note_fault(self, fault: Exception) -> None:
        # Only this package's own messages are known to hold no value of the caller's.
        reason = str(fault) if isinstance(fault, DialogError) else "an unexpected error"
        self.faults.append(Fault(*self.position, f"{type(fault).__name__}: {reason}"))
