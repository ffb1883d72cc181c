"""What stands against talking of a debt, and what people answered to polls."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base


class CollectionHoldRow(Base):
    """Nobody is dialled about a customer's debt: they dispute it, cannot pay, say that they have paid …"""

    __tablename__ = "collection_holds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(20))
    """See `data.records.collecting.HoldReason`."""
    at: Mapped[datetime]
    until: Mapped[date | None]
    """The last day of it; `None`: until a person lifts it."""
    call_id: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(120), server_default=BLANK)

    __table_args__ = (Index("ix_collection_holds_customer_id", "customer_id"),)


class PollAnswerRow(Base):
    """One answer to one question of a poll. Whose it was is not kept: it is counted, and nothing else."""

    __tablename__ = "poll_answers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    poll: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(String(60))
    answer: Mapped[str] = mapped_column(String(60))
    """A code, such as `yes` or `5`."""

    __table_args__ = (Index("ix_poll_answers_poll_at", "poll", "at"),)
