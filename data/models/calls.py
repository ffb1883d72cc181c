"""Calls, what happened in them, and which way they went."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Float, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base


class CallRow(Base):
    """A call, from its first ring to its hang-up."""

    __tablename__ = "calls"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    switch_uuid: Mapped[str] = mapped_column(String(120), index=True)
    sip_call_id: Mapped[str] = mapped_column(String(200), server_default=BLANK, index=True)
    """The Call-ID of its INVITE, as trunks and proxies have it; empty: none, or it is forgotten."""
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
    recorded_ms: Mapped[int | None]
    """How much sound the recording should hold: the time that was recorded, without that on hold."""
    written_ms: Mapped[int | None]
    """How much the switch had written, noted when the recording was converted."""
    release: Mapped[int | None]
    """The published release that it ran on. No foreign key: a call's record must never be refused."""
    caller_facts: Mapped[str] = mapped_column(server_default="{}")
    """JSON: what flows were told of the caller beside number and name, such as the segment."""
    customer_id: Mapped[UUID | None]
    """Who it turned out to be. No foreign key either."""
    segment: Mapped[str] = mapped_column(String(40), server_default=BLANK)
    segment_reason: Mapped[str] = mapped_column(server_default=BLANK)
    rules_version: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """Of the segments' rules."""
    verified: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """Which proof of the catalogue they passed; empty: none."""

    __table_args__ = (
        # Who calls is looked up while the telephone rings: how often, when and with what outcome is in here,
        # so that ten thousand calls are counted without reading one of them.
        Index("ix_calls_history", "caller_number", "started_at", "direction", "outcome"),
        Index("ix_calls_customer_id_started_at", "customer_id", "started_at"),
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
