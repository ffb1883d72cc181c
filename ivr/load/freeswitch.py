"""A FreeSWITCH of our own, for measurements and tests: configured by our renderer, started, watched, stopped.

Rules:
1. It touches nothing outside its temporary folder, listens on free loopback ports, and is ended by its pid.
2. Its configuration is the product's. A measurement adds mod_lua, and an extension that leads to a script in
   the place of our server.
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
from dataclasses import replace
from pathlib import Path, PurePosixPath

import gevent
from gevent import subprocess

from esl import commands
from esl.errors import EslError
from esl.freeswitch.configuration import Limits, Server, SwitchConfiguration
from esl.freeswitch.folder import prepare, write
from esl.inbound import InboundConnection
from ivr.errors import MeasurementImpossible

START_DEADLINE = 60.0
"""Seconds; the first start of an installation makes a certificate, which takes 5 of them."""
STOP_DEADLINE = 10.0
IDLE_DEADLINE = 20.0
"""Seconds after the last call in which the switch must be rid of it."""
EXTENSION = "9100"
"""Leads to our server, as the product's dialplan does."""
SCRIPTED = "9200"
"""The same way through the dialplan, with a Lua script in the place of our server."""
RTP_PORTS, MEASURED_RTP_PORTS = 400, 4000
_PLACES = ("conf", "log", "db", "run", "storage", "cache", "recordings", "sounds", "scripts")
"""Folders that FreeSWITCH has options for, by their names."""
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
    return Path(found)


def need_lua(binary: Path) -> None:
    """Raises `MeasurementImpossible` where mod_lua is not where the two usual layouts keep modules; not if
    neither is there to look at."""
    home = binary.resolve().parent.parent
    folders = [home / "mod", home / "lib" / "freeswitch" / "mod"]
    there = [folder for folder in folders if folder.is_dir()]
    if there and not any((folder / "mod_lua.so").exists() for folder in there):
        raise MeasurementImpossible(
            "This FreeSWITCH has no mod_lua, which the measurement compares with", "Install mod_lua"
        )


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


class OwnFreeSwitch:
    """A FreeSWITCH below `folder`, which exists and is empty. `configuration` is what it is given, with free
    ports of the loopback interface and the folder's own places filled in."""

    def __init__(
        self, binary: Path, folder: Path, configuration: SwitchConfiguration, *, rtp_ports: int = RTP_PORTS
    ) -> None:
        self._binary, self.folder = binary, folder
        rtp_ports = max(rtp_ports, 2 * configuration.limits.calls)
        first = random.randrange(20000, 32000 - rtp_ports, 2)  # noqa: S311 - no secret, a place for the sound
        for name in (*_PLACES, "tmp", "live"):
            (folder / name).mkdir()
        self.configuration = replace(
            configuration,
            sip=replace(configuration.sip, address="127.0.0.1", port=_free_sip_port()),
            event_socket=replace(configuration.event_socket, address="127.0.0.1", port=free_port()),
            limits=replace(configuration.limits, rtp_first=first, rtp_last=first + rtp_ports),
            recordings=PurePosixPath(folder / "recordings"),
        )
        gateways = [f"gateway-{gateway.name}" for gateway in configuration.gateways]
        self.preparation = prepare(folder / "conf", self.configuration, dict.fromkeys(gateways, "secret"))
        write(self.preparation)
        self.password = self.preparation.event_password_file.read_text(encoding="utf-8").strip()
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def sip(self) -> tuple[str, int]:
        """Where telephones call."""
        return (self.configuration.sip.address, self.configuration.sip.port)

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return cpu_seconds(self.pid)

    def start(self) -> None:
        """Starts it and waits until it takes calls. Raises `MeasurementImpossible`."""
        places = {name: self.folder / name for name in _PLACES}
        places |= {"temp": self.folder / "tmp", "certs": _certificates()}
        places |= dict.fromkeys(("htdocs", "grammar"), self.folder / "tmp")
        arguments = [str(self._binary), "-nonat", "-nf", "-nc", "-np"]
        if setpriv := shutil.which("setpriv"):  # a run that is killed leaves no switch behind
            arguments = [setpriv, "--pdeathsig", "KILL", *arguments]
        for name, place in places.items():
            arguments += [f"-{name}", str(place)]
        with (self.folder / "output").open("wb") as output:
            self._child = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder
            )
        deadline = time.monotonic() + START_DEADLINE
        while not self._is_ready():
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = (self.folder / "output").read_text(encoding="utf-8", errors="replace").strip()
                raise MeasurementImpossible(
                    f"FreeSWITCH did not start ({said[-300:] or 'it said nothing'})", "Run it by hand once"
                )
            gevent.sleep(0.1)

    def _is_ready(self) -> bool:
        event_socket = self.configuration.event_socket
        connection = InboundConnection(event_socket.address, event_socket.port, self.password, timeout=2.0)
        try:
            connection.connect()
            ready = "is ready" in connection.api(commands.api("status"))
            return ready and "RUNNING" in connection.api(commands.api("sofia status"))
        except EslError:
            return False
        finally:
            connection.stop()

    def wait_idle(self) -> None:
        """Waits until no leg is left. Raises `MeasurementImpossible` after `IDLE_DEADLINE`."""
        event_socket = self.configuration.event_socket
        connection = InboundConnection(event_socket.address, event_socket.port, self.password, timeout=5.0)
        deadline = time.monotonic() + IDLE_DEADLINE
        try:
            connection.connect()
            while not connection.api(commands.api("show channels count")).lstrip().startswith("0 total"):
                if time.monotonic() > deadline:
                    raise MeasurementImpossible(
                        f"Legs were left on FreeSWITCH {IDLE_DEADLINE:g} s after the last call", "Try again"
                    )
                gevent.sleep(0.1)
        except EslError as fault:
            raise MeasurementImpossible(
                f"FreeSWITCH does not tell its legs ({fault})", "Try again"
            ) from fault
        finally:
            connection.stop()

    def stop(self) -> None:
        """Asks it to end, then insists. Nothing to do where it has ended."""
        for last_word in (signal.SIGTERM, signal.SIGKILL):
            if self._child is None or self._child.poll() is not None:
                return
            self._child.send_signal(last_word)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=STOP_DEADLINE)

    def kill(self) -> None:
        """What a crash looks like from outside."""
        assert self._child is not None
        self._child.kill()
        self._child.wait(timeout=5)


