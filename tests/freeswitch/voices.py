"""Many telephones' sound in one small process, each with a voice of its own: who hears whom, and how much.

    python -m tests.freeswitch.voices COUNT

prints its UDP ports, and at the end of its input what each of them heard.

Rules:
1. A telephone learns where the switch is from the first packet. From then on it says a frame every 20 ms
   that no other telephone says, and never twice.
2. What is heard is told by the frame itself: whose voice it is, and which of its frames. What bears no mark
   is music, an announcement or silence.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import sys
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field

import numpy as np

FRAME_NS = 20_000_000
MARK = bytes([0x21, 0x35, 0x62, 0x1B, 0x44, 0x2E, 0x53, 0x17])
"""u-law bytes that survive the way through 16 bits."""
_ZERO = 0x10
_VOICE, _PLACE = 3, 6
"""Digits."""
_HEAD = len(MARK) + _VOICE + _PLACE
SILENT = frozenset({0x7F, 0xFF, 0x7E, 0xFE})
"""u-law bytes that nobody hears."""


def timbre(voice: int) -> bytes:
    """What every frame of that voice ends with: noise, by which it is found also in a mixture."""
    drawn = np.random.default_rng(1000 + voice).integers(0, 256, 160 - _HEAD, dtype=np.uint8)
    drawn[drawn == 0x7F] = 0xFF  # the other zero, which no way through 16 bits would keep
    return drawn.tobytes()


def _digits(number: int, count: int) -> bytes:
    return bytes(_ZERO + int(digit) for digit in f"{number:0{count}d}")


def frame(voice: int, place: int, ending: bytes) -> bytes:
    return MARK + _digits(voice, _VOICE) + _digits(place, _PLACE) + ending


def read(sound: bytes) -> tuple[int, int] | None:
    """Voice and place; `None`: nobody's."""
    if len(sound) != 160 or sound[: len(MARK)] != MARK:
        return None
    digits = [byte - _ZERO for byte in sound[len(MARK) : _HEAD]]
    if not all(0 <= digit <= 9 for digit in digits):
        return None
    text = "".join(map(str, digits))
    return int(text[:_VOICE]), int(text[_VOICE:])


@dataclass
class Conversation:
    """What one telephone heard of one voice within one call."""

    frames: int = 0
    first: int = 0
    """Of the places that were heard."""
    last: int = 0
    missing: int = 0
    """Places between them that were not heard."""
    after_other: int = 0
    """Frames of somebody else (music, an announcement) that were loud, before this voice."""


@dataclass
class Call:
    """One call at one telephone, from the first packet of a new source on."""

    source: bytes
    heard: dict[int, Conversation] = field(default_factory=dict)
    other: int = 0
    """Loud frames that bear no mark."""


class Ear:
    """One telephone; several calls, one after the other."""

    def __init__(self, voice: int) -> None:
        self.voice = voice
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.far: tuple[str, int] | None = None
        self.calls: list[Call] = []
        self._ending, self._said = timbre(voice), 0

    def hear(self) -> None:
        while True:
            try:
                packet, far = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            if packet[1] & 0x7F != 0:
                continue
            if not self.calls or self.calls[-1].source != packet[8:12]:
                if far != self.far:
                    self.calls.append(Call(packet[8:12]))
                else:  # the switch's own change of source within a call
                    self.calls[-1].source = packet[8:12]
                self.far = far
            self._note(self.calls[-1], packet[12:])

    def _note(self, call: Call, sound: bytes) -> None:
        found = read(sound)
        if found is None:
            call.other += sum(byte not in SILENT for byte in sound) > len(sound) // 4
            return
        voice, place = found
        known = call.heard.get(voice)
        if known is None:
            known = call.heard[voice] = Conversation(first=place, last=place - 1, after_other=call.other)
        known.frames += 1
        known.missing += max(0, place - known.last - 1)
        known.last = max(known.last, place)

    def say(self) -> None:
        if self.far is None:
            return
        header = b"\x80\x00" + (self._said & 0xFFFF).to_bytes(2) + (self._said * 160 & 0xFFFFFFFF).to_bytes(4)
        sound = header + self.voice.to_bytes(4) + frame(self.voice, self._said, self._ending)
        with contextlib.suppress(ConnectionRefusedError):  # over: the next call tells where it goes on
            self.socket.sendto(sound, self.far)
        self._said += 1


def serve(count: int) -> None:
    """Until the end of standard input."""
    ears = [Ear(voice) for voice in range(count)]
    print(json.dumps([ear.socket.getsockname()[1] for ear in ears]), flush=True)
    poll = select.epoll()
    poll.register(sys.stdin.fileno(), select.EPOLLIN | select.EPOLLHUP)
    by_number = {ear.socket.fileno(): ear for ear in ears}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    groups: dict[int, list[Ear]] = defaultdict(list)
    for ear in ears:  # telephones do not speak in step: twenty groups, a millisecond apart
        groups[ear.voice % 20].append(ear)
    tick, began = 0, time.monotonic_ns()
    while True:
        due = began + tick * (FRAME_NS // 20)
        for number, _ in poll.poll(max(0.0, (due - time.monotonic_ns()) / 1e9)):
            if number == sys.stdin.fileno():
                print(json.dumps([[_told(call) for call in ear.calls] for ear in ears]), flush=True)
                return
            by_number[number].hear()
        while time.monotonic_ns() >= due:
            for ear in groups[tick % 20]:
                ear.say()
            tick += 1
            due += FRAME_NS // 20


def _told(call: Call) -> dict[str, object]:
    return {"other": call.other, "heard": {voice: asdict(one) for voice, one in call.heard.items()}}


if __name__ == "__main__":
    serve(int(sys.argv[1]))
