"""The caller's number, however the switch, the carrier or a person writes it.

`+34 600 111 222`, `0034600111222`, `34600111222`, `600-111-222`, `sip:600111222@carrier` and
`600111222;ext=12` are one number; `anonymous` is none; `204` is a colleague's desk. What is a number of which
country is Google's libphonenumber's to know. Numbers without a country code are the site's (`calls.region`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    country_code_for_region,
    format_number,
    is_possible_number,
    is_valid_number,
    national_significant_number,
    number_type,
    parse,
    region_code_for_number,
)

from data.numbers import without_home_zero

LONGEST_EXTENSION = 5
"""Digits of a number within the company; emergency and short service numbers look the same, and are as little
a customer's."""
SHORTEST = 7
"""Digits of a number that is in no plan we know, and yet somebody's."""
LONGEST_WRITTEN = 80
"""Characters; what is longer is no number."""
LONGEST_NUMBER = 20
"""Digits: the longest of any plan, with the prefix for abroad."""
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_EXTENSION = re.compile(
    r"(?:;ext=|;isub=|\s*(?:ext|extension|extensión|extensió|x|#)\.?\s*)[0-9]{1,8}$", re.I
)
_SIP = re.compile(r"(?:sips?|tel):([^@;?]*)", re.I)
_FILLING = re.compile(r"[\s().\-/·\u2010-\u2015\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True)
class CallerNumber:
    """What is known of a number by itself."""

    e164: str | None = None
    """`None`: withheld, internal, or no number of any plan."""
    internal: str = ""
    """The extension, of a call from within."""
    country: str = ""
    """ISO 3166; empty for none."""
    mobile: bool = False
    written: tuple[str, ...] = ()
    """How calls from it may have been noted, the switch's own way first."""

    @property
    def withheld(self) -> bool:
        return not self.written


WITHHELD = CallerNumber()


@lru_cache(maxsize=4096)
def caller_number(text: str, region: str) -> CallerNumber:
    """Reads a number as it came. `region`: the country (ISO 3166) of numbers without a country code.

    Whatever cannot be one is `WITHHELD`: `anonymous`, nothing, a name, a megabyte of digits.
    """
    if len(text) > LONGEST_WRITTEN:
        return WITHHELD
    as_it_came = _plain(text)
    digits = as_it_came.removeprefix("+")
    if not digits.strip("0") or len(digits) > LONGEST_NUMBER:
        return WITHHELD
    if len(digits) <= LONGEST_EXTENSION and not as_it_came.startswith("+"):
        return CallerNumber(internal=digits, written=(as_it_came,))
    number = _parsed(as_it_came, region) or _parsed(_plain(without_home_zero(text)), region)
    if number is None:
        return CallerNumber(written=(as_it_came,)) if len(digits) >= SHORTEST else WITHHELD
    e164 = format_number(number, PhoneNumberFormat.E164)
    bare = e164.removeprefix("+")
    ways = (as_it_came, e164, bare, f"00{bare}", *_national(number, region))
    return CallerNumber(
        e164=e164,
        country=region_code_for_number(number) or "",
        mobile=number_type(number) in _MOBILE,
        written=tuple(dict.fromkeys(ways)),
    )


def _plain(text: str) -> str:
    """The digits with a leading plus, or whatever is not a number; an extension behind it is left out."""
    text = unicodedata.normalize("NFKC", text).strip().strip('"<>').strip()
    found = _SIP.match(text)
    if found:
        text = found.group(1)
    text = _FILLING.sub("", _EXTENSION.sub("", text))
    # Digits of other scripts were made plain above where they have a plain form; the others are no number.
    return text if re.fullmatch(r"\+?[0-9]+", text) else ""


def _parsed(written: str, region: str) -> PhoneNumber | None:
    """The number, tried as the switch wrote it, as the site's, and with the plus that carriers leave out."""
    digits = written.removeprefix("+")
    tries: list[tuple[str, str | None]] = [(written, region)]
    if not written.startswith("+"):
        tries.append((f"+{digits.removeprefix('00')}", None))
    possible = None
    for text, country in tries:
        try:
            number = parse(text, country)
        except NumberParseException:
            continue
        if is_valid_number(number):
            return number
        # Plans change faster than programs: a number abroad that has the right length is taken.
        if text.startswith("+") and written.startswith(("+", "00")) and is_possible_number(number):
            possible = number
    return possible


def _national(number: PhoneNumber, region: str) -> tuple[str, ...]:
    """Without the country code, as within the site's country; without and with the 0 that some put before."""
    if number.country_code != country_code_for_region(region):
        return ()
    dialled = format_number(number, PhoneNumberFormat.NATIONAL)
    return national_significant_number(number), "".join(sign for sign in dialled if sign.isdecimal())
