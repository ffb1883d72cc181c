"""Numbers that are names (a document, a telephone, an order), found in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from dialogs.slots.fillers import FILLERS
from dialogs.slots.hedges import BETWEEN, denied, has_none, told
from dialogs.slots.letters import letters_at
from dialogs.slots.mentioned import of_others
from dialogs.slots.numerals import lexicon_of, readings
from dialogs.slots.phrasing import Reading
from dialogs.slots.quantities import quantities
from dialogs.slots.words import LONGEST_UTTERANCE, Words, tokens

_GLUED = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
MISFIT = 0.5
MISFIT_BY_SIGN = 0.4
_DOUBT = 0.6
"""Readings that cost more than this, and as much again for each sign, are no use for a number that nothing
proves: out of "demà serà un altre dia" the ear can make 1914."""


def taken_apart(text: str) -> Words:
    """The words of an utterance; digits and letters that are written together are taken apart."""
    return tokens(_GLUED.sub(" ", text))


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


def without(words: Words, about: frozenset[str]) -> Words:
    """The words without those that only say what the number is ("mi DNI es el …")."""
    return tuple(word for word in words if word not in about)


ReadWhole = Callable[[Words], Iterable[Reading]]
"""What a row of words means from its first to its last."""

_REPLACED = 4
"""Words before a correction that it may replace."""
_TOLD_AGAIN, _REPAIRED, _WENT_ON = 0.1, 0.4, 0.6


def as_told(words: Words, language: str, read: ReadWhole, *, lettered: bool = False) -> list[Reading]:
    """What a number that is a name means, spoken by somebody who may correct or doubt it.

    Said again as a whole behind a correction, it is that; if only a piece follows ("seis uno dos, no, ocho
    …"), the piece replaces the last words before it. A pause or an apology may also be nothing but that.
    Unless both times the same was said, it is asked back. `lettered`: letters belong to it, so the Catalan
    "u, a" are two of them and no range from one to something.
    """
    return [r for r in _told(words, language, read, lettered=lettered) if not _misfit(r)]


def _misfit(reading: Reading) -> bool:
    """Whether so much had to be bent that nothing but chance may have made a number of it."""
    most = MISFIT + MISFIT_BY_SIGN * len(reading.value) - (_DOUBT if reading.doubted else 0.0)
    return bool(reading.value) and not reading.proven and reading.cost > most


def _told(words: Words, language: str, read: ReadWhole, *, lettered: bool) -> list[Reading]:
    utterance = told(words[: LONGEST_UTTERANCE + 1], language)
    if of_others(words, language):
        utterance = replace(utterance, hedged=True)
    parts, breaks = list(utterance.parts), list(utterance.breaks)
    if any(denied(part, language) or _leaves_open(part, language, lettered=lettered) for part in parts):
        return []
    while breaks and not says_number(parts[0], language):  # manners, or a "no" to the question before
        refused = breaks[0] == "no" and has_none(parts[1], language)
        utterance = replace(utterance, hedged=utterance.hedged or breaks[0] == "no")
        parts[:2] = [() if refused else parts[1]]
        breaks.pop(0)
    if breaks and not says_number(parts[-1], language):  # "…, ¿no?", "…, espere", "… no funciona"
        if breaks[-1] == "no" and (parts[-1] or language == "en"):
            return []
        parts.pop()
        breaks.pop()
        utterance = replace(utterance, hedged=True)
    if not breaks:
        return [_doubted(reading, utterance.hedged) for reading in read(parts[0])]
    before, last = parts[-2], parts[-1]
    again = list(read(last))
    if _same(again, list(read(before))):
        return [_doubted(reading, utterance.hedged) for reading in again]
    found = [_doubted(reading, True, _TOLD_AGAIN) for reading in again]
    if len(parts) == 2:
        for size in range(1, min(_REPLACED, len(before)) + 1):
            cost = _REPAIRED + 0.05 * size
            found += [_doubted(reading, True, cost) for reading in read((*before[:-size], *last))]
    if "no" not in breaks:
        whole = tuple(word for part in parts for word in part)
        found += [_doubted(reading, True, _WENT_ON) for reading in read(whole)]
    return best_of(found)


_PARTLY = {
    "es": frozenset({"algo", "pico", "empieza", "empiezan", "comienza", "comienzan"}),
    "ca": frozenset({"escaig", "comenca", "comencen"}),
    "en": frozenset({"something", "odd", "starts", "starting", "begins", "beginning"}),
}
"""Beside these, only a piece of the number is told."""
_UP_TO = {
    "es": frozenset({"o", "u", "a", "al", "hasta"}),
    "ca": frozenset({"o", "a", "al", "fins"}),
    "en": frozenset({"or", "until", "till", "through"}),
}
"""Between two numbers, these make a choice or a range of them."""


def _leaves_open(part: Words, language: str, *, lettered: bool) -> bool:
    """Whether the words tell only a piece of a number, or more than one."""
    if not (_PARTLY.get(language, frozenset()) | BETWEEN.get(language, frozenset())).isdisjoint(part):
        return True
    inner = zip(part, part[1:], part[2:], strict=False)
    return any(
        word in _UP_TO.get(language, ())
        and not (lettered and one.isalpha() and len(one) == 1)
        and says_number((one,), language)
        and says_number((other,), language)
        for one, word, other in inner
    )


def _doubted(reading: Reading, doubted: bool, cost: float = 0.0) -> Reading:
    return replace(reading, cost=reading.cost + cost, doubted=reading.doubted or doubted)


def _same(one: list[Reading], other: list[Reading]) -> bool:
    """Whether both are understood, and best as the same."""
    first, second = (min(found, key=lambda r: r.cost, default=None) for found in (one, other))
    return bool(first and second and first.value and first.value == second.value)


def says_number(part: Words, language: str) -> bool:
    """Whether there is a number word or a figure among the words."""
    lexicon = lexicon_of(language)
    tables = (lexicon.units, lexicon.teens, lexicon.tens, lexicon.hundreds, lexicon.misheard)
    return any(any(sign.isdecimal() for sign in word) or any(word in t for t in tables) for word in part)


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
