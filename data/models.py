"""The tables, in the trade's words. Portable between SQLite and PostgreSQL.

Rules:
1. Keys are UUIDv7, stored natively where the database can. What people say aloud (customer, ticket and
   order numbers) is unique, and never a key.
2. Times are UTC and carry their zone in Python; a naive time is refused before it reaches the database.
3. Money is an integer in minor units with its ISO 4217 currency beside it.
4. Codes that a company may extend (stages, outcomes, states) are text, not database enumerations.
5. A change here needs a migration; tests/data compares both.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column

from data.records import utc

BLANK = text("''")
"""The default of a text that older rows lack; an empty string alone is no default to Alembic."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: UTC in the database, with its zone in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- the signature is SQLAlchemy's
        return None if value is None else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- the signature is SQLAlchemy's
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- declared so by SQLAlchemy
        datetime: UtcDateTime(),
        date: Date(),
        UUID: Uuid(),
        int: Integer(),
        str: Text(),
    }


def _iso_currency() -> CheckConstraint:
    return CheckConstraint("length(currency) = 3", name="iso_currency")


class CustomerRow(Base):
    """A customer (cliente) of the company."""

    __tablename__ = "customers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_number: Mapped[str] = mapped_column(String(20), unique=True)
    """What they say or key; the last digit is a Luhn check digit."""
    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(16))
    zone: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(20))
    """`seed` for made-up ones, otherwise where the row came from."""


class PhoneNumberRow(Base):
    """A telephone number, E.164. It outlives its people and may be shared by several."""

    __tablename__ = "phone_numbers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    e164: Mapped[str] = mapped_column(String(16), unique=True)

    __table_args__ = (CheckConstraint("e164 LIKE '+%' AND length(e164) BETWEEN 8 AND 16", name="e164"),)


