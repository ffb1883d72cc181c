"""The server: brings up what calls need, admits calls, lives each in a session, and shuts down in order.

Rules:
1. What is wrong is found at the start, with one line and its remedy, and not by the first caller.
2. A call that cannot be served (too many, shutting down) is released: the dialplan's next action, a
   queue of people, takes it.
3. Shutting down stops admitting, lets calls end, and releases the rest at the deadline.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from data.call_log import CallLog
from data.spool import Spool
from data.store import Store
from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.static import static_prompts
from esl.errors import AddressTakenError
from esl.outbound import OutboundServer
from esl.switch import Call
from ivr.clock import Clock
from ivr.config import Settings
from ivr.errors import LookupUnknown, NotWritable, PortTaken
from ivr.lookups import LOOKUPS, Lookups
from ivr.moments import Watch, nobody_watches
from ivr.performers import PERFORMERS
from ivr.records import Basis, Records
from ivr.session import Services, Session
from ivr.voice import LANGUAGES, Fetching, Tell, Voice

log = structlog.get_logger(__name__)

CATALOGUE = "catalogue.yaml"
"""Beside the flows: the queues and look-ups that they may name."""


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


def node_id(settings: Settings) -> str:
    """Names this server process among those that share a database; the same after a restart."""
    return f"{socket.gethostname()}:{settings.outbound.port}"


def catalogue_of(settings: Settings) -> Catalogue:
    """What flows may use: the folder's catalogue. Raises `DialogError`, `LookupUnknown`."""
    catalogue = replace(load_catalogue(settings.flows_folder / CATALOGUE), performers=PERFORMERS)
    for name in catalogue.lookups:
        if name not in LOOKUPS:
            raise LookupUnknown(
                f"{settings.flows_folder / CATALOGUE} declares a look-up {name} that nobody answers",
                f"Remove it, or write ivr/lookups/{name}.py; there are {', '.join(sorted(LOOKUPS))}",
            )
    return catalogue


@dataclass(frozen=True)
class Rooms:
    """What the server is made of, once everything has been found sound."""

    store: Store
    records: Records
    flows: FlowSet
    queues: frozenset[str]
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
        try:
            recordings = self._recordings_folder()
            writable(settings.prompts_folder, "prompts")
            writable(settings.spool_folder, "spool")
            store.upgrade()
            store.check()
            catalogue = catalogue_of(settings)
            flows = load_flows([settings.flows_folder], catalogue, extra_languages=self._extra_languages)
            flows.flow(settings.calls.flow)
            voice = Voice.of(
                settings,
                tell=self._tell,
                fetching=self._fetching,
                languages=(*LANGUAGES, *self._extra_languages),
            )
            voice.warm_up(static_prompts(flows), first=settings.calls.language)
            call_log = CallLog(store, Spool(settings.spool_folder))
            recovered = call_log.recover(node_id(settings), self._clock.utc())
            if recovered.completed:
                log.warning("unfinished_calls_completed", calls=len(recovered.completed))
            records = Records(call_log, node=node_id(settings), clock=self._clock, recordings=recordings)
            self._rooms = Rooms(
                store, records, flows, catalogue.queues, voice, Lookups(store, self._local_time)
            )
            self._listen()
        except BaseException:
            if records is not None:
                records.close(deadline=1.0)
            if voice is not None:
                voice.close()
            store.close()
            raise

    def _local_time(self) -> datetime:
        """The time in the company's zone."""
        return self._clock.utc().astimezone(self._zone)

    def _recordings_folder(self) -> Path | None:
        if not self._settings.calls.record:
            return None
        return writable(self._settings.recordings_folder, "recordings")

    def _listen(self) -> None:
        settings = self._settings.outbound
        outbound = OutboundServer(
            (settings.host, settings.port),
            self._take,
            allowed=settings.allowed,
            max_calls=settings.max_calls,
        )
        try:
            outbound.start()
        except AddressTakenError as taken:
            raise PortTaken(
                f"Port {settings.port} on {settings.host} is taken",
                "End the program that listens there, or set outbound.port in ivr.yaml",
            ) from taken
        self._outbound = outbound

    def _take(self, call: Call) -> None:
        """One call, in its own greenlet."""
        rooms, settings = self.rooms, self._settings
        now = self._clock.utc()
        facts = Facts(
            language=settings.calls.language,
            # Nobody is segmented yet: a flow's `caller.segment == "vip"` needs something to compare.
            caller={"number": call.caller_number, "name": call.caller_name, "segment": ""},
            now=now.astimezone(self._zone),
            recorded=settings.calls.record,
        )
        conversation = Conversation(rooms.flows, settings.calls.flow, facts)
        basis = Basis(flow=settings.calls.flow, flow_version=rooms.flows.version, at=now)
        record = rooms.records.begin(call, basis, language=facts.language)
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
        if self._rooms is not None:
            self._rooms.records.close()
            self._rooms.voice.close()
            self._rooms.store.close()
            self._rooms = None
