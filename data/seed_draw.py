"""Draws made-up customers: each from dice of their own, so that more customers never change the first.

Only `Random.random()` is used, the one sequence that Python promises not to change.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from data import luhn
from data import seed_words as words
from data.seed_rows import (
    MOST_CUSTOMERS,
    STEPS,
    OwnDetails,
    Rows,
    add_account,
    add_customer,
    add_order,
    add_ticket,
)

T = TypeVar("T")


class Draw:
    """The dice of one customer."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311 -- made-up people, not secrets

    def below(self, limit: int) -> int:
        return int(self._random.random() * limit)

    def one(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        return self._random.random() < share


def add_drawn_customer(rows: Rows, index: int) -> None:
    """The made-up customer number `index`, with everything that belongs to them."""
    draw = Draw(rows.seed, f"customer {index}")
    language = draw.one(("es",) * 15 + ("ca",) * 3 + ("en",) * 2)
    town = draw.one(words.TOWNS[language])
    number = customer_number(index)
    phone_numbers = [phone_number(index - 1 if index % 16 == 15 else index)]
    if draw.chance(0.2):
        phone_numbers.append(phone_number(index + MOST_CUSTOMERS))
    customer_id = add_customer(
        rows,
        number=number,
        name=_name(draw, language),
        language=language,
        zone=town.zone,
        phone_numbers=phone_numbers,
        own=OwnDetails(postal_code=town.postcode, town=town.name),
    )
    _draw_account(rows, draw, number, language)
    for count in range(draw.one((0, 0, 0, 0, 0, 0, 1, 1, 1, 2))):
        steps = 1 + draw.below(len(STEPS))
        first = steps * 3 + draw.below(20)
        add_ticket(
            rows,
            number=luhn.with_check_digit(str(2_600_000 + index * 2 + count)),
            customer_id=customer_id,
            language=language,
            subject=draw.below(len(words.SUBJECTS[language])),
            days=[first - step * 2 for step in range(steps)],
        )
    for count in range(draw.one((0, 0, 0, 0, 0, 1, 1, 1, 1, 2))):
        street = f"{draw.one(words.STREETS[language])}, {1 + draw.below(140)}"
        add_order(
            rows,
            number=luhn.with_check_digit(str(40_000 + index * 2 + count)),
            customer_id=customer_id,
            language=language,
            products=[draw.one(words.PRODUCTS) for _ in range(1 + draw.below(2))],
            age=draw.below(14),
            address=f"{street}, {town.postcode} {town.name}",
            carrier=None if draw.chance(0.06) else draw.one(words.CARRIERS),
        )


def customer_number(index: int) -> str:
    """Spread over the four digits, so that neighbours do not sound alike; never the same twice."""
    return luhn.with_check_digit(str(1000 + index * 7919 % 9000))


def phone_number(index: int) -> str:
    """A Spanish number in a range that belongs to nobody (see `data.seed_words`)."""
    return f"+3475{index * 104_729 % 10_000_000:07d}"


def _name(draw: Draw, language: str) -> str:
    first = draw.one((words.WOMEN if draw.chance(0.5) else words.MEN)[language])
    surnames = words.SURNAMES[language]
    if language == "en":
        return f"{first} {draw.one(surnames)}"
    joined = " i " if language == "ca" and draw.chance(0.15) else " "
    return f"{first} {draw.one(surnames)}{joined}{draw.one(surnames)}"


def _draw_account(rows: Rows, draw: Draw, number: str, language: str) -> None:
    instalment = draw.chance(0.2)
    fee = draw.one(words.INSTALMENTS if instalment else words.MONTHLY_FEES)

    def bill() -> int:
        return fee if instalment else fee + draw.one(words.EXTRAS)

    # Out of twenty: nine owe nothing, four have a bill that is not due yet, seven are late.
    kind = draw.below(20)
    if kind < 9:
        oldest = None
    elif kind < 13:
        oldest = -draw.below(16)
    else:
        longest = (30, 30, 30, 90, 90, 180, 330)[kind - 13]
        oldest = 1 + draw.below(longest)
    lateness = [] if oldest is None else list(range(oldest, -10, -30))[:8] or [oldest]
    begun = (oldest or 0) + 30
    add_account(
        rows,
        number=number,
        language=language,
        unpaid=[(late, bill()) for late in lateness],
        paid=[(begun + 30 * month, bill()) for month in range(draw.below(4))],
        instalment=instalment,
    )
