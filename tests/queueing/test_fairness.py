"""Nobody who keeps their place waits longer than if they had stayed, within one handling time.

The same day is lived twice, with the same people and the same talks: once everybody holds the line, once a
third of those who would wait keeps their place instead. The order of the first is a plain list sorted by
score; only the second asks `turns`, as `ivr.queueing.callbacks` does.
"""

from __future__ import annotations

import heapq
import random
import statistics
from dataclasses import dataclass, field
from typing import Literal

import pytest

from ivr.queueing.turns import RINGS, Place, callable_now, given_in, turns

CALLS, HANDLING, RING = 500, 240.0, 15.0
First = Literal["customer", "agent"]


@dataclass(eq=False)
class Person:
    at: float
    handling: float
    base_score: int
    keeps: bool

    def score(self, now: float) -> float:
        return now - self.at + self.base_score


def people(seed: int, agents: int) -> list[Person]:
    """A little more at once than can be handled, with a surge in the middle."""
    chance = random.Random(seed)
    calls = min(CALLS, 60 * agents)
    span = calls * HANDLING / agents * 0.93
    moments = [chance.triangular(0, span, span / 2) for _ in range(calls)]
    return [
        Person(
            at, chance.lognormvariate(5.3, 0.6), 180 if chance.random() < 0.1 else 0, chance.random() < 0.33
        )
        for at in sorted(moments)
    ]


@dataclass
class Day:
    """The centre. `first`: who is called first; `None`: everybody holds the line."""

    everybody: list[Person]
    agents: int
    first: First | None
    wrap_up: float = 0.0
    """Seconds at the end of each handling that the agent is known to be ready after."""
    line: list[Person] = field(default_factory=list)
    kept: list[Person] = field(default_factory=list)
    ringing: dict[Person, float] = field(default_factory=dict)
    """Customers whose telephone rings, and until when."""
    reserved: set[Person] = field(default_factory=set)
    """For whom an agent waits (with the agent first)."""
    there: set[Person] = field(default_factory=set)
    """Who has answered, and for whom no agent waits yet (with the agent first)."""
    ready: dict[Person, float] = field(default_factory=dict)
    """After whom an agent wraps up, and until when."""
    began: dict[Person, float] = field(default_factory=dict)
    free: int = 0

    def lived(self) -> dict[Person, float]:
        """When each of them began to talk with an agent."""
        self.free = self.agents
        events: list[tuple[float, int, str, Person | None]] = [
            (one.at, n, "comes", one) for n, one in enumerate(self.everybody)
        ]
        heapq.heapify(events)
        n = len(events)
        while events:
            now, _, what, person = heapq.heappop(events)
            for later in self._happens(now, what, person):
                n += 1
                heapq.heappush(events, (later[0], n, later[1], later[2]))
        assert len(self.began) == len(self.everybody) and self.free == self.agents
        return self.began

    def _happens(
        self, now: float, what: str, person: Person | None
    ) -> list[tuple[float, str, Person | None]]:
        later: list[tuple[float, str, Person | None]] = []
        if what == "ends" and person is not None:
            self.free += 1
            self.ready.pop(person, None)
        elif what == "wraps up" and person is not None:
            self.ready[person] = now + self.wrap_up
            later.append((now + max(self.wrap_up - RINGS, 0.0), "looks", None))
        elif what == "picks up" and person is not None:
            later += self._picks_up(now, person)
        elif what == "comes" and person is not None:
            waits = not self.free or self.line or self.kept
            keeps = self.first is not None and person.keeps and waits
            (self.kept if keeps else self.line).append(person)
        later += self._call(now)
        self.line.sort(key=lambda one: -one.score(now))
        while self.line and self.free:
            self.free -= 1
            later += self._talk(now, self.line.pop(0))
        return later + self._call(now)  # a server looks every second: now the agents are busy

    def _picks_up(self, now: float, person: Person) -> list[tuple[float, str, Person | None]]:
        del self.ringing[person]
        if self.first == "customer":
            self.line.append(person)
        elif person in self.reserved:  # theirs has waited
            self.reserved.remove(person)
            return self._talk(now, person)
        else:
            self.there.add(person)
        return []

    def _talk(self, now: float, person: Person) -> list[tuple[float, str, Person | None]]:
        self.began[person] = now
        ends = now + person.handling
        wraps_up: list[tuple[float, str, Person | None]] = [
            (max(ends - self.wrap_up, now), "wraps up", person)
        ]
        return [*(wraps_up if self.wrap_up else []), (ends, "ends", person)]

    def _call(self, now: float) -> list[tuple[float, str, Person | None]]:
        """Those whose turn it is, as one server's look has it."""
        if not self.kept or self.first is None:
            return []
        if self.first == "customer":
            return self._ring_customers(now)
        holding = [one.score(now) for one in self.line]
        later: list[tuple[float, str, Person | None]] = []
        for one in turns([Place(one, one.score(now)) for one in self.kept], holding, self.free):
            self.kept.remove(one)
            self.free -= 1
            if one in self.there:
                self.there.remove(one)
                later += self._talk(now, one)
                continue
            self.reserved.add(one)
            if one not in self.ringing:
                later += self._ring(now, one)
        return later + self._ring_ahead(now, holding)

    def _ring_ahead(self, now: float, holding: list[float]) -> list[tuple[float, str, Person | None]]:
        """Whoever is given an agent at the end of a wrap-up is rung before that."""
        later: list[tuple[float, str, Person | None]] = []
        ready = [0.0] * self.free + [until - now for until in self.ready.values()]
        order = heapq.nlargest(len(ready), self.kept, key=lambda one: one.score(now))
        for place, one in enumerate(order):
            ahead = place + sum(score >= one.score(now) for score in holding)
            rung = one in self.ringing or one in self.there
            if not rung and given_in(ahead, ready) <= RINGS:
                later += self._ring(now, one)
        return later

    def _ring_customers(self, now: float) -> list[tuple[float, str, Person | None]]:
        holding = [one.score(now) for one in self.line if not one.keeps]
        busy = self.agents - self.free
        agents = callable_now(self.free, busy, waiting=bool(holding), ring=RING, handling=HANDLING)
        under_way = len(self.ringing) + sum(one.keeps for one in self.line)
        called = turns([Place(one, one.score(now)) for one in self.kept], holding, agents - under_way)
        for one in called:
            self.kept.remove(one)
        return [event for one in called for event in self._ring(now, one)]

    def _ring(self, now: float, person: Person) -> list[tuple[float, str, Person | None]]:
        self.ringing[person] = now + RING
        return [(now + RING, "picks up", person)]


