"""Agents who take callers and a campaign's calls: callers first."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean
from zoneinfo import ZoneInfo

from ivr.campaigns.pacing.abandons import HOUSE, Abandons
from ivr.campaigns.pacing.blended import Blended
from ivr.campaigns.pacing.events import Event
from ivr.campaigns.pacing.pacer import Pacer
from ivr.campaigns.pacing.predictive import Predictive
from ivr.campaigns.simulation.figures import Figures
from ivr.campaigns.simulation.floor import Floor, Seats
from ivr.campaigns.simulation.lists import Endless
from ivr.campaigns.simulation.people import People
from ivr.campaigns.simulation.population import Population
from ivr.campaigns.simulation.virtual_time import VirtualTime


class _Deaf:
    """A mode that is told of no caller: what blending is compared with."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer

    def observe(self, event: Event) -> None:
        self._pacer.observe(event)

    def to_dial(self, now, standing):
        return self._pacer.to_dial(now, replace(standing, callers_waiting=0))


def played(pacer: Pacer) -> Figures:
    population = Population.model_validate(
        {
            "hours": {"mon-sun": "09:00-11:00"},
            "agents": 15,
            "live": 0.3,
            "talk": {"mean": 120, "spread": 60},
            "wrap_up": {"mean": 15, "spread": 5},
            "callers_per_hour": 150,
        }
    )
    time, people = VirtualTime(), People(population, 3)
    floor = Floor(
        population,
        seats=Seats(15),
        pacer=pacer,
        abandons=Abandons(HOUSE, zone=ZoneInfo("UTC")),
        calls=Endless(),
        people=people,
        time=time,
    )
    time.pass_all()
    return floor.figures


def waited(figures: Figures) -> float:
    """The share of callers who had to wait at all."""
    return mean(seconds > 0 for seconds in figures.callers_waited)


def test_callers_wait_less_and_the_campaign_goes_on() -> None:
    """One of ten callers waits at most, more do where the campaign is deaf to them; and calls are made."""
    blended, deaf = played(Blended(Predictive(HOUSE))), played(_Deaf(Predictive(HOUSE)))
    print(waited(blended), waited(deaf), mean(blended.callers_waited), mean(deaf.callers_waited))
    print(blended.whole, deaf.whole)
    assert len(blended.callers_waited) > 200
    assert waited(blended) <= 0.1 < waited(deaf)
    assert blended.whole.dialled > 200
    assert blended.whole.occupancy > 0.5
