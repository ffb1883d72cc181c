"""Numbers in what a caller has said, hidden: they may be a PIN that answers no question.

Rules:
1. Only what makes up the answer stays. Of the rest a row of three digits is hidden, and all rows together if
   they have four: the digits of a PIN are often said in two.
2. Behind a word for a PIN any number is hidden, and every word that is not plain talk: it may be a misheard
   digit.
3. Every number word counts, in any of the languages: whoever is asked in one may count in another. How many
   digits they are is counted generously.
4. What is a digit only to a tired ear ("to", "for", "ojo") counts beside two digits, and not alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from dialogs.call import MASK
from dialogs.plain_talk import DOUBTFUL_DIGITS, PARTICLES, PIN_WORDS, PLAIN_TALK
from dialogs.results import Heard, Keyed, Match, NoInput, NoMatch
from dialogs.slots.naming import digit_strings, says_number
from dialogs.slots.words import Words, tokens

_LANGUAGES = ("es", "ca", "en")
_WITHIN = frozenset({"y", "i", "and", "o"})
"""Between number words they belong to the number."""
_MORE = frozenset({"doble", "triple", "double", "treble", "mil", "thousand", "hundred", "oh"})
"""Beside a number word they are a part of the number, and a digit or more."""
_ALSO_OTHERWISE = frozenset({"nou", "one", "once", "set"})
"""Digits that mean something else in one of the languages: "un pin nou", "a new one"."""
_DIGIT = re.compile(r"\d")
_GLUED_PIN = re.compile(
    r"\b(pins?|claves?|contrase(?:ñ|n|ny)as?|c[oó]digos?|codis?|clau|password|passcode|code)([^\w\s]+|(?=\d))(?=\w)",
    re.IGNORECASE,
)
"""A word for a PIN and what is written on to it without a blank."""
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_HOUR = re.compile(r"(?<!\d)(\d{2}):(\d{2})")

_ROW = 3
"""Digits in a row that answer nothing, from which they are hidden."""
_ROW_BESIDE_A_PIN = 2
"""The same, where a PIN is spoken of."""
_GOES_ON = 1
"""Parts without a number, between a word for a PIN and its digits: "mi PIN", "a ver", "cuatro ocho"."""
_BESIDE_DIGITS = 2
"""Words beside the digits of a PIN, in a part that does not say that it is one."""
_IN_ALL = 4
"""Digits of all rows: the shortest PIN."""
_SHORTEST_NAME = 4
"""Digits of a number that is an answer, from which it is known again behind a word for a PIN (a "código")."""
_LONGEST_COUNTRY_CODE = 3


def fit_to_keep(
    answer: Match | NoMatch | NoInput, given: Heard | Keyed | None
) -> tuple[Match | NoMatch | NoInput, Heard | Keyed | None]:
    """The answer and what was judged, as records, logs and watchers may have them: without numbers that were
    no part of the answer. They may be a PIN that was said in one go with the number before it."""
    if not isinstance(given, Heard) or isinstance(answer, NoInput):
        return answer, given
    own = _own(answer) if isinstance(answer, Match) else frozenset()
    heard = Heard(tuple(replace(one, text=hide_numbers(one.text, own=own)) for one in given.alternatives))
    said = hide_numbers(answer.said, own=own)
    if isinstance(answer, Match) and _is_talk(answer.value):
        return replace(answer, said=said, value=hide_numbers(answer.value, own=own)), heard
    return replace(answer, said=said), heard


@lru_cache(maxsize=512)
def hide_numbers(text: str, *, own: frozenset[str] = frozenset()) -> str:
    """The text with a mask for each row of number words that may be a PIN; `own`: digits that may stay."""
    words = _GLUED_PIN.sub(r"\1\2 ", text).split()
    told = _told_from(words)
    rows = [row for row in _rows(words, told) if not _is_own(row, own, behind=row.start >= told)]
    least = _ROW if told > len(words) else _ROW_BESIDE_A_PIN
    before = [row for row in rows if row.start < told]
    digits = [_digits(row.said) for row in before]
    hidden: set[int] = set()
    if any(count >= least for count in digits) or sum(digits) >= _IN_ALL:
        hidden.update(at for row in before for at in range(row.start, row.end))
    behind = [row for row in rows if row.start >= told]
    if behind and not _means_otherwise(behind):
        owned = {at for row in _rows(words, told) if row not in rows for at in range(row.start, row.end)}
        hidden.update(at for row in behind for at in range(row.start, row.end))
        hidden.update(at for at in range(told, len(words)) if at not in owned and not _is_plain(words[at]))
    return _masked(words, hidden) if hidden else text


def pins_among(stretches: Sequence[str]) -> tuple[bool, ...]:
    """Which parts of one long speech hold a PIN, or a piece of one; they are parted by pauses, in order.

    Other numbers are what is told ("mi pedido es el 780346"), and stay: only what a word for a PIN stands
    beside counts, with the numbers that follow it in the next parts, and those right before it.
    """
    found = [False] * len(stretches)
    awaited = 0  # in how many parts, from this one on, the digits may still come
    for at, text in enumerate(stretches):
        words = _GLUED_PIN.sub(r"\1\2 ", text).split()
        told = _told_from(words)
        says_so = told <= len(words)
        if says_so:
            found[at - 1 : at] = [found[at - 1] or _long_row(stretches[at - 1])] if at else []
        elif not awaited:
            continue
        # Without a word for a PIN of its own it is read as if one stood before it.
        rows = _rows(words, told if says_so else 0)
        found[at] = bool(rows) and not _means_otherwise(rows)
        # "Mi pedido es el 780346" is another sentence; "es el 4821" is not.
        besides = len(words) - sum(row.end - row.start for row in rows)
        if not says_so and besides > _BESIDE_DIGITS:
            found[at], awaited = False, 1
        awaited = 1 if found[at] else 1 + _GOES_ON if says_so else awaited - 1
    return tuple(found)


def _long_row(text: str) -> bool:
    words = text.split()
    return any(_digits(row.said) >= _ROW for row in _rows(words, len(words) + 1))


def _is_talk(value: str) -> bool:
    """Free speech: an answer that is what was said, and no name, number or choice."""
    return len(value.split()) > 1


def _own(answer: Match) -> frozenset[str]:
    """The digits that the answer and its parts have, in the orders in which people say them."""
    values = (answer.value, *(part.value for part in answer.parts.values()))
    return frozenset(form for value in values if not _is_talk(value) for form in _forms(value))


def _forms(value: str) -> Iterator[str]:
    digits = re.sub(r"\D", "", value)
    if digits:
        yield digits
    for year, month, day in _DAY.findall(value):
        for a in {day, day.lstrip("0")}:
            for b in {month, month.lstrip("0")}:
                for c in (year, year[2:]):
                    yield from (a + b + c, b + a + c)
    for hour, minute in _HOUR.findall(value):
        for one in {hour, str(int(hour)), str((int(hour) - 1) % 12 + 1)}:
            yield one + minute


class _Kind(IntEnum):
    OTHER = 0
    WITHIN = 1
    DOUBTFUL = 2
    MORE = 3
    NUMBER = 4


@dataclass(frozen=True)
class _Row:
    """Number words that follow one another: their places in the utterance, and what was said there."""

    start: int
    end: int
    said: Words


@lru_cache(maxsize=4096)
def _kind(word: str) -> _Kind:
    if _DIGIT.search(word):
        return _Kind.NUMBER
    return max((_kind_of(token) for token in tokens(word)), default=_Kind.OTHER)


def _kind_of(token: str) -> _Kind:
    if token in _MORE:
        return _Kind.MORE
    if token in _WITHIN:
        return _Kind.WITHIN
    if token in DOUBTFUL_DIGITS:
        return _Kind.DOUBTFUL
    says = any(says_number((token,), language) for language in _LANGUAGES)
    return _Kind.NUMBER if says else _Kind.OTHER


def _told_from(words: list[str]) -> int:
    """The place behind the first word for a PIN; beyond the end where there is none."""
    return next(
        (at + 1 for at, word in enumerate(words) if not PIN_WORDS.isdisjoint(tokens(word))), len(words) + 1
    )


def _rows(words: list[str], told: int) -> list[_Row]:
    """The rows of number words, those behind `told` apart from those before."""
    kinds = [_kind(word) for word in words]
    rows: list[_Row] = []
    start = 0
    while start < len(words):
        if kinds[start] is _Kind.OTHER:
            start += 1
            continue
        limit = told if start < told else len(words)
        end = start
        while end < min(len(words), limit) and kinds[end] is not _Kind.OTHER:
            end += 1
        rows += _parts(words, kinds, start, end, behind=start >= told)
        start = end
    return rows


def _parts(words: list[str], kinds: list[_Kind], start: int, end: int, *, behind: bool) -> Iterator[_Row]:
    """The numbers in a stretch of words that may all be digits."""
    counts = _counts_doubtful(words[start:end], kinds[start:end], behind=behind)
    least = _Kind.DOUBTFUL if counts else _Kind.MORE
    first: int | None = None
    last = start
    for at in range(start, end):
        if kinds[at] >= least:
            first, last = (at if first is None else first), at
        elif first is not None and kinds[at] is not _Kind.WITHIN:
            yield from _number(words, kinds, first, last + 1, behind=behind or counts)
            first = None
    if first is not None:
        yield from _number(words, kinds, first, last + 1, behind=behind or counts)


def _counts_doubtful(words: list[str], kinds: list[_Kind], *, behind: bool) -> bool:
    figures = sum(
        1 for word, kind in zip(words, kinds, strict=True) if kind is _Kind.NUMBER and _single(word)
    )
    heard = sum(kind is _Kind.NUMBER for kind in kinds)
    strange = sum(
        kind is _Kind.DOUBTFUL and PARTICLES.isdisjoint(tokens(word))
        for word, kind in zip(words, kinds, strict=True)
    )
    return figures >= 2 or heard > 2 or (behind and (heard > 0 or strange >= 2))


def _single(word: str) -> bool:
    """Whether it is one digit: behind "for twenty three" nobody spells."""
    return _digits(tokens(word)) == 1


def _number(words: list[str], kinds: list[_Kind], start: int, end: int, *, behind: bool) -> Iterator[_Row]:
    if behind or _Kind.NUMBER in kinds[start:end]:
        said = tuple(token for word in words[start:end] for token in tokens(word))
        yield _Row(start, end, said)


def _is_own(row: _Row, own: frozenset[str], *, behind: bool) -> bool:
    """Whether the row is the answer or a piece of it; behind a word for a PIN, only the whole answer."""
    if not own:
        return False
    found = {digits for language in _LANGUAGES for digits, _cost in digit_strings(row.said, language)}
    if all(_DIGIT.search(word) for word in row.said):
        found.add(re.sub(r"\D", "", "".join(row.said)))
    found.discard("")
    if behind:
        return any(_is_whole(one, form) for one in found for form in own)
    return any(one in form for one in found for form in own)


def _is_whole(digits: str, form: str) -> bool:
    """Whether it is all of the answer, but perhaps a country's code."""
    missing = len(form) - len(digits)
    return len(digits) >= _SHORTEST_NAME and form.endswith(digits) and missing <= _LONGEST_COUNTRY_CODE


def _means_otherwise(rows: list[_Row]) -> bool:
    return len(rows) == 1 and len(rows[0].said) == 1 and rows[0].said[0] in _ALSO_OTHERWISE


def _is_plain(word: str) -> bool:
    return _kind(word) in (_Kind.OTHER, _Kind.WITHIN, _Kind.DOUBTFUL) and all(
        token in PLAIN_TALK for token in tokens(word)
    )


def _masked(words: list[str], hidden: set[int]) -> str:
    shown: list[str] = []
    for at, word in enumerate(words):
        if at not in hidden:
            shown.append(word)
        elif at - 1 not in hidden:
            shown.append(MASK)
    return " ".join(shown)


def _digits(said: Words) -> int:
    written = len(_DIGIT.findall(" ".join(said)))
    spoken = sum(not _DIGIT.search(word) and word not in _WITHIN for word in said)
    read = [(cost, -len(digits)) for language in _LANGUAGES for digits, cost in digit_strings(said, language)]
    # What sounds like it in another language only by far would make two digits of "three".
    return max(written + spoken, -min(read)[1] if read else 0)
