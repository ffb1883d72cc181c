"""What the built-in engine sees of a sentence: words, pairs, how they sound, and what they are about.

Rules:
1. Everything is compared without accents, case, punctuation and elisions (`words_of_speech`).
2. Letters that a recogniser mixes up on a telephone line are one letter (`sound`), and the pieces run across
   the spaces too, so that a word that was split or joined still shares most of its pieces.
3. A row of numbers is one `#`: who says the digits of an order does not thereby say what they want.
4. Words are seen without their endings, too (Snowball stemmers: Porter, Boulton), and beside which others
   they stand.
5. Bounded: `MOST_WORDS` words of a sentence are read, so that no text takes long.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations, islice, pairwise

import snowballstemmer

from dialogs.slots import KINDS
from dialogs.slots.words import plain, sound
from ivr.understanding.concepts import Concepts
from ivr.understanding.words import words_of_speech

MOST_WORDS = 60
LONGEST_WORD = 30
"""Letters; more are cut off."""
PIECES = (3, 4, 5)
"""Letters of the pieces of sound."""
NUMBER = "#"
MOST_BESIDE = 14
"""Words of a sentence that are paired, each with each."""
LEAST_MATTER = 3
"""Words that have to be left when courtesies are taken away: "sí, por favor" is an answer."""
_COURTESIES: Mapping[str, re.Pattern[str]] = {
    language: re.compile(rf"\b(?:{listed})\b")
    for language, listed in {
        "es": "hola|muy buenas|buenas tardes|buenas noches|buenos dias|buenas|oigan?|oye|miren?|mira|eh|mmm?|"
        "este|pues|bueno|a ver|es que|por favor|porfa(?:vor)?|si es tan amable|si puede ser|"
        "si no es molestia|senorita|senor|joven|hija|verdad|che|venga",
        "ca": "hola|molt bones|bona tarda|bona vesprada|bona nit|bon dia|bones|escolti?|escolta|miri?|mira|"
        "eh|mmm?|doncs|be|a veure|es que|si us plau|sisplau|per favor|si pot ser|si no es molestia|senyoreta|"
        "senyora?|jove|filla|veritat|vinga|xe",
        "en": "hello|hi there|hi|hey|good morning|good afternoon|good evening|look|listen|uh|um|er|erm|mm|"
        "well|so|yeah|right|please|if you don't mind|if that's possible|sir|madam|ma'am|love|dear|mate|honey",
    }.items()
}
_STEMMERS: Mapping[str, str] = {"es": "spanish", "ca": "catalan", "en": "english"}
FAMILIES: Mapping[str, float] = {
    "word": 0.8,
    "pair": 1.2,
    "sound": 0.8,
    "joined": 0.4,
    "blurred": 1.2,
    "stem": 0.8,
    "beside": 1.6,
    "about": 0.15,
    "both": 0.6,
}
"""What a sentence is seen by, and how much each weighs. Chosen by leaving out training examples."""
OF_THE_WHOLE = ("about", "both")
"""The families that tell of a sentence of strange words, too; they come last."""
_BLURRED: Mapping[str, tuple[dict[str, str], dict[int, int]]] = {
    "ca": (
        {
            **{"ny": "n", "tx": "s", "ig ": "s ", "tj": "s", "tg": "s", "ix": "s", "qu": "k", "gu": "g"},
            **{"ce": "se", "ci": "si", "ge": "se", "gi": "si", "j": "s", "x": "s", "z": "s", "ll": "l"},
            **{"h": "", "v": "b", "c": "k", "q": "k", "r ": " "},
        },
        str.maketrans("ptkmeu", "bdgnao"),
    )
}
"""Of a language: what letters together sound like, then the letters that nobody tells from each other who
hears them on a telephone line, unstressed or at a word's end. For Catalan, which Whisper writes by ear."""
BLURRED_PIECES = (4, 6)
SMALL_TALK = frozenset({"yes", "no", "bye", "thanks"})
FEATURES_VERSION = 6
"""Another number for every change in here: a model of another version is not used."""


@lru_cache(maxsize=8)
def number_words(language: str) -> frozenset[str]:
    """The plain words that numbers are said with."""
    kind = KINDS["digits"].model_validate({"length": 4})
    return frozenset(plain(word) for word in kind.words(language))


