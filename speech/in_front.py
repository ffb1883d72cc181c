"""From when to when somebody speaks in front, as loudness tells. Pure.

Rules:
1. Others who talk behind a caller, before the words and after them, are told from the caller as end-pointing
   tells them (`speech.endpointing`). On a quiet line nobody is behind.
2. What they say is not cut off: a word whose edge is cut gets a phone that nobody said ("correct" is
   "incorrect"). The phones are only told that there it is hardly the caller (`speech.phone_frames`).
"""

from __future__ import annotations

import numpy as np

from speech.sound import frame_levels, to_samples

_ABOVE_QUIET, _BELOW_LOUDEST = 4.0, 10 ** (-10 / 20)
"""Behind is what is less than 12 dB above the quiet moments, and more than 10 dB below the loudest."""
_SMOOTHED = 5
"""Frames over which levels are averaged for that."""
_MARGIN = 5
"""Frames of 20 ms before the first loud one and after the last: an "s" is far below its vowel."""


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
