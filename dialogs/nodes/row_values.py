"""What is said of one field of a row, read by the kind of answer that asks for such a thing elsewhere.

A reading is a match whose value lists the places that have it ("1,3"), or `ELSEWHERE` for what is said
clearly and stands in no row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Heard, Match, NoMatch
from dialogs.slots.amount import Amount
from dialogs.slots.asking import Asking
from dialogs.slots.date import Date
from dialogs.slots.date_words import DATE_WORDS
from dialogs.slots.fillers import FILLERS
from dialogs.slots.kind import SlotKind, best_said
from dialogs.slots.naming import digit_strings, says_number, taken_apart
from dialogs.slots.time import Time
from dialogs.slots.words import Words, likeness, phrases_of, plain, starts, tokens, within
from dialogs.spoken import DIGITS

Scalar = str | int | bool | None
ELSEWHERE = "-"
SHORTEST_ENDING = 3
"""Digits that tell a number by its end; two are rather an hour or a day, unless they are said to end it."""
_SAID_TO_END = re.compile(
    r"\b(?:acab\w*|termin\w*) (?:en|amb|con|per)\b|\b(?:end|ends|ending|finish\w*) (?:in|with)\b"
)
_SHORTEST_WORD = 3
_ALIKE = 0.8
_SHORTEST_ALIKE = 5
"""Letters of a word that may be meant by one that sounds like it."""
_CLEARLY_SAID = frozenset({"outside_hours", "in_the_past", "in_the_future", "weekday_differs"})
_PARTS: Mapping[str, tuple[tuple[tuple[Words, ...], int, int], ...]] = {
    "es": (
        (phrases_of("por la mañana|de la mañana"), 5, 12),
        (phrases_of("por la tarde|de la tarde|la tarde|después de comer"), 12, 21),
        (phrases_of("al mediodía|a mediodía"), 12, 16),
    ),
    "ca": (
        (phrases_of("al matí|del matí|de matí|el matí|pel matí"), 5, 12),
        (phrases_of("a la tarda|de la tarda|la tarda|per la tarda|després de dinar"), 12, 21),
        (phrases_of("al migdia|a migdia"), 12, 16),
    ),
    "en": (
        (phrases_of("in the morning|morning|the morning"), 5, 12),
        (phrases_of("in the afternoon|afternoon|the afternoon|after lunch"), 12, 21),
        (phrases_of("at midday|around midday|at lunchtime"), 12, 16),
    ),
}
"""Parts of the day with the hours in which they begin and end; noon belongs to the afternoon alone."""
_NO_NAMES = frozenset(
    word
    for listed in (
        "con para por sin los las del una uno que",
        "amb per sense els les del una que",
        "with for the and without from one",
    )
    for word in listed.split()
)
"""Words of a row that name nothing."""


@dataclass(frozen=True)
class Row:
    """One row on offer: its place from 1, and what is in it."""

    place: int
    values: Mapping[str, Scalar]


@dataclass(frozen=True)
class Field:
    """Something by which callers name a row: its type, and what its codes are called."""

    name: str
    kind: ValueType
    words: Mapping[str, Sequence[str]] | None = None


Read = Callable[[Heard], Match | NoMatch]


@dataclass(frozen=True)
class Reader:
    """How one field is read: out of a stretch of the sentence (`judge`), or out of all of it (`mentions`)."""

    name: str
    judge: Read | None = None
    clock: bool = False
    mentions: Callable[[str], tuple[frozenset[int], bool] | None] | None = None


def columns(schema: LookupSchema, rows: int) -> Mapping[str, ValueType]:
    """The fields that each row has, with their types."""
    first = {name.removesuffix("_1"): kind for name, kind in schema.fields.items() if name.endswith("_1")}
    return {
        name: kind
        for name, kind in first.items()
        if all(f"{name}_{place}" in schema.fields for place in range(2, rows + 1))
    }


def rows_in(
    record: Mapping[str, Scalar], fields: Iterable[str], most: int, telling: Sequence[str]
) -> list[Row]:
    """The rows of a record that are there: those with a value in one of the fields that are `telling`."""
    found = []
    for place in range(1, most + 1):
        values = {name: record.get(f"{name}_{place}") for name in fields}
        if any(values.get(name) not in (None, "") for name in telling):
            found.append(Row(place, values))
    return found


def reader_of(field: Field, rows: Sequence[Row], asking: Asking) -> Reader:
    """How what is said of that field is read, where these rows are on offer."""
    held = {row.place: row.values.get(field.name) for row in rows}
    having = {place: value for place, value in held.items() if value not in (None, "")}
    match field.kind:
        case "date":
            return Reader(field.name, _days({p: str(v) for p, v in having.items()}, asking))
        case "time":
            times = {place: str(value)[:5] for place, value in having.items()}
            return Reader(field.name, _times(times, asking), clock=True)
        case "money":
            return Reader(field.name, _amounts({p: int(v or 0) for p, v in having.items()}, asking))
        case "digits" | "phone" | "number" | "code" if field.words is None:
            numbers = {place: str(value) for place, value in having.items()}
            return Reader(field.name, mentions=lambda said: _ending(said, numbers, asking.language))
        case _:
            texts = {place: str(value) for place, value in having.items()}
            if field.words is not None:
                called = {p: tuple(field.words.get(text, ())) for p, text in texts.items()}
                return Reader(field.name, mentions=lambda said: _called(said, called))
            return Reader(field.name, mentions=lambda said: _worded(said, texts, asking.language))


def _told(places: Sequence[int] | set[int], found: Match, *, bent: bool = False) -> Match:
    value = ",".join(map(str, sorted(places))) if places else ELSEWHERE
    band = "check" if bent or not places else found.band
    return replace(found, value=value, band=band, others=())


def places_of(value: str) -> frozenset[int]:
    """The places that a reading lists."""
    return frozenset(int(place) for place in value.split(",") if place != ELSEWHERE)


# --- days --------------------------------------------------------------------------------------------


def _days(days: Mapping[int, str], asking: Asking) -> Read:
    held = {place: date.fromisoformat(value) for place, value in days.items()}
    today = asking.today
    ahead = today is not None and all(day >= today for day in held.values())
    behind = today is not None and all(day <= today for day in held.values())
    kind = Date.model_validate({"range": "future" if ahead else "past" if behind else "any"})

    def judge(heard: Heard) -> Match | NoMatch:
        said = best_said(heard)
        weekday = _bare_weekday(tokens(said), asking.language)
        if weekday is not None:
            sure = Match("", said, "voice", heard.alternatives[0].confidence, "sure")
            return _told([place for place, day in held.items() if day.weekday() == weekday], sure)
        week = kind.week_alone(heard, asking)
        if week is not None:
            sure = Match("", said, "voice", heard.alternatives[0].confidence, "sure")
            return _told([place for place, day in held.items() if same_week(day, week)], sure)
        return _in_rows(kind, heard, asking, days)

    return judge


def same_week(day: date, other: str) -> bool:
    """Whether both lie between the same Monday and Sunday; `other` is in ISO form."""
    return day.isocalendar()[:2] == date.fromisoformat(other).isocalendar()[:2]


def _bare_weekday(words: Words, language: str) -> int | None:
    """The one weekday that is named, where nothing says which of its days: it is one that was read out."""
    table = DATE_WORDS.get(language)
    if table is None:
        return None
    named = [table.weekdays[word] for word in words if word in table.weekdays]
    around = FILLERS[language] | {word for phrase in table.articles for word in phrase} | {"on", "de", "del"}
    left = [word for word in words if word not in table.weekdays and word not in around]
    return named[0] if len(named) == 1 and not left else None


def _in_rows(kind: SlotKind, heard: Heard, asking: Asking, held: Mapping[int, str]) -> Match | NoMatch:
    """The places with the value that is meant; of several that may be meant, those that are there."""
    found = kind.judge(heard, asking)
    if isinstance(found, NoMatch):
        clear = found.reason in _CLEARLY_SAID
        return Match(ELSEWHERE, found.said, "voice", 0.5, "check") if clear else found
    meant = [value for value in (found.value, *found.others) if value in held.values()]
    if not meant and found.band != "sure":
        return NoMatch(found.said)  # "once" is hardly the eleventh where an hour is on offer
    return _told([place for place, value in held.items() if value in meant], found)


# --- times of day ------------------------------------------------------------------------------------


def _times(times: Mapping[int, str], asking: Asking) -> Read:
    # "Las cinco" is the five o'clock that was read out.
    kind = Time.model_validate(
        {"earliest": min(times.values()), "latest": max(times.values())} if times else {}
    )

    def judge(heard: Heard) -> Match | NoMatch:
        found = _in_rows(kind, heard, asking, times)
        if isinstance(found, Match):
            return found
        said = best_said(heard)
        hours = part_of_day(tokens(said), asking.language)
        if hours is None:
            return found
        sure = Match("", said, "voice", heard.alternatives[0].confidence, "sure")
        return _told([p for p, value in times.items() if hours[0] <= int(value[:2]) < hours[1]], sure)

    return judge


def part_of_day(words: Words, language: str) -> tuple[int, int] | None:
    """From which hour to which, if the words name a part of the day and nothing else."""
    for phrases, begin, end in _PARTS.get(language, ()):
        for at in range(len(words)):
            size = starts(words, at, phrases)
            rest = (*words[:at], *words[at + size :])
            if size and all(word in FILLERS[language] or word in ("on", "de", "del") for word in rest):
                return begin, end
    return None


# --- amounts and numbers -----------------------------------------------------------------------------


def _amounts(amounts: Mapping[int, int], asking: Asking) -> Read:
    kind = Amount.model_validate({})

    def judge(heard: Heard) -> Match | NoMatch:
        found = kind.judge(heard, asking)
        if isinstance(found, NoMatch):
            return found
        meant = {int(value) for value in (found.value, *found.others)}
        exact = [place for place, cents in amounts.items() if cents in meant]
        if exact:
            return _told(exact, found)
        # "El de cuarenta euros" for 40.30: people leave the cents out.
        near = [place for place, cents in amounts.items() if cents // 100 * 100 in meant]
        if not near and not any(word.startswith(_MONEY) for word in tokens(best_said(heard))):
            return NoMatch(found.said)  # a bare number that no row has is rather a day
        return _told(near, found, bent=True)

    return judge


_MONEY = ("euro", "cent", "€")


def _ending(said: str, numbers: Mapping[int, str], language: str) -> tuple[frozenset[int], bool] | None:
    """The numbers that are said, as a whole or by their end."""
    spoken = {digits for run in number_runs(taken_apart(said), language) for digits in run}
    whole = {place for place, number in numbers.items() if number in spoken}
    shortest = 1 if _SAID_TO_END.search(plain(said)) else SHORTEST_ENDING
    long = [digits for digits in spoken if len(digits) >= shortest]
    ends = {place for place, number in numbers.items() if any(number.endswith(digits) for digits in long)}
    if whole or ends:
        return frozenset(whole or ends), False
    return (frozenset(), True) if long else None


def number_runs(words: Words, language: str) -> Iterator[set[str]]:
    """What each row of number words may be, in digits."""
    run: list[str] = []
    for word in (*words, ""):
        if word and (says_number((word,), language) or (run and word in _JOINS.get(language, ()))):
            run.append(word)
            continue
        if run:
            yield _in_digits(run, language)
            yield from _two_of_them(run, language)
        run = []


def _in_digits(run: Sequence[str], language: str) -> set[str]:
    return {digits for digits, cost in digit_strings(tuple(run), language) if cost <= 0.5}


def _two_of_them(run: Sequence[str], language: str) -> Iterator[set[str]]:
    """ "780346 y 780353" are two numbers; "cuarenta y seis" is one."""
    for at, word in enumerate(run):
        if word not in _JOINS.get(language, ()):
            continue
        parts = [_in_digits(run[:at], language), _in_digits(run[at + 1 :], language)]
        if all(any(len(digits) >= SHORTEST_ENDING for digits in part) for part in parts):
            yield from parts


_JOINS = {"es": ("y",), "ca": ("i",), "en": ("and",)}


# --- words -------------------------------------------------------------------------------------------


def _called(said: str, called: Mapping[int, Sequence[str]]) -> tuple[frozenset[int], bool] | None:
    """The rows whose code is called so; the longest phrase wins."""
    words = tokens(said)
    longest = {
        place: max((len(p) for phrase in phrases if within(p := tokens(phrase), words) >= 0), default=0)
        for place, phrases in called.items()
    }
    most = max(longest.values(), default=0)
    return (frozenset(place for place, size in longest.items() if size == most), False) if most else None


def _worded(said: str, texts: Mapping[int, str], language: str) -> tuple[frozenset[int], bool] | None:
    """The rows of whose words most are said; a word that only sounds like one is doubtful."""
    named = {place: _naming_words(text, language) for place, text in texts.items()}
    words = _naming_words(said, language)
    # A figure by itself is not what "móvil 2" is called by.
    shared = {place: len(both) for place, of_row in named.items() if _tells(both := words & of_row)}
    most = max(shared.values(), default=0)
    if most:
        return frozenset(place for place, count in shared.items() if count == most), False
    alike = {
        place
        for place, of_row in named.items()
        for one in of_row
        for word in words
        if min(len(one), len(word)) >= _SHORTEST_ALIKE and likeness(one, word, language, _ALIKE) >= _ALIKE
    }
    return (frozenset(alike), True) if alike else None


def _tells(words: frozenset[str]) -> bool:
    return any(not word.isdecimal() for word in words)


def _naming_words(text: str, language: str) -> frozenset[str]:
    figures = {name: str(at) for at, name in enumerate(DIGITS.get(language, ()))}
    words = (figures.get(word, word) for word in tokens(text))
    return frozenset(
        word for word in words if word.isdecimal() or (len(word) >= _SHORTEST_WORD and word not in _NO_NAMES)
    )
