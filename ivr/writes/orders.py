"""Changes of an order: another delivery day, and that it is not wanted any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from data import records
from dialogs.catalogue import WriteSchema
from dialogs.results import Refused, Written
from ivr.lookups.delivery_days import NOTICE_DAYS
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

DELIVERY_DAY = WriteSchema(
    {"customer_number": "code", "order_id": "digits", "day": "date"},
    frozenset(
        {
            "unknown",
            "past",
            "too_soon",
            "too_far",
            "no_delivery",
            "out_for_delivery",
            "delivered",
            "cancelled",
        }
    ),
    {"expected_date": "date"},
)
CANCEL = WriteSchema(
    {"customer_number": "code", "order_id": "digits"},
    frozenset({"unknown", "shipped", "out_for_delivery", "delivered", "cancelled"}),
)


def change_delivery_day(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Refused: the order's state, a day that is past, too soon, too far or free, or no order of theirs."""
    day = date.fromisoformat(values["day"])
    if not asked.working.deliveries.opens_on(day):
        return Refused("no_delivery")
    done = store.orders.change_delivery_day(
        values["order_id"],
        day,
        asked.request,
        today=asked.now.date(),
        notice_days=NOTICE_DAYS,
        of=values["customer_number"],
    )
    if isinstance(done, records.Refused):
        return Refused(done.reason)
    return Written({"expected_date": None if done.expected_on is None else done.expected_on.isoformat()})


def cancel(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Refused once it has left: the order's state is the reason."""
    done = store.orders.cancel(values["order_id"], asked.request, of=values["customer_number"])
    return Refused(done.reason) if isinstance(done, records.Refused) else Written()
