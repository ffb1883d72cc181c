"""Agents of several queues are counted once, whoever is first."""

from __future__ import annotations

import pytest

from ivr.campaigns.pacing.pacer import Standing, one_each
from ivr.campaigns.pacing.sharing import Arriving, Demand, Part, left_to_others, standing_of


def named(begin: int, end: int) -> frozenset[str]:
    return frozenset(str(n) for n in range(begin, end))


@pytest.mark.parametrize(
    ("there", "free"),
    [
        (Demand(free=5, agents=named(10, 15), ringing=9, waiting=2, callers=4), 5),  # nobody in common
        (Demand(free=5, agents=named(0, 5)), 5),
        (Demand(free=5, agents=named(0, 5), ringing=2), 3),
        (Demand(free=5, agents=named(0, 5), ringing=2, waiting=2), 1),
        (Demand(free=5, agents=named(0, 5), ringing=9), 0),
        (Demand(free=5, agents=named(0, 5), callers=1), 0),  # who calls comes first
        (Demand(free=5, agents=named(3, 8), ringing=9), 3),  # two in common
        (Demand(free=5, agents=named(3, 8), ringing=1, callers=9), 3),
    ],
)
def test_how_many_are_left(there: Demand, free: int) -> None:
    """Of five free agents, after what another queue has begun."""
    demands = {"ours": Demand(free=5, agents=named(0, 5)), "theirs": there}
    assert one_each(standing_of("ours", demands, mine=0)) == free


def test_alone_it_is_what_was_counted() -> None:
    """And of the calls that ring, some are another campaign's of the same queue."""
    alone = {"ours": Demand(free=4, agents=named(0, 9), ringing=3, waiting=1, callers=2)}
    assert standing_of("ours", alone, mine=1) == Standing(
        free_agents=4, ringing=3, of_others=2, waiting=1, callers_waiting=2
    )


def test_a_part_of_the_callers_comes_to_us() -> None:
    """Of ten callers of a queue of five agents, two of whom are ours, four; one by one, too."""
    here, there = Demand(free=0, agents=named(0, 2)), Demand(free=0, agents=named(0, 5))
    assert Arriving().come("way", 10, here, there) == 4
    arriving = Arriving()
    assert sum(arriving.come("way", 1, here, there) for _ in range(10)) == 4
    assert Arriving().come("way", 10, here, Demand(free=0, agents=frozenset())) == 0


TEN = named(0, 10)


@pytest.mark.parametrize(
    ("mine", "others", "left"),
    [
        (Part(TEN, 9), [Part(TEN, 1)], 4),  # its part is five
        (Part(TEN, 9), [Part(TEN, 2)], 3),
        (Part(TEN, 7), [Part(TEN, 3)], None),  # more than half of its part: chance
        (Part(TEN, 5), [Part(TEN, 0)], None),  # we have not more than ours
        (Part(TEN, 9), [Part(TEN, 0, wants=False)], None),  # nobody to call
        (Part(TEN, 9), [Part(named(10, 20), 0)], None),  # nobody in common
        (Part(TEN, 6), [Part(TEN, 1), Part(TEN, 3)], 3),  # a third each
        (Part(TEN, 6), [Part(TEN, 1), Part(TEN, 0, wants=False)], 4),
        (Part(TEN, 9), [Part(named(8, 12), 1)], None),  # it has two of its own, and half of two
        (Part(TEN, 9), [Part(named(8, 12), 0)], None),  # our part is nine
        (Part(TEN, 10), [Part(named(8, 12), 0)], 3),
        (Part(named(0, 1), 1), [Part(named(0, 1), 0)], 1),  # one agent for two: in turn
    ],
)
def test_who_starves_has_the_next_agents(mine: Part, others: list[Part], left: int | None) -> None:
    """So many agents, as they come free, are left to the others."""
    assert left_to_others(mine, others) == left
