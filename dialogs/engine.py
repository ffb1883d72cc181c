"""A conversation: walks a flow, yields effects, takes results. The same on a call and on paper.

Rules:
1. Pure and deterministic: no clock, no I/O; the same results give the same effects.
2. `send` always gives a next effect or ends the conversation. A fault in a node, a value that cannot be
   said, a result that does not belong: noted in `faults`, then an apology and the flow's person. If even
   that fails, a sentence of regret and the end; never an exception into the call.
3. A person, back, another language, and in flows that call people an objection, are answered here, at any
   question; the node does not see them. An objection is heard in sentences, too (`dialogs.barge_in`).
4. A prompt that holds a sensitive value makes its effect `sensitive`, whichever node built it.
5. A flow's notice that the call is recorded comes before the first step that waits for the caller or hands
   them over; until then nothing is recorded (`dialogs.notice`).
6. Nothing goes on for ever: `MOST_EFFECTS` bounds any call, and so does `dialogs.flow_stack.MOST_STEPS`.
7. Which flows the call is in, and how it comes back to those above, is kept in `dialogs.flow_stack`; which
   exit is taken, and what a fault leads to, is decided here.
8. In which queue a caller waits, and how far ahead of others, is their segment's to say (`dialogs.segments`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from dialogs import asides, endings
from dialogs.asides import Running
from dialogs.barge_in import heeded, menu_behind
from dialogs.call import MASK, Call
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
from dialogs.flow import FlowSet
from dialogs.flow_stack import FlowStack
from dialogs.nodes.hangup import Hangup as HangupStep
from dialogs.nodes.menu import offers_objection
from dialogs.nodes.step import END, PERSON, Exit
from dialogs.notice import give_notice
from dialogs.objections import heeding
from dialogs.position import Fault
from dialogs.results import Match, NoMatch, Result
from dialogs.seen import Seen
from dialogs.slots.asking import Asking
from dialogs.source import nearest
from dialogs.universals import BACK, INTERRUPTS, OBJECTION, language_of
from dialogs.universals import PERSON as WANTS_PERSON

MOST_EFFECTS = 1000
"""Effects of one conversation; a call of an hour has about 400."""
MOST_FAULTS = 3
"""Faults after which a conversation is not worth going on with."""


A = TypeVar("A")
R = TypeVar("R")
_ANSWERED = (Collect, Lookup, Play)
"""Effects during which a caller may ask for a person, or object."""


class Conversation(Seen):
    """One call's dialog.

    `start` gives the first effect; each `send` takes that effect's result and gives the next. After a
    `Hangup` effect, or after `hang_up`, it is `finished`, and `send` raises `ConversationOver`.
    """

    def __init__(self, flows: FlowSet, flow: str, facts: Facts) -> None:
        """Raises `UnknownFlow`."""
        self._call = Call(flows, flows.flow(flow), facts)
        self._flows = flows
        self._stack = FlowStack(self._call, flows)
        self._effect: Effect | None = None
        self._effects = 0
        self._last_resort = self._objected = False
        self._begins_in = self._call.flow
        self._notice_due = facts.recorded and self._call.flow.recording_notice is not None
        self._in_notice = False
        self._aside: tuple[Collect, NoMatch, asides.Wish] | None = None
        """An answer that was none, while it is asked whether the caller wants something in between."""
        self._asides = 0
        self.finished = False
        self.outcome: str | None = None
        self.hangup_cause: str | None = None
        self.faults: list[Fault] = []

    # --- the session's words ---

    def start(self) -> Effect:
        if self._effect is not None or self.finished:
            raise ConversationOver("the conversation has begun already")
        self._stack.go(self._call.flow.first)
        return self._advance(None)

    def send(self, result: Result) -> Effect:
        if self.finished or self._effect is None:
            raise ConversationOver("the conversation is over, or has not begun")
        if self._aside is None and (wish := self._wish(self._effect, result)):
            self._aside = wish
            return self._give(wish[2].asked)
        left: Result | None = None
        try:
            left = self._heed(result)
        except Exception as fault:  # noqa: BLE001 - rule 2
            self._broken(fault)
        return self._advance(left)

    def hang_up(self, cause: str) -> None:
        """The caller is gone; `cause` is the switch's. Nothing can be performed any more."""
        self._stack.close()
        self._stack.forget_waiting()
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
        self._stack.jump(target, step)
        return self._advance(None)

    # --- walking ---

    def _advance(self, result: Result | None) -> Effect:
        while True:
            try:
                running = self._stack.running or self._begin()
                effect = next(running) if result is None else running.send(result)
            except StopIteration as done:
                self._stack.running, result = None, None
                if self._in_notice:
                    self._in_notice = False  # and now the step that it came before
                else:
                    self._follow(str(done.value))
            except Exception as fault:  # noqa: BLE001 - rule 2: whatever breaks, the caller gets a person
                self._stack.running, result = None, None
                self._broken(fault)
            else:
                return self._give(effect)

    def _begin(self) -> Running:
        step = self._stack.begin()
        if self._in_notice or (self._notice_due and (step.takes_input or step.hands_over)):
            self._notice_due, self._in_notice = False, True
            self._stack.running = give_notice(self._call, self._begins_in)
            return self._stack.running
        return self._stack.run(step)

    def _follow(self, label: str) -> None:
        """Takes the exit of that label, or one of the two that every flow has."""
        self._call.leave(label)
        try:
            if label == END:
                self._stack.running = endings.end(self._call)
            elif label == PERSON:
                self._to_person()
            else:
                self._call.note(label)
                self._take(self._stack.exit(label))
        except DialogError as fault:
            self._broken(fault)

    def _take(self, way_out: Exit) -> None:
        if way_out.target == END:
            self._stack.running = endings.end(self._call)
        elif way_out.target == PERSON:
            self._to_person()
        else:
            target = way_out.target or self._call.flow.after(self._call.step)
            if target is not None:
                self._stack.go(target)
            elif self._stack.above:
                self._stack.come_back()
            else:
                self._stack.running = endings.end(self._call)

    # --- what is not the step's to answer ---

    def _heed(self, result: Result) -> Result | None:
        """Does what is the engine's to do; gives what is left for the step; `None`: the call has moved."""
        if self._aside is not None:
            return self._after_aside(*self._aside, result)
        if (
            isinstance(result, Match)
            and isinstance(self._effect, _ANSWERED)
            and self._universal(result.value)
        ):
            return None
        return result

    def _wish(self, effect: Effect, result: Result) -> tuple[Collect, NoMatch, asides.Wish] | None:
        """What has to be asked before this answer is none: the caller may want something in between."""
        if self._stack.in_between or not isinstance(effect, Collect) or not isinstance(result, NoMatch):
            return None
        wish = asides.wish(self._call, effect, result, self._stack.above, begun=self._asides)
        return None if wish is None else (effect, result, wish)

    def _after_aside(
        self, collect: Collect, miss: NoMatch, wish: asides.Wish, meaning: Result
    ) -> Result | None:
        """Goes where the caller wants to go; or it was a bad answer, and the step hears it."""
        self._aside = None
        intent = asides.meant(meaning)
        if intent is None or self._stack.full:
            return miss
        self._asides += 1
        if wish.depth is not None:
            self._stack.go_instead(wish, intent)
            self._follow(intent)
        elif wanted := wish.flows.get(intent):
            self._stack.go_in_between(collect, wish, wanted)
        else:
            return miss
        return None

    def _universal(self, value: str) -> bool:
        """Answers what the engine answers; false for what is the question's own business."""
        language = language_of(value)
        interrupts = value.startswith(INTERRUPTS)
        if value not in (WANTS_PERSON, BACK, OBJECTION) and language is None and not interrupts:
            return False
        self._stack.close()
        if value == WANTS_PERSON:
            self._in_notice = False
            self._follow(PERSON)
        elif value == OBJECTION:
            self._in_notice, self._objected = False, True
            self._stack.object()
        elif interrupts:
            self._interrupted(value.removeprefix(INTERRUPTS))
        elif value == BACK:
            self._stack.back()
        elif language in self._call.flow.languages:
            self._call.leave("@language")
            self._call.language = language
            self._stack.go(self._call.step)
        return True

    def _interrupted(self, choice: str) -> None:
        """On by that choice of the menu to which the sentence would have led."""
        menu = menu_behind(self._call.flow, self._call.step) or self._call.step
        self._call.leave("@interrupts")
        self._call.within, self._in_notice = "", False
        self._stack.go(menu)
        self._follow(choice)

    # --- what is given to the session ---

    def _give(self, effect: Effect) -> Effect:
        self._effects += 1
        if self._effects > MOST_EFFECTS and not self._last_resort:
            self._broken(DialogError("the call has gone on for too long"), for_good=True)
            return self._advance(None)
        if isinstance(effect, (Play, Collect)) and any(MASK in spoken.shown for spoken in effect.prompt):
            effect = replace(effect, sensitive=True)
        if isinstance(effect, Collect):
            effect = self._guarded(effect)
        elif isinstance(effect, Play):
            effect = self._listening(effect)
        elif isinstance(effect, Enqueue):
            segment = self._call.known.segment
            effect = replace(effect, queue=segment.queue_for(effect.queue), priority=segment.priority)
        elif isinstance(effect, CallBack | MayCallBack):
            effect = replace(effect, queue=self._call.known.segment.queue_for(effect.queue))
        elif isinstance(effect, SetOutcome):
            self.outcome = effect.code
        elif isinstance(effect, Hangup):
            self.finished, self.hangup_cause, self._stack.running = True, effect.cause, None
            if isinstance(self._stack.step, HangupStep):
                self._call.note("end")
                self._call.leave("end")
            for flow, step in self._stack.above:
                self._call.trace.leave(flow.name, step, "@end")
        self._effect = effect
        return effect

    def _guarded(self, effect: Collect) -> Collect:
        """A judge that breaks is a miss for the caller and a fault for us, never the session's trouble."""
        if self._stack.heeds_objections and not offers_objection(self._stack.step):
            effect = heeding(effect)
        judge = effect.judge
        if not effect.sensitive and asides.heeded(self._call, self._stack.above):
            return replace(
                effect, judge=self._safe(lambda one: asides.with_words(judge(one), one), NoMatch())
            )
        return replace(effect, judge=self._safe(judge, NoMatch()))

    def _safe(self, judge: Callable[[A], R], otherwise: R) -> Callable[[A], R]:
        def judged(answer: A) -> R:
            try:
                return judge(answer)
            except Exception as fault:  # noqa: BLE001 - rule 2
                self._note_fault(fault)
                return otherwise

        return judged

    def _listening(self, sentence: Play) -> Play:
        """Whoever has objected once hears out what comes of it, though they say it again."""
        if self._objected or self._last_resort or not self._stack.heeds_objections:
            return sentence
        what = heeded(self._call.flow, self._call.step, self._call.language)
        return replace(sentence, heeded=replace(what, judge=self._safe(what.judge, None)))

    # --- ends and faults ---

    def _to_person(self) -> None:
        person = self._call.flow.person
        if person in self._call.flow.steps:
            self._stack.go(person)
        else:
            self._stack.running = endings.to_queue(self._call, person)

    def _broken(self, fault: Exception, *, for_good: bool = False) -> None:
        """Notes the fault and chooses the landing: apology and person, or regret and the end."""
        self._note_fault(fault)
        self._call.leave("@fault")
        self._in_notice = False
        at_person = self._call.step == self._call.flow.person
        hopeless = for_good or at_person or self._stack.worn_out or len(self.faults) > MOST_FAULTS
        self._last_resort = self._last_resort or hopeless
        landing = endings.regret if self._last_resort else endings.apology
        self._stack.running = landing(self._call)

    def _note_fault(self, fault: Exception) -> None:
        # Only this package's own messages are known to hold no value of the caller's.
        reason = str(fault) if isinstance(fault, DialogError) else "an unexpected error"
        self.faults.append(Fault(*self.position, f"{type(fault).__name__}: {reason}"))
