"""Dials those who are called back, over a connection to the switch's event socket.

Rules:
1. The customer's leg is marked and traced as every one that we dial (`ivr.queueing.originating`).
2. What goes into the dial string is a checked number and our own settings; `esl.commands` refuses the rest.
3. Whatever is lost between the order and its end raises: the lease lapses, and the switch is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
from ivr.queueing.originating import Originating
from ivr.queueing.people import People
from ivr.queueing.sync import in_domain

log = structlog.get_logger(__name__)

ARRIVAL_DEADLINE = 10.0
"""Seconds from the answer until the leg must be here; the switch needs milliseconds."""
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
    ) -> None:
        """`dial` is a dial string with `{number}` or `{digits}` in it; `server`, `name`: as `Originating`."""
        super().__init__(event_socket, password, server=server, name=name)
        self._dial, self._caller_id = dial, caller_id
        self._calling: dict[str, Dialled] = {}

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
        dialled = self._calling[attempt] = Dialled(order, answered)
        try:
            refused = self._until_answered(command, dialled)
            return refused or self._until_over(dialled)
        finally:
            del self._calling[attempt]
            self._forget_old_marks()

    def _originate(self, order: Order) -> Command:
        variables = {
            **commands.NEVER_EXPAND,
            "origination_uuid": str(order.attempt_id),
            "originate_timeout": str(order.ring),
            "ignore_early_media": "true",
            CALLED_BACK: "true",
            CALLED_BACK_SINCE: str(round(order.since.timestamp() * 1000)),
        }
        if self._caller_id is not None:
            variables["origination_caller_id_number"] = self._caller_id
        endpoint = self._dial.replace("{number}", order.number).replace("{digits}", order.number.lstrip("+"))
        return commands.originate(
            endpoint, variables=variables, application="socket", argument=f"{self._here()} async full"
        )

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
