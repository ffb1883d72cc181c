"""What predictive pacing must show: a cap that holds in every window, and agents who talk more."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from dialogs.calendars import Hours
from dialogs.errors import FlowsInvalid
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.simulation.population import SHIPPED, Population, read_population
from ivr.campaigns.simulation.running import Outcome, Played, simulate

CAP = 0.03
DAY = 86_400.0


def played(population: Population, seeds: int) -> Outcome:
    return simulate(population, seeds=range(seeds), rulebook=presets(), done=lambda _runs: None)


def shares(one: Played) -> list[float]:
    """The share in the day that ends with each call, counted by hand; in a simulation of one day from its
    beginning on, this is also that of the day itself."""
    moments = sorted([(at, 0) for at in one.figures.live] + [(at, 1) for at in one.figures.abandoned])
    assert moments[-1][0] < DAY, "one day: every window reaches back to its beginning"
    live = lost = 0
    found = []
    for (_, abandoned), (after, _) in pairwise([*moments, (DAY, 0)]):
        lost, live = lost + abandoned, live + 1 - abandoned
        if after:
            found.append(lost / live)
    return found


def judged(outcome: Outcome) -> str:
    worst = {
        "abandoned, worst window": max(max(shares(one)) for one in outcome.of("predictive")),
        "gain of the worst seed": outcome.gain(outcome.worst_seed),
        "occupancy": outcome.occupancy("predictive"),
        "occupancy, progressive": outcome.occupancy("progressive"),
    }
    return json.dumps(worst)


def assert_shown(outcome: Outcome) -> None:
    print(judged(outcome))
    for one in outcome.of("predictive"):
        assert max(shares(one)) <= CAP
        assert one.abandon_rate_max == pytest.approx(max(shares(one)))
        assert one.figures.abandoned, "who never risks anything proves nothing"
    assert outcome.gain(outcome.worst_seed) >= 0.10
    assert outcome.rule_violations == 0


def test_two_short_days() -> None:
    """20 agents, 0.2 → 0.4 → 0.1 within three hours, two seeds: a sample of the long proof."""
    whole = read_population(SHIPPED / "twenty.yaml")
    hours = dict.fromkeys(range(7), (Hours(9 * 60, 12 * 60),))
    short = whole.model_copy(update={"hours": hours, "live": {540: 0.2, 630: 0.4, 720: 0.1}})
    assert_shown(played(short, 2))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "live",
    [
        {540: 0.2, 900: 0.4, 1260: 0.1},
        {540: 0.2, 780: 0.2, 781: 0.4, 1020: 0.4, 1021: 0.1, 1260: 0.1},
    ],
    ids=["drifting", "in steps"],
)
def test_twenty_seeds(live: dict[int, float]) -> None:
    """A day of twelve hours; the worst seed is told."""
    assert_shown(played(read_population(SHIPPED / "twenty.yaml").model_copy(update={"live": live}), 20))


WRONG = """\
begins: 2026-11-29
hours: {mon-sun: 09:00-12:00}
live: 0.3
talk: {mean: 120, spread: 80}
wrap_up: {mean: 25, spread: 10}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("mean: 120", "meen: 120", "4:8: unknown key `meen`: did you mean `mean`?"),
        ("live: 0.3", "live: 1.3", "3:1: `live: 1.3` is out of range"),
        ("live: 0.3", 'live: {"9am": 0.3}', "`9am` is no time of the day: write it as 09:00"),
        ("live: 0.3\n", "", "`live` is missing"),
        ("live: 0.3", "live: 0.3\nzone: Madrid", "`Madrid` is no time zone: write it as Europe/Madrid"),
        ("live: 0.3", "live: 0.3\npeople: [{numbers: '+3460011####', count: 5}]", "belong together"),
        ("mon-sun", "mon-fri", "nobody is there on these days"),
        ("live: 0.3", "live: 0.3\nbusy: 0.6\ninvalid: 0.6", "are more than all: lower one of them"),
    ],
)
def test_a_population_with_a_mistake(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Where it is, and what to do."""
    file = tmp_path / "people.yaml"
    file.write_text(WRONG)
    assert read_population(file).agents == 20
    file.write_text(WRONG.replace(old, new))
    with pytest.raises(FlowsInvalid) as found:
        read_population(file)
    assert any(told in str(one) for one in found.value.problems), [str(one) for one in found.value.problems]
