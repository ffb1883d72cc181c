"""Which expected phrase it was: candidates ranked by their scores, and sentences mended by sound. Pure rules.

Rules:
1. An expected phrase must be sayable in the time that the sound took ("no" does not last 1.5 s).
2. The ranking takes the score, less what the model expects by itself, and the likeness to the free text;
   either can carry the other: a synthetic or foreign voice spoils the one more than the other.
3. It chooses who is judged. Which of them was said, and how surely, all the facts tell (`speech.evidence`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from speech.evidence import Evidence, confidence, evidence, probability
from speech.keyword_spotting import Spotted
from speech.phonetics import Phones, Phonetics, likeness, shared, sounded
from speech.whisper_decoding import Scored, Text

_MOST_READINGS = 5
_MOST_JUDGED = 9
"""Candidates that are judged. Of 330 answers to menus in babble of 10 dB six are refused with nine, eleven
with five (tuning half, cross-validated)."""
_MOST_NEAREST = 8
_FAR = 40.0
"""Log likelihood by which a phrase may lie worse along the phones than the best one, to be looked at."""
_BY_PHONES = 0.7
_BY_SENSE = 0.6
"""What the fit along the phones counts beside the decoder's score: neighbours tell the same twice."""
_ALIKE = 0.65
"""Phonetic likeness from which a stretch of the free text may be an expected phrase. At 0.4 of the spelling,
as it was once, two people talking in the room were a menu's choice in one of five cases."""
_SHARED = 0.35
"""Of the phones; with fewer in common no likeness is worked out, which costs a tenth of a millisecond."""
_SHORTEST_RESPELLED = 3
_THE_SAME = 0.9
"""Phonetic likeness from which two words are one, spelt in two ways: "cerro" and "cero"."""
_SHORTEST_MENDED = 4
"""Letters: "no" and "sí" sound like a part of anything."""
_MOST_MENDED = 10
"""A menu may have two hundred phrases, and short ones are like much: of 6, "mi saldo" was not one."""
_LIKENESS = 8.0
"""What full likeness to the free text is worth, in log probability, where the prior is not taken off."""


@dataclass(frozen=True)
class Guess:
    """A reading and how far to trust it, 0 to 1."""

    text: str
    confidence: float


def sayable(phrase: str, seconds: float) -> bool:
    """Whether a person can need this long for the phrase: 5 to 30 letters a second, and a margin."""
    letters = len(phrase.replace(" ", ""))
    return letters / 30 <= seconds <= letters / 5 + 0.55


def similarity(one: str, other: str) -> float:
    """0 to 1: how alike two texts sound, roughly (Ratcliff-Obershelp on folded spelling)."""
    return SequenceMatcher(None, sounded(one), sounded(other), autojunk=False).ratio()


def mended(text: str, phrases: Sequence[str], *, phonetics: Phonetics, language: str) -> list[str]:
    """The sentence as it would be with an expected phrase in the place that sounds most like it.

    "quiero saber mi palmo" may be "quiero saber mi saldo": the decoder is asked which of the two the
    sound is. Only sentences longer than the phrase; the likest few.
    """
    words = text.split()
    said: dict[tuple[int, int], Phones] = {}
    found: list[tuple[float, str]] = []
    for phrase in phrases:
        size = len(phrase.split())
        if len(phrase) < _SHORTEST_MENDED or size >= len(words):
            continue
        wanted = phonetics.phones(phrase, language)
        best, place = 0.0, 0
        for at in range(len(words) - size + 1):
            if (at, size) not in said:
                said[at, size] = phonetics.phones(" ".join(words[at : at + size]), language)
            if shared(said[at, size], wanted) >= _SHARED:
                best, place = max((best, place), (likeness(said[at, size], wanted), at))
        if _ALIKE <= best < 1.0:
            found.append((best, " ".join((*words[:place], phrase, *words[place + size :]))))
    return list(dict.fromkeys(sentence for _best, sentence in sorted(found, reverse=True)))[:_MOST_MENDED]


def respelled(
    text: str, words: Sequence[str], known: Collection[str], *, phonetics: Phonetics, language: str
) -> str:
    """The text with words that nobody expects spelt like the expected ones that they sound like.

    "siento 89" is "ciento 89", "sinco" is "cinco". `known` words stay as they are, and so do figures. What
    sounds only about alike is for the question to rescue, and to ask back.
    """
    by_sound = {phonetics.phones(word, language): word for word in reversed(words)}
    said = text.split()
    for place, word in enumerate(said):
        if word in known or word.isdecimal() or len(word) < _SHORTEST_RESPELLED:
            continue
        sound = phonetics.phones(word, language)
        best = max(by_sound, key=lambda other: likeness(sound, other), default=())
        if likeness(sound, best) >= _THE_SAME:
            said[place] = by_sound[best]
    return " ".join(said)