class CustomerPhoneNumberRow(Base):
    """Who can be reached at which number; `rank` 1 is tried first."""

    __tablename__ = "customer_phone_numbers"

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    phone_number_id: Mapped[UUID] = mapped_column(
        ForeignKey("phone_numbers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    rank: Mapped[int] = mapped_column(SmallInteger)


class AccountRow(Base):
    """What a customer owes in all. One account each, until flows can tell several apart."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), unique=True)
    balance_cents: Mapped[int] = mapped_column(BigInteger)
    """Minor units; positive is owed by the customer."""
    currency: Mapped[str] = mapped_column(String(3))
    due_on: Mapped[date | None]
    stage: Mapped[str] = mapped_column(String(20))

    __table_args__ = (_iso_currency(),)


class DebtRow(Base):
    """One thing to be paid: a bill, an instalment."""

    __tablename__ = "debts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    concept: Mapped[str] = mapped_column(String(200))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    issued_on: Mapped[date]
    due_on: Mapped[date]
    stage: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    """`open`, `paid`, `disputed`."""

    __table_args__ = (_iso_currency(),)


class PaymentRow(Base):
    """Money that has come in from a customer. Which debts it settled is told by their status."""

    __tablename__ = "payments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    received_on: Mapped[date]
    method: Mapped[str] = mapped_column(String(20))
    """`direct_debit`, `card`, `transfer`, `cash`."""

    __table_args__ = (
        _iso_currency(),
        Index("ix_payments_account_id_received_on", "account_id", "received_on"),
    )


class TicketRow(Base):
    """A case (incidencia) that a customer opened."""

    __tablename__ = "tickets"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_number: Mapped[str] = mapped_column(String(20), unique=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    topic: Mapped[str] = mapped_column(String(20), server_default="other")
    """What it is about, as a code that can be said in any language; `subject` is in the customer's own."""
    subject: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    promised_on: Mapped[date | None]


class TicketStatusChangeRow(Base):
    """One step in a ticket's history; `n` counts from 1."""

    __tablename__ = "ticket_status_changes"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    note: Mapped[str]


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

    __table_args__ = (_iso_currency(),)


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


class CallRow(Base):
    """A call, from its first ring to its hang-up."""

    __tablename__ = "calls"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    switch_uuid: Mapped[str] = mapped_column(String(120), index=True)
    direction: Mapped[str] = mapped_column(String(10))
    caller_number: Mapped[str] = mapped_column(String(64))
    caller_name: Mapped[str] = mapped_column(String(200))
    destination: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    hangup_cause: Mapped[str | None] = mapped_column(String(120))
    ended_by: Mapped[str | None] = mapped_column(String(20))
    outcome: Mapped[str | None] = mapped_column(String(120))
    node_id: Mapped[str] = mapped_column(String(120))
    flow: Mapped[str] = mapped_column(String(120))
    flow_version: Mapped[str] = mapped_column(String(120))
    recording: Mapped[str | None]
    release: Mapped[int | None]
    """The published release that it ran on. No foreign key: a call's record must never be refused."""
    caller_facts: Mapped[str] = mapped_column(server_default="{}")
    """JSON: what flows were told of the caller beside number and name, such as the segment."""

    __table_args__ = (
        Index("ix_calls_caller_number_started_at", "caller_number", "started_at"),
        # What a crash left open is asked for at every start, and must not cost a look at every call.
        Index(
            "ix_calls_unfinished",
            "node_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class TurnRow(Base):
    """One thing that happened in a call: something was said, answered, looked up, or tried with people.

    What is sensitive is masked before it comes here.
    """

    __tablename__ = "turns"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(120))
    text: Mapped[str]
    kind: Mapped[str] = mapped_column(String(10))
    confidence: Mapped[float | None] = mapped_column(Float)
    latency_ms: Mapped[int | None]
    sensitive: Mapped[bool]
    flow: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    language: Mapped[str] = mapped_column(String(16), server_default=BLANK)
    result: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    detail: Mapped[str] = mapped_column(server_default="{}")
    """JSON: what was heard or keyed, what a look-up was asked by and what it found."""

    # Clustered by its key: a call's turns lie together, and one tree is written instead of two.
    __table_args__ = ({"sqlite_with_rowid": False},)


class CallStepRow(Base):
    """A step that a finished call went through: which way callers go, and where they drop out."""

    __tablename__ = "call_steps"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1 within the call."""
    flow: Mapped[str] = mapped_column(String(120))
    step: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(16))
    left_by: Mapped[str] = mapped_column(String(120))
    """Label of the exit; empty: the call was over before."""
    no_input: Mapped[int] = mapped_column(SmallInteger)
    no_match: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = ({"sqlite_with_rowid": False},)


class FlowFileRow(Base):
    """The content of a flow file, once, however many releases hold it."""

    __tablename__ = "flow_files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FlowReleaseRow(Base):
    """A release: the whole folder of flows as it was published. Never changed."""

    __tablename__ = "flow_releases"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1."""
    checksum: Mapped[str] = mapped_column(String(64))
    """SHA-256 over all paths and contents."""
    who: Mapped[str] = mapped_column(String(120))
    why: Mapped[str]
    at: Mapped[datetime]


class FlowReleaseFileRow(Base):
    """Which content a release has at which path."""

    __tablename__ = "flow_release_files"

    release: Mapped[int] = mapped_column(
        ForeignKey("flow_releases.number", ondelete="CASCADE"), primary_key=True
    )
    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    """Below the flows folder, with `/`."""
    sha256: Mapped[str] = mapped_column(ForeignKey("flow_files.sha256"))


class FlowSwitchRow(Base):
    """Which release is live since when: a log that only grows. The highest `n` that is due counts."""

    __tablename__ = "flow_switches"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Counts from 1 without gaps: of two who write the same number, one is refused."""
    release: Mapped[int] = mapped_column(ForeignKey("flow_releases.number"))
    action: Mapped[str] = mapped_column(String(20))
    """`publish`, `rollback`."""
    who: Mapped[str] = mapped_column(String(120))
    why: Mapped[str]
    at: Mapped[datetime]
    effective_at: Mapped[datetime]
    """When all servers change over, by their clocks."""


# Now, in the thread that starts the program: SQLAlchemy would do it on first use, under a lock.
configure_mappers()

__all__ = [
    "AccountRow",
    "Base",
    "CallRow",
    "CallStepRow",
    "CustomerPhoneNumberRow",
    "CustomerRow",
    "DebtRow",
    "FlowFileRow",
    "FlowReleaseFileRow",
    "FlowReleaseRow",
    "FlowSwitchRow",
    "OrderRow",
    "PaymentRow",
    "PhoneNumberRow",
    "ShipmentRow",
    "TicketRow",
    "TicketStatusChangeRow",
    "TurnRow",
    "UtcDateTime",
]
