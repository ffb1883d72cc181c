"""What the studio sends back: each file is matched to the list, looked at, levelled, and put into its places.

Rules:
1. A file is named as the list says, with folders (`balance/tell/es.wav`) or with dots for them
   (`balance.tell.es.wav`), in any format that can be read. One that has such a name and another format is
   told; whatever else lies in the folder is none of ours.
2. What is doubtful is brought in and told; what cannot be right is refused, and nothing of it is written.
3. A file appears whole, and the index that says what it says is written last: a crash in between leaves a
   recording that is believed, as one put there by hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ivr.studio.matching import Names
from ivr.studio.wanted import Wanted
from speech.errors import SoundUnreadable
from speech.joining import VALUES
from speech.recorded import Entry, Recorded
from speech.sound import (
    FRAME_SAMPLES,
    SAMPLE_RATE,
    SPEECH_LEVEL_DBFS,
    Samples,
    finished_prompt,
    frame_levels,
    speech_level,
    to_pcm,
    to_samples,
    write_wav,
)
from speech.studio import PROMPT_MARGIN, WORD_MARGIN, read_sound
from speech.studio_files import STUDIO_ENDINGS

LOUDNESS = SPEECH_LEVEL_DBFS
"""dBFS: RMS of the speech, pauses left out."""
LONGEST = 120.0
"""Seconds; a longer file is not one prompt."""
SHORTEST = 0.06
"""Seconds of sound; less is the beginning of a file that broke off, and "catorce" would be a click."""
FORMATS = "WAV, MP3, FLAC, AIFF, Ogg, Opus or M4A"
_CLIPPED = 0.985
_CLIPPED_SHARE = 0.0005
_QUIET = -45.0
"""dBFS: speech below this was recorded with the gain down, and its noise comes up with it."""
_NOISY = 22.0
"""dB between speech and room, below which the room is heard in every pause."""
_SLOWEST, _FASTEST = 0.16, 0.03
"""Seconds for each sign of the text. The studio's speakers read at 0.05 to 0.1."""
_SPARE = 0.7
"""Seconds that a very short text may take longer."""


@dataclass
class Taken:
    """What became of one file."""

    source: str
    name: str = ""
    """Its row's name; empty if it has none."""
    seconds: float = 0.0
    level: float = -math.inf
    """dBFS of the speech, as it came."""
    refused: str = ""
    """Why it was not brought in; empty if it was."""
    doubts: list[str] = field(default_factory=list)
    places: int = 0
    """In how many places it is played now."""


def sound_files(folder: Path) -> list[Path]:
    """Every file that may be a recording, in order of name."""
    return [file for file in _files(folder) if file.suffix.lower() in STUDIO_ENDINGS]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))


def bring_in(
    folder: Path, rows: Sequence[Wanted], studio: Path, *, level: float = LOUDNESS, dry_run: bool = False
) -> Iterator[Taken]:
    """Takes each file of `folder`; the index is written at the end.

    `level`: dBFS that the speech is brought to. Raises `SoundUnreadable` for a broken index, OSError.
    """
    studio = studio.resolve()
    names = Names(rows)
    index = Recorded(studio)
    index.entries()
    brought: dict[str, str] = {}
    try:
        for file in _files(folder):
            taken = Taken(file.relative_to(folder).as_posix())
            if file.suffix.lower() not in STUDIO_ENDINGS:
                if names.of_no_sound(taken.source):
                    taken.refused = f"no format that is taken: send {FORMATS}"
                    yield taken
                continue
            row = _row(taken, names)
            if row is not None and row.name in brought:
                taken.refused = f"a second file for {row.name}, beside {brought[row.name]}: keep one of them"
            elif row is not None:
                brought[row.name] = taken.source
                _take(file, taken, row, index, studio=studio, level=level, dry_run=dry_run)
            yield taken
    finally:
        if not dry_run and studio.is_dir():
            index.save()


def _row(taken: Taken, names: Names) -> Wanted | None:
    """The row that the file's name means; else `refused` says which name is near."""
    row = names.row_of(taken.source)
    if row is not None:
        taken.name = row.name
        return row
    near = names.near(taken.source)
    remedy = f"did you mean {near}?" if near else "take the names from `ivr prompts export`"
    taken.refused = f"nothing is called {Path(taken.source).with_suffix('').as_posix()}: {remedy}"
    return None


def _take(
    file: Path, taken: Taken, row: Wanted, index: Recorded, *, studio: Path, level: float, dry_run: bool
) -> None:
    try:
        samples = to_samples(read_sound(file))
    except SoundUnreadable as fault:
        taken.refused = str(fault).removeprefix(f"{file}: ")
        return
    _look(taken, samples)
    if taken.refused:
        return
    margin = WORD_MARGIN if f"/{VALUES}/" in f"/{row.name}" else PROMPT_MARGIN
    sound = finished_prompt(samples, margin=margin, level=level)
    taken.seconds = round(len(sound) / SAMPLE_RATE, 2)
    if taken.seconds < SHORTEST:
        taken.refused = f"only {taken.seconds:g} s of sound: record it again"
        return
    taken.doubts += _length_doubts(taken.seconds, row.text)
    taken.places = len(row.names)
    if dry_run:
        return
    pcm = to_pcm(sound)
    for name in row.names:
        target = studio / f"{name}.wav"
        write_wav(target, pcm)
        index.add(target, Entry(row.text, target.stat().st_size, taken.seconds, taken.source))


def _look(taken: Taken, samples: Samples) -> None:
    """Refuses what cannot be this prompt; notes what will be heard."""
    taken.seconds = round(len(samples) / SAMPLE_RATE, 2)
    loudness = speech_level(samples)
    if not len(samples) or np.abs(samples).max() < 10 ** (-66 / 20):
        taken.refused = "nothing but silence: record it again"
        return
    taken.level = round(20 * math.log10(loudness), 1)
    if taken.seconds > LONGEST:
        taken.refused = f"{taken.seconds:.0f} s are no single prompt: cut it at the prompts' ends"
        return
    if float((np.abs(samples) > _CLIPPED).mean()) > _CLIPPED_SHARE:
        taken.doubts.append("clipped: record it again with less gain")
    if taken.level < _QUIET:
        taken.doubts.append(f"recorded at {taken.level:.0f} dBFS: its noise is raised with it")
    elif (room := _room(samples, loudness)) is not None and room < _NOISY:
        taken.doubts.append(f"the room is only {room:.0f} dB below the voice")


def _room(samples: Samples, loudness: float) -> float | None:
    """dB between the voice and the quietest tenth; None where there is no pause to hear the room in."""
    if len(samples) < 25 * FRAME_SAMPLES:
        return None
    quiet = float(np.percentile(frame_levels(samples), 5))
    return 20 * math.log10(loudness / max(quiet, 1e-5))


def _length_doubts(seconds: float, text: str) -> Iterable[str]:
    signs = sum(sign.isalnum() for sign in text)
    if seconds > signs * _SLOWEST + _SPARE:
        yield f"{seconds:.1f} s are long for this text: is it the right file?"
    elif seconds < signs * _FASTEST:
        yield f"{seconds:.1f} s are short for this text: is it whole?"
