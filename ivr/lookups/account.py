"""What a customer owes, by customer number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from data.records import AccountStatus
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day

if TYPE_CHECKING:
    from data.store import Store

_OWED: Mapping[str, ValueType] = {
    "state": "text",
    "balance": "money",
    "balance_currency": "text",
    "credit": "money",
    "credit_currency": "text",
    "due_date": "date",
    "overdue": "money",
    "overdue_currency": "text",
    "next_due_date": "date",
    "has_paid": "boolean",
    "last_payment": "money",
    "last_payment_currency": "text",
    "last_payment_date": "date",
    "pays_by": "text",
}
SCHEMA = LookupSchema(("customer_number",), {"name": "text", "several": "boolean", **_OWED})
"""What it is asked by, and what it gives: the first account."""
MOST_NAMED = 3
"""Accounts whose names are read out; of more, callers say the last digits."""
ALL = LookupSchema(
    ("customer_number",),
    {
        "count": "number",
        **{f"label_{n}": "text" for n in range(1, MOST_NAMED + 1)},
        **{f"ending_{n}": "digits" for n in range(1, MOST_NAMED + 1)},
    },
)
"""A customer's accounts by what tells them apart; of what there is not, the fields are empty."""
ONE = LookupSchema(("customer_number", "account"), {"label": "text", **_OWED})
"""One of several: `account` is its place in that list, `1` to `3`, or its last four digits."""

_PLACES = frozenset(str(n) for n in range(1, MOST_NAMED + 1))


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Amounts in minor units, days as ISO text; `state` is what flows branch on (see `state_of`)."""
    accounts = store.accounts.of_customer(by.get("customer_number", ""))
    if not accounts:
        return Missing()
    first = accounts[0]
    return Found({"name": first.name, "several": len(accounts) > 1, **_owed(first, now)})


def ask_all(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:  # noqa: ARG001 - a look-up's
    """What a customer's accounts are called, in their own words, and how their numbers end."""
    accounts = store.accounts.of_customer(by.get("customer_number", ""))
    if not accounts:
        return Missing()
    record: dict[str, str | int | bool | None] = dict.fromkeys(ALL.fields)
    record["count"] = len(accounts)
    for n, one in enumerate(accounts[:MOST_NAMED], start=1):
        record |= {f"label_{n}": one.label or one.last_digits, f"ending_{n}": one.last_digits or None}
    return Found(record)


def ask_one(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Missing: no such account of theirs, or two that end alike."""
    meant = which(store, by)
    if meant is None:
        return Missing()
    return Found({"label": meant.label or meant.last_digits, **_owed(meant, now)})


def which(store: Store, by: Mapping[str, str]) -> AccountStatus | None:
    """The account that `customer_number` and `account` name."""
    accounts, wanted = store.accounts.of_customer(by.get("customer_number", "")), by.get("account", "")
    if wanted in _PLACES:
        meant = accounts[int(wanted) - 1 : int(wanted)]
    else:
        meant = tuple(one for one in accounts if wanted and one.last_digits == wanted)
    return meant[0] if len(meant) == 1 else None


def _owed(account: AccountStatus, now: datetime) -> dict[str, str | int | bool | None]:
    today, paid = now.date(), account.last_payment
    return {
        "state": state_of(account, today),
        "balance": account.balance_cents,
        "balance_currency": account.currency,
        "credit": max(0, -account.balance_cents),
        "credit_currency": account.currency,
        "due_date": iso_day(account.due_on, now),
        "overdue": account.overdue_cents(today),
        "overdue_currency": account.currency,
        "next_due_date": iso_day(account.next_due_on(today), now),
        "has_paid": paid is not None,
        "last_payment": None if paid is None else paid.amount_cents,
        "last_payment_currency": None if paid is None else paid.currency,
        "last_payment_date": None if paid is None else iso_day(paid.received_on, now),
        "pays_by": account.pays_by,
    }


def state_of(account: AccountStatus, today: date) -> str:
    """`clear`, `credit`, `due`, `overdue` (all of it is late), `partly_overdue` or `undated`."""
    if account.balance_cents <= 0:
        return "credit" if account.balance_cents < 0 else "clear"
    if account.due_on is None:
        return "undated"
    if account.due_on >= today:
        return "due"
    return "overdue" if account.next_due_on(today) is None else "partly_overdue"
