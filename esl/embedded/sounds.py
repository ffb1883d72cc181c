"""What can be played to a caller: files and the switch's own streams, as 20 ms frames at 8 kHz.

Rules:
1. `open_sound` either gives a source that plays or raises `SoundError`; the call goes on either way.
2. A source never waits: what it plays is in memory when it is opened.
3. Parts of `file_string://` follow each other without a gap of a single sample.
"""

from __future__ import annotations

import math
import re
import sys
import wave
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from random import Random

import gevent
import numpy as np

from esl.embedded.errors import SoundError
from esl.switch import FRAME_BYTES, SAMPLE_RATE

SILENCE = bytes(FRAME_BYTES)
FRAME_SAMPLES = FRAME_BYTES // 2
_LARGEST_FILE = 64 * 1024 * 1024
"""Bytes: half an hour of 16-bit mono at 16 kHz. More is no prompt."""
_LONGEST_TONE = 300_000
"""Milliseconds of one round of a tone script."""
_RAW_ENDINGS = frozenset({".r8", ".raw", ".sln"})


class Played(Enum):
    """How a sound ended."""

    WHOLE = "FILE PLAYED"
    BROKEN = "FILE PLAYED "
    """Stopped by a key or by `uuid_break`: to the client it is played."""
    MISSING = "FILE NOT FOUND"
    FAILED = "PLAYBACK ERROR"

    @property
    def response(self) -> str:
        return self.value.rstrip()


class Source:
    """Sound that is being played. `total` is its length in samples, None if it never ends."""

    def __init__(self, parts: Iterable[bytes], total: int | None) -> None:
        self.total = total
        self.position = 0
        """Samples played."""
        self._parts = iter(parts)
        self._part = b""
        self._offset = 0

    def read(self) -> bytes | None:
        """The next 20 ms, the last one filled up with silence; None at the end."""
        offset = self._offset
        frame = self._part[offset : offset + FRAME_BYTES]
        self._offset = offset + FRAME_BYTES
        if len(frame) < FRAME_BYTES:
            frame = self._across_parts(frame)
            if not frame:
                return None
        self.position += FRAME_SAMPLES
        if self.total is not None and self.position > self.total:
            self.position = self.total
        return frame

    def _across_parts(self, frame: bytes) -> bytes:
        for part in self._parts:
            missing = FRAME_BYTES - len(frame)
            frame += part[:missing]
            if len(frame) == FRAME_BYTES:
                self._part, self._offset = part, missing
                return frame
        self._part, self._offset = b"", 0
        return frame.ljust(FRAME_BYTES, b"\0") if frame else b""

    def skip(self, samples: int) -> None:
        """Goes on `samples` later, as `file.wav@@SAMPLES` asks."""
        while samples >= FRAME_SAMPLES and self.read() is not None:
            samples -= FRAME_SAMPLES


def open_sound(name: str, *, folder: Path | None = None) -> Source:
    """The sound that `playback NAME` plays; a relative file name is looked for in `folder`.

    Raises `SoundError` if there is no such sound or the switch cannot read it.
    """
    name, _, start = name.partition("@@")
    scheme, separator, rest = name.partition("://")
    if not separator:
        source = _open_file(name, folder)
    elif scheme == "silence_stream":
        source = _silence(rest)
    elif scheme == "tone_stream":
        source = _tones(rest)
    elif scheme == "file_string":
        source = _in_a_row(rest, folder)
    else:
        raise SoundError(f"no such stream: {scheme[:40]}")
    if start.isascii() and start.isdigit() and len(start) <= 10:
        source.skip(int(start))
    return source


def read_samples(path: Path) -> bytes:
    """A whole sound file as 8 kHz 16-bit mono. Raises `SoundError`."""
    source, frames = open_sound(str(path.absolute())), []
    while (frame := source.read()) is not None:
        frames.append(frame)
    return b"".join(frames)


# --- files ------------------------------------------------------------------------------------


