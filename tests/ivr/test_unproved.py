"""Whoever gives our own look-ups a customer's number that nobody has proved is told so by `ivr check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.loader import load_flows
from ivr.back_ends.agreement import OWN, LiveSchemas
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.unproved import unproved

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
CATALOGUE = """
queues: [billing]
lookups:
  account: {by: [customer_number], fields: {name: text}}
writes:
  customer_email: {values: {customer_number: digits, email: text}}
identities:
  customer: {by: [customer_number, pin], fields: {customer_number: digits}}
"""
FLOW = """flow: trial
languages: [es]
person: person
steps:
  - ask: number
    type: digits
    length: 5
    prompt: {es: "Su número."}
  - ask: pin
    type: digits
    length: 4
    prompt: {es: "Su clave."}
  - verify: customer
    with: {customer_number: "{number}", pin: "{pin}"}
    failed: person
  - id: mine
    set: {kept: "{customer.customer_number}"}
  - lookup: account
    by: {customer_number: "GIVEN"}
    found: customer_email
    missing: person
    slow: person
    error: person
  - write: customer_email
    with: {customer_number: "{customer.customer_number}", email: "a@b.es"}
    done: bye
    refused: person
    later: bye
    error: person
  - id: bye
    hangup: normal
  - id: person
    queue: billing
    busy: {offer: callback, declined: bye}
"""


def told(tmp_path: Path, given: str, live: LiveSchemas = OWN) -> list[str]:
    tmp_path.joinpath("catalogue.yaml").write_text(CATALOGUE, "utf-8")
    tmp_path.joinpath("trial.flow.yaml").write_text(FLOW.replace("GIVEN", given), "utf-8")
    flows = load_flows([tmp_path], load_catalogue(tmp_path / "catalogue.yaml"))
    return [f"{one.line}:{one.column} {one.message}" for one in unproved(flows, live)]


def test_the_shipped_flows_prove_whoever_they_tell_anything() -> None:
    """No note about them."""
    flows = load_flows([SHIPPED], catalogue_in(SHIPPED))
    assert unproved(flows, OWN) == []


@pytest.mark.parametrize(
    "given", ["{customer.customer_number}", "{kept}", "none", "{caller.customer_number}"]
)
def test_a_proved_number_is_no_news(tmp_path: Path, given: str) -> None:
    """From the proof itself, handed on by a `set`, nobody's, or of the contact that a campaign calls."""
    assert told(tmp_path, given) == []


def test_a_number_that_was_only_said_is_told_with_its_place(tmp_path: Path) -> None:
    """Although the caller has proved who they are: the number that they said need not be theirs."""
    (note,) = told(tmp_path, "{number}")
    assert note.startswith("19:10 nobody has proved `number`")
    assert 'write "{customer.customer_number}"' in note


def test_what_a_company_answers_itself_is_its_own_matter(tmp_path: Path) -> None:
    """Its systems know what they tell to whom."""
    tmp_path.joinpath("catalogue.yaml").write_text(CATALOGUE, "utf-8")
    declared = load_catalogue(tmp_path / "catalogue.yaml").lookups["account"]
    theirs = LiveSchemas({**OWN.lookups, "account": declared}, OWN.writes)
    assert told(tmp_path, "{number}", theirs) == []
