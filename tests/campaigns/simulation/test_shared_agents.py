"""Two campaigns on the same agents: neither loses more people than its cap allows."""

from __future__ import annotations

import pytest

from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.pacing.sharing import standing_of
from ivr.campaigns.simulation import floor
from ivr.campaigns.simulation.population import Population
from ivr.campaigns.simulation.running import Played, play

POPULATION = Population.model_validate(
    {
        "begins": "2026-11-23",
        "hours": {"mon": "10:00-12:00"},
        "live": 0.3,
        "talk": {"mean": 90, "spread": 40},
        "wrap_up": {"mean": 10, "spread": 5},
        "people": [{"numbers": "+3460011####", "region": "ES-MD", "count": 4000}],
        "campaigns": [
            {"name": "first", "purpose": "service", "agents": 12},
            {"name": "second", "purpose": "service", "agents_of": "first"},
        ],
    }
)


def played() -> list[Played]:
    return play(POPULATION, mode="predictive", seed=7, rulebook=presets())


def test_the_cap_holds_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each free agent is counted once, and both campaigns go on; counted in both, the cap is broken."""
    first, second = played()
    assert all(one.abandon_rate_max <= one.cap.share for one in (first, second))
    assert first.figures.live and second.figures.live, "whoever is first has the agents, and not all of them"
    busy = first.figures.whole.busy + second.figures.whole.busy
    assert 0.6 < busy / first.figures.whole.there <= 1
    assert second.figures.whole.there == 0, "their time is counted once"

    def alone(queue, demands, *, mine):
        return standing_of(queue, {queue: demands[queue]}, mine=mine)

    monkeypatch.setattr(floor, "standing_of", alone)
    monkeypatch.setattr(floor, "borne", lambda *_: 10_000)
    assert any(one.abandon_rate_max > one.cap.share for one in played())


def test_neither_starves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a quarter of the conversations at least, and the agents talk as much as without that; else
    whoever has learned first keeps the agents, and the other never learns."""

    def shares() -> tuple[float, float]:
        found = played()
        live = [len(one.figures.live) for one in found]
        busy = sum(one.figures.whole.busy for one in found) / found[0].figures.whole.there
        return min(live) / sum(live), busy

    least, busy = shares()
    monkeypatch.setattr(floor, "left_to_others", lambda *_: None)
    least_before, busy_before = shares()
    print(f"least: {least:.2f} (without {least_before:.2f}); busy {busy:.3f} ({busy_before:.3f})")
    assert least > 0.25 > 2 * least_before
    assert busy > busy_before - 0.05


def test_agents_are_shared_with_a_campaign_that_has_some() -> None:
    """Not with itself, nor with one that shares somebody's."""
    for wrong in ("second", "nobody"):
        campaigns = [one.model_dump(exclude_none=True) for one in POPULATION.campaigns]
        campaigns[1]["agents_of"] = wrong
        with pytest.raises(ValueError, match="is no campaign above that has agents"):
            Population.model_validate(
                {
                    **POPULATION.model_dump(mode="json", exclude={"hours", "live"}),
                    "hours": {"mon": "10:00-12:00"},
                    "live": 0.3,
                    "campaigns": campaigns,
                }
            )
