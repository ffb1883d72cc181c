"""A day of a contact centre, event by event: 2,000 calls, 20 agents, a lunch break, a surge.

What is foretold is asked at each arrival that finds nobody free, and kept beside what became of it.
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass, field

from ivr.queueing.foretelling import Foreteller, Foretold, ahead_of

DAY = 10 * 3600.0
CALLS = 2000
AGENTS = 20
HANDLING = 240.0
PATIENCE = 900.0
SHAPE = (0.7, 1.0, 2.3, 1.5, 0.7, 0.8, 0.8, 0.9, 0.8, 0.5)
"""How busy each hour is; the third is the surge."""
LUNCH = (5 * 3600.0, 6 * 3600.0)
AT_LUNCH = 6
ARRIVES, ENDS, LEAVES, SHIFT = "arrives", "ends", "leaves", "shift"


@dataclass(eq=False)
class Caller:
    """One call."""

    at: float
    handling: float
    patience: float
    base_score: int
    foretold: Foretold | None = None
    waited: float | None = None
    gone: bool = False

    def score(self, now: float) -> float:
        return now - self.at + self.base_score


@dataclass
class Day:
    """The centre; `live` to let the day pass."""

    seed: int
    foreteller: Foreteller = field(default_factory=lambda: Foreteller(300.0, PATIENCE))
    callers: list[Caller] = field(default_factory=list)
    queue: list[Caller] = field(default_factory=list)
    busy: int = 0
    agents: int = AGENTS
    talks: int = 0
    talked: float = 0.0
    """Seconds, as the switch counts them: all of the day so far."""

    def live(self) -> Day:
        self._chance = random.Random(self.seed)
        self._events: list[tuple[float, int, str, Caller | None]] = []
        self._n = 0
        for at in self._arrivals():
            vip = self._chance.random() < 0.1
            sigma = 0.6
            handling = self._chance.lognormvariate(math.log(HANDLING) - sigma * sigma / 2, sigma)
            patience = self._chance.expovariate(1 / PATIENCE)
            self._at(at, ARRIVES, Caller(at, handling, patience, 180 if vip else 0))
        for at in LUNCH:
            self._at(at, SHIFT, None)
        while self._events:
            now, _, what, caller = heapq.heappop(self._events)
            self._happens(now, what, caller)
        return self

    def _arrivals(self) -> list[float]:
        """Poisson, by thinning: the hours are as busy as `SHAPE` says."""
        rate, most = CALLS / DAY, max(SHAPE)
        at, found = 0.0, []
        while True:
            at += self._chance.expovariate(rate * most)
            if at >= DAY:
                return found
            if self._chance.random() < SHAPE[int(at // 3600)] / most:
                found.append(at)

    def _at(self, at: float, what: str, caller: Caller | None) -> None:
        self._n += 1
        heapq.heappush(self._events, (at, self._n, what, caller))

    def _happens(self, now: float, what: str, caller: Caller | None) -> None:
        if what == SHIFT:
            self.agents = AGENTS - AT_LUNCH if now == LUNCH[0] else AGENTS
        elif what == ARRIVES and caller is not None:
            self.callers.append(caller)
            if self.busy >= self.agents or self.queue:
                self._foretell(caller, now)
                self._at(now + caller.patience, LEAVES, caller)
            self.queue.append(caller)
        elif what == ENDS and caller is not None:
            self.busy -= 1
            self.talks, self.talked = self.talks + 1, self.talked + caller.handling
            self.foreteller.measured(self.talks, self.talked)
        elif what == LEAVES and caller in self.queue:
            self.queue.remove(caller)
            caller.gone = True
        while self.queue and self.busy < self.agents:
            following = max(self.queue, key=lambda one: one.score(now))
            self.queue.remove(following)
            self.busy += 1
            following.waited = now - following.at
            if following.foretold is not None:
                self.foreteller.waited(following.foretold, following.waited, now=now)
            self._at(now + following.handling, ENDS, following)

    def _foretell(self, caller: Caller, now: float) -> None:
        ahead = ahead_of(caller.score(now), [one.score(now) for one in self.queue])
        free = max(self.agents - self.busy, 0)
        caller.foretold = self.foreteller.foretell(ahead, self.agents, free, now=now)
