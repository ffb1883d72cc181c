"""The times that a report is about: local days and intervals, whatever the clocks do. Pure.

Rules:
1. A period begins and ends at local midnight; a day has 23, 24 or 25 hours.
2. Intervals follow the local clock. When the clocks go back an hour comes twice: these are two intervals,
   told apart by their offset from UTC. When they go forward one is missing.
3. All arithmetic is in milliseconds since the epoch, so that sums are exact and in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR_MS = 3_600_000
_QUARTER_MS = 900_000


def ms_of(moment: datetime) -> int:
    """Milliseconds since the epoch, rounded down; exact."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def moment_of(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The day's first moment; where clocks go forward at midnight, that is one o'clock."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return local.astimezone(UTC)


@dataclass(frozen=True)
class Period:
    """Whole local days, `first` and `last` included."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period that ends ({self.last}) before it begins ({self.first})")

    @property
    def since(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass
class Clock:
    """The local time of moments in ms, as intervals of so many minutes; 1440 for days.

    Offsets change at most once in a quarter of an hour, and at its beginning (so do all zones of today), so
    they are looked up once for each.
    """

    zone: ZoneInfo
    minutes: int
    _known: dict[int, int] = field(default_factory=dict)

    def begin(self, ms: int) -> int:
        """When the interval began in which that moment is."""
        quarter = ms // _QUARTER_MS
        known = self._known.get(quarter)
        if known is None:
            known = self._known[quarter] = self._begin(quarter * _QUARTER_MS)
        return known

    def _begin(self, ms: int) -> int:
        local = moment_of(ms).astimezone(self.zone)
        if self.minutes >= 1440:
            return ms_of(_midnight(local.date(), self.zone))
        offset = local.utcoffset() or timedelta()
        shift = int(offset.total_seconds() * 1000)
        size = self.minutes * 60_000
        return (ms + shift) // size * size - shift

    def next(self, begin: int) -> int:
        """When the following interval begins."""
        if self.minutes >= 1440:
            local = moment_of(begin).astimezone(self.zone)
            return ms_of(_midnight(local.date() + timedelta(days=1), self.zone))
        after = self.begin(begin + self.minutes * 60_000)
        return after if after > begin else begin + self.minutes * 60_000

    def between(self, since: int, until: int) -> Iterator[int]:
        """The beginnings of all intervals that touch that time."""
        at = self.begin(since)
        while at < until:
            yield at
            at = self.next(at)

    def parts(self, since: int, until: int) -> Iterator[tuple[int, int]]:
        """The stretch cut at the intervals' edges: (interval's beginning, ms in it)."""
        at = since
        while at < until:
            begin = self.begin(at)
            edge = min(self.next(begin), until)
            yield begin, edge - at
            at = edge

    def label(self, begin: int) -> str:
        """As people read it: a day, or day and time; with the offset where that time comes twice that day."""
        local = moment_of(begin).astimezone(self.zone)
        if self.minutes >= 1440:
            return f"{local:%Y-%m-%d}"
        other = local.replace(fold=1 - local.fold)
        twice = other.utcoffset() != local.utcoffset()
        return f"{local:%Y-%m-%d %H:%M%z}" if twice else f"{local:%Y-%m-%d %H:%M}"
