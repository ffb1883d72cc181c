"""A caller waits in the switch's queue until an agent answers, or nobody does, and hears how long it will be.

Rules:
1. The switch's queue decides who is next. We tell the caller where they stand, look whether an overflow of
   the flow holds, and let them out by their keys; whatever we do, an agent who has answered was faster.
2. A key while the music plays is the queue's own; one while we speak is ours: the queue does not hear it.
3. Without figures nothing is told, and nobody is sent away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from dialogs.effects import Enqueue, Prompt, Spoken
from dialogs.engine import Conversation
from dialogs.queue_facts import BEYOND
from dialogs.results import Failed, Handed, NobodyFree
from dialogs.spoken_waits import said_ahead, said_wait
from esl.errors import CallEnded, CommandRefusedError
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.leg import WAY_OUT
from esl.queue_events import LEFT_FOR, VISIT
from esl.switch import Call, Digit, Finished
from ivr import moments
from ivr.call_record import CallRecord, place_in
from ivr.living.attention import Attention
from ivr.living.faster_agent import agent_was_faster
from ivr.living.saying import NothingToSayError, Saying
from ivr.living.services import Services
from ivr.queueing.context_handover import HandingOver
from ivr.queueing.foretelling import likely
from ivr.queueing.people import Standing
from ivr.queueing.plan import QueuePlan
from ivr.queueing.visits import OVERFLOW, Note

log = structlog.get_logger(__name__)

FIRST_WORD = 4.0
"""Seconds of music before the caller is told where they stand: who is answered at once hears none of it."""
LOOK_EVERY = 5.0
"""Seconds between two looks whether an overflow holds."""
_LONGEST_NAP = 1.0
LAST_NEWS = 5.0
"""Seconds that the news of a leg's end may take to come in."""
MOVED = "ivr_moved"
"""The channel variable by which a supervisor names another queue, before the key `WAY_OUT`."""


@dataclass
class _Waiting:
    """One wait."""

    queue: QueuePlan
    enqueue: Enqueue
    began: float
    ahead_by: int
    command: str = ""
    first: Standing | None = None
    latest: Standing | None = None
    speaking: str = ""
    """The command of the announcement that plays."""
    leaving: NobodyFree | None = None
    """Why we have let them out."""
    called_away: bool = False
    """A supervisor wants them out, and a sentence of ours has swallowed the key."""


