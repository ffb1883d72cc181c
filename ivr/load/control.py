"""What control costs: the same short call, controlled in each way there is, on a real FreeSWITCH.

The call: answer, 0.2 s of a file, hang up. SIPp makes it, so many a second. CPU is taken from the operating
system, per call: the switch's, and that of the process that controls. Its start and ten calls to warm up are
left out; what follows the last call, until it is recorded and gone from the switch, is counted in. The ways
take turns for several rounds, and the median of the rounds counts, so that a machine that is busy with other
things harms the absolute figures but hardly the ratios.
"""

from __future__ import annotations

import json
import statistics
import sys
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gevent
from gevent import subprocess

from ivr.config import CHECKOUT
from ivr.errors import MeasurementImpossible
from ivr.load.callers import SippCaller, find_sipp
from ivr.load.freeswitch import (
    EXTENSION,
    SCRIPTED,
    OwnFreeSwitch,
    cpu_seconds,
    find_freeswitch,
    free_port,
    measured_switch,
    need_lua,
    temporary_folder,
)

WAYS = {
    "lua": "a Lua script inside FreeSWITCH",
    "bare-shared": "bare gevent sockets, events by one shared connection",
    "bare-own": "bare gevent sockets, each with a narrow filter",
    "bare-myevents": "bare gevent sockets, each with `myevents`",
    "esl-shared": "our ESL layer, events by one shared connection (switch.events: shared)",
    "esl-own": "our ESL layer, each leg with a narrow filter (switch.events: own)",
    "session-shared": "whole sessions with call record, shared",
    "session-own": "whole sessions with call record, own",
}
IN_SWITCH = "lua"
"""What the switch's CPU is compared with."""
YARDSTICK = {"shared": "bare-shared", "own": "bare-own"}
"""What the application's CPU is compared with."""
SOUND_SECONDS = 0.2
WARM_UP = 10
"""Calls before the measured ones."""
READY_DEADLINE = 60.0
SETTLE_DEADLINE = 30.0
_SCRIPT = 'session:answer()\nsession:streamFile("{sound}")\nsession:hangup()\n'


@dataclass(frozen=True)
class Round:
    """One way, once."""

    switch_ms: float
    """CPU milliseconds of the switch per call."""
    application_ms: float
    answer_ms: float
    """From INVITE to 200, the mean."""
    failed: int


@dataclass(frozen=True)
class Cost:
    """One way: the medians of its rounds, and how it compares."""

    way: str
    calls: int
    failed: int
    switch_ms: float
    application_ms: float
    answer_ms: float
    switch_ratio: float | None
    """To the same call in Lua; None without one."""
    application_ratio: float | None
    """To the bare way that hears its events alike."""


Tell = Callable[[str], None]


def measure(
    ways: Sequence[str], *, calls: int, per_second: float, rounds: int, tell: Tell = lambda _text: None
) -> list[Cost]:
    """Measures each way. Raises `MeasurementImpossible`, which says what is missing."""
    freeswitch = find_freeswitch()
    need_lua(freeswitch)
    find_sipp()
    found: dict[str, list[Round]] = {way: [] for way in ways}
    with temporary_folder() as folder:
        sound = _sound(folder)
        below = folder / "freeswitch"
        below.mkdir()
        script = _SCRIPT.format(sound=sound)
        with measured_switch(freeswitch, script, below, server_port := free_port()) as switch:
            crowd = _Crowd(SippCaller(switch.sip, folder), per_second, server_port)
            for number in range(rounds):
                for way in ways:
                    tell(f"{way}, round {number + 1} of {rounds}")
                    found[way].append(_round(way, switch, crowd, calls=calls, sound=sound, folder=folder))
    return [_cost(way, found, calls * rounds) for way in ways]


@dataclass(frozen=True)
class _Crowd:
    callers: SippCaller
    per_second: float
    server_port: int
    """Where the switch looks for us."""


