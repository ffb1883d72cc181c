"""What the contact rules forbid of how a campaign calls, told before a sample is cut: the numbers that it
shows, how long it lets telephones ring, and that whoever is called can have a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from dialogs.errors import Problem
from dialogs.source import Source
from ivr.campaigns.contact_rules.deciding import caller_id_objects
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Rule
from ivr.campaigns.strategies import CampaignFile, StrategyFile

Lacking = Callable[[str], Collection[str]]
"""Those, of a flow and what it uses, in which nobody can have a person in the same call."""


def against_rules(
    source: Source, found: StrategyFile, rulebook: Rulebook, lacking: Lacking, on: date
) -> Iterator[Problem]:
    """By the rules of that day: each number that may not be shown in a country of its campaign, each campaign
    that has none to show where one must be (every call of those would be held back), and what is `unkept`."""
    for name, campaign in found.campaigns.items():
        here, rules = ("campaigns", name), _rules(found, campaign, rulebook, [on])
        if not campaign.caller_ids:
            for told in _shown_wrongly(rules, None):
                yield source.problem(here, f"{told}: add `caller_ids:` with a number of yours")
        for at, shown in enumerate(campaign.caller_ids):
            for told in _shown_wrongly(rules, shown):
                yield source.problem((*here, "caller_ids", at), f"{told}: show another number of yours")
    yield from unkept(source, found, rulebook, lacking, [on])


def unkept(
    source: Source, found: StrategyFile, rulebook: Rulebook, lacking: Lacking, days: Sequence[date]
) -> Iterator[Problem]:
    """What a rule that holds on any of these days demands of each call, and no call of a campaign would keep:
    a telephone that rings long enough, and a flow in which a person can be had."""
    for name, campaign in found.campaigns.items():
        here, rules = ("campaigns", name), _rules(found, campaign, rulebook, days)
        wanted = [(rule.min_ring_s, rule.id) for _country, rule in rules if rule.min_ring_s is not None]
        least, rule_id = max(wanted, default=(0, ""))
        if campaign.ring < least:
            yield source.problem(
                (*here, "ring"),
                f"{rule_id} lets a telephone ring for {least} s at least: write `ring: {least}` or more",
            )
        people = sorted({rule.id for _country, rule in rules if rule.human_option == "required"})
        for flow in lacking(campaign.flow) if people else ():
            of = "" if flow == campaign.flow else ", which it uses,"
            yield source.problem(
                (*here, "flow"),
                f"{people[0]} wants a person within reach of whoever is called, and `{flow}`{of} has none:"
                " lead its `person` to a queue or a transfer, or have it hand over",
            )


def _rules(
    found: StrategyFile, campaign: CampaignFile, rulebook: Rulebook, days: Sequence[date]
) -> list[tuple[str, Rule]]:
    """Those that hold for its calls on any of these days, country by country."""
    return [
        (country, rule)
        for country in campaign.countries
        for day in days
        for rule in rulebook.holding(country, campaign.purpose, found.actor, "call", [day])
    ]


def _shown_wrongly(rules: list[tuple[str, Rule]], shown: str | None) -> Iterator[str]:
    """Of each country, by the first rule that objects."""
    told: dict[str, str] = {}
    for country, rule in rules:
        why = caller_id_objects(rule.caller_id, shown)
        if why is not None:
            told.setdefault(country, f"no call to {country} goes out so ({rule.id}): {why}")
    yield from told.values()
