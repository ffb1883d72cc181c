"""The server: brings up what calls need, admits calls, lives each in a session, and shuts down in order.

Rules:
1. What is wrong is found at the start, with one line and its remedy, and not by the first caller.
2. A call that cannot be served (too many, shutting down) is released: the dialplan's next action, a
   queue of people, takes it.
3. Shutting down stops admitting, lets calls end, and releases the rest at the deadline.
"""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import gevent
import structlog

from data.call_log import CallLog
from data.errors import DatabaseLocked, DatabaseLost, DataError
from data.nodes import Node, claim
from data.spool import Spool
from data.store import Store
from dialogs.catalogue import Catalogue
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.static import static_prompts
from esl.audio_socket import AudioSocket
from esl.errors import AddressTakenError
from esl.live_audio import AudioTransport, LiveAudio, default_folder
from esl.outbound import OutboundServer
from esl.switch import Call
from esl.switchboard import Switchboard
from ivr.clock import Clock
from ivr.config import Settings
from ivr.errors import NotWritable, PortTaken
from ivr.lookups import Lookups
from ivr.moments import Watch, nobody_watches
from ivr.publishing.checkup import catalogue_in
from ivr.publishing.copies import Copies
from ivr.publishing.live import LiveFlows, Sources
from ivr.publishing.loading import FlowReader
from ivr.recordings.upkeep import Upkeep
from ivr.records import Basis, Records
from ivr.session import Services, Session
from ivr.voice import LANGUAGES, Fetching, Tell, Voice

log = structlog.get_logger(__name__)

OPEN_EVERY = 5.0
"""Seconds between two tries to find a database that was lost at the start."""


def writable(folder: Path, what: str) -> Path:
    """The folder, made if need be. Raises `NotWritable`: better now than in the middle of a call."""
    trial = folder / f".writable-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as refused:
        raise NotWritable(
            f"The {what} folder {folder} cannot be written ({refused.strerror})",
            "Give this user the right to write there, or name another folder in ivr.yaml",
        ) from refused
    return folder


@contextmanager
def _port_of(section: str, host: str, port: int) -> Iterator[None]:
    """Tells a port that is taken in the settings' words. Raises `PortTaken`."""
    try:
        yield
    except AddressTakenError as taken:
        raise PortTaken(
            f"Port {port} on {host} is taken",
            f"End the program that listens there, or set {section}.port in ivr.yaml",
        ) from taken


def node_id(settings: Settings) -> str:
    """Names this server process among those that share a database; the same after a restart. Two that would
    have the same name are told apart by `data.nodes`."""
    return f"{socket.gethostname()}:{settings.outbound.port}"


def catalogue_of(settings: Settings) -> Catalogue:
    """What the folder's flows may use. Raises `DialogError`, `LookupUnknown`."""
    return catalogue_in(settings.flows_folder)


def copies_of(settings: Settings) -> Copies:
    """The releases that this machine keeps for a start without the database."""
    return Copies(settings.spool_folder / "flows", settings.database_url)


