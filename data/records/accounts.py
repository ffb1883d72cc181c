"""What customers owe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Debt:
    concept: str
    amount_cents: int
    currency: str
    due_on: date
    stage: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Payment:
    amount_cents: int
    currency: str
    received_on: date
    method: str
    """`direct_debit`, `card`, `transfer`, `cash`."""


@dataclass(frozen=True, kw_only=True)
class AccountStatus:
    """What a customer owes. A positive balance is owed by the customer, a negative one to them."""

    customer_number: str
    name: str
    language: str
    balance_cents: int
    currency: str
    due_on: date | None
    """When the next (or the oldest unpaid) payment is due; `None` if nothing is."""
    stage: str
    """Stage of arrears: `none`, `preventive`, `early`, `middle`, `late`, `pre_judicial`, `judicial`."""
    debts: tuple[Debt, ...]
    """The open ones, oldest first."""
    last_payment: Payment | None
    label: str = ""
    """What tells a customer's accounts apart, in their words; empty for the only one."""
    last_digits: str = ""
    """The end of the account's number."""
    pays_by: str = ""
    """`direct_debit`, `card`, `transfer`, `cash`; empty: not agreed."""

    def overdue_cents(self, today: date) -> int:
        """What should have been paid before `today`, in minor units."""
        return sum(debt.amount_cents for debt in self.debts if debt.due_on < today)

    def next_due_on(self, today: date) -> date | None:
        """When the next payment is due that is not late; `None` if none is to come."""
        return min((debt.due_on for debt in self.debts if debt.due_on >= today), default=None)


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One line of an account's statement."""

    at: datetime
    amount_cents: int
    """As it changes what is owed: a bill is positive, a payment negative."""
    currency: str
    concept: str
    """In the customer's language."""
    kind: str
    """`bill`, `payment`, `refund`, `fee`, `correction`."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A promise to pay."""

    id: UUID
    amount_cents: int
    currency: str
    promised_for: date
    """The day by which the money is to be there."""
    made_at: datetime
    status: str
    """See `data.promise_rules`."""


@dataclass(frozen=True, kw_only=True)
class PromiseTerms:
    """What the house asks of a promise, and how it was made."""

    longest_days: int = 3660
    """How far ahead the day may lie."""
    of_balance: bool = False
    """Whether it is measured by what is owed: no more than that, and the least share of it."""
    least_of_balance: int = 0
    """Percent of what is owed that must be promised."""
    least_share: int = 100
    """Percent of what is promised that make it kept."""
    grace_days: int = 0
    most_instalments: int = 1
    """In how many parts, a month apart, it may be paid."""
    instalment: bool = False
    """Whether it is one of several that stand beside each other."""
    channel: str = "call"
    confirmed_by: str = ""
    """How they agreed when it was read back: `yes`, `key`, `agent`."""
    verified_by: str = ""
    """What proved who they were."""


AS_THEY_SAY = PromiseTerms()
"""Any amount and day to come."""
