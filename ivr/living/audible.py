"""Was it audible? The prompt's own samples lie in what was heard at the caller's ear, whole and undisturbed.

Exact, needs no recogniser, and says nothing about whether a person would understand the prompt: that is asked
in tests/calls/amounts_heard.py.
"""

from __future__ import annotations

import numpy as np

from dialogs.spoken import say


def likeness(heard: bytes, prompt: bytes) -> float:
    """How far `prompt` lies in `heard` as it was made; see `found_in`."""
    return found_in(heard, prompt)[0]


def found_in(heard: bytes, prompt: bytes) -> tuple[float, bytes]:
    """Where `prompt` lies in `heard` as it was made: how alike the place is, and the sound there.

    1.0 is sample by sample, near 0 something else: the highest normalised cross-correlation over all
    places. Both are 16-bit mono at 8 kHz.
    """
    sound = np.frombuffer(heard, "<i2").astype(np.float64)
    wanted = np.frombuffer(prompt, "<i2").astype(np.float64)
    if not len(wanted) or len(sound) < len(wanted) or not wanted.any():
        return 0.0, b""
    size = 1 << (len(sound) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size))
    products = np.fft.irfft(spectrum, size)[: len(sound) - len(wanted) + 1]
    power = np.concatenate([[0.0], np.cumsum(sound**2)])
    windows = power[len(wanted) :] - power[: len(power) - len(wanted)]
    norms = np.sqrt(np.maximum(windows, 1.0) * float((wanted**2).sum()))
    alike = products / norms
    place = int(alike.argmax())
    return float(alike[place]), heard[place * 2 : (place + len(wanted)) * 2]


def amount_in_words(cents: int, language: str, currency: str) -> str:
    """An amount as the system says it."""
    return say("money", cents, name="amount", language=language, currency=currency)[0]
