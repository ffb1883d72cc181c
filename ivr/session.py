"""One call, lived: the dialog says what should happen, the session makes it happen. Read this first.

Rules:
1. The dialog decides, the session performs; there is no business in here.
2. Whatever ends the call, its record is completed: the hang-up, a fault of ours, the switch's death.
3. What cannot be performed lands with a person: the leg is released, and the dialplan's next action,
   the fallback queue, takes it. Never dead air.
4. The answer to a sensitive question is masked in the recording, and in all that is told or stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import NoReturn

import structlog
from structlog.contextvars import bound_contextvars

from data.text import clean
from dialogs.effects import (
    Collect,
    Deed,
    Effect,
    Enqueue,
    Hangup,
    Heeded,
    Lookup,
    Play,
    Prompt,
    SetOutcome,
    StartRecording,
    Write,
)
from dialogs.engine import Conversation
from dialogs.results import (
    Done,
    Failed,
    Handed,
    Match,
    NobodyFree,
    NoInput,
    NoMatch,
    Played,
    Recorded,
    Result,
)
from esl.errors import CallEnded
from esl.switch import Call, HungUp
from ivr import moments
from ivr.call_record import CallRecord, place_in
from ivr.callers.meeting import Meeting
from ivr.living.attention import Attention, CallOverError, CallTooLongError, DeadlineError
from ivr.living.back_end_work import BackEndWork, Counter
from ivr.living.clip import clip_of
from ivr.living.collected import Collected
from ivr.living.deeds import Deeds
from ivr.living.floor import Floor
from ivr.living.hearing import Hearing
from ivr.living.holds import Holds
from ivr.living.listening import Question
from ivr.living.queue_wait import QueueWait
from ivr.living.recording import CallRecording
from ivr.living.saying import NothingToSayError, Saying
from ivr.living.sentence import Sentence
from ivr.living.services import Services
from ivr.living.telling import Telling
from ivr.living.voicing import Voicing
from speech.recognizer import Recognizer
from speech.synthesizer import Waiting

log = structlog.get_logger(__name__)

PATIENCE_AFTER_HANG_UP = 5.0
"""Seconds to wait for the switch to confirm a hang-up of ours."""


class Session:
    """One call from answer to record."""

    def __init__(
        self, call: Call, conversation: Conversation, record: CallRecord, services: Services
    ) -> None:
        self._call = call
        self._conversation = conversation
        self._record = record
        self._services = services
        self._clock = services.clock
        holds = Holds(conversation, record)
        self._attention = Attention(call, self._clock, longest=services.longest_call, on_hold=holds.note)
        self._hearing = Hearing(call, self._attention, services.recognizer)
        self._voicing = Voicing(call, conversation, services.prompts)
        self._floor = Floor(self._attention, self._clock, self._voicing)
        self._saying = Saying(
            self._voicing,
            services.prompts,
            attention=self._attention,
            conversation=conversation,
            record=record,
            clock=services.clock,
            watch=services.watch,
        )
        self._queue = QueueWait(
            call,
            attention=self._attention,
            conversation=conversation,
            record=record,
            services=services,
            saying=self._saying,
            before=self._waited_before,
        )
        self._deeds = self._open_deeds()
        self._meeting = Meeting(
            services.caller,
            attention=self._attention,
            conversation=conversation,
            record=record,
            proved=lambda: self._deeds.person,
        )
        self._back_ends = self._open_back_ends()
        self._recording = CallRecording(call, record, services.clock)
        self._telling = Telling(
            conversation, record, self._recording, clock=services.clock, watch=services.watch
        )
        self._deeds.hush = self._recording.hush_between
        self._we_hung_up = False
        self._with_person = False
        """An agent has answered: the leg is theirs, and ends with them."""

    def _open_deeds(self) -> Deeds:
        services = self._services
        return Deeds(
            self._call,
            attention=self._attention,
            conversation=self._conversation,
            record=self._record,
            clock=services.clock,
            watch=services.watch,
            performers=services.performers,
            waited=self._queue.waited,
        )

    def _open_back_ends(self) -> BackEndWork:
        services, identity = self._services, self._services.performers.identity
        counter = Counter(
            services.lookups,
            services.writes,
            services.filler,
            speak=self._filler,
            make_ahead=self._saying.make_ahead,
            identity=identity,
        )
        return BackEndWork(
            self._call,
            attention=self._attention,
            conversation=self._conversation,
            record=self._record,
            clock=services.clock,
            watch=services.watch,
            counter=counter,
        )

    def live(self) -> None:
        """Runs the call to its end. Raises nothing: every fault has its landing."""
        with bound_contextvars(call=self._record.call_id, leg=self._call.uuid):
            told = clean(self._call.variables.get("sip_call_id", ""), 120)
            log.info("call_began", sip_call_id=told, destination=self._call.destination)
            self._live()

    def _live(self) -> None:
        began = self._clock.now()
        over = HungUp("CONNECTION_LOST", by_caller=False)
        try:
            self._begin()
            self._converse()
            over = self._part()
        except CallOverError as ended:
            over = ended.hung_up
        except CallEnded:
            over = self._last_words(over)
        except CallTooLongError:
            log.warning("call_too_long", call=self._record.call_id)
            over = self._land("call_too_long")
        except Exception:
            log.exception("session_fault", call=self._record.call_id)
            over = self._land("fault")
        finally:
            self._conversation.hang_up(over.cause)
            self._complete(over, self._clock.now() - began)

    def _begin(self) -> None:
        self._meeting.note()
        call, watch = self._call, self._services.watch
        watch(moments.CallBegan(self._record.call_id, call.caller_number, call.destination))
        self._call.answer()
        self._record.answered()
        self._hearing.begin()
        if not self._conversation.recording_waits:
            self._recording.begin()

    def _converse(self) -> None:
        effect: Effect = self._conversation.start()
        while not isinstance(effect, Hangup):
            result = self._perform(effect)
            self._meeting.after(effect, result)
            effect = self._conversation.send(result)
        if self._deeds.given_away:
            self._call.release()
        elif not self._with_person:  # a hang-up now would cut the conversation with the agent
            self._we_hung_up = True
            self._call.hang_up(effect.cause)

    def _part(self) -> HungUp:
        """Waits for the end: of the conversation with a person, or the switch's word on our hang-up."""
        if self._deeds.given_away:
            return HungUp("BLIND_TRANSFER", by_caller=False)
        if self._with_person:
            self._wait_while_people_talk()
        ends_at = self._clock.now() + PATIENCE_AFTER_HANG_UP
        while (left := ends_at - self._clock.now()) > 0:
            self._attention.next(left)
        return HungUp("NORMAL_CLEARING", by_caller=False)

    def _wait_while_people_talk(self) -> NoReturn:
        """Until the leg is gone: leaves by `CallOverError`."""
        self._attention.lift_limit()
        while True:
            self._attention.next(60.0)

    def _land(self, why: str) -> HungUp:
        """Lets the switch's fallback take the caller."""
        self._record.outcome = self._record.outcome or why
        try:
            self._call.release()
        except CallEnded:
            return self._last_words(HungUp("CONNECTION_LOST", by_caller=False))
        return HungUp("RELEASED_TO_FALLBACK", by_caller=False)

    def _last_words(self, unknown: HungUp) -> HungUp:
        """The hang-up that made a command fail is in the inbox, or on its way there."""
        try:
            ends_at = self._clock.now() + PATIENCE_AFTER_HANG_UP
            while (left := ends_at - self._clock.now()) > 0:
                self._attention.next(left)
        except CallOverError as ended:
            return ended.hung_up
        except CallTooLongError:
            pass
        return unknown

    def _complete(self, over: HungUp, seconds: float) -> None:
        by = "caller" if over.by_caller else "system" if self._we_hung_up else "switch"
        if by == "switch" and self._with_person:
            by = "agent"
        self._record.outcome = self._conversation.outcome or self._record.outcome
        for fault in self._conversation.faults:
            log.error(
                "flow_fault",
                call=self._record.call_id,
                flow=fault.flow,
                step=fault.step,
                reason=fault.reason,
            )
        self._saying.forget()
        self._recording.over()
        self._record.language = self._conversation.language
        self._record.finish(over.cause, by, self._conversation.trace.path)
        log.info(
            "call_over", cause=over.cause, by=by, outcome=self._record.outcome, seconds=round(seconds, 1)
        )
        self._services.watch(
            moments.CallOver(
                self._record.call_id, over.cause, by, self._record.outcome, seconds, self._record.recording
            )
        )

    # Effects

    def _perform(
        self, effect: Play | Collect | Lookup | StartRecording | Enqueue | SetOutcome | Deed
    ) -> Result:
        if (self._with_person or self._deeds.given_away) and isinstance(effect, Play | Collect | Enqueue):
            self._wait_while_people_talk()  # the caller hears the agent, and us no more
        match effect:
            case Play():
                return self._say(effect)
            case Collect():
                return self._ask(effect)
            case Lookup():
                return self._back_ends.look_up(effect)
            case StartRecording():
                self._recording.begin()
            case Enqueue():
                return self._enqueue(effect)
            case SetOutcome(code=code):
                self._record.outcome = code
            case _:
                place = place_in(self._conversation, effect.step)
                result = self._do(effect)
                if not isinstance(result, Recorded):  # that has its own turn, which names the file
                    self._record.did(place, effect, result, secrets=self._conversation.secrets)
                return result
        return Done()

    def _do(self, deed: Deed) -> Result:
        if isinstance(deed, Write):
            return self._back_ends.write(deed)
        return self._deeds.perform(deed, recognizer=self._hearing.recognizer)

    @contextmanager
    def _masked(self, *, sensitive: bool) -> Iterator[None]:
        """Nothing that is sensitive stays: neither in the recording, nor as a prompt's file."""
        try:
            with self._recording.masked() if sensitive else nullcontext():
                yield
        finally:
            self._saying.forget()

    def _say(self, play: Play) -> Played | Match | NoMatch | NoInput:
        # Typed ahead: the caller knows what comes, and has gone on.
        if self._attention.keys and not play.always:
            return Played(interrupted=True)
        against = None
        with self._masked(sensitive=play.sensitive):
            recognizer = self._hearing.listener_over_prompts(play.heeded.language) if play.heeded else None
            if play.heeded is None or recognizer is None:
                command = self._saying.begin(play.prompt, play.step)
                self._attention.until_finished(command, on_key=self._call.stop_playing)
            else:
                against = self._said_against(play, play.heeded, recognizer)
        if against is None:
            return Played(interrupted=bool(self._attention.keys))
        self._saying.answered_at = against.ended_at
        self._telling.answer(play.step, against, sensitive=play.sensitive)
        return against.answer

    def _said_against(self, play: Play, heeded: Heeded, recognizer: Recognizer) -> Collected | None:
        """What cuts the sentence short; `None`: it was said to its end."""
        sentence = Sentence(
            heeded,
            call=self._call,
            attention=self._attention,
            recognizer=recognizer,
            clock=self._clock,
            voicing=self._voicing,
        )
        against = sentence.say(lambda: self._saying.begin(play.prompt, play.step))
        if sentence.echoes:
            self._hearing.note_echo()
        return against

    def _ask(self, collect: Collect) -> Match | NoMatch | NoInput:
        question = Question(
            collect,
            call=self._call,
            attention=self._attention,
            recognizer=self._hearing.listener(collect.language),
            clock=self._clock,
            voicing=self._voicing,
            floor=self._floor,
            into_prompts=self._hearing.into_prompts,
        )
        keeping = clip_of(collect, self._call, attention=self._attention, record=self._record)
        with self._masked(sensitive=collect.sensitive), keeping as clip:
            collected = question.ask(
                lambda: self._saying.ready(collect.prompt, collect.step, kind=collect.kind)
            )
        collected = clip.kept_with(collected)
        self._hearing.learn(collected)
        self._saying.answered_at = collected.ended_at
        self._telling.answer(collect.step, collected, sensitive=collect.sensitive)
        return collected.answer

    def _enqueue(self, enqueue: Enqueue) -> Handed | NobodyFree | Failed:
        self._with_person = isinstance(result := self._queue.wait(enqueue), Handed)
        if not self._with_person:
            self._hearing.begin()
        return result

    def _waited_before(self, queue: str) -> float:
        """Seconds since the caller came to that queue in a call before this one, if they keep a place there;
        they hold the line now, and are not called any more."""
        if self._services.called_back is not None:
            return self._services.called_back.ahead
        callbacks = self._services.performers.callbacks
        if callbacks is None:
            return 0.0
        number, person = self._call.caller_number, self._deeds.person
        try:
            return self._attention.during(lambda: callbacks.taken_up(number, person, queue), 2.0)
        except DeadlineError:
            return 0.0

    def _filler(self, prompt: Prompt, step: str, waiting: Waiting) -> str | None:
        """What is not there in time is replaced by what always is. Without a voice a wait is silent, and no
        more than that."""
        try:
            return self._saying.begin(prompt, step, between=True, waiting=waiting)
        except NothingToSayError:
            return self._voicing.one_moment(waiting)
