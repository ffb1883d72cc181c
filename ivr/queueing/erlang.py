"""Waiting in a queue, computed. All times in seconds; `load` is in erlangs (arrivals per second × handling).

Sources:
- A. K. Erlang, 1917 (B and C): L. Kleinrock, Queueing Systems I, 1975, 3.4 and 3.7; the recursion for B is
  that of R. B. Cooper, Introduction to Queueing Theory, 1981, p. 81.
- Wait of somebody with so many ahead: W. Whitt, "Predicting Queueing Delays", Management Science 45(6), 1999;
  with patience, the stages of Erlang A: O. Garnett, A. Mandelbaum, M. Reiman, "Designing a Call Center with
  Impatient Customers", 2002.
- Quantiles of a gamma distribution: E. B. Wilson, M. M. Hilferty, 1931.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


def blocked(load: float, agents: int) -> float:
    """Erlang B: the share of calls that find all agents busy, where nobody waits."""
    share = 1.0
    for agent in range(1, agents + 1):
        share = load * share / (agent + load * share)
    return share


def waits(load: float, agents: int) -> float:
    """Erlang C: the share of calls that wait. 1 where more comes than can be handled."""
    if agents <= 0 or load >= agents:
        return 1.0
    share = blocked(load, agents)
    return share / (1 - load / agents * (1 - share))


def mean_wait(load: float, agents: int, handling: float) -> float:
    """Seconds that a call waits, all calls counted; infinite where more comes than can be handled."""
    if load >= agents:
        return math.inf
    return waits(load, agents) * handling / (agents - load)


def answered_within(seconds: float, load: float, agents: int, handling: float) -> float:
    """The service level: the share of calls that wait at most so long."""
    if load >= agents:
        return 0.0
    return 1 - waits(load, agents) * math.exp(-(agents - load) * seconds / handling)


def people_needed(load: float, handling: float, *, answered: float, within: float) -> int:
    """The fewest agents with whom that share is answered within so many seconds (Erlang C).

    Nobody is assumed to hang up, so it is on the safe side. Raises `ValueError` for a share that no number of
    agents reaches.
    """
    if not 0 <= answered < 1:
        raise ValueError(f"a share of {answered} cannot be promised: below 1")
    agents = max(math.floor(load) + 1, 1)
    while answered_within(within, load, agents, handling) < answered:
        agents += 1
    return agents


@dataclass(frozen=True)
class Wait:
    """A wait that is foretold, as a gamma distribution."""

    mean: float
    variance: float

    def at(self, share: float) -> float:
        """The seconds that this share of such waits does not exceed."""
        if self.mean <= 0 or self.variance <= 0:
            return self.mean
        shape = self.mean * self.mean / self.variance
        normal = NormalDist().inv_cdf(share)
        cube = 1 - 1 / (9 * shape) + normal / (3 * math.sqrt(shape))
        return self.mean * max(cube, 0.0) ** 3

    def times(self, factor: float) -> Wait:
        return Wait(self.mean * factor, self.variance * factor * factor)


NO_WAIT = Wait(0.0, 0.0)


def with_ahead(ahead: int, agents: int, handling: float, *, patience: float = math.inf) -> Wait:
    """The wait of somebody with so many ahead while all `agents` talk.

    As many talks must end as are ahead, and one more; with k still ahead, one ends or one of them hangs up
    every 1 / (agents / handling + k / patience) seconds: stages that vary as exponential times do.
    """
    if agents <= 0:
        return Wait(math.inf, math.inf)
    stages = [1 / (agents / handling + k / patience) for k in range(ahead + 1)]
    return Wait(sum(stages), sum(stage * stage for stage in stages))
