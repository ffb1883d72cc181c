"""What an identity may be proved by is checked before any call: a number alone is refused in every way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dialogs.catalogue import LookupSchema, load_catalogue
from dialogs.errors import FlowsInvalid
from dialogs.loader import assemble
from dialogs.source import parse
from ivr.identity.proofs import differing
from tests.dialogs.flowtext import CATALOGUE, problems

HEAD = "flow: trial\nlanguages: [es]\nperson: billing\nsteps:\n"


@pytest.mark.parametrize("by", ["[caller_number]", "[phone]", "[caller.number]", "[number, phone_number]"])
def test_an_identity_of_the_caller_s_number_is_refused(tmp_path: Path, by: str) -> None:
    """At load, with its line, and with what to add."""
    file = tmp_path / "catalogue.yaml"
    file.write_text(f"queues: [billing]\nidentities:\n  customer:\n    by: {by}\n", "utf-8")
    with pytest.raises(FlowsInvalid) as refused:
        load_catalogue(file)
    (problem,) = refused.value.problems
    assert (problem.line, "a telephone number proves nobody" in problem.message) == (4, True)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (("customer_number",), "names a person and does not prove"),
        (("customer_number", "postal_code"), "names a person and does not prove"),
        (("pin",), "nobody can be found by that"),
        (("birth_date", "pin"), "nobody can be found by that"),
        (("customer_number", "pim"), "did you mean `pin`"),
        (("customer_number", "phone"), "nobody can be asked for `phone`"),
    ],
)
def test_what_proves_nobody_is_not_published(by: tuple[str, ...], told: str) -> None:
    """Live, a proof needs somebody to find and something that only they know."""
    ((way, what),) = differing({"customer": LookupSchema(by, {})})
    assert way == ("identities", "customer", "by")
    assert told in what


@pytest.mark.parametrize(
    "by",
    [
        ("customer_number", "pin"),
        ("dni", "birth_date"),
        ("customer_number", "dni"),
        ("dni", "pin", "postal_code"),
    ],
)
def test_what_proves_somebody_is(by: tuple[str, ...]) -> None:
    assert list(differing({"customer": LookupSchema(by, {"name": "text", "customer_number": "code"})})) == []


def test_fields_that_are_never_given_are_told() -> None:
    """As of look-ups."""
    schema = LookupSchema(("customer_number", "pin"), {"nam": "text", "has_email": "text"})
    ways = {way for way, _ in differing({"customer": schema})}
    assert ways == {("identities", "customer", "fields", name) for name in ("nam", "has_email")}


VERIFY = (
    HEAD
    + """  - ask: customer_number
    type: digits
    length: 5
    prompt: {es: "Número."}
  - ask: pin
    type: digits
    length: 4
    prompt: {es: "Clave."}
  - verify: customer
    with: {customer_number: "NUMBER", pin: "PIN"}
    failed: over
    then: over
  - id: over
    hangup: normal
"""
)


IDENTIFIED = replace(CATALOGUE, identities={"customer": LookupSchema(("customer_number", "pin"), {})})


def test_a_flow_that_goes_by_the_caller_s_number_is_refused() -> None:
    """`with` needs an answer: what the switch says of the caller is none, and neither is a look-up's find."""
    text = VERIFY.replace("NUMBER", "{caller.number}").replace("PIN", "{caller.name}")
    found = problems(text, catalogue=IDENTIFIED)
    assert any("the caller's number proves nobody" in one.message for one in found)
    right = VERIFY.replace("NUMBER", "{customer_number}").replace("PIN", "{pin}")
    assert problems(right, catalogue=IDENTIFIED) == []


def test_what_proves_is_masked_without_being_told() -> None:
    """The PIN's question need not say `sensitive`; the customer number stays readable."""
    text = VERIFY.replace("NUMBER", "{customer_number}").replace("PIN", "{pin}")
    flows, wrong = assemble([parse(text, "trial.flow.yaml")], IDENTIFIED)
    assert wrong == []
    assert flows.sensitive == {"pin"}
