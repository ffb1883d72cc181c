"""Was it audible? Two proofs from the sound at the caller's ear.

1. `likeness`: the prompt's own samples lie in what was heard, whole and undisturbed. Exact, needs no
   recogniser, and says nothing about whether a person would understand the prompt.
2. `amount_heard`: a recogniser tells the amount from its neighbours. A small one does not spell a
   synthetic voice's amounts reliably, so it is asked *which* of several sentences the sound is: the one
   with the right amount, or the same sentence with an amount that differs in one place.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dialogs.spoken import say
from speech.recognizer import Recognizer

RECOGNITION_DEADLINE = 30.0
"""Seconds; this is no caller's turn."""
MOST_RIVALS = 10


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


def rivals_of(cents: int) -> list[int]:
    """Amounts that differ from `cents` in one place, in the order in which a slip is likely."""
    changed: Iterable[int] = (
        *(cents + step * sign for step in (1000, 100, 10, 10000) for sign in (1, -1)),
        cents + 700,
        cents + 7000,
        cents + 20,
        cents * 10,
    )
    return [amount for amount in dict.fromkeys(changed) if amount > 0 and amount != cents][:MOST_RIVALS]


def amount_heard(
    recognizer: Recognizer, samples: bytes, sentence: str, cents: int, *, language: str, currency: str
) -> int | None:
    """The amount, in minor units, that can be understood in `samples`: `cents`, one of its rivals, or None.

    `sentence` is what was to be said, and has to hold `cents` in words: if it does not, another amount was
    said. Raises `SpeechError`.
    """
    right = amount_in_words(cents, language, currency)
    if right not in sentence:
        return None
    sentences = {
        sentence.replace(right, amount_in_words(amount, language, currency)): amount
        for amount in (cents, *rivals_of(cents))
    }
    utterance = recognizer.open(language=language, phrases=[plain(text) for text in sentences])
    try:
        utterance.feed(samples)
        readings = utterance.finish(RECOGNITION_DEADLINE).readings
    finally:
        utterance.cancel()
    amounts = {plain(text): amount for text, amount in sentences.items()}
    return next((amounts[reading.text] for reading in readings if reading.text in amounts), None)


def plain(text: str) -> str:
    """Lower-case words without punctuation, as recognisers write them."""
    kept = "".join(letter if letter.isalnum() or letter in "'’·" else " " for letter in text.lower())
    return " ".join(kept.split())
