"""The section `verification` of `ivr.yaml`: how often callers may be wrong, and who is believed."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(lambda value: ip_network(value, strict=False)),
    PlainSerializer(str),
]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Part):
    """So many wrong answers within so many seconds; one more is locked for `lock` seconds."""

    wrong: Count
    within: Seconds
    lock: Seconds


class OverallLimit(_Part):
    """All callers together: a wave of wrong answers is somebody trying numbers out."""

    within: Seconds = 600.0
    slow: Count = 60
    """Wrong answers from which on every answer takes `slow_floor` seconds."""
    slow_floor: Annotated[float, Field(gt=0, le=3.0)] = 2.5
    """Below `verify`'s own deadline (4 s), or nobody would pass."""
    lock: Count = 300
    """Wrong answers from which on people verify instead."""

    @model_validator(mode="after")
    def _in_order(self) -> OverallLimit:
        if self.lock <= self.slow:
            raise ValueError("`lock` must be more than `slow`")
        return self


class AttestationSettings(_Part):
    """Trunks whose word on a caller's number is believed (STIR/SHAKEN); without any, nobody's is."""

    gateways: tuple[str, ...] = ()
    """By the names that the switch has for them."""
    addresses: tuple[Network, ...] = ()
    """By the addresses that their calls come from."""


class VerificationSettings(_Part):
    per_call: Count = 3
    """Wrong answers in one call."""
    per_person: Limit = Limit(wrong=5, within=86_400, lock=86_400)
    """For one customer, or for one claimed number that nobody has, over all calls."""
    per_caller: Limit = Limit(wrong=10, within=3600, lock=3600)
    """From one telephone number, whomever they claim to be."""
    withheld: Limit = Limit(wrong=50, within=3600, lock=1800)
    """From all withheld numbers together."""
    overall: OverallLimit = OverallLimit()
    floor: Annotated[float, Field(gt=0, le=3.0)] = 0.6
    """Seconds that every answer takes at least, so that time tells nothing."""
    attestation: AttestationSettings = AttestationSettings()
