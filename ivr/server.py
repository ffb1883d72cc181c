"""The server: brings up what calls need, admits calls, lives each in a session, and shuts down in order.

Rules:
1. What is wrong is found at the start, with one line and its remedy, and not by the first caller.
2. A call that cannot be served (too many, shutting down) is released: the dialplan's next action, a
   queue of people, takes it.
3. Shutting down stops admitting, lets calls end, and releases the rest at the deadline.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from zoneinfo import ZoneInfo

import structlog

from dialogs.engine import Conversation
from dialogs.errors import FlowsInvalid
from dialogs.facts import Facts
from esl.outbound import OutboundServer
from esl.switch import Call
from ivr.agents.attendance import Attendance
from ivr.calling_back import CallingBack, is_called_back, name_of
from ivr.campaigns.actions.serving import Acting
from ivr.campaigns.dialling.serving import Campaigning
from ivr.campaigns.dialling.switch_line import is_campaigns
from ivr.clock import Clock
from ivr.config import Settings
from ivr.doors import bind, open_for_calls
from ivr.identity.attestation import attested
from ivr.installed import dial_string
from ivr.living.services import Services
from ivr.moments import Watch, nobody_watches
from ivr.queueing.watching import QueueWatch
from ivr.queueing.whispering import InTheirLanguage
from ivr.recordings.muting import Muting
from ivr.recordings.upkeep import Upkeep
from ivr.records import Basis
from ivr.rooms import Furnishing, Rooms, check_folders, open_rooms
from ivr.session import Session
from ivr.voice import Fetching, Tell

log = structlog.get_logger(__name__)


class Server:
    """Accepts calls and lives them."""

    def __init__(
        self,
        settings: Settings,
        *,
        watch: Watch = nobody_watches,
        clock: Clock | None = None,
        tell: Tell = lambda _text: None,
        fetching: Fetching = lambda _what, _done, _total: None,
        extra_languages: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._clock = clock or Clock()
        self._furnishing = Furnishing(settings, self._clock, tell, fetching, tuple(extra_languages))
        self._zone = ZoneInfo(settings.calls.zone)
        self._rooms: Rooms | None = None
        self._outbound: OutboundServer | None = None
        self._calling_back: CallingBack | None = None
        self._campaigning: Campaigning | None = None
        self._queue_watch: QueueWatch | None = None
        self._attendance: Attendance | None = None
        self._closing = ExitStack()
        self._stopping = False

    @property
    def attendance(self) -> Attendance | None:
        """Who looks after the agents; `None`: nobody."""
        return self._attendance

    @property
    def rooms(self) -> Rooms:
        """What the server is made of. Raises `RuntimeError` before `start`."""
        if self._rooms is None:
            raise RuntimeError("the server has not been started")
        return self._rooms

    @property
    def outbound_address(self) -> tuple[str, int]:
        """Where FreeSWITCH has to bring its calls: (host, port)."""
        assert self._outbound is not None
        return self._outbound.address

    @property
    def calling_back(self) -> CallingBack | None:
        """Who calls back those who keep their place; `None`: nobody."""
        return self._calling_back

    @property
    def campaigning(self) -> Campaigning | None:
        """Who calls for campaigns; `None`: nobody."""
        return self._campaigning

    @property
    def accepting(self) -> bool:
        """Whether new calls are taken: from `start` until `stop`."""
        return self._rooms is not None and not self._stopping

    @property
    def furnished(self) -> bool:
        """Whether there are `rooms`: from `start` until the end of `stop`."""
        return self._rooms is not None

    @property
    def counted(self) -> tuple[int, int]:
        """Calls that were taken since the start, and those for which there was no room."""
        return (0, 0) if self._outbound is None else (self._outbound.admitted, self._outbound.refused)

    @property
    def active_calls(self) -> int:
        """Calls that are being lived."""
        return 0 if self._outbound is None else self._outbound.active_calls

    def start(self) -> None:
        """Brings everything up.

        Raises `IvrError`, `DataError`, `DialogError`, `SpeechError`; nothing stays open then.
        """
        settings = self._settings
        with ExitStack() as closing:
            check_folders(settings)
            outbound = bind(settings, self._take, closing)
            self._rooms = open_rooms(self._furnishing, closing)
            # What is here now stays: later collections need not look through it while calls wait.
            gc.collect()
            gc.freeze()
            self._outbound = outbound
            open_for_calls(settings, outbound)
            muting = Muting(settings.recordings_folder)
            closing.callback(muting.close)
            muting.start()
            if settings.recordings.format is not None:
                upkeep = Upkeep(settings)
                closing.callback(upkeep.close)
                upkeep.start()
            self._act(closing)
            self._closing = closing.pop_all()
        event_password = settings.switch.event_password
        if settings.switch.kind == "freeswitch" and event_password is not None:
            address = (settings.switch.event_host, settings.switch.event_port)
            try:
                self.watch_queues(address, event_password)
                self.call_back_through(address, event_password)
                self.campaign_through(address, event_password)
                self.attend_agents(address, event_password)
            except BaseException:
                self.stop(0.0)
                raise

    def _act(self, closing: ExitStack) -> None:
        """Does from here on what campaigns declare by outcome and by promise."""
        if not self._settings.campaigns.enabled:
            return
        rooms = self.rooms
        try:
            acting = Acting(self._settings, rooms.store, self._clock, owner=rooms.records.node)
        except FlowsInvalid as mistakes:
            first = str(mistakes.problems[0])
            log.error("no_actions_are_done", reason=first, remedy="ivr rules check, then start again")
            return
        closing.callback(acting.close)
        acting.start()

    def watch_queues(self, event_socket: tuple[str, int], password: str) -> None:
        """Writes down what happens in the queues of the switch at that event socket, from here on."""
        self._queue_watch = QueueWatch(
            event_socket,
            password,
            self.rooms.store.queue_visits,
            switch=name_of(event_socket),
            now=self.rooms.records.clock.utc,
            whispers=InTheirLanguage(self.rooms.people.plan, language=self._settings.calls.language),
        )
        self._queue_watch.start()

    def attend_agents(self, event_socket: tuple[str, int], password: str) -> None:
        """Looks after agents and queues from here on, on the switch at that event socket. (`start` does so
        with FreeSWITCH.)"""
        self._attendance = Attendance(
            self._settings, self.rooms, event_socket=event_socket, password=password
        )
        self._attendance.start()

    def call_back_through(self, event_socket: tuple[str, int], password: str) -> None:
        """Calls back from here on, by the switch at that event socket, if the settings have a way to dial.
        (`start` does so with FreeSWITCH; the embedded switch is there only after the server.)

        Raises `ConfigurationError`.
        """
        if dial_string(self._settings) is None:
            log.warning("nobody_is_called_back", remedy="set callbacks.dial, or add a gateway to freeswitch")
            return
        self._calling_back = CallingBack(
            self._settings,
            self.rooms,
            event_socket=event_socket,
            password=password,
            server=self.outbound_address,
            services=self._services,
        )
        self._calling_back.start()

    def campaign_through(self, event_socket: tuple[str, int], password: str) -> None:
        """Calls people of campaigns from here on, by the switch at that event socket. (`start` does so with
        FreeSWITCH.) With mistakes in the contact rules nobody is called, and whoever calls is served."""
        if not self._settings.campaigns.enabled:
            return
        try:
            self._campaigning = Campaigning(
                self._settings,
                self.rooms,
                event_socket=event_socket,
                password=password,
                server=self.outbound_address,
                switch=name_of(event_socket),
                services=self._services,
            )
        except FlowsInvalid as mistakes:
            first = str(mistakes.problems[0])
            log.error("nobody_is_called", reason=first, remedy="ivr rules check, then start again")
        else:
            self._campaigning.start()

    def stop(self, deadline: float = 30.0) -> None:
        """Stops admitting, lets calls end for `deadline` seconds, releases the rest, writes records."""
        self._stopping = True
        calling_back, campaigning = self._calling_back, self._campaigning
        for dials in (calling_back, campaigning):
            if dials is not None:
                dials.stop_dialling()
        if self._outbound is not None:
            released = self._outbound.close(deadline)
            if released:
                log.warning("calls_released", calls=released)
        if calling_back is not None:
            calling_back.close()
            self._calling_back = None
        if campaigning is not None:
            campaigning.close()
            self._campaigning = None
        watch, self._queue_watch = self._queue_watch, None
        if watch is not None:
            watch.close()
        if self._attendance is not None:
            self._attendance.close()
            self._attendance = None
        self._closing.close()
        self._rooms = None

    def _take(self, call: Call) -> None:
        """One call, in its own greenlet."""
        if is_campaigns(call):
            if self._campaigning is None:
                call.hang_up()
            else:
                self._campaigning.live(call)
            return
        if is_called_back(call):
            if self._calling_back is None:
                call.hang_up()
            else:
                self._calling_back.live(call)
            return
        rooms, settings = self.rooms, self._settings
        now = self._clock.utc()
        flow = self._flow_of(call, rooms)
        known = rooms.callers.meet(call.caller_number, at=now)
        attestation = attested(call.variables, settings.verification.attestation)
        facts = Facts(
            language=settings.calls.language,
            caller={"number": call.caller_number, "name": call.caller_name, "attested": attestation},
            now=now.astimezone(self._zone),
            region=settings.calls.region,
            history=known.facts if settings.calls.former_language else known.facts_but_language,
        )
        version = rooms.live.current
        basis = Basis(
            flow=flow,
            flow_version=version.flows.version,
            release=version.release,
            caller_facts={**known.told(version.flows.segments), "attested": attestation},
            at=now,
        )
        record = rooms.records.begin(call, basis, language=facts.language)
        facts = replace(facts, recorded=record.recording is not None)  # else a notice would be untrue
        conversation = Conversation(version.flows, flow, facts)
        services = replace(self._services(), caller=known)
        Session(call, conversation, record, services).live()

    def _flow_of(self, call: Call, rooms: Rooms) -> str:
        """Which flow answers: the agents' desk for the star code, else the one of all callers."""
        agents = self._settings.agents
        if call.destination == agents.star_code and agents.desk_flow in rooms.live.current.flows.flows:
            return agents.desk_flow
        return self._settings.calls.flow

    def _services(self) -> Services:
        """What every call is performed with."""
        rooms = self.rooms
        return Services(
            prompts=rooms.voice.prompts,
            recognizer=rooms.voice.recognizer,
            lookups=rooms.lookups,
            writes=rooms.writes,
            filler=rooms.filler,
            clock=self._clock,
            watch=self._watch,
            longest_call=self._settings.calls.longest,
            performers=rooms.performers,
            people=rooms.people,
            handover=self._settings.handover,
            site_language=self._settings.calls.language,
            flows=lambda: rooms.live.current.flows,
        )
