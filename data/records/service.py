"""What customers ask about: tickets, orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class TicketChange:
    status: str
    at: datetime
    note: str


@dataclass(frozen=True, kw_only=True)
class TicketStatus:
    ticket_number: str
    customer_number: str
    name: str
    language: str
    topic: str
    """`internet`, `telephone`, `television`, `mobile`, `bill`, `contract`, `other`."""
    subject: str
    """In the customer's words and language."""
    status: str
    """`open`, `in_progress`, `waiting_customer`, `resolved`, `closed`."""
    opened_at: datetime
    updated_at: datetime
    promised_on: date | None
    history: tuple[TicketChange, ...]
    """Oldest first; the last one gives `status` and `updated_at`."""


@dataclass(frozen=True, kw_only=True)
class Shipment:
    """One parcel of an order."""

    carrier: str
    tracking_number: str | None
    status: str
    """`in_transit`, `out_for_delivery`, `delivered`, `returned`."""
    shipped_at: datetime
    expected_on: date | None
    delivered_at: datetime | None
    left_with: str | None
    """`recipient`, `neighbour`, `pickup_point`; `None` until it is delivered."""


@dataclass(frozen=True, kw_only=True)
class OrderStatus:
    order_number: str
    customer_number: str
    name: str
    language: str
    items: str
    status: str
    """`placed`, `preparing`, `shipped`, `out_for_delivery`, `delivered`, `cancelled`."""
    placed_at: datetime
    updated_at: datetime
    expected_on: date | None
    carrier: str | None
    total_cents: int
    currency: str
    shipments: tuple[Shipment, ...]
    """The parcels; none before it is shipped."""

    def is_late(self, today: date) -> bool:
        """Whether it should have arrived before `today`, and has not."""
        under_way = self.status not in {"delivered", "cancelled"}
        return under_way and self.expected_on is not None and self.expected_on < today
