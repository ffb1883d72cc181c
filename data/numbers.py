"""Numbers that people say: references of eight digits, and what cannot be a number at all."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable

from phonenumbers import NumberParseException, parse

from data import luhn

LONGEST_NUMBER = 20
_HOME_ZERO = re.compile(r"^(\s*\(?(?:\+|00)[\s0-9.\-]{1,20}\)?)\s*\(0\)")


def plausible(number: str) -> bool:
    """What is not short ASCII is no number of ours, and need not travel to the database."""
    return 0 < len(number) <= LONGEST_NUMBER and number.isascii() and number.isprintable()


def new_reference() -> str:
    """Eight digits, the last Luhn's check digit. Drawn, so that nobody can guess the next one."""
    return luhn.with_check_digit(str(1_000_000 + secrets.randbelow(9_000_000)))


def reference_of(digest: bytes) -> str:
    """A reference that follows from 32 bytes that nobody can guess: the same for the same."""
    return luhn.with_check_digit(str(1_000_000 + int.from_bytes(digest) % 9_000_000))


def without_home_zero(text: str) -> str:
    """A telephone number without the zero in brackets behind its country code, which is dialled at home:
    `+34 (0)600 111 222`. Where a country's numbers keep that zero (Italy), the number is wrong without."""
    return _HOME_ZERO.sub(r"\1", text)


def written_ways(numbers: Iterable[str]) -> tuple[str, ...]:
    """How numbers (E.164) may have been written by a switch: in calls they stand as they came."""
    ways: list[str] = []
    for e164 in numbers:
        ways += [e164, e164[1:], f"00{e164[1:]}"]
        try:
            ways.append(str(parse(e164).national_number))
        except NumberParseException:
            continue
    return tuple(dict.fromkeys(ways))
