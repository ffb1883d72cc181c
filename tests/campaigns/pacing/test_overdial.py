"""The formula against hand-made values, and against plain enumeration."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.campaigns.pacing.overdial import Shortage, calls_to_begin


@pytest.mark.parametrize(
    ("answered", "share", "agents", "calls"),
    [
        (0.2, 0.03, (1, 2, 5, 10, 20, 50), (1, 3, 15, 37, 86, 237)),
        (0.2, 0.01, (1, 2, 5, 10, 20, 50), (1, 2, 12, 31, 76, 217)),
        (0.4, 0.03, (1, 2, 5, 10, 20, 50), (1, 2, 8, 20, 44, 121)),
    ],
)
def test_the_table_of_the_contact_rules(
    answered: float, share: float, agents: tuple[int, ...], calls: tuple[int, ...]
) -> None:
    """CONTACT_RULES.md gives these."""
    assert tuple(calls_to_begin(Shortage(n), answered, share, most=10_000) for n in agents) == calls


CHANCES = st.lists(st.sampled_from([0.05, 0.2, 0.5, 0.9, 1.0]), max_size=5)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(agents=st.integers(-2, 3), calls=CHANCES, soon=CHANCES, more=CHANCES)
def test_the_shortage_is_that_of_every_case_counted(
    agents: int, calls: list[float], soon: list[float], more: list[float]
) -> None:
    """Each combination of answers and free agents, weighed by its chance."""
    shortage = Shortage(agents, calls=calls, soon=soon)
    for one in more:
        shortage.call(one)
    answers, expected, likely = [*calls, *more], 0.0, 0.0
    for case in product((0, 1), repeat=len(answers) + len(soon)):
        chance = prod(p if yes else 1 - p for yes, p in zip(case, [*answers, *soon], strict=True))
        short = sum(case[: len(answers)]) - agents - sum(case[len(answers) :])
        expected += chance * max(short, 0)
        likely += chance * (short >= 0)
    assert shortage.expected == pytest.approx(expected, abs=1e-9)
    assert shortage.likely == pytest.approx(likely, abs=1e-9)
    assert shortage.answers == pytest.approx(sum(answers))


def test_what_rings_already_is_subtracted() -> None:
    """With half of the calls under way, the other half is begun."""
    assert calls_to_begin(Shortage(20, calls=[0.2] * 40), 0.2, 0.03, most=500) == 86 - 40
    assert calls_to_begin(Shortage(20, calls=[0.2] * 90), 0.2, 0.03, most=500) == 0
    assert calls_to_begin(Shortage(20), 0.2, 0.03, most=7) == 7


def test_an_agent_who_is_soon_free_counts_by_that_chance() -> None:
    """Surely free: one more; surely busy: none."""
    assert calls_to_begin(Shortage(19, soon=[1.0]), 0.2, 0.03, most=500) == 86
    assert calls_to_begin(Shortage(20, soon=[0.0] * 9), 0.2, 0.03, most=500) == 86
    between = calls_to_begin(Shortage(19, soon=[0.5]), 0.2, 0.03, most=500)
    assert calls_to_begin(Shortage(19), 0.2, 0.03, most=500) < between < 86
