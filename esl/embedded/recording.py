"""Recordings: one leg's sound on its way to a file, while the call goes on.

Rules:
1. What a recording hears is decided when it starts, from the channel's variables of that moment.
2. One frame in, one frame out: the file's length is the recording's time, masked or not.
3. A file that cannot be written ends the recording, never the call.
4. Without write buffering a frame is in the file before the next tick: that is the live audio tap.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esl.embedded.sounds import SILENCE
from esl.switch import FRAME_BYTES, SAMPLE_RATE

_BUFFER = 64 * 1024
"""Bytes: the real switch's default write buffer."""
_WAV_HEADER = 44
_KINDS = (".wav", ".r8", ".raw")
"""As they are written: the real switch does not know `.WAV` either."""
_MOST_WAV_BYTES = 0xFFFFFFFF - 36


def is_true(value: str | None) -> bool:
    """switch_utils.h, `switch_true`."""
    if not value:
        return False
    return value.lower() in {"yes", "on", "true", "t", "enabled", "active", "allow"} or (
        value.lstrip("-").isdigit() and int(value) != 0
    )


@dataclass(frozen=True)
class RecordingStyle:
    """How a recording is made (switch_ivr_async.c, `switch_ivr_record_session_event`)."""

    caller: bool = True
    system: bool = True
    stereo: bool = False
    swapped: bool = False
    buffer: int = _BUFFER
    """Bytes that are kept back before they are written; 0 writes every frame."""
    pre_buffer_frames: int = 25
    append: bool = False

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> RecordingStyle:
        """From the channel's variables as they are now."""
        buffering = variables.get("enable_file_write_buffering")
        buffer = _BUFFER
        if buffering:
            wanted = int(buffering) if buffering.isdigit() and len(buffering) < 10 else 0
            buffer = wanted or (_BUFFER if is_true(buffering) else 0)
        frames = variables.get("RECORD_PRE_BUFFER_FRAMES")
        swapped = is_true(variables.get("RECORD_STEREO_SWAP"))
        return cls(
            caller=not is_true(variables.get("RECORD_WRITE_ONLY")),
            system=not is_true(variables.get("RECORD_READ_ONLY")),
            stereo=is_true(variables.get("RECORD_STEREO")) or swapped,
            swapped=swapped,
            buffer=buffer,
            pre_buffer_frames=int(frames)
            if frames and frames.isdigit() and len(frames) < 6
            else 0
            if frames
            else 25,
            append=is_true(variables.get("RECORD_APPEND")),
        )


class Recording:
    """A file that grows by one frame with every tick, until `stop`."""

    def __init__(self, path: Path, style: RecordingStyle, *, longest: float | None = None) -> None:
        """Opens the file, and makes its folder if it is missing. Raises `OSError`, and `ValueError` for a
        kind of file that is not written here.

        `longest` ends the recording after that many seconds.
        """
        self.path = path
        self.style = style
        self.masked = False
        self.frames = 0
        self.written = 0
        """Bytes of sound in the file, kept back or not."""
        self.failed = False
        self._most_frames = None if longest is None else int(longest * SAMPLE_RATE * 2 / FRAME_BYTES)
        if path.suffix not in _KINDS:
            raise ValueError(f"no recording in a file that ends in {path.suffix!r}")
        self._wav = path.suffix == ".wav"
        self._channels = 2 if style.stereo else 1
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._threshold = 0
        self._most_quiet = 0
        self._quiet = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = (
            os.O_WRONLY
            | os.O_CREAT
            | os.O_CLOEXEC
            | (os.O_APPEND if style.append and not self._wav else os.O_TRUNC)
        )
        self._file = os.open(path, flags, 0o640)
        if self._wav:
            os.write(self._file, self._header(0))

    @property
    def finished(self) -> bool:
        """Whether it has come to its end by itself: too long, or not writable any more."""
        too_long = self._most_frames is not None and self.frames >= self._most_frames
        return self.failed or too_long or bool(self._most_quiet and self._quiet >= self._most_quiet)

    def end_on_silence(self, *, threshold: int, seconds: float) -> None:
        """Finishes once the caller has been quieter than `threshold` (mean of the samples' amounts)
        for `seconds`; 0 for either never does.
        """
        self._threshold = threshold
        self._most_quiet = round(seconds * SAMPLE_RATE * 2 / FRAME_BYTES) if threshold > 0 else 0

    @property
    def samples(self) -> int:
        return self.written // (2 * self._channels)

    def take(self, heard: bytes, spoken: bytes) -> None:
        """One tick: what the caller said, and what was said to the caller."""
        if self.failed:
            return
        self.frames += 1
        if self._most_quiet:
            loudness = np.abs(np.frombuffer(heard, "<i2").astype(np.int32)).mean()
            self._quiet = self._quiet + 1 if loudness < self._threshold else 0
        if self.masked:
            frame = SILENCE * self._channels
        elif self.style.stereo:
            left, right = (spoken, heard) if self.style.swapped else (heard, spoken)
            frame = _side_by_side(
                left if self.style.caller else SILENCE, right if self.style.system else SILENCE
            )
        elif not self.style.system:
            frame = heard
        elif not self.style.caller:
            frame = spoken
        else:
            frame = mixed(heard, spoken)
        self._kept.append(frame)
        self._kept_bytes += len(frame)
        self.written += len(frame)
        if self._kept_bytes >= self.style.buffer and self.frames > self.style.pre_buffer_frames:
            self._write_kept()

    def _write_kept(self) -> None:
        content = b"".join(self._kept)
        self._kept.clear()
        self._kept_bytes = 0
        try:
            while content:
                content = content[os.write(self._file, content) :]
        except OSError:  # disk full, quota: the call is worth more than its recording
            self.failed = True

    def stop(self) -> None:
        """Writes what was kept back and the WAV header's lengths. A recording of nothing is removed."""
        if self._file < 0:
            return
        if not self.failed:
            self._write_kept()
        with contextlib.suppress(OSError):
            if self._wav:
                size = os.fstat(self._file).st_size - _WAV_HEADER
                os.pwrite(self._file, self._header(min(max(size, 0), _MOST_WAV_BYTES)), 0)
        os.close(self._file)
        self._file = -1
        if self.frames == 0 and not self.style.append:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _header(self, size: int) -> bytes:
        block = 2 * self._channels
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            36 + size,
            b"WAVE",
            b"fmt ",
            16,
            1,
            self._channels,
            SAMPLE_RATE,
            SAMPLE_RATE * block,
            block,
            16,
            b"data",
            size,
        )


def _side_by_side(left: bytes, right: bytes) -> bytes:
    both = np.empty((len(left) // 2, 2), "<i2")
    both[:, 0] = np.frombuffer(left, "<i2")
    both[:, 1] = np.frombuffer(right, "<i2")
    return both.tobytes()


def mixed(*frames: bytes) -> bytes:
    """Frames of the same length heard at once; what is too loud is clipped."""
    sounding = [frame for frame in frames if frame is not SILENCE]
    if len(sounding) < 2:
        return sounding[0] if sounding else SILENCE
    total = np.sum([np.frombuffer(frame, "<i2").astype(np.int32) for frame in sounding], axis=0)
    together: bytes = np.clip(total, -32768, 32767).astype("<i2").tobytes()
    return together
