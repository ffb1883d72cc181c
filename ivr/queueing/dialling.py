"""Dials those who are called back, over a connection to the switch's event socket.

Rules:
1. The customer's leg is marked and traced as every one that we dial (`ivr.queueing.originating`).
2. What goes into the dial string is a checked number and our own settings; `esl.commands` refuses the rest.
3. Whatever is lost between the order and its end raises: the lease lapses, and the switch is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import gevent
import structlog
from gevent import Timeout
from gevent.event import Event as Flag

from data.ids import new_id
from esl import commands
from esl.call_centre import CallCentre
from esl.errors import CommandRefusedError, EslError
from esl.queue_events import CALLED_BACK_SINCE
from esl.wire import Command
from ivr.queueing.callback_rules import Result
from ivr.queueing.callbacks import DialLost, Order, QueueView
from ivr.queueing.foretelling import ahead_of
from ivr.queueing.originating import Originating
from ivr.queueing.people import People
from ivr.queueing.reserving import Virtual, virtual_leg
from ivr.queueing.sync import in_domain
from ivr.queueing.turns import RINGS, given_in

log = structlog.get_logger(__name__)

ARRIVAL_DEADLINE = 10.0
"""Seconds from the answer until the leg must be here; the switch needs milliseconds."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether an agent will be ready for somebody in a moment."""
STILL_WANTED_LOOKS = 2
"""In each so many of them it is asked whether one is still to be found."""
GRACE = 15.0
"""Seconds beyond the ringing in which the switch must have told what came of it."""
CALLED_BACK = "ivr_callback"
"""The variable of a leg that was dialled here: such a leg is never lived as somebody who calls."""

_CAUSES: dict[str, Result] = {
    "USER_BUSY": "busy",
    "NO_ANSWER": "no_answer",
    "NO_USER_RESPONSE": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer",
    "PROGRESS_TIMEOUT": "no_answer",
    "CALL_REJECTED": "rejected",
    "UNALLOCATED_NUMBER": "invalid",
    "INVALID_NUMBER_FORMAT": "invalid",
    "NUMBER_CHANGED": "invalid",
}


@dataclass
class Dialled:
    """Somebody who is being called."""

    order: Order
    answered: Callable[[], bool]
    """To be asked once, when they are on the line: whether it is still wanted."""
    virtual: Virtual | None = None
    """An agent who waits for them; `None`: one is found when they have answered."""
    arrived: Flag = field(default_factory=Flag)
    over: Flag = field(default_factory=Flag)
    result: Result = "dropped"

    def ends(self, result: Result) -> None:
        """The first word counts."""
        if not self.over.is_set():
            self.result = result
            self.over.set()


