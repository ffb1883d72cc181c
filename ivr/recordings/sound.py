"""A recording as sound: read whatever state a crash left it in, trimmed without losing its timing.

Rules:
1. A WAV whose header is wrong about its length (the switch or the machine died) is read to the file's end.
2. Both sides are cut at the same places: who spoke when is what a stereo recording is for.
3. Silence inside stays, also what was masked.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ivr.errors import RecordingUnreadable

if TYPE_CHECKING:
    from pydub import AudioSegment

Side = Literal["caller", "system"]

QUIET = -50.0
"""dBFS; below that it is a line's noise, not a voice (prompts are levelled to -19)."""
MARGIN_MS = 300
"""What is kept of the silence before the first sound and after the last."""
_LARGEST = 2**31
"""Bytes: 18 hours of stereo; what claims to be longer is no call."""


@dataclass(frozen=True)
class WavShape:
    """Where the samples of a PCM WAV lie."""

    rate: int
    """Hertz."""
    channels: int
    start: int
    """Bytes into the file."""
    length: int
    """Bytes of whole frames that are really there."""
    closed: bool
    """The header tells the same length: whoever wrote the file has finished it."""

    @property
    def seconds(self) -> float:
        return self.length / (2 * self.channels * self.rate)


def wav_shape(path: Path) -> WavShape:
    """Reads the header of a 16-bit PCM WAV. Raises `RecordingUnreadable`, OSError."""
    size = path.stat().st_size
    rate = channels = 0
    with path.open("rb") as file:
        riff = file.read(12)
        if len(riff) < 12 or riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
            raise RecordingUnreadable(f"{path} is no WAV file", _DAMAGED)
        while len(head := file.read(8)) == 8:
            name, told = head[:4], int.from_bytes(head[4:], "little")
            if name == b"fmt ":
                form, channels, rate, _, _, bits = struct.unpack("<HHIIHH", file.read(16).ljust(16, b"\0"))
                if (
                    (form not in (1, 0xFFFE))
                    or bits != 16
                    or channels not in (1, 2)
                    or not 0 < rate <= 192_000
                ):
                    raise RecordingUnreadable(f"{path} is no 16-bit PCM WAV of one or two channels", _DAMAGED)
                file.seek(told - 16 + told % 2, 1)
            elif name == b"data":
                if not channels:
                    break
                start = file.tell()
                there = min(size - start, _LARGEST)
                # A header that was never finished says nothing at all, or everything.
                length = told if 0 < told <= there else there
                whole = length - length % (2 * channels)
                return WavShape(rate, channels, start, whole, closed=told == length)
            else:
                file.seek(told + told % 2, 1)
    raise RecordingUnreadable(f"{path} holds no samples", _DAMAGED)


_DAMAGED = "It was damaged, or is no recording of a call: there is nothing to be had from it"


def read(path: Path) -> AudioSegment:
    """The sound of a recording. Raises `RecordingUnreadable`, OSError."""
    if path.suffix.lower() != ".wav":
        from ivr.recordings.encoding import decoded  # noqa: PLC0415 - loads FFmpeg's libraries

        return decoded(path)
    shape = wav_shape(path)
    with path.open("rb") as file:
        file.seek(shape.start)
        data = file.read(shape.length)
    return segment(data[: len(data) - len(data) % (2 * shape.channels)], shape.rate, shape.channels)


def segment(samples: bytes, rate: int, channels: int) -> AudioSegment:
    """16-bit samples as pydub has them."""
    with warnings.catch_warnings():
        # It misses an ffmpeg program, which nothing here asks of it.
        for kind in (RuntimeWarning, SyntaxWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        from pydub import AudioSegment  # noqa: PLC0415 - slow to import
    return AudioSegment(data=samples, sample_width=2, frame_rate=rate, channels=channels)


def trimmed(sound: AudioSegment) -> AudioSegment:
    """Without the silence before the first sound of either side, and after the last; `MARGIN_MS` remain.

    Nothing but silence stays as it is.
    """
    from pydub.silence import detect_leading_silence  # noqa: PLC0415 - slow to import

    sides = sound.split_to_mono()
    before = min(detect_leading_silence(side, silence_threshold=QUIET) for side in sides)
    if before >= len(sound):
        return sound
    after = min(detect_leading_silence(side.reverse(), silence_threshold=QUIET) for side in sides)
    return sound[max(0, before - MARGIN_MS) : len(sound) - max(0, after - MARGIN_MS)]


def side_of(sound: AudioSegment, side: Side) -> AudioSegment:
    """What one of the two said. Raises `RecordingUnreadable` for a recording with one channel."""
    sides = sound.split_to_mono()
    if len(sides) < 2:
        raise RecordingUnreadable("Caller and system are not apart in this recording", "Leave out --channel")
    return sides[0 if side == "caller" else 1]
