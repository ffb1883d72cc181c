"""Nobody who keeps their place waits longer than if they had stayed, within one handling time.

The same day is lived twice, with the same people and the same talks: once everybody holds the line, once a
third of those who would wait keeps their place instead. The order of the first is a plain list sorted by
score; only the second asks `turns`.
"""

from __future__ import annotations

import heapq
import random
import statistics
from dataclasses import dataclass

import pytest

from ivr.queueing.turns import Place, turns

AGENTS, CALLS, HANDLING, RING = 12, 500, 240.0, 15.0
SPAN = CALLS * HANDLING / AGENTS * 0.93
"""Seconds in which they come: a little more at once than can be handled, with a surge in the middle."""


@dataclass(eq=False)
class Person:
    at: float
    handling: float
    base_score: int
    keeps: bool

    def score(self, now: float) -> float:
        return now - self.at + self.base_score


def people(seed: int) -> list[Person]:
    chance = random.Random(seed)
    moments = [chance.triangular(0, SPAN, SPAN / 2) for _ in range(CALLS)]
    return [
        Person(
            at, chance.lognormvariate(5.3, 0.6), 180 if chance.random() < 0.1 else 0, chance.random() < 0.33
        )
        for at in sorted(moments)
    ]


def lived(everybody: list[Person], *, with_callbacks: bool) -> dict[Person, float]:
    """When each of them began to talk with an agent."""
    events = [(one.at, n, one) for n, one in enumerate(everybody)]
    heapq.heapify(events)
    line: list[Person] = []
    kept: list[Person] = []
    began: dict[Person, float] = {}
    busy, n = 0, len(everybody)
    ended: set[int] = set()
    while events:
        now, number, person = heapq.heappop(events)
        if number in ended:
            busy -= 1
        elif with_callbacks and person.keeps and (busy >= AGENTS or line or kept):
            kept.append(person)
        else:
            line.append(person)
        starting = []
        if with_callbacks:
            places = [Place(one, one.score(now)) for one in kept]
            called = turns(places, [one.score(now) for one in line], AGENTS - busy)
            starting = [(one, RING) for one in called]
            kept = [one for one in kept if one not in called]
        free = AGENTS - busy - len(starting)
        line.sort(key=lambda one: -one.score(now))
        starting += [(one, 0.0) for one in line[:free]]
        line = line[free:] if free > 0 else line
        for one, ringing in starting:  # while it rings, the agent is reserved
            busy, n = busy + 1, n + 1
            began[one] = now + ringing
            ended.add(n)
            heapq.heappush(events, (began[one] + one.handling, n, one))
    assert len(began) == len(everybody) and busy == 0
    return began


@pytest.mark.parametrize("seed", range(5))
def test_keeping_a_place_costs_nobody_a_handling_time(seed: int) -> None:
    """Neither those who keep it, nor those on the line; of two equals, the first to come is served first."""
    everybody = people(seed)
    stayed, kept = lived(everybody, with_callbacks=False), lived(everybody, with_callbacks=True)
    waited = [one for one in everybody if stayed[one] > one.at]
    later = {one: kept[one] - stayed[one] for one in waited}
    assert len([one for one in waited if one.keeps]) > 50
    assert max(later.values()) <= HANDLING
    theirs = statistics.mean(later[one] for one in waited if one.keeps)
    others = statistics.mean(later[one] for one in waited if not one.keeps)
    assert abs(theirs - others - RING) < 30  # the ringing itself is all that they have more of
    for keeps in (True, False):
        alike = [one for one in everybody if one.keeps is keeps and not one.base_score]
        begun = [kept[one] for one in alike if kept[one] > one.at + RING]
        assert begun == sorted(begun)
