"""What is installed, reachable and misconfigured here, and what to do about it.

Each finding is `good`, `note` (works, but something is missing that could be there) or `bad` (calls
would fail). Nothing is changed by looking.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data.errors import DataError, ReleaseDamaged
from data.store import Store
from dialogs.errors import DialogError, FlowsInvalid, UnknownFlow
from dialogs.loader import load_flows
from ivr import doctor_speech, doctor_switch, doctor_understanding
from ivr.back_ends import declared_in
from ivr.back_ends.trying import try_systems
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.config import Settings
from ivr.errors import IvrError
from ivr.finding import Finding, State
from ivr.messenger import checkup
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.folder import write_folder
from ivr.queueing.reading import misfits
from ivr.rooms import catalogue_of, writable
from speech.cached_synthesizer import CachedSynthesizer
from speech.errors import SpeechError
from speech.model_catalogue import CATALOGUE
from speech.models import ModelStore
from speech.pyttsx3 import SYSTEM_VOICES, Pyttsx3

ENOUGH_DISK = 1 << 30
"""Bytes: an hour of stereo recordings takes 115 MB."""
ENOUGH_LIVE_AUDIO = 32 << 20
"""Bytes: a call holds 80 kB at most, so this is enough for 400."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at everything, one finding after the other."""
    yield _python()
    yield _folder(settings.recordings_folder, "recordings")
    yield _folder(settings.prompts_folder, "prompts")
    yield _folder(settings.spool_folder, "spool")
    yield from _disks(settings)
    yield _shared_memory()
    yield _database(settings)
    yield from examine_flows(settings)
    yield from _back_ends(settings)
    yield _contact_rules(settings)
    yield _outbox(settings)
    yield _synthesis(settings)
    yield from _models(settings)
    yield from doctor_speech.listening(settings)
    yield from doctor_speech.engines_elsewhere(settings)
    yield from doctor_understanding.rasa_servers(settings)
    yield from _messages(settings)
    yield from _ports(settings)
    yield doctor_switch.installed(settings)
    if settings.switch.kind == "freeswitch":
        yield doctor_switch.event_socket(settings)
        yield doctor_switch.fallback(settings)


def examine_flows(settings: Settings) -> Iterator[Finding]:
    """The flows of the folder, and those that new calls take."""
    yield _flows(settings)
    yield _live_flows(settings)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", "good", version)
    return Finding("Python", "bad", version, "Use Python 3.11, 3.12 or 3.13")


def _folder(folder: Path, what: str) -> Finding:
    try:
        writable(folder, what)
    except IvrError as fault:
        return Finding(f"{what} folder", "bad", fault.what, fault.remedy)
    return Finding(f"{what} folder", "good", str(folder))


def _disks(settings: Settings) -> Iterator[Finding]:
    """Every file system that calls write to, once."""
    wanted = [
        ("disk", settings.home, ENOUGH_DISK),
        ("disk of recordings", settings.recordings_folder, ENOUGH_DISK),
        ("disk of the spool", settings.spool_folder, ENOUGH_DISK),
    ]
    if settings.switch.kind == "freeswitch":
        wanted.append(("disk of live audio", settings.freeswitch.live_audio, ENOUGH_LIVE_AUDIO))
    seen = set()
    for what, folder, enough in wanted:
        try:
            system, free = folder.stat().st_dev, shutil.disk_usage(folder).free
        except OSError:  # a folder that is missing is told by itself
            continue
        if system in seen:
            continue
        seen.add(system)
        found = f"{free / (1 << 30):.1f} GiB free at {folder}"
        if free < enough:
            yield Finding(what, "bad", found, "Make room: recordings and the call record need it")
        else:
            yield Finding(what, "good", found)


def _shared_memory() -> Finding:
    folder = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    if folder.is_dir() and os.access(folder, os.W_OK):
        return Finding("live audio", "good", f"{folder} is there")
    return Finding(
        "live audio", "note", f"{folder} is not writable", "The temporary folder is used; a tmpfs costs less"
    )


