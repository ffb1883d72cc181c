"""What to make of Vosk's alternatives: its numbers turned to confidences, and its guesses refused.

Rules:
1. A grammar makes the decoder choose among what is expected, whatever it hears (Spanish models
   rarely give `[unk]`, the Korean one has none). So the grammar also holds decoys: everyday words that
   nobody is asked for. Sound that fits a decoy better is not an answer.
2. Sound without a voice in it has no reading.
3. Vosk's `confidence` of an alternative is a log likelihood: only differences mean something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

DECOYS: dict[str, tuple[str, ...]] = {
    "es": (
        *("bueno", "pues", "entonces", "ahora", "siempre", "trabajo", "hombre", "mucho", "porque"),
        *("mañana", "agua", "mira", "oiga", "tiempo", "usted", "nosotros", "verdad", "familia", "eh"),
    ),
    "ca": (
        *("bé", "doncs", "llavors", "ara", "sempre", "feina", "home", "molt", "perquè", "demà"),
        *("aigua", "mira", "escolti", "temps", "vostè", "nosaltres", "veritat", "família", "eh"),
    ),
    "en": (
        *("well", "then", "always", "working", "people", "because", "tomorrow", "water", "listen"),
        *("family", "really", "something", "morning", "the", "actually", "weather", "uh"),
    ),
    "ko": ("아", "음", "그", "저", "이", "일", "삼", "오늘", "지금", "사람", "그래서", "안녕"),
}
_TOO_ALIKE = 0.6
_LEAST_CONFIDENCE = 0.12
_SOFTNESS = 1.5
_PER_DECOY = 0.45
_MOST_READINGS = 5


@dataclass(frozen=True)
class Alternative:
    """One of Vosk's alternatives for a stretch of sound."""

    text: str
    score: float


def decoys_for(language: str, phrases: Iterable[str], *, is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """The decoys of a language that the model knows and that no expected word resembles."""
    words = {word for phrase in phrases for word in phrase.split()}
    return tuple(
        decoy
        for decoy in DECOYS.get(language, ())
        if is_known(decoy) and not any(_alike(decoy, word) for word in words)
    )


def readings(
    stretches: Sequence[Sequence[Alternative]], decoys: Iterable[str]
) -> tuple[tuple[str, float], ...]:
    """Texts with confidences, best first, for an utterance of one or more stretches.

    Stretches are what Vosk cut at pauses: their best texts follow one another, and each other
    reading differs in one stretch.
    """
    refused = frozenset(decoys)
    each = [_weighed(stretch, refused) for stretch in stretches]
    each = [weighed for weighed in each if weighed]
    if not each:
        return ()
    best = [weighed[0] for weighed in each]
    sure = math.prod(confidence for _text, confidence in best) ** (1 / len(best))
    found = {" ".join(text for text, _confidence in best if text): sure}
    for place, weighed in enumerate(each):
        for text, confidence in weighed[1:]:
            words = [one for one, _confidence in best]
            words[place] = text
            share = confidence / max(best[place][1], 1e-6)
            found.setdefault(" ".join(word for word in words if word), sure * share)
    kept = [(text, conf) for text, conf in found.items() if text and conf >= _LEAST_CONFIDENCE]
    return tuple(sorted(kept, key=lambda one: -one[1])[:_MOST_READINGS])


def _weighed(stretch: Sequence[Alternative], decoys: frozenset[str]) -> list[tuple[str, float]]:
    """Shares of the alternatives, those with decoys reduced; empty if the best is only decoys."""
    said = [alternative for alternative in stretch if alternative.text]
    if not said:
        return []
    top = max(alternative.score for alternative in said)
    shares = [math.exp((alternative.score - top) / _SOFTNESS) for alternative in said]
    whole = sum(shares)
    found: dict[str, float] = {}
    for alternative, share in zip(said, shares, strict=True):
        words = alternative.text.split()
        kept = [word for word in words if word not in decoys and word != "[unk]"]
        if not kept and alternative.score == top:
            return []
        weight = share / whole * _PER_DECOY ** (len(words) - len(kept))
        text = " ".join(kept)
        found[text] = max(found.get(text, 0.0), weight)
    found.pop("", None)
    return sorted(found.items(), key=lambda one: -one[1])


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() > _TOO_ALIKE
