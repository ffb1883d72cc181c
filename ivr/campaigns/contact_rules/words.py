"""Decisions in words that an operator understands at once: "Saturday after 15:00 in Bogotá"."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from dialogs.calendars import Calendar

_NEAR_DAYS = 6


@lru_cache(maxsize=512)
def city(zone: str) -> str:
    """The zone's city, as the people there write it."""
    return get_timezone_location(ZoneInfo(zone), locale="es", return_city=True)


def closed(moment: datetime, calendar: Calendar) -> str:
    """Why nobody is contacted then by that calendar."""
    assert calendar.zone is not None
    local = moment.astimezone(ZoneInfo(calendar.zone))
    place, day = city(calendar.zone), f"{local:%A}"
    if calendar.at(moment) == "holiday":
        return f"{day} {local:%Y-%m-%d} is a public holiday in {place}"
    hours = calendar.hours_on(local.date())
    if not hours:
        return f"{day} in {place}"
    minute = local.hour * 60 + local.minute
    if minute < min(one.begin for one in hours):
        return f"{day} before {_clock(min(one.begin for one in hours))} in {place}"
    if minute >= max(one.end for one in hours):
        return f"{day} after {_clock(max(one.end for one in hours))} in {place}"
    return f"{day} at {local:%H:%M} in {place}"


def moment_in(moment: datetime, zone: str, now: datetime) -> str:
    """A moment to come, as short as it is clear: `Monday 07:00`, or with its date."""
    there = ZoneInfo(zone)
    local, today = moment.astimezone(there), now.astimezone(there).date()
    near = (local.date() - today).days <= _NEAR_DAYS
    return f"{local:%A %H:%M}" if near else f"{local:%A %Y-%m-%d %H:%M}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
