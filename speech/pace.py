"""Recorded speech, slower or faster, at the same pitch.

WSOLA (Verhelst and Roelands, "An overlap-add technique based on waveform similarity", ICASSP 1993): windows
of 32 ms are laid down at their usual distance and taken from the original at another, each shifted by up to
8 ms to where it continues the sound before it best, so that no period of the voice is broken.
"""

from __future__ import annotations

import numpy as np

from speech.sound import Samples

_WINDOW = 256
"""Samples: 32 ms, two to four periods of a voice."""
_HOP = _WINDOW // 2
_REACH = 64


def stretched(samples: Samples, pace: float) -> Samples:
    """The same words at `pace`: 0.8 takes a quarter longer. Between 0.5 and 2; 1.0 is left as it is."""
    pace = min(2.0, max(0.5, pace))
    if abs(pace - 1.0) < 0.01 or len(samples) <= 2 * _WINDOW:
        return samples
    window = np.hanning(_WINDOW + 1)[:-1]
    count = int((len(samples) - _WINDOW) / pace / _HOP)
    padded = np.pad(samples, (_REACH, _WINDOW + 2 * _REACH))
    out = np.zeros(count * _HOP + _WINDOW)
    place = 0
    for number in range(count):
        wanted = round(number * _HOP * pace)
        if number:
            follows = padded[_REACH + place + _HOP : _REACH + place + _HOP + _WINDOW]
            around = padded[wanted : wanted + _WINDOW + 2 * _REACH]
            place = wanted - _REACH + int(np.correlate(around, follows, mode="valid").argmax())
            place = max(0, place)
        start = number * _HOP
        out[start : start + _WINDOW] += window * padded[_REACH + place : _REACH + place + _WINDOW]
    out[:_HOP] += samples[:_HOP] * (1 - window[:_HOP])  # the first half window has no one before it
    return out
