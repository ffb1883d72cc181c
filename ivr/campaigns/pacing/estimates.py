"""What a pacer learns from what happened, and forgets again: how calls ring, and how long agents are busy."""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import deque
from itertools import accumulate
from operator import mul

LONGEST_RING = 90
"""Seconds; what rings longer counts as so long."""
_OVERFLOW = 1e100
_SECONDS = [second + 0.5 for second in range(LONGEST_RING + 1)]


class Ringing:
    """How calls end by the seconds that they have rung. Forgets exponentially: a call weighs 1/e after
    `memory` others have ended.

    Answers come sooner than the end of calls that nobody answers. So the chance is too high for some seconds
    after the first calls, and never too low while as many calls are begun as before.
    """

    def __init__(self, *, memory: float) -> None:
        """`memory`: in calls."""
        self._growth = math.exp(1 / memory)
        self._weight = 1.0
        """Of the next call: newer ones weigh more, so that older ones need not be touched."""
        self._answered = [0.0] * (LONGEST_RING + 1)
        self._all = [0.0] * (LONGEST_RING + 1)
        self._chances: list[float] | None = None
        self._until_answer: float | None = None
        self.ended = 0
        """How many calls were seen to end."""

    def end(self, seconds: float, *, live: bool) -> None:
        """A call ended its ringing: a person answered, or it ended in another way."""
        second = min(max(int(seconds), 0), LONGEST_RING)
        self._all[second] += self._weight
        if live:
            self._answered[second] += self._weight
        self._weight *= self._growth
        if self._weight > _OVERFLOW:
            self._answered = [one / self._weight for one in self._answered]
            self._all = [one / self._weight for one in self._all]
            self._weight = 1.0
        self._chances = None
        if live:
            self._until_answer = None
        self.ended += 1

    def answered(self, seconds: float = 0.0) -> float:
        """The chance that a call which has rung so long is answered by a person at last: as of those that
        rang as long at least."""
        if self._chances is None:
            answered, all_ = accumulate(reversed(self._answered)), accumulate(reversed(self._all))
            found = [a / b if b > 0 else 0.0 for a, b in zip(answered, all_, strict=True)]
            self._chances = found[::-1]
        return self._chances[min(max(int(seconds), 0), LONGEST_RING)]

    def until_answer(self) -> float:
        """Seconds that those rang who were answered, in the mean."""
        if self._until_answer is None:
            weight, weighed = sum(self._answered), map(mul, self._answered, _SECONDS)
            self._until_answer = sum(weighed) / weight if weight else 0.0
        return self._until_answer


class Durations:
    """The newest durations of one kind, in seconds: how long one that lasts already will go on."""

    def __init__(self, *, memory: int) -> None:
        """`memory`: how many are kept."""
        self._newest: deque[float] = deque()
        self._sorted: list[float] = []
        self._memory = memory

    def add(self, seconds: float) -> None:
        """One that is over."""
        if len(self._newest) == self._memory:
            gone = self._newest.popleft()
            del self._sorted[bisect_right(self._sorted, gone) - 1]
        self._newest.append(seconds)
        insort(self._sorted, seconds)

    def __len__(self) -> int:
        return len(self._sorted)

    def over_within(self, lasted: float, seconds: float) -> float:
        """The chance that one which has lasted so long is over within so many seconds more.

        Of those that lasted as long at least; as if one of them never ended, so that nothing is certain that
        was seen seldom.
        """
        shorter = bisect_right(self._sorted, lasted)
        over = bisect_right(self._sorted, lasted + seconds) - shorter
        return over / (len(self._sorted) - shorter + 1)
