"""What is sensitive stays so in the workshop: in differences, reports, the transcript and the state."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialogs.coverage import coverage
from dialogs.facts import Facts
from dialogs.play import Played, play
from dialogs.rehearsal import load_scripts
from dialogs.simulator import TextCaller
from ivr.workshop.junit import junit
from ivr.workshop.page import page
from tests.dialogs.flowtext import flow_set

ADDRESS = """flow: address
languages: [es]
person: billing
steps:
  - ask: postcode
    type: postcode
    sensitive: true
    prompt: {es: "Su código postal."}
  - ask: house
    type: digits
    length: 2
    prompt: {es: "El número."}
  - id: read
    say: {es: "calle Mayor, número {house:number}, {postcode}"}
  - id: account
    lookup: account
    by: {customer_number: "{postcode}"}
    found: goodbye
    missing: goodbye
    slow: goodbye
    error: goodbye
  - id: goodbye
    confirm: house
    prompt: {es: "¿Es el {house:number}?"}
    "yes": over
    "no": over
  - id: over
    hangup: normal
"""
FLOWS = flow_set(ADDRESS)


def played(expect: str, folder: Path) -> Played:
    file = folder / "address.test.yaml"
    steps = "[{key: 28013}, {key: 12}, {expect: " + expect + "}]"
    file.write_text(f"test: t\nflow: address\nsteps: {steps}\n", encoding="utf-8")
    return play(FLOWS, load_scripts([file], FLOWS)[0])


@pytest.mark.parametrize(
    "expect",
    [
        "{said: 'calle Mayor, número 12, 28014'}",
        "{said: 'número doce, dos ocho cero uno cuatro'}",
        "{not_said: 'ocho cero uno'}",
        "{not_said: 'número 12, •••'}",
        "{slots: {postcode: 28014}}",
    ],
)
def test_no_report_tells_a_masked_value(expect: str, tmp_path: Path) -> None:
    """Differences, the nearest passage, the page and JUnit XML: whatever the test has wanted."""
    call = played(expect, tmp_path)
    assert not call.passed
    at = datetime(2026, 11, 23, tzinfo=UTC)
    texts = [
        call.report().replace(expect, ""),
        junit([call], 1.0),
        page(FLOWS, [call], coverage(FLOWS, [call]), seconds=1.0, at=at),
    ]
    for text in texts:
        assert "28013" not in text
        assert "uno tres" not in text
        assert "•••••" not in text, "the length is told"
        assert "keys •••" in text


@pytest.mark.parametrize(
    "expect",
    [
        "{said: 'calle Mayor, número doce, 28013'}",
        "{said: 'calle Mayor, número 12, 28013'}",
        "{said: 'calle Mayor, número doce, •••'}",
        "{said: 'número 12, •••'}",
        "{slots: {postcode: 28013}}",
    ],
)
def test_what_is_masked_can_be_tested(expect: str, tmp_path: Path) -> None:
    """As it is shown, as it is spoken, and with the numbers as one writes them."""
    call = played(expect, tmp_path)
    assert call.passed, call.report()


def test_a_wrong_masked_value_fails(tmp_path: Path) -> None:
    """A comparison that cannot fail would be none."""
    for wrong in ("{said: 'número doce, 28014'}", "{slots: {postcode: 28014}}", "{said: 'número 13, 28013'}"):
        assert not played(wrong, tmp_path).passed


def test_the_state_hides_a_field_that_is_a_sensitive_answer() -> None:
    """What a look-up gives under another name is the same postcode; so is what it was asked by."""
    data = {"account": {"else": {"name": "28013", "balance": 100, "balance_currency": "EUR"}}}
    caller = TextCaller(FLOWS, "address", Facts("es"), data)
    shown = [*caller.start(), *caller.feed("/key 28013"), *caller.feed("/key 12"), *caller.feed("/state")]
    assert ("note", "account.name = •••") in shown
    assert ("note", "account.balance = 100") in shown
    assert not [what for _, what in shown if "28013" in what]
