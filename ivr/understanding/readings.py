"""What a sentence means of which a recogniser has several readings: all of them are asked.

Rules:
1. The n-th reading has an n-th of the first one's weight; confidences are the weighted mean. So a meaning
   that all readings share is as sure as before, and one that only the first has is less so.
2. Entities are those of the first reading.

Measured on 120 Catalan sentences, which Whisper base hears badly: 75.8 % understood by the first reading,
81 % by five.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from ivr.understanding.port import Meaning

MOST_READINGS = 5


def together(meanings: Sequence[Meaning]) -> Meaning:
    """One meaning of all readings' meanings, the likeliest reading's first. At least one."""
    votes: defaultdict[str, float] = defaultdict(float)
    total = 0.0
    for place, meaning in enumerate(meanings[:MOST_READINGS], start=1):
        total += 1 / place
        for intent, sure in meaning.intents:
            votes[intent] += sure / place
    ranked = sorted(((intent, sure / total) for intent, sure in votes.items()), key=lambda one: -one[1])
    return replace(meanings[0], intents=tuple(ranked))
