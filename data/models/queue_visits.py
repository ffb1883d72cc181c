"""Stays in queues, what agents did, and the work that coordinators give out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base

STILL_THERE = "left_at IS NULL"
NOT_DONE = "done_at IS NULL"


class QueueVisitRow(Base):
    """Somebody's stay in a queue, from joining it to leaving it, the conversation with an agent included.

    There is no number and no name in it: who it was, the call says.
    """

    __tablename__ = "queue_visits"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The switch's name for it (the member's uuid): several servers that hear of it write one row."""
    switch: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    queue: Mapped[str] = mapped_column(String(60))
    leg: Mapped[str] = mapped_column(String(120))
    call_id: Mapped[UUID | None]
    joined_at: Mapped[datetime]
    position: Mapped[int | None]
    """Counts from 1; where they stood when they came."""
    told_wait: Mapped[int | None]
    """Seconds that were expected then: the mean of what was said as a range."""
    kept_since: Mapped[datetime | None]
    """Of somebody who was called back: since when they have kept this place."""
    offered_at: Mapped[datetime | None]
    """When an agent's telephone first rang for them."""
    agent: Mapped[str | None] = mapped_column(String(60))
    answered_at: Mapped[datetime | None]
    talk_ended_at: Mapped[datetime | None]
    held_ms: Mapped[int | None]
    """Of the conversation."""
    wrapped_up_at: Mapped[datetime | None]
    """When the agent's work after it was over."""
    left_at: Mapped[datetime | None]
    left_by: Mapped[str | None] = mapped_column(String(20))
    """See `data.records.LeftBy`."""
    left_for: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """The key that they pressed, or the step that an overflow led to."""

    __table_args__ = (
        Index("ix_queue_visits_joined_at", "joined_at"),
        Index("ix_queue_visits_leg", "leg"),
        Index("ix_queue_visits_agent_answered_at", "agent", "answered_at"),
        Index(
            "ix_queue_visits_there",
            "switch",
            sqlite_where=text(STILL_THERE),
            postgresql_where=text(STILL_THERE),
        ),
    )


class MissedOfferRow(Base):
    """That an agent was rung for somebody and did not take the call."""

    __tablename__ = "missed_offers"

    visit_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    agent: Mapped[str] = mapped_column(String(60))
    queue: Mapped[str] = mapped_column(String(60))
    cause: Mapped[str] = mapped_column(String(60))


class WorkItemRow(Base):
    """Something that an agent is to do beside calls: call back, see to a case, listen to a recording."""

    __tablename__ = "work_items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(120))
    """Which one: a callback's id, a case's number, a call's id."""
    title: Mapped[str] = mapped_column(String(200))
    call_id: Mapped[UUID | None]
    """The call that it comes from. No foreign key, as of `customer_id`: whoever is erased takes it along."""
    customer_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(60))
    due_at: Mapped[datetime | None]
    holder: Mapped[str | None] = mapped_column(String(60))
    assigned_at: Mapped[datetime | None]
    assigned_by: Mapped[str | None] = mapped_column(String(60))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(60))
    result: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    note: Mapped[str] = mapped_column(server_default=BLANK)
    scores: Mapped[str] = mapped_column(server_default="{}")
    """JSON: of a review, criterion → points."""

    __table_args__ = (
        # One open item for each thing to be done, whoever finds it.
        Index(
            "uq_work_items_kind_about",
            "kind",
            "about",
            unique=True,
            sqlite_where=text(NOT_DONE),
            postgresql_where=text(NOT_DONE),
        ),
        Index("ix_work_items_holder", "holder", sqlite_where=text(NOT_DONE), postgresql_where=text(NOT_DONE)),
        Index("ix_work_items_done_at", "done_at"),
    )
