"""The embedded switch as a child process: FreeSWITCH's place on a machine that has none."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import structlog
from gevent import subprocess

from esl.freeswitch.configuration import QUEUE_DOMAIN
from ivr.config import CHECKOUT, Settings
from ivr.errors import SwitchFailed
from ivr.queueing.plan import Plan
from ivr.switch_settings import QueueSettings

log = structlog.get_logger(__name__)

START_DEADLINE = 60.0
"""Seconds until the child must have said that it is ready."""
STOP_DEADLINE = 5.0
"""Seconds that the child has to end by itself."""
FALLBACK_QUEUE = "billing"
"""Where callers land whom the server cannot serve."""


@dataclass(frozen=True)
class SwitchAddresses:
    """Where the embedded switch can be reached: (host, port) each."""

    events: tuple[str, int]
    lines: tuple[str, int]
    password: str = field(repr=False, default="")
    """Of its event socket."""


def switch_config(
    settings: Settings,
    *,
    server: tuple[str, int],
    queues: Sequence[str],
    plan: Plan,
    ports: tuple[int, int],
    agent_talks_for: float | None = None,
    agent_voice: Path | None = None,
) -> dict[str, Any]:
    """What the child is to be: one number that is brought to `server`, and a queue behind it.

    `queues` are those of the live flows, `plan` says how they are. `ports`: event socket and lines; 0 takes a
    free one. `agent_talks_for`: seconds; None takes that of the settings.
    """
    stand_in = settings.switch.stand_in_agent
    agent: dict[str, Any] = {
        "name": "agent",
        "answers_after": stand_in.answers_after,
        "talks_for": stand_in.talks_for if agent_talks_for is None else agent_talks_for,
    }
    if agent_voice is not None:
        agent["voice"] = str(agent_voice)
    events_port, lines_port = ports
    config: dict[str, Any] = {
        "event_socket": f"{settings.switch.event_host}:{events_port}",
        "line": f"127.0.0.1:{lines_port}",
        "recordings": str(settings.recordings_folder),
        "extensions": [
            {"destination": destination, "actions": _actions(server)}
            for destination in (settings.switch.destination, settings.agents.star_code)
        ],
        "queues": [
            {
                "name": f"{queue}@{QUEUE_DOMAIN}",
                # Somebody who always answers, as long as nobody is declared.
                "agents": [] if plan.agents else [agent],
                "overflow_after": _overflow_after(plan, queue),
                **_longest_waits(settings, plan, queue),
            }
            for queue in sorted({*queues, *plan.names})
        ],
    }
    if settings.switch.event_password is not None:
        config["password"] = settings.switch.event_password
    return config


def _actions(server: tuple[str, int]) -> list[list[str]]:
    """What becomes of a call: the server's, and after it, or without it, the fallback queue's."""
    host, port = server
    return [
        ["set", "socket_resume=true"],
        ["socket", f"{host}:{port} async full"],
        ["stop_record_session", "${ivr_tap}"],
        ["record_session_unmask", "${ivr_recording}"],
        ["answer"],
        ["callcenter", f"{FALLBACK_QUEUE}@{QUEUE_DOMAIN}"],
    ]


def _longest_waits(settings: Settings, plan: Plan, queue: str) -> dict[str, int]:
    """As `ivr queues sync` wants them: what queues.yaml declares, else what `freeswitch.queues` describes."""
    described = {one.name: one for one in settings.freeswitch.queues}
    declared = plan.queues.get(queue)
    limits = declared.written if declared else described.get(queue, QueueSettings(name=queue))
    return {
        "longest_wait": limits.longest_wait,
        "longest_wait_without_agents": limits.longest_wait_without_agents,
    }


def _overflow_after(plan: Plan, queue: str) -> int:
    overflow = plan.queue(queue).written.overflow
    return overflow.after if overflow else 0


class EmbeddedSwitchProcess:
    """A child that runs `esl.embedded`. If we die, it takes no more calls and ends with its last one."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._child: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - the child writes to it while it lives
        self._addresses: SwitchAddresses | None = None

    @property
    def addresses(self) -> SwitchAddresses:
        """Where it listens. Raises `SwitchFailed` before `start`."""
        if self._addresses is None:
            raise SwitchFailed("The embedded switch does not run", "Start it first")
        return self._addresses

    @property
    def pid(self) -> int:
        """The child's process id."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Starts the child and waits until it is ready. Raises `SwitchFailed`."""
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(self._config, file)
            file.flush()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "esl.embedded", "--config", file.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                cwd=CHECKOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            assert self._child.stdout is not None
            line = gevent.with_timeout(START_DEADLINE, self._child.stdout.readline, timeout_value=b"")
            self._addresses = _ready(line)
        if self._addresses is None:
            self.stop()
            raise SwitchFailed(
                f"The embedded switch did not start ({self.last_words()})",
                "Free the ports it names, or choose others (switch.event_port, switch.line_port)",
            )

    def wait(self) -> int:
        """Waits for the child's end; returns its status."""
        assert self._child is not None
        return int(self._child.wait())

    @property
    def ended(self) -> bool:
        """Whether the child has ended without having been asked to."""
        return self._child is not None and self._child.poll() is not None

    def stop(self, deadline: float = 0.0) -> None:
        """Ends the child: asked to end with its last call, told to after `deadline` seconds, then made to.

        Safe to call twice.
        """
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()  # from here on it takes no calls, and ends with the last one
        if deadline:
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=deadline)
        if child.poll() is None:
            child.terminate()
        try:
            child.wait(timeout=STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            log.warning("embedded_switch_killed", pid=child.pid)
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()

    def last_words(self) -> str:
        """The last line that the child wrote on standard error."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _ready(line: bytes) -> SwitchAddresses | None:
    """The addresses of the child's ready line; None if it is none."""
    try:
        said = json.loads(line)
        return SwitchAddresses(_address(said["event_socket"]), _address(said["line"]), said["password"])
    except (ValueError, KeyError, TypeError):
        return None


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
