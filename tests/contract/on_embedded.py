"""The embedded switch as a place for contracts: its dialplan is the one that `esl.freeswitch` writes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gevent
from gevent.event import Event

from esl.embedded.caller import ScriptedCaller
from esl.embedded.config import read_config
from esl.embedded.line import Invitation
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from tests.contract.place import (
    BRIEF,
    BRIEF_SECONDS,
    EXTENSION,
    FALLBACK,
    MOST_CALLS,
    STAFFED,
    UNSTAFFED,
    UNSTAFFED_SECONDS,
)
from tests.freeswitch.harness import free_port, wait_until

_CONGESTION = "tone_stream://%(200,300,425);loops=4"


@dataclass(frozen=True)
class Frame:
    at: float
    samples: bytes


class LineCaller(ScriptedCaller):
    """A scripted caller who notes when each frame came. Fulfils `Caller`."""

    def __init__(
        self, address: tuple[str, int], *, number: str, name: str, variables: dict[str, str]
    ) -> None:
        super().__init__(address, destination=EXTENSION, number=number, name=name, variables=variables)
        self.over = self.hung_up
        self.frames: list[Frame] = []

    def call(self) -> None:
        self.join()

    def say(self, samples: bytes) -> Event:
        return said(self, samples)

    def press(self, keys: str) -> None:
        self.key(keys)

    def put_on_hold(self, direction: str = "sendonly") -> None:
        self.hold(direction)

    def take_back(self) -> None:
        self.hold("sendrecv")

    @property
    def heard(self) -> Sequence[Frame]:  # type: ignore[override] - the samples are `frames` here
        return self.frames

    def _hear(self, position: int, frame: bytes) -> None:
        super()._hear(position, frame)
        self.frames.append(Frame(time.monotonic(), frame))


class LineCallee(ScriptedCallee):
    """A scripted callee who notes when each frame came. Fulfils `Callee`."""

    def __init__(self, address: tuple[str, int], number: str) -> None:
        super().__init__(address, number=number)
        self.dial = f"user/{number}"
        self.over = self.hung_up
        self.frames: list[Frame] = []
        self.headers: dict[str, str] = {}

    def wait_for_call(self, timeout: float = 10.0) -> Invitation:
        invitation = super().wait_for_call(timeout)
        told = invitation.variables.items()
        self.headers = {name.removeprefix("sip_h_"): value for name, value in told}
        return invitation

    def say(self, samples: bytes) -> Event:
        return said(self, samples)

    def press(self, keys: str) -> None:
        self.key(keys)

    @property
    def keys(self) -> str:
        return self.keys_heard

    @property
    def heard(self) -> Sequence[Frame]:  # type: ignore[override] - the samples are `frames` here
        return self.frames

    def _hear(self, position: int, frame: bytes) -> None:
        super()._hear(position, frame)
        self.frames.append(Frame(time.monotonic(), frame))


def said(who: ScriptedCaller, samples: bytes) -> Event:
    """Begins to say it; the event is set when it is out, or the call over."""
    done = Event()
    utterance = who.start_speaking(samples)

    def watch() -> None:
        while utterance.end < 0 and not who.hung_up.wait(0.01):
            pass
        done.set()

    gevent.spawn(watch)
    return done


class EmbeddedPlace:
    """Fulfils `Place`."""

    name = "embedded"
    pid = os.getpid()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._callers: list[LineCaller | LineCallee] = []
        actions = [
            ["set", "app_disable_expand_variables=true"],
            ["multiset", "socket_resume=true playback_terminators=none ivr_tap=none ivr_recording=none"],
            ["socket", f"127.0.0.1:{self.port} async full"],
            ["set", "app_disable_expand_variables=false"],
            ["stop_record_session", "${ivr_tap}"],
            ["record_session_unmask", "${ivr_recording}"],
            ["set", "app_disable_expand_variables=true"],
            ["set", "ivr_landing=fallback"],
            ["answer"],
            ["set", "hangup_after_bridge=true"],
            ["set", "continue_on_fail=true"],
            ["callcenter", FALLBACK],
            ["playback", _CONGESTION],
            ["hangup", "NORMAL_TEMPORARY_FAILURE"],
        ]
        agent = {"name": "1001@ivr", "status": "Logged Out", "answers_after": 0.2}
        absent = {"name": "1002@ivr", "answers_after": None}
        config = {
            "event_socket": "127.0.0.1:0",
            "line": "127.0.0.1:0",
            "most_calls": MOST_CALLS,
            "calls_per_second": 200,
            "extensions": [{"destination": EXTENSION, "actions": actions}],
            "queues": [
                {"name": FALLBACK, "longest_wait_without_agents": 60},
                {"name": STAFFED, "agents": [agent]},
                {"name": BRIEF, "agents": [absent], "longest_wait": BRIEF_SECONDS},
                {"name": UNSTAFFED, "longest_wait_without_agents": UNSTAFFED_SECONDS},
            ],
        }
        self.switch = EmbeddedSwitch(read_config(config))

    def caller(
        self,
        *,
        number: str = "34600111222",
        name: str = "Ana Pérez",
        asserted: tuple[str, dict[str, str]] | None = None,
    ) -> LineCaller:
        variables = {} if asserted is None else asserted[1]
        caller = LineCaller(self.switch.line_address, number=number, name=name, variables=variables)
        self._callers.append(caller)
        return caller

    def callee(self, number: str) -> LineCallee:
        callee = LineCallee(self.switch.line_address, number)
        callee.join()
        self._callers.append(callee)
        return callee

    @property
    def events(self) -> tuple[tuple[str, int], str]:
        return self.switch.event_socket_address, self.switch.config.password

    def api(self, command: str) -> str:
        name, _, argument = command.partition(" ")
        return self.switch.api(name, argument)

    @contextmanager
    def agent(self, talks_for: float) -> Iterator[Event]:
        agent = self.switch.call_centre.agents["1001@ivr"]
        agent.config = agent.config.model_copy(update={"talks_for": talks_for})
        answered = Event()

        def watch() -> None:  # whoever is set available has answered none
            wait_until(lambda: agent.calls_answered > 0, 30, "an answer by the agent")
            answered.set()

        self.api("callcenter_config agent set status 1001@ivr Available")
        watching = gevent.spawn(watch)
        try:
            yield answered
        finally:
            watching.kill()
            self.api("callcenter_config agent set status 1001@ivr 'Logged Out'")
            wait_until(lambda: agent.state == "Waiting", 10, "the agent's last call over")

    def hang_up_all(self) -> None:
        for caller in self._callers:
            caller.hang_up()
        self._callers.clear()
