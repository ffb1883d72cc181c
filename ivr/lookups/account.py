"""What a customer owes, by customer number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from data.records import AccountStatus
from data.store import Store
from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day

SCHEMA = LookupSchema(
    ("customer_number",),
    {
        "name": "text",
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
    },
)
"""What it is asked by, and what it gives."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Amounts in minor units, days as ISO text; `state` is what flows branch on (see `state_of`)."""
    account = store.accounts.by_customer_number(by.get("customer_number", ""))
    if account is None:
        return Missing()
    today, paid = now.date(), account.last_payment
    return Found(
        {
            "name": account.name,
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
        }
    )


def state_of(account: AccountStatus, today: date) -> str:
    """`clear`, `credit`, `due`, `overdue` (all of it is late), `partly_overdue` or `undated`."""
    if account.balance_cents <= 0:
        return "credit" if account.balance_cents < 0 else "clear"
    if account.due_on is None:
        return "undated"
    if account.due_on >= today:
        return "due"
    return "overdue" if account.next_due_on(today) is None else "partly_overdue"
