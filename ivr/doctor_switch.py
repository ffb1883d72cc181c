"""What `ivr doctor` looks at of FreeSWITCH: is it here, does it let us in, who serves its fallback."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from data.errors import DataError
from dialogs.errors import DialogError
from esl import commands
from esl.errors import EslError, LoginRefusedError
from esl.inbound import InboundConnection
from ivr.agents.opening import staff_of
from ivr.config import Settings
from ivr.errors import IvrError
from ivr.finding import Finding
from ivr.publishing.served import served_catalogue


def installed(settings: Settings) -> Finding:
    """Whether there is one on this machine, if one is wanted."""
    home = os.environ.get("FREESWITCH_HOME")
    found = shutil.which("freeswitch") or (str(Path(home) / "bin" / "freeswitch") if home else None)
    if found and Path(found).exists():
        return Finding("FreeSWITCH", "good", found)
    nowhere = "not on PATH, nor in FREESWITCH_HOME"
    if settings.switch.kind != "freeswitch":
        return Finding("FreeSWITCH", "note", nowhere, "The embedded switch serves meanwhile")
    if _is_local(settings):
        remedy = "No call comes in without it: install and start it, or set switch.kind to embedded"
        return Finding("FreeSWITCH", "bad", nowhere, remedy)
    return Finding("FreeSWITCH", "note", nowhere, "Fine if it runs elsewhere: the event socket tells")


def event_socket(settings: Settings) -> Finding:
    """Whether FreeSWITCH lets us in where the events of all calls come from."""
    what, switch = "event socket", settings.switch
    where = f"{switch.event_host}:{switch.event_port}"
    if switch.event_password is None:
        return Finding(
            what,
            "note",
            f"{where} is not asked: no password is set",
            "Set switch.event_password (`ivr freeswitch init` says where it is); calls go on without",
        )
    connection = InboundConnection(switch.event_host, switch.event_port, switch.event_password, timeout=2.0)
    try:
        connection.connect()
        version = connection.api(commands.api("version")).strip()
    except LoginRefusedError as refused:
        remedy = "Set switch.event_password to FreeSWITCH's, and freeswitch.event_clients to let this host in"
        return Finding(what, "bad", str(refused), remedy)
    except EslError as fault:
        remedy = "Start FreeSWITCH, or set switch.event_host and switch.event_port"
        return Finding(what, "bad", str(fault), remedy)
    finally:
        connection.stop()
    return Finding(what, "good", f"{where} lets us in: {version}")


def fallback(settings: Settings) -> Finding:
    """Whether anybody would take the callers whose server is lost."""
    what, queue = "fallback queue", settings.freeswitch.fallback_queue
    try:
        plan, _ = staff_of(settings, served_catalogue(settings).catalogue)
    except (DataError, DialogError, IvrError) as fault:
        return Finding(what, "note", str(fault).splitlines()[0], "Run `ivr check` and mend what it names")
    serving = sorted({tier.agent for tier in plan.tiers() if tier.queue == queue})
    if not serving:
        remedy = (
            f"Give an agent of agents.yaml `queues: {{{queue}: {{}}}}`, or a telephone of freeswitch.agents"
        )
        return Finding(what, "bad", f"nobody serves {queue}: callers of a lost server wait in vain", remedy)
    return Finding(what, "good", f"{queue} is served by {', '.join(serving[:20])}, once they are in")


def _is_local(settings: Settings) -> bool:
    """Whether the switch is meant to run on this machine, and nobody answers on its event port."""
    try:
        with socket.create_connection((settings.switch.event_host, settings.switch.event_port), timeout=2.0):
            return False
    except OSError:
        return settings.switch.event_host in {"127.0.0.1", "localhost", "::1"}
