"""Measuring a call from the caller's own samples: what was loud, and how fast the switch reacted.

All positions are samples on the caller's timeline (8 kHz): the first sample that the caller could
have said is 0, and what is heard at the same instant has the same position.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from esl.switch import SAMPLE_RATE

LOUD = 250
"""Peak of 16-bit samples above which something is heard at all (about -42 dB)."""
_WINDOW = 80
"""Samples: 10 ms."""


def _windows(samples: bytes) -> NDArray[np.bool_]:
    whole = len(samples) // 2
    sound = np.abs(np.frombuffer(samples, "<i2", count=whole).astype(np.int32))
    filled = np.zeros(-(-whole // _WINDOW) * _WINDOW, np.int32)
    filled[:whole] = sound
    loud: NDArray[np.bool_] = filled.reshape(-1, _WINDOW).max(axis=1) > LOUD
    return loud


def first_loud(samples: bytes, *, start: int = 0) -> int | None:
    """Position of the first sample at or after `start` that can be heard; None if there is none."""
    sound = np.abs(np.frombuffer(samples, "<i2", count=len(samples) // 2).astype(np.int32))
    found = np.flatnonzero(sound[start:] > LOUD)
    return start + int(found[0]) if len(found) else None


def spans_of_sound(samples: bytes, *, pause: float = 0.3) -> list[tuple[int, int]]:
    """Where there is sound: (onset, end) pairs, apart by at least `pause` seconds of quiet."""
    loud = np.flatnonzero(_windows(samples))
    spans: list[tuple[int, int]] = []
    gap = pause * SAMPLE_RATE
    for window in loud.tolist():
        onset, end = window * _WINDOW, (window + 1) * _WINDOW
        if spans and onset - spans[-1][1] < gap:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((onset, end))
    return spans


def end_of_sound(samples: bytes, *, start: int, pause: float = 0.1) -> int | None:
    """Where the sound that goes on at `start` ends: the first sample of `pause` seconds of quiet.

    `start` itself if it is quiet there already; None if the sound goes on to the end of `samples`.
    """
    needed = round(pause * SAMPLE_RATE)
    sound = np.abs(np.frombuffer(samples, "<i2", count=len(samples) // 2).astype(np.int32))
    # Loud samples, between two that stand for the beginning and the end of what was recorded.
    loud = np.concatenate(([start - 1], start + np.flatnonzero(sound[start:] > LOUD), [len(sound)]))
    quiet = np.flatnonzero(np.diff(loud) > needed)
    return int(loud[quiet[0]]) + 1 if len(quiet) else None
