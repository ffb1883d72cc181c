"""A hundred calls at once on a real FreeSWITCH, each with live audio and a prompt: what is lost or late.

A frame at the caller's ear is *late* from 60 ms behind its slot on: that is a telephone's jitter buffer, and
a person hears a gap. Slots are 20 ms apart, from the earliest packet of the last second on. In the live audio
a frame is *missing* if it was said and never arrived, and a *hole* is a frame that nobody said (silence, or
FreeSWITCH's guess for a packet that did not come in its 20 ms). Every frame that is said in a call is another
one, so a gap of any length is seen, and each call's frames are compared with its own length, so one at the
end is seen too. The first second of a call is told apart and not judged: in it the jitter buffer fills, and
FreeSWITCH corrects its clock. The figures of one call alone are the machine's own noise.
"""

from __future__ import annotations

import audioop
import gc
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import gevent
import numpy as np
import pytest
from gevent.queue import Empty

from esl.errors import CallEnded
from esl.outbound import OutboundServer
from esl.switch import FRAME_BYTES, Audio, Call, HungUp, ListeningLost
from ivr.load.callers import SippCaller
from ivr.load.freeswitch import cpu_seconds
from tests.contract.place import wav
from tests.freeswitch.conftest import Scene
from tests.freeswitch.ears import ears_of
from tests.freeswitch.harness import find_sipp, wait_until
from tests.freeswitch.rtp_crowd import PLAYED_FRAMES, SAID_FRAMES, SETTLING, played_frames, said_frames

pytestmark = pytest.mark.freeswitch

LATE = 60.0
"""Milliseconds."""
FRAME_MS = 20.0
EDGE = 10
"""Frames by which what arrived in a call may be shorter than the call, at its two ends together: what the
jitter buffer holds (two), what FreeSWITCH throws away when it opens and closes a leg, and the time from the
hang-up to the instant by which it is measured."""
PER_SECOND = 25
"""New calls a second, until all are there."""


@dataclass(frozen=True)
class Tap:
    """The live audio of one call, without its first second."""

    frames: int
    missing: int
    holes: int
    last: int
    """The number of the last frame that arrived, counted from the first that was said."""
    long: int
    """Frames of 20 ms from the beginning of the prompt, when the caller begins to speak, to the hang-up."""
    first_wrong: int
    """Missing and holes in the first second."""


@dataclass(frozen=True)
class Measured:
    """All calls together."""

    calls: int
    packets: int
    ears_short: list[int]
    """Call by call: frames that the prompt should have had in the call's length, and that were not heard."""
    first_wrong: int
    """Frames in the first second that were lost, or were not the ones that follow."""
    began_with: set[int]
    """Frames of the prompt that were heard first."""
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
    def taps_short(self) -> list[int]:
        """Call by call: frames between the last one that arrived and the end of the call."""
        return [tap.long - (tap.last + 1) for tap in self.taps]

    @property
    def disturbed(self) -> bool:
        """The callers' own clock stood still for two frames: the machine was busy with something else, and
        FreeSWITCH drops what then comes in one lump."""
        return float(np.max(self.own_lateness)) > 2 * FRAME_MS

    @property
    def late(self) -> int:
        return self._behind(LATE)

    def _behind(self, milliseconds: float) -> int:
        """Frames that came so much after their slot."""
        return int(np.count_nonzero(self.lateness > milliseconds))

    def told(self) -> str:
        """For people."""
        first_holes = sum(tap.first_wrong for tap in self.taps)
        frames, missing = sum(tap.frames for tap in self.taps), self.missing
        holes = sum(tap.holes for tap in self.taps)
        median, p99, p999, worst = (np.percentile(self.lateness, share) for share in (50, 99, 99.9, 100))
        own = np.percentile(self.own_lateness, (50, 99, 100))
        return (
            f"{self.calls} calls: at the ear {self.packets} frames, {self.lost} lost, {self.wrong} wrong, "
            f"{self.strange} strange, {self.late} late (> {LATE:.0f} ms; "
            f"{self._behind(20)} > 20 ms, {self._behind(40)} > 40 ms); "
            f"behind their slot p50 {median:.1f} p99 {p99:.1f} p99.9 {p999:.1f} worst {worst:.1f} ms\n"
            f"  in the live audio {frames} frames, {missing} missing, {holes} holes; "
            f"the callers themselves spoke late by p50 {own[0]:.1f} p99 {own[1]:.1f} worst {own[2]:.1f} ms\n"
            f"  at the ends of the calls {min(self.ears_short)} to {max(self.ears_short)} frames not heard, "
            f"{min(self.taps_short)} to {max(self.taps_short)} not in the live audio; in the first second "
            f"{self.first_wrong} wrong at the ear, {first_holes} missing or holes in the live audio\n"
            f"  CPU: FreeSWITCH {self.switch_cpu:.0%}, our server {self.server_cpu:.0%} of one core; "
            f"load {os.getloadavg()[0]:.1f}"
        )


