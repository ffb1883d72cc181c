"""Whether an amount can be understood in a sound: a recogniser tells it from its neighbours.

A small one does not spell a synthetic voice's amounts reliably, so it is asked *which* of several sentences
the sound is: the one with the right amount, or the same sentence with an amount that differs in one place.
"""

from __future__ import annotations

from collections.abc import Iterable

from ivr.living.audible import amount_in_words
from speech.recognizer import Recognizer

RECOGNITION_DEADLINE = 30.0
"""Seconds; this is no caller's turn."""
MOST_RIVALS = 10


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
