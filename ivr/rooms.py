"""What the server is made of: each room is opened in turn and found sound, and closed in reverse order."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
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
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.static import static_prompts
from ivr.agents.opening import outcomes_of, staff_of
from ivr.agents.outcomes import Outcomes
from ivr.agents.roster import Roster
from ivr.agents.star_code import StarCode
from ivr.back_ends import declared_in, live_schemas
from ivr.back_ends.call_outcome import tell_of_ended_calls
from ivr.back_ends.of_a_call import CALL_OUTCOME
from ivr.back_ends.port import BackEnds
from ivr.back_ends.reading import Declared
from ivr.back_ends.writing import Writing
from ivr.callers.knowing import KnownCallers
from ivr.clock import Clock
from ivr.config import Settings
from ivr.errors import NotWritable
from ivr.in_thread import in_thread
from ivr.installed import open_performers
from ivr.living.back_end_work import Filler
from ivr.living.hold_music import filler_of
from ivr.living.voicing import one_moments
from ivr.lookups import Lookups
from ivr.outbox import Outbox
from ivr.performers import Performers
from ivr.publishing.catalogues import live_catalogue
from ivr.publishing.copies import Copies
from ivr.publishing.live import LiveFlows, Sources
from ivr.publishing.loading import FlowReader
from ivr.queueing.keeping import PlacesKept
from ivr.queueing.people import Kept, People
from ivr.records import Records
from ivr.voice import LANGUAGES, Fetching, Tell, Voice

log = structlog.get_logger(__name__)

OPEN_EVERY = 5.0
"""Seconds between two tries to find a database that was lost at the start."""


@dataclass(frozen=True)
class Rooms:
    """What calls are lived with."""

    store: Store
    records: Records
    live: LiveFlows
    queues: frozenset[str]
    """Those of the flows that the server began with."""
    voice: Voice
    lookups: BackEnds
    writes: Writing
    filler: Filler
    callers: KnownCallers
    performers: Performers
    people: People
    roster: Roster
    outcomes: Outcomes
    outbox: Outbox


@dataclass(frozen=True)
class Furnishing:
    """What the rooms are opened with. `tell` hears what is done, `fetching` how a model's download goes."""

    settings: Settings
    clock: Clock
    tell: Tell
    fetching: Fetching
    extra_languages: Sequence[str] = ()

    def local_time(self) -> datetime:
        """What the clock on the site's wall shows."""
        return self.clock.utc().astimezone(ZoneInfo(self.settings.calls.zone))


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
    """Names this server process among those that share a database; the same after a restart. Two that would
    have the same name are told apart by `data.nodes`."""
    return f"{socket.gethostname()}:{settings.outbound.port}"


def catalogue_of(settings: Settings) -> Catalogue:
    """What the folder's flows may use. Raises `FlowsInvalid`."""
    return live_catalogue(settings.flows_folder, live_schemas(settings.back_ends_file))


def copies_of(settings: Settings) -> Copies:
    """The releases that this machine keeps for a start without the database."""
    return Copies(settings.spool_folder / "flows", settings.database_url)


def check_folders(settings: Settings) -> None:
    """Raises `NotWritable` for the first folder that calls will write to and cannot."""
    if settings.calls.record:
        writable(settings.recordings_folder, "recordings")
    writable(settings.prompts_folder, "prompts")
    writable(settings.spool_folder, "spool")


def open_rooms(furnishing: Furnishing, closing: ExitStack) -> Rooms:
    """Opens every room; `closing` closes them.

    Raises `IvrError`, `DataError`, `DialogError`, `SpeechError`; what was opened until then is `closing`'s.
    """
    settings = furnishing.settings
    node = claim(settings.spool_folder, node_id(settings))
    closing.callback(node.release)
    store = Store(settings.database_url, connections=settings.database.connections)
    closing.callback(store.close)
    declared = declared_in(settings.back_ends_file)
    # Before anything ends a call: the first to do so is the recovery, below.
    tell_of_ended_calls(store, declared.writes.get(CALL_OUTCOME), furnishing.clock)
    there = _open_database(store, settings, closing)
    voice = _open_voice(furnishing, closing)
    records = _open_records(furnishing, store, node, closing, recover=there)
    doing = _open_doing(furnishing, store, node, declared, closing)
    live = _open_flows(furnishing, store, voice, closing)
    plan, roster = staff_of(settings, live.current.flows.catalogue)
    star_code = StarCode(roster, Clock().utc)
    doing.lookups.answers("agent", star_code.who)
    doing.writes.does("agent_state", star_code.own_write())
    zone = ZoneInfo(settings.calls.zone)
    callers = KnownCallers(store, region=settings.calls.region, zone=zone, clock=furnishing.clock)
    closing.callback(callers.close)
    people = People(
        plan, now=furnishing.clock.now, local=furnishing.local_time, kept=_kept(furnishing, store)
    )
    performers = open_performers(settings, store, furnishing.clock, closing, doing.outbox, people)
    doing.outbox.start()
    return Rooms(
        store=store,
        records=records,
        live=live,
        queues=live.current.flows.catalogue.queues,
        voice=voice,
        lookups=doing.back_ends,
        writes=doing.writes,
        filler=filler_of(settings),
        callers=callers,
        performers=performers,
        people=people,
        roster=roster,
        outcomes=outcomes_of(settings, plan),
        outbox=doing.outbox,
    )


