"""The whole product on a real FreeSWITCH: settings, the configuration that `init` makes of them, the server.

Rules:
1. The switch is configured by what `ivr freeswitch init` would write for the same settings; only ports and
   folders are the test's.
2. `ServerProcess` is `ivr serve` as an operator starts it, so it can be killed; `ProductStage` has the server
   in this process, so its moments can be watched.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import gevent
from gevent.event import Event

from esl.freeswitch.configuration import SwitchConfiguration
from ivr.cli.freeswitch import switch_configuration
from ivr.clock import Clock
from ivr.config import CHECKOUT, Settings
from ivr.moments import Watch, Watchers
from ivr.server import Server
from ivr.stage import MORNING
from tests.freeswitch.harness import FreeSwitch, free_port, freeswitch

START_DEADLINE = 180.0
"""Seconds; longer than a start takes on any busy machine. Beyond it, the server tells where it stands."""


def configuration(settings: Settings) -> SwitchConfiguration:
    """What `ivr freeswitch init` makes of the settings."""
    return switch_configuration(settings)


def on_free_port(settings: Settings) -> Settings:
    """The settings for a real FreeSWITCH, with a port that stays the same for several starts."""
    outbound = settings.outbound.model_copy(update={"port": free_port()})
    switch = settings.switch.model_copy(update={"kind": "freeswitch"})
    return settings.model_copy(update={"outbound": outbound, "switch": switch})


def beside(settings: Settings, switch: FreeSwitch) -> Settings:
    """The settings of a server that knows where the switch's event socket is, as `init` tells an operator to
    write them into `ivr.yaml`."""
    port = switch.configuration.event_socket.port
    password_file = switch.folder / "conf" / "secrets" / "event_socket"
    (settings.home / "ivr.yaml").write_text(
        f"switch: {{kind: freeswitch, event_port: {port}, event_password: {{file: {password_file}}}}}\n"
    )
    known = {"event_port": port, "event_password": switch.password}
    return settings.model_copy(update={"switch": settings.switch.model_copy(update=known)})


class ServerProcess:
    """`ivr serve` in a process of its own; `said` is what it wrote so far, on both streams."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings, self._log = settings, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        return self._log.read_text(errors="surrogateescape") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts it and waits until it takes calls. Raises `RuntimeError` with what it said."""
        settings = self._settings
        environment = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        environment |= {
            "IVR_HOME": str(settings.home),
            "IVR_DATABASE__URL": settings.database_url,
            "IVR_SPEECH__ENGINE": settings.speech.engine,
            "IVR_API__PORT": "0",
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
        }
        command = [sys.executable, "-m", "ivr", "serve", "--port", str(settings.outbound.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        line = gevent.with_timeout(START_DEADLINE, self._process.stdout.readline, timeout_value=b"")
        if b"taking calls" not in line:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGABRT)  # writes every thread's stack
            self._reap()
            raise RuntimeError(f"ivr serve did not start: {self.said[-4000:]}")

    def kill(self) -> None:
        """As the kernel does when memory is short, or a person in anger: `kill -9`."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> int:
        """As an operator does; the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def _reap(self) -> int:
        if self._process is None:
            return 0
        try:
            return int(self._process.wait(timeout=60))
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()


class ProductStage:
    """Server and FreeSWITCH, from `with` to its end (`product_stage`)."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        """`clock`: by default that of the made-up company, on a morning on which it is open."""
        self.settings = settings
        self.watchers = Watchers()
        self._begun = Event()
        self.server = Server(settings, watch=self.watchers.tell, clock=clock or Clock(begins=MORNING))

    def watch_caller(self, number: str, watch: Watch) -> None:
        """Tells `watch` the moments of the next call from `number`, and of no other."""
        self.watchers.add_for_caller(number, watch)

    def wait_until_idle(self, switch: FreeSwitch) -> None:
        """Waits until no call is lived, every record is written and the switch has no leg left."""
        with gevent.Timeout(20, TimeoutError("calls are still up")):
            while self.server.active_calls or switch.channels():
                gevent.sleep(0.05)
        self.server.rooms.records.wait_until_written()


@contextmanager
def product_stage(settings: Settings) -> Iterator[tuple[ProductStage, FreeSwitch]]:
    """The server, and a FreeSWITCH that brings it its calls."""
    settings = on_free_port(settings)
    with freeswitch(configuration(settings)) as switch:
        stage = ProductStage(beside(settings, switch))
        stage.server.start()
        try:
            yield stage, switch
        finally:
            stage.server.stop(1.0)
