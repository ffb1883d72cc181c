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

from ivr.queueing.turns import Place, callable_now, turns

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
    line: list[Person] = field(default_factory=list)
    kept: list[Person] = field(default_factory=list)
    ringing: dict[Person, float] = field(default_factory=dict)
    """Customers whose telephone rings, and until when; with the agent first their agent waits."""
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
        if what == "ends":
            self.free += 1
        elif what == "picks up" and person is not None:
            del self.ringing[person]
            if self.first == "agent":  # theirs has waited
                later.append(self._talk(now, person))
            else:
                self.line.append(person)
        elif what == "comes" and person is not None:
            waits = not self.free or self.line or self.kept
            keeps = self.first is not None and person.keeps and waits
            (self.kept if keeps else self.line).append(person)
        later += self._call(now)
        self.line.sort(key=lambda one: -one.score(now))
        while self.line and self.free:
            self.free -= 1
            later.append(self._talk(now, self.line.pop(0)))
        return later + self._call(now)  # a server looks every second: now the agents are busy

    def _talk(self, now: float, person: Person) -> tuple[float, str, Person | None]:
        self.began[person] = now
        return now + person.handling, "ends", person

    def _call(self, now: float) -> list[tuple[float, str, Person | None]]:
        """Those whose turn it is, as one server's look has it."""
        if not self.kept or self.first is None:
            return []
        agents, under_way = self.free, 0
        holding = [one.score(now) for one in self.line if not (one.keeps and self.first == "customer")]
        if self.first == "customer":
            busy = self.agents - self.free
            agents = callable_now(self.free, busy, waiting=bool(holding), ring=RING, handling=HANDLING)
            under_way = len(self.ringing) + sum(one.keeps for one in self.line)
        places = [Place(one, one.score(now)) for one in self.kept]
        called = turns(places, holding, agents - under_way)
        for one in called:
            self.kept.remove(one)
            self.ringing[one] = now + RING
            if self.first == "agent":
                self.free -= 1
        return [(now + RING, "picks up", one) for one in called]


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


def compared(seed: int, agents: int, first: First) -> Compared:
    """One day, lived twice."""
    everybody = people(seed, agents)
    stayed = Day(everybody, agents, None).lived()
    kept = Day(everybody, agents, first).lived()
    waited = [one for one in everybody if stayed[one] > one.at]
    theirs = [kept[one] - stayed[one] for one in waited if one.keeps]
    others = [kept[one] - stayed[one] for one in waited if not one.keeps]
    return Compared(theirs, others, max(one.handling for one in everybody))


@pytest.mark.parametrize("first", ["customer", "agent"])
@pytest.mark.parametrize(("agents", "seed"), [(12, 0), (12, 1), (3, 2), (1, 3)])
def test_keeping_a_place_costs_nobody_a_handling_time(agents: int, seed: int, first: First) -> None:
    """Of twelve agents nobody has to wait for a long talk; of one or three it may be just that one."""
    day = compared(seed, agents, first)
    assert max(day.theirs) <= (HANDLING if agents == 12 else day.longest)
    assert max(day.others) <= (HANDLING if agents == 12 else day.longest)


@pytest.mark.long
@pytest.mark.parametrize("first", ["customer", "agent"])
@pytest.mark.parametrize("agents", [12, 3, 1])
def test_keeping_a_place_over_many_days(agents: int, first: First) -> None:
    """Thirty days; the figures stand in docs/measurements.md."""
    days = [compared(seed, agents, first) for seed in range(30)]
    for day in days:
        assert max(day.theirs) <= day.longest
    within = statistics.mean(day.within for day in days)
    # With the agent first each ringing costs an agent's time: of few agents that delays everybody alike.
    assert within >= (1.0 if agents == 12 else 0.98 if first == "customer" else 0.85)
    most = max(max(day.theirs) for day in days)
    means = [statistics.mean(one for day in days for one in who(day)) for who in (_theirs, _others)]
    print(
        f"{agents} agents, {first} first: {100 * within:.1f} %, {most:.0f} s, {means[0]:.0f}/{means[1]:.0f} s"
    )


def _theirs(day: Compared) -> list[float]:
    return day.theirs


def _others(day: Compared) -> list[float]:
    return day.others
