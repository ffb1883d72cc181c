"""Calls with a recording, made for a test: a database, a folder, and the files that a switch would write."""

from __future__ import annotations

import os
import wave
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from data.ids import new_id
from tests.data.conftest import begun, ended
from tests.databases import store_at
from tests.freeswitch.sound import tone

CALLER_HZ, SYSTEM_HZ = 440, 1000
OLD = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
"""When files were last written: long before the tests' clock."""


def at(seconds: float, sound: bytes, length: float) -> bytes:
    """A side of a call on which nothing is heard but `sound` at `seconds`."""
    before = bytes(int(seconds * 8000) * 2)
    return (before + sound).ljust(int(length * 8000) * 2, b"\0")


def stereo(left: bytes, right: bytes) -> bytes:
    sides = [np.frombuffer(side, "<i2") for side in (left, right)]
    return np.stack(sides, 1).astype("<i2").tobytes()


def a_call(length: float = 6.0) -> bytes:
    """A second of the caller from 2.0 on, a second of the system from 3.5 on, else silence."""
    said = at(2.0, tone(CALLER_HZ, 1.0), length)
    return stereo(said, at(3.5, tone(SYSTEM_HZ, 1.0), length))


def write_wav(file: Path, samples: bytes) -> None:
    """As a switch leaves it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as stream:
        stream.setnchannels(2)
        stream.setsampwidth(2)
        stream.setframerate(8000)
        stream.writeframes(samples)
    os.utime(file, (OLD, OLD))


class Site:
    """A home folder with a database and recordings."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "recordings"
        self.store = store_at(home / "ivr.sqlite3")

    def call(
        self,
        samples: bytes | None = None,
        *,
        over: bool = True,
        recorded: bool = True,
        recorded_ms: int | None = None,
        **changes: object,
    ) -> UUID:
        """A call; `samples`: those of its file, by default `a_call`; empty: no file. `recorded_ms`: how much
        its record says that there should be."""
        call_id = new_id()
        below = f"2026/11/23/{call_id}.wav"
        self.store.calls.begin(begun(call_id, recording=below if recorded else None, **changes))
        if over:
            self.store.calls.finish(ended(call_id, recorded_ms=recorded_ms))
        if recorded and samples != b"":
            write_wav(self.folder / below, a_call() if samples is None else samples)
        return call_id

    def file(self, call_id: UUID) -> Path:
        """Where the record says that the recording is."""
        call = self.store.calls.get(call_id)
        assert call is not None
        assert call.recording
        return self.folder / call.recording
