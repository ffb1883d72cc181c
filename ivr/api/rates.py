"""How often somebody may ask: a token bucket for each, in memory.

Own code, because the libraries for it (`limits`, Flask-Limiter) keep counters in Redis or in a dict that a
thread of a timer sweeps; here it is a subtraction, with the clock passed in and the memory bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_KEPT = 20_000
"""Buckets at once. The one that was used least recently goes first: it is the fullest."""
BURST_SECONDS = 3.0
"""Seconds' worth of requests that may come at once."""


class Rates:
    """So many a second for each name."""

    def __init__(self, per_second: float, *, now: Callable[[], float], most: int = MOST_KEPT) -> None:
        """`now`: seconds of a clock that never goes back."""
        self._rate, self._now, self._most = per_second, now, most
        self._burst = max(1.0, per_second * BURST_SECONDS)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, cost: float = 1.0) -> float:
        """0: it may, and is counted. Else the seconds until it may again."""
        now = self._now()
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        wait = 0.0 if left >= 1.0 else (1.0 - left) / self._rate
        self._left[name] = (left if wait else left - cost, now)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
        return wait

    def charge(self, name: str, cost: float) -> None:
        """Counts more against it, afterwards."""
        left, at = self._left.get(name, (self._burst, self._now()))
        self._left[name] = (left - cost, at)
