"""What people do when their telephone rings, drawn from a population."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Literal

from ivr.campaigns.simulation.population import Lasts, Population

End = Literal["live", "machine", "taken_for_live", "busy", "invalid", "no_answer"]
_SOON = 3.0
"""Seconds after which a busy or a wrong number is told."""
_LEAST_RING = 2.0


@dataclass(frozen=True)
class Fate:
    """How one call will end."""

    end: End
    after: float
    """Seconds from dialling until it is known: answered and greeted, or given up."""


class People:
    """Draws; the same seed and the same questions are the same answers."""

    def __init__(self, population: Population, seed: int) -> None:
        self._population = population
        self._dice = Random(seed)  # noqa: S311 -- nothing is kept secret by it

    def fate(self, minute: float, passed: float) -> Fate:
        """Of a call that is begun at that minute of the callee's day. `passed`: how much of the whole
        simulation is over, from 0 to 1.
        """
        population, dice = self._population, self._dice
        drift = 1 + (population.drift.live - 1) * passed
        rings, machines = population.rings, population.machines
        if dice.random() < population.live_at(minute) * drift:
            rung = min(_LEAST_RING + self._gamma(rings.mean, rings.spread), rings.longest - 0.5)
            return Fate("live", rung + population.greeting)
        kind = dice.random() - machines.share
        if kind < 0:
            known = dice.random() < machines.recognised
            after = min(machines.rings, rings.longest - 0.5) + population.greeting
            return Fate("machine" if known else "taken_for_live", after)
        if kind < population.busy:
            return Fate("busy", _SOON)
        if kind < population.busy + population.invalid:
            return Fate("invalid", _SOON)
        return Fate("no_answer", rings.longest)

    def talk(self, passed: float) -> float:
        """Seconds of a conversation."""
        return self._lasts(self._population.talk) * (1 + (self._population.drift.talk - 1) * passed)

    def wrap_up(self) -> float:
        """Seconds after it."""
        return self._lasts(self._population.wrap_up)

    def refuses(self) -> bool:
        """Whether somebody says that they are never to be called again."""
        return self._dice.random() < self._population.do_not_call

    def until_next_caller(self) -> float:
        """Seconds; callers come by chance (Poisson)."""
        return self._dice.expovariate(self._population.callers_per_hour / 3600)

    def _gamma(self, mean: float, spread: float) -> float:
        return self._dice.gammavariate((mean / spread) ** 2, spread**2 / mean)

    def _lasts(self, lasts: Lasts) -> float:
        variance = math.log(1 + (lasts.spread / lasts.mean) ** 2)
        return self._dice.lognormvariate(math.log(lasts.mean) - variance / 2, math.sqrt(variance))
