"""Words as they are compared: without accents, case and punctuation, and by their sound.

Rules:
1. `plain` is what every comparison goes through; nothing compares raw text.
2. `sound` folds letters that a recogniser mixes up on a telephone line (b/v, c/s/z, ll/y, h, double
   letters) so that "sínco" and "cinco" are one word. It is rough on purpose: it ranks, it never decides
   alone (`trust` does).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'"})
_NOT_WORD = re.compile(r"[^\w']+|_")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Lower case, no accents, no punctuation, single spaces; `l'he` stays one word, `l·l` becomes `ll`."""
    lowered = text.translate(_APOSTROPHES).lower().replace("l·l", "ll")
    kept = "".join(
        letter
        for letter in unicodedata.normalize("NFD", lowered)
        if not unicodedata.combining(letter) or not _latin_mark(letter)
    )
    composed = unicodedata.normalize("NFC", kept)
    return " ".join(word.strip("'") for word in _NOT_WORD.sub(" ", composed).split() if word.strip("'"))


def _latin_mark(letter: str) -> bool:
    return "\u0300" <= letter <= "\u036f"


def words_of(text: str) -> tuple[str, ...]:
    return tuple(plain(text).split())


def within(phrase: tuple[str, ...], utterance: tuple[str, ...]) -> int:
    """The position of the whole phrase in the utterance, or -1."""
    size = len(phrase)
    for start in range(len(utterance) - size + 1):
        if utterance[start : start + size] == phrase:
            return start
    return -1


# --- an utterance as its words -----------------------------------------------------------------------

Words = tuple[str, ...]
LONGEST_UTTERANCE = 40
"""Words."""

_APPROXIMATELY = re.compile(r"\bmas o menos\b|\bmes o menys\b|\bmore or less\b")
_ELIDED = re.compile(r"^([dlsmn])'(?=\w)")
_WHOLE = {"d": "de", "l": "el", "s": "es", "m": "em", "n": "en"}


@lru_cache(maxsize=2048)
def tokens(text: str, written: re.Pattern[str] | None = None) -> Words:
    """The plain words, Catalan elisions undone ("d'agost" is "de agost"). What `written` finds stays whole,
    such as "17:30"."""
    found: list[str] = []
    at = 0
    for match in written.finditer(text) if written else ():
        found += _split(text[at : match.start()])
        found.append(match.group().strip())
        at = match.end()
    found += _split(text[at:])
    return tuple(found[: LONGEST_UTTERANCE + 1])


def _split(text: str) -> Iterator[str]:
    for word in _APPROXIMATELY.sub("aproximadamente", plain(text)).split():
        elided = _ELIDED.match(word)
        if elided:
            yield _WHOLE[elided.group(1)]
            word = word[elided.end() :]  # noqa: PLW2901 - the rest of the same word
        yield word


def starts(words: Words, at: int, phrases: Iterable[Words]) -> int:
    """The length of the longest of the phrases that stands at that place, or 0."""
    if not 0 <= at < len(words):
        return 0
    first, longest = words[at], 0
    for phrase in phrases:
        # Asked at each word of whatever is said, about every phrase: nearly all differ in their first word.
        if phrase and phrase[0] == first and len(phrase) > longest and words[at : at + len(phrase)] == phrase:
            longest = len(phrase)
    return longest


def phrases_of(text: str) -> tuple[Words, ...]:
    """ "a b|c" as plain phrases, the longest first."""
    return tuple(sorted((tokens(phrase) for phrase in text.split("|") if phrase), key=len, reverse=True))


# --- by their sound ----------------------------------------------------------------------------------

_SPANISH = (
    ("qu", "k"), ("gue", "ge"), ("gui", "gi"), ("ch", "C"), ("ll", "y"), ("rr", "r"), ("ce", "se"),
    ("ci", "si"), ("cc", "ks"), ("c", "k"), ("z", "s"), ("v", "b"), ("w", "b"), ("x", "s"), ("h", ""),
    ("ge", "je"), ("gi", "ji"), ("m", "n"),
)  # fmt: skip
_CATALAN = (
    ("qu", "k"), ("tx", "C"), ("ch", "C"), ("ig", "C"), ("ll", "y"), ("ny", "n"), ("rr", "r"), ("ss", "s"),
    ("ce", "se"), ("ci", "si"), ("c", "k"), ("ç", "s"), ("z", "s"), ("x", "s"), ("v", "b"), ("w", "b"),
    ("h", ""), ("ge", "je"), ("gi", "ji"), ("m", "n"), ("o", "u"), ("a", "e"),
)  # fmt: skip
_ENGLISH = (
    ("ph", "f"), ("ght", "t"), ("kn", "n"), ("wh", "w"), ("ck", "k"), ("ce", "se"), ("ci", "si"), ("c", "k"),
    ("z", "s"), ("v", "f"), ("ee", "i"), ("ea", "i"), ("oo", "u"), ("th", "t"), ("y", "i"), ("h", ""),
    ("m", "n"),
)  # fmt: skip
_FOLDS = {"es": _SPANISH, "ca": _CATALAN, "en": _ENGLISH}


@lru_cache(maxsize=8192)
def sound(word: str, language: str) -> str:
    """A plain word by its sound; the word itself for a language without a table."""
    folded = word
    for letters, into in _FOLDS.get(language, ()):
        folded = folded.replace(letters, into)
    return re.sub(r"(.)\1+", r"\1", folded) or word


def distance(one: str, other: str, most: int | None = None) -> int:
    """Damerau-Levenshtein distance (optimal string alignment): letters to insert, drop, change, swap.

    Beyond `most` it is not worked out: the answer is then `most + 1`.
    """
    limit = max(len(one), len(other)) if most is None else most
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        now = [i]
        for j, b in enumerate(other, 1):
            cost = min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        # Every later cell grows from one of the last two rows.
        if min(now) > limit and min(last) > limit:
            return limit + 1
        before, last = last, now
    return min(last[-1], limit + 1)


@lru_cache(maxsize=65536)
def likeness(one: str, other: str, language: str, at_least: float = 0.0) -> float:
    """How alike two plain texts sound, from 0 to 1; 0 where it is certain to be less than `at_least`."""
    a, b = sound(one, language), sound(other, language)
    longest = max(len(a), len(b))
    if longest and abs(len(a) - len(b)) > (1.0 - at_least) * longest:
        return 0.0
    if a == b:
        return 1.0
    most = int((1.0 - at_least) * longest)
    # Each letter that one has and the other lacks costs at least one change.
    shared = sum(min(a.count(letter), b.count(letter)) for letter in set(a))
    if longest - shared > most:
        return 0.0
    apart = distance(a, b, most)
    return 0.0 if apart > most else 1.0 - apart / longest
