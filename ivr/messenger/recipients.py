"""Whom a message may go to: numbers of the allowed countries that cost nobody a fortune, plain addresses."""

from __future__ import annotations

from collections.abc import Collection

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from ivr.messenger.settings import is_address

_REACHED_BY_SMS = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.FIXED_LINE}
)
"""Not: premium rate, shared cost, satellite and the like, which is what toll fraud lives on."""


class NotAllowed(Exception):
    """No message may go there. `str()` is the reason, with nothing personal in it."""


def sms_number(text: str, *, region: str, countries: Collection[str]) -> str:
    """The number in E.164. `region`: whose numbers are written without a country's prefix.

    Raises `NotAllowed`.
    """
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise NotAllowed("it is no telephone number") from None
    if not phonenumbers.is_valid_number(number):
        raise NotAllowed("there is no such telephone number")
    country = phonenumbers.region_code_for_number(number)
    if country not in countries:
        raise NotAllowed(f"no messages to {country or 'that network'}: see messages.countries")
    if phonenumbers.number_type(number) not in _REACHED_BY_SMS:
        raise NotAllowed("that kind of number gets no messages")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def email_address(text: str) -> str:
    """The address with its domain in lower case. Raises `NotAllowed`."""
    if not is_address(text):
        raise NotAllowed("it is no e-mail address")
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"
