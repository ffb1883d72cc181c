"""Agents who take both: inbound callers come first, and a campaign's calls have what is left.

Rules:
1. While a caller waits nothing is dialled (`pacer.one_each`, and each mode).
2. As many of the free agents are kept that with the chance `_SURELY` no caller waits: enough for those who
   arrive while a call that is begun now rings, and enough for a run of callers while all others are busy.

Source of the second: with c agents of whom each call keeps one for h seconds, agents come free at a rate of
c/h, callers at λ; kept agents are a birth-and-death process, and all r of them are taken with about (λh/c)^r
(L. Kleinrock, Queueing Systems I, 1975, 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime

from ivr.campaigns.pacing.events import CallerArrived, Connected, Event, WrappedUp
from ivr.campaigns.pacing.pacer import Pacer, Standing

_SURELY = 0.9
_MEMORY = 600.0
"""Seconds after which an arrival weighs 1/e."""
_TALKS = 200
"""How many of the newest make the mean."""
_LOST = 4 * 3600.0
"""Seconds after which a talk of which no more was told is forgotten."""
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
        self._since: dict[Hashable, float] = {}
        self._handled, self._handling = 0, 0.0

    def observe(self, event: Event) -> None:
        """Callers are counted here; the mode gets everything."""
        match event:
            case CallerArrived(at=at):
                self._arrivals.arrived(at.timestamp())
            case Connected(call=call, at=at):
                self._since[call] = at.timestamp()
            case WrappedUp(call=call, at=at) if call in self._since:
                self._handled += 1
                seconds = max(at.timestamp() - self._since.pop(call), 1.0)
                self._handling += (seconds - self._handling) / min(self._handled, _TALKS)
                oldest = at.timestamp() - _LOST
                self._since = {call: since for call, since in self._since.items() if since > oldest}
        self._pacer.observe(event)

    def to_dial(self, now: datetime, standing: Standing) -> int:
        """What the mode says with the agents that are left; fewer than none, if callers will need more."""
        kept = self._kept(self._arrivals.rate(now.timestamp()), standing.free_agents + len(self._since))
        return self._pacer.to_dial(now, replace(standing, free_agents=standing.free_agents - kept))

    def _kept(self, rate: float, agents: int) -> int:
        kept = enough_for(rate * _RINGS)
        if not (rate and self._handled and agents > 0):
            return kept
        share = rate * self._handling / agents
        if share >= 1:
            return agents  # callers alone are more than they can take
        return min(max(kept, math.ceil(math.log(1 - _SURELY) / math.log(share))), agents)


def enough_for(expected: float) -> int:
    """The least number that so many expected (Poisson) do not exceed, with the chance `_SURELY`."""
    chance = reached = math.exp(-expected)
    n = 0
    while reached < _SURELY:
        n += 1
        chance *= expected / n
        reached += chance
    return n
