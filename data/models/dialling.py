"""The dialler's work: whom a campaign still has to call, each attempt to, and the trunks that carry them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base

DUE = "due_at IS NOT NULL"
LEASED = "lease_until IS NOT NULL"
OPEN_ATTEMPT = "ended_at IS NULL"


class DialEntryRow(Base):
    """Somebody of a sample who is to be called. Made when the campaign starts on the sample."""

    __tablename__ = "dial_entries"

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    account_id: Mapped[UUID | None]
    """The debt that it is about."""
    state: Mapped[str] = mapped_column(String(12))
    """See `data.records.dialling.EntryState`."""
    due_at: Mapped[datetime | None]
    """Not before this moment; `None`: not waiting. Claims go by it: of a million rows they read a few."""
    turn: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """0: called again at a moment that was chosen for them; they go before 1, who were not called yet."""
    rank: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """Which of their numbers is tried next."""
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    attempt_id: Mapped[UUID | None]
    """The attempt that is under way: the uuid of its leg on the switch."""
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None]
    """Whoever finds this in the past may take it over."""
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """Of the last attempt, or why they are not called any more."""
    why: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """The same for people."""

    __table_args__ = (
        Index(
            "ix_dial_entries_due",
            "sample_id",
            "turn",
            "due_at",
            sqlite_where=text(DUE),
            postgresql_where=text(DUE),
        ),
        Index(
            "ix_dial_entries_leased",
            "lease_until",
            sqlite_where=text(LEASED),
            postgresql_where=text(LEASED),
        ),
        Index("ix_dial_entries_standing", "sample_id", "state", "result"),
    )


class DialAttemptRow(Base):
    """A call to somebody of a sample. The row is there before the order to dial leaves."""

    __tablename__ = "dial_attempts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The uuid of the leg on the switch, and the key of the contact in the ledger."""
    campaign_id: Mapped[UUID]
    sample_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    person: Mapped[str] = mapped_column(String(40))
    """One per human being (`Whom.key`); empty once they are forgotten."""
    number: Mapped[str] = mapped_column(String(16))
    """E.164, checked."""
    rank: Mapped[int] = mapped_column(SmallInteger)
    trunk: Mapped[str] = mapped_column(String(60))
    caller_id: Mapped[str] = mapped_column(String(16), server_default=BLANK)
    mode: Mapped[str] = mapped_column(String(12))
    claimed_by: Mapped[str] = mapped_column(String(120))
    dialled_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """See `data.records.dialling.DialResult`."""
    cause: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """The switch's."""
    outcome: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """The company's code for how the contact ended."""
    agent: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    call_id: Mapped[UUID | None]
    """The record of the call, once somebody has answered."""
    queue: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """Whose agents it takes; empty: the flow alone talks."""

    __table_args__ = (
        # Nobody has two calls at once, and no telephone, whatever campaigns and servers there are.
        Index(
            "uq_dial_attempts_person",
            "person",
            unique=True,
            sqlite_where=text(OPEN_ATTEMPT),
            postgresql_where=text(OPEN_ATTEMPT),
        ),
        Index(
            "uq_dial_attempts_number",
            "number",
            unique=True,
            sqlite_where=text(OPEN_ATTEMPT),
            postgresql_where=text(OPEN_ATTEMPT),
        ),
        Index(
            "ix_dial_attempts_trunk",
            "trunk",
            sqlite_where=text(OPEN_ATTEMPT),
            postgresql_where=text(OPEN_ATTEMPT),
        ),
        # What rings and talks for the agents of a queue, and what has ended since the last look.
        Index(
            "ix_dial_attempts_queue",
            "queue",
            sqlite_where=text(OPEN_ATTEMPT),
            postgresql_where=text(OPEN_ATTEMPT),
        ),
        Index("ix_dial_attempts_campaign_id_ended_at", "campaign_id", "ended_at"),
        Index("ix_dial_attempts_customer_id_sample_id", "customer_id", "sample_id"),
        Index("ix_dial_attempts_campaign_id_dialled_at", "campaign_id", "dialled_at"),
        Index("ix_dial_attempts_dialled_at", "dialled_at"),
    )


class TrunkRow(Base):
    """The pace of a trunk, kept for all servers together."""

    __tablename__ = "trunks"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    next_at: Mapped[datetime]
    """When the next call may leave."""
    failures: Mapped[int] = mapped_column(server_default="0")
    """Refusals of the trunk itself, one after the other."""
    rests_until: Mapped[datetime | None]
    """It has refused too often: nobody is dialled before that, and then one at a time."""
    pause: Mapped[float] = mapped_column(Float, server_default="0")
    """Seconds of its last rest; the next one is longer."""


class PacingTurnRow(Base):
    """Which server decides now how many people are called for the agents of a queue."""

    __tablename__ = "pacing_turns"

    queue: Mapped[str] = mapped_column(String(60), primary_key=True)
    owner: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime]
    """Then it is anybody's."""


class PreviewRow(Base):
    """Somebody of a sample whom an agent looks at before they are called, and what the agent decided."""

    __tablename__ = "previews"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    sample_id: Mapped[UUID] = mapped_column(ForeignKey("samples.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    agent: Mapped[str] = mapped_column(String(60))
    shown_at: Mapped[datetime]
    until: Mapped[datetime]
    """If nothing is decided by then, the person goes back on the list."""
    decision: Mapped[str] = mapped_column(String(12), server_default=BLANK)
    """See `data.records.dialling.Decision`; empty: they are being looked at."""
    reason: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """The agent's; or why their call was not made."""
    rank: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """Which of the person's numbers is called."""
    decided_at: Mapped[datetime | None]
    attempt_id: Mapped[UUID | None]
    """The call that was made."""
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        # An agent looks at one person at a time.
        Index(
            "uq_previews_agent",
            "agent",
            unique=True,
            sqlite_where=text(OPEN_ATTEMPT),
            postgresql_where=text(OPEN_ATTEMPT),
        ),
        Index("ix_previews_sample_id_customer_id", "sample_id", "customer_id"),
    )
