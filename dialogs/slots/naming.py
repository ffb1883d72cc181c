"""Numbers that are names (a document, a telephone, an order), found in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dialogs.slots.letters import letters_at
from dialogs.slots.numerals import LONGEST_UTTERANCE, lexicon_of, readings
from dialogs.slots.phrasing import FILLERS, Reading, Words, tokens
from dialogs.slots.quantities import quantities

_GLUED = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
MISFIT = 1.2
"""Readings that cost more are no use for a number that nothing proves."""


def named(text: str, about: frozenset[str]) -> Words:
    """The words of an utterance without those that only say what the number is ("mi DNI es el …"); digits
    and letters that are written together are taken apart."""
    return tuple(word for word in tokens(_GLUED.sub(" ", text)) if word not in about)


def digit_strings(words: Words, language: str) -> Iterator[tuple[str, float]]:
    """All strings of digits that the words may be, as a row of numbers or as one large number."""
    if len(words) > LONGEST_UTTERANCE:
        return
    for reading in readings(" ".join(words), language):
        yield reading.digits, reading.cost
    known = FILLERS.get(language, frozenset())
    at = next((at for at, word in enumerate(words) if word not in known), 0)
    for size, value, cost in quantities(words[at:], 0, language):
        if size == len(words) - at:
            yield str(value), cost


def spelled(words: Words, at: int, count: int, language: str) -> Iterator[tuple[int, str]]:
    """`count` letters from that place on, named or written: the place behind them, and the letters."""
    if count == 0:
        yield at, ""
        return
    if at >= len(words):
        return
    word = words[at]
    named_here = list(letters_at(words, at, language))
    known = named_here or word in FILLERS.get(language, ())
    if not known and 1 < len(word) <= count and word.isascii() and word.isalpha():
        for end, rest in spelled(words, at + 1, count - len(word), language):
            yield end, word.upper() + rest
    for size, letter in named_here:
        for end, rest in spelled(words, at + size, count - 1, language):
            yield end, letter + rest


def names_letter(words: Words, at: int, language: str) -> bool:
    """Whether a letter is named there, and no number ("u" is both in Catalan)."""
    here = words[at : at + 1]
    return bool(here) and here[0] not in lexicon_of(language).units and any(letters_at(words, at, language))


def best_of(found: Iterable[Reading]) -> list[Reading]:
    """The cheapest reading of each value; only where there is no value, why there is none."""
    best: dict[str, Reading] = {}
    for reading in found:
        key = reading.value or f"@{reading.reason}"
        if key not in best or reading.cost < best[key].cost:
            best[key] = reading
    values = [reading for reading in best.values() if reading.value]
    return values or sorted(best.values(), key=lambda reading: reading.cost)[:1]
