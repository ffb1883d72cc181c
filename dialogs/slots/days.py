"""Which day is meant, seen from today, where a caller leaves out the year, the month or the week.

No word of any language is known here: `date_reading` tells the pieces, and these rules fill in the rest.
Where native speakers differ, both days come out as rivals.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from dialogs.slots.phrasing import CARELESS, Reading
from dialogs.slots.weekdays import RIVAL, Range, days_to

JUST_MISSED = 31
"""Days. "El veinte de noviembre" three days later, where a day to come is wanted, is hardly next year."""


class Days:
    """The days as they are seen from one day, by somebody who wants one on one side of it."""

    def __init__(self, today: date | None, wanted: Range, language: str, idioms: Mapping[int, int]) -> None:
        self.today, self.wanted, self.language, self.idioms = today, wanted, language, idioms

    def from_today(self, days: int, cost: float = 0.0) -> Reading:
        if self.today is None:
            return Reading("", reason="no_clock")
        return Reading((self.today + timedelta(days=days)).isoformat(), cost)

    def first_of_week(self, weeks: int) -> Reading:
        """So many weeks from this one, which begins today."""
        if self.today is None or not weeks:
            return self.from_today(0)
        return self.from_today(7 * weeks - self.today.weekday())

    def apart(self, count: int, unit: str) -> Iterator[Reading]:
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
            idiom = self.idioms.get(abs(days)) if unit == "day" else None
            if idiom:
                yield self.from_today(idiom if days > 0 else -idiom)
            yield self.from_today(days, RIVAL if idiom else 0.0)

    def which(self, weekday: int, which: str) -> list[Reading]:
        if self.today is None:
            return [Reading("", reason="no_clock")]
        days = days_to(weekday, which, self.today.weekday(), self.wanted, self.language)
        return [self.from_today(ahead, cost) for ahead, cost in days]

    def in_some_year(self, day: int, month: int, cost: float = 0.0) -> Iterator[Reading]:
        """A day and month whose year goes without saying."""
        if self.today is None:
            yield Reading("", cost, "no_clock")
            return
        if not 1 <= day <= monthrange(2024, month)[1]:
            yield Reading("", cost, "no_such_date")
            return
        years = range(self.today.year - 8, self.today.year + 9)
        found = [date(y, month, day) for y in years if day <= monthrange(y, month)[1]]
        ahead = min(there for there in found if there >= self.today)
        back = max(there for there in found if there <= self.today)
        far = CARELESS if (ahead - self.today).days > 366 else 0.0
        yield from self.choose(ahead, back, cost + far)

    def choose(self, ahead: date, back: date, cost: float) -> Iterator[Reading]:
        """Of the next and the last such day, the one on the side that is wanted."""
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

    def in_month(self, day: int, months: int, weekday: int | None) -> Reading:
        if self.today is None:
            return Reading("", reason="no_clock")
        place = self.today.year * 12 + self.today.month - 1 + months
        return weekday_fits(made(place // 12, place % 12 + 1, day), weekday)

    def in_some_month(self, day: int, cost: float, weekday: int | None) -> Iterator[Reading]:
        """ "El quince": of this month or the next one that has it."""
        if self.today is None:
            yield Reading("", cost, "no_clock")
            return
        found = [
            date.fromisoformat(r.value) for m in range(-2, 3) if (r := self.in_month(day, m, None)).value
        ]
        ahead = min(there for there in found if there > self.today)
        back = max(there for there in found if there < self.today)
        if day == self.today.day:
            today = [Reading(self.today.isoformat(), cost)]
            rivals = [] if weekday is not None else [Reading(ahead.isoformat(), cost + RIVAL)]
            chosen: Iterable[Reading] = today if self.wanted == "past" else [*today, *rivals]
        elif self.wanted == "any":
            chosen = self.choose(ahead, back, cost)
        else:
            chosen = [Reading((ahead if self.wanted == "future" else back).isoformat(), cost)]
        for reading in chosen:
            yield weekday_fits(reading, weekday)


def weekday_fits(reading: Reading, weekday: int | None) -> Reading:
    """The day, or that it is another weekday than the one that was said."""
    if weekday is None or not reading.value or date.fromisoformat(reading.value).weekday() == weekday:
        return reading
    return Reading("", reading.cost, "weekday_differs")


def made(year: int, month: int, day: int, cost: float = 0.0) -> Reading:
    try:
        return Reading(date(year, month, day).isoformat(), cost)
    except ValueError:
        return Reading("", cost, "no_such_date")
