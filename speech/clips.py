"""Where in an utterance there is sound: clips between pauses, cut out for a recogniser. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from speech.sound import FRAME_BYTES, FRAME_SECONDS, frame_levels, to_samples

_GAP_FRAMES = 5
"""100 ms of quiet part two words that the caller says one by one."""
_MARGIN = 3
"""Frames that a clip is given on both sides."""


@dataclass(frozen=True)
class Clip:
    """A stretch of the utterance in frames of 20 ms: `[start, end)`."""

    start: int
    end: int

    @property
    def seconds(self) -> float:
        """Its duration."""
        return (self.end - self.start) * FRAME_SECONDS


def clips_of(pcm: bytes) -> list[Clip]:
    """The stretches of sound between pauses of at least `_GAP_FRAMES`, by energy alone.

    The threshold follows the clip: 34 dB below its loudest frames, and above its quietest.
    """
    levels = frame_levels(to_samples(pcm))
    if not len(levels):
        return []
    loudest = float(np.percentile(levels, 98))
    floor = float(np.percentile(levels, 5))
    threshold = max(0.02 * loudest, min(2.0 * floor, 0.2 * loudest), 10 ** (-50 / 20))
    clips: list[Clip] = []
    start, end = -1, -1
    for place in np.flatnonzero(levels > threshold):
        if start >= 0 and place - end >= _GAP_FRAMES:
            clips.append(Clip(start, end))
            start = -1
        if start < 0:
            start = int(place)
        end = int(place) + 1
    if start >= 0:
        clips.append(Clip(start, end))
    return [clip for clip in clips if clip.end - clip.start >= 3]


def cut(pcm: bytes, clip: Clip) -> bytes:
    """The clip's samples with a margin on both sides."""
    return pcm[max(0, clip.start - _MARGIN) * FRAME_BYTES : (clip.end + _MARGIN) * FRAME_BYTES]


def within(frames: tuple[int, int], clip: Clip) -> tuple[int, int]:
    """Frames of an utterance as frames of what `cut` gives of it."""
    begin = max(0, clip.start - _MARGIN)
    return frames[0] - begin, frames[1] - begin
