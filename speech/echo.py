"""Whether what a caller's line brings is our own prompt coming back: a handset's echo, a loudspeaker's."""

from __future__ import annotations

import numpy as np

from speech.sound import SAMPLE_RATE, Samples, to_samples

ECHO = 0.36
"""Likeness from which it is an echo. Measured (tests/speech/test_echo.py): half a second of an echo that a
room has dulled, 6 to 26 dB weaker, on a hissing line, reaches 0.4 to 0.5; other speech stays below 0.28."""
_LEAST = round(0.4 * SAMPLE_RATE)
"""Samples that are needed to tell."""
_EMPHASIS = 0.95


def echo_likeness(heard: bytes, played: bytes) -> float:
    """How far `heard` is `played`, weaker and later: 0 (something else) to 1.

    The highest normalised cross-correlation over all delays, on sounds whose treble is raised: the low
    periods of any two voices are alike. Both are 8 kHz samples; `played` should hold what sounded while
    `heard` was heard, and a second before. 0 for less than 0.4 s, which cannot be told.
    """
    sound, prompt = _emphasised(to_samples(heard)), _emphasised(to_samples(played))
    if len(sound) < _LEAST or not prompt.any() or not sound.any():
        return 0.0
    # The sound may begin before the prompt did, and end after it.
    prompt = np.pad(prompt, len(sound) // 2 + 1)
    if len(prompt) < len(sound):
        return 0.0
    size = 1 << (len(sound) + len(prompt)).bit_length()
    products = np.fft.irfft(np.fft.rfft(prompt, size) * np.conj(np.fft.rfft(sound, size)), size)
    places = len(prompt) - len(sound) + 1
    power = np.concatenate([[0.0], np.cumsum(prompt**2)])
    windows = power[len(sound) :] - power[:places]
    norms = np.sqrt(np.maximum(windows, windows.max() * 0.2) * float((sound**2).sum()))
    return float(np.abs(products[:places] / norms).max())


def _emphasised(samples: Samples) -> Samples:
    if len(samples) < 2:
        return samples
    samples = samples - samples.mean()
    emphasised: Samples = samples[1:] - _EMPHASIS * samples[:-1]
    return emphasised
