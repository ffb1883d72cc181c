"""The shipped flows as designers find them: what the page says of them, and how they are worded."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.effects import Collect
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import Flow, FlowSet
from dialogs.loader import load_flows
from dialogs.nodes.ask import Ask
from dialogs.nodes.callback import Callback
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.menu import Menu
from dialogs.nodes.message import Message
from dialogs.nodes.outcome import Outcome
from dialogs.nodes.pick import Pick
from dialogs.nodes.question import Question
from dialogs.nodes.queue import Queue
from dialogs.nodes.set import Set
from dialogs.results import Played

ROOT = Path(__file__).parents[2]
CATALOGUE = load_catalogue(ROOT / "dialogs" / "flows" / "catalogue.yaml")
FLOWS = load_flows([ROOT / "dialogs" / "flows"], CATALOGUE)
LONGEST_PROMPT = 40
"""Words; a caller remembers no more."""


def page() -> dict[str, list[set[str]]]:
    """Flow → the names in code in each column of the page's table."""
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", (ROOT / "docs" / "shipped-flows.md").read_text("utf-8"), re.M)
    return {flow: [set(re.findall(r"`(\w+)`", cell)) for cell in row.split("|")] for flow, row in rows}


def slots_of(flow: Flow) -> set[str]:
    names = {step.ask for step in flow.steps.values() if isinstance(step, Ask)}
    names |= {step.pick for step in flow.steps.values() if isinstance(step, Pick)}
    return names.union(*(step.set for step in flow.steps.values() if isinstance(step, Set)))


def outcomes_of(flow: Flow) -> set[str]:
    steps = flow.steps.values()
    return {s.outcome for s in steps if isinstance(s, Outcome | Queue | Message | Callback)}


def test_the_page_names_every_flow() -> None:
    """No flow is shipped without a word on it, and none is promised that is not there."""
    assert set(page()) == set(FLOWS.flows)


@pytest.mark.parametrize("name", sorted(FLOWS.flows))
def test_the_page_tells_slots_lookups_and_outcomes(name: str) -> None:
    """Reports and back ends go by these names: the page must not lag behind."""
    flow = FLOWS.flow(name)
    _what, slots, lookups, outcomes = page()[name]
    assert slots == slots_of(flow)
    assert lookups == {step.lookup for step in flow.steps.values() if isinstance(step, Lookup)}
    assert outcomes == outcomes_of(flow)


def questions(flows: FlowSet) -> list[tuple[str, str, Question]]:
    return [
        (flow.name, name, step)
        for flow in flows.flows.values()
        for name, step in flow.steps.items()
        if isinstance(step, Question)
    ]


def test_menus_offer_at_most_four_things() -> None:
    """Beside a person; what is understood beyond that is not offered."""
    for _flow, name, step in questions(FLOWS):
        if isinstance(step, Menu) and name != "satisfaction":  # a scale is one thing
            for words in step.prompt.values():
                offered = re.findall(r"\b(?:uno|dos|tres|cuatro|cinco|seis)\b", words.source)
                assert len(offered) <= 4, name


def test_every_reprompt_is_written_and_short() -> None:
    """Each question has its own words for silence and for what is not understood, in every language."""
    for flow, name, step in questions(FLOWS):
        allowed = step.allowed_in(FLOWS.flow(flow))
        assert (len(step.no_input), len(step.no_match)) == (allowed.no_input, allowed.no_match), name
        for words in (step.prompt, *step.no_input, *step.no_match, *step.help):
            for template in words.values():
                assert len(template.source.split()) <= LONGEST_PROMPT, (flow, name, template.source)


def test_codes_are_never_read_out() -> None:
    """What a look-up gives as text is branched on; only names are said as they are: the carrier's,
    what customers call their accounts and what they have ordered, to whoever has proved to be them."""
    codes = {
        f"{lookup}.{field}"
        for lookup, schema in CATALOGUE.lookups.items()
        for field, kind in schema.fields.items()
        if kind == "text"
    }
    said = {
        used
        for flow in FLOWS.flows.values()
        for step in flow.steps.values()
        for _way, words in step.prompts()
        for template in words.values()
        for used in template.names
    }
    labels = {"accounts.label_1", "accounts.label_2", "accounts.label_3", "one_account.label"}
    lists = ("orders", "changeable_orders")
    items = {f"{name}.items_{n}" for name in lists for n in (1, 2, 3)} | {"delivery_days.items"}
    # Of a row, codes are said by what they are called.
    called = {
        f"{step.source}.{name}_{place}"
        for flow in FLOWS.flows.values()
        for step in flow.steps.values()
        if isinstance(step, Pick)
        for name in step.words
        for place in range(1, step.rows + 1)
    }
    assert said & codes - called == {"order.carrier", *labels, *items}


def test_nobody_is_called_by_name() -> None:
    """Whoever knows a number has not proved who they are: no name, address or concept is said.
    The number that they call from is theirs to hear. Whom *we* call we ask for by name."""
    said = {
        (flow.name, used)
        for flow in FLOWS.flows.values()
        for step in flow.steps.values()
        for _way, words in step.prompts()
        for template in words.values()
        for used in template.names
        if used.startswith("caller.") or used == "account.name"
    }
    assert said - {(name, "caller.number") for name in FLOWS.flows} == {
        ("right_party", "caller.name"),
        ("voicemail_neutral", "caller.name"),
    }


@pytest.mark.parametrize("polite", ["por favor", "si us plau", "please"])
def test_politeness_is_not_a_litany(polite: str) -> None:
    """Once where something is asked of the caller, and not in every sentence."""
    for flow in FLOWS.flows.values():
        for name, step in flow.steps.items():
            for _way, words in step.prompts():
                for template in words.values():
                    assert template.source.lower().count(polite) <= 1, (flow.name, name)


def test_a_menu_waits_for_phrases_and_not_for_a_number() -> None:
    """A recogniser that expects a row of words looks for no phrase: "quiero saber mi saldo"."""
    call = Conversation(FLOWS, "main", Facts(now=datetime(2026, 11, 23, 10)))
    effect = call.start()
    while not isinstance(effect, Collect):
        effect = call.send(Played())
    assert effect.words == ()
    assert {"mi saldo", "uno", "opción"} <= set(effect.phrases)
