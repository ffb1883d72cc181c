"""`ivr serve` in a process of its own, with the embedded switch, as an operator starts it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import gevent

from esl.embedded.caller import ScriptedCaller

CHECKOUT = Path(__file__).parents[1]
START_SECONDS = 300
"""A machine that is busy with other things was seen to take two minutes over the imports alone."""


class Serving:
    """A server on free ports, telling everything that it can tell in `log`."""

    def __init__(self, home: Path, **variables: str) -> None:
        """`variables`: settings of its environment, such as `IVR_DATABASE__URL`."""
        self.home = home
        self.log = home / f"log-{len(list(home.glob('log-*')))}.txt"
        ports = {"IVR_OUTBOUND__PORT": "0", "IVR_SWITCH__EVENT_PORT": "0", "IVR_SWITCH__LINE_PORT": "0"}
        ports["IVR_API__PORT"] = "0"
        own = {"IVR_HOME": str(home), "IVR_SPEECH__ENGINE": "none", "PYTHONPATH": str(CHECKOUT)}
        own |= {"IVR_SPEECH__PREPARE": "false", "IVR_UNDERSTANDING__PREPARE": "false"}  # nobody speaks
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ivr", "--log-level", "debug", "serve", "--drain", "1"],
                env={**os.environ, **ports, **own, **variables},
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=home,  # whatever a crash leaves would lie there
            )
        # As an administrator may have set it for everybody; the server has to take it back.
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (most, most))
        try:
            with gevent.Timeout(START_SECONDS, AssertionError("the server does not start")):
                line = self._ready()
        except BaseException:
            self.process.kill()
            raise
        host, _, port = line.decode().partition("callers join ")[2].partition(",")[0].rpartition(":")
        self.lines = (host, int(port))

    def _ready(self) -> bytes:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if b"callers join" in line:
                return line
        raise AssertionError(self.log.read_text("utf-8"))

    def caller(self, number: str) -> ScriptedCaller:
        """Who has not dialled yet."""
        return ScriptedCaller(self.lines, destination="9100", number=number)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends the server, and waits for that. Safe to call twice."""
        self.process.send_signal(how)
        with gevent.Timeout(20):
            self.process.communicate()
