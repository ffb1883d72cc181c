"""The days on which an order that is under way could be delivered instead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from data.records import BEFORE_DISPATCH, MOST_DAYS_AHEAD
from dialogs.calendars import Calendar
from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day
from ivr.working_days import USUAL

if TYPE_CHECKING:
    from data.store import Store

MOST_TOLD = 3
"""Days in one answer: nobody remembers a fourth."""
NOTICE_DAYS = {"placed": 1, "preparing": 1, "shipped": 2}
"""How many days ahead the first one is: a parcel that is with the carrier takes longer to be stopped."""
SCHEMA = LookupSchema(
    ("order_id", "customer_number"),
    {
        "state": "text",
        "can_cancel": "boolean",
        "has_items": "boolean",
        "items": "text",
        "has_date": "boolean",
        "expected_date": "date",
        **{f"day_{n}": "date" for n in range(1, MOST_TOLD + 1)},
    },
)
"""`state`: `possible`, or why not (`out_for_delivery`, `delivered`, `cancelled`); then there are no days."""


def ask(
    store: Store, by: Mapping[str, str], now: datetime, *, calendar: Calendar = USUAL.deliveries
) -> Found | Missing:
    """The next working days but the one that is planned. No name and no address, as with `order`."""
    order = store.orders.by_number(by.get("order_id", ""))
    if order is None or order.customer_number != by.get("customer_number"):
        return Missing()
    record: dict[str, str | int | bool | None] = dict.fromkeys(SCHEMA.fields)
    record |= {
        "state": "possible" if order.status in NOTICE_DAYS else order.status,
        "can_cancel": order.status in BEFORE_DISPATCH,
        "has_items": bool(order.items.strip()),
        "items": order.items.strip() or None,
        "has_date": order.expected_on is not None,
        "expected_date": iso_day(order.expected_on, now),
    }
    if order.status in NOTICE_DAYS:
        day, told = now.date() + timedelta(days=NOTICE_DAYS[order.status]), 0
        latest = now.date() + timedelta(days=MOST_DAYS_AHEAD)
        while told < MOST_TOLD and day <= latest:
            if calendar.opens_on(day) and day != order.expected_on:
                told += 1
                record[f"day_{told}"] = day.isoformat()
            day += timedelta(days=1)
    return Found(record)


ONE = LookupSchema(
    ("order_id", "customer_number", "day"), {"possible": "boolean", "reason": "text", "next_day": "date"}
)
"""`reason`: why not (`past`, `too_soon`, `too_far`, `no_delivery`, or the order's state); then `next_day` is
the next possible one, or the first where there is none behind it."""


def ask_one(
    store: Store, by: Mapping[str, str], now: datetime, *, calendar: Calendar = USUAL.deliveries
) -> Found | Missing:
    """Whether an order could come on that day, before anybody agrees to it."""
    order = store.orders.by_number(by.get("order_id", ""))
    try:
        wanted = date.fromisoformat(by.get("day", ""))
    except ValueError:
        return Missing()
    if order is None or order.customer_number != by.get("customer_number"):
        return Missing()
    if order.status not in NOTICE_DAYS:
        return Found({"possible": False, "reason": order.status, "next_day": None})
    today = now.date()
    first, last = today + timedelta(days=NOTICE_DAYS[order.status]), today + timedelta(days=MOST_DAYS_AHEAD)
    reason = _why_not(wanted, today, first, last, calendar)
    behind = _open_from(max(first, wanted), last, calendar) or _open_from(first, last, calendar)
    return Found(
        {"possible": not reason, "reason": reason, "next_day": iso_day(behind, now) if reason else None}
    )


def _why_not(wanted: date, today: date, first: date, last: date, calendar: Calendar) -> str:
    """Empty if it is possible."""
    if wanted <= today:
        return "past"
    if wanted > last:
        return "too_far"
    if not calendar.opens_on(wanted):
        return "no_delivery"
    return "too_soon" if wanted < first else ""


def _open_from(day: date, last: date, calendar: Calendar) -> date | None:
    days = (day + timedelta(days=n) for n in range((last - day).days + 1))
    return next((one for one in days if calendar.opens_on(one)), None)