class SwitchDialler(Originating):
    """Fulfils `ivr.queueing.callbacks.Dialler` on one switch."""

    def __init__(
        self,
        event_socket: tuple[str, int],
        password: str,
        *,
        dial: str,
        caller_id: str | None,
        server: tuple[str, int],
        name: str,
        epoch: Callable[[], float] = time.time,
    ) -> None:
        """`dial` is a dial string with `{number}` or `{digits}` in it; `server`, `name`: as `Originating`.
        `epoch`: seconds, as the switch counts."""
        super().__init__(event_socket, password, server=server, name=name)
        self._dial, self._caller_id, self._epoch = dial, caller_id, epoch
        self._calling: dict[str, Dialled] = {}
        self._virtual: dict[str, Virtual] = {}

    # --- an agent first ---------------------------------------------------------------------------

    def reserve(self, order: Order, wanted: Callable[[], bool]) -> Virtual | None:
        """As the port says: a virtual member waits for the agent (`ivr.queueing.reserving`)."""
        leg, looks, soon = virtual_leg(order.attempt_id), 0, False
        virtual = self._virtual[leg] = Virtual(order, leg, self._kill, self._bring_together)
        try:
            job = self._connected().bgapi(self._originate_virtual(order, leg), job_uuid=str(new_id()))
            answer = job.get(timeout=ARRIVAL_DEADLINE)
            said = "" if answer is None else answer.body.decode("utf-8", "replace").strip()
            if not said.startswith("+OK"):
                log.error("place_not_held", attempt=str(order.attempt_id), reason=said)
                return None
            while not soon and not virtual.news.wait(LOOK_EVERY):
                looks += 1
                if looks % STILL_WANTED_LOOKS == 0 and not wanted():
                    return None
                soon = self._given_soon(order, leg)
        except (EslError, Timeout) as fault:
            log.error("place_not_held", attempt=str(order.attempt_id), reason=str(fault))
            return None
        finally:
            if not (soon or virtual.waits):
                self._forget_virtual(virtual)
        return virtual if soon or virtual.waits else None

    def _given_soon(self, order: Order, leg: str) -> bool:
        """Whether a wrap-up is about to end whose agent that leg is given: the customer can be rung now."""
        try:
            centre = CallCentre(self._ask)
            members, agents = centre.members(in_domain(order.queue)), centre.people(in_domain(order.queue))
        except EslError:
            return False
        scores = {one.session: one.score for one in members if one.waits}
        mine = scores.pop(leg, None)
        if mine is None:
            return False
        ready = [left for one in agents if (left := one.ready_in(self._epoch())) is not None]
        # Whoever is free is rung already, and may not take the call: nobody is called before they have.
        return 0 < given_in(ahead_of(mine, list(scores.values())), ready) <= RINGS

    def abandon(self, attempt_id: UUID) -> None:
        """As the port says."""
        self._kill(virtual_leg(attempt_id))

    def virtual(self, leg: str) -> Virtual | None:
        """Who waits for an agent on that leg, which has just arrived; `None`: nobody of ours."""
        return self._virtual.get(leg)

    def release_all(self) -> None:
        """Agents who wait for somebody, and places that wait for an agent: all of them are let go."""
        for virtual in list(self._virtual.values()):
            virtual.release()

    def _originate_virtual(self, order: Order, leg: str) -> Command:
        variables = {
            **commands.NEVER_EXPAND,
            "origination_uuid": leg,
            "origination_caller_id_number": order.number,
            "origination_callee_id_number": order.number,
            "origination_callee_id_name": order.number,
            CALLED_BACK: "true",
            CALLED_BACK_SINCE: str(round(order.since.timestamp() * 1000)),
        }
        return commands.originate(
            f"null/{order.number}", variables=variables, application="socket", argument=self._socket()
        )

    def _forget_virtual(self, virtual: Virtual) -> None:
        virtual.release()
        self._virtual.pop(virtual.leg, None)

    def _kill(self, leg: str) -> None:
        with suppress(EslError):  # it is gone already
            self._ask(commands.kill(leg))

    def _bring_together(self, agent_leg: str, customer_leg: str) -> bool:
        try:
            return self._ask(commands.bring_together(agent_leg, customer_leg)).startswith("+OK")
        except EslError as fault:
            log.warning("not_put_through", leg=customer_leg, reason=str(fault))
            return False

    # --- dialling ---------------------------------------------------------------------------------

    def dial(self, order: Order, answered: Callable[[], bool]) -> Result:
        """As the port says. Raises `DialLost` where nobody can know whether it left, or how it ended."""
        attempt = str(order.attempt_id)
        try:
            command = self._originate(order)
            self._mark(order.attempt_id)
        except EslError as fault:  # nothing has left
            log.error("callback_not_dialled", attempt=attempt, code=fault.code, reason=str(fault))
            return "no_agent"
        virtual = self._virtual.get(virtual_leg(order.attempt_id))
        dialled = self._calling[attempt] = Dialled(order, answered, virtual)
        # The agent has hung up while it rings: whoever has not answered yet is not to answer for nobody.
        letting_go = None if virtual is None else gevent.spawn(self._let_go, virtual, dialled)
        try:
            refused = self._until_answered(command, dialled)
            if refused and virtual is not None and virtual.over.is_set():
                return "dropped"
            return refused or self._until_over(dialled)
        finally:
            del self._calling[attempt]
            if virtual is not None and letting_go is not None:
                letting_go.kill()
                if not virtual.over.is_set():
                    # Who puts down while their agent hears the announcement leaves the leg in the queue, and
                    # mod_callcenter would ring agents for nobody.
                    self._kill(virtual.leg)
                self._virtual.pop(virtual.leg, None)
            self._forget_old_marks()

    def _let_go(self, virtual: Virtual, dialled: Dialled) -> None:
        virtual.over.wait()
        if not virtual.joined and not dialled.arrived.is_set():
            self._kill(str(dialled.order.attempt_id))

    def _originate(self, order: Order) -> Command:
        variables = {
            **commands.NEVER_EXPAND,
            "origination_uuid": str(order.attempt_id),
            "originate_timeout": str(order.ring),
            "ignore_early_media": "true",
            # Once they are in the queue it counts as the caller's: else agents are shown "Outbound Call".
            "origination_callee_id_name": order.number,
            CALLED_BACK: "true",
            CALLED_BACK_SINCE: str(round(order.since.timestamp() * 1000)),
        }
        if self._caller_id is not None:
            variables["origination_caller_id_number"] = self._caller_id
        endpoint = self._dial.replace("{number}", order.number).replace("{digits}", order.number.lstrip("+"))
        return commands.originate(
            endpoint, variables=variables, application="socket", argument=self._socket()
        )

    def _socket(self) -> str:
        return f"{self._here()} async full"

    def _until_answered(self, command: Command, dialled: Dialled) -> Result | None:
        """How it failed; `None`: somebody has answered."""
        attempt, patience = str(dialled.order.attempt_id), dialled.order.ring + GRACE
        try:
            waiting = self._connected().bgapi(command, job_uuid=str(new_id()))
            answer = waiting.get(timeout=patience)
        except CommandRefusedError as refused:
            log.error("callback_refused", attempt=attempt, reason=str(refused))
            return "unreachable"
        except (EslError, Timeout) as lost:
            if dialled.arrived.wait(patience):  # the order did leave, and here they are
                return None
            raise DialLost(f"the switch was lost while it dialled ({lost})") from None
        said = "" if answer is None else answer.body.decode("utf-8", "replace").strip()
        if said.startswith("+OK"):
            return None
        cause = said.removeprefix("-ERR").strip()
        log.info("callback_not_answered", attempt=attempt, cause=cause)
        return _CAUSES.get(cause, "unreachable")

    def _until_over(self, dialled: Dialled) -> Result:
        if not dialled.arrived.wait(ARRIVAL_DEADLINE):
            log.error("callback_leg_missing", attempt=str(dialled.order.attempt_id))
            return "dropped"
        dialled.over.wait()  # whoever has taken the leg ends it, whatever comes
        return dialled.result

    def taken(self, leg: str) -> Dialled | None:
        """Who that leg is, which has just arrived; `None`: nobody who was called from here."""
        dialled = self._calling.get(leg)
        if dialled is not None:
            dialled.arrived.set()
        return dialled

    # --- asking -----------------------------------------------------------------------------------

    def look(self, queue: str, people: People, ours: Callable[[], set[str]]) -> QueueView:
        """The queue now; nobody is free where it cannot be asked. `ours`: legs of tries under way."""
        try:
            centre = CallCentre(self._ask)
            members, agents = centre.members(in_domain(queue)), centre.people(in_domain(queue))
        except EslError as fault:
            log.warning("queue_not_seen", queue=queue, reason=str(fault))
            return QueueView()
        legs = ours()
        there = [agent for agent in agents if agent.logged_in]
        free = sum(agent.free for agent in there)
        return QueueView(
            on_the_line=[one.score for one in members if one.waits and one.session not in legs],
            free=free,
            busy=len(there) - free,
            handling=float(people.plan.queue(queue).written.handling_time),
        )
