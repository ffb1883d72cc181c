"""What customers ask about: tickets with notes, orders with parcels, appointments and free slots."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base, iso_currency


class TicketRow(Base):
    """A case (incidencia, caso), opened by a customer, an agent, or a flow on behalf of whoever called."""

    __tablename__ = "tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_number: Mapped[str] = mapped_column(String(20), unique=True)
    """Eight digits, the last a Luhn check digit."""
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    """`None`: whoever called is not known as a customer."""
    topic: Mapped[str] = mapped_column(String(20), server_default="other")
    """What it is about, as a code that can be said in any language; `subject` is in the customer's own."""
    subject: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    promised_on: Mapped[date | None]
    kind: Mapped[str] = mapped_column(String(60), server_default="incident")
    """`incident`, or what a flow's `case` step calls it: `complaint`, `dispute` …"""
    about: Mapped[str] = mapped_column(server_default="{}")
    """JSON: what the flow noted, name to text."""
    call_id: Mapped[UUID | None]
    """The call in which it was opened. No foreign key: calls are forgotten earlier."""


class TicketStatusChangeRow(Base):
    """One step in a ticket's history; `n` counts from 1."""

    __tablename__ = "ticket_status_changes"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    note: Mapped[str]


class TicketNoteRow(Base):
    """Something added to a ticket: the caller's words, an agent's, or the system's."""

    __tablename__ = "ticket_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(10))
    """`caller`, `agent`, `system`."""
    text: Mapped[str]
    """What was understood of a voice note; the recording is the note itself."""
    recording: Mapped[str | None]
    """Path below the recordings folder."""
    call_id: Mapped[UUID | None]

    __table_args__ = (Index("ix_ticket_notes_ticket_id_at", "ticket_id", "at"),)


class OrderRow(Base):
    """An order (pedido) and where it is."""

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(String(20), unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    items: Mapped[str]
    status: Mapped[str] = mapped_column(String(20))
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expected_on: Mapped[date | None]
    carrier: Mapped[str | None] = mapped_column(String(60))
    delivery_address: Mapped[str] = mapped_column(String(200))
    total_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))

    __table_args__ = (iso_currency(),)


class OrderChangeRow(Base):
    """One change of an order that somebody asked for; `n` counts from 1."""

    __tablename__ = "order_changes"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`delivery_day`, `cancelled`, `address`."""
    was: Mapped[str] = mapped_column(String(200))
    """What stood before: an ISO day, a status, an address."""
    now: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(10))
    """`caller`, `agent`, `system`."""
    call_id: Mapped[UUID | None]


class ShipmentRow(Base):
    """One parcel of an order; `n` counts from 1."""

    __tablename__ = "shipments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    n: Mapped[int] = mapped_column(SmallInteger)
    carrier: Mapped[str] = mapped_column(String(60))
    tracking_number: Mapped[str | None] = mapped_column(String(60), index=True)
    status: Mapped[str] = mapped_column(String(20))
    """`in_transit`, `out_for_delivery`, `delivered`, `returned`."""
    shipped_at: Mapped[datetime]
    expected_on: Mapped[date | None]
    delivered_at: Mapped[datetime | None]
    left_with: Mapped[str | None] = mapped_column(String(20))
    """Who has it: `recipient`, `neighbour`, `pickup_point`; only once it is delivered."""

    __table_args__ = (UniqueConstraint("order_id", "n"),)


class AppointmentSlotRow(Base):
    """A time at which a service can be had at a site, by so many people at once."""

    __tablename__ = "appointment_slots"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(40))
    """A code: `technician`, `shop_visit` …"""
    site: Mapped[str] = mapped_column(String(80))
    zone: Mapped[str] = mapped_column(String(64))
    """IANA time zone of the site: in which hour it is told."""
    begins_at: Mapped[datetime]
    minutes: Mapped[int] = mapped_column(SmallInteger)
    capacity: Mapped[int] = mapped_column(SmallInteger)
    taken: Mapped[int] = mapped_column(SmallInteger, server_default="0")

    __table_args__ = (
        UniqueConstraint("service", "begins_at", "site"),
        # The last word against double booking, whatever a program may do.
        CheckConstraint("taken BETWEEN 0 AND capacity", name="not_overbooked"),
    )


class AppointmentRow(Base):
    """A place in a slot that is, or was, a customer's."""

    __tablename__ = "appointments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    appointment_number: Mapped[str] = mapped_column(String(20), unique=True)
    """Eight digits, the last a Luhn check digit: what they say."""
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    slot_id: Mapped[UUID] = mapped_column(ForeignKey("appointment_slots.id"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    """`booked`, `cancelled`, `kept`, `missed`."""
    booked_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(200), server_default=BLANK)
    call_id: Mapped[UUID | None]

    __table_args__ = (
        # Nobody has two places in one slot, however often they ask.
        Index(
            "uq_appointments_one_place_each",
            "customer_id",
            "slot_id",
            unique=True,
            sqlite_where=text("status = 'booked'"),
            postgresql_where=text("status = 'booked'"),
        ),
    )


class AppointmentChangeRow(Base):
    """One step in an appointment's history; `n` counts from 1."""

    __tablename__ = "appointment_changes"

    appointment_id: Mapped[UUID] = mapped_column(
        ForeignKey("appointments.id", ondelete="CASCADE"), primary_key=True
    )
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`booked`, `moved`, `cancelled`."""
    begins_at: Mapped[datetime]
    """When it was to be after this step; of a cancelled one, when it would have been."""
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(10))
    call_id: Mapped[UUID | None]
