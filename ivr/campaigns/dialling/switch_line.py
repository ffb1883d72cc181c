"""The line on a switch: originates legs, learns what became of them, and takes them back.

Rules:
1. Legs are marked and traced as every one that we dial (`ivr.queueing.originating`); a mark goes once the end
   is on record.
2. What goes into the dial string is a checked number and our own settings; `esl.commands` refuses the rest.
3. Nobody hears of a leg but by its uuid: events of other servers' legs on the same switch change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog
from gevent import Timeout
from gevent.event import Event as Flag
from typing_extensions import override

from data.ids import new_id
from esl import commands
from esl.call_centre import CallCentre
from esl.errors import CommandRefusedError, EslError
from esl.inbound import InboundConnection
from esl.switch import Call
from esl.wire import Command, Event
from ivr.campaigns.dialling.agents import QueueView
from ivr.campaigns.dialling.line import Ending, LineLost, NotDialled, Order
from ivr.campaigns.dialling.results import NEEDS_MORE, result_of
from ivr.queueing.originating import Originating
from ivr.queueing.sync import in_domain
from ivr.queueing.sync import ours as without_domain

log = structlog.get_logger(__name__)

ARRIVAL_DEADLINE = 10.0
"""Seconds from the answer until the leg must be here; the switch needs milliseconds."""
GRACE = 15.0
"""Seconds beyond the ringing in which the switch must have told what came of it."""
STATUS_WITHIN = 3.0
"""Seconds in which the end of a refused leg must be told (SIP status, whether it rang); without it the cause
alone counts."""
CAMPAIGN = "ivr_campaign"
"""The variable of a leg that was dialled for a campaign: it is never lived as somebody who calls."""
_HERE = "true"
_PROGRESS = ("Caller-Channel-Progress-Time", "Caller-Channel-Progress-Media-Time")
DROPPED = Ending(result="dropped")


def is_campaigns(call: Call) -> bool:
    """Whether we have dialled that leg for a campaign, this process or another."""
    return CAMPAIGN in call.variables


@dataclass
class Dialled:
    """Somebody who is being called."""

    order: Order
    answered: Callable[[], bool]
    """To be asked once, when they are on the line: whether the call is still ours."""
    arrived: Flag = field(default_factory=Flag)
    over: Flag = field(default_factory=Flag)
    told: Flag = field(default_factory=Flag)
    """Its SIP status is known."""
    sip_status: str = ""
    progressed: bool = True
    """Whether anything was heard of the other end: that it rings, or its sound."""
    ending: Ending = DROPPED

    def ends(self, ending: Ending) -> None:
        """The first word counts."""
        if not self.over.is_set():
            self.ending = ending
            self.over.set()


class SwitchLine(Originating):
    """Fulfils `ivr.campaigns.dialling.line.DiallingLine` on one switch."""

    def __init__(
        self, event_socket: tuple[str, int], password: str, *, server: tuple[str, int], name: str
    ) -> None:
        super().__init__(event_socket, password, server=server, name=name)
        self._calling: dict[str, Dialled] = {}

    def dial(self, order: Order, answered: Callable[[], bool]) -> Ending:
        """As the port says."""
        try:
            command = self._originate(order)
            self._mark(order.attempt_id)
        except EslError as fault:
            raise NotDialled(str(fault)) from None
        dialled = self._calling[str(order.attempt_id)] = Dialled(order, answered)
        try:
            return self._until_answered(command, dialled) or self._until_over(dialled)
        finally:
            del self._calling[str(order.attempt_id)]
            self._forget_old_marks()

    def forget(self, attempt_id: UUID) -> None:
        """As the port says."""
        self._unmark(attempt_id)

    def take_back(self, campaigns: Iterable[UUID]) -> None:
        """As the port says."""
        meant = set(campaigns)
        for leg, dialled in list(self._calling.items()):
            if dialled.order.campaign_id in meant and not dialled.arrived.is_set():
                try:
                    self._ask(commands.kill(leg, "ORIGINATOR_CANCEL"))
                except EslError as fault:  # it was not there yet, or is gone
                    log.info("call_not_taken_back", attempt=leg, reason=str(fault))

    def view(self, queue: str, ours: Collection[str]) -> QueueView:
        """Fulfils `ivr.campaigns.dialling.agents.Floor`."""
        try:
            centre = CallCentre(self._ask)
            own = in_domain(queue)
            there = {name: one for name, one in centre.agents().items() if one.logged_in}
            serve: dict[str, set[str]] = {own: set()}
            for name, agent in centre.tiers():
                if agent in there:
                    serve.setdefault(name, set()).add(agent)
            shared = {name: who for name, who in serve.items() if name == own or who & serve[own]}
            waiting = {name: centre.members(name) for name in shared}
        except EslError as fault:
            log.warning("queue_not_seen", queue=queue, reason=str(fault))
            return QueueView()
        views = {
            name: QueueView(
                free=sum(there[agent].free for agent in who),
                callers=frozenset(
                    one.session for one in waiting[name] if one.waits and one.session not in ours
                ),
                agents=frozenset(who),
            )
            for name, who in shared.items()
        }
        mine = views.pop(own)
        return replace(mine, beside={without_domain(name) or name: one for name, one in views.items()})

    def taken(self, leg: str) -> Dialled | None:
        """Who that leg is, which has just arrived; `None`: nobody who was called from here."""
        dialled = self._calling.get(leg)
        if dialled is not None:
            dialled.arrived.set()
        return dialled

    def _originate(self, order: Order) -> Command:
        variables = {
            **commands.NEVER_EXPAND,
            "origination_uuid": str(order.attempt_id),
            "originate_timeout": str(order.ring),
            "ignore_early_media": "true",
            CAMPAIGN: _HERE,
        }
        if order.caller_id is not None:
            variables["origination_caller_id_number"] = order.caller_id
        endpoint = order.dial.replace("{number}", order.number)
        endpoint = endpoint.replace("{digits}", order.number.lstrip("+"))
        return commands.originate(
            endpoint, variables=variables, application="socket", argument=f"{self._here()} async full"
        )

    def _until_answered(self, command: Command, dialled: Dialled) -> Ending | None:
        """How it failed; `None`: somebody has answered."""
        patience = dialled.order.ring + GRACE
        try:
            waiting = self._connected().bgapi(command, job_uuid=str(new_id()))
        except CommandRefusedError as refused:
            raise NotDialled(str(refused)) from None
        except EslError as lost:
            return self._perhaps(dialled, patience, lost)
        try:
            answer = waiting.get(timeout=patience)
        except (EslError, Timeout) as lost:
            return self._perhaps(dialled, patience, lost)
        said = "" if answer is None else answer.body.decode("utf-8", "replace").strip()
        if said.startswith("+OK"):
            return None
        cause = said.removeprefix("-ERR").strip()
        if cause in NEEDS_MORE:
            dialled.told.wait(STATUS_WITHIN)
        result = result_of(cause, dialled.sip_status, progressed=dialled.progressed)
        return Ending(result=result, cause=cause)

    @staticmethod
    def _perhaps(dialled: Dialled, patience: float, lost: BaseException) -> None:
        """The connection is gone; the order may have left, and they may be here yet. Raises `LineLost`."""
        if not dialled.arrived.wait(patience):
            raise LineLost(f"the switch was lost while it dialled ({lost})") from None

    def _until_over(self, dialled: Dialled) -> Ending:
        if not dialled.arrived.wait(ARRIVAL_DEADLINE):
            log.error("campaign_leg_missing", attempt=str(dialled.order.attempt_id))
            return dialled.ending
        dialled.over.wait()  # whoever has taken the leg ends it, whatever comes
        return dialled.ending

    @override
    def _subscribe(self, fresh: InboundConnection) -> None:
        # The filters first: without them, the ends of all legs come.
        fresh.request(commands.filter_events("Event-Name", "BACKGROUND_JOB"))
        fresh.request(commands.filter_events(f"variable_{CAMPAIGN}", _HERE))
        fresh.events_to = self._heard
        fresh.subscribe("BACKGROUND_JOB", "CHANNEL_HANGUP_COMPLETE")

    def _heard(self, event: Event) -> None:
        dialled = self._calling.get(event.uuid)
        if event.name == "CHANNEL_HANGUP_COMPLETE" and dialled is not None:
            dialled.sip_status = event.variables.get("sip_term_status", "")
            dialled.progressed = any(event.get(name, "0") != "0" for name in _PROGRESS)
            dialled.told.set()