def tap_of(audio: bytes, places: dict[bytes, int], seconds: float) -> Tap:
    """What became of the frames that were said in a call of so many `seconds`."""
    frames = [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]
    known = [places.get(frame, -1) for frame in frames]
    spoken = [place for place, index in enumerate(known) if index >= 0]
    long = round(seconds * 1000 / FRAME_MS)
    if not spoken:
        return Tap(0, long, 0, -1, long, 0)
    first = known[spoken[0] : spoken[0] + SETTLING]
    settled = known[spoken[0] + SETTLING : spoken[-1] + 1]
    missing, holes = gaps([max(first), *settled])  # the border between the two is judged
    return Tap(
        frames=len(settled),
        missing=missing,
        holes=holes,
        last=max(known),
        long=long,
        first_wrong=sum(gaps([-1, *first])),
    )


def gaps(known: list[int]) -> tuple[int, int]:
    """Of the numbers of the frames that arrived, -1 for one that nobody said: how many are missing between
    the first and the last, and how many hold nothing new."""
    highest, missing, holes = known[0], 0, 0
    for index in known[1:]:
        if index <= highest:
            holes += 1
        else:
            missing += index - highest - 1
            highest = index
    return missing, holes


def measure(scene: Scene, folder: Path, calls: int, seconds: float) -> Measured:
    """`calls` calls at once for `seconds`, after they have all been answered."""
    assert calls / PER_SECOND + seconds + 10 < min(SAID_FRAMES, PLAYED_FRAMES) * FRAME_MS / 1000, "too long"
    # The rubbish of all tests before this one is not looked through in the middle of the calls: the server is
    # in this process, and stands still for it (a quarter of a second was seen at one call's end).
    gc.collect()
    gc.freeze()
    prompt = wav(folder / "prompt.wav", audioop.ulaw2lin(b"".join(played_frames()), 2))
    taps: list[tuple[bytearray, float]] = []
    lost: list[str] = []

    def on_call(call: Call) -> None:
        heard = bytearray()
        call.answer()
        call.start_listening()
        call.play([prompt])
        began = time.monotonic()
        try:
            while not isinstance(event := call.inbox.get(timeout=30), HungUp):
                if isinstance(event, Audio):
                    heard.extend(event.samples)
                if isinstance(event, ListeningLost):
                    lost.append(event.reason)
        except (Empty, CallEnded) as ended:
            lost.append(repr(ended))
        taps.append((heard, time.monotonic() - began))

    server = OutboundServer(("127.0.0.1", scene.port), on_call)
    server.start()
    coming = calls / PER_SECOND
    try:
        limits = scene.switch.configuration.limits
        with ears_of("rtp_crowd", calls, limits.rtp_first, limits.rtp_last) as (ports, process):
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
        ears_short=[round(ear["seconds"] * 1000 / FRAME_MS) - ear["packets"] for ear in ears],
        first_wrong=sum(ear["first_wrong"] for ear in ears),
        began_with={ear["began_with"] for ear in ears},
        lost=sum(ear["lost"] for ear in ears),
        strange=sum(ear["strange"] for ear in ears),
        wrong=sum(ear["wrong"] for ear in ears),
        lateness=np.concatenate([ear["lateness"] for ear in ears]),
        own_lateness=np.array(report["own_lateness"]),
        taps=[tap_of(bytes(heard), places, long) for heard, long in taps],
        switch_cpu=(after[0] - before[0]) / elapsed,
        server_cpu=(after[1] - before[1]) / elapsed,
    )


