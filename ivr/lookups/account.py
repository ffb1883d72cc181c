"""What a customer owes, by customer number."""

from __future__ import annotations

from collections.abc import Mapping

from data.store import Store
from dialogs.results import Found, Missing


def ask(store: Store, by: Mapping[str, str]) -> Found | Missing:
    """`name`, `balance` (minor units, with `balance_currency`) and `due_date` (ISO) of an account."""
    account = store.accounts.by_customer_number(by.get("customer_number", ""))
    if account is None:
        return Missing()
    return Found(
        {
            "name": account.name,
            "balance": account.balance_cents,
            "balance_currency": account.currency,
            "due_date": None if account.due_on is None else account.due_on.isoformat(),
        }
    )
