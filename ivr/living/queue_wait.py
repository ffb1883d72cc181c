"""A caller waits in the switch's queue until an agent answers, or nobody does."""

from __future__ import annotations

from dialogs.effects import Enqueue
from dialogs.engine import Conversation
from dialogs.results import Failed, Handed, NobodyFree
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.switch import Call, Finished
from ivr import moments
from ivr.call_record import CallRecord, place_in
from ivr.living.attention import Attention
from ivr.moments import Watch


class QueueWait:
    """The queues of one call."""

    def __init__(
        self,
        call: Call,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        watch: Watch,
    ) -> None:
        self._call, self._attention, self._conversation = call, attention, conversation
        self._record, self._watch = record, watch

    def wait(self, enqueue: Enqueue) -> Handed | NobodyFree | Failed:
        """Until the queue lets the caller go. Raises `CallOverError`, `CallEnded`."""
        call_id, step, queue = self._record.call_id, enqueue.step, enqueue.queue
        self._watch(moments.HandedOver(call_id, step, queue, ""))
        self._call.stop_listening()
        self._attention.lift_limit()  # the wait for a person is not the dialog's time
        # mod_callcenter ends its application as soon as an agent has answered, and lets the leg go on in
        # the dialplan after the conversation (tests/traces/callcenter-agent-answers.esl): into the
        # fallback queue, had we not said that the conversation is the end.
        self._call.set_variable("hangup_after_bridge", "true")
        # As if they had waited so long already: mod_callcenter adds it to the seconds of waiting.
        self._call.set_variable("cc_base_score", str(enqueue.priority) if enqueue.priority else "")
        result = _end_of_queue(self._attention.until_finished(self._call.enqueue(f"{queue}@{QUEUE_DOMAIN}")))
        ended = result.reason if isinstance(result, NobodyFree) else type(result).__name__.lower()
        self._record.queued(place_in(self._conversation, step), queue, result=ended)
        self._watch(moments.HandedOver(call_id, step, queue, ended))
        self._attention.keys.clear()  # pressed while waiting: they were for the queue
        if not isinstance(result, Handed):
            self._call.set_variable("hangup_after_bridge", "false")
        return result


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
            return NobodyFree("left")
        case other:
            return Failed(f"the queue ended without an agent ({other or finished.response or 'no reason'})")
