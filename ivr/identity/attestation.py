"""What a trunk says about a caller's number (STIR/SHAKEN, RFC 8224; `verstat`, 3GPP TS 24.229).

Rules:
1. Only a trunk that the settings name is believed; anybody else can write the same words.
2. It is a hint for flows (`caller.attested`), and proves nobody: a number that is not forged may still be in
   somebody else's hand.
3. What a caller can choose (the name that is shown) is not looked into. Two different words are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Literal

from ivr.identity.settings import AttestationSettings

Attestation = Literal["A", "B", "C", "none"]
"""A: the number is the caller's. B: the provider knows the caller. C: only where the call came in."""
_OWN_WORD = ("sip_verstat_detailed", "sip_verstat")
"""FreeSWITCH's own verification (`sofia_verify_identity` in its dialplan)."""
_ADDRESSES = (
    "sip_P-Asserted-Identity",
    "sip_h_P-Asserted-Identity",
    "sip_full_from",
    "sip_from_uri",
    "sip_from_params",
)
"""Where a provider that has verified writes its word; FreeSWITCH keeps it in the one or the other, by
whether it stands before the `@` or behind (tests/contract)."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_VERSTAT = re.compile(r"(?:^|[;?&])verstat=([A-Za-z-]+)", re.IGNORECASE)
_PASSED = re.compile(r"TN-Validation-Passed(?:-([ABC]))?", re.IGNORECASE)


def attested(variables: Mapping[str, str], settings: AttestationSettings) -> Attestation:
    """What is known about the number of the leg with these channel variables."""
    if not _is_trusted(variables, settings):
        return "none"
    levels = {_level(word) for word in _words(variables)}
    return levels.pop() if len(levels) == 1 else "none"


def _is_trusted(variables: Mapping[str, str], settings: AttestationSettings) -> bool:
    if variables.get("sip_gateway") in settings.gateways:
        return True
    try:
        address = ip_address(variables.get("sip_received_ip") or variables.get("sip_network_ip") or "")
    except ValueError:
        return False
    return any(address in network for network in settings.addresses)


def _words(variables: Mapping[str, str]) -> Iterator[str]:
    for name in _OWN_WORD:
        if word := variables.get(name):
            yield word
            return  # our own switch has looked: nobody else's word is needed
    for name in _ADDRESSES:
        yield from _VERSTAT.findall(_QUOTED.sub("", variables.get(name, "")))


def _level(word: str) -> Attestation:
    """A number that passed without a level is the lowest of those that passed."""
    passed = _PASSED.fullmatch(word.strip())
    if passed is None:
        return "none"
    level = (passed.group(1) or "C").upper()
    return "A" if level == "A" else "B" if level == "B" else "C"
