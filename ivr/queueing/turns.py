"""Whose turn it is: callers on the line and callers who keep their place, in one order. Pure.

Rules:
1. The order is mod_callcenter's: seconds since they came, plus the base score. Whoever keeps their place is a
   virtual member of the queue, with the score that they would have if they had stayed.
2. A callback is begun only while it is among the first so many as there are agents for: nobody on the line is
   overtaken by somebody who came later, and nobody who keeps their place by somebody on the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

RINGS = 12.0
"""Seconds from the order to dial until somebody who answers wants to be put through, most of the time."""
HOLDS = 20.0
"""Seconds that somebody who is rung before an agent is free may wait for one, on average."""


@dataclass(frozen=True)
class Place(Generic[T]):
    """Somebody who keeps their place."""

    who: T
    score: float


def turns(kept: Sequence[Place[T]], on_the_line: Sequence[float], agents: int) -> list[T]:
    """Who of those that keep their place are to be called now.

    `on_the_line`: the scores of those who wait on the line. `agents`: how many can take somebody now. At
    equal scores the one on the line goes first: they hear the music.
    """
    chosen: list[T] = []
    lined = sorted(on_the_line, reverse=True)
    ahead = 0
    for place in sorted(kept, key=lambda one: -one.score):
        while ahead < len(lined) and lined[ahead] >= place.score:
            ahead += 1
        if ahead + len(chosen) >= agents:
            break
        chosen.append(place.who)
    return chosen


def given_in(ahead: int, ready: Sequence[float]) -> float:
    """In how many seconds somebody with so many ahead of them is given an agent, if nobody else comes;
    infinite: nobody knows. `ready`: in how many seconds each agent takes calls of whom that is known."""
    in_order = sorted(ready)
    return in_order[ahead] if ahead < len(in_order) else math.inf


def callable_now(free: int, busy: int, *, waiting: bool, ring: float, handling: float) -> int:
    """For how many agents somebody may be rung now, before an agent is reserved for them (seconds).

    `waiting`: whether others hold the line. Then somebody is rung in any case for the next agent: whoever is
    rung only once an agent is free sees that agent go to those who hold the line, each time anew.
    """
    soon = soon_free(busy, ring=ring + HOLDS, handling=handling)
    return free + max(soon, 1 if waiting and busy else 0)


def soon_free(busy: int, *, ring: float, handling: float) -> int:
    """How many of `busy` agents are free by the time that a telephone is answered, rounded down: of talks
    that end at any moment alike, `busy · ring / handling` end in `ring` seconds (a Poisson process's mean).

    All in seconds. Rounded down, so that a customer who is rung first hardly ever waits for an agent.
    """
    return 0 if handling <= 0 else min(busy, math.floor(busy * ring / handling))