def _open_file(name: str, folder: Path | None) -> Source:
    if not name or "\0" in name:
        raise SoundError("no file name")
    path = Path(name)
    if not path.is_absolute():
        if folder is None:
            raise SoundError(f"{name[:200]}: relative, and the switch has no folder for sounds")
        path = folder / path
    try:
        state = path.stat()
        if not path.is_file() or state.st_size > _LARGEST_FILE:
            raise SoundError(f"{name[:200]}: no file, or too large")
        samples = _samples_of(path, state.st_mtime_ns, state.st_size)
    except (OSError, EOFError, wave.Error, ValueError) as fault:
        raise SoundError(f"{name[:200]}: {fault}") from None
    return Source((samples,), len(samples) // 2)


@lru_cache(maxsize=128)
def _samples_of(path: Path, _changed: int, _size: int) -> bytes:
    """The file as the caller hears it. Kept, because many calls play the same prompts."""
    ending = path.suffix.lower()
    if ending in _RAW_ENDINGS:
        content = path.read_bytes()
        return content[: len(content) & ~1]
    if ending != ".wav":
        raise SoundError(f"{path.name[:80]}: only WAV and raw 8 kHz (.r8) can be played")
    with wave.open(str(path), "rb") as file:
        rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
        content = file.readframes(file.getnframes())
    if width != 2 or channels < 1 or rate < 1000:
        raise SoundError(f"{path.name[:80]}: only 16-bit WAV can be played")
    if (rate, channels) == (SAMPLE_RATE, 1) and sys.byteorder == "little":
        return content
    # Resampling takes its time; the other calls' frames must not wait for it.
    converted: bytes = gevent.get_hub().threadpool.apply(_to_8_khz_mono, (content, rate, channels))
    return converted


def _to_8_khz_mono(content: bytes, rate: int, channels: int) -> bytes:
    whole = len(content) // (2 * channels) * 2 * channels
    sound = np.frombuffer(content[:whole], "<i2").astype(np.float32).reshape(-1, channels).mean(axis=1)
    if len(sound) == 0:
        return b""
    if rate > SAMPLE_RATE:  # a moving average over one new sample keeps the worst aliases out
        width = max(round(rate / SAMPLE_RATE), 1)
        sound = np.convolve(sound, np.full(width, 1.0 / width, np.float32), mode="same")
    count = len(sound) * SAMPLE_RATE // rate
    at = np.arange(count) * (rate / SAMPLE_RATE)
    resampled: bytes = np.interp(at, np.arange(len(sound)), sound).round().astype("<i2").tobytes()
    return resampled


def _in_a_row(rest: str, folder: Path | None) -> Source:
    """`file_string://A!B`: what is not there is left out, as mod_dptools does; all missing is an error."""
    sources = []
    for name in filter(None, rest.split("!")):
        try:
            sources.append(open_sound(name, folder=folder))
        except SoundError:
            continue
    if not sources:
        raise SoundError("none of the sounds is there")
    total = 0
    for source in sources:
        if source.total is None:
            return Source(chain.from_iterable(s._parts for s in sources), None)
        total += source.total
    return Source(chain.from_iterable(s._parts for s in sources), total)


# --- streams -----------------------------------------------------------------------------------


def _silence(rest: str) -> Source:
    """`silence_stream://MS[,LEVEL]`: -1 never ends; with a level it is comfort noise, louder for less."""
    length, _, level = rest.partition(",")
    if not re.fullmatch(r"-?\d{1,9}", length) or not re.fullmatch(r"\d{0,6}", level):
        raise SoundError(f"silence_stream://{rest[:40]}: want milliseconds")
    frame = _noise(int(level)) if level and int(level) else SILENCE * 50
    milliseconds = int(length)
    if milliseconds < 0:
        return Source(repeat(frame), None)
    size = milliseconds * SAMPLE_RATE // 1000 * 2
    whole, rest_bytes = divmod(size, len(frame))
    return Source(chain(repeat(frame, whole), (frame[:rest_bytes],)), size // 2)


@lru_cache(maxsize=8)
def _noise(level: int) -> bytes:
    """A second of noise: the sum of six random bytes over `level` (switch_generate_sln_silence)."""
    rng = Random(level)  # noqa: S311 - noise, no secret
    numbers = [sum(rng.randint(-32767, 32767) for _ in range(6)) // max(level, 1) for _ in range(SAMPLE_RATE)]
    samples: bytes = np.clip(np.array(numbers), -32767, 32767).astype("<i2").tobytes()
    return samples


_TONE = re.compile(r"%\((\d{1,6}),(\d{1,6})((?:,\d{1,5}(?:\.\d+)?){1,4})\)")


def _tones(rest: str) -> Source:
    """`tone_stream://[v=DB;][L=N;]%(ON,OFF,HZ[,HZ])...[;loops=N]` in milliseconds; -1 loops never end."""
    volume, loops, tones = -7.0, 1, []
    for step in filter(None, (part.strip() for part in rest.split(";"))):
        name, equals, value = step.partition("=")
        found = _TONE.fullmatch(step)
        if found:
            tones.append((int(found[1]), int(found[2]), [float(hz) for hz in found[3].split(",")[1:]]))
        elif equals and name in {"v", "L", "l", "loops"} and re.fullmatch(r"-?\d{1,4}(\.\d+)?", value):
            if name == "v":
                volume = float(value)
            else:
                loops = int(float(value))
        else:
            raise SoundError(f"tone_stream: cannot read {step[:40]!r}")
    if not tones or sum(on + off for on, off, _ in tones) > _LONGEST_TONE:
        raise SoundError("tone_stream: no tone, or longer than five minutes")
    round_ = b"".join(_tone(on, off, tuple(pitches), volume) for on, off, pitches in tones)
    if loops < 0 and round_:
        return Source(repeat(round_), None)
    return Source(repeat(round_, max(loops, 1)), len(round_) // 2 * max(loops, 1))


@lru_cache(maxsize=64)
def _tone(on: int, off: int, pitches: tuple[float, ...], volume: float) -> bytes:
    """A tone and its pause. `volume` is in dB below full scale, shared by the pitches."""
    at = np.arange(on * SAMPLE_RATE // 1000) / SAMPLE_RATE
    level = 32767 * 10 ** (min(volume, 0.0) / 20) / max(len(pitches), 1)
    wave_ = sum((np.sin(2 * math.pi * hz * at) for hz in pitches), np.zeros(len(at))) * level
    sound: bytes = wave_.astype("<i2").tobytes()
    return sound + bytes(off * SAMPLE_RATE // 1000 * 2)


def frames_of(samples: bytes) -> Iterator[bytes]:
    """Sound cut into 20 ms frames, the last one filled up with silence."""
    for start in range(0, len(samples), FRAME_BYTES):
        yield samples[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
