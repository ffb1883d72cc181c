"""What customers ask about: tickets, orders, appointments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from data.records.cleaning import Cleaning, code, one_of, utc
from data.records.requests import By
from data.text import clean, clean_text

BEFORE_DISPATCH = ("placed", "preparing")
"""States of an order that has not left yet."""
MOST_DAYS_AHEAD = 60
"""How far ahead a day of delivery may lie."""


@dataclass(frozen=True, kw_only=True)
class TicketChange:
    status: str
    at: datetime
    note: str


@dataclass(frozen=True, kw_only=True)
class TicketNote(Cleaning):
    """Something added to a ticket."""

    at: datetime
    who: By
    text: str
    recording: str | None = None
    """Path of a voice note, below the recordings folder; `text` is what was understood of it."""
    call_id: UUID | None = None

    def __post_init__(self) -> None:
        one_of(self.who, By, "who")
        self._set(at=utc(self.at), text=clean_text(self.text))


@dataclass(frozen=True, kw_only=True)
class NewTicket(Cleaning):
    """A ticket (or case) to be opened."""

    at: datetime
    topic: str = "other"
    subject: str = ""
    """In the customer's words and language."""
    kind: str = "incident"
    """`incident`, or what a flow's `case` step calls it."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What a flow noted."""
    customer_number: str | None = None
    """`None`: whoever called is not known as a customer."""
    promised_on: date | None = None
    call_id: UUID | None = None

    def __post_init__(self) -> None:
        self._set(
            at=utc(self.at),
            topic=code(self.topic)[:20],
            subject=clean(self.subject, 200),
            kind=code(self.kind)[:60],
            about={code(name): clean_text(value) for name, value in self.about.items()},
        )


@dataclass(frozen=True, kw_only=True)
class TicketStatus:
    ticket_number: str
    customer_number: str
    """Empty, like the name and language, for a case of nobody known."""
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
    kind: str = "incident"
    about: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[TicketNote, ...] = ()
    """Oldest first."""
    call_id: UUID | None = None
    """In which it was opened."""


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


@dataclass(frozen=True, kw_only=True)
class FreeSlot:
    """A time at which there is still a place."""

    id: UUID
    service: str
    site: str
    zone: str
    """IANA time zone in which `begins_at` is told."""
    begins_at: datetime
    minutes: int
    places: int
    """How many are left."""


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A place in a slot that is, or was, a customer's."""

    appointment_number: str
    """Eight digits with a check digit: what they say."""
    customer_number: str
    service: str
    site: str
    zone: str
    begins_at: datetime
    minutes: int
    status: str
    """`booked`, `cancelled`, `kept`, `missed`."""
    note: str
