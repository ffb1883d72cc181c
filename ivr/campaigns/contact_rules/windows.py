"""Hours at which somebody may be contacted who is in one of several zones. Pure: the moment is given.

Rules:
1. A moment is lawful only if it is in every zone that they may be in.
2. Hours are wall-clock hours, computed anew for each day, so that no change of the clock moves a morning.
3. An intersection of hours begins where the hours of one of the zones begin: nothing else is looked at, so
   the search ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dialogs.calendars import Calendar

_NEAR = 5
"""Days that are looked at first: nearly always enough."""


def open_in_all(moment: datetime, calendars: Sequence[Calendar]) -> bool:
    """Whether all of them are open then; none at all are not."""
    return bool(calendars) and all(one.at(moment) == "open" for one in calendars)


def next_open(moment: datetime, calendars: Sequence[Calendar], *, days: int) -> datetime | None:
    """The first moment from then on at which all are open; `None`: none within so many days."""
    if open_in_all(moment, calendars):
        return moment
    for far in (min(_NEAR, days), days):
        later = sorted({one for one in _beginnings(moment, calendars, far) if one > moment})
        found = next((one for one in later if open_in_all(one, calendars)), None)
        if found is not None:
            return found
    return None


def _beginnings(moment: datetime, calendars: Iterable[Calendar], days: int) -> Iterator[datetime]:
    for calendar in calendars:
        assert calendar.zone is not None
        zone = ZoneInfo(calendar.zone)
        first = moment.astimezone(zone).date() - timedelta(days=1)
        for ahead in range(days + 2):
            day = first + timedelta(days=ahead)
            for hours in calendar.hours_on(day):
                wall = datetime(
                    day.year, day.month, day.day, hours.begin // 60, hours.begin % 60, tzinfo=zone
                )
                # An hour that the clock skips begins when the clock has skipped it.
                yield wall.astimezone(UTC)
