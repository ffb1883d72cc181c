"""Calls back those who keep their place: dials when it is their turn, and lives the call once they answer.

Rules:
1. Whoever answers has to press a key before they are put into the queue: a machine is never put through.
2. A place that was cancelled while it rang is an apology, and the end.
3. The database is never asked on the loop that lives the calls.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from gevent.pool import Group

from data.callbacks import Callbacks as Store
from data.errors import DataError
from dialogs.catalogue import Catalogue
from dialogs.engine import Conversation
from dialogs.errors import FlowsInvalid
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.source import parse
from dialogs.static import static_prompts
from esl.switch import Call
from ivr import moments, queueing
from ivr.call_record import CallRecord
from ivr.config import Settings
from ivr.errors import ConfigurationError
from ivr.in_thread import each_in_thread, in_thread
from ivr.installed import dial_string
from ivr.living.services import CalledBack, Services
from ivr.looking import Looking
from ivr.moments import Moment, Watch
from ivr.queueing.booking import may_call
from ivr.queueing.callback_rules import Result
from ivr.queueing.callbacks import Callbacks, Order
from ivr.queueing.dialling import CALLED_BACK, Dialled, SwitchDialler
from ivr.queueing.reserving import PlaceHeld, Virtual, virtual_leg
from ivr.records import Basis
from ivr.rooms import Rooms
from ivr.session import Session
from ivr.this_machine import is_loopback

log = structlog.get_logger(__name__)

EVERY = 1.0
"""Seconds between two looks at whose turn it is."""
_FLOWS = Path(queueing.__file__).parent
FLOWS = ("called_back", "called_off")
_QUEUE = "the_queue"


class CallingBack:
    """One server's calling back, from `start` to `close`."""

    def __init__(
        self,
        settings: Settings,
        rooms: Rooms,
        *,
        event_socket: tuple[str, int],
        password: str,
        server: tuple[str, int],
        services: Callable[[], Services],
    ) -> None:
        """`server`: where the switch finds this process. Raises `ConfigurationError`."""
        self._settings, self._rooms, self._services = settings, rooms, services
        self._zone = ZoneInfo(settings.calls.zone)
        self._trying = Group()
        dial = dial_string(settings)
        if dial is None:
            raise ConfigurationError(
                "Nobody can be called back: there is no gateway", "Set callbacks.dial or callbacks.enabled"
            )
        self.dialler = SwitchDialler(
            event_socket,
            password,
            dial=dial,
            caller_id=settings.callbacks.caller_id,
            server=server,
            name=name_of(event_socket),
        )
        store = each_in_thread(rooms.store.callbacks)
        self.callbacks = Callbacks(
            store=store,
            dialler=self.dialler,
            look=lambda queue: self.dialler.look(queue, rooms.people, lambda: _legs(store, queue)),
            owner=f"{rooms.records.node}@{self.dialler.name}",
            now=rooms.records.clock.utc,
            settings=settings.callbacks,
            region=settings.calls.region,
            beside=self._begin,
            contacts=each_in_thread(rooms.store.contacts),
            work=each_in_thread(rooms.store.work_items),
            there=self._there,
        )
        self._looking = Looking(self.callbacks.step, every=EVERY, name="callbacks")
        bookings = rooms.performers.callbacks
        if bookings is not None:
            self.callbacks.hours = bookings.hours
            gate = bookings.gate
            if gate is not None:
                self.callbacks.may_call = lambda number, one: in_thread(
                    lambda: may_call(gate, number, one.customer_id)
                )

    def start(self) -> None:
        """Begins to look whose turn it is."""
        flows: list[FlowSet] = []
        for queue in {*self._rooms.queues, *self._rooms.people.plan.queues}:  # read now, and in no call
            flows = [flows_for(name, queue) for name in FLOWS]
        if self._settings.speech.prepare:
            # The words are the same for every queue.
            prompts = [one for each in flows for one in static_prompts(each)]
            self._rooms.voice.warm_up(prompts, first=self._settings.calls.language)
        self._looking.start()

    def stop_dialling(self) -> None:
        """Nobody is called from here on; calls go on."""
        self._looking.stop()
        self.dialler.release_all()

    def close(self) -> None:
        """After the calls: what was begun and is not over is found by its lease."""
        self.stop_dialling()
        self._trying.kill(timeout=2.0)
        self.dialler.close()

    def _there(self, queue: str) -> bool:
        flows = self._rooms.live.current.flows  # perhaps published since the start
        return queue in flows.catalogue.queues or queue in self._rooms.people.plan.names

    def _begin(self, work: Callable[[], None]) -> None:
        self._trying.spawn(work)

    # --- the call -----------------------------------------------------------------------------------

    def live(self, call: Call) -> None:
        """A leg that was dialled, once its customer has answered."""
        virtual = self.dialler.virtual(call.uuid)
        if virtual is not None:
            self._hold_place(call, virtual)
            return
        dialled = self.dialler.taken(call.uuid)
        if dialled is None:  # it rang while its server was started anew: nobody knows whether it is wanted
            log.warning("callback_of_nobody", leg=call.uuid)
            call.hang_up()
            return
        try:
            wanted = dialled.answered()
            told = _Told(dialled, self._services().watch)
            self._session(call, dialled, told, wanted=wanted).live()
            dialled.ends(told.result if wanted else "unwanted")
        except DataError as lost:
            log.error("callback_not_noted", leg=call.uuid, reason=str(lost))
            call.hang_up()
        finally:
            dialled.ends("dropped")

    def _hold_place(self, call: Call, virtual: Virtual) -> None:
        """A leg with nobody at its end waits for an agent, until they talk with the customer or have gone."""
        order = virtual.order
        try:
            record, conversation = self._begun(call, order, "called_back")
            virtual.record = record
            PlaceHeld(call, virtual, conversation, self._services(), self._story(order, None)).live()
        finally:
            virtual.ends()
            left, virtual.record = virtual.record, None
            if left is not None:  # nobody has answered: there was no call
                left.not_recorded()
                left.outcome = "not_reached" if virtual.agent_leg else "no_agent"
                left.finish("ORIGINATOR_CANCEL", "system", ())

    def _session(self, call: Call, dialled: Dialled, told: _Told, *, wanted: bool) -> Session:
        order, virtual = dialled.order, dialled.virtual
        flow = "called_back" if wanted else "called_off"
        begun = None
        if virtual is not None:
            begun, virtual.record = virtual.record, None
        record, conversation = self._begun(call, order, flow, begun)
        services = replace(
            self._services(),
            watch=told.tell,
            recognizer=None,  # by key only: what a machine says is no answer
            called_back=self._story(order, virtual),
        )
        return Session(call, conversation, record, services)

    def _begun(
        self, call: Call, order: Order, flow: str, record: CallRecord | None = None
    ) -> tuple[CallRecord, Conversation]:
        rooms, settings = self._rooms, self._settings
        call.caller_number = order.number  # the switch has what the trunk wrote; this is what was checked
        flows = flows_for(flow, order.queue)
        now = rooms.records.clock.utc()
        facts = Facts(
            language=order.language,
            caller={"number": order.number, "name": ""},
            now=now.astimezone(self._zone),
            region=settings.calls.region,
        )
        if record is None:
            basis = Basis(flow=flow, flow_version=flows.version, at=now)
            record = rooms.records.begin(call, basis, language=order.language, direction="outbound")
        facts = replace(facts, recorded=record.recording is not None)
        return record, Conversation(flows, flow, facts)

    def _story(self, order: Order, virtual: Virtual | None) -> CalledBack:
        waited = self._rooms.records.clock.utc() - order.since
        return CalledBack(
            ahead=float(order.score),
            story=order.story,
            asked_at=order.asked_at,
            waited=max(waited.total_seconds(), 0.0),
            chosen=order.chosen,
            tries=order.tries,
            reserved=virtual,
        )


