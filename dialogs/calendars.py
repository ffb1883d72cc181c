"""Opening hours: week, public holidays and dated exceptions, asked for one moment. Pure: the moment is given.

Rules:
1. A dated exception beats a public holiday, and a holiday beats the week.
2. Hours that end at or before their beginning end on the next day (`22:00-02:00`), and belong to the day
   on which they begin.
3. What is not written is closed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from holidays.registry import EntityLoader

from dialogs.source import nearest

State = Literal["open", "closed", "holiday"]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])\s*-\s*([01]?[0-9]|2[0-4]):([0-5][0-9])")
_DAY = 24 * 60


@dataclass(frozen=True)
class Hours:
    """From and to, in minutes since the midnight of its day; `to` may lie on the next day."""

    begin: int
    end: int

    def hold(self, minute: int) -> bool:
        return self.begin <= minute < self.end


@dataclass(frozen=True)
class Calendar:
    """When a place is open. Without a zone, the moment's own wall clock counts (the site's)."""

    days: Mapping[int, tuple[Hours, ...]] = field(default_factory=dict)
    """By weekday, Monday is 0."""
    dates: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict)
    """Exceptions; no hours: closed on that day."""
    holidays: tuple[str, ...] = ()
    """Countries and regions by their ISO 3166 codes: `ES`, `ES-CT`."""
    zone: str | None = None

    def at(self, moment: datetime) -> State:
        """Open, closed, or closed because the day is a holiday or a dated exception."""
        local = moment.astimezone(ZoneInfo(self.zone)) if self.zone and moment.tzinfo else moment
        today, minute = local.date(), local.hour * 60 + local.minute
        yesterday = self.hours_on(today - timedelta(days=1))
        if any(hours.hold(minute) for hours in self.hours_on(today)):
            return "open"
        if any(hours.hold(minute + _DAY) for hours in yesterday):
            return "open"
        if today in self.dates:
            return "closed" if self.dates[today] else "holiday"
        return "holiday" if self._is_holiday(today) else "closed"

    def opens_on(self, day: date) -> bool:
        """Whether it is open at any time of that day."""
        return bool(self.hours_on(day))

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The hours that begin on that day, holidays and exceptions counted; none: closed."""
        if day in self.dates:
            return self.dates[day]
        return () if self._is_holiday(day) else self.days.get(day.weekday(), ())

    def _is_holiday(self, day: date) -> bool:
        return any(day in _public_holidays(place, day.year) for place in self.holidays)


@lru_cache(maxsize=256)
def _public_holidays(place: str, year: int) -> frozenset[date]:
    country, _, region = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def holiday_place(place: str) -> str:
    """A country, or a country and its region. Raises `ValueError` with the nearest."""
    country, _, region = place.partition("-")
    country, known = country.upper(), _countries()
    if country not in known:
        remedy = "write a country or a region, such as `ES` or `ES-CT`"
        raise ValueError(f"no holidays are known for `{place}`: {remedy}")
    if not region:
        return country
    # Only that country's module is loaded: all of them take longer than a whole check.
    regions: Sequence[str] = getattr(holidays, country).subdivisions
    for written in regions:
        if written.lower() == region.lower():
            return f"{country}-{written}"
    raise ValueError(f"`{country}` has no region `{region}`: {nearest(region, regions)}")


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(EntityLoader.get_country_codes(include_aliases=True))


def known_zone(name: str) -> str:
    """An IANA time zone. Raises `ValueError`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ValueError(f"unknown time zone `{name}`: write it as `Europe/Madrid`") from unknown
    return name


def read_hours(value: object) -> tuple[Hours, ...]:
    """`09:00-18:00`, a list of these, or `closed`. Raises `ValueError`."""
    listed = value if isinstance(value, list) else [value]
    if listed == ["closed"]:
        return ()
    found = tuple(_one(item) for item in listed)
    ordered = sorted(found, key=lambda hours: hours.begin)
    for before, after in pairwise(ordered):
        if after.begin < before.end:
            raise ValueError("the hours of a day overlap: join them")
    return found


def _one(item: object) -> Hours:
    read = _HOURS.fullmatch(str(item).strip())
    if not read:
        raise ValueError(f"`{item}` are no hours: write `09:00-18:00`, a list of these, or `closed`")
    hour, minute, to_hour, to_minute = map(int, read.groups())
    begin, end = hour * 60 + minute, to_hour * 60 + to_minute
    if begin >= _DAY or end > _DAY:
        raise ValueError(f"`{item}` goes beyond the day: the last minute is `24:00`")
    return Hours(begin, end if end > begin else end + _DAY)


def read_days(value: object) -> dict[int, tuple[Hours, ...]]:
    """`{mon-thu: …, fri: …}` by weekday. Raises `ValueError`."""
    if not isinstance(value, dict):
        raise ValueError("days are written `mon-fri: 09:00-18:00`")
    days: dict[int, tuple[Hours, ...]] = {}
    for name, hours in value.items():
        for day in _days_of(str(name)):
            if day in days:
                raise ValueError(f"`{WEEK[day]}` stands twice: keep one")
            days[day] = read_hours(hours)
    return days


def _days_of(name: str) -> range:
    first, dash, last = name.partition("-")
    for day in filter(None, (first, last)):
        if day not in WEEK:
            raise ValueError(f"unknown day `{day}`: {nearest(day, WEEK)}")
    begin = WEEK.index(first)
    end = WEEK.index(last) if dash and last else begin
    if end < begin:
        raise ValueError(f"`{name}` runs backwards: the week begins with `mon`")
    return range(begin, end + 1)


def read_dates(value: object) -> dict[date, tuple[Hours, ...]]:
    """`{2026-12-24: 09:00-14:00, 2026-12-31: closed}`. Raises `ValueError`."""
    if not isinstance(value, dict):
        raise ValueError("dates are written `2026-12-24: 09:00-14:00` or `2026-12-31: closed`")
    dates: dict[date, tuple[Hours, ...]] = {}
    for name, hours in value.items():
        try:
            day = date.fromisoformat(str(name))
        except ValueError as fault:
            raise ValueError(f"`{name}` is no date: write `2026-12-24`") from fault
        dates[day] = read_hours(hours)
    return dates
