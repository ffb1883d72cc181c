"""Numbers that count: "mil doscientos", "forty-two". (For numbers that are names see `numerals`.)

A quantity is read strictly, as grammar wants it; what is said carelessly ("cuarenta dos") costs a little,
so that it is asked back.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dialogs.slots.numerals import lexicon_of, number_words
from dialogs.slots.phrasing import CARELESS
from dialogs.slots.words import Words

Quantity = tuple[int, int, float]
"""Words taken, value, cost."""

MOST = 10**10

_MILLION = {
    "es": {"millon", "millones"},
    "ca": {"milio", "milions"},
    "en": {"million", "millions"},
}
_ONE = {"es": {"un"}, "ca": {"un"}, "en": {"a", "one"}}


def quantity_words(language: str) -> tuple[str, ...]:
    """Number words for a recogniser's grammar, hundreds and thousands with them."""
    more = {
        "es": "cien ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos"
        " ochocientos novecientos mil millón millones un",
        "ca": "cent cents mil milió milions un",
        "en": "hundred thousand million a",
    }
    doubled = {"doble", "triple", "double", "treble"}
    listed = (*number_words(language), *more.get(language, "").split())
    return tuple(dict.fromkeys(word for word in listed if word not in doubled))


@lru_cache(maxsize=4096)
def quantities(words: Words, at: int, language: str) -> tuple[Quantity, ...]:
    """All whole numbers that begin at that place, each with its length."""
    found: dict[tuple[int, int], float] = {}
    for size, value, cost in _millions(words, at, language):
        key = (size, value)
        if value < MOST and cost < found.get(key, 9.0):
            found[key] = cost
    return tuple((size, value, cost) for (size, value), cost in found.items())


def digit_by_digit(words: Words, at: int, language: str) -> Iterator[tuple[int, str]]:
    """Digits said one by one, two at least, each prefix of them."""
    units = lexicon_of(language).units
    digits = ""
    for word in words[at : at + 12]:
        digit = units.get(word) or (word if len(word) == 1 and word.isascii() and word.isdecimal() else "")
        if not digit:
            return
        digits += digit
        if len(digits) > 1:
            yield len(digits), digits


def _numeral(words: Words, at: int) -> int | None:
    word = words[at] if at < len(words) else ""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 9 else None


@lru_cache(maxsize=4096)
def below_hundred(words: Words, at: int, language: str) -> tuple[Quantity, ...]:
    """Numbers from 0 to 99 at that place."""
    return tuple(_below_hundred(words, at, language))


def _below_hundred(words: Words, at: int, language: str) -> Iterator[Quantity]:
    if at >= len(words):
        return
    lexicon, word = lexicon_of(language), words[at]
    written = _numeral(words, at)
    if written is not None and written < 100:
        yield 1, written, 0.0
    for table in (lexicon.units, lexicon.teens, lexicon.tens):
        if word in table:
            yield 1, int(table[word]), 0.0
    if word not in lexicon.tens:
        return
    tens = int(lexicon.tens[word])
    joined = at + 1 < len(words) and words[at + 1] in lexicon.joins
    unit = lexicon.units.get(words[at + 1 + joined], "0") if at + 1 + joined < len(words) else "0"
    if unit != "0":
        # es "cuarenta y dos", ca "vint-i-dos" but "quaranta-dos", en "forty-two"
        wants_join = language == "es" or (language == "ca" and tens == 20)
        yield 2 + joined, tens + int(unit), 0.0 if joined == wants_join else CARELESS


def _below_thousand(words: Words, at: int, language: str) -> Iterator[Quantity]:
    yield from below_hundred(words, at, language)
    written = _numeral(words, at)
    if written is not None and 100 <= written < 1000:
        yield 1, written, 0.0
    lexicon = lexicon_of(language)
    for size, hundreds, cost in _hundreds(words, at, language):
        yield size, hundreds, cost
        after = at + size
        joined = after < len(words) and words[after] in lexicon.joins
        for more, rest, rest_cost in below_hundred(words, after + joined, language):
            if not rest or (_numeral(words, after + joined) is not None):
                continue
            careless = (joined and language != "en") or (language == "es" and words[at] == "cien")
            yield size + joined + more, hundreds + rest, cost + rest_cost + (CARELESS if careless else 0.0)


def _hundreds(words: Words, at: int, language: str) -> Iterator[Quantity]:
    if at >= len(words):
        return
    lexicon, word = lexicon_of(language), words[at]
    if word in lexicon.hundreds:
        yield 1, int(lexicon.hundreds[word]), 0.0
    after = lexicon.hundred_after_unit | ({"cientos", "cientas"} if language == "es" else set())
    if language == "en" and word == "hundred":
        yield 1, 100, 0.0
    if at + 1 < len(words) and words[at + 1] in after:
        times = {
            **lexicon.units,
            **(lexicon.teens if language == "en" else {}),
            **({"a": "1"} if language == "en" else {}),
        }
        if times.get(word, "0") not in ("0", "10", "20"):
            yield 2, int(times[word]) * 100, 0.0


def _thousands(words: Words, at: int, language: str) -> Iterator[Quantity]:
    below = list(_below_thousand(words, at, language))
    yield from below
    written = _numeral(words, at)
    if written is not None and written >= 1000:
        yield 1, written, 0.0
    lexicon = lexicon_of(language)
    heads: list[Quantity] = [(0, 1, 0.0), *(head for head in below if head[1])]
    if language == "en" and at < len(words) and words[at] == "a":
        heads.append((1, 1, 0.0))
    for size, thousands, cost in heads:
        if at + size >= len(words) or words[at + size] not in lexicon.thousand or thousands > 999:
            continue
        if size == 0 and language == "en":
            continue  # nobody says "thousand" for "a thousand"
        yield size + 1, thousands * 1000, cost
        after = at + size + 1
        joined = language == "en" and after < len(words) and words[after] in lexicon.joins
        for more, rest, rest_cost in _below_thousand(words, after + joined, language):
            if rest:
                yield size + 1 + joined + more, thousands * 1000 + rest, cost + rest_cost


def _millions(words: Words, at: int, language: str) -> Iterator[Quantity]:
    below = list(_thousands(words, at, language))
    yield from below
    if language not in _MILLION:
        return
    heads = [head for head in below if head[1]]
    if at < len(words) and words[at] in _ONE[language]:
        heads.append((1, 1, 0.0))
    for size, millions, cost in heads:
        if at + size >= len(words) or words[at + size] not in _MILLION[language]:
            continue
        yield size + 1, millions * 1_000_000, cost
        for more, rest, rest_cost in _thousands(words, at + size + 1, language):
            if rest:
                yield size + 1 + more, millions * 1_000_000 + rest, cost + rest_cost