def _sound(folder: Path) -> Path:
    file = folder / "sound.wav"
    with wave.open(str(file), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(8000)
        stream.writeframes(bytes(2 * round(SOUND_SECONDS * 8000)))
    return file


def _round(way: str, switch: OwnFreeSwitch, crowd: _Crowd, *, calls: int, sound: Path, folder: Path) -> Round:
    destination = SCRIPTED if way == IN_SWITCH else EXTENSION
    with _application(way, switch, crowd.server_port, sound, folder) as (application_cpu, settle):
        crowd.callers.call(destination, calls=WARM_UP, per_second=crowd.per_second)
        settle()
        began, application_began = switch.cpu, application_cpu()
        met = crowd.callers.call(destination, calls=calls, per_second=crowd.per_second)
        settle()  # the caller is content before the record is written and the linger is over
        spent, application_spent = switch.cpu - began, application_cpu() - application_began
    return Round(
        switch_ms=spent / calls * 1000,
        application_ms=application_spent / calls * 1000,
        answer_ms=met.answered_after * 1000,
        failed=calls - met.succeeded,
    )


@contextmanager
def _application(
    way: str, switch: OwnFreeSwitch, server_port: int, sound: Path, folder: Path
) -> Iterator[tuple[Callable[[], float], Callable[[], None]]]:
    """The controlling process for the length of a `with`; gives its CPU seconds so far, and what waits until
    all calls are over on both sides and recorded (`MeasurementImpossible` if that takes too long)."""
    if way == IN_SWITCH:
        yield lambda: 0.0, switch.wait_idle
        return
    order = {
        "way": way,
        "port": server_port,
        "event_port": switch.configuration.event_socket.port,
        "event_password": switch.password,
        "sound": str(sound),
        "folder": str(folder),
    }
    errors = folder / "application.errors"
    with errors.open("wb") as written:
        child = subprocess.Popen(
            [sys.executable, "-m", "ivr.load.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            cwd=CHECKOUT,
        )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
        if gevent.with_timeout(READY_DEADLINE, child.stdout.readline, timeout_value=b"") != b"ready\n":
            said = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise MeasurementImpossible(
                f"The process for {way} did not start ({said[-1][:200] if said else 'it said nothing'})",
                "Run the measurement again",
            )
        yield lambda: cpu_seconds(child.pid), lambda: _settle(way, child, switch)
    finally:
        child.stdin.close()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def _settle(way: str, child: subprocess.Popen[bytes], switch: OwnFreeSwitch) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"settle\n")
    child.stdin.flush()
    if gevent.with_timeout(SETTLE_DEADLINE, child.stdout.readline, timeout_value=b"") != b"settled\n":
        raise MeasurementImpossible(
            f"The process for {way} was not done with its calls {SETTLE_DEADLINE:g} s after the last one",
            "Run the measurement again with fewer calls a second",
        )
    switch.wait_idle()


def _cost(way: str, found: dict[str, list[Round]], calls: int) -> Cost:
    rounds = found[way]
    yardstick = YARDSTICK.get(way.rpartition("-")[2], "")
    return Cost(
        way=way,
        calls=calls,
        failed=sum(one.failed for one in rounds),
        switch_ms=round(statistics.median(one.switch_ms for one in rounds), 2),
        application_ms=round(statistics.median(one.application_ms for one in rounds), 2),
        answer_ms=round(statistics.median(one.answer_ms for one in rounds), 1),
        switch_ratio=_ratio(rounds, found.get(IN_SWITCH, ()), lambda one: one.switch_ms),
        application_ratio=_ratio(rounds, found.get(yardstick, ()), lambda one: one.application_ms),
    )


def _ratio(
    rounds: Sequence[Round], others: Sequence[Round], figure: Callable[[Round], float]
) -> float | None:
    """The median of the rounds' own ratios: two neighbours in time meet the same machine."""
    if not others or not all(figure(one) for one in others):
        return None
    pairs = zip(rounds, others, strict=True)
    return round(statistics.median(figure(one) / figure(other) for one, other in pairs), 2)
