"""Recorded sound of any format as 8 kHz mono: what a studio, or a person with a telephone, sends in.

The server converts in a process of its own (`python -m speech.studio SOURCE TARGET`): pydub runs
ffmpeg, and neither may keep other calls waiting.
"""

from __future__ import annotations

import sys
from pathlib import Path

from speech.errors import SoundUnreadable
from speech.sound import SAMPLE_RATE, finished_prompt, read_wav, resample, to_pcm, to_samples, write_wav


def read_sound(path: Path) -> bytes:
    """8 kHz samples of a WAV, MP3, FLAC, OGG… file. Raises `SoundUnreadable`.

    WAV needs nothing; what is not WAV goes through pydub, which needs ffmpeg.
    """
    if not path.is_file():
        raise SoundUnreadable(f"{path}: there is no such file")
    if path.suffix.lower() == ".wav":
        try:
            return read_wav(path)
        except SoundUnreadable:
            return _by_pydub(path)  # a WAV file with a codec inside
    return _by_pydub(path)


def convert(recording: Path, copy: Path) -> None:
    """Writes the telephone's copy of a studio recording: 8 kHz, trimmed and levelled like synthesis.

    Raises `SoundUnreadable`, OSError.
    """
    sound = finished_prompt(to_samples(read_sound(recording)))
    if not len(sound):
        raise SoundUnreadable(f"{recording}: nothing but silence")
    write_wav(copy, to_pcm(sound))


def _by_pydub(path: Path) -> bytes:
    from pydub import AudioSegment  # noqa: PLC0415 - slow to import, and most recordings are WAV
    from pydub.exceptions import CouldntDecodeError  # noqa: PLC0415

    try:
        segment = AudioSegment.from_file(str(path)).set_channels(1).set_sample_width(2)
    except FileNotFoundError:
        raise SoundUnreadable(
            f"{path}: to read this kind of file, install ffmpeg; a PCM WAV file needs nothing"
        ) from None
    except (CouldntDecodeError, IndexError, KeyError, OSError, ValueError) as fault:
        said = (str(fault).strip().splitlines() or [repr(fault)])[0]
        raise SoundUnreadable(f"{path}: not a sound that can be read ({said[:120]})") from None
    samples = to_samples(segment.raw_data)
    return to_pcm(resample(samples, segment.frame_rate, SAMPLE_RATE))


def main() -> int:
    """Converts one file; what is wrong with it goes to standard error, in one line, with status 1."""
    try:
        convert(Path(sys.argv[1]), Path(sys.argv[2]))
    except (SoundUnreadable, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
