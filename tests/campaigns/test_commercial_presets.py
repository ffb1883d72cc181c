"""Advertising in each country: who must have agreed, which registry is asked, which number is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.campaigns.contact_rules.contact import Blocked, Contact, Ledger, Lookup, Person, Said
from ivr.campaigns.contact_rules.deciding import decide
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.written import Channel
from ivr.campaigns.strategies import read_strategy
from ivr.numbers import checked

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
"""A Monday: 16 in London, 11 in Lima, 10 in Mexico City and 8 in Tijuana, 13 in Santiago and 11 on Easter
Island."""
LONDON, MEXICO, LIMA, SANTIAGO, NEW_YORK = (
    "+442071234567", "+525512345678", "+51912345678", "+56221234567", "+12125550123",
)  # fmt: skip
SELLS, SPAIN = "+56809123456", "+34910000000"


def agreed(*, proof: str = "clip", given: bool = True) -> dict[str, Said]:
    return {"marketing": Said(given=given, at=NOW, proof=proof)}


def asked(name: str, *, days: int = 1, listed: bool = False) -> dict[str, Lookup]:
    return {name: Lookup(listed=listed, at=NOW - timedelta(days=days))}


TPS, REPEP = asked("TPS"), asked("REPEP")
ROWS: list[tuple[str, Channel, bool, str | None, Ledger, str]] = [
    # number, channel, a machine speaks, caller ID, on record, what forbids it
    (LONDON, "call", False, SPAIN, Ledger(registries=TPS), ""),
    (LONDON, "call", False, SPAIN, Ledger(), "registry"),
    (LONDON, "call", False, SPAIN, Ledger(registries=asked("TPS", listed=True)), "registry"),
    (LONDON, "call", False, SPAIN, Ledger(registries=asked("TPS", days=29)), "registry"),
    (LONDON, "call", False, None, Ledger(registries=TPS), "caller_id"),
    (LONDON, "call", True, SPAIN, Ledger(registries=TPS), "consent"),
    (LONDON, "call", True, SPAIN, Ledger(registries=TPS, consents=agreed()), ""),
    (LONDON, "sms", False, None, Ledger(), "consent"),
    (LONDON, "sms", False, None, Ledger(consents=agreed()), ""),
    (MEXICO, "call", True, SPAIN, Ledger(registries=REPEP), ""),
    (MEXICO, "call", True, SPAIN, Ledger(), "registry"),
    (MEXICO, "sms", True, None, Ledger(registries=asked("REPEP", days=31)), "registry"),
    (MEXICO, "email", True, None, Ledger(), ""),
    (MEXICO, "email", True, None, Ledger(consents=agreed(given=False)), "refused"),
    (LIMA, "call", False, SPAIN, Ledger(), "consent"),
    (LIMA, "call", False, SPAIN, Ledger(consents=agreed(proof="")), "consent"),
    (LIMA, "call", False, SPAIN, Ledger(consents=agreed()), ""),
    (LIMA, "email", True, None, Ledger(), "consent"),
    (SANTIAGO, "call", False, SELLS, Ledger(), ""),
    (SANTIAGO, "call", False, "+56600123456", Ledger(), ""),
    (SANTIAGO, "call", False, "+56221234567", Ledger(), "caller_id"),
    (SANTIAGO, "sms", True, None, Ledger(), ""),
    (NEW_YORK, "email", True, None, Ledger(), ""),
    (NEW_YORK, "email", True, None, Ledger(consents=agreed(given=False)), "refused"),
    (NEW_YORK, "whatsapp", True, None, Ledger(), "no_rule"),
]


@pytest.mark.parametrize(("number", "channel", "machine", "shown", "record", "reason"), ROWS)
def test_advertising(
    number: str, channel: Channel, machine: bool, shown: str | None, record: Ledger, reason: str
) -> None:
    """At an hour that every rule allows: what else it takes."""
    contact = Contact(
        person=Person(key="p"),
        number=checked(number, region=None, countries=None),
        channel=channel,
        purpose="commercial",
        automated=machine,
        caller_id=shown,
    )
    found = decide(presets(), contact, at=NOW, ledger=record)
    assert (found.reason if isinstance(found, Blocked) else "") == reason


def test_before_the_law_of_peru_nothing_was_known() -> None:
    """The preset begins with the law that it was written by."""
    contact = Contact(
        person=Person(key="p"),
        number=checked(LIMA, region=None, countries=None),
        channel="call",
        purpose="commercial",
        caller_id=SPAIN,
    )
    before = datetime(2025, 5, 9, 15, tzinfo=UTC)
    found = decide(presets(), contact, at=before, ledger=Ledger(consents=agreed()))
    assert isinstance(found, Blocked) and found.rule == "house.no_rule"


def test_what_was_not_verified_is_listed_and_not_in_force() -> None:
    """Chile's 600 for collection: known from the press alone."""
    (rule,) = presets().named("cl.collection_caller_id")
    assert rule.status == "unverified" and not rule.in_force(NOW.date())


def test_a_number_that_a_law_demands_may_be_shown(tmp_path: Path) -> None:
    """809 is no ordinary line's; other such numbers stay refused."""
    strategy = (
        "strategy: sales\nactor: creditor\nbases: {all: {mapping: m.yaml}}\ncampaigns:\n"
        "  offer: {base: all, flow: offer, purpose: commercial, countries: [CL], caller_ids: ['NUMBER']}\n"
    )
    (tmp_path / "m.yaml").write_text("columns: {}\n")
    problems = {}
    for number in (SELLS, "+56700123456", "+568091234567890123", "+56809abc"):
        (tmp_path / "sales.yaml").write_text(strategy.replace("NUMBER", number))
        problems[number] = read_strategy(tmp_path / "sales.yaml")[1]
    assert problems.pop(SELLS) == []
    assert all("is no number of an ordinary line" in found[0].message for found in problems.values())
