"""The check digit of the numbers that people say: catches a misheard digit and most swapped neighbours.

The formula is Luhn's (ISO/IEC 7812-1, annex B), as on payment cards.
"""

from __future__ import annotations


def check_digit(digits: str) -> str:
    """The digit to put behind `digits`. Raises `ValueError` for anything but ASCII digits."""
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError("only the digits 0 to 9 have a check digit")
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        if place % 2 == 0:
            value = value * 2 if value < 5 else value * 2 - 9
        total += value
    return str(-total % 10)


def with_check_digit(digits: str) -> str:
    return digits + check_digit(digits)


def is_valid(number: str) -> bool:
    """Whether the last digit of `number` is the check digit of those before it."""
    return (
        len(number) > 1 and number.isascii() and number.isdigit() and check_digit(number[:-1]) == number[-1]
    )