def read_words(text: str, language: str) -> list[str]:
    """The words of a sentence as they are compared; a row of two numbers or more is one `#`."""
    numbers = number_words(language)
    found: list[str] = []
    matter = _matter(plain(text[: MOST_WORDS * LONGEST_WORD]), language)
    for whole in islice(words_of_speech(matter, language), MOST_WORDS):
        word = whole[:LONGEST_WORD]
        # "Una persona" and "dos veces" are more than numbers: a row has at least two.
        is_number = word in numbers or any(letter.isdigit() for letter in word)
        if is_number and found and (found[-1] == NUMBER or found[-1] in numbers):
            found[-1] = NUMBER
        else:
            found.append(NUMBER if is_number and word[0].isdigit() else word)
    return found


def _matter(said: str, language: str) -> str:
    """Without courtesies and hesitations, if enough is left: they say nothing of what somebody wants."""
    courtesies = _COURTESIES.get(language)
    if courtesies is None:
        return said
    left = courtesies.sub(" ", said)
    return left if len(left.split()) >= LEAST_MATTER else said


def features_of(text: str, concepts: Concepts) -> Mapping[str, Counter[str]]:
    """What each family finds in a sentence, and how often."""
    words = read_words(text, concepts.language)
    about = list(dict.fromkeys(concepts.within(words)))
    stems = [_stem(word, concepts.language) for word in words]
    return {
        "word": Counter(words),
        "pair": Counter(_pairs(words)),
        "sound": Counter(_sounds(words, concepts.language)),
        "joined": Counter(_joined(words, concepts.language)),
        "blurred": Counter(_blurred(words, concepts.language)),
        "stem": Counter(stems),
        "beside": Counter(_beside(stems)),
        "about": Counter([*about, *_shape(words, about)]),
        "both": Counter(
            f"{one}+{other}" for at, one in enumerate(sorted(about)) for other in sorted(about)[at + 1 :]
        ),
    }


@lru_cache(maxsize=8192)
def _stem(word: str, language: str) -> str:
    """Without its ending: what is learnt of "pagaré" holds for "pagaremos"."""
    stemmer = _STEMMERS.get(language)
    return str(snowballstemmer.stemmer(stemmer).stemWord(word)) if stemmer else word


def _beside(stems: list[str]) -> Iterator[str]:
    """Which two are in one sentence, in whatever order; of a long sentence only its beginning."""
    for one, other in combinations(sorted(set(stems[:MOST_BESIDE])), 2):
        yield f"{one} {other}"


def _shape(words: list[str], about: list[str]) -> Iterator[str]:
    """How long it is, and what it is about beside a yes, a no or a thank-you: "no" alone is an answer, and in
    "no me funciona internet" it is not."""
    yield f"<{min(len(words), 6) // 2 * 2}>"
    matter = [name for name in about if name not in SMALL_TALK]
    if not matter:
        yield f"<only {'+'.join(sorted(about)) or 'nothing'}>"
    elif len(matter) == 1:
        yield f"<only {matter[0]}>"


def _pairs(words: list[str]) -> Iterator[str]:
    edged = ["<", *words, ">"]
    for one, other in pairwise(edged):
        yield f"{one} {other}"
    for one, other in zip(edged, edged[2:], strict=False):
        yield f"{one} _ {other}"


@lru_cache(maxsize=4096)
def _heard(word: str, language: str) -> str:
    return NUMBER if word == NUMBER else sound(word, language)


def _sounds(words: list[str], language: str) -> Iterator[str]:
    for word in words:
        yield from _pieces(word, language)


@lru_cache(maxsize=4096)
def _pieces(word: str, language: str) -> tuple[str, ...]:
    """The whole sound of a word, and the pieces of it."""
    padded = f" {_heard(word, language)} "
    pieces = (padded[at : at + size] for size in PIECES for at in range(len(padded) - size + 1))
    return (padded, *pieces)


def _joined(words: list[str], language: str) -> Iterator[str]:
    joined = "".join(_heard(word, language) for word in words)
    for at in range(len(joined) - 4):
        yield joined[at : at + 5]


def _blurred(words: list[str], language: str) -> Iterator[str]:
    """Pieces of the sentence without spaces, of what is left of its sounds on a bad line."""
    if language not in _BLURRED:
        return
    folds, letters = _BLURRED[language]
    told = f"{' '.join(words)} "
    for written, heard in folds.items():
        told = told.replace(written, heard)
    told = re.sub(r"(.)\1+", r"\1", told.translate(letters).replace(" ", ""))
    for size in BLURRED_PIECES:
        for at in range(len(told) - size + 1):
            yield told[at : at + size]
