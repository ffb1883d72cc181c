"""What a sentence means of which a recogniser has several readings: all of them are asked.

Rules:
1. The n-th reading has an n-th of the first one's weight; confidences are the weighted mean. So a meaning
   that all readings share is as sure as before, and one that only the first has is less so.
2. Misspelt words are strange words, and make a sentence look like one that nobody serves. Of what was heard,
   that is believed less (`SERVED`, a language's own), and the likeliest more (`SHARPER`); both were read off
   sentences of the development sets, as they were heard.
3. Entities are those of the first reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ivr.understanding.examples import OUT_OF_SCOPE
from ivr.understanding.port import Meaning

MOST_READINGS = 10
SERVED: Mapping[str, float] = {"es": 2.0, "ca": 3.0, "en": 1.5}
"""How much less it counts that nobody serves it, where there is more than one reading: as much as leaves 87 %
of the out-of-scope sentences rejected (docs/decisions/understanding-bar.md)."""
SHARPER = 1.3
"""Power of the confidences, there."""


def together(meanings: Sequence[Meaning], language: str) -> Meaning:
    """One meaning of all readings' meanings, the likeliest reading's first. At least one."""
    votes: defaultdict[str, float] = defaultdict(float)
    total = 0.0
    for place, meaning in enumerate(meanings[:MOST_READINGS], start=1):
        total += 1 / place
        for intent, sure in meaning.intents:
            votes[intent] += sure / place
    shares = {intent: sure / total for intent, sure in votes.items()}
    if len(meanings) > 1:
        shares = _as_heard(shares, SERVED.get(language, 1.0))
    ranked = sorted(shares.items(), key=lambda one: -one[1])
    return replace(meanings[0], intents=tuple(ranked))


def _as_heard(shares: Mapping[str, float], served: float) -> dict[str, float]:
    powers = {
        intent: (share / served if intent == OUT_OF_SCOPE else share) ** SHARPER
        for intent, share in shares.items()
    }
    total = sum(powers.values())
    return {intent: power / total for intent, power in powers.items()} if total else dict(shares)