class _Told:
    """What came of a call, by what is told of it."""

    def __init__(self, dialled: Dialled, watch: Watch) -> None:
        self._dialled, self._watch = dialled, watch
        self.result: Result = "machine"

    def tell(self, moment: Moment) -> None:
        match moment:
            case moments.CallerAnswered(step="wanted" | "still_wanted", result="match", value="not_wanted"):
                self.result = "unwanted"
            case moments.HandedOver(result="handed"):
                self.result = "reached"
                self._dialled.ends("reached")  # they talk: the try is over, the call is not
            case moments.HandedOver():  # they wait for an agent: whatever ends it now, it was not them
                self.result = "dropped"
            case moments.CallOver(by="caller") if self.result == "machine":
                self.result = "rejected"  # answered, and put down: that is a person
        self._watch(moment)


def _legs(store: Store, queue: str) -> set[str]:
    """The legs of tries that are under way, whoever began them."""
    attempts = [one.attempt_id for one in store.waiting(queue) if one.attempt_id is not None]
    return {leg for attempt in attempts for leg in (str(attempt), virtual_leg(attempt))}


def is_called_back(call: Call) -> bool:
    """Whether we have dialled that leg, this process or another."""
    return CALLED_BACK in call.variables


def name_of(event_socket: tuple[str, int]) -> str:
    """The same for every server that uses that switch, as far as an address tells."""
    host, port = event_socket
    return f"{socket.gethostname() if is_loopback(host) else host}:{port}"


@cache
def flows_for(name: str, queue: str) -> FlowSet:
    """The flow of that name, with that queue in it. Raises `FlowsInvalid`."""
    file = _FLOWS / f"{name}.flow.yaml"
    text = file.read_text(encoding="utf-8").replace(_QUEUE, queue)
    flows, problems = assemble([parse(text, file.name)], Catalogue(queues=frozenset({queue})))
    if problems:
        raise FlowsInvalid(problems)
    return replace(flows, version="built_in")
