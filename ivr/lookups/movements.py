"""The last movements of what a customer owes, three at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from data.store import Store
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day

AT_ONCE = 3
"""Movements in one answer: nobody remembers a fourth."""
MOST = 30
"""Movements that can be heard at all; whoever wants more wants a statement."""
_LINE: Mapping[str, ValueType] = {
    "paid_{n}": "boolean",
    "amount_{n}": "money",
    "amount_{n}_currency": "text",
    "date_{n}": "date",
}
SCHEMA = LookupSchema(
    ("customer_number", "from"),
    {
        "count": "number",
        **{name.format(n=n): kind for n in range(1, AT_ONCE + 1) for name, kind in _LINE.items()},
        "has_more": "boolean",
        "next": "digits",
    },
)
"""`from` counts from 1, the newest; `next` is where to go on. `paid_1`: money from the customer, or back to
them; what is charged is not. Amounts have no sign. Of what there is not, the fields are empty."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Missing: there is none, or none from there on."""
    first = int(by["from"]) if by.get("from", "").isascii() and by.get("from", "").isdecimal() else 0
    known = store.accounts.movements(by.get("customer_number", ""), most=min(first, MOST) + AT_ONCE)
    told = known[first - 1 : first - 1 + AT_ONCE]
    if not 1 <= first <= MOST or not told:
        return Missing()
    after = first + AT_ONCE
    record: dict[str, str | int | bool | None] = dict.fromkeys(SCHEMA.fields)
    record |= {"count": len(told), "has_more": len(known) >= after and after <= MOST, "next": str(after)}
    for n, one in enumerate(told, start=1):
        record |= {
            f"paid_{n}": one.amount_cents < 0,
            f"amount_{n}": abs(one.amount_cents),
            f"amount_{n}_currency": one.currency,
            f"date_{n}": iso_day(one.at, now),
        }
    return Found(record)
