"""Where an order is, by its number."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from data.records import BEFORE_DISPATCH, OrderStatus, Shipment
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day
from ivr.lookups.delivery_days import NOTICE_DAYS
from ivr.lookups.whose import PROOF, is_theirs

if TYPE_CHECKING:
    from data.store import Store

SCHEMA = LookupSchema(
    ("order_id", *PROOF),
    {
        "status": "text",
        "late": "boolean",
        "has_carrier": "boolean",
        "carrier": "text",
        "placed_date": "date",
        "has_date": "boolean",
        "expected_date": "date",
        "delivered_date": "date",
        "left_with": "text",
        "parcels": "number",
        "parcels_delivered": "number",
        "total": "money",
        "total_currency": "text",
    },
)
"""What it is asked by, and what it gives."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Days as ISO text, and no name and no address. Missing: there is none, or it is not theirs."""
    order = store.orders.by_number(by.get("order_id", ""))
    if order is None or not is_theirs(store, order.customer_number, by):
        return Missing()
    delivered = _delivered(order)
    carrier = (order.carrier or "").strip() or None  # whoever fills the table may write blanks for none
    return Found(
        {
            "status": order.status,
            "late": order.is_late(now.date()),
            "has_carrier": carrier is not None,
            "carrier": carrier,
            "placed_date": iso_day(order.placed_at, now),
            "has_date": order.expected_on is not None,
            "expected_date": iso_day(order.expected_on, now),
            "delivered_date": iso_day(_delivered_at(order), now),
            "left_with": delivered[-1].left_with if delivered else None,
            "parcels": len(order.shipments),
            "parcels_delivered": len(delivered),
            "total": order.total_cents,
            "total_currency": order.currency,
        }
    )


MOST_TOLD = 3
"""Orders in one answer: nobody remembers a fourth."""
RECENT_DAYS = 14
"""How long a delivered order is still worth asking about."""
_NAMED: Mapping[str, ValueType] = {
    "order_id": "code",
    "items": "text",
    "status": "text",
    "expected_date": "date",
}
ALL = LookupSchema(
    ("customer_number",),
    {
        "count": "number",
        **{f"{name}_{n}": kind for n in range(1, MOST_TOLD + 1) for name, kind in _NAMED.items()},
    },
)
"""Orders of whoever has proved who they are, by what tells them apart; `count` is that of all of them."""
CHANGEABLE = LookupSchema(("customer_number", "change"), ALL.fields)
"""Of these, those of which `change` is still possible: `cancel`, or `delivery` (another day)."""
_CHANGEABLE: Mapping[str, Collection[str]] = {"cancel": BEFORE_DISPATCH, "delivery": NOTICE_DAYS}


def ask_all(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """What is on its way, the last one placed first; then what came in the last days. Never cancelled ones.

    `expected_date` is one that is still to come: a day that is past names no order.
    """
    recent = now - timedelta(days=RECENT_DAYS)
    every = store.orders.of_customer(by.get("customer_number", ""))
    orders = [one for one in every if _asked_for(one, recent)]
    orders.sort(key=lambda one: one.status == "delivered")
    return _listed(orders, now)


def ask_changeable(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """What can still be cancelled, or come on another day: the last one placed first."""
    states = _CHANGEABLE.get(by.get("change", ""), frozenset())
    every = store.orders.of_customer(by.get("customer_number", ""), under_way=True)
    return _listed([one for one in every if one.status in states], now)


def _listed(orders: Sequence[OrderStatus], now: datetime) -> Found | Missing:
    if not orders:
        return Missing()
    record: dict[str, str | int | bool | None] = dict.fromkeys(ALL.fields)
    record["count"] = len(orders)
    for n, one in enumerate(orders[:MOST_TOLD], start=1):
        to_come = one.expected_on is not None and one.expected_on >= now.date() and one.status != "delivered"
        record |= {
            f"order_id_{n}": one.order_number,
            f"items_{n}": one.items.strip() or None,
            f"status_{n}": one.status,
            f"expected_date_{n}": iso_day(one.expected_on, now) if to_come else None,
        }
    return Found(record)


def _asked_for(order: OrderStatus, recent: datetime) -> bool:
    if order.status == "delivered":
        return (_delivered_at(order) or order.updated_at) >= recent
    return order.status != "cancelled"


def _delivered(order: OrderStatus) -> list[Shipment]:
    """The parcels that have arrived, the last one last."""
    arrived = [parcel for parcel in order.shipments if parcel.delivered_at is not None]
    return sorted(arrived, key=lambda parcel: (parcel.delivered_at, parcel.tracking_number or ""))


def _delivered_at(order: OrderStatus) -> datetime | None:
    """When the last parcel arrived; where nobody noted it, when the order was marked as delivered."""
    if order.status != "delivered":
        return None
    arrived = _delivered(order)
    return arrived[-1].delivered_at if arrived else order.updated_at
