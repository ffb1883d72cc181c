"""Callers who do not hold the line: their place in a queue, and the tries to call them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base

OPEN = "ended_at IS NULL"


class CallbackRow(Base):
    """Somebody who is to be called back. One that is open per person and queue."""

    __tablename__ = "callbacks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(60))
    who: Mapped[str] = mapped_column(String(60))
    """A customer's id, or the number of somebody whom nobody knows."""
    number: Mapped[str] = mapped_column(String(16))
    """E.164, checked."""
    caller: Mapped[str] = mapped_column(String(16), server_default=BLANK)
    """Where they called from as they asked for it, E.164; empty: withheld, or nobody called."""
    language: Mapped[str] = mapped_column(String(16))
    segment: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    base_score: Mapped[int] = mapped_column(server_default="0")
    """Seconds that they are ahead of others."""
    joined_at: Mapped[datetime]
    """When they came to the queue: their place."""
    booked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """Not before this moment: a window's beginning, a pause after a try."""
    from_at: Mapped[datetime | None]
    """The beginning of the window that they asked for; `None`: as soon as it is their turn."""
    until_at: Mapped[datetime | None]
    """The end of that window; they are called later rather than not at all."""
    overdue_at: Mapped[datetime | None]
    """When it was told that the window had passed without a call."""
    tries: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str] = mapped_column(String(20))
    """See `data.records.CallbackState`."""
    last_result: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    attempt_id: Mapped[UUID | None]
    """The try that is under way: the uuid of its leg on the switch."""
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None]
    """Whoever finds this in the past may take it over."""
    ended_at: Mapped[datetime | None]
    story: Mapped[str]
    """JSON for the agent: what they wanted and said."""
    call_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]

    __table_args__ = (
        Index(
            "uq_callbacks_queue_who",
            "queue",
            "who",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_callbacks_due_at", "due_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_callbacks_number", "number"),
        Index("ix_callbacks_customer_id", "customer_id"),
    )
