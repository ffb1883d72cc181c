"""What a trunk says of a number reaches us as we expect, on both switches; it counts if that is trusted."""

from __future__ import annotations

import pytest

from ivr.identity.attestation import attested
from ivr.identity.settings import AttestationSettings
from tests.contract.place import Application, Place

TRUSTED = AttestationSettings.model_validate({"addresses": ["127.0.0.0/8"]})
OTHERS = AttestationSettings.model_validate({"addresses": ["192.0.2.0/24"], "gateways": ["carrier"]})
PAI = "sip_P-Asserted-Identity"
SAID = {
    "with the number, as 3GPP wants it": (
        "<sip:+34600111222;verstat=TN-Validation-Passed-A@carrier.example;user=phone>",
        {PAI: "+34600111222;verstat=TN-Validation-Passed-A"},
        "A",
    ),
    "failed": (
        "<sip:+34600111222;verstat=TN-Validation-Failed@carrier.example;user=phone>",
        {PAI: "+34600111222;verstat=TN-Validation-Failed"},
        "none",
    ),
    "behind the host, which the switch drops": (
        "<sip:+34600111222@carrier.example;verstat=TN-Validation-Passed-A>",
        {PAI: "+34600111222"},
        "none",
    ),
    "in the name that the caller chooses": (
        '";verstat=TN-Validation-Passed-A" <sip:+34600111222@carrier.example>',
        {PAI: "+34600111222"},
        "none",
    ),
}


@pytest.mark.parametrize("how", SAID)
def test_a_word_counts_by_who_says_it(place: Place, application: Application, how: str) -> None:
    """From a trunk that the settings name it is believed; the same word from anybody else is none."""
    header, variables, level = SAID[how]
    place.caller(asserted=(header, variables)).call()
    session = application.next_call()
    assert {name: session.call.variables.get(name) for name in variables} == variables
    assert attested(session.call.variables, TRUSTED) == level
    assert attested(session.call.variables, OTHERS) == "none"
    assert session.call.caller_number.lstrip("+") == "34600111222"
    session.call.hang_up()
    session.hung_up()


@pytest.mark.parametrize("where", ["number", "address"])
def test_a_word_beside_the_sender_s_own_number(place: Place, application: Application, where: str) -> None:
    """In `From`, before the `@` or behind it: each leaves it in a variable of its own."""
    word = "verstat=TN-Validation-Passed-B"
    if place.name == "embedded":
        pytest.skip("the embedded line has no From of its own")
    caller = place.caller()
    leg = caller._leg  # type: ignore[attr-defined]  # FreeSWITCH's caller has SIP
    leg.local = (
        leg.local.replace("@", f";{word}@") if where == "number" else leg.local.replace(">", f";{word}>")
    )
    caller.call()
    session = application.next_call()
    assert attested(session.call.variables, TRUSTED) == "B"
    assert attested(session.call.variables, OTHERS) == "none"
    assert session.call.caller_number == "34600111222"
    session.call.hang_up()
    session.hung_up()
