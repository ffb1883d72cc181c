"""From when to when somebody speaks in front, as loudness tells. Pure.

Rules:
1. Others who talk behind a caller, before the words and after them, are told from the caller as end-pointing
   tells them (`speech.endpointing`). On a quiet line nobody is behind.
2. What they say is not cut off: a word whose edge is cut gets a phone that nobody said ("correct" is
   "incorrect"). The phones are only told that there it is hardly the caller (`speech.phone_frames`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from speech.sound import frame_levels, to_samples

Loudness = Callable[[int, int], NDArray[np.float32]]
"""Of one clip (`loudness`): how many frames lie before it, how many there are → their loudness."""

_ABOVE_QUIET, _BELOW_LOUDEST = 4.0, 10 ** (-10 / 20)
"""Behind is what is less than 12 dB above the quiet moments, and more than 10 dB below the loudest."""
_SMOOTHED = 5
"""Frames over which levels are averaged for that."""
_MARGIN = 5
"""Frames of 20 ms before the first loud one and after the last: an "s" is far below its vowel."""
_SOFTEST, _LOUDEST = -4.0, 4.0
"""Tens of dB beyond which more makes no difference."""


def in_front(pcm: bytes, start: int, end: int) -> tuple[int, int]:
    """The frames of 20 ms from the first to the last loud moment within `[start, end)` of an utterance.

    All of `[start, end)` where nothing stands out.
    """
    levels = frame_levels(to_samples(pcm))
    if len(levels) < _SMOOTHED:
        return start, end
    smooth = np.convolve(levels, np.ones(_SMOOTHED) / _SMOOTHED, mode="same")
    behind = min(_ABOVE_QUIET * float(np.percentile(levels, 10)), _BELOW_LOUDEST * float(smooth.max()))
    loud = np.flatnonzero(smooth[start:end] > behind)
    if not len(loud):
        return start, end
    return max(start, start + int(loud[0]) - _MARGIN), min(end, start + int(loud[-1]) + 1 + _MARGIN)


def loudness(pcm: bytes, start: int, end: int, before: int, count: int) -> NDArray[np.float32]:
    """How loud the frames `[start, end)` of an utterance are, in tens of dB: `count` × 2.

    The first number is above the utterance's quiet moments, the second below its loudest. `before` of the
    `count` frames, and those after the end, are silence.
    """
    levels = frame_levels(to_samples(pcm))
    smooth = np.convolve(levels, np.ones(3) / 3, mode="same")
    known = np.zeros((count, 2), dtype=np.float32)
    known[:, 1] = _SOFTEST
    said = smooth[start:end][: max(0, count - before)]
    if len(said):
        quiet, most = (max(1e-5, float(one)) for one in (np.percentile(levels, 10), smooth.max()))
        tens = 2 * np.log10(np.maximum(said, 1e-5))
        known[before : before + len(said), 0] = np.clip(tens - 2 * np.log10(quiet), -1, _LOUDEST)
        known[before : before + len(said), 1] = np.clip(tens - 2 * np.log10(most), _SOFTEST, 0)
    return known
