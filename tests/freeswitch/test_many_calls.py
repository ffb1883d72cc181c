"""A hundred calls at once on a real FreeSWITCH, each with live audio and a prompt: what is lost or late.

A frame at the caller's ear is *late* from 60 ms behind its slot on: that is a telephone's jitter buffer, and
a person hears a gap. Slots are 20 ms apart, from the earliest packet of the last second on. In the live audio
a frame is *missing* if it was said and never arrived, and a *hole* is a frame that nobody said (silence, or
FreeSWITCH's guess for a packet that did not come in its 20 ms). The first second of a call does not count:
FreeSWITCH corrects its clock in it. The figures of one call alone are the machine's own noise.
"""

from __future__ import annotations

import audioop
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gevent
import numpy as np
import pytest
from gevent.queue import Empty

from esl.errors import CallEnded
from esl.outbound import OutboundServer
from esl.switch import FRAME_BYTES, Audio, Call, HungUp, ListeningLost
from ivr.config import CHECKOUT
from ivr.load.callers import SippCaller
from tests.freeswitch.conftest import Scene
from tests.freeswitch.harness import find_sipp, wait_until
from tests.freeswitch.rtp_crowd import SAID_FRAMES, SETTLING, played_frames, said_frames
from tests.freeswitch.test_voice import wav

pytestmark = pytest.mark.freeswitch

LATE = 60.0
"""Milliseconds."""
FRAME_MS = 20.0
PER_SECOND = 25
"""New calls a second, until all are there."""


@dataclass(frozen=True)
class Tap:
    """The live audio of one call."""

    frames: int
    missing: int
    holes: int


@dataclass(frozen=True)
class Measured:
    """All calls together."""

    calls: int
    packets: int
    lost: int
    strange: int
    wrong: int
    lateness: np.ndarray
    own_lateness: np.ndarray
    """Of the callers' own clock: how late they spoke. Milliseconds."""
    taps: list[Tap]
    switch_cpu: float
    """Of one core, while all calls were up."""
    server_cpu: float

    @property
    def missing(self) -> int:
        return sum(tap.missing for tap in self.taps)

    @property
    def disturbed(self) -> bool:
        """The callers' own clock stood still for two frames: the machine was busy with something else, and
        FreeSWITCH drops what then comes in one lump."""
        return float(np.max(self.own_lateness)) > 2 * FRAME_MS

    @property
    def late(self) -> int:
        return int(np.count_nonzero(self.lateness > LATE))

    def told(self) -> str:
        """For people."""
        frames, missing = sum(tap.frames for tap in self.taps), self.missing
        holes = sum(tap.holes for tap in self.taps)
        median, p99, p999, worst = (np.percentile(self.lateness, share) for share in (50, 99, 99.9, 100))
        own = np.percentile(self.own_lateness, (50, 99, 100))
        return (
            f"{self.calls} calls: at the ear {self.packets} frames, {self.lost} lost, {self.wrong} wrong, "
            f"{self.strange} strange, {self.late} late (> {LATE:.0f} ms); "
            f"behind their slot p50 {median:.1f} p99 {p99:.1f} p99.9 {p999:.1f} worst {worst:.1f} ms\n"
            f"  in the live audio {frames} frames, {missing} missing, {holes} holes; "
            f"the callers themselves spoke late by p50 {own[0]:.1f} p99 {own[1]:.1f} worst {own[2]:.1f} ms\n"
            f"  CPU: FreeSWITCH {self.switch_cpu:.0%}, our server {self.server_cpu:.0%} of one core; "
            f"load {os.getloadavg()[0]:.1f}"
        )


def tap_of(audio: bytes, places: dict[bytes, int]) -> Tap:
    """What became of the frames that were said, once the call has settled."""
    frames = [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]
    known = [places.get(frame, -1) for frame in frames]
    spoken = [place for place, index in enumerate(known) if index >= 0]
    if not spoken:
        return Tap(0, 0, 0)
    known = known[spoken[0] + SETTLING : spoken[-1] + 1]
    said = np.array([index for index in known if index >= 0])
    steps = np.diff(said) % SAID_FRAMES
    return Tap(
        frames=len(known),
        missing=int(np.sum(np.maximum(steps - 1, 0))),
        holes=known.count(-1) + int(np.count_nonzero(steps == 0)),
    )


