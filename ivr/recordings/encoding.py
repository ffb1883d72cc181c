"""Recordings as WAV, MP3 or Opus with tags, by PyAV (FFmpeg's libraries).

Loads those libraries into the process: never imported by the server (docs/decisions/recordings.md).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import av
import numpy as np
from av.audio.resampler import AudioResampler

from ivr.errors import RecordingUnreadable
from ivr.recordings.sound import segment

if TYPE_CHECKING:
    from pydub import AudioSegment

Format = Literal["wav", "mp3", "opus"]
FORMATS: tuple[str, ...] = get_args(Format)

_CONTAINERS: Mapping[str, str] = {"wav": "wav", "mp3": "mp3", "opus": "ogg"}
_CODECS: Mapping[str, str] = {"wav": "pcm_s16le", "mp3": "libmp3lame", "opus": "libopus"}
_BITS_PER_SECOND: Mapping[str, int] = {"mp3": 48_000, "opus": 32_000}
"""Two telephone voices, neither audibly worse than in the WAV."""
HALF = ".part"
"""How the name of a file ends that is being written."""
_SLICE_SECONDS = 10
_RATE = 8000


def encode(sound: AudioSegment, target: Path, form: Format, tags: Mapping[str, str]) -> None:
    """Writes `target`, whole or not at all (a temporary file beside it, then a rename).

    Raises `RecordingUnreadable` where there is no sample to write, OSError.
    """
    if not len(sound.raw_data):
        raise RecordingUnreadable(f"There is no sound for {target}", "The call ended before there was any")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=HALF)
    os.close(handle)
    part = Path(name)
    try:
        _write(sound, part, form, tags)
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.chmod(0o640)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write(sound: AudioSegment, part: Path, form: Format, tags: Mapping[str, str]) -> None:
    layout = "stereo" if sound.channels == 2 else "mono"
    samples = np.frombuffer(sound.raw_data, "<i2").reshape(1, -1)
    step = _SLICE_SECONDS * sound.frame_rate * sound.channels
    with av.open(str(part), "w", format=_CONTAINERS[form]) as container:
        container.metadata.update(tags)
        stream = container.add_stream(_CODECS[form], rate=sound.frame_rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        if form in _BITS_PER_SECOND:
            stream.bit_rate = _BITS_PER_SECOND[form]
        for start in range(0, samples.shape[1], step):
            frame = av.AudioFrame.from_ndarray(samples[:, start : start + step], format="s16", layout=layout)
            frame.sample_rate = sound.frame_rate
            frame.pts = start // sound.channels
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def decoded(path: Path) -> AudioSegment:
    """An MP3 or Opus recording as 8 kHz sound. Raises `RecordingUnreadable`, OSError."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            channels = min(2, stream.channels)
            resampler = AudioResampler("s16", "stereo" if channels == 2 else "mono", _RATE)
            parts = [
                np.asarray(piece.to_ndarray(), "<i2").tobytes()
                for frame in (*container.decode(stream), None)
                for piece in resampler.resample(frame)
            ]
    except (av.FFmpegError, IndexError, ValueError) as fault:
        if isinstance(fault, OSError) and fault.errno is not None and not path.exists():
            raise
        raise RecordingUnreadable(
            f"{path} cannot be read as sound", "It was damaged: there is nothing to be had from it"
        ) from fault
    return segment(b"".join(parts), _RATE, channels)


def seconds_of(path: Path) -> float:
    """How long an MP3 or Opus file plays. Raises `RecordingUnreadable`."""
    try:
        with av.open(str(path)) as container:
            return (container.duration or 0) / av.time_base
    except av.FFmpegError as fault:
        raise RecordingUnreadable(f"{path} cannot be read as sound", "It was damaged") from fault
