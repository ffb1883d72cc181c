"""Campaigns in a server: the dialler's loop, and the calls that somebody has answered.

Rules:
1. The database is never asked on the loop that lives the calls.
2. Whoever answers hears the campaign's flow, with the person that was meant: that it is they has not been
   proved by anybody.
3. What is decided elsewhere (a pause, a stop) is in the database, and is looked at twice a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

import gevent
import structlog
from gevent.pool import Group

from data.errors import DataError
from data.records import Customer
from data.records.dialling import DialResult
from dialogs.engine import Conversation
from dialogs.facts import Facts
from esl.switch import Call
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.campaigns.dialling.agent_awaited import AgentAwaited
from ivr.campaigns.dialling.agents import AgentPacing
from ivr.campaigns.dialling.capacity import Capacity
from ivr.campaigns.dialling.dialler import Dialler
from ivr.campaigns.dialling.following import Following
from ivr.campaigns.dialling.line import Ending, Order
from ivr.campaigns.dialling.stores import Stores
from ivr.campaigns.dialling.switch_line import DROPPED, Dialled, SwitchLine
from ivr.campaigns.dialling.trying import Trying
from ivr.campaigns.dialling.ways_out import trunks_of
from ivr.config import Settings
from ivr.in_thread import each_in_thread, in_thread
from ivr.living.answered import WhoAnswers
from ivr.living.services import Services
from ivr.looking import Looking
from ivr.records import Basis
from ivr.rooms import Rooms
from ivr.session import Session

log = structlog.get_logger(__name__)

EVERY = 0.4
"""Seconds between two looks: what coordinators do takes effect within a second."""


class Campaigning:
    """One server's campaigns, from `start` to `close`."""

    def __init__(
        self,
        settings: Settings,
        rooms: Rooms,
        *,
        event_socket: tuple[str, int],
        password: str,
        server: tuple[str, int],
        switch: str,
        services: Callable[[], Services],
    ) -> None:
        """`server`: where the switch finds this process; `switch` names that one. Raises `FlowsInvalid` for
        contact rules with mistakes: then nobody is called."""
        self._settings, self._rooms, self._services = settings, rooms, services
        self._zone = ZoneInfo(settings.calls.zone)
        self._trying = Group()
        self.line = SwitchLine(event_socket, password, server=server, name=switch)
        now = rooms.records.clock.utc
        self._stores = _each_beside(Stores.of(rooms.store))
        rulebook = load_rulebook(settings.path(settings.contact_rules))
        gate = Gate(rooms.store.contacts, rulebook, now=now)
        agents = AgentPacing(self._stores.dial_attempts, self.line, rulebook, now=now, zone=self._zone)
        self.dialler = Dialler(
            stores=self._stores,
            line=self.line,
            trunks=trunks_of(settings),
            owner=f"{rooms.records.node}@{switch}",
            now=now,
            beside=self._begin,
            trying=Trying(
                self._stores,
                gate,
                now=now,
                wait=gevent.sleep,
                zone=self._zone,
                agent_within=agents.wait_of,
                looking=in_thread,
            ),
            following=Following(self._stores, now=now),
            capacity=Capacity(self._stores, now=now, agents=agents),
            speaks=lambda flow: flow in rooms.live.current.flows.flows,
        )
        self._looking = Looking(self.dialler.step, every=EVERY, name="campaigns")

    def start(self) -> None:
        """Begins to look what there is to do."""
        self._looking.start()

    def stop_dialling(self) -> None:
        """Nobody is called from here on, and nobody rings; calls go on."""
        if self._looking.stop():
            self.dialler.stop()

    def close(self) -> None:
        """After the calls: what was begun and is not over is found by its lease."""
        self.stop_dialling()
        self._trying.kill(timeout=2.0)
        self.line.close()

    def _begin(self, work: Callable[[], None]) -> None:
        self._trying.spawn(work)

    # --- the call -----------------------------------------------------------------------------------

    def live(self, call: Call) -> None:
        """A leg that was dialled for a campaign, once somebody has answered."""
        dialled = self.line.taken(call.uuid)
        if dialled is None:  # it rang while its server was started anew
            log.warning("campaign_call_of_nobody", leg=call.uuid)
            call.hang_up()
            return
        try:
            if not dialled.answered():
                call.hang_up()
                return
            dialled.ends(self._lived(call, dialled))
        except DataError as lost:
            log.error("campaign_call_not_lived", leg=call.uuid, reason=str(lost))
            call.hang_up()
        finally:
            dialled.ends(DROPPED)

    def _lived(self, call: Call, dialled: Dialled) -> Ending:
        order, rooms, settings = dialled.order, self._rooms, self._settings
        machine = self._is_machine(call, order)
        if isinstance(machine, Ending):
            return machine
        flow = order.on_machine if machine else order.flow
        call.caller_number = order.number  # the switch has what the trunk wrote; this is what was checked
        person = self._stores.customers.by_id(order.customer_id)
        version, now = rooms.live.current, rooms.records.clock.utc()
        known = rooms.callers.meet(order.number, at=now)
        language = settings.calls.language if person is None else person.language
        about = _about(dialled, person)
        basis = Basis(
            flow=flow,
            flow_version=version.flows.version,
            release=version.release,
            caller_facts={"campaign": about["campaign"], "strategy": about["strategy"]},
            at=now,
        )
        record = rooms.records.begin(call, basis, language=language, direction="outbound")
        facts = Facts(
            language=language,
            caller=about,
            now=now.astimezone(self._zone),
            region=settings.calls.region,
            recorded=record.recording is not None,
            history=known.facts,
        )
        services = self._services()
        agent = AgentAwaited(
            services.watch,
            for_agents=bool(order.queue),
            connected=lambda: self._beside(lambda: self._with_agent(order)),
        )
        if order.agent_within:
            services = replace(services, agent_within=order.agent_within)
        if machine:  # by key and ear nothing is asked of it
            services = replace(services, recognizer=None)
        Session(
            call,
            Conversation(version.flows, flow, facts),
            record,
            replace(services, caller=known, watch=agent.tell),
        ).live()
        result: DialResult = "machine" if machine else "abandoned" if agent.abandoned else "answered"
        return Ending(result=result, cause=agent.cause, outcome=record.outcome, call_id=UUID(record.call_id))

    def _is_machine(self, call: Call, order: Order) -> Ending | bool:
        """Whether a machine has answered; how it ended, if nothing is left on it."""
        if self._settings.campaigns.answering_machines == "off":
            return False
        heard = WhoAnswers(call, self._rooms.records.clock)
        answering = heard.detect()
        if answering.kind in ("human", "unknown"):
            return False
        spoken = order.on_machine in self._rooms.live.current.flows.flows
        if answering.kind != "fax" and spoken and heard.wait_for_tone().how in ("tone", "silence"):
            return True
        call.hang_up()
        return Ending(result="machine", cause="NORMAL_CLEARING", outcome=answering.kind)

    def _with_agent(self, order: Order) -> None:
        self.dialler.connected(order, "agent")

    def _beside(self, work: Callable[[], None]) -> None:
        """Whoever tells a moment waits for nothing."""
        self._trying.spawn(work)


def _about(dialled: Dialled, person: Customer | None) -> dict[str, str | bool]:
    """What the flow knows of the person that was meant."""
    order = dialled.order
    return {
        "number": order.number,
        "name": "" if person is None else person.name,
        "called": True,
        "customer_number": "" if person is None else person.customer_number,
        "campaign": order.campaign,
        "strategy": order.strategy,
        "purpose": order.purpose,
    }


def _each_beside(stores: Stores) -> Stores:
    return Stores(**{name: each_in_thread(one) for name, one in vars(stores).items()})