def _database(settings: Settings) -> Finding:
    store = Store(settings.database_url)
    try:
        checked = store.check()
    except DataError as fault:
        state: State = "note" if fault.code in {"schema_missing", "schema_older"} else "bad"
        return Finding("database", state, fault.what, fault.remedy)
    finally:
        store.close()
    return Finding("database", "good", f"{checked.database}, schema {checked.schema}, {checked.integrity}")


def _flows(settings: Settings) -> Finding:
    try:
        flows = load_flows([settings.flows_folder], catalogue_of(settings))
        flows.flow(settings.calls.flow)
        if unfit := misfits(settings.queues_file, flows.catalogue, settings.freeswitch.queue_names):
            return Finding("flows", "bad", str(unfit[0]), "No server starts with it: see `ivr queues check`")
    except UnknownFlow as fault:
        release = _published(settings)
        if release is None:
            return Finding("flows", "bad", str(fault), "Add it to the folder, or set calls.flow")
        return Finding(
            "flows in the folder",
            "note",
            f"{fault}; servers go by release {release}",
            "Before you publish the folder: add it, or set calls.flow",
        )
    except (DialogError, IvrError) as fault:
        first = str(fault).splitlines()[0]
        return Finding("flows", "bad", first, "Run `ivr check` and mend what it names")
    return Finding(
        "flows in the folder",
        "good",
        f"{len(flows.flows)} in {settings.flows_folder}, version {flows.version}",
    )


def _published(settings: Settings) -> int | None:
    """The release that servers go by, or will go by in a moment; `None`: the folder."""
    store = Store(settings.database_url)
    try:
        last = store.releases.last()
    except DataError:
        return None
    finally:
        store.close()
    return None if last is None else last.release


def _live_flows(settings: Settings) -> Finding:
    """What new calls take: a published release, or the folder."""
    store = Store(settings.database_url)
    try:
        live = store.releases.live(datetime.now(UTC))
        to_come = store.releases.last() if live is None else None
        if to_come is not None:
            moment = f"{to_come.effective_at:%Y-%m-%d %H:%M:%S} UTC"
            return Finding("live flows", "good", f"release {to_come.release} from {moment} on")
        if live is None:
            return Finding("live flows", "good", f"from {settings.flows_folder}: nothing was published yet")
        files = store.releases.files(live.release)
        unfit = _misfit(settings, files)
    except ReleaseDamaged as fault:
        return Finding("live flows", "bad", fault.what, fault.remedy)
    except DataError as fault:
        return Finding("live flows", "note", fault.what, fault.remedy)
    finally:
        store.close()
    if unfit:
        return Finding(
            "live flows",
            "bad",
            f"release {live.release} lets no server start: {unfit}",
            "Or go back: ivr flow rollback",
        )
    since = f"{live.effective_at:%Y-%m-%d %H:%M:%S} UTC"
    return Finding("live flows", "good", f"release {live.release} since {since}, {len(files)} files")


def _misfit(settings: Settings, files: Mapping[str, bytes]) -> str:
    """Why a server would not start with these files of a release and our file of queues; empty: it would."""
    try:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "release"
            write_folder(files, folder)
            return "; ".join(
                map(str, misfits(settings.queues_file, catalogue_in(folder), settings.freeswitch.queue_names))
            )
    except (FlowsInvalid, IvrError) as fault:
        return str(fault).splitlines()[0]


def _back_ends(settings: Settings) -> Iterator[Finding]:
    """The company's systems, each tried."""
    file = settings.back_ends_file
    if file is None:
        yield Finding("back ends", "good", "none declared: the own database answers")
        return
    try:
        declared = declared_in(file)
    except DialogError as fault:
        yield Finding(
            "back ends", "bad", str(fault).splitlines()[0], "Run `ivr check` and mend what it names"
        )
        return
    for tried in try_systems(declared):
        state: State = "good" if tried.good else "bad"
        yield Finding(f"back end {tried.name}", state, tried.found, tried.remedy)


