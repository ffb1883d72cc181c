"""How alike two texts sound: their phones, aligned, with costs that say what a telephone line mixes up.

Rules:
1. Phones come from a grapheme-to-phoneme engine (`speech.espeak_phones`, in a worker process); this room only
   compares, and knows no spelling.
2. The cost of taking one phone for another is the share of features in which they differ (manner and place,
   voice; height, place, lips), as in Kondrak 2000 (ALINE), unless recognisers were seen to mix these two up.
3. It ranks and rescues; it never makes an answer sure by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

Phones = tuple[str, ...]
"""IPA symbols without stress and length."""


class Phonetics(Protocol):
    """Text to phones."""

    def phones(self, text: str, language: str) -> Phones:
        """Of plain words in `es`, `ca` or `en`; empty for a language that it does not know."""

    def pronounced(self, text: str, language: str) -> tuple[tuple[Phones, ...], ...]:
        """The same word by word, in each accent; empty where nothing is known of how words really sound."""


_MANNERS = {
    **{"stop": 0.0, "affricate": 0.15, "fricative": 0.35, "nasal": 0.6},
    **{"tap": 0.8, "lateral": 0.85, "glide": 1.0},
}
"""How open the mouth is, 0 to 1."""
_CONSONANTS: Mapping[str, tuple[str, float, bool]] = {
    symbol: (manner, place, voiced)
    for manner, symbols in {
        "stop": "p0- b0+ t0.3- d0.3+ c0.7- ɟ0.7+ k0.9- ɡ0.9+ ʔ1-",
        "affricate": "ts0.3- dz0.3+ tʃ0.5- dʒ0.5+",
        "fricative": "f0.05- v0.05+ β0+ θ0.2- ð0.2+ s0.3- z0.3+ ʃ0.5- ʒ0.5+ ç0.7- ʝ0.7+ x0.9- ɣ0.9+ χ1- h1-",
        "nasal": "m0+ ɱ0.05+ n0.3+ ɲ0.7+ ŋ0.9+",
        "tap": "ɾ0.3+ r0.35+ ɹ0.4+ ɚ0.5+",
        "lateral": "l0.3+ ɫ0.5+ ʎ0.7+",
        "glide": "j0.7+ w0.45+",
    }.items()
    for symbol, place, voiced in (
        (found[1], float(found[2]), found[3] == "+")
        for found in re.finditer(r"(\D+?)([\d.]+)([+-])\s?", symbols)
    )
}
"""Symbol → manner, place (0 lips to 1 throat), voiced."""
_VOWELS: Mapping[str, tuple[float, float, bool]] = {
    "i": (0.0, 0.0, False), "ɪ": (0.15, 0.1, False), "e": (0.35, 0.0, False), "ɛ": (0.6, 0.1, False),
    "æ": (0.8, 0.15, False), "a": (1.0, 0.4, False), "ɑ": (1.0, 0.9, False), "ɐ": (0.85, 0.5, False),
    "ə": (0.5, 0.5, False), "ɜ": (0.55, 0.5, False), "ʌ": (0.65, 0.7, False), "ɔ": (0.65, 0.95, True),
    "ɒ": (0.95, 0.95, True), "o": (0.35, 0.95, True), "ʊ": (0.15, 0.85, True), "u": (0.0, 1.0, True),
    "ᵻ": (0.2, 0.3, False),
}  # fmt: skip
"""Symbol → openness, place (0 front to 1 back), rounded."""
_UNLIKE = 1.0
_GONE: Mapping[str, float] = dict.fromkeys("əɪjwʔhɾɹðβɣ", 0.4)
"""What it costs that a phone is missing or too many; others cost 0.6: weak ones are the first to be lost."""
_LOST = 0.6


def cost(one: str, other: str) -> float:
    """From 0 (the same) to 1 (nothing in common)."""
    if one == other:
        return 0.0
    a, b = _CONSONANTS.get(one), _CONSONANTS.get(other)
    if a and b:
        manner = abs(_MANNERS[a[0]] - _MANNERS[b[0]])
        return min(1.0, 0.1 + 0.45 * manner + 0.45 * abs(a[1] - b[1]) + 0.15 * (a[2] != b[2]))
    c, d = _VOWELS.get(one), _VOWELS.get(other)
    if c and d:
        return min(1.0, 0.1 + 0.5 * abs(c[0] - d[0]) + 0.4 * abs(c[1] - d[1]) + 0.1 * (c[2] != d[2]))
    # A glide is half a vowel.
    pair = {one, other}
    if pair <= {"j", "i", "ɪ", "e"} or pair <= {"w", "u", "ʊ", "o"}:
        return 0.25
    return _UNLIKE


@lru_cache(maxsize=65536)
def likeness(one: Phones, other: Phones) -> float:
    """0 to 1: 1 less the cheapest alignment's cost, over the longer one's phones."""
    if one == other:
        return 1.0
    row = [0.0]
    for symbol in other:
        row.append(row[-1] + _GONE.get(symbol, _LOST))
    whole = row[-1]
    length = 0.0
    for symbol in one:
        length += _GONE.get(symbol, _LOST)
        before, row[0] = row[0], length
        for at, heard in enumerate(other, 1):
            changed = before + cost(symbol, heard)
            before = row[at]
            row[at] = min(changed, row[at] + _GONE.get(symbol, _LOST), row[at - 1] + _GONE.get(heard, _LOST))
    longest = max(whole, length)
    return max(0.0, 1.0 - row[-1] / longest) if longest else 0.0


def shared(one: Phones, other: Phones) -> float:
    """Which part of the longer one's phones both have, in whatever order: a quick look before `likeness`."""
    return sum((Counter(one) & Counter(other)).values()) / max(1, len(one), len(other))


