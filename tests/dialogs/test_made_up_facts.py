"""What was known of a caller gets into a test only where the rules of the segments go by it."""

from __future__ import annotations

from pathlib import Path

from dialogs.loader import load_flows
from dialogs.made_up import made_up_facts
from dialogs.segments.rules import NO_RULES
from ivr.publishing.catalogues import catalogue_in

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
HISTORY = {
    "person.known": True,
    "debts.amount": 14230,
    "debts.amount_currency": "EUR",
    "order.number": "780346",
    "person.value": 27925,
}


def test_without_rules_nothing_is_kept() -> None:
    """What somebody owes decides nothing there."""
    assert made_up_facts(HISTORY, NO_RULES) == {}


def test_what_the_rules_name_is_kept_and_numbers_are_made_up() -> None:
    """The shipped rules ask about an order by its number, and do not look at the sum that is owed."""
    rules = load_flows([SHIPPED], catalogue_in(SHIPPED)).segments
    kept = made_up_facts(HISTORY, rules)
    assert kept["person.known"] is True
    assert "order.number" in rules.facts_named
    assert kept["order.number"] not in ("780346", None)
    assert {name for name in HISTORY if name not in rules.facts_named} == set(HISTORY) - set(kept)
    assert set(kept) < set(HISTORY), "something of it is left out"
