"""At which hour somebody is likely to be reached, by what the ledger has counted. Pure.

An hour is one of the callee's day, on working days and at weekends apart. Its chance is Laplace's among
everybody: p = (talks + 1) / (tries + 2). Of one person it begins there and is moved by their own calls:
(own talks + PRIOR·p) / (own tries + PRIOR).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

PRIOR = 2.0
AHEAD = timedelta(hours=24)
BETTER = 0.03
"""How much better a later hour must be: what differs less is chance, and waiting costs."""
_WEEKEND = 5
Band = tuple[bool, int]
"""Weekend, and the hour of the day."""


def band_of(moment: datetime, zone: ZoneInfo) -> Band:
    local = moment.astimezone(zone)
    return local.weekday() >= _WEEKEND, local.hour


@dataclass(frozen=True)
class Counts:
    """Calls and conversations by hour."""

    tries: Counter[Band] = field(default_factory=Counter)
    talks: Counter[Band] = field(default_factory=Counter)

    @classmethod
    def of(cls, calls: Iterable[tuple[datetime, int, int]], zone: ZoneInfo) -> Counts:
        """From moments with how many calls were made about then, and how many of them were conversations."""
        found = cls()
        for moment, tries, talks in calls:
            band = band_of(moment, zone)
            found.tries[band] += tries
            found.talks[band] += talks
        return found

    def chance(self, band: Band) -> float:
        """Of a conversation at that hour, smoothed: one half where nothing is known."""
        return (self.talks[band] + 1) / (self.tries[band] + 2)


def chance(band: Band, own: Counts, everybody: Counts) -> float:
    """Of reaching this person at that hour."""
    return (own.talks[band] + PRIOR * everybody.chance(band)) / (own.tries[band] + PRIOR)


def best_time(
    earliest: datetime,
    zone: ZoneInfo,
    *,
    own: Counts,
    everybody: Counts,
    lawful: Callable[[datetime], bool],
    latest: datetime,
) -> datetime:
    """The likeliest moment to reach them, from `earliest` on, within a day and not after `latest`.

    Where no moment is lawful, `earliest`: the contact rules then say when.
    """
    hour = earliest.replace(minute=0, second=0, microsecond=0)
    hours = [hour + timedelta(hours=n) for n in range(1, int(AHEAD / timedelta(hours=1)) + 1)]
    open_then = [one for one in (earliest, *hours) if (one <= latest or one == earliest) and lawful(one)]
    if not open_then:
        return earliest
    first = open_then[0]
    chances = {one: chance(band_of(one, zone), own, everybody) for one in open_then}
    best = max(open_then, key=lambda one: (chances[one], -one.timestamp()))
    return best if chances[best] > chances[first] + BETTER else first
