"""What to make of Vosk's alternatives: its numbers turned to confidences, and its guesses refused.

Rules:
1. A grammar makes the decoder choose among what is expected, whatever it hears (Spanish models
   rarely give `[unk]`, the Korean one has none). So the grammar also holds decoys: everyday words that
   nobody is asked for. Sound that fits a decoy better is not an answer.
2. Sound without a voice in it has no reading.
3. Vosk's `confidence` of an alternative is a log likelihood: only differences mean something.
4. Where one alternative stands alone it looks certain, whatever was heard: so its words must also be sayable
   in the time that a voice was heard, and phrases in a row that nobody expects in a row are doubted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
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
SYLLABLES: dict[str, str] = {
    "ko": "가거고구그기나너노다더도두드라러로마머모무바버보부사서소수스시자저조주지차처초추치카커코쿠"
    "크키타터토투트티파퍼포푸프피하허호후흐히강공말문물밥방병산손술신약양왕용원은을인일입잔장적"
    "전정종죽중집책천총칠칼탑통판편품한할해향형환활흙"
}
"""Decoys that no speech is far from: words of one syllable. With them 1 of 100 sounds that answer nothing is
taken for an answer, without them 12 (Korean yes or no, tuning half); a fifth more to decode. What a bad voice
makes of "yes" and "no" is left out. Languages whose words are longer have none: there was no model to try."""
_PREFERRED = 3
"""How often a phrase stands in a grammar with syllables: Vosk counts, and what is expected is likelier. (Of
54 yes or no by odd voices 51 came back right with one, 53 with three; with eight, noise did as well.)"""
_TOO_ALIKE = 0.6
_LEAST_CONFIDENCE = 0.12
_SOFTNESS = 1.5
_PER_DECOY = 0.45
"""What a reading loses for each decoy beside it: "bueno, sí" is mostly an answer."""
_PER_SYLLABLE = 0.25
"""The same for a syllable, which is rarely a word that was meant."""
_PER_PHRASE = 0.6
"""What a reading loses for each further phrase in a row: people who talk in the room are "agent, no, yes"."""
_VOICE, _VOICE_A_LETTER = 0.5, 0.2
"""Seconds of voice that a phrase can have, and more for each letter (a syllable in Korean). Of 79 that were
right, in twenty voices, "yes" had 0.51 s at most and "no" 0.69; a melody was a "no" of one to three."""
_MOST_READINGS = 5


@dataclass(frozen=True)
class Alternative:
    """One of Vosk's alternatives for a stretch of sound."""

    text: str
    score: float


def grammar_for(
    language: str, phrases: Sequence[str], *, is_known: Callable[[str], bool], in_a_row: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the decoder shall choose from, and which of it are decoys. `in_a_row`: the words of a number are
    expected, which are short themselves, so that syllables would be heard for them."""
    decoys = decoys_for(language, phrases, is_known=is_known, syllables=not in_a_row)
    preferred = _PREFERRED if language in SYLLABLES and not in_a_row else 1
    return (*(list(phrases) * preferred), *decoys), decoys


def decoys_for(
    language: str, phrases: Iterable[str], *, is_known: Callable[[str], bool], syllables: bool = True
) -> tuple[str, ...]:
    """The decoys of a language that the model knows and that no expected word resembles."""
    words = {word for phrase in phrases for word in phrase.split()}
    far = [decoy for decoy in DECOYS.get(language, ()) if not any(_alike(decoy, word) for word in words)]
    # A syllable of an expected word is how that word begins or ends.
    short = SYLLABLES.get(language, "") if syllables else ""
    far += [one for one in short if not any(one in word for word in words)]
    return tuple(decoy for decoy in dict.fromkeys(far) if is_known(decoy))


def readings(
    stretches: Sequence[Sequence[Alternative]],
    decoys: Iterable[str],
    *,
    phrases: Collection[str] = (),
    voiced: float = 0.0,
) -> tuple[tuple[str, float], ...]:
    """Texts with confidences, best first, for an utterance of one or more stretches.

    Stretches are what Vosk cut at pauses: their best texts follow one another, and each other
    reading differs in one stretch. `phrases`: what may be the whole answer, where it is no row of words;
    `voiced`: seconds in which there was a voice.
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
    if phrases:
        found = {
            text: sure * _PER_PHRASE ** (_in_a_row(text, phrases) - 1)
            for text, sure in found.items()
            if voiced <= _VOICE + _VOICE_A_LETTER * len(text.replace(" ", ""))
        }
    kept = [(text, conf) for text, conf in found.items() if text and conf >= _LEAST_CONFIDENCE]
    return tuple(sorted(kept, key=lambda one: -one[1])[:_MOST_READINGS])


def _in_a_row(text: str, phrases: Collection[str]) -> int:
    """How many of the phrases follow one another in it, the longest first; a text that is one counts once."""
    words, at, count = text.split(), 0, 0
    while at < len(words):
        ends = (end for end in range(len(words), at + 1, -1) if " ".join(words[at:end]) in phrases)
        at = next(ends, at + 1)
        count += 1
    return count


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
        weight = share / whole * math.prod(_kept(word) for word in words if word in decoys or word == "[unk]")
        text = " ".join(kept)
        found[text] = max(found.get(text, 0.0), weight)
    found.pop("", None)
    return sorted(found.items(), key=lambda one: -one[1])


_MEANT = frozenset(word for words in DECOYS.values() for word in words)


def _kept(decoy: str) -> float:
    """What a reading keeps of its share beside that decoy."""
    return _PER_DECOY if decoy in _MEANT or decoy == "[unk]" else _PER_SYLLABLE


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() > _TOO_ALIKE
