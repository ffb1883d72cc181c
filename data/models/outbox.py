"""What is to be done elsewhere, and what has been done here already: so that each thing happens once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base


class OutboxRow(Base):
    """Something to be carried to somebody else: a write to the CRM, a message. One owner at a time."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    """Who carries it: `write`, `sms`, `email`, `webhook` …"""
    target: Mapped[str] = mapped_column(String(120))
    """Which declared back end or message."""
    body: Mapped[str]
    """JSON; emptied once it is done or given up for good."""
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Not before this moment."""
    tries: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str] = mapped_column(String(300), server_default=BLANK)
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None]
    """Whoever finds this in the past may take it over."""
    done_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    call_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    """Whose data the body holds, for an erasure."""

    __table_args__ = (
        # What waits is looked for every second, and must not cost a look at all that is done.
        Index(
            "ix_outbox_waiting",
            "due_at",
            sqlite_where=text("done_at IS NULL AND given_up_at IS NULL"),
            postgresql_where=text("done_at IS NULL AND given_up_at IS NULL"),
        ),
        Index("ix_outbox_customer_id", "customer_id"),
    )


class DoneRequestRow(Base):
    """A change that was asked for with an idempotency key, and made: asked again, it is told, not made."""

    __tablename__ = "done_requests"

    idempotency_key: Mapped[str] = mapped_column(String(120), primary_key=True)
    what: Mapped[str] = mapped_column(String(60))
    result: Mapped[str]
    """JSON: what was answered the first time."""
    at: Mapped[datetime] = mapped_column(index=True)
