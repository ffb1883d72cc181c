"""What the contact rules forbid of how a campaign calls, told before a sample is cut: the numbers that it
shows, and how long it lets telephones ring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dialogs.errors import Problem
from dialogs.source import Source
from ivr.campaigns.contact_rules.deciding import caller_id_objects
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Rule
from ivr.campaigns.strategies import CampaignFile, StrategyFile


def against_rules(source: Source, found: StrategyFile, rulebook: Rulebook, on: date) -> Iterator[Problem]:
    """By the rules of that day: each number that may not be shown in a country of its campaign, each campaign
    that has none to show where one must be (every call of those would be held back), and each that gives
    people less time to answer than a rule demands."""
    for name, campaign in found.campaigns.items():
        here, rules = ("campaigns", name), _rules(found, campaign, rulebook, on)
        if not campaign.caller_ids:
            for told in _shown_wrongly(rules, None):
                yield source.problem(here, f"{told}: add `caller_ids:` with a number of yours")
        for at, shown in enumerate(campaign.caller_ids):
            for told in _shown_wrongly(rules, shown):
                yield source.problem((*here, "caller_ids", at), f"{told}: show another number of yours")
        wanted = [(rule.min_ring_s, rule.id) for _country, rule in rules if rule.min_ring_s is not None]
        least, rule_id = max(wanted, default=(0, ""))
        if campaign.ring < least:
            yield source.problem(
                (*here, "ring"),
                f"{rule_id} lets a telephone ring for {least} s at least: write `ring: {least}` or more",
            )


def _rules(
    found: StrategyFile, campaign: CampaignFile, rulebook: Rulebook, on: date
) -> list[tuple[str, Rule]]:
    """Those that hold for its calls, country by country."""
    return [
        (country, rule)
        for country in campaign.countries
        for rule in rulebook.holding(country, campaign.purpose, found.actor, "call", [on])
    ]


def _shown_wrongly(rules: list[tuple[str, Rule]], shown: str | None) -> Iterator[str]:
    """Of each country, by the first rule that objects."""
    told: dict[str, str] = {}
    for country, rule in rules:
        why = caller_id_objects(rule.caller_id, shown)
        if why is not None:
            told.setdefault(country, f"no call to {country} goes out so ({rule.id}): {why}")
    yield from told.values()
