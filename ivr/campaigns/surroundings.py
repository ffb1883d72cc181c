"""What strategies may name beside their own file: flows with their outcomes, queues, webhooks.

`ivr campaign check` reads all of it. A flow that cannot be read has no outcomes that are known: its mistakes
are `ivr check`'s to tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from dialogs.check_landings import without_a_person
from dialogs.errors import FlowsInvalid, Problem
from dialogs.flow import OUTCOMES_OF_THE_ENGINE, FlowSet
from dialogs.loader import read_flows
from dialogs.nodes.subflow import Subflow
from dialogs.source import read
from ivr.campaigns.actions.checking import Around
from ivr.campaigns.against_rules import against_rules
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.campaigns.strategies import around_mistakes, read_strategy, strategy_files
from ivr.config import Settings
from ivr.publishing.catalogues import catalogue_in


def around(settings: Settings) -> Around:
    """Of an installation. Raises `FlowsInvalid` if the flows' catalogue cannot be read."""
    catalogue = catalogue_in(settings.flows_folder)
    flows, _problems = read_flows([settings.flows_folder], catalogue)
    return Around(
        flows={name: outcomes_of(flows, name) for name in flows.flows},
        without_a_person=lambda name: tuple(without_a_person(flows, name)),
        queues=frozenset(catalogue.queues),
        webhooks=frozenset(settings.messages.webhooks),
        sms_countries=frozenset(settings.messages.countries or (settings.calls.region,)),
    )


def outcomes_of(flows: FlowSet, name: str) -> frozenset[str]:
    """Every outcome that a call through that flow, and those that it uses, may have."""
    seen: set[str] = set()
    left = [name]
    while left:
        one = left.pop()
        if one not in seen and one in flows.flows:
            seen.add(one)
            left += [step.subflow for step in flows.flows[one].steps.values() if isinstance(step, Subflow)]
    theirs = FlowSet({one: flows.flows[one] for one in seen})
    return OUTCOMES_OF_THE_ENGINE | theirs.outcomes


def known_strategies(settings: Settings) -> list[str]:
    """The names of all strategies that have a file."""
    return [file.stem for file in strategy_files(settings.path(settings.strategies))]


def mistakes(settings: Settings, names: tuple[str, ...] = (), *, on: date) -> Iterator[Problem]:
    """Every mistake of these strategies, or of all, by the contact rules of that day."""
    folder = settings.path(settings.strategies)
    try:
        rulebook = load_rulebook(settings.path(settings.contact_rules))
    except FlowsInvalid as fault:
        yield from fault.problems
        return
    here = None
    for file in strategy_files(folder):
        if names and file.stem not in names:
            continue
        found, problems = read_strategy(file)
        yield from problems
        if found is None:
            continue
        try:
            here = here or around(settings)
        except FlowsInvalid as fault:
            yield from fault.problems
            return
        source = read(file)
        around_it = around_mistakes(source, found, here)
        yield from sorted([*around_it, *against_rules(source, found, rulebook, here.without_a_person, on)])
