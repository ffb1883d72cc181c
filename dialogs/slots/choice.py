"""One of several things that were offered, by a phrase inside what is said, or by key.

"quiero saber mi saldo" holds the phrase "saldo". Whole words count, the longest phrase wins, and where two
choices are named at once the answer is asked back. A near miss by sound ("salvo" for "saldo") is always
asked back too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.kind import best_said
from dialogs.slots.numerals import readings
from dialogs.slots.trust import band
from dialogs.slots.words import likeness, within, words_of

ALIKE = 0.75
"""Likeness from which a stretch of the utterance may stand for a phrase; one letter in four may differ."""
SHORTEST_RESCUE = 4
"""Letters; shorter phrases are alike to too many words."""
LONGEST_UTTERANCE = 40
"""Words that are looked at; what comes later is a story."""
_KEY_WORDS = frozenset(
    word
    for words in (
        "la el opcion numero tecla pulso pulse marco",
        "l opcio numero tecla premo premi marco",
        "the option number key press",
    )
    for word in words.split()
)
"""What is said around a key: "la opción dos"."""


@dataclass(frozen=True)
class Choice:
    """A thing on offer: its key (empty if it has none), and its phrases per language."""

    id: str
    key: str
    phrases: Mapping[str, Sequence[str]]

    def words(self, language: str) -> list[tuple[str, ...]]:
        return [words for phrase in self.phrases.get(language, ()) if (words := words_of(phrase))]


@dataclass(frozen=True)
class _Hit:
    id: str
    length: int
    likeness: float


def choose(
    choices: Sequence[Choice], answer: Heard | Keyed, language: str, *, rescue: bool = True
) -> Match | NoMatch:
    """Which of them the answer names."""
    if isinstance(answer, Keyed):
        for choice in choices:
            if choice.key and choice.key == answer.keys:
                return Match(choice.id, answer.keys, "keys")
        return NoMatch(answer.keys)
    for find in (_exact, _spoken_key, _alike) if rescue else (_exact,):
        for alternative in answer.alternatives:
            hits = find(choices, alternative, language)
            if hits:
                return _judge(hits, alternative)
    return NoMatch(best_said(answer))


def _judge(hits: list[_Hit], alternative: Alternative) -> Match | NoMatch:
    best = max(hits, key=lambda hit: (hit.length, hit.likeness))
    others = tuple(dict.fromkeys(hit.id for hit in hits if hit.id != best.id))
    clear = best.likeness == 1.0 and not others
    trust = band(alternative.confidence, "exact" if clear else "mended")
    if trust == "unsure":
        return NoMatch(alternative.text)
    return Match(best.id, alternative.text, "voice", alternative.confidence, trust, others)


def _exact(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    said = words_of(alternative.text)[:LONGEST_UTTERANCE]
    hits = []
    for choice in choices:
        found = [len(phrase) for phrase in choice.words(language) if within(phrase, said) >= 0]
        if found:
            hits.append(_Hit(choice.id, max(found), 1.0))
    # "otro saldo" over "saldo": a phrase that holds the other's words is the more exact one.
    longest = max((hit.length for hit in hits), default=0)
    inside = [hit for hit in hits if hit.length == longest]
    if len(inside) == 1 and longest > 1:
        covered = [p for c in choices if c.id == inside[0].id for p in c.words(language) if len(p) == longest]
        rest = [
            hit for hit in hits
            if hit is not inside[0] and not _covered(choices, hit, covered, said, language)
        ]  # fmt: skip
        return inside + rest
    return hits


def _covered(
    choices: Sequence[Choice],
    hit: _Hit,
    by: list[tuple[str, ...]],
    said: tuple[str, ...],
    language: str,
) -> bool:
    """Whether all that this choice found lies within the longer phrase of another."""
    found = [p for c in choices if c.id == hit.id for p in c.words(language) if within(p, said) >= 0]
    return all(any(within(phrase, longer) >= 0 for longer in by) for phrase in found)


def _spoken_key(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    """ "uno", "la opción dos": the key said instead of pressed."""
    said = words_of(alternative.text)
    if len(said) > 4:
        return []
    number = [word for word in said if word not in _KEY_WORDS] or list(said)
    found = readings(" ".join(number), language)
    if not found or found[0].cost > 0.2 or len(found[0].digits) != 1:
        return []
    return [_Hit(choice.id, 1, 1.0) for choice in choices if choice.key == found[0].digits]


def _alike(choices: Sequence[Choice], alternative: Alternative, language: str) -> list[_Hit]:
    said = words_of(alternative.text)[:LONGEST_UTTERANCE]
    hits = []
    for choice in choices:
        best = max((_likest(phrase, said, language) for phrase in choice.words(language)), default=0.0)
        if best >= ALIKE:
            # A rescued phrase never counts as exact, however alike it sounds.
            hits.append(_Hit(choice.id, 1, min(best, 0.99)))
    return hits


def _likest(phrase: tuple[str, ...], said: tuple[str, ...], language: str) -> float:
    whole = " ".join(phrase)
    if len(whole) < SHORTEST_RESCUE:
        return 0.0
    best = 0.0
    for size in {len(phrase), len(phrase) + 1} if len(phrase) > 1 else {1}:
        for start in range(len(said) - size + 1):
            best = max(best, likeness(whole, " ".join(said[start : start + size]), language))
    return best