@dataclass(frozen=True)
class Ranked:
    """An expected phrase, its share among the candidates, and how well it fits by itself, 0 to 1."""

    scored: Scored
    share: float
    fit: float


@dataclass(frozen=True)
class Candidates:
    """The expected phrases that can have been said."""

    scored: Sequence[Scored]
    seconds: float
    """How long somebody spoke."""
    prior: float
    """How much of what the model expects by itself is to be taken off."""
    spotted: Spotted | None = None
    """What keyword spotting makes of the sound; None: there is none for the language or the model."""


def nearest(fitting: Mapping[str, float]) -> list[str]:
    """The phrases that lie best along the phones."""
    best = max(fitting.values(), default=-math.inf)
    near = [phrase for phrase, fit in fitting.items() if -math.inf < best - _FAR <= fit]
    return sorted(near, key=lambda phrase: -fitting[phrase])[:_MOST_NEAREST]


def ranked(scored: Sequence[Scored], free: Text | None, *, prior: float = 0.0) -> list[Ranked]:
    """The candidates, the likeliest first.

    `prior` (0 to 1): how much of what the model expects by itself is taken off. Without it a phrase that
    Whisper has read often wins over the one that was said (pointwise mutual information, Church and Hanks
    1990; here it told 23 of 28 amounts from their neighbours, 12 without it).
    """
    if not scored:
        return []
    total: list[float] = []
    fits: list[float] = []
    for one in scored:
        mean = one.logprob / max(1, one.tokens)
        like = similarity(free.text, one.phrase) if free is not None and free.text else 0.5
        expected = prior * one.prior if one.prior is not None else 0.0
        value = one.logprob - expected + (1 - prior) * one.tokens + _LIKENESS * (1 - prior) * like
        total.append(value + _BY_PHONES * (one.fit or 0.0) + _BY_SENSE * one.sense)
        fits.append(1 / (1 + math.exp(-(1.5 * (mean + 3.0) + 5.0 * (like - 0.5)))))
    top = max(total)
    shares = [math.exp((value - top) / 1.5) for value in total]
    whole = sum(shares)
    found = [Ranked(one, share / whole, fit) for one, share, fit in zip(scored, shares, fits, strict=True)]
    return sorted(found, key=lambda one: -one.share)


def weighed(scored: Sequence[Scored], free: Text | None, *, prior: float = 0.0) -> list[Guess]:
    """The words of a number: the share among the candidates, times how well it fits."""
    guesses = [Guess(one.scored.phrase, one.fit * one.share) for one in ranked(scored, free, prior=prior)]
    return sorted(guesses, key=lambda guess: -guess.confidence)[:_MOST_READINGS]


@dataclass(frozen=True)
class Verdict:
    """An expected phrase, what speaks for it, and the chance that it was said."""

    scored: Scored
    facts: Evidence
    chance: float


def verdicts(found: Candidates, free: Text, *, phonetics: Phonetics, language: str) -> list[Verdict]:
    """The foremost candidates, the likeliest by all that speaks for them first.

    The ranking goes by how well each fits. In noise many fit as well as the right one, and some of them run
    on into the babble, are rushed through, or are no keyword that was spotted.
    """
    all_of_them = []
    for one in ranked(found.scored, free, prior=found.prior)[:_MOST_JUDGED]:
        facts = evidence(one.scored, one.share, free, found.seconds, phonetics=phonetics, language=language)
        all_of_them.append(Verdict(one.scored, facts, probability(facts)))
    return sorted(all_of_them, key=lambda one: -one.chance)


def believed(known: Sequence[Verdict]) -> list[Guess]:
    """Whole phrases with a confidence by all that speaks for them."""
    return [Guess(one.scored.phrase, confidence(one.chance)) for one in known[:_MOST_READINGS]]


def trusted_as_keyword(text: str, known: Sequence[Verdict], spotted: Spotted | None) -> float:
    """The most that a freely written text is trusted: one that is a keyword, no more than that keyword is.

    Whisper writes the "no" of somebody in the room as clearly as the caller's.
    """
    for one in known:
        if one.scored.keyword and one.scored.phrase == text:
            return confidence(one.chance)
    chance = spotted.chance(text) if spotted is not None else None
    return 1.0 if chance is None else confidence(chance)


def merged(one: list[Scored], other: list[Scored]) -> list[Scored]:
    """Both lists, each phrase with its better score, best first."""
    best: dict[str, Scored] = {}
    for scored in (*one, *other):
        if scored.phrase not in best or scored.logprob > best[scored.phrase].logprob:
            best[scored.phrase] = scored
    return sorted(best.values(), key=lambda scored: -scored.logprob)
