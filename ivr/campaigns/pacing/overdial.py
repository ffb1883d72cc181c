"""How many calls to begin for agents who are free or soon free.

The formula: with F agents free by then and X answers, begin as many calls as keep E[(X − F)⁺] / E[X] at most
the share that may be abandoned. X and F are sums of independent yes-or-no questions (each call: answered?
each talk: over by then?), so X − F has a Poisson-binomial distribution, moved; it is computed exactly, since
teams are small and a normal approximation is poor there. Where all calls are alike and F is certain, X is
binomial.

Source: Y. Hong, "On computing the distribution function for the Poisson binomial distribution", Computational
Statistics & Data Analysis 59, 2013 (the discrete Fourier transform of its characteristic function).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


class Shortage:
    """The distribution of answers less agents."""

    def __init__(self, agents: int, *, calls: Sequence[float] = (), soon: Sequence[float] = ()) -> None:
        """`agents`: who are free for certain. `calls`: the chance of each that it is answered. `soon`: the
        chance of each busy agent to be free by then.
        """
        self.answers = float(sum(calls))
        """How many answers are expected."""
        self.at_least = self.answers - agents - sum(soon)
        """E[X − F], which E[(X − F)⁺] is never below; cheap."""
        self._agents, self._calls, self._soon = agents, calls, soon
        self._computed: NDArray[np.float64] | None = None
        self._lowest = -agents - len(soon)

    @property
    def _chances(self) -> NDArray[np.float64]:
        """From `_lowest` upwards. An agent who stays busy is as one answer more."""
        if self._computed is None:
            self._computed = _sum_of([*self._calls, *(1 - free for free in self._soon)])
        return self._computed

    def call(self, answered: float) -> None:
        """One call more, which is answered with that chance."""
        more = np.append(self._chances * (1 - answered), 0.0)
        more[1:] += self._chances * answered
        self._computed = more
        self.answers += answered
        self.at_least += answered

    @property
    def expected(self) -> float:
        """Answers for which there is no agent: E[(X − F)⁺]."""
        beyond = self._chances[max(0, 1 - self._lowest) :]
        return float(np.dot(beyond, np.arange(len(beyond)) + max(1, self._lowest)))

    @property
    def likely(self) -> float:
        """P(X ≥ F): the chance that one answer more finds no agent."""
        return float(self._chances[max(0, -self._lowest) :].sum())


def _sum_of(chances: Sequence[float]) -> NDArray[np.float64]:
    """How many of these independent questions are answered with yes: the chance of 0, 1, … all."""
    if not chances:
        return np.ones(1)
    yes = np.asarray(chances)[:, np.newaxis]
    found = np.fft.fft(np.prod(1 - yes + yes * _circle(len(chances) + 1), axis=0)).real
    return np.maximum(found / len(found), 0.0)


@lru_cache(maxsize=1024)
def _circle(points: int) -> NDArray[np.complex128]:
    found: NDArray[np.complex128] = np.exp(2j * np.pi * np.arange(points) / points)
    return found


def calls_to_begin(shortage: Shortage, answered: float, share: float, *, most: int) -> int:
    """The largest number of calls, of which each is answered with that chance, that keeps to the share.

    `shortage`: what is under way already; it is used up. `most`: never more than so many.
    """
    if shortage.at_least + answered > share * (shortage.answers + answered):
        return 0
    expected = shortage.expected
    for n in range(most):
        # One call more: E[(X + 1 − F)⁺] − E[(X − F)⁺] is P(X ≥ F), if it is answered.
        expected += answered * shortage.likely
        if expected > share * (shortage.answers + answered):
            return n
        shortage.call(answered)
    return most