@contextmanager
def crowd(calls: int, first: int, last: int) -> Iterator[tuple[list[int], subprocess.Popen[str]]]:
    """The callers' ears and mouths: their ports, and the process that reports at the end of its input."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.freeswitch.rtp_crowd", str(calls), str(first), str(last)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait(timeout=5)
        process.stdout.close()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(scene: Scene, folder: Path, calls: int, seconds: float) -> Measured:
    """`calls` calls at once for `seconds`, after they have all been answered."""
    prompt = wav(folder / "prompt.wav", audioop.ulaw2lin(b"".join(played_frames()), 2))
    taps: list[bytearray] = []
    lost: list[str] = []

    def on_call(call: Call) -> None:
        heard = bytearray()
        taps.append(heard)
        call.answer()
        call.start_listening()
        call.play([prompt])
        try:
            while not isinstance(event := call.inbox.get(timeout=30), HungUp):
                if isinstance(event, Audio):
                    heard.extend(event.samples)
                if isinstance(event, ListeningLost):
                    lost.append(event.reason)
        except (Empty, CallEnded) as ended:
            lost.append(repr(ended))

    server = OutboundServer(("127.0.0.1", scene.port), on_call)
    server.start()
    coming = calls / PER_SECOND
    try:
        limits = scene.switch.configuration.limits
        with crowd(calls, limits.rtp_first, limits.rtp_last) as (ports, process):
            calling = gevent.spawn(
                SippCaller(scene.switch.sip, folder).call,
                "9100",
                calls=calls,
                per_second=min(PER_SECOND, calls),
                hang_up_after=coming + seconds,
                audio_ports=ports,
            )
            wait_until(lambda: server.active_calls == calls, coming + 10, f"{calls} calls at once")
            before = cpu_seconds(scene.switch.pid), time.process_time(), time.monotonic()
            calling.join(timeout=seconds - 1)
            after = cpu_seconds(scene.switch.pid), time.process_time(), time.monotonic()
            result = calling.get(timeout=coming + 30)
            assert process.stdin is not None
            process.stdin.close()
            assert process.stdout is not None
            report = json.loads(process.stdout.readline())
    finally:
        server.close(2)
    assert (result.succeeded, result.failed) == (calls, 0)
    assert not lost, lost[:3]
    assert len(taps) == calls
    places = {audioop.ulaw2lin(frame, 2): place for place, frame in enumerate(said_frames())}
    ears = report["calls"]
    elapsed = after[2] - before[2]
    return Measured(
        calls=calls,
        packets=sum(ear["packets"] for ear in ears),
        lost=sum(ear["lost"] for ear in ears),
        strange=sum(ear["strange"] for ear in ears),
        wrong=sum(ear["wrong"] for ear in ears),
        lateness=np.concatenate([ear["lateness"] for ear in ears]),
        own_lateness=np.array(report["own_lateness"]),
        taps=[tap_of(bytes(heard), places) for heard in taps],
        switch_cpu=(after[0] - before[0]) / elapsed,
        server_cpu=(after[1] - before[1]) / elapsed,
    )


def taps_are_whole(measured: Measured, seconds: float) -> None:
    """Every tap has the frames of its call. Skips where the machine was busy with something else."""
    # Calls hang up after the ramp and `seconds`; the first second does not count.
    least = int(seconds * 1000 / FRAME_MS) - SETTLING - 2
    short = [tap.frames for tap in measured.taps if tap.frames < least]
    assert not short, f"taps with less than {least} frames: {short[:5]}"
    if measured.disturbed:
        pytest.skip("the machine was disturbed: the callers' own clock stood still for more than 40 ms")
    assert (measured.missing, sum(tap.holes for tap in measured.taps)) == (0, 0)


def need_sipp() -> None:
    if find_sipp() is None:
        pytest.skip("SIPp is not installed: put `sipp` on PATH (Debian: sip-tester)")


def test_ten_calls_at_once_lose_nothing(scene: Scene, tmp_path: Path) -> None:
    """A sample: nothing lost, nothing in the wrong place, in either direction."""
    need_sipp()
    ten = measure(scene, tmp_path, 10, 4.0)
    print(f"\n{ten.told()}")
    assert (ten.lost, ten.wrong) == (0, 0)
    assert ten.packets > 10 * 4 * 20
    taps_are_whole(ten, 4.0)


@pytest.mark.long
def test_a_hundred_calls_at_once_without_a_gap(scene: Scene, tmp_path: Path) -> None:
    """Each with live audio and a prompt; beside it one call alone, as the machine's own noise."""
    need_sipp()
    for folder in (tmp_path / "one", tmp_path / "hundred"):
        folder.mkdir()
    alone = measure(scene, tmp_path / "one", 1, 20.0)
    hundred = measure(scene, tmp_path / "hundred", 100, 30.0)
    print(f"\n{alone.told()}\n{hundred.told()}")
    assert (hundred.lost, hundred.wrong) == (0, 0)
    assert hundred.packets > 100 * 30 * 45
    taps_are_whole(hundred, 30.0)
    assert hundred.late == 0
