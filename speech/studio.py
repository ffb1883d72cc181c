"""Recorded sound of any format as 8 kHz mono: what a studio, or a person with a telephone, sends in.

The server converts in a process of its own (`python -m speech.studio`): decoding loads FFmpeg's
libraries, and may not keep other calls waiting.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from speech.errors import SoundUnreadable
from speech.pace import stretched
from speech.sound import (
    SAMPLE_RATE,
    finished_prompt,
    is_whole,
    read_wav,
    resample,
    to_pcm,
    to_samples,
    write_wav,
)


def read_sound(path: Path) -> bytes:
    """8 kHz samples of a WAV, MP3, FLAC, OGG… file. Raises `SoundUnreadable`.

    Loads FFmpeg's libraries for what is no plain WAV: never called by the server itself.
    """
    if path.is_dir():
        raise SoundUnreadable(f"{path} is a folder: name a sound file")
    if not path.is_file():
        raise SoundUnreadable(f"{path}: there is no such file")
    if path.suffix.lower() == ".wav":
        try:
            return read_wav(path)
        except SoundUnreadable:
            return _decoded(path)  # a WAV file with a codec inside
    return _decoded(path)


SOUND_VERSION = "5"
"""Raised when the treatment after synthesis or recording (resampling, level, trimming) changes."""
WORD_MARGIN = 0.01
"""Seconds of silence that a word of a value keeps at its ends: it is joined to others."""
PROMPT_MARGIN = 0.04


@dataclass
class Conversion:
    """One recording on its way to the telephone's copy."""

    studio: Path
    copy: Path
    pace: float = 1.0
    margin: float = PROMPT_MARGIN
    fault: str = ""
    """What was wrong with it; empty as long as nothing was."""

    @classmethod
    def of(cls, studio: Path, folder: Path, key: str, *, pace: float, word: bool) -> Conversion:
        """The copy's name is the hash of `key`: all that its sound depends on."""
        name = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return cls(studio, folder / f"studio-{name}.wav", pace, WORD_MARGIN if word else PROMPT_MARGIN)

    @property
    def done(self) -> bool:
        return is_whole(self.copy)

    def told(self) -> dict[str, object]:
        """As the child process reads it."""
        return {
            "studio": str(self.studio),
            "copy": str(self.copy),
            "pace": self.pace,
            "margin": self.margin,
        }


def convert(recording: Path, copy: Path, *, pace: float = 1.0, margin: float = PROMPT_MARGIN) -> None:
    """Writes the telephone's copy of a studio recording: 8 kHz, trimmed and levelled like synthesis.

    `pace`: 0.8 takes a quarter longer, at the same pitch. Raises `SoundUnreadable`, OSError.
    """
    sound = finished_prompt(stretched(to_samples(read_sound(recording)), pace), margin=margin)
    if not len(sound):
        raise SoundUnreadable(f"{recording}: nothing but silence")
    write_wav(copy, to_pcm(sound))


def _decoded(path: Path) -> bytes:
    """By FFmpeg's libraries (PyAV), so that no ffmpeg program is needed; pydub mixes the channels."""
    import av  # noqa: PLC0415 - heavy, and most recordings are WAV
    from av.audio.resampler import AudioResampler  # noqa: PLC0415

    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            channels = min(2, stream.channels)
            to_16_bits = AudioResampler(format="s16", layout="stereo" if channels == 2 else "mono")
            frames = [out for frame in container.decode(stream) for out in to_16_bits.resample(frame)]
            frames += to_16_bits.resample(None)
            rate = stream.rate
    except (av.FFmpegError, IndexError, OSError, ValueError) as fault:
        said = "it holds no sound" if isinstance(fault, IndexError) else fault
        if isinstance(fault, av.FFmpegError):
            said = fault.strerror or fault  # its own words name the file once more, and a number for nobody
        reason = (str(said).strip().splitlines() or [repr(fault)])[0]
        raise SoundUnreadable(f"{path}: not a sound that can be read ({reason[:120]})") from None
    samples = b"".join(bytes(frame.planes[0])[: frame.samples * 2 * channels] for frame in frames)
    if not samples or not rate:
        raise SoundUnreadable(f"{path}: not a sound that can be read (it holds no samples)")
    return to_pcm(resample(to_samples(_one_channel(samples, rate, channels)), rate, SAMPLE_RATE))


def _one_channel(samples: bytes, rate: int, channels: int) -> bytes:
    with warnings.catch_warnings():
        # It misses an ffmpeg program, which nothing here asks of it.
        for kind in (RuntimeWarning, SyntaxWarning, DeprecationWarning):
            warnings.simplefilter("ignore", kind)
        from pydub import AudioSegment  # noqa: PLC0415 - slow to import
    segment = AudioSegment(data=samples, sample_width=2, frame_rate=rate, channels=channels)
    mixed: bytes = segment.set_channels(1).raw_data
    return mixed


def main() -> int:
    """Converts what standard input lists, a JSON object a line; tells each fault in a line, or nothing."""
    for line in sys.stdin:
        wanted = json.loads(line)
        copy, fault = Path(wanted["copy"]), ""
        try:
            if not is_whole(copy):  # a caller may have needed it in the meantime
                convert(
                    Path(wanted["studio"]),
                    copy,
                    pace=float(wanted["pace"]),
                    margin=float(wanted["margin"]),
                )
        except (SoundUnreadable, OSError) as refused:
            fault = " ".join(str(refused).split())
        print(fault, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
