"""What is counted while a simulation runs, and what follows from it. Seconds are since it began."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SLICE = 900.0
"""Seconds of one column of the plots."""


@dataclass
class Slice:
    """A quarter of an hour."""

    dialled: int = 0
    live: int = 0
    abandoned: int = 0
    there: float = 0.0
    """Seconds of agents who were there, and of those: busy (talking or wrapping up)."""
    busy: float = 0.0

    @property
    def occupancy(self) -> float:
        """Busy of the time that agents were there; NaN if nobody was."""
        return self.busy / self.there if self.there else math.nan

    @property
    def abandon_rate(self) -> float:
        """Abandoned of live answers; NaN without one."""
        return self.abandoned / self.live if self.live else math.nan


@dataclass
class Figures:
    """Of one campaign in one run."""

    slices: dict[int, Slice] = field(default_factory=dict)
    live: list[float] = field(default_factory=list)
    abandoned: list[float] = field(default_factory=list)
    dialled: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    callers_waited: list[float] = field(default_factory=list)

    def at(self, moment: float) -> Slice:
        return self.slices.setdefault(int(moment // SLICE), Slice())

    def there(self, begin: float, end: float, agents: int) -> None:
        """So many agents are there from then until then."""
        for moment, seconds in _pieces(begin, end):
            self.at(moment).there += seconds * agents

    def busy(self, begin: float, end: float) -> None:
        """One agent is busy from then until then."""
        for moment, seconds in _pieces(begin, end):
            self.at(moment).busy += seconds

    @property
    def whole(self) -> Slice:
        """All slices as one."""
        every = self.slices.values()
        return Slice(
            dialled=sum(one.dialled for one in every),
            live=sum(one.live for one in every),
            abandoned=sum(one.abandoned for one in every),
            there=sum(one.there for one in every),
            busy=sum(one.busy for one in every),
        )


def _pieces(begin: float, end: float) -> Iterator[tuple[float, float]]:
    while begin < end:
        next_one = (begin // SLICE + 1) * SLICE
        yield begin, min(next_one, end) - begin
        begin = next_one


def worst_share(
    abandoned: Sequence[float], of: Sequence[float], *, window: float, days: Sequence[float]
) -> float:
    """The highest share of abandoned calls in any window of that length which ends with a call, and in any
    that follow each other from the first day: counted plainly. `days`: at which second each day begins.

    A window that ends with an abandoned call is the worst of those that end near it: only these are looked
    at.
    """
    worst, first_of, first_lost = 0.0, 0, 0
    answered = 0
    for lost, moment in enumerate(abandoned, 1):
        while answered < len(of) and of[answered] <= moment:
            answered += 1
        while first_of < answered and of[first_of] <= moment - window:
            first_of += 1
        while abandoned[first_lost] <= moment - window:
            first_lost += 1
        worst = max(worst, (lost - first_lost) / max(answered - first_of, 1))
    for begin in days:
        counted = sum(1 for one in of if begin <= one < begin + window)
        lost_then = sum(1 for one in abandoned if begin <= one < begin + window)
        if counted:
            worst = max(worst, lost_then / counted)
    return worst