class QueueWait:
    """The queues of one call."""

    def __init__(
        self,
        call: Call,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        services: Services,
        saying: Saying,
        before: Callable[[str], float] = lambda _queue: 0.0,
    ) -> None:
        """Without `services.people`, the queue is the switch's alone: nothing is told, and no overflow holds.

        `before`: for how many seconds the caller has kept a place in a queue before this call.
        """
        self._before = before
        self._called_back = services.called_back
        self._handing_over = HandingOver(
            call,
            conversation=conversation,
            record=record,
            prompts=services.prompts,
            settings=services.handover,
            language=services.site_language,
            flows=services.flows,
            called_back=services.called_back,
        )
        self._call, self._attention, self._conversation = call, attention, conversation
        self._record, self._clock, self._watch = record, services.clock, services.watch
        self._patience = services.agent_within
        self._saying, self._people = saying, services.people
        self._left_for = False
        """Whether a reason for leaving stands on the leg."""
        self.joined: dict[str, float] = {}
        """Queue → when the caller first came to it (call time): their place."""

    def wait(self, enqueue: Enqueue) -> Handed | NobodyFree | Failed:
        """Until the queue lets the caller go. Raises `CallOverError`, `CallEnded`."""
        wait = self._entering(enqueue)
        call_id, step, queue = self._record.call_id, enqueue.step, wait.queue.name
        refused = self._refused(wait)
        self._watch(moments.HandedOver(call_id, step, queue, ""))
        result = self._reserved(wait) or refused or self._in_queue(wait)
        refused = None if isinstance(result, Handed) else refused
        ended = _ended(result)
        if refused is not None:
            self._record.not_queued(queue, reason=ended)
        self._record.queued(place_in(self._conversation, step), queue, result=ended)
        self._watch(moments.HandedOver(call_id, step, queue, ended))
        self._attention.keys.clear()  # pressed while waiting: they were for the queue
        if not isinstance(result, Handed) and refused is None:
            self._call.set_variable("hangup_after_bridge", "false")
        return result

    def waited(self, queue: str) -> float:
        """Seconds since the caller came to the queue that a flow calls so."""
        now = self._clock.now()
        name = self._people.queue(queue, self._conversation.language).name if self._people else queue
        return now - self.joined.get(name, now)

    def _entering(self, enqueue: Enqueue) -> _Waiting:
        people, now = self._people, self._clock.now()
        queue = QueuePlan(enqueue.queue)
        if people is not None:
            queue = people.queue(enqueue.queue, self._conversation.language)
        since = self.joined.get(queue.name)
        if since is None:
            since = self.joined[queue.name] = now - self._before(queue.name)
        segment = enqueue.context.get("segment", "")
        # Who comes back to a queue, from a question that took them out of it, has their old place.
        ahead_by = queue.base_score(segment, enqueue.priority) + int(now - since)
        return _Waiting(queue, enqueue, now, ahead_by)

    def _refused(self, wait: _Waiting) -> NobodyFree | None:
        """Why the caller does not even wait: after hours, too many there, an overflow that holds already."""
        people = self._people
        if people is None:
            return None
        if people.closed(wait.queue):
            return NobodyFree("closed")
        self._look(wait)
        wait.first = wait.latest
        most = wait.queue.written.most_waiting
        if wait.latest is not None and most is not None and wait.latest.facts.length > most:
            return NobodyFree("timeout")
        return self._overflow(wait)

    def _in_queue(self, wait: _Waiting) -> Handed | NobodyFree | Failed:
        self._call.stop_listening()
        self._attention.lift_limit()  # the wait for a person is not the dialog's time
        # mod_callcenter ends its application as soon as an agent has answered, and lets the leg go on in
        # the dialplan after the conversation (tests/traces/callcenter-agent-answers.esl): into the
        # fallback queue, had we not said that the conversation is the end.
        self._call.set_variable("hangup_after_bridge", "true")
        # As if they had waited so long already: mod_callcenter adds it to the seconds of waiting.
        self._call.set_variable("cc_base_score", str(wait.ahead_by) if wait.ahead_by else "")
        if self._people is not None:
            self._call.set_variable("cc_exit_keys", wait.enqueue.keys + WAY_OUT)
        self._note(wait)
        going = self._handing_over
        handover = going.begin(wait.enqueue, wait.queue.name, called_back=self._called_back is not None)
        wait.command = self._call.enqueue(f"{wait.queue.name}@{QUEUE_DOMAIN}")
        going.whisper(handover, self._people.plan if self._people else None)
        try:
            finished = self._live(wait) if self._people else self._attention.until_finished(wait.command)
        except CallEnded:
            # The leg was gone as we spoke or looked; an agent may have had them before that.
            finished = self._told_at_last(wait)
        finally:
            going.over()
        result = wait.leaving or _end_of_queue(finished)
        if finished.variables.get("cc_cause") == "answered" or self._agent_was_faster(wait, finished):
            result = Handed()
        self._remember(wait, result)
        moved = None if isinstance(result, Handed) or wait.leaving else self._moved(wait, finished)
        return result if moved is None else self._in_queue(moved)

    def _agent_was_faster(self, wait: _Waiting, finished: Finished) -> bool:
        member, queue = finished.variables.get("cc_member_uuid", ""), f"{wait.queue.name}@{QUEUE_DOMAIN}"
        return agent_was_faster(self._call, self._attention, self._clock, queue=queue, member=member)

    def _reserved(self, wait: _Waiting) -> Handed | None:
        """They were called for an agent who waits on the line: at once, whatever the queue is like."""
        reserved = self._called_back.reserved if self._called_back else None
        if reserved is None:
            return None
        self._call.stop_listening()
        self._attention.lift_limit()
        self._call.set_variable("hangup_after_bridge", "true")
        if reserved.put_through(self._call.uuid):
            return Handed()
        log.info("reserved_agent_gone", call=self._record.call_id, queue=wait.queue.name)
        return None

    def _moved(self, wait: _Waiting, finished: Finished) -> _Waiting | None:
        """Where a supervisor has sent them; they have the place there that their wait gives them."""
        name, variables = finished.variables.get(MOVED, ""), finished.variables
        if self._people is None or variables.get("cc_exit_key") != WAY_OUT:
            return None
        self._call.set_variable(MOVED, "")
        if name not in self._people.plan.queues:
            log.error("not_moved", call=self._record.call_id, queue=name)
            name = wait.queue.name
        now, queue = self._clock.now(), self._people.plan.queue(name)
        since = self.joined.setdefault(queue.name, self.joined.get(wait.queue.name, now))
        ahead_by = queue.base_score(wait.enqueue.context.get("segment", ""), wait.enqueue.priority)
        log.info("caller_moved", call=self._record.call_id, queue=queue.name)
        return _Waiting(queue, wait.enqueue, now, ahead_by + int(now - since))

    def _note(self, wait: _Waiting) -> None:
        """What we know of this stay travels with the leg: whoever hears of it in the events writes it."""
        first = wait.first
        known = Note(UUID(self._record.call_id))
        if first is not None:
            told = first.facts.wait if first.facts.wait < BEYOND else None
            known = replace(known, position=first.facts.position, told_wait=told)
        self._call.set_variable(VISIT, known.written())
        if self._left_for:
            self._call.set_variable(LEFT_FOR, "")
            self._left_for = False

    def _remember(self, wait: _Waiting, result: object) -> None:
        if self._people is None:
            return
        waited = self._clock.now() - wait.began
        if isinstance(result, Handed):
            self._people.answered(wait.queue, wait.first, waited)
        else:
            self._people.lost(wait.queue, waited)

    # --- while they wait ---

    def _live(self, wait: _Waiting) -> Finished:
        """Until the queue's application has ended."""
        word_at, look_at = wait.began + FIRST_WORD, wait.began + LOOK_EVERY
        gives_up_at = math.inf if self._patience is None else wait.began + self._patience
        while True:
            nap = min(word_at, look_at, gives_up_at) - self._clock.now()
            match self._attention.next(min(max(nap, 0.0), _LONGEST_NAP)):
                case Finished(command_id=ended) as finished if ended == wait.command:
                    return finished
                case Finished(command_id=ended) if ended == wait.speaking:
                    wait.speaking = ""
                    if wait.leaving is not None or wait.called_away:
                        self._let_out(wait)
                case Digit(key) if key == WAY_OUT and wait.speaking:
                    wait.called_away = True
                    self._call.stop_playing()
                case Digit(key) if wait.speaking and key in wait.enqueue.keys:
                    self._leave(wait, NobodyFree("left", key))
            now = self._clock.now()
            if wait.leaving is not None:
                word_at = look_at = gives_up_at = now + LOOK_EVERY
                continue
            if now >= gives_up_at:
                self._leave(wait, NobodyFree("timeout"))
                continue
            if now >= look_at:
                look_at = now + LOOK_EVERY
                self._look(wait)
                overflowing = self._overflow(wait)
                if overflowing is not None:
                    self._leave(wait, overflowing)
                    continue
            if now >= word_at and not wait.speaking:
                word_at = now + wait.queue.written.announce.every
                self._tell(wait)

    def _told_at_last(self, wait: _Waiting) -> Finished:
        """How the queue had ended for a leg that is gone: that comes before the hang-up, and may not be read
        yet. Raises `CallOverError`, `CallEnded`."""
        ends_at = self._clock.now() + LAST_NEWS
        while (left := ends_at - self._clock.now()) > 0:
            match self._attention.next(left):
                case Finished(command_id=ended) as finished if ended == wait.command:
                    return finished
        raise CallEnded("nobody tells how the queue has ended")

    def _look(self, wait: _Waiting) -> None:
        if self._people is None:
            return
        wait.latest = self._people.standing(
            wait.queue,
            self._call.call_centre(),
            leg=self._call.uuid,
            ahead_by=wait.ahead_by,
            waited=self._clock.now() - wait.began,
        )

    def _overflow(self, wait: _Waiting) -> NobodyFree | None:
        judge = wait.enqueue.overflow
        if judge is None or wait.latest is None:
            return None
        chosen = judge(wait.latest.facts)
        return NobodyFree("overflow", chosen) if chosen else None

    def _leave(self, wait: _Waiting, why: NobodyFree) -> None:
        wait.leaving = why
        reason = OVERFLOW if why.reason == "overflow" else "key"
        self._call.set_variable(LEFT_FOR, f"{reason} {why.chosen}".strip())
        self._left_for = True
        if wait.speaking:  # which would swallow the key that leads out
            self._call.stop_playing()
        else:
            self._let_out(wait)

    def _let_out(self, wait: _Waiting) -> None:
        try:
            self._call.leave_queue()
        except CommandRefusedError as refused:
            log.error("not_let_out", call=self._record.call_id, queue=wait.queue.name, reason=str(refused))
            wait.leaving = None

    def _tell(self, wait: _Waiting) -> None:
        """Where they stand, how long it will take, and what they may press."""
        self._look(wait)
        prompt = (*self._standing_in_words(wait), *wait.enqueue.invitation)
        if not prompt:
            return
        try:
            wait.speaking = self._saying.begin(prompt, wait.enqueue.step, between=True)
        except NothingToSayError:
            wait.speaking = ""  # they hear the music, and no more than that

    def _standing_in_words(self, wait: _Waiting) -> Prompt:
        latest, announce, language = wait.latest, wait.queue.written.announce, self._conversation.language
        if latest is None or not latest.facts.agents:
            return ()
        sentences = []
        if announce.position:
            sentences.append(said_ahead(latest.facts.position - 1, language))
        between = likely(latest.foretold.wait) if announce.wait else None
        if between is not None:
            sentences.append(said_wait(*between, language))
        return tuple(Spoken(text, language) for text in sentences if text)


def _ended(result: Handed | NobodyFree | Failed) -> str:
    if isinstance(result, NobodyFree):
        return f"{result.reason} {result.chosen}".strip()
    return type(result).__name__.lower()


def _end_of_queue(finished: Finished) -> Handed | NobodyFree | Failed:
    """How mod_callcenter let the caller go: `cc_cause`, `cc_cancel_reason` (see tests/traces)."""
    variables = finished.variables
    if variables.get("cc_cause") == "answered":
        return Handed()
    match variables.get("cc_cancel_reason", ""):
        case "TIMEOUT" | "BREAK_OUT":
            return NobodyFree("timeout")
        case "NO_AGENT_TIMEOUT":
            return NobodyFree("no_agents")
        case "EXIT_WITH_KEY":
            return NobodyFree("left", variables.get("cc_exit_key", ""))
        case other:
            return Failed(f"the queue ended without an agent ({other or finished.response or 'no reason'})")
