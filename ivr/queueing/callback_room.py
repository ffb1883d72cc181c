"""Whether a stretch of time has room for one more callback: a promise that nobody can keep is not made. Pure.

Rules:
1. A callback takes a handling time of one agent, at any moment of its stretch alike: of one that reaches
   into another stretch, that part counts there which lies in it.
2. Of the time of those who are expected to serve the queue, only a share is promised: others hold the line.
3. One fits into any stretch that nobody else has. Where nobody knows who serves a queue, there is no limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.queueing.plan import OWN, Plan

Stretch = tuple[datetime, datetime]

APART = timedelta(minutes=30)
"""Between two stretches that are tried in place of a full one."""


@dataclass(frozen=True)
class Room:
    """What a queue has promised."""

    agents: float
    """Expected to serve it; 0: nobody knows."""
    share: float
    """Of their time, 0 to 1."""
    handling: float
    """Seconds that a callback takes one of them."""
    booked: tuple[Stretch, ...]
    """What others have been promised there."""

    def fits(self, wanted: Stretch) -> bool:
        """Whether one more can be promised for that stretch."""
        if self.agents <= 0:
            return True
        begin, end = wanted
        most = self.agents * self.share * (end - begin).total_seconds() / self.handling
        return sum(_part(one, wanted) for one in self.booked) + 1 <= max(most, 1.0)


def _part(one: Stretch, other: Stretch) -> float:
    """How much of the one lies in the other, 0 to 1."""
    within = min(one[1], other[1]) - max(one[0], other[0])
    whole = one[1] - one[0]
    return max(within / whole, 0.0) if whole > timedelta(0) else float(other[0] <= one[0] < other[1])


def expected(plan: Plan, queue: str) -> float:
    """How many agents serve a queue first; whoever serves several is a part of one in each."""
    serves: dict[str, list[str]] = {}
    for tier in plan.tiers():
        if tier.level == OWN:
            serves.setdefault(tier.agent, []).append(tier.queue)
    return sum(1 / len(queues) for queues in serves.values() if queue in queues)


def instead(wanted: datetime, *, since: datetime, until: datetime) -> Iterator[datetime]:
    """Beginnings in place of that one, the nearest first; of two that are as near, the later."""
    nearest: Iterable[int] = range(1, max(int((until - since) / APART) + 2, 1))
    for steps in nearest:
        for begin in (wanted + steps * APART, wanted - steps * APART):
            if since <= begin < until:
                yield begin
