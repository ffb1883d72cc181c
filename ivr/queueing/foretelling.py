"""How long somebody will wait: a queue's theory, corrected by what the day shows.

Rules:
1. What is told is a range in which most such waits end, never a number; what cannot be told is not told.
2. The handling time begins as declared and moves to what was measured: as if the declared one had been seen
   `DECLARED_COUNTS` times.
3. Theory errs in the same direction for a while (agents who log in late, a wave of hard calls): the ratio of
   real to foretold waits corrects it, forgets in `FORGETS` seconds, and is bounded, so that one odd call
   cannot make fools of us.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from esl.call_centre import AgentRow
from ivr.queueing.erlang import NO_WAIT, Wait, with_ahead

DECLARED_COUNTS = 20.0
RECENT = 200.0
"""Talks that what was measured counts as, at most: the declared time never quite loses its say."""
PATIENCE = 900.0
"""Seconds after which somebody hangs up, on average; the day's corrections do the rest."""
FORGETS = 1800.0
"""Seconds."""
LEARNS = 0.05
"""Weight of one wait in the correction."""
BOUNDS = (0.5, 2.0)
SHORTEST = 15.0
"""Seconds: shorter waits teach nothing, ringing and chance are most of them."""
LIKELY = (0.2, 0.8)
"""The range that is told: one in five waits is shorter, one in five longer."""


@dataclass(frozen=True)
class Foretold:
    """A wait: by theory alone, and as it is told."""

    theory: Wait
    wait: Wait


@dataclass
class Foreteller:
    """One queue's."""

    declared: float
    """Seconds of handling, until the day has shown them."""
    patience: float = PATIENCE
    _talks: float = 0.0
    _seconds: float = 0.0
    _lean: float = 0.0
    """The correction's logarithm."""
    _leaned_at: float = field(default=0.0)

    @property
    def handling(self) -> float:
        """Seconds that a talk takes an agent, wrap-up included."""
        return (self.declared * DECLARED_COUNTS + self._seconds) / (DECLARED_COUNTS + self._talks)

    def count(self, agents: Iterable[AgentRow]) -> None:
        """What the switch has counted of their talks since they came, with the time after each."""
        agents = tuple(agents)
        talks = sum(one.calls_answered for one in agents)
        seconds = sum(one.talk_time + one.calls_answered * one.wrap_up for one in agents)
        if talks and seconds > 0:
            self.measured(talks, float(seconds))

    def measured(self, talks: int, seconds: float) -> None:
        """So many talks today, and their seconds, wrap-up included; nothing is told of single ones."""
        share = min(1.0, RECENT / talks) if talks else 0.0
        self._talks, self._seconds = talks * share, seconds * share

    def foretell(self, ahead: int, agents: int, free: int, *, now: float) -> Foretold:
        """The wait of somebody who has so many ahead; `agents` are logged in, of whom `free` are free."""
        if free > ahead:
            return Foretold(NO_WAIT, NO_WAIT)
        theory = with_ahead(ahead - free, agents, self.handling, patience=self.patience)
        return Foretold(theory, theory.times(self.correction(now)))

    def correction(self, now: float) -> float:
        """What theory is multiplied by."""
        faded = self._lean * math.exp(-max(now - self._leaned_at, 0.0) / FORGETS)
        return min(max(math.exp(faded), BOUNDS[0]), BOUNDS[1])

    def waited(self, foretold: Foretold, seconds: float, *, now: float) -> None:
        """Somebody was answered after `seconds`.

        Theory is compared, and not what was told: a wait is known only when it is over, and a correction that
        corrects what was corrected already swings ever wider (tests/queueing/test_waits.py).
        """
        theory = foretold.theory.mean
        if theory < SHORTEST or seconds < SHORTEST or not math.isfinite(theory):
            return
        before = math.log(self.correction(now))
        self._lean = before + LEARNS * (math.log(seconds / theory) - before)
        self._leaned_at = now


def likely(wait: Wait) -> tuple[float, float] | None:
    """The range that may be told, in seconds; `None`: it cannot be told."""
    if not math.isfinite(wait.mean):
        return None
    return wait.at(LIKELY[0]), wait.at(LIKELY[1])


def ahead_of(score: float, others: Sequence[float]) -> int:
    """How many of the others come before somebody with that score."""
    return sum(other >= score for other in others)
