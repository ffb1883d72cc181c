"""The ears and mouths of many callers in one small process: real RTP both ways, timed by the kernel.

    python -m tests.freeswitch.rtp_crowd CALLS FIRST LAST

prints its ports, and at the end of its input a report. FIRST to LAST are the switch's ports for sound.

A telephone each would be too much Python for a hundred calls. Here a call is a UDP socket: it learns where
the switch is from the first packet, then says a frame every 20 ms, each a different one, and notes when each
packet came (SO_TIMESTAMPNS: the kernel's instant, so that this process's own delays do not count).
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from array import array
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

FRAME_NS = 20_000_000
SETTLING = 50
"""Frames at the beginning, a second, that are counted apart: the jitter buffer fills, and FreeSWITCH corrects
its clock in it."""
MEMORY = 50
"""Frames; a second."""
CLOSING_NS = 2_000_000_000
"""Within which the switch must have closed its ports after the last hang-up."""
SO_TIMESTAMPNS = 35
"""Linux; Python has no name for it."""
SAID_FRAMES, PLAYED_FRAMES = 3000, 3000
"""What callers say, and what the prompt has: a minute of frames of 20 ms, no two alike. A call is shorter,
so each frame is said once: which one arrived tells its number, and no gap looks like a repetition."""


@cache
def ulaw_frames(count: int, seed: int) -> tuple[bytes, ...]:
    """Frames of u-law noise, no two alike."""
    drawn = np.random.default_rng(seed).integers(0, 256, (count, 160), dtype=np.uint8)
    drawn[drawn == 0x7F] = 0xFF  # the other zero, which no way through 16 bits would keep
    frames = tuple(row.tobytes() for row in drawn)
    assert len(set(frames)) == count
    return frames


def said_frames() -> tuple[bytes, ...]:
    return ulaw_frames(SAID_FRAMES, 1)


def played_frames() -> tuple[bytes, ...]:
    return ulaw_frames(PLAYED_FRAMES, 2)


def behind(late: np.ndarray) -> np.ndarray:
    """Behind the earliest packet of the last second: what a jitter buffer has to bridge. (A switch that has
    stood still goes on where it was; from then on a telephone's clock is the later one.)"""
    padded = np.concatenate((np.full(MEMORY - 1, np.inf), late))
    earliest: np.ndarray = np.lib.stride_tricks.sliding_window_view(padded, MEMORY).min(axis=1)
    return late - earliest


@dataclass(frozen=True)
class Heard:
    """One call at the caller's ear. `lateness` is in milliseconds, frame by frame: how long after its slot a
    packet came."""

    packets: int
    """All of them, the first second's too."""
    seconds: float
    """From the first packet until the switch had closed its port; -1 if it never did."""
    began_with: int
    """The frame of the prompt that was heard first; -1 if it was none of it."""
    lost: int
    """Sequence numbers that never came."""
    first_wrong: int
    """Lost, or not the frame which follows, in the first second, which does not count in the others."""
    strange: int
    """Packets with another SSRC: of another call, or of a switch that has begun anew."""
    wrong: int
    """Frames that are not the one which follows in the prompt."""
    lateness: list[float]


class Ear:
    """One call's socket."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.far: tuple[str, int] | None = None
        self.source = b""
        self.sources = 0
        self.said = 0
        self.over_at = 0
        """Nanoseconds (the packets' clock); 0 as long as the switch takes what we say."""
        self.at, self.sequence, self.frame = array("q"), array("l"), array("l")

    def hear(self, played: dict[bytes, int], switch: range) -> None:
        while True:
            try:
                packet, extra, _, far = self.socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            except ConnectionRefusedError:  # what we said arrived nowhere: the switch has closed its port
                self.over_at = self.over_at or time.time_ns()
                return
            if far[1] not in switch or packet[1] & 0x7F != 0:
                continue  # a port may have been somebody else's before, whose call still goes on
            if self.far is None:
                self.far, self.source = far, packet[8:12]
                self.socket.connect(far)  # only a connected socket is told that nobody listens any more
            if packet[8:12] != self.source:
                self.sources += 1
                continue
            seconds, nanoseconds = struct.unpack("qq", extra[0][2])
            self.at.append(seconds * 1_000_000_000 + nanoseconds)
            self.sequence.append(int.from_bytes(packet[2:4], "big"))
            self.frame.append(played.get(packet[12:], -1))

    def say(self, frames: tuple[bytes, ...]) -> None:
        if self.far is None or self.over_at:
            return
        header = struct.pack("!BBHII", 0x80, 0, self.said & 0xFFFF, self.said * 160 & 0xFFFFFFFF, 7)
        try:
            self.socket.send(header + frames[self.said])
        except ConnectionRefusedError:
            self.over_at = time.time_ns()
        self.said += 1

    def report(self) -> Heard:
        numbers = np.unwrap(np.array(self.sequence, dtype=float), period=65536)
        frames = np.array(self.frame)
        sequence, frame, at = numbers[SETTLING:], frames[SETTLING:], np.array(self.at, dtype=float)[SETTLING:]
        if not len(sequence):
            return Heard(len(numbers), -1.0, -1, 0, 0, self.sources, 0, [])
        order = sequence - sequence[0]
        late = (at - at[0] - order * FRAME_NS) / 1e6
        steps = np.diff(frame)
        return Heard(
            packets=len(numbers),
            seconds=(self.over_at - self.at[0]) / 1e9 if self.over_at else -1.0,
            began_with=int(frames[0]),
            first_wrong=int(np.count_nonzero(np.diff(frames[: SETTLING + 1]) != 1)),
            lost=int(order.max()) + 1 - len(np.unique(order)),
            strange=self.sources,
            wrong=int(np.count_nonzero(steps != 1)),
            lateness=[round(float(each), 2) for each in behind(late)],
        )


def serve(calls: int, switch: range) -> None:
    """Until the end of standard input, and until the switch has closed its ports. `switch`: the ports from
    which sound may come."""
    ears = [Ear() for _ in range(calls)]
    print(json.dumps([ear.socket.getsockname()[1] for ear in ears]), flush=True)
    poll = select.epoll()
    poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
    by_number = {ear.socket.fileno(): ear for ear in ears}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    frames = said_frames()
    played = {frame: place for place, frame in enumerate(played_frames())}
    # Callers do not speak in step: twenty groups, a millisecond apart.
    groups = [ears[place::20] for place in range(20)]
    tick, began, own = 0, time.monotonic_ns(), array("d")
    last = None
    while last is None or not (all(ear.over_at for ear in ears) or time.monotonic_ns() > last):
        due = began + tick * (FRAME_NS // 20)
        left = due - time.monotonic_ns()
        for number, _ in poll.poll(max(0.0, left / 1e9)):
            if number == sys.stdin.fileno():
                poll.unregister(number)
                last = time.monotonic_ns() + CLOSING_NS
            else:
                by_number[number].hear(played, switch)
        now = time.monotonic_ns()
        while now >= due:
            for ear in groups[tick % 20]:
                ear.say(frames)
            if groups[tick % 20]:
                own.append(round((now - due) / 1e6, 2))
            tick += 1
            due += FRAME_NS // 20
    print(
        json.dumps({"own_lateness": list(own), "calls": [asdict(ear.report()) for ear in ears]}), flush=True
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]), range(int(sys.argv[2]), int(sys.argv[3]) + 1))
