"""A declared campaign with its newest sample, as a population: people, hours, rules; answers are modelled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from data.store import Store
from ivr.campaigns import cutting
from ivr.campaigns.simulation.lists import Callee
from ivr.campaigns.simulation.population import MOST_PEOPLE, Group, Population, Simulated
from ivr.config import Settings
from ivr.numbers import NotCalled, checked

Whom = Callable[[], list[Callee]]
"""New people for each run: a run writes into their ledger."""


def of_campaign(
    settings: Settings, store: Store, strategy: str, name: str, population: Population
) -> tuple[Population, Whom]:
    """The population with that campaign's hours and days, and the people of its newest sample, each at their
    likeliest number. Earlier contacts are not looked at. Raises `NoSuchCampaign`.
    """
    wanted = cutting.declared(settings, strategy, name)
    created = cutting.created(store, strategy, name)
    samples = store.campaigns.samples(created.id)
    if not samples:
        raise cutting.NoSuchCampaign(
            f"{name[:40]} has no sample yet", f"First ivr campaign sample {strategy} {name} NAME"[:120]
        )
    rows = store.campaigns.first_numbers(samples[0].id, most=MOST_PEOPLE)
    if not rows:
        raise cutting.NoSuchCampaign(
            f"Nobody is in the sample {samples[0].name}", "See why: ivr campaign report --left-out FILE"
        )
    campaign = wanted.campaign
    simulated = Simulated(
        name="campaign",
        purpose=campaign.purpose,
        actor=wanted.strategy.actor,
        agents=population.agents,
        caller_id=campaign.caller_ids[0] if campaign.caller_ids else None,
        attempts=campaign.attempts,
        retries={result: minutes[0] for result, minutes in campaign.retries.items() if minutes},
    )
    hours = campaign.hours or population.hours
    begins = next(day for day in _days_from(datetime.now(UTC).date()) if hours.get(day.weekday()))
    update = {
        "zone": settings.calls.zone,
        "begins": begins,
        "days": campaign.days,
        "hours": hours,
        "campaigns": (simulated,),
        "people": (Group(numbers=rows[0][2], count=1),),
    }
    return population.model_copy(update=update), lambda: _callees(rows)


def _days_from(first: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range(7))


def _callees(rows: list[tuple[str, str, str]]) -> list[Callee]:
    found = []
    for key, region, e164 in rows:
        try:
            found.append(Callee(key, checked(e164, region=None, countries=None), region))
        except NotCalled:
            continue
    return found
