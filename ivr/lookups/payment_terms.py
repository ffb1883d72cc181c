"""What a customer owes on their first account, and what the house accepts of a promise about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from data.promise_rules import parts
from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing

if TYPE_CHECKING:
    from data.store import Store

SCHEMA = LookupSchema(
    ("customer_number", "strategy", "campaign"),
    {
        "state": "text",
        "owed": "money",
        "owed_currency": "text",
        "least": "money",
        "least_currency": "text",
        "latest_date": "date",
        "instalments": "number",
        "in_two": "money",
        "in_two_currency": "text",
        "in_three": "money",
        "in_three_currency": "text",
    },
)
"""`strategy` and `campaign`: whose policy holds; `none` outside campaigns."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """`state`: `due`, or `clear` (nothing is owed any more). `least` is the smallest sum that is accepted,
    `latest_date` the last day; `in_two`, `in_three` are the instalments (the last may be some cents less)."""
    from ivr.campaigns.promising import policy_of  # noqa: PLC0415 - designers' commands need the schema alone

    accounts = store.accounts.of_customer(by.get("customer_number", ""))
    if not accounts:
        return Missing()
    first, policy = accounts[0], policy_of(store, by.get("strategy", ""), by.get("campaign", ""))
    owed, today = max(0, first.balance_cents), now.date()
    return Found(
        {
            "state": "due" if owed else "clear",
            "owed": owed,
            "least": -(-owed * policy.least_of_balance // 100),
            "latest_date": (today + timedelta(days=policy.longest_days)).isoformat(),
            "instalments": policy.instalments,
            "in_two": parts(owed, today, 2)[0][0],
            "in_three": parts(owed, today, 3)[0][0],
            **dict.fromkeys(
                ("owed_currency", "least_currency", "in_two_currency", "in_three_currency"), first.currency
            ),
        }
    )
