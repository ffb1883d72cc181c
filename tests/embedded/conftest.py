"""A running switch, on a clock that never waits, and what is needed around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from esl.embedded.caller import ScriptedCaller
from esl.embedded.clock import Clock, VirtualClock
from esl.embedded.config import read_config
from esl.embedded.switch import EmbeddedSwitch
from tests.embedded.replay import Server

PASSWORD = "not-the-default"


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """Switch, callers and servers of a test share this process, and so one exact timeline."""
    clock = VirtualClock()
    yield clock
    clock.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def make_switch(tmp_path: Path) -> Iterator[Callable[..., EmbeddedSwitch]]:
    """Starts switches; those that were started are stopped after the test."""
    running: list[EmbeddedSwitch] = []

    def make(*actions: list[str], clock: Clock, **more: Any) -> EmbeddedSwitch:
        config = {
            "event_socket": "127.0.0.1:0",
            "line": "127.0.0.1:0",
            "password": PASSWORD,
            "recordings": str(tmp_path / "recordings"),
            "sounds": str(tmp_path / "sounds"),
            "extensions": [
                {"destination": "9100", "actions": [list(action) for action in actions or (["park"],)]}
            ],
            **more,
        }
        switch = EmbeddedSwitch(read_config(config), clock)
        switch.start()
        running.append(switch)
        return switch

    yield make
    for switch in running:
        switch.stop()


@pytest.fixture
def call() -> Iterator[Callable[..., ScriptedCaller]]:
    """Joins callers; those who are still there hang up after the test."""
    callers: list[ScriptedCaller] = []

    def make(switch: EmbeddedSwitch, **more: Any) -> ScriptedCaller:
        caller = ScriptedCaller(
            switch.line_address,
            **{"destination": "9100", "name": "Ana Pérez", "clock": switch.clock, **more},
        )
        caller.join()
        callers.append(caller)
        return caller

    yield make
    for caller in callers:
        caller.hang_up()
