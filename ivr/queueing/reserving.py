"""The virtual member: a leg with nobody at its far end, which waits in the switch's queue in place of a
customer who is called only once an agent is on the line.

Rules:
1. It has the customer's place, number and story, so the switch decides who is next, and the agent's telephone
   shows and tells whom it is for.
2. The agent who answers stays on their leg. Once the customer wants to be put through, the two legs are
   brought together, and the virtual one is over.
   An agent whose wrap-up is about to end counts as reserved: the customer is rung meanwhile.
3. Whatever ends it before (the agent hangs up, nobody answers, the place is taken up), `over` is set: whoever
   is being called is let go, or waits at the head of the queue if they have answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import structlog
from gevent.event import Event as Flag

from dialogs.effects import Enqueue
from dialogs.engine import Conversation
from esl.errors import CallEnded, CommandRefusedError
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.queue_events import VISIT
from esl.switch import Call
from ivr.call_record import CallRecord
from ivr.living.attention import Attention, CallOverError
from ivr.living.services import CalledBack, Services
from ivr.queueing.context_handover import HandingOver
from ivr.queueing.visits import Note

if TYPE_CHECKING:
    from ivr.queueing.callbacks import Order

log = structlog.get_logger(__name__)

_LEGS = UUID("6f0c2a52-6a1d-5f0e-9a53-3d1f0c7b8e21")
IN_A_MOMENT = 5.0
"""Seconds that a customer who wants to be put through waits for the agent whose wrap-up has just ended; then
they wait in the queue themselves, at its head."""
LONGEST = 4 * 3600.0
"""Seconds that a virtual member may wait, whatever the queue says."""


def virtual_leg(attempt_id: UUID) -> str:
    """The uuid of the leg that waits for an agent in the name of a try: any server can tell it."""
    return str(uuid5(_LEGS, attempt_id.hex))


def is_virtual(leg: str) -> bool:
    """Whether nobody is at the leg's end: no other uuids are made from a name (the switch's are random, those
    of our orders have the time in them)."""
    try:
        return UUID(leg).version == 5
    except ValueError:
        return False


@dataclass(eq=False)
class Virtual:
    """Fulfils `ivr.queueing.callbacks.Reservation`."""

    order: Order
    leg: str
    kill: Callable[[str], None]
    """Hangs up a leg."""
    join: Callable[[str, str], bool]
    """Brings two legs together; whether the switch did."""
    agent_leg: str = ""
    record: CallRecord | None = None
    """Begun with the wait; whoever lives the customer's leg goes on with it."""
    news: Flag = field(default_factory=Flag)
    """An agent is on the line, or it is over."""
    over: Flag = field(default_factory=Flag)
    """There is nobody (any more)."""
    joined: bool = False

    @property
    def waits(self) -> bool:
        """Whether an agent is on the line who has nobody to talk with yet."""
        return bool(self.agent_leg) and not self.joined and not self.over.is_set()

    def answered_by(self, agent_leg: str) -> None:
        """An agent is on the line."""
        self.agent_leg = agent_leg
        self.news.set()

    def ends(self) -> None:
        """The leg is gone."""
        self.over.set()
        self.news.set()

    def put_through(self, customer_leg: str) -> bool:
        """Whether the customer talks with the agent now; else they have to wait for another."""
        self.news.wait(IN_A_MOMENT)
        if not self.waits:
            self.release()  # the place is theirs now
            return False
        self.joined = True  # before: the end of our leg is no agent's hang-up any more
        self.joined = self.join(self.agent_leg, customer_leg)
        return self.joined

    def release(self) -> None:
        """As the port says."""
        if not self.joined and not self.over.is_set():
            self.kill(self.leg)


class PlaceHeld:
    """One virtual member on its leg, until it is over."""

    def __init__(
        self, call: Call, virtual: Virtual, conversation: Conversation, services: Services, story: CalledBack
    ) -> None:
        """`virtual.record` has been begun."""
        assert virtual.record is not None
        self._call, self._virtual, self._services = call, virtual, services
        self._record = virtual.record
        self._conversation = conversation
        self._attention = Attention(call, services.clock, longest=LONGEST)
        self._handing_over = HandingOver(
            call,
            conversation=conversation,
            record=self._record,
            prompts=services.prompts,
            settings=services.handover,
            language=services.site_language,
            flows=services.flows,
            called_back=story,
        )

    def live(self) -> None:
        """In the queue until an agent answers, and then until they have left."""
        try:
            self._call.answer()
            command = self._join()
            finished = self._attention.until_finished(command)
            if finished.variables.get("cc_cause") == "answered":
                self._virtual.answered_by(finished.variables.get("cc_agent_uuid", ""))
                while True:
                    self._attention.next(60.0)
            self._call.hang_up()
        except (CallOverError, CallEnded):
            pass
        except CommandRefusedError as refused:
            log.error("place_not_held", leg=self._call.uuid, reason=str(refused))
        finally:
            self._virtual.ends()

    def _join(self) -> str:
        call, order, people = self._call, self._virtual.order, self._services.people
        call.set_variable("hangup_after_bridge", "true")
        call.set_variable("cc_base_score", str(order.score))
        call.set_variable(VISIT, Note(UUID(self._record.call_id)).written())
        enqueue = Enqueue(order.queue, "person", {"flow": "called_back", "step": "person"})
        handover = self._handing_over.begin(enqueue, order.queue, called_back=True)
        # Nobody waits on this leg: what the agent will hear is ready before they are rung.
        self._handing_over.whisper_now(handover, people.plan if people else None)
        return call.enqueue(f"{order.queue}@{QUEUE_DOMAIN}")
