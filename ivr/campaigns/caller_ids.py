"""Which numbers a campaign may show by the contact rules, before a sample is cut of whom nobody is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dialogs.errors import Problem
from dialogs.source import Source
from ivr.campaigns.contact_rules.deciding import caller_id_objects
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.strategies import CampaignFile, StrategyFile


def caller_id_mistakes(
    source: Source, found: StrategyFile, rulebook: Rulebook, on: date
) -> Iterator[Problem]:
    """Each number that may not be shown in a country of its campaign on that day, and each campaign that has
    none to show where one must be: every call of those would be held back."""
    for name, campaign in found.campaigns.items():
        here = ("campaigns", name)
        if not campaign.caller_ids:
            for told in _objections(found, campaign, None, rulebook, on):
                yield source.problem(here, f"{told}: add `caller_ids:` with a number of yours")
        for at, shown in enumerate(campaign.caller_ids):
            for told in _objections(found, campaign, shown, rulebook, on):
                yield source.problem((*here, "caller_ids", at), f"{told}: show another number of yours")


def _objections(
    found: StrategyFile, campaign: CampaignFile, shown: str | None, rulebook: Rulebook, on: date
) -> Iterator[str]:
    """Of each country, by the first rule that objects."""
    for country in campaign.countries:
        for rule in rulebook.holding(country, campaign.purpose, found.actor, "call", [on]):
            told = caller_id_objects(rule.caller_id, shown)
            if told is not None:
                yield f"no call to {country} goes out so ({rule.id}): {told}"
                break
