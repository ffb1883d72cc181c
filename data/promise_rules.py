"""When a promise to pay is kept, and when it is not. Pure: days and payments are given.

    open ──money in time ≥ the least share──▶ kept
      │──the day and its grace are over──▶ partial (some money) or broken (none)
      │──they or the house take it back──▶ cancelled
      └──another promise for the same──▶ superseded

Rules:
1. Money counts from the day of the promise until its day and grace, and only once: of several promises on one
   account the one that is due first takes it, and what is left over goes to the next.
2. `kept`, `cancelled`, `superseded` are for ever. `partial` and `broken` are judged again when a payment
   comes to light that was in time: banks tell some days later.
3. While it is open, nobody is contacted about that debt but to be reminded, the day before.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

PromiseState = Literal["open", "kept", "partial", "broken", "cancelled", "superseded"]
FOR_EVER: frozenset[PromiseState] = frozenset({"kept", "cancelled", "superseded"})


@dataclass(frozen=True, kw_only=True)
class Promised:
    """A promise, as far as it is judged."""

    key: str
    amount_cents: int
    made_on: date
    promised_for: date
    grace_days: int = 0
    least_share: int = 100
    """Percent of the amount that make it kept."""
    state: PromiseState = "open"

    @property
    def last_day(self) -> date:
        """The last on which money is in time."""
        return self.promised_for + timedelta(days=self.grace_days)

    @property
    def enough_cents(self) -> int:
        """What makes it kept, in minor units; never less than one."""
        return max(1, -(-self.amount_cents * self.least_share // 100))

    def takes(self, received_on: date) -> bool:
        return self.made_on <= received_on <= self.last_day


@dataclass(frozen=True)
class Paid:
    """Money that has come in."""

    received_on: date
    cents: int


def shared_out(promises: Iterable[Promised], payments: Iterable[Paid]) -> Mapping[str, int]:
    """What came in for each promise of one account, by key. No cent counts twice, and none for a promise that
    was cancelled or superseded."""
    counted = sorted(
        (one for one in promises if one.state not in ("cancelled", "superseded")),
        key=lambda one: (one.promised_for, one.made_on, one.key),
    )
    paid = dict.fromkeys((one.key for one in counted), 0)
    for payment in sorted(payments, key=lambda one: one.received_on):
        left = payment.cents
        for promise in counted:
            if left > 0 and promise.takes(payment.received_on):
                taken = min(left, promise.amount_cents - paid[promise.key])
                paid[promise.key] += taken
                left -= taken
    return paid


def judged(promise: Promised, paid_cents: int, today: date) -> PromiseState:
    """What a promise is on that day, if so much has come in for it in time."""
    if promise.state in FOR_EVER:
        return promise.state
    if paid_cents >= promise.enough_cents:
        return "kept"
    if today <= promise.last_day:
        return "open"
    return "partial" if paid_cents > 0 else "broken"


def parts(amount_cents: int, first_day: date, count: int) -> list[tuple[int, date]]:
    """A sum in equal instalments, one each month from the first day on: what of it is due when. Cents that do
    not go into equal parts are left out of the last one. A month without that day has its last day."""
    days = [_months_on(first_day, month) for month in range(count)]
    each = _each_part(amount_cents, count)
    return [*((each, day) for day in days[:-1]), (_last_part(amount_cents, count), days[-1])]


def _each_part(amount_cents: int, count: int) -> int:
    return -(-amount_cents // count)


def _last_part(amount_cents: int, count: int) -> int:
    """What is left when all others are paid; nothing or less where the cents do not go round."""
    return amount_cents - _each_part(amount_cents, count) * (count - 1)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def objection(
    *,
    amount_cents: int,
    owed_cents: int,
    made_on: date,
    promised_for: date,
    longest_days: int,
    least_share: int,
    instalments: int = 1,
    most_instalments: int = 1,
) -> str | None:
    """Why the house does not accept a promise; `None`: it does. A code: `nothing`, `too_much`, `too_little`,
    `past`, `too_late`, `too_many_instalments`. `least_share`: percent of what is owed that must be promised;
    `promised_for`: the first day on which something is to be paid."""
    objections = {
        "too_many_instalments": not 1 <= instalments <= most_instalments
        or (amount_cents > 0 and _last_part(amount_cents, instalments) <= 0),
        "nothing": amount_cents <= 0,
        "too_much": amount_cents > owed_cents > 0,
        "too_little": amount_cents * 100 < owed_cents * least_share,
        "past": promised_for < made_on,
        "too_late": promised_for > made_on + timedelta(days=longest_days),
    }
    return next((code for code, holds in objections.items() if holds), None)
