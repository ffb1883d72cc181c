"""Agents who take both: inbound callers come first, and a campaign's calls have what is left.

Rules:
1. While a caller waits nothing is dialled (`pacer.one_each`, and each mode).
2. As many of the free agents are kept as callers will arrive while a call that is begun now rings, with the
   chance `_SURELY` that it is enough.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

from ivr.campaigns.pacing.events import CallerArrived, Event
from ivr.campaigns.pacing.pacer import Pacer, Standing

_SURELY = 0.9
_MEMORY = 600.0
"""Seconds after which an arrival weighs 1/e."""
_RINGS = 15.0
"""Seconds from the beginning of a call until it takes an agent, about."""


class Arrivals:
    """How many callers arrive in a second, of late."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._last = 0.0
        self._weight = 0.0

    def arrived(self, at: float) -> None:
        if self._first is None:
            self._first = self._last = at
        self._weight = self._weight * math.exp(-max(at - self._last, 0.0) / _MEMORY) + 1
        self._last = max(at, self._last)

    def rate(self, now: float) -> float:
        """Callers in a second; in the first minutes too high rather than too low."""
        if self._first is None:
            return 0.0
        weight = self._weight * math.exp(-max(now - self._last, 0.0) / _MEMORY)
        seen = 1 - math.exp(-max(now - self._first, _RINGS) / _MEMORY)
        return weight / (_MEMORY * seen)


class Blended:
    """Another mode, with the agents that inbound callers leave."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._arrivals = Arrivals()

    def observe(self, event: Event) -> None:
        """Callers are counted here; the mode gets everything."""
        if isinstance(event, CallerArrived):
            self._arrivals.arrived(event.at.timestamp())
        self._pacer.observe(event)

    def to_dial(self, now: datetime, standing: Standing) -> int:
        """What the mode says with the agents that are left; fewer than none, if callers will need more."""
        kept = enough_for(self._arrivals.rate(now.timestamp()) * _RINGS)
        return self._pacer.to_dial(now, replace(standing, free_agents=standing.free_agents - kept))


def enough_for(expected: float) -> int:
    """The least number that so many expected (Poisson) do not exceed, with the chance `_SURELY`."""
    chance = reached = math.exp(-expected)
    n = 0
    while reached < _SURELY:
        n += 1
        chance *= expected / n
        reached += chance
    return n
