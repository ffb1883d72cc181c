"""What a trunk says about a number counts only if it is trusted, and never from the caller's own words."""

from __future__ import annotations

import pytest

from ivr.identity.attestation import attested
from ivr.identity.settings import AttestationSettings

TRUSTED = AttestationSettings.model_validate(
    {"gateways": ["carrier"], "addresses": ["192.0.2.0/24", "2001:db8::/32"]}
)
FROM = {"sip_received_ip": "192.0.2.7"}
PAI = "sip_P-Asserted-Identity"


@pytest.mark.parametrize(
    ("variables", "level"),
    [
        ({PAI: "<sip:+34600111222@carrier.example;verstat=TN-Validation-Passed-A>"}, "A"),
        ({PAI: "<sip:+34600111222@carrier.example;verstat=tn-validation-passed-b>"}, "B"),
        ({PAI: "<sip:+34600111222;verstat=TN-Validation-Passed-C@carrier.example>"}, "C"),
        ({PAI: "<sip:+34600111222@carrier.example;verstat=TN-Validation-Passed>"}, "C"),
        ({PAI: "<sip:+34600111222@carrier.example;verstat=TN-Validation-Failed>"}, "none"),
        ({PAI: "<sip:+34600111222@carrier.example;verstat=No-TN-Validation>"}, "none"),
        ({PAI: "<sip:+34600111222@carrier.example>"}, "none"),
        ({"sip_full_from": '"Ana" <sip:+34600111222@x;verstat=TN-Validation-Passed-A>;tag=1'}, "A"),
        ({"sip_full_from": '";verstat=TN-Validation-Passed-A" <sip:+34600111222@x>;tag=1'}, "none"),
        ({"sip_full_from": r'"a\";verstat=TN-Validation-Passed-A;x=\"" <sip:1@x>'}, "none"),
        (
            {
                PAI: "<sip:1@x;verstat=TN-Validation-Passed-B>",
                "sip_full_from": "<sip:1@x;verstat=TN-Validation-Passed-A>",
            },
            "none",
        ),
        ({"sip_verstat_detailed": "TN-Validation-Passed-A"}, "A"),
        (
            {
                "sip_verstat_detailed": "TN-Validation-Passed-B",
                PAI: "<sip:1@x;verstat=TN-Validation-Passed-A>",
            },
            "B",
        ),
        ({"sip_verstat": "No-TN-Validation"}, "none"),
        ({"sip_h_X-Verstat": "TN-Validation-Passed-A"}, "none"),
        ({"verstat": "TN-Validation-Passed-A"}, "none"),
        ({}, "none"),
    ],
)
def test_a_trusted_trunk_s_word(variables: dict[str, str], level: str) -> None:
    """By parameter or by our own switch's check; two different words, or the name that is shown, are none."""
    assert attested({**FROM, **variables}, TRUSTED) == level


@pytest.mark.parametrize(
    ("where", "level"),
    [
        ({"sip_received_ip": "192.0.2.7"}, "A"),
        ({"sip_network_ip": "192.0.2.7"}, "A"),
        ({"sip_received_ip": "2001:db8::9"}, "A"),
        ({"sip_gateway": "carrier", "sip_received_ip": "198.51.100.1"}, "A"),
        ({"sip_gateway": "other"}, "none"),
        ({"sip_received_ip": "198.51.100.1", "sip_network_ip": "192.0.2.7"}, "none"),
        ({"sip_received_ip": "nowhere"}, "none"),
        ({}, "none"),
    ],
)
def test_anybody_else_is_not_believed(where: dict[str, str], level: str) -> None:
    """The same words from an address that nobody named are none."""
    assert attested({**where, PAI: "<sip:1@x;verstat=TN-Validation-Passed-A>"}, TRUSTED) == level


def test_nobody_is_believed_unless_named() -> None:
    """Without settings, no trunk's word counts."""
    assert (
        attested({**FROM, PAI: "<sip:1@x;verstat=TN-Validation-Passed-A>"}, AttestationSettings()) == "none"
    )
