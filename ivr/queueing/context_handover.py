"""A caller goes to people, and what they said goes with them: into the record, and to the agent's telephone.

Rules:
1. The record is the truth: the context that the API gives is read from it (`context`), on any server.
2. Headers and whisper are variables of the caller's leg, which the switch reads when it rings an agent: they
   are there before, or too late and then left out; nobody waits for them.
3. Whatever fails here, the caller goes to people all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import gevent
import structlog

from dialogs.effects import Enqueue, Spoken
from dialogs.engine import Conversation
from dialogs.expressions import Template
from dialogs.flow import FlowSet
from dialogs.nodes.understand import Understand
from esl.errors import CallEnded, CommandRefusedError, EslError
from esl.switch import Call
from ivr.call_record import CallRecord, masked, place_in
from ivr.living.services import NO_FLOWS, CalledBack
from ivr.living.voicing import Prompts
from ivr.queueing.context_settings import HandoverSettings
from ivr.queueing.context_words import Handover, Kept, Why, headers_of, whispered
from ivr.queueing.plan import Plan
from ivr.queueing.whispering import ANNOUNCE, language_of, languages_told, whisper_in
from speech.errors import SpeechError, SynthesizerLate

log = structlog.get_logger(__name__)

NOT_SLOTS = frozenset({"segment", "reason", "flow", "step", "language"})
"""What `Enqueue.context` holds beside the caller's answers."""
TIMES = 5
"""So often a whisper that is late is asked for, which takes two seconds each: the caller hears music."""