def _contact_rules(settings: Settings) -> Finding:
    """Whether they can be read, and contacts are kept on record for as long as they ask for."""
    what, kept = "contact rules", settings.retention.contacts
    try:
        rules = load_rulebook(settings.path(settings.contact_rules)).rules
    except FlowsInvalid as fault:
        return Finding(what, "bad", str(fault.problems[0]), "Nobody is contacted until then: ivr rules check")
    today = datetime.now(ZoneInfo(settings.calls.zone)).date()
    wanted = [(one.retention_days, one.id) for one in rules if one.retention_days and one.in_force(today)]
    longest, rule = max(wanted, default=(0, ""))
    if kept is not None and kept < longest:
        found = f"contacts are kept on record for {kept} days, {rule} asks for {longest}"
        return Finding(what, "note", found, f"Set retention.contacts to {longest} if that rule is yours")
    return Finding(what, "good", f"{len(rules)}, and contacts are kept for as long as they ask")


def _outbox(settings: Settings) -> Finding:
    """Whether anything was given up that a caller was told would be done."""
    store = Store(settings.database_url)
    try:
        state = store.outbox.state(("write",))
    except DataError as fault:
        return Finding("writes", "note", fault.what, fault.remedy)
    finally:
        store.close()
    found = f"{state.waiting} waiting, {state.given_up} given up"
    if state.given_up:
        return Finding("writes", "note", found, "Look at `ivr outbox list`: nobody else will do it")
    return Finding("writes", "good", found)


def _messages(settings: Settings) -> Iterator[Finding]:
    """Whether messages would arrive."""
    store = Store(settings.database_url)
    try:
        lying = checkup.waiting(store)
    finally:
        store.close()
    states: dict[bool | None, State] = {True: "good", False: "bad", None: "note"}
    for one in (*checkup.knock(settings.messages, settings.messages_folder), *([lying] if lying else ())):
        yield Finding(one.what, states[one.good], one.found, one.remedy)


def _synthesis(settings: Settings) -> Finding:
    speaker = Pyttsx3(voices=SYSTEM_VOICES)
    try:
        speaker.wait_ready(20.0)
        CachedSynthesizer(speaker, settings.prompts_folder / "cache").make("Hola.", language="es")
    except SpeechError as fault:
        return Finding("synthesis", "bad", str(fault), "Install again: make demo")
    finally:
        speaker.close()
    return Finding("synthesis", "good", f"{speaker.engine} speaks {', '.join(sorted(SYSTEM_VOICES))}")


def _models(settings: Settings) -> Iterator[Finding]:
    folder = settings.models_folder
    if folder is not None and not folder.is_dir():
        yield Finding("speech.models", "bad", f"{folder} is not there", "Correct it, or take it out")
    store = ModelStore(local=folder)
    for name in CATALOGUE:
        there = store.installed(name)
        if there is not None and (damage := store.damage(name)):
            yield Finding(f"model {name}", "bad", damage, f"ivr models pull {name}")
        elif there is not None:
            checked = "verified" if there.verified else "not verified"
            yield Finding(f"model {name}", "good", f"{there.folder} ({checked})")
        else:
            yield Finding(f"model {name}", "note", "not installed", f"ivr models pull {name}")


def _ports(settings: Settings) -> Iterator[Finding]:
    wanted = [("outbound.port", settings.outbound.host, settings.outbound.port)]
    if settings.audio.transport == "websocket":
        wanted.append(("audio.port", settings.audio.host, settings.audio.port))
    if settings.switch.kind == "embedded":
        wanted.append(("switch.event_port", settings.switch.event_host, settings.switch.event_port))
        wanted.append(("switch.line_port", "127.0.0.1", settings.switch.line_port))
    for name, host, port in wanted:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((host, port))
            except OSError as taken:
                yield Finding(
                    name,
                    "note",
                    f"{host}:{port} cannot be bound ({taken.strerror})",
                    "Fine if our own server runs; else end who listens there, or set another port",
                )
            else:
                yield Finding(name, "good", f"{host}:{port} is free")
