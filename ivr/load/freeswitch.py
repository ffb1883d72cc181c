"""A FreeSWITCH of our own for a measurement: configured by our own renderer, started, its CPU read, stopped.

Rules:
1. It touches nothing outside its temporary folder, listens on free loopback ports, and is ended by its pid.
2. Its configuration is the product's, with two additions: mod_lua, and an extension that leads to a script
   in the place of our server.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import gevent
from gevent import subprocess

from esl import commands
from esl.errors import EslError
from esl.freeswitch.configuration import EventSocket, Limits, Server, Sip, SwitchConfiguration
from esl.freeswitch.folder import prepare, write
from esl.inbound import InboundConnection
from ivr.errors import MeasurementImpossible

START_DEADLINE = 60.0
"""Seconds; the first start of an installation makes a certificate, which takes 5 of them."""
STOP_DEADLINE = 10.0
EXTENSION = "9100"
"""Leads to our server, as the product's dialplan does."""
SCRIPTED = "9200"
"""The same way through the dialplan, with a Lua script in the place of our server."""
RTP_PORTS = 4000
_SESSIONS = 2000
_PER_SECOND = 1000


def find_freeswitch() -> Path:
    """`freeswitch` below FREESWITCH_HOME, else on PATH. Raises `MeasurementImpossible`."""
    home = os.environ.get("FREESWITCH_HOME")
    found = str(Path(home) / "bin" / "freeswitch") if home else shutil.which("freeswitch")
    if found is None or not os.access(found, os.X_OK):
        raise MeasurementImpossible(
            f"{found} is no FreeSWITCH" if found else "There is no FreeSWITCH here",
            "Put `freeswitch` on PATH, or name its folder in FREESWITCH_HOME",
        )
    if not _has_lua(Path(found)):
        raise MeasurementImpossible(
            "This FreeSWITCH has no mod_lua, which the measurement compares with", "Install mod_lua"
        )
    return Path(found)


def _has_lua(binary: Path) -> bool:
    """Whether mod_lua is where the two usual layouts keep modules; True if neither is there to look at."""
    home = binary.resolve().parent.parent
    folders = [home / "mod", home / "lib" / "freeswitch" / "mod"]
    there = [folder for folder in folders if folder.is_dir()]
    return not there or any((folder / "mod_lua.so").exists() for folder in there)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port of the loopback interface that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads so far: user and system (proc(5), fields 14 and 15)."""
    fields = (
        Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class MeasuredSwitch:
    """A running FreeSWITCH."""

    pid: int
    sip_port: int
    event_port: int
    event_password: str
    server_port: int
    """Where it brings the calls to `EXTENSION`."""

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu_seconds(self.pid)


@contextmanager
def measured_switch(binary: Path, script: str, folder: Path) -> Iterator[MeasuredSwitch]:
    """A FreeSWITCH below `folder` for the length of a `with`; callers of `SCRIPTED` meet the Lua `script`.

    Raises `MeasurementImpossible` if it does not start.
    """
    server_port, event_port = free_port(), free_port()
    configuration = _configuration(folder, server_port, event_port)
    password = _write(folder, configuration, script)
    output = (folder / "output").open("wb")
    with output:
        child = _start(binary, folder, output)
        try:
            switch = MeasuredSwitch(child.pid, configuration.sip.port, event_port, password, server_port)
            _wait_ready(child, switch, folder)
            yield switch
        finally:
            _stop(child)


def _configuration(folder: Path, server_port: int, event_port: int) -> SwitchConfiguration:
    first = random.randrange(20000, 32000 - RTP_PORTS, 2)  # noqa: S311 - no secret, a place for the sound
    return SwitchConfiguration(
        servers=(Server("127.0.0.1", server_port),),
        sip=Sip("127.0.0.1", _free_sip_port()),
        event_socket=EventSocket("127.0.0.1", event_port),
        limits=Limits(_SESSIONS, _PER_SECOND, first, first + RTP_PORTS),
        recordings=PurePosixPath(folder / "recordings"),
        log_level="warning",
    )


def _free_sip_port() -> int:
    """Free for UDP and TCP."""
    for _ in range(50):
        port = free_port(socket.SOCK_DGRAM)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise MeasurementImpossible("No port is free for SIP", "Try again")


def _write(folder: Path, configuration: SwitchConfiguration, script: str) -> str:
    """Writes the configuration with our two additions; returns the event socket's password."""
    for name in ("conf", "log", "db", "run", "tmp", "storage", "cache", "recordings", "sounds", "scripts"):
        (folder / name).mkdir()
    preparation = prepare(folder / "conf", configuration)
    write(preparation)
    scripted = folder / "scripts" / "call.lua"
    scripted.write_text(script, encoding="utf-8")
    for change in preparation.changes:
        file = folder / "conf" / change.file.place
        text = file.read_text(encoding="utf-8")
        if "mod_event_socket" in text and "<modules>" in text:
            file.write_text(
                text.replace("<modules>", '<modules>\n<load module="mod_lua"/>'), encoding="utf-8"
            )
        elif 'name="callers"' in text:
            file.write_text(_with_script(text, scripted), encoding="utf-8")
    return preparation.event_password_file.read_text(encoding="utf-8").strip()