def symbols(ipa: str) -> Phones:
    """espeak-ng's IPA, its phones parted by `_` and words by spaces, as plain symbols.

    Diphthongs come in their halves; stress, length and the breath of a stop are left out.
    """
    found: list[str] = []
    for phone in re.split(r"[_\s]+", ipa):
        bare = re.sub(r"[ˈˌːˑʰ̩̃͡‿ʲ\-]", "", phone)
        if bare in _CONSONANTS or bare in _VOWELS:
            found.append(bare)
        else:
            found += [symbol for symbol in bare if symbol in _CONSONANTS or symbol in _VOWELS]
    return tuple(found)


_FOLDS = tuple(
    (re.compile(found), by)
    for found, by in (
        ("ll", "y"), ("qu(?=[ei])", "k"), ("gu(?=[ei])", "g"), ("c(?=[ei])", "s"), ("g(?=[ei])", "j"),
        ("ch", "x"), ("[cq]", "k"), ("[zç]", "s"), ("v", "b"), ("h", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
_LETTERS = {"c": "si", "s": "es", "n": "ene", "d": "de", "b": "be", "v": "be", "k": "ka", "q": "ku"}


def sounded(text: str) -> str:
    """A spelling in which what sounds alike in Spanish and Catalan looks alike: `c` and `sé`."""
    bare = "".join(
        c for c in unicodedata.normalize("NFD", text.replace("ñ", "ny")) if c.isalnum() or c == " "
    )
    folded = "".join(_LETTERS.get(word, word) for word in bare.split())
    for pattern, by in _FOLDS:
        folded = pattern.sub(by, folded)
    return folded


class Spelling:
    """Fulfils `Phonetics` without an engine: the folded letters stand for the phones."""

    def phones(self, text: str, language: str) -> Phones:  # noqa: ARG002 - the port's
        """The same for every language."""
        return tuple(sounded(text))

    def pronounced(self, text: str, language: str) -> tuple[tuple[Phones, ...], ...]:  # noqa: ARG002 - the port's
        """Letters are no phones that could be looked for in a sound."""
        return ()