def calls_are_whole(measured: Measured, seconds: float) -> None:
    """Every ear and every tap has the frames of its call, from the first to the last. `seconds`: how long the
    shortest call was at least. Skips where the machine was busy with something else."""
    least = int(seconds * 1000 / FRAME_MS) - EDGE
    assert min(tap.long for tap in measured.taps) >= least
    assert measured.began_with == {0}
    assert (measured.lost, measured.wrong) == (0, 0)
    assert -EDGE <= min(measured.ears_short) <= max(measured.ears_short) <= EDGE
    assert -EDGE <= min(measured.taps_short) <= max(measured.taps_short) <= EDGE
    if measured.disturbed:
        pytest.skip("the machine was disturbed: the callers' own clock stood still for more than 40 ms")
    assert (measured.missing, sum(tap.holes for tap in measured.taps)) == (0, 0)


@pytest.mark.parametrize(
    ("arrived", "missing", "holes"),
    [
        ([*range(200)], 0, 0),
        ([*range(100), *range(101, 200)], 1, 0),
        ([*range(100), *range(600, 700)], 500, 0),
        ([*range(100), -1, *range(101, 200)], 1, 1),
        ([*range(100), 99, *range(100, 200)], 0, 1),
        ([*range(50), *range(60, 200)], 10, 0),
    ],
    ids=["whole", "one missing", "five hundred missing", "a guess instead", "twice", "at the border"],
)
def test_no_gap_in_live_audio_is_overlooked(arrived: list[int], missing: int, holes: int) -> None:
    """The measure itself: whatever its length and place, and the end that never came."""
    frames = {place.to_bytes(2) * (FRAME_BYTES // 2): place for place in range(700)}
    sound = {place: frame for frame, place in frames.items()} | {-1: bytes([255]) * FRAME_BYTES}
    tap = tap_of(b"".join(sound[index] for index in arrived), frames, 20.0)
    assert (tap.missing, tap.holes, tap.first_wrong) == (missing, holes, 0)
    assert tap.long - (tap.last + 1) == 1000 - (arrived[-1] + 1)


def need_sipp() -> None:
    if find_sipp() is None:
        pytest.skip("SIPp is not installed: put `sipp` on PATH (Debian: sip-tester)")


def test_ten_calls_at_once_lose_nothing(scene: Scene, tmp_path: Path) -> None:
    """A sample: nothing lost, nothing in the wrong place, in either direction."""
    need_sipp()
    ten = measure(scene, tmp_path, 10, 4.0)
    print(f"\n{ten.told()}")
    calls_are_whole(ten, 4.0)


@pytest.mark.long
def test_a_hundred_calls_at_once_without_a_gap(scene: Scene, tmp_path: Path) -> None:
    """Each with live audio and a prompt; beside it one call alone, as the machine's own noise."""
    need_sipp()
    for folder in (tmp_path / "one", tmp_path / "hundred"):
        folder.mkdir()
    alone = measure(scene, tmp_path / "one", 1, 20.0)
    hundred = measure(scene, tmp_path / "hundred", 100, 30.0)
    print(f"\n{alone.told()}\n{hundred.told()}")
    calls_are_whole(hundred, 30.0)
    assert hundred.late == 0