def _with_script(dialplan: str, script: Path) -> str:
    """The dialplan with a second extension before the first: the same actions, but for `socket`."""
    start = dialplan.index('<extension name="callers">')
    end = dialplan.index("</extension>") + len("</extension>")
    actions = [
        f'<action application="lua" data="{script}"/>' if 'application="socket"' in line else line
        for line in dialplan[start:end].splitlines()
        if "<condition" not in line and "extension" not in line
    ]
    extension = [
        '<extension name="scripted">',
        f'<condition field="destination_number" expression="^{SCRIPTED}$">',
        *actions,
        "</extension>",
    ]
    return dialplan[:start] + "\n".join(extension) + "\n" + dialplan[start:]


def _start(binary: Path, folder: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    names = ("conf", "log", "db", "run", "storage", "cache", "recordings", "sounds", "scripts")
    places = {name: folder / name for name in names}
    places |= {"temp": folder / "tmp", "certs": _certificates()}
    places |= dict.fromkeys(("htdocs", "grammar"), folder / "tmp")
    arguments = [str(binary), "-nonat", "-nf", "-nc", "-np"]
    if setpriv := shutil.which("setpriv"):  # a measurement that is killed leaves no switch behind
        arguments = [setpriv, "--pdeathsig", "KILL", *arguments]
    for name, place in places.items():
        arguments += [f"-{name}", str(place)]
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder)


def _certificates() -> Path:
    """Kept between measurements: an empty folder costs 5 s at every start."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ivr" / "bench-certs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _wait_ready(child: subprocess.Popen[bytes], switch: MeasuredSwitch, folder: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE
    while child.poll() is None and time.monotonic() < deadline:
        if _is_ready(switch):
            return
        gevent.sleep(0.1)
    said = (folder / "output").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise MeasurementImpossible(
        f"FreeSWITCH did not start ({said[-1][:200] if said else 'it said nothing'})", "Run it by hand once"
    )


def _is_ready(switch: MeasuredSwitch) -> bool:
    connection = InboundConnection("127.0.0.1", switch.event_port, switch.event_password, timeout=2.0)
    try:
        connection.connect()
        ready = "is ready" in connection.api(commands.api("status"))
        return ready and "RUNNING" in connection.api(commands.api("sofia status"))
    except EslError:
        return False
    finally:
        connection.stop()


def _stop(child: subprocess.Popen[bytes]) -> None:
    for last_word in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        child.send_signal(last_word)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=STOP_DEADLINE)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Where a measurement keeps everything."""
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        yield Path(folder)
