"""Which telephone numbers the house calls at all, and where their owners may be. Pure.

Rules:
1. Only a number of an allowed country that costs nobody a fortune: no premium, shared-cost or service numbers
   (docs/queues.md has the list of refusals). What a caller says or keys is parsed, never dialled as it is.
2. Where somebody is who may have a mobile is uncertain: every zone of the number's country is possible.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers
from babel.core import get_global
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

Refusal = Literal["malformed", "unknown", "foreign", "premium", "shared_cost", "service", "satellite"]
_ORDINARY = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
)
_NOT_ORDINARY: Mapping[int, Refusal] = {
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
}
_LONGEST = 40
"""Characters; what is longer is no number."""


@dataclass(frozen=True)
class Number:
    """A number that may be called, and where its owner may be."""

    e164: str
    zones: tuple[str, ...]
    """Of its prefix."""
    country: str
    """ISO 3166."""
    may_be_mobile: bool
    """Also where fixed lines and mobiles cannot be told apart (+1, +52, +56)."""

    @property
    def candidate_zones(self) -> tuple[str, ...]:
        """Every zone in which its owner may be; the likeliest first."""
        more = _zones_of(self.country) if self.may_be_mobile else ()
        return tuple(dict.fromkeys((*self.zones, *more)))


class NotCalled(Exception):
    """A number that is not called. `reason` is a code, with nothing personal in it."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


def checked(text: str, *, region: str | None, countries: Collection[str] | None) -> Number:
    """A number as somebody said or keyed it. `region`: whose numbers come without a country code.
    `countries`: those whose numbers are called, `None` for any.

    Raises `NotCalled`.
    """
    if len(text) > _LONGEST or not text.isascii():
        raise NotCalled("malformed")
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise NotCalled("malformed") from None
    if number.extension:
        raise NotCalled("malformed")
    # A number is valid if it is of a kind. Asked once: bases have a million of them.
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        raise NotCalled("unknown" if phonenumbers.is_possible_number(number) else "malformed")
    country = phonenumbers.region_code_for_number(number)
    if country is None:
        raise NotCalled("unknown")
    if country == "001":  # satellites and the like have no country
        raise NotCalled("satellite")
    if countries is not None and country not in countries:
        raise NotCalled("foreign")
    if kind not in _ORDINARY:
        raise NotCalled(_NOT_ORDINARY.get(kind, "service"))
    zones = _prefix_zones(number)
    if not zones:
        raise NotCalled("unknown")
    e164 = str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return Number(e164, zones, country, kind != PhoneNumberType.FIXED_LINE)


def is_mobile(e164: str) -> bool:
    """Whether a number of the house may be a mobile's; what is no number is none. For a caller ID."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return False
    return phonenumbers.number_type(number) == PhoneNumberType.MOBILE


def _prefix_zones(number: PhoneNumber) -> tuple[str, ...]:
    return tuple(zone for zone in time_zones_for_number(number) if "/" in zone and zone != "Etc/Unknown")


@lru_cache(maxsize=256)
def _zones_of(country: str) -> tuple[str, ...]:
    """All zones of a country, as the CLDR has them."""
    territories: Mapping[str, str] = get_global("zone_territories")
    return tuple(sorted(zone for zone, territory in territories.items() if territory == country))
