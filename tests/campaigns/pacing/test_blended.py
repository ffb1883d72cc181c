"""Inbound callers come first."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from ivr.campaigns.pacing.blended import Arrivals, Blended, enough_for
from ivr.campaigns.pacing.events import CallerArrived
from ivr.campaigns.pacing.pacer import Progressive, Standing

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_agents_are_kept_for_callers_who_will_come() -> None:
    """A caller each 10 s: in the 15 s of a call's ringing 1.5 are expected, and 3 agents kept."""
    pacer = Blended(Progressive())
    for n in range(360):
        pacer.observe(CallerArrived(at=NOW + timedelta(seconds=10 * n)))
    hour_later = NOW + timedelta(hours=1)
    assert pacer.to_dial(hour_later, Standing(free_agents=10, ringing=0)) == 7
    assert pacer.to_dial(hour_later, Standing(free_agents=2, ringing=0)) == 0
    assert pacer.to_dial(hour_later, Standing(free_agents=10, ringing=0, callers_waiting=1)) == 0
    assert pacer.to_dial(hour_later + timedelta(hours=2), Standing(free_agents=10, ringing=0)) == 10


@pytest.mark.parametrize(("every", "hours"), [(10, 1), (60, 1), (10, 0.05)])
def test_the_rate_is_that_of_late(every: int, hours: float) -> None:
    """Also in the first minutes."""
    arrivals, second = Arrivals(), 0.0
    while second < hours * 3600:
        arrivals.arrived(second)
        second += every
    assert arrivals.rate(hours * 3600) == pytest.approx(1 / every, rel=0.1)


@pytest.mark.parametrize("expected", [0.0, 0.05, 0.5, 1.5, 4.0, 12.0])
def test_enough_is_enough_and_not_more(expected: float) -> None:
    """By the Poisson distribution, summed plainly."""

    def at_most(n: int) -> float:
        return sum(math.exp(-expected) * expected**k / math.factorial(k) for k in range(n + 1))

    kept = enough_for(expected)
    assert at_most(kept) >= 0.9
    assert kept == 0 or at_most(kept - 1) < 0.9