@dataclass(frozen=True)
class Rooms:
    """What the server is made of, once everything has been found sound."""

    store: Store
    records: Records
    live: LiveFlows
    queues: frozenset[str]
    """Those of the flows that the server began with."""
    voice: Voice
    lookups: Lookups


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
        self._tell = tell
        self._fetching = fetching
        self._extra_languages = tuple(extra_languages)
        self._rooms: Rooms | None = None
        self._outbound: OutboundServer | None = None
        self._reader: FlowReader | None = None
        self._opening: gevent.Greenlet[[], None] | None = None
        """Tries to find a database again that was lost at the start."""
        self._board: Switchboard | None = None
        self._audio: AudioTransport | None = None
        self._upkeep: Upkeep | None = None
        self._node: Node | None = None
        self._zone = ZoneInfo(settings.calls.zone)

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
    def active_calls(self) -> int:
        """Calls that are being lived."""
        return 0 if self._outbound is None else self._outbound.active_calls

    def start(self) -> None:
        """Brings everything up; `tell` hears what is done.

        Raises `IvrError`, `DataError`, `DialogError`, `SpeechError`.
        """
        settings = self._settings
        store = Store(settings.database_url)
        voice: Voice | None = None
        records: Records | None = None
        live: LiveFlows | None = None
        try:
            recordings = self._recordings_folder()
            writable(settings.prompts_folder, "prompts")
            writable(settings.spool_folder, "spool")
            self._outbound = outbound = self._bind()
            there = self._open(store)
            reader = self._reader = FlowReader(self._extra_languages)
            voice = Voice.of(
                settings,
                tell=self._tell,
                fetching=self._fetching,
                languages=(*LANGUAGES, *self._extra_languages),
            )
            live = self._flows(store, voice, reader)
            live.start()
            call_log = CallLog(store, Spool(settings.spool_folder))
            self._node = claim(settings.spool_folder, node_id(settings))
            records = Records(
                call_log,
                node=self._node.name,
                dead=self._node.dead,
                clock=self._clock,
                recordings=recordings,
                messages=settings.recordings_folder,
            )
            if there and (ended := records.recover()):
                log.warning("unfinished_calls_completed", calls=ended)
            queues = live.current.flows.catalogue.queues
            self._rooms = Rooms(store, records, live, queues, voice, Lookups(store, self._local_time))
            # What is here now stays: later collections need not look through it while calls wait.
            gc.collect()
            gc.freeze()
            with _port_of("outbound", settings.outbound.host, settings.outbound.port):
                outbound.start()
            if settings.recordings.format is not None:
                self._upkeep = Upkeep(settings)
                self._upkeep.start()
        except BaseException:
            if live is not None:
                live.close()
            if self._reader is not None:
                self._reader.close()
            if records is not None:
                records.close(deadline=1.0)
            if voice is not None:
                voice.close()
            if self._opening is not None:
                self._opening.kill()
            self._stop_listening()
            if self._node is not None:
                self._node.release()
            store.close()
            raise

    def _open(self, store: Store) -> bool:
        """Whether the database is there. Lost for the moment, it is tried again while calls are lived."""

        def ready() -> None:
            store.upgrade()
            store.check()

        def try_again() -> None:
            while True:
                gevent.sleep(OPEN_EVERY)
                try:
                    gevent.get_hub().threadpool.apply(ready)
                except DataError as still:
                    log.warning("database_lost", reason=str(still))
                else:
                    log.warning("database_found_again")
                    return

        try:
            ready()
        except (DatabaseLocked, DatabaseLost) as lost:
            if copies_of(self._settings).last() is None:
                raise  # a machine that has never run a release: better a clear fault now
            log.error("database_lost_at_start", reason=str(lost))
            self._opening = gevent.spawn(try_again)
            return False
        return True

    def _flows(self, store: Store, voice: Voice, reader: FlowReader) -> LiveFlows:
        settings = self._settings

        def folder() -> FlowSet:
            flows = load_flows(
                [settings.flows_folder], catalogue_of(settings), extra_languages=self._extra_languages
            )
            flows.flow(settings.calls.flow)
            return flows

        sources = Sources(
            releases=store.releases,
            copies=copies_of(settings),
            folder=folder,
            main=settings.calls.flow,
            load=reader,
        )

        def warm(flows: FlowSet) -> None:
            voice.warm_up(static_prompts(flows), first=settings.calls.language)

        # The machine's clock, even where calls are played in another time: publishers go by it.
        return LiveFlows(sources, clock=Clock(), warm=warm)

    def _local_time(self) -> datetime:
        """The time in the company's zone."""
        return self._clock.utc().astimezone(self._zone)

    def _recordings_folder(self) -> Path | None:
        if not self._settings.calls.record:
            return None
        return writable(self._settings.recordings_folder, "recordings")

    def _bind(self) -> OutboundServer:
        """Takes the ports before the models are loaded: a minute later would be late to hear that one is
        taken. Calls are accepted once everything is ready; until then the switch goes to its next action."""
        settings = self._settings.outbound
        self._audio = self._live_audio()
        self._board = self._switchboard()
        outbound = OutboundServer(
            (settings.host, settings.port),
            self._take,
            allowed=settings.allowed,
            max_calls=settings.max_calls,
            live_audio=self._audio,
            event_sources=() if self._board is None else (self._board,),
        )
        with _port_of("outbound", settings.host, settings.port):
            outbound.bind()
        return outbound

    def _switchboard(self) -> Switchboard | None:
        """The connection to FreeSWITCH's event socket. (The embedded switch is our own child.)"""
        switch = self._settings.switch
        if switch.kind != "freeswitch":
            return None
        if switch.event_password is None:
            log.warning(
                "no_event_connection", reason="no password is set", remedy="set switch.event_password"
            )
            return None
        board = Switchboard(
            (switch.event_host, switch.event_port), switch.event_password, carries=switch.events == "shared"
        )
        board.start()
        return board

    def _stop_listening(self) -> None:
        if self._outbound is not None:
            self._outbound.stop_accepting()
        if self._board is not None:
            self._board.close()
        if self._audio is not None:
            self._audio.close()

    def _live_audio(self) -> AudioTransport:
        audio = self._settings.audio
        if audio.transport == "websocket":
            transport = AudioSocket((audio.host, audio.port), url=audio.url, allowed=audio.allowed)
            with _port_of("audio", audio.host, audio.port):
                transport.start()
            return transport
        named = "live_audio" in self._settings.freeswitch.model_fields_set
        folder = self._settings.freeswitch.live_audio if named else default_folder()
        return LiveAudio(folder=writable(folder, "live audio"))

    def _take(self, call: Call) -> None:
        """One call, in its own greenlet."""
        rooms, settings = self.rooms, self._settings
        now = self._clock.utc()
        facts = Facts(
            language=settings.calls.language,
            # Nobody is segmented yet: a flow's `caller.segment == "vip"` needs something to compare.
            caller={"number": call.caller_number, "name": call.caller_name, "segment": ""},
            now=now.astimezone(self._zone),
            region=settings.calls.region,
        )
        version = rooms.live.current
        basis = Basis(
            flow=settings.calls.flow, flow_version=version.flows.version, release=version.release, at=now
        )
        record = rooms.records.begin(call, basis, language=facts.language)
        facts = replace(facts, recorded=record.recording is not None)  # else a notice would be untrue
        conversation = Conversation(version.flows, settings.calls.flow, facts)
        services = Services(
            prompts=rooms.voice.prompts,
            recognizer=rooms.voice.recognizer,
            lookups=rooms.lookups,
            clock=self._clock,
            watch=self._watch,
            longest_call=settings.calls.longest,
        )
        Session(call, conversation, record, services).live()

    def stop(self, deadline: float = 30.0) -> None:
        """Stops admitting, lets calls end for `deadline` seconds, releases the rest, writes records."""
        if self._outbound is not None:
            released = self._outbound.close(deadline)
            if released:
                log.warning("calls_released", calls=released)
        if self._opening is not None:
            self._opening.kill()
        self._stop_listening()
        if self._upkeep is not None:
            self._upkeep.close()
        if self._rooms is not None:
            self._rooms.live.close()
            if self._reader is not None:
                self._reader.close()
            self._rooms.records.close()
            self._rooms.voice.close()
            self._rooms.store.close()
            self._rooms = None
        if self._node is not None:
            self._node.release()