@dataclass(frozen=True)
class Compared:
    """How much later those who keep their place were served than if all had stayed, in seconds."""

    theirs: list[float]
    others: list[float]
    longest: float
    """The longest talk of that day."""

    @property
    def within(self) -> float:
        """The share of those who keep their place that is at most one handling time later."""
        return sum(one <= HANDLING for one in self.theirs) / len(self.theirs)


def compared(seed: int, agents: int, first: First, wrap_up: float = 0.0) -> Compared:
    """One day, lived twice."""
    everybody = people(seed, agents)
    stayed = Day(everybody, agents, None).lived()
    kept = Day(everybody, agents, first, wrap_up).lived()
    waited = [one for one in everybody if stayed[one] > one.at]
    theirs = [kept[one] - stayed[one] for one in waited if one.keeps]
    others = [kept[one] - stayed[one] for one in waited if not one.keeps]
    return Compared(theirs, others, max(one.handling for one in everybody))


WAYS: list[tuple[First, float]] = [("customer", 0.0), ("agent", 0.0), ("agent", 10.0)]
"""Who is called first, and the agents' wrap-up."""


@pytest.mark.parametrize(("first", "wrap_up"), WAYS)
@pytest.mark.parametrize(("agents", "seed"), [(12, 0), (12, 1), (3, 2), (1, 3)])
def test_keeping_a_place_costs_nobody_a_handling_time(
    agents: int, seed: int, first: First, wrap_up: float
) -> None:
    """Of twelve agents nobody has to wait for a long talk; of one or three it may be just that one."""
    day = compared(seed, agents, first, wrap_up)
    most = HANDLING if agents == 12 or wrap_up else day.longest
    assert max(day.theirs) <= most
    assert max(day.others) <= most


@pytest.mark.long
@pytest.mark.parametrize(("first", "wrap_up"), WAYS)
@pytest.mark.parametrize("agents", [12, 3, 1])
def test_keeping_a_place_over_many_days(agents: int, first: First, wrap_up: float) -> None:
    """Thirty days; the figures stand in docs/measurements.md."""
    days = [compared(seed, agents, first, wrap_up) for seed in range(30)]
    for day in days:
        assert max(day.theirs) <= day.longest
    within = statistics.mean(day.within for day in days)
    # Without a wrap-up in which the customer can be rung, each ringing costs an agent's time: of few agents
    # that delays everybody alike.
    assert within >= (1.0 if agents == 12 or wrap_up else 0.98 if first == "customer" else 0.85)
    most = max(max(day.theirs) for day in days)
    means = [statistics.mean(one for day in days for one in who(day)) for who in (_theirs, _others)]
    print(
        f"{agents} agents, {first} first, wrap-up {wrap_up:g} s: {100 * within:.1f} %, {most:.0f} s,"
        f" {means[0]:.0f}/{means[1]:.0f} s"
    )


def _theirs(day: Compared) -> list[float]:
    return day.theirs


def _others(day: Compared) -> list[float]:
    return day.others
