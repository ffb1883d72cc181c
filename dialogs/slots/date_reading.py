"""Which days an utterance may mean, seen from today.

Everything that a caller leaves out has rules: the year of "quince de marzo", the month of "el quince", the
week of "el viernes". Where native speakers differ ("next Friday", "de hoy en ocho días"), both days come
out as rivals, and the question asks back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from dialogs.slots.date_words import DATE_WORDS
from dialogs.slots.days import Days, made, weekday_fits
from dialogs.slots.phrasing import CARELESS, Meanings, Reading
from dialogs.slots.quantities import below_hundred, quantities
from dialogs.slots.related_days import RelatedDays
from dialogs.slots.time_reading import at_the_clock
from dialogs.slots.weekdays import RIVAL, Range
from dialogs.slots.words import Words, phrases_of, starts
from dialogs.slots.years import Year, Years

WRITTEN = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}([/.-])\d{1,2}\1\d{2}(?:\d{2})?\b|\b\d{1,2}/\d{1,2}\b"
)
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|o|er|ro|r)")

_EVERY = frozenset({"los", "els"})
"""Before a weekday it is one that comes again and again, and no day: "los viernes"."""
_FROM_TODAY = phrases_of("de hoy en|hoy en|de avui en|avui en")
"""Before a count of days whose "días" goes without saying."""
_BEHIND_WEEKDAY = (
    "week_next", "week_this", "week_last", "week_later", "fortnight_later", "after_next", "next_after",
    "last_after",
)  # fmt: skip
"""The tables of what may narrow a weekday down."""

_Dated = tuple[int, list[Reading]]
"""The place behind the words that were taken, and what they mean."""


class Calendar:
    """The days, in one language, seen from one day."""

    def __init__(
        self, language: str, today: date | None, wanted: Range, *, month_first: bool = False
    ) -> None:
        self.language, self.today, self.wanted = language, today, wanted
        self.words = DATE_WORDS[language]
        self.month_first = month_first
        # A month that belongs to no day: "the second half of March". "May I …?" names none.
        self.leave_open = self.words.leave_open | frozenset(self.words.months) - {"may", "mar"}
        self.days = Days(today, wanted, language, self.words.idioms)
        self.years = Years(language, today, wanted)
        self.related = RelatedDays(language, self.days, self._named_at, self._stretch)

    def at(self, words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
        """All days that may be meant at that place of the utterance."""
        part = starts(words, at, self.words.parts) or at_the_clock(words, at, self.language)
        if part:
            yield part, ()
        article = starts(words, at, self.words.articles)
        for begin in {at, at + article}:
            moving = starts(words, begin, self.words.moving)
            if moving:  # "Twelfth Night" is not the evening of the twelfth
                yield begin + moving - at, (Reading(""),)
                return
            for end, found in (*self._at(words, begin, named=begin > at), *self.related.at(words, begin)):
                last = end
                while size := starts(words, last, self.words.parts):
                    last += size
                yield last - at, tuple(found)

    def bare(self, words: Words, at: int) -> Iterator[tuple[int, Meanings]]:
        """As `at`, but for the parts of the day behind it: "mañana", of "mañana por la tarde"."""
        for begin in {at, at + starts(words, at, self.words.articles)}:
            for end, found in (*self._at(words, begin, named=begin > at), *self.related.at(words, begin)):
                yield end - at, tuple(found)

    def week(self, words: Words, at: int) -> Iterator[tuple[int, Reading]]:
        """The first day of a week that is named by itself; of this one today."""
        for phrases, weeks in (
            (self.words.week_this, 0),
            (self.words.week_next, 1),
            (self.words.week_last, -1),
        ):
            if size := starts(words, at, phrases):
                yield size, self.days.first_of_week(weeks)

    def mended(self, before: Words, last: Words) -> Words | None:
        """ "Quince de marzo, no, el dieciséis": the month stays, and the year; a weekday is that week's."""
        weekday = self.words.weekdays.get(last[-1])
        if weekday is not None and len(last) == 1 + starts(last, 0, self.words.articles):
            return self._in_its_week(before, weekday)
        before = before[1:] if before[0] in self.words.weekdays else before
        months = [at for at, word in enumerate(before) if word in self.words.months]
        bare = last[starts(last, 0, self.words.articles) :]
        if not months or not any(end == len(bare) for end, _day in self._day(bare, 0)):
            return None
        if months[0] == 0:
            begin = 1 + starts(before, 1, self.words.articles)
            year = max((end for end, _day in self._day(before, begin)), default=len(before))
            return (before[0], *last, *before[year:])
        behind = months[0] - (before[months[0] - 1] in self.words.of)
        return (*last, *before[behind:])

    def _in_its_week(self, before: Words, weekday: int) -> Words | None:
        """ "Lunes, quince de marzo, no, el martes": the Tuesday of the week of that day of a month."""
        if self.words.months.keys().isdisjoint(before):
            return None
        whole = (found for size, found in self.at(before, 0) if size == len(before))
        values = {reading.value for found in whole for reading in found if reading.value}
        if len(values) != 1:
            return None
        day = date.fromisoformat(values.pop())
        return ((day + timedelta(days=weekday - day.weekday())).isoformat(),)

    def _named_at(self, words: Words, at: int) -> Iterator[_Dated]:
        yield from self._at(words, at, named=True)

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
        yield from self._zero_first(words, at)
        yield from self._figures(words, at)

    # --- what needs no month ---

    def _offset(self, words: Words, at: int) -> Iterator[_Dated]:
        offset = starts(words, at, self.words.offsets)
        if offset:
            yield at + offset, [self.days.from_today(self.words.offsets[words[at : at + offset]])]
        size = starts(words, at, _FROM_TODAY)
        for more, count, _cost in below_hundred(words, at + size, self.language) if size else ():
            if count in self.words.idioms:  # "de hoy en quince", "d'avui en vuit"
                yield at + size + more, [self.days.from_today(self.words.idioms[count], CARELESS)]
        behind = starts(words, at, self.words.day_after)
        if behind > offset and any(self.words.offsets.get((word,)) == 1 for word in words):
            yield at + behind, [self.days.from_today(2)]

    def _feast(self, words: Words, at: int) -> Iterator[_Dated]:
        size = starts(words, at, self.words.feasts)
        if size:
            month, day = self.words.feasts[words[at : at + size]]
            yield at + size, list(self.days.in_some_year(day, month))

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
                    doubt = CARELESS if words[at : at + 1] == ("within",) else 0.0  # a limit, no day
                    days = self.days.apart(sign * count, unit)
                    yield end + behind, [replace(day, cost=day.cost + doubt) for day in days]

    def _stretch(self, words: Words, at: int) -> Iterator[tuple[int, int, str]]:
        counts = [(size, value) for size, value, _cost in quantities(words, at, self.language)]
        if self.language == "en" and words[at : at + 1] in (("a",), ("an",)):
            counts.append((1, 1))
        for size, count in counts:
            unit = self.words.units.get(words[at + size]) if at + size < len(words) else None
            if unit and 0 < count <= 1000:
                yield at + size + 1, count, unit

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
            ("week_this", table.week_this),
        ):
            size = starts(words, at + lead, phrases)
            if before and not size:
                continue
            place = at + lead + size
            place += starts(words, place, table.articles) if before.startswith("week") else 0
            weekday = table.weekdays.get(words[place]) if place < len(words) else None
            if weekday is None:
                continue
            if place and words[place - 1] in _EVERY:
                yield place + 1, [Reading("")]
                continue
            end = place + 1
            if lead:
                yield end, self.days.which(weekday, "week_later")
                continue
            yield end, self.days.which(weekday, before)
            yield from self._weekday_and(words, end, weekday, before)

    def _weekday_and(self, words: Words, at: int, weekday: int, before: str) -> Iterator[_Dated]:
        """What narrows a weekday down from behind: a week, or the day of the month."""
        table = self.words
        for which in _BEHIND_WEEKDAY:
            size = starts(words, at, getattr(table, which))
            if size and (not before or which.startswith("week")):
                yield at + size, self.days.which(weekday, which.removesuffix("_after"))
        place = at + starts(words, at, (*table.articles, *((word,) for word in table.of)))
        for end, day in self._day(words, place):
            if 1 <= day <= 31:
                yield from self._day_of(words, end, day, named=True, weekday=weekday)
        yield from self._month_day(words, at, weekday=weekday)

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
        joined = int(at < len(words) and words[at] in table.of)
        joined += words[at : at + 2] == ("of", "the")  # "the third of the seventh"
        slashed = at < len(words) and words[at] in ("barra", "slash", "guion", "guio", "stroke")
        place = at + (joined or slashed)
        month = table.months.get(words[place]) if place < len(words) else None
        if month:
            yield from self._with_year(words, place + 1, day, month, weekday=weekday, cost=0.0)
            return
        for end, number, cost in self._month_number(words, place):
            if joined or slashed:
                yield from self._with_year(words, end, day, number, weekday=weekday, cost=cost + 0.2)
                if self.language == "en" and day <= 12 and day != number:
                    yield from self._with_year(
                        words, end, number, day, weekday=weekday, cost=cost + 0.2 + RIVAL
                    )
            else:  # "quince tres ochenta y cinco"
                for year in self.years.at(words, end, marked=True):
                    yield year.end, self._dated(day, number, year, weekday, 0.2)
                    if self.language == "en" and day <= 12 and day != number:
                        # "Seven three eighty" is the third of July to Americans.
                        yield year.end, self._dated(number, day, year, weekday, 0.2 + RIVAL)
        for which, months in (("month_this", 0), ("month_next", 1), ("month_last", -1)):
            size = starts(words, at, getattr(table, which))
            if size:
                yield at + size, [self.days.in_month(day, months, weekday)]
        open_month = self.days.in_some_month(day, 0.0 if named else CARELESS, weekday)
        yield at, [replace(reading, bare=weekday is None) for reading in open_month]

    def _month_number(self, words: Words, at: int) -> Iterator[tuple[int, int, float]]:
        zero = at + 1 < len(words) and below_hundred(words[at : at + 1], 0, self.language)[:1] == (
            (1, 0, 0.0),
        )
        if words[at - 1 : at] == ("the",):  # "the third of the seventh"
            month = self.words.ordinals.get(words[at] if at < len(words) else "", 13)
            if month <= 12:
                yield at + 1, month, 0.0
        for size, month, cost in below_hundred(words, at + zero, self.language):
            if 1 <= month <= (9 if zero else 12):
                yield at + zero + size, month, cost

    def _zero_first(self, words: Words, at: int) -> Iterator[_Dated]:
        """ "Cero tres, cero siete, ochenta": a day that begins with a zero, with its month and year."""
        if below_hundred(words[at : at + 1], 0, self.language)[:1] != ((1, 0, 0.0),):
            return
        for end, day in self._day(words, at + 1):
            if not 1 <= day < 10:
                continue
            ends = {
                year.end
                for month_end, _month, _cost in self._month_number(words, end)
                for year in self.years.at(words, month_end, marked=True)
            }
            whole = self._day_of(words, end, day, named=False)
            yield from ((last, found) for last, found in whole if last in ends)

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
        yield at, [weekday_fits(r, weekday) for r in self.days.in_some_year(day, month, cost)]
        for year in self.years.at(words, at, marked=False):
            yield year.end, self._dated(day, month, year, weekday, cost)

    def _dated(self, day: int, month: int, year: Year, weekday: int | None, cost: float) -> list[Reading]:
        dated = (made(number, month, day, cost + extra) for number, extra in year.years)
        return [weekday_fits(reading, weekday) for reading in dated]

    # --- figures ---

    def _figures(self, words: Words, at: int) -> Iterator[_Dated]:
        """ "15/03/2026", "2026-03-15", "15/3"."""
        parts = re.split(r"[/.-]", words[at]) if at < len(words) else []
        if len(parts) not in (2, 3) or not all(part.isdecimal() and part.isascii() for part in parts):
            return
        if len(parts[0]) == 4:
            yield at + 1, [made(*map(int, parts))]
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
                found += self.days.in_some_year(day, month, cost)
                continue
            year = int(parts[2])
            years = ((year, 0.0),) if len(parts[2]) == 4 else self.years.century(year)
            found += [made(number, month, day, cost + extra) for number, extra in years]
        readable = [reading for reading in found if reading.value]
        yield at + 1, readable or found or [Reading("", reason="no_such_date")]
