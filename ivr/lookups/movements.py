"""The last movements of one account, three at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from data.records import Movement
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing
from ivr.lookups.account import which as account_of
from ivr.lookups.days import iso_day

if TYPE_CHECKING:
    from data.store import Store

AT_ONCE = 3
"""Movements in one answer: nobody remembers a fourth."""
MOST = 30
"""Movements that can be heard at all; whoever wants more wants a statement."""
_LINE: Mapping[str, ValueType] = {
    "what_{n}": "text",
    "amount_{n}": "money",
    "amount_{n}_currency": "text",
    "date_{n}": "date",
}
SCHEMA = LookupSchema(
    ("customer_number", "account", "from"),
    {
        "count": "number",
        **{name.format(n=n): kind for n in range(1, AT_ONCE + 1) for name, kind in _LINE.items()},
        "has_more": "boolean",
        "next": "digits",
    },
)
"""`account` as in `one_account`; `from` counts from 1, the newest; `next` is where to go on. `what_1` is
`bill`, `payment`, `refund`, `charge` or `credit`. Amounts have no sign. What there is not is empty."""
_NAMED = frozenset({"bill", "payment", "refund"})
"""Kinds that callers have a word for; anything else was charged, or taken off."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Missing: there is none, or none from there on."""
    first = int(by["from"]) if by.get("from", "").isascii() and by.get("from", "").isdecimal() else 0
    account = account_of(store, by)
    if account is None:
        return Missing()
    known = store.accounts.movements(
        account.customer_number, label=account.label, most=min(first, MOST) + AT_ONCE
    )
    told = known[first - 1 : first - 1 + AT_ONCE]
    if not 1 <= first <= MOST or not told:
        return Missing()
    after = first + AT_ONCE
    record: dict[str, str | int | bool | None] = dict.fromkeys(SCHEMA.fields)
    record |= {"count": len(told), "has_more": len(known) >= after and after <= MOST, "next": str(after)}
    for n, one in enumerate(told, start=1):
        record |= {
            f"what_{n}": _what(one),
            f"amount_{n}": abs(one.amount_cents),
            f"amount_{n}_currency": one.currency,
            f"date_{n}": iso_day(one.at, now),
        }
    return Found(record)


def _what(movement: Movement) -> str:
    if movement.kind in _NAMED:
        return movement.kind
    return "credit" if movement.amount_cents < 0 else "charge"
