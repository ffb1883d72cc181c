"""The ears and mouths of many people who are called, in one small process: they say sounds, and press keys.

    python -m tests.freeswitch.people_voices COUNT

prints its UDP ports, takes orders as lines of JSON, and tells at the end of its input what each line heard:

    {"sound": "greeting", "file": "/tmp/greeting.ulaw"}         a sound that may be said
    {"line": 3, "far": 17024, "says": "greeting"}               the line was picked up; `says` may be missing
    {"line": 3, "keys": "1203"}                                 keys by RFC 2833, after what is being said

Rules:
1. A line that was picked up sends a frame every 20 ms, silence where nothing is said, as a telephone does.
2. What is heard while something is being said counts apart: nobody talks into a greeting.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from tests.freeswitch.voices import SILENT

FRAME_NS = 20_000_000
SAMPLES = 160
SILENCE = b"\xff" * SAMPLES
EVENT = 101
"""Payload type of telephone events in our SDP."""
KEYS = "0123456789*#"
KEY_FRAMES, GAP_FRAMES = 5, 4
LOUD = 20
"""Of 160 bytes: those that somebody hears, in a frame that counts as sound."""
_SOUND, _KEY, _KEY_ENDS = "sound", "key", "key ends"


class Line:
    """One telephone, for one call."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.heard_while_saying = self.heard_after = 0
        """Frames that were loud."""
        self._far: int | None = None
        self._saying: deque[tuple[str, Any]] = deque()
        self._sequence = self._stamp = self._key_began = 0

    def picked_up(self, far: int, says: bytes) -> None:
        self._far = far
        frames = (says[at : at + SAMPLES] for at in range(0, len(says), SAMPLES))
        self._saying += [(_SOUND, one.ljust(SAMPLES, b"\xff")) for one in frames]

    def press(self, keys: str) -> None:
        for key in keys:
            self._saying += [(_KEY, (key, part)) for part in range(1, KEY_FRAMES + 1)]
            self._saying += [(_KEY_ENDS, key), *[(_SOUND, SILENCE)] * GAP_FRAMES]

    def hear(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while packet := self.socket.recv(2048):
                loud = packet[1] & 0x7F == 0 and sum(byte not in SILENT for byte in packet[12:]) > LOUD
                if self._saying:
                    self.heard_while_saying += loud
                else:
                    self.heard_after += loud

    def say(self) -> None:
        """The next 20 ms."""
        if self._far is None:
            return
        kind, what = self._saying.popleft() if self._saying else (_SOUND, SILENCE)
        match kind:
            case "key":
                key, part = what
                self._key_began = self._stamp if part == 1 else self._key_began
                self._event(key, part, ends=False, marker=part == 1)
            case "key ends":
                for _ in range(3):  # RFC 4733: the last packet three times
                    self._event(what, KEY_FRAMES, ends=True)
            case _:
                self._packet(0, self._stamp, what)
        self._stamp += SAMPLES

    def _event(self, key: str, part: int, *, ends: bool, marker: bool = False) -> None:
        body = bytes([KEYS.index(key), (0x80 if ends else 0) | 10]) + (part * SAMPLES).to_bytes(2)
        self._packet(EVENT | (0x80 if marker else 0), self._key_began, body)

    def _packet(self, kind: int, stamp: int, body: bytes) -> None:
        number = (self._sequence & 0xFFFF).to_bytes(2)
        header = b"\x80" + bytes([kind]) + number + (stamp & 0xFFFFFFFF).to_bytes(4)
        source = self.socket.getsockname()[1].to_bytes(4)
        with contextlib.suppress(ConnectionRefusedError, BlockingIOError):  # over: the switch hears no more
            self.socket.sendto(header + source + body, ("127.0.0.1", self._far))
        self._sequence += 1


def serve(count: int) -> None:
    """Until the end of standard input."""
    lines, sounds = [Line() for _ in range(count)], {"": b""}
    print(json.dumps([line.socket.getsockname()[1] for line in lines]), flush=True)
    by_number = {line.socket.fileno(): line for line in lines}
    poll, orders = select.epoll(), b""
    for number in (sys.stdin.fileno(), *by_number):
        poll.register(number, select.EPOLLIN)
    due = time.monotonic_ns()
    while True:
        for number, _ in poll.poll(max(0.0, (due - time.monotonic_ns()) / 1e9)):
            if number != sys.stdin.fileno():
                by_number[number].hear()
                continue
            read = sys.stdin.buffer.raw.read(65536)  # type: ignore[attr-defined]  # it is a file
            if not read:
                print(json.dumps([[one.heard_while_saying, one.heard_after] for one in lines]), flush=True)
                return
            *whole, orders = (orders + read).split(b"\n")
            for order in whole:
                _obey(json.loads(order), lines, sounds)
        while time.monotonic_ns() >= due:
            for line in lines:
                line.say()
            due += FRAME_NS


def _obey(order: dict[str, Any], lines: list[Line], sounds: dict[str, bytes]) -> None:
    match order:
        case {"sound": name, "file": file}:
            sounds[name] = Path(file).read_bytes()
        case {"line": line, "far": far, **rest}:
            lines[line].picked_up(far, sounds[rest.get("says", "")])
        case {"line": line, "keys": keys}:
            lines[line].press(keys)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