@contextmanager
def measured_switch(binary: Path, script: str, folder: Path, server_port: int) -> Iterator[OwnFreeSwitch]:
    """A FreeSWITCH below `folder` for the length of a `with`; it brings callers of `EXTENSION` to us at
    `server_port`, and callers of `SCRIPTED` to the Lua `script`. Raises `MeasurementImpossible`."""
    configuration = SwitchConfiguration(
        servers=(Server("127.0.0.1", server_port),),
        limits=Limits(_SESSIONS, _PER_SECOND),
        log_level="warning",
    )
    switch = OwnFreeSwitch(binary, folder, configuration, rtp_ports=MEASURED_RTP_PORTS)
    _add_script(switch, script)
    try:
        switch.start()
        yield switch
    finally:
        switch.stop()


def _free_sip_port() -> int:
    """Free for UDP and TCP."""
    for _ in range(50):
        port = free_port(socket.SOCK_DGRAM)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise MeasurementImpossible("No port is free for SIP", "Try again")


def _add_script(switch: OwnFreeSwitch, script: str) -> None:
    """mod_lua, and an extension that leads to the script."""
    scripted = switch.folder / "scripts" / "call.lua"
    scripted.write_text(script, encoding="utf-8")
    for change in switch.preparation.changes:
        file = switch.folder / "conf" / change.file.place
        text = file.read_text(encoding="utf-8")
        if "mod_event_socket" in text and "<modules>" in text:
            file.write_text(
                text.replace("<modules>", '<modules>\n<load module="mod_lua"/>'), encoding="utf-8"
            )
        elif 'name="callers"' in text:
            file.write_text(_with_script(text, scripted), encoding="utf-8")


def _with_script(dialplan: str, script: Path) -> str:
    """The dialplan with an extension before that of the callers: the same actions, but for `socket`."""
    start = dialplan.index('<extension name="callers">')
    end = dialplan.index("</extension>", start) + len("</extension>")
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


def _certificates() -> Path:
    """Kept between runs: an empty folder costs 5 s at every start."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ivr" / "bench-certs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Where a measurement keeps everything."""
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        yield Path(folder)
