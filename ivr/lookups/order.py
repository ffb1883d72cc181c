"""Where an order is, by its number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from data.records import OrderStatus, Shipment
from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day
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
    return Found(
        {
            "status": order.status,
            "late": order.is_late(now.date()),
            "has_carrier": order.carrier is not None,
            "carrier": order.carrier,
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
