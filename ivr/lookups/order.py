"""Where an order is, by its number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from data.records import OrderStatus, Shipment
from data.store import Store
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Days as ISO text. No name and no address: whoever knows a number is not yet known to be its owner."""
    order = store.orders.by_number(by.get("order_id", ""))
    if order is None:
        return Missing()
    last = _last_delivered(order)
    return Found(
        {
            "status": order.status,
            "late": order.is_late(now.date()),
            "carrier": order.carrier,
            "placed_date": iso_day(order.placed_at, now),
            "expected_date": iso_day(order.expected_on, now),
            "delivered_date": None if last is None else iso_day(last.delivered_at, now),
            "left_with": None if last is None else last.left_with,
            "parcels": len(order.shipments),
            "parcels_delivered": sum(parcel.delivered_at is not None for parcel in order.shipments),
            "total": order.total_cents,
            "total_currency": order.currency,
        }
    )


def _last_delivered(order: OrderStatus) -> Shipment | None:
    delivered = [parcel for parcel in order.shipments if parcel.delivered_at is not None]
    return max(
        delivered, key=lambda parcel: (parcel.delivered_at, parcel.tracking_number or ""), default=None
    )
