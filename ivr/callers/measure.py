"""How long it takes to know a caller with many past calls, among many others, on a database of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

from sqlalchemy import func, insert, select

from data.ids import new_id
from data.models import CallRow, CustomerPhoneNumberRow, CustomerRow, OrderRow, PhoneNumberRow, TicketRow
from data.store import Store
from dialogs.segments.rules import SegmentRules
from ivr.bench import Figures, figures
from ivr.callers.history import facts_of
from ivr.callers.numbers import caller_number
from ivr.errors import MeasurementImpossible

NUMBER = "+34600111222"
OTHERS = 20_000
"""Calls of other people."""
_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_SLICE = 1000
_OUTCOMES = ("handed_over", "balance_told", "order_told", None)


def measure(
    store: Store, rules: SegmentRules, *, calls: int, decisions: int, tell: Callable[[], None]
) -> list[Figures]:
    """Decides `decisions` times about a caller with `calls` past calls: history, facts, rules.

    The database must be upgraded and hold no calls: it is filled. `tell` is called after every decision.
    Raises `MeasurementImpossible`, `DataError`.
    """
    with store.database.reading() as connection:
        if connection.scalar(select(func.count()).select_from(CallRow)):
            raise MeasurementImpossible(
                "The database holds calls already", "Name an empty one: it is filled with made-up calls"
            )
    _fill(store, calls)
    for _ in range(10):
        _decide(store, rules)
    waited, computed = [], []
    for _ in range(decisions):
        began, worked = time.perf_counter(), time.thread_time()
        _decide(store, rules)
        waited.append(time.perf_counter() - began)
        computed.append(time.thread_time() - worked)
        tell()
    what, backend = f"segment of a caller with {calls} calls", store.database.backend
    # On a machine that does something else, too, the processor's time says more than the clock's.
    return [figures(what, backend, waited), figures("of these, our processor's time", backend, computed)]


def _decide(store: Store, rules: SegmentRules) -> str:
    number = caller_number(NUMBER, "ES")
    known = store.callers.history(number.e164, written=number.written, before=_AT, today=_AT.date())
    return rules.decide(facts_of(number, known, now=_AT, verified=False)).segment.name


def _fill(store: Store, calls: int) -> None:
    with store.database.writing() as connection:
        rows = list(_calls(calls))
        for start in range(0, len(rows), _SLICE):
            connection.execute(insert(CallRow), rows[start : start + _SLICE])
    who, line = new_id(), new_id()
    with store.database.writing() as connection:
        connection.execute(
            insert(CustomerRow).values(
                id=who, customer_number="45716", name="x", language="es", zone="Europe/Madrid", origin="seed"
            )
        )
        connection.execute(insert(PhoneNumberRow).values(id=line, e164=NUMBER))
        connection.execute(
            insert(CustomerPhoneNumberRow).values(customer_id=who, phone_number_id=line, rank=1)
        )
        for n in range(40):
            placed = _AT - timedelta(days=9 * n)
            connection.execute(
                insert(OrderRow).values(
                    **{"id": new_id(), "order_number": f"{n}", "customer_id": who, "items": "x"},
                    **{"status": "delivered" if n else "shipped", "placed_at": placed, "updated_at": placed},
                    **{"expected_on": date(2026, 11, 24), "delivery_address": "x", "total_cents": 5000},
                    currency="EUR",
                )
            )
            connection.execute(
                insert(TicketRow).values(
                    **{"id": new_id(), "ticket_number": f"{n}", "customer_id": who, "subject": "x"},
                    **{"status": "closed" if n else "open", "opened_at": placed, "updated_at": placed},
                )
            )


def _calls(count: int) -> Iterator[dict[str, object]]:
    """The caller's, written in two ways, over 90 days; and others', over a year."""
    drawn = Random(1)  # noqa: S311 - made-up calls, the same each time
    for n in range(count + OTHERS):
        mine = n < count
        minutes = 90 * 1440 * n // count if mine else drawn.randrange(365 * 1440)
        other = f"+346{drawn.randrange(10**8):08d}"
        began = _AT - timedelta(minutes=minutes + 1)
        yield {
            **{"id": new_id(), "switch_uuid": f"made-up-{n}", "direction": "inbound", "caller_name": ""},
            **{"caller_number": (NUMBER, NUMBER[3:])[n % 2] if mine else other, "destination": "8000"},
            **{"language": "es", "started_at": began, "answered_at": began, "ended_at": began},
            **{"ended_by": "caller", "outcome": _OUTCOMES[n % 4], "node_id": "bench", "flow": "main"},
            **{"flow_version": "", "caller_facts": "{}"},
        }