def _open_voice(furnishing: Furnishing, closing: ExitStack) -> Voice:
    voice = Voice.of(
        furnishing.settings,
        tell=furnishing.tell,
        fetching=furnishing.fetching,
        languages=(*LANGUAGES, *furnishing.extra_languages),
    )
    closing.callback(voice.close)
    return voice


def _open_records(
    furnishing: Furnishing, store: Store, node: Node, closing: ExitStack, *, recover: bool
) -> Records:
    """`recover`: calls of servers that are dead are ended now."""
    settings = furnishing.settings
    records = Records(
        CallLog(store, Spool(settings.spool_folder)),
        node=node.name,
        dead=node.dead,
        clock=furnishing.clock,
        recordings=settings.recordings_folder if settings.calls.record else None,
        messages=settings.recordings_folder,
    )
    closing.callback(records.close)
    if recover and (ended := records.recover()):
        log.warning("unfinished_calls_completed", calls=ended)
    return records


@dataclass(frozen=True)
class _Doing:
    """What flows may ask for and have done, here and in other systems."""

    lookups: Lookups
    back_ends: BackEnds
    outbox: Outbox
    writes: Writing


def _open_doing(
    furnishing: Furnishing, store: Store, node: Node, declared: Declared, closing: ExitStack
) -> _Doing:
    settings = furnishing.settings
    zone = ZoneInfo(settings.calls.zone)
    working = settings.working_days.of_site(settings.calls.region)
    lookups = Lookups(store, furnishing.local_time, working)
    back_ends = BackEnds(lookups, declared, zone=zone)
    closing.callback(back_ends.close)
    for system in back_ends.systems.values():
        if system.unfit:
            log.error("back_end_unfit", system=system.name, reason=system.unfit)
    outbox = Outbox(store, owner=node.name, clock=furnishing.clock)
    closing.callback(outbox.close)
    spool, targets = Spool(settings.spool_folder), back_ends.targets()
    writes = Writing(store, spool, targets, outbox, clock=furnishing.clock, zone=zone, working=working)
    closing.callback(writes.close)
    return _Doing(lookups, back_ends, outbox, writes)


def _kept(furnishing: Furnishing, store: Store) -> Kept:
    callbacks = furnishing.settings.callbacks
    if not callbacks.enabled:
        return lambda _queue, _legs: ()
    first = callbacks.first == "agent"
    return PlacesKept(store.callbacks, now=furnishing.clock.utc, agent_first=first).scores


def _open_database(store: Store, settings: Settings, closing: ExitStack) -> bool:
    """Whether the database is there. Lost for the moment, it is tried again while calls are lived."""

    def ready() -> None:
        store.upgrade()
        store.check()

    def try_again() -> None:
        while True:
            gevent.sleep(OPEN_EVERY)
            try:
                in_thread(ready)
            except DataError as still:
                log.warning("database_lost", reason=str(still))
            else:
                log.warning("database_found_again")
                return

    try:
        ready()
    except (DatabaseLocked, DatabaseLost) as lost:
        if copies_of(settings).last() is None:
            raise  # a machine that has never run a release: better a clear fault now
        log.error("database_lost_at_start", reason=str(lost))
        closing.callback(gevent.spawn(try_again).kill)
        return False
    return True


def _open_flows(furnishing: Furnishing, store: Store, voice: Voice, closing: ExitStack) -> LiveFlows:
    settings = furnishing.settings
    reader = FlowReader(furnishing.extra_languages, live=live_schemas(settings.back_ends_file))
    closing.callback(reader.close)

    def folder() -> FlowSet:
        flows = load_flows(
            [settings.flows_folder], catalogue_of(settings), extra_languages=furnishing.extra_languages
        )
        flows.flow(settings.calls.flow)
        return flows

    def warm(flows: FlowSet) -> None:
        languages = {language for flow in flows.flows.values() for language in flow.languages}
        always_alike = static_prompts(flows) if settings.speech.prepare else ()
        ahead = chain(one_moments(sorted(languages)), always_alike)
        voice.warm_up(ahead, first=settings.calls.language)

    sources = Sources(
        releases=store.releases,
        copies=copies_of(settings),
        folder=folder,
        main=settings.calls.flow,
        load=reader,
    )
    # The machine's clock, even where calls are played in another time: publishers go by it.
    live = LiveFlows(sources, clock=Clock(), warm=warm)
    closing.callback(live.close)
    live.start()
    return live
