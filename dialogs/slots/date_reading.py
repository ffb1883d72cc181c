"""Which days an utterance may mean, seen from today.

Everything that a caller leaves out has rules: the year of "quince de marzo", the month of "el quince", the
week of "el viernes". Where native speakers differ ("next Friday", "de hoy en ocho días"), both days come
out as rivals, and the question asks back.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from dialogs.slots.date_words import DATE_WORDS
from dialogs.slots.phrasing import CARELESS, Meanings, Reading
from dialogs.slots.quantities import below_hundred, quantities
from dialogs.slots.time_reading import at_the_clock
from dialogs.slots.weekdays import RIVAL, Range, days_to
from dialogs.slots.words import Words, starts

WRITTEN = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}([/.-])\d{1,2}\1\d{2}(?:\d{2})?\b|\b\d{1,2}/\d{1,2}\b"
)
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|o|er|ro|r)")

JUST_MISSED = 31
"""Days. "El veinte de noviembre" three days later, where a day to come is wanted, is hardly next year."""

_Dated = tuple[int, list[Reading]]
"""The place behind the words that were taken, and what they mean."""


@dataclass(frozen=True)
class _Year:
    end: int
    years: tuple[tuple[int, float], ...]


class Calendar:
    """The days, in one language, seen from one day."""

    def __init__(
        self, language: str, today: date | None, wanted: Range, *, month_first: bool = False
    ) -> None:
        self.language, self.today, self.wanted = language, today, wanted
        self.words = DATE_WORDS[language]
        self.month_first = month_first

    def at(self, words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
        """All days that may be meant at that place of the utterance."""
        part = starts(words, at, self.words.parts) or at_the_clock(words, at, self.language)
        if part:
            yield part, ()
        article = starts(words, at, self.words.articles)
        for begin in {at, at + article}:
            for end, found in self._at(words, begin, named=begin > at):
                last = end
                while size := starts(words, last, self.words.parts):
                    last += size
                yield last - at, tuple(found)

    def _at(self, words: Words, at: int, *, named: bool) -> Iterator[_Dated]:
        yield from self._offset(words, at)
        yield from self._feast(words, at)
        yield from self._weekday(words, at)
        yield from self._relative(words, at)
        for end, day in self._day(words, at):
            # A bare "dos" may be anything, and "dos días" is no day; "the second" and "el dos" are.
            stretch = end < len(words) and words[end] in self.words.units
            if 1 <= day <= 31 and not stretch:
                yield from self._day_of(words, end, day, named=named or self._is_ordinal(words[end - 1]))
        yield from self._month_day(words, at)
        yield from self._figures(words, at)

    # --- what needs no month ---

    def _from_today(self, days: int, cost: float = 0.0) -> Reading:
        if self.today is None:
            return Reading("", reason="no_clock")
        return Reading((self.today + timedelta(days=days)).isoformat(), cost)

    def _offset(self, words: Words, at: int) -> Iterator[_Dated]:
        size = starts(words, at, self.words.offsets)
        if size:
            yield at + size, [self._from_today(self.words.offsets[words[at : at + size]])]

    def _feast(self, words: Words, at: int) -> Iterator[_Dated]:
        size = starts(words, at, self.words.feasts)
        if size:
            month, day = self.words.feasts[words[at : at + size]]
            yield at + size, list(self.in_some_year(day, month))

    def _relative(self, words: Words, at: int) -> Iterator[_Dated]:
        for phrases, sign, after in (
            (self.words.in_, 1, ()),
            (self.words.ago_before, -1, ()),
            (((),), 1, self.words.from_now),
            (((),), -1, self.words.ago_after),
        ):
            size = starts(words, at, phrases)
            if not size and phrases != ((),):
                continue
            for end, count, unit in self._stretch(words, at + size):
                behind = starts(words, end, after)
                if behind or not after:
                    yield end + behind, list(self._apart(sign * count, unit))

    def _stretch(self, words: Words, at: int) -> Iterator[tuple[int, int, str]]:
        counts = [(size, value) for size, value, _cost in quantities(words, at, self.language)]
        if self.language == "en" and words[at : at + 1] in (("a",), ("an",)):
            counts.append((1, 1))
        for size, count in counts:
            unit = self.words.units.get(words[at + size]) if at + size < len(words) else None
            if unit and 0 < count <= 1000:
                yield at + size + 1, count, unit

    def _apart(self, count: int, unit: str) -> Iterator[Reading]:
        if self.today is None:
            yield Reading("", reason="no_clock")
        elif unit in ("month", "year"):
            months = self.today.year * 12 + self.today.month - 1 + count * (12 if unit == "year" else 1)
            year, month = months // 12, months % 12 + 1
            if 1900 <= year <= 2200:
                last = monthrange(year, month)[1]
                there = date(year, month, min(self.today.day, last))
                yield Reading(there.isoformat(), CARELESS if self.today.day > last else 0.0)
        else:
            days = count * {"day": 1, "week": 7, "fortnight": 14}[unit]
            idiom = self.words.idioms.get(abs(days)) if unit == "day" else None
            if idiom:
                yield self._from_today(idiom if days > 0 else -idiom)
            yield self._from_today(days, RIVAL if idiom else 0.0)

    # --- weekdays ---

    def _weekday(self, words: Words, at: int) -> Iterator[_Dated]:
        table = self.words
        lead = starts(words, at, (("a", "week", "on"), ("a", "week", "from"))) if self.language == "en" else 0
        for before, phrases in (
            ("", ((),)),
            ("next", table.next_before),
            ("last", table.last_before),
            ("this", table.this),
            ("week_next", table.week_next),
        ):
            size = starts(words, at + lead, phrases)
            if before and not size:
                continue
            place = at + lead + size
            place += starts(words, place, table.articles) if before == "week_next" else 0
            weekday = table.weekdays.get(words[place]) if place < len(words) else None
            if weekday is None:
                continue
            end = place + 1
            if lead:
                yield end, self._which(weekday, "week_later")
                continue
            yield end, self._which(weekday, before)
            yield from self._weekday_and(words, end, weekday, before)

    def _weekday_and(self, words: Words, at: int, weekday: int, before: str) -> Iterator[_Dated]:
        """What narrows a weekday down from behind: a week, or the day of the month."""
        table = self.words
        for which in ("week_next", "week_this", "week_last", "week_later", "next_after", "last_after"):
            size = starts(words, at, getattr(table, which))
            if size and (not before or which.startswith("week")):
                yield at + size, self._which(weekday, which.removesuffix("_after"))
        place = at + starts(words, at, (*table.articles, *((word,) for word in table.of)))
        for end, day in self._day(words, place):
            if 1 <= day <= 31:
                yield from self._day_of(words, end, day, named=True, weekday=weekday)
        yield from self._month_day(words, at, weekday=weekday)

    def _which(self, weekday: int, which: str) -> list[Reading]:
        if self.today is None:
            return [Reading("", reason="no_clock")]
        days = days_to(weekday, which, self.today.weekday(), self.wanted, self.language)
        return [self._from_today(ahead, cost) for ahead, cost in days]

    # --- days of a month ---

    def _day(self, words: Words, at: int) -> Iterator[tuple[int, int]]:
        """A day of the month: the place behind it, and the day."""
        if at >= len(words):
            return
        word = words[at]
        if word in self.words.ordinals:
            yield at + 1, self.words.ordinals[word]
        written = _ORDINAL.fullmatch(word)
        if written:
            yield at + 1, int(written.group(1))
        for size, day, cost in below_hundred(words, at, self.language):
            if not cost and (word == "0" or day):
                yield at + size, day
        if self.language == "en" and word in ("twenty", "thirty") and at + 1 < len(words):
            unit = self.words.ordinals.get(words[at + 1], 99)
            if unit < 10:
                yield at + 2, (20 if word == "twenty" else 30) + unit

    def _is_ordinal(self, word: str) -> bool:
        return word in self.words.ordinals or bool(_ORDINAL.fullmatch(word))

    def _day_of(
        self, words: Words, at: int, day: int, *, named: bool, weekday: int | None = None
    ) -> Iterator[_Dated]:
        """A day, and the month that may stand behind it."""
        table = self.words
        joined = at < len(words) and words[at] in table.of
        slashed = at < len(words) and words[at] in ("barra", "slash", "guion", "guio", "stroke")
        place = at + (joined or slashed)
        month = table.months.get(words[place]) if place < len(words) else None
        if month:
            yield from self._with_year(words, place + 1, day, month, weekday=weekday, cost=0.0)
            return
        for end, number, cost in self._month_number(words, place):
            if joined or slashed:
                yield from self._with_year(words, end, day, number, weekday=weekday, cost=cost + 0.2)
            else:  # "quince tres ochenta y cinco"
                for year in self._year(words, end, marked=True):
                    yield year.end, self._dated(day, number, year, weekday, 0.2)
        for which, months in (("month_this", 0), ("month_next", 1), ("month_last", -1)):
            size = starts(words, at, getattr(table, which))
            if size:
                yield at + size, [self._in_month(day, months, weekday)]
        yield at, list(self._in_some_month(day, 0.0 if named else CARELESS, weekday))

    def _month_number(self, words: Words, at: int) -> Iterator[tuple[int, int, float]]:
        zero = at + 1 < len(words) and below_hundred(words[at : at + 1], 0, self.language)[:1] == (
            (1, 0, 0.0),
        )
        for size, month, cost in below_hundred(words, at + zero, self.language):
            if 1 <= month <= (9 if zero else 12):
                yield at + zero + size, month, cost

    def _month_day(self, words: Words, at: int, weekday: int | None = None) -> Iterator[_Dated]:
        """ "March the fifteenth", "marzo quince"."""
        month = self.words.months.get(words[at]) if at < len(words) else None
        if month is None:
            return
        place = at + 1 + starts(words, at + 1, (("the",), ("el",), ("dia",)))
        for end, day in self._day(words, place):
            if 1 <= day <= 31:
                yield from self._with_year(words, end, day, month, weekday=weekday, cost=0.0)

    def _with_year(
        self, words: Words, at: int, day: int, month: int, *, weekday: int | None, cost: float
    ) -> Iterator[_Dated]:
        yield at, [self._weekday_fits(r, weekday) for r in self.in_some_year(day, month, cost)]
        for year in self._year(words, at, marked=False):
            yield year.end, self._dated(day, month, year, weekday, cost)

    def _dated(self, day: int, month: int, year: _Year, weekday: int | None, cost: float) -> list[Reading]:
        dated = (_made(number, month, day, cost + extra) for number, extra in year.years)
        return [self._weekday_fits(reading, weekday) for reading in dated]

    @staticmethod
    def _weekday_fits(reading: Reading, weekday: int | None) -> Reading:
        if weekday is None or not reading.value or date.fromisoformat(reading.value).weekday() == weekday:
            return reading
        return Reading("", reading.cost, "weekday_differs")

    # --- years ---

    def _year(self, words: Words, at: int, *, marked: bool) -> Iterator[_Year]:
        """A year at that place; two digits count only behind "del", or where a year must stand (`marked`)."""
        table = self.words
        for which, years in (("year_this", 0), ("year_next", 1), ("year_last", -1)):
            size = starts(words, at, getattr(table, which))
            if size and self.today:
                yield _Year(at + size, ((self.today.year + years, 0.0),))
        place = at
        while place < len(words) and (
            words[place] in table.of or words[place] in table.year or words[place] == "el"
        ):
            place += 1
        for size, year, cost in quantities(words, place, self.language):
            if 1900 <= year <= 2100:
                yield _Year(place + size, ((year, cost),))
        two_digits = list(self._two_digits(words, place))
        for size, century, _cost in below_hundred(words, place, self.language):
            if century in (19, 20):
                for end, rest in self._two_digits(words, place + size):
                    if rest > 9 or end - place - size > 1:
                        yield _Year(end, ((century * 100 + rest, 0.0),))
        if marked or place > at:
            for end, rest in two_digits:
                yield _Year(end, self._century(rest))

    def _two_digits(self, words: Words, at: int) -> Iterator[tuple[int, int]]:
        zero = at + 1 < len(words) and below_hundred(words[at : at + 1], 0, self.language)[:1] == (
            (1, 0, 0.0),
        )
        for size, rest, _cost in below_hundred(words, at + zero, self.language):
            if (rest < 10) == zero:  # "del cero cinco"; "tres cuatro cinco" is no date
                yield at + zero + size, rest

    def _century(self, rest: int) -> tuple[tuple[int, float], ...]:
        if self.wanted == "future" or self.today is None:
            return ((2000 + rest, 0.0),)
        if self.wanted == "past":
            return (((2000 if 2000 + rest <= self.today.year else 1900) + rest, 0.0),)
        near = 2000 + rest - self.today.year <= 20
        return ((2000 + rest, 0.0), (1900 + rest, RIVAL)) if near else ((1900 + rest, 0.0),)

    def in_some_year(self, day: int, month: int, cost: float = 0.0) -> Iterator[Reading]:
        """A day and month whose year goes without saying."""
        if self.today is None:
            yield Reading("", cost, "no_clock")
            return
        if day > monthrange(2024, month)[1]:
            yield Reading("", cost, "no_such_date")
            return
        years = range(self.today.year - 8, self.today.year + 9)
        found = [date(y, month, day) for y in years if day <= monthrange(y, month)[1]]
        ahead = min(there for there in found if there >= self.today)
        back = max(there for there in found if there <= self.today)
        far = CARELESS if (ahead - self.today).days > 366 else 0.0
        yield from self._choose(ahead, back, cost + far)

    def _choose(self, ahead: date, back: date, cost: float) -> Iterator[Reading]:
        assert self.today is not None
        missed = (self.today - back).days, (ahead - self.today).days
        if self.wanted == "future":
            yield Reading(ahead.isoformat(), cost + (CARELESS if 0 < missed[0] <= JUST_MISSED else 0.0))
        elif self.wanted == "past":
            yield Reading(back.isoformat(), cost + (CARELESS if 0 < missed[1] <= JUST_MISSED else 0.0))
        else:
            nearer, other = (ahead, back) if missed[1] <= missed[0] else (back, ahead)
            yield Reading(nearer.isoformat(), cost)
            if other != nearer:
                yield Reading(other.isoformat(), cost + RIVAL)

    def _in_month(self, day: int, months: int, weekday: int | None) -> Reading:
        if self.today is None:
            return Reading("", reason="no_clock")
        place = self.today.year * 12 + self.today.month - 1 + months
        return self._weekday_fits(_made(place // 12, place % 12 + 1, day), weekday)

    def _in_some_month(self, day: int, cost: float, weekday: int | None) -> Iterator[Reading]:
        """ "El quince": of this month or the next one that has it."""
        if self.today is None:
            yield Reading("", cost, "no_clock")
            return
        found = [
            date.fromisoformat(r.value) for m in range(-2, 3) if (r := self._in_month(day, m, None)).value
        ]
        ahead = min(there for there in found if there > self.today)
        back = max(there for there in found if there < self.today)
        if day == self.today.day:
            today = [Reading(self.today.isoformat(), cost)]
            rivals = [] if weekday is not None else [Reading(ahead.isoformat(), cost + RIVAL)]
            chosen: Iterable[Reading] = today if self.wanted == "past" else [*today, *rivals]
        elif self.wanted == "any":
            chosen = self._choose(ahead, back, cost)
        else:
            chosen = [Reading((ahead if self.wanted == "future" else back).isoformat(), cost)]
        for reading in chosen:
            yield self._weekday_fits(reading, weekday)

    # --- figures ---

    def _figures(self, words: Words, at: int) -> Iterator[_Dated]:
        """ "15/03/2026", "2026-03-15", "15/3"."""
        parts = re.split(r"[/.-]", words[at]) if at < len(words) else []
        if len(parts) not in (2, 3) or not all(part.isdecimal() and part.isascii() for part in parts):
            return
        if len(parts[0]) == 4:
            yield at + 1, [_made(*map(int, parts))]
            return
        one, other = int(parts[0]), int(parts[1])
        orders = [(one, other, 0.0)]
        if self.language == "en" and one != other:  # (day, month); Americans write the month first
            swapped = (other, one, 0.0 if self.month_first else RIVAL)
            orders = [swapped, (one, other, RIVAL if self.month_first else 0.0)]
        found: list[Reading] = []
        for day, month, cost in orders:
            if not 1 <= month <= 12:
                continue
            if len(parts) == 2:
                found += self.in_some_year(day, month, cost)
                continue
            year = int(parts[2])
            years = ((year, 0.0),) if len(parts[2]) == 4 else self._century(year)
            found += [_made(number, month, day, cost + extra) for number, extra in years]
        readable = [reading for reading in found if reading.value]
        yield at + 1, readable or found or [Reading("", reason="no_such_date")]


def _made(year: int, month: int, day: int, cost: float = 0.0) -> Reading:
    try:
        return Reading(date(year, month, day).isoformat(), cost)
    except ValueError:
        return Reading("", cost, "no_such_date")
