"""What flows may ask for: each look-up is declared in the catalogue, and answered by one module here.

Rules:
1. A look-up answers `Found`, `Missing` or `Failed`; the session keeps the deadline and says `Slow`.
2. What the caller said is a bound value of a query, never a part of one.
3. What flows say by themselves is a code (`status`, `state`, `topic`), which they map to words: no code
   and no text in another language is read out.
4. Each module says in `SCHEMA` what it is asked by and what it gives; a catalogue that declares it otherwise
   is not published (`ivr/back_ends/agreement.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import gevent

from data.errors import DataError
from dialogs.catalogue import LookupSchema
from dialogs.results import Failed, Found, Missing
from ivr.lookups import (
    account,
    agent,
    appointments,
    case,
    delivery_days,
    movements,
    order,
    payment_terms,
    ticket,
)
from ivr.working_days import USUAL, WorkingDays

if TYPE_CHECKING:
    from data.store import Store

Answer = Found | Missing
Ask: TypeAlias = "Callable[[Store, Mapping[str, str], datetime], Answer]"
"""The database, what it is asked by, and the time in the company's zone."""

LOOKUPS: Mapping[str, Ask] = {
    "account": account.ask,
    "agent": agent.ask,
    "accounts": account.ask_all,
    "appointment": appointments.ask_next,
    "appointments": appointments.ask_all,
    "case": case.ask,
    "changeable_orders": order.ask_changeable,
    "day_possible": delivery_days.ask_one,
    "delivery_days": delivery_days.ask,
    "free_slots": appointments.ask_free,
    "movements": movements.ask,
    "one_account": account.ask_one,
    "order": order.ask,
    "orders": order.ask_all,
    "payment_terms": payment_terms.ask,
    "ticket": ticket.ask,
    "tickets": ticket.ask_all,
}
SCHEMAS: Mapping[str, LookupSchema] = {
    "account": account.SCHEMA,
    "agent": agent.SCHEMA,
    "accounts": account.ALL,
    "appointment": appointments.APPOINTMENT,
    "appointments": appointments.ALL,
    "case": case.SCHEMA,
    "changeable_orders": order.CHANGEABLE,
    "day_possible": delivery_days.ONE,
    "delivery_days": delivery_days.SCHEMA,
    "free_slots": appointments.FREE,
    "movements": movements.SCHEMA,
    "one_account": account.ONE,
    "order": order.SCHEMA,
    "orders": order.ALL,
    "payment_terms": payment_terms.SCHEMA,
    "ticket": ticket.SCHEMA,
    "tickets": ticket.ALL,
}

LISTS: Mapping[str, Sequence[str]] = {
    "accounts": ("account", "one_account"),
    "appointments": ("appointment",),
    "changeable_orders": ("order", "orders", "delivery_days"),
    "orders": ("order",),
    "tickets": ("ticket",),
}
"""Lists, and what else is told of the same things. Where a company's system tells that and not the list, ours
is empty and no answer: "you have no order" would be a lie."""


class Lookups:
    """The look-ups of the own database."""

    def __init__(self, store: Store, now: Callable[[], datetime], working: WorkingDays = USUAL) -> None:
        """`now` tells the time in the company's zone: what is late, and which day it is; `working`: on which
        days it delivers and receives."""
        self._store, self._now = store, now
        self._asks: dict[str, Ask] = {
            **LOOKUPS,
            "day_possible": partial(delivery_days.ask_one, calendar=working.deliveries),
            "delivery_days": partial(delivery_days.ask, calendar=working.deliveries),
            "free_slots": partial(appointments.ask_free, calendar=working.appointments),
        }

    def answers(self, name: str, ask: Ask) -> None:
        """That look-up is answered so from here on: by somebody who knows more than the database."""
        self._asks[name] = ask

    def ask(
        self,
        name: str,
        by: Mapping[str, str],
        *,
        deadline: float = 4.0,  # noqa: ARG002 - the port's; the database keeps a limit of its own
        sensitive: bool = False,  # noqa: ARG002 - the port's; nothing is kept here
    ) -> Found | Missing | Failed:
        """Asks in gevent's thread pool, so that a slow database holds up only who asked."""
        ask = self._asks.get(name)
        if ask is None:
            return Failed(f"no look-up is called {name}")
        answer: Found | Missing | Failed = gevent.get_hub().threadpool.apply(
            _in_thread, (ask, self._store, dict(by), self._now())
        )
        return answer


def _in_thread(ask: Ask, store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing | Failed:
    # Caught here: gevent prints what a thread of its pool raises, and a lost database is no surprise.
    try:
        return ask(store, by, now)
    except DataError as fault:
        return Failed(str(fault))
