"""What a caller hears while a back end works: a soft sound of our own, so that nobody's rights are touched.

Four slow chords of sines, quiet enough to speak over, that end as they began: the loop has no seam.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import structlog

from ivr.config import Settings
from ivr.in_thread import in_thread
from ivr.living.back_end_work import Filler
from speech.errors import SpeechError
from speech.sound import SAMPLE_RATE, read_wav, write_wav

log = structlog.get_logger(__name__)

CHORDS = ((220.0, 261.63, 329.63), (174.61, 220.0, 261.63), (130.81, 196.0, 261.63), (196.0, 246.94, 293.66))
"""Hertz: A minor, F, C, G."""
CHORD_SECONDS = 2.0
LOUDNESS = 0.06
"""Peak of one tone; 1.0 is full scale."""


def soft_music() -> bytes:
    """Eight seconds, 16-bit mono at 8 kHz."""
    time = np.arange(round(CHORD_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    swell = np.sin(np.pi * time / CHORD_SECONDS) ** 2
    chords = [sum(np.sin(2 * np.pi * tone * time) for tone in chord) * swell for chord in CHORDS]
    samples = np.concatenate(chords) * LOUDNESS
    return bytes((samples * 32767).astype("<i2").tobytes())


def filler_of(settings: Settings) -> Filler:
    """How waiting is filled. What cannot be played is told, and left out: a call goes on without it."""
    chosen = settings.calls.filler_music
    after = settings.calls.filler_after
    if chosen == "none":
        return Filler(after)
    try:
        if chosen == "soft":
            file = settings.prompts_folder / "cache" / "hold_music.wav"
            in_thread(lambda: _made(file))
        else:
            file = settings.path(Path(chosen))
            in_thread(lambda: read_wav(file))
    except (OSError, SpeechError) as unfit:
        log.error("no_hold_music", file=str(chosen), reason=str(unfit))
        return Filler(after)
    return Filler(after, file)


def _made(file: Path) -> None:
    if not file.exists():
        write_wav(file, soft_music())