class HandingOver:
    """One call's."""

    def __init__(
        self,
        call: Call,
        *,
        conversation: Conversation,
        record: CallRecord,
        prompts: Prompts,
        settings: HandoverSettings,
        language: str,
        flows: Callable[[], FlowSet] = lambda: NO_FLOWS,
        called_back: CalledBack | None = None,
    ) -> None:
        """`language`: the site's, for agents of whom nobody said what they speak. `flows`: as they are
        published now. `called_back`: what they had said as they asked to be called."""
        self._flows = flows
        self._called_back = called_back
        self._call, self._conversation, self._record = call, conversation, record
        self._prompts, self._settings, self._language = prompts, settings, language
        self._waiting: Handover | None = None

    def begin(self, enqueue: Enqueue, queue: str, *, called_back: bool) -> Handover | None:
        """Before the queue, where an agent may be rung at once: puts on record with what they come, and gives
        the agent's INVITE its headers. `None`: it failed. Raises `CallEnded`."""
        try:
            handover = self._note(enqueue, queue, called_back=called_back)
            self._headers(handover)
        except CallEnded:
            raise
        except Exception:
            # Whatever it is: they wait for a person, and get one who has to ask again.
            log.exception("nothing_goes_with_them", call=self._record.call_id)
            return None
        return handover

    def _note(self, enqueue: Enqueue, queue: str, *, called_back: bool) -> Handover:
        handover = self._handover(enqueue, queue, called_back=called_back)
        self._record.handing_over(
            place_in(self._conversation, enqueue.step),
            queue,
            slots=handover.slots,
            known={
                "why": handover.why,
                "segment": handover.segment,
                "reason": handover.reason,
                "intent": handover.intent,
            },
        )
        return handover

    def _headers(self, handover: Handover) -> None:
        told = headers_of(handover, self._settings.headers)
        try:
            for name, value in told.items():
                self._call.set_variable(f"sip_h_{name}", value)
            if told:
                self._call.set_variable("cc_export_vars", ",".join(f"sip_h_{name}" for name in told))
        except CommandRefusedError as refused:
            log.warning("no_agent_headers", call=handover.call_id, reason=str(refused))

    def whisper(self, handover: Handover | None, plan: Plan | None) -> None:
        """Has the agent told who comes; the caller hears the queue's music meanwhile."""
        if self._settings.whisper and handover is not None:
            self._waiting = handover
            gevent.spawn(self._prepare, handover, plan)

    def whisper_now(self, handover: Handover | None, plan: Plan | None) -> None:
        """As `whisper`, and it is ready on return: for a leg on which nobody waits."""
        if self._settings.whisper and handover is not None:
            self._waiting = handover
            self._prepare(handover, plan)

    def over(self) -> None:
        """The queue has ended: a whisper that is not ready is not needed any more."""
        self._waiting = None

    def _prepare(self, handover: Handover, plan: Plan | None) -> None:
        """The sentence that most of them understand first; then those of agents who hear it in their own."""
        first = language_of(plan, handover.queue, otherwise=self._language)
        self._whisper(handover, first, ANNOUNCE)
        told = languages_told(plan, handover.queue, otherwise=self._language)
        for language in sorted(told | {first}) if told - {first} else ():
            self._whisper(handover, language, whisper_in(language))

    def _whisper(self, handover: Handover, language: str, variable: str) -> None:
        if self._waiting is not handover:
            return
        try:
            file = self._sound_of(Spoken(whispered(handover, language), language))
            if self._waiting is handover:
                self._call.set_variable(variable, str(file))
        except (SpeechError, EslError, CallEnded, OSError) as fault:
            log.warning("no_whisper", call=handover.call_id, reason=str(fault))

    def _sound_of(self, spoken: Spoken) -> Path:
        for _ in range(TIMES - 1):
            try:
                return self._prompts.file_of(spoken)
            except SynthesizerLate:
                continue
        return self._prompts.file_of(spoken)

    def _handover(self, enqueue: Enqueue, queue: str, *, called_back: bool) -> Handover:
        before = self._called_back.story if self._called_back else {}
        context = {**enqueue.context, **{name: str(value) for name, value in before.items()}}
        told = masked(context, self._conversation.secrets)
        slots = {name: str(value) for name, value in told.items() if name not in NOT_SLOTS and value}
        segment = str(told.get("segment", ""))
        return Handover(
            call_id=self._record.call_id,
            queue=queue,
            language=self._conversation.language,
            flow=str(told.get("flow", "")),
            step=enqueue.step,
            why="callback" if called_back else why_of(self._conversation),
            segment=segment,
            reason=str(told.get("reason", "")),
            known_as=known_as(self._flows(), segment),
            verified=self._record.verified_by,
            intent=self._record.intent,
            wants=wanted(self._flows(), self._record.intent),
            slots=slots,
            kept=_kept(self._called_back),
        )


def known_as(flows: FlowSet, segment: str) -> dict[str, str]:
    """What agents are told in place of a segment's name, by language."""
    found = flows.segments.named(segment)
    return {} if found is None else _plain(found.whisper)


def wanted(flows: FlowSet, intent: str) -> dict[str, str]:
    """What an intent is called where it is asked for, by language."""
    for flow in flows.flows.values() if intent else ():
        for step in flow.steps.values():
            if isinstance(step, Understand) and intent in step.intents:
                return _plain(step.intents[intent].title)
    return {}


def _plain(words: Mapping[str, Template]) -> dict[str, str]:
    """Without those in which a value stands: nobody fills it in here."""
    return {language: text.source for language, text in words.items() if not text.names}


def _kept(called_back: CalledBack | None) -> Kept | None:
    if called_back is None:
        return None
    return Kept(waited=round(called_back.waited / 60), chosen=called_back.chosen, tries=called_back.tries)


def why_of(conversation: Conversation) -> Why:
    """Why they come to people, by the step that led there."""
    left = [visit for visit in conversation.trace.path if visit.left_by]
    if not left:
        return "flow"
    last = left[-1]
    match last.left_by:
        case "@person":
            return "asked_for_person"
        case "@fault":
            return "fault"
        case "failed" | "slow" | "error":
            return "back_end"
    return "not_understood" if last.misses.total() >= MISSES else "flow"


MISSES = 2
"""Questions that stayed unanswered at one step, from which on it counts as why they are handed over."""
