"""Agents and supervisors: who is there, what became of each offer, alerts, and repairs of the switch."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Float, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base

STANDING = "cleared_at IS NULL"
IN_HAND = "result = 'answered' AND closed_at IS NULL"


class AgentPresenceRow(Base):
    """Whether an agent is there now. The switch's table is made to follow this one."""

    __tablename__ = "agent_presence"

    agent: Mapped[str] = mapped_column(String(20), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    """See `data.records.AgentState`."""
    reason: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """Of a pause."""
    telephone: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """Where they are called; empty: at their own."""
    since: Mapped[datetime]


class AgentStateChangeRow(Base):
    """One change of presence. Rows are only ever added; reports on agents' time are made of them."""

    __tablename__ = "agent_state_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    counts_as_work: Mapped[bool] = mapped_column(Boolean)
    """Whether the time from here on is working time, as declared for the reason on that day."""
    who: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(20))
    """See `data.records.StateSource`."""
    note: Mapped[str] = mapped_column(String(200), server_default=BLANK)

    __table_args__ = (Index("ix_agent_state_changes_agent_at", "agent", "at"),)


class AgentContactRow(Base):
    """A caller whom an agent was offered: answered or missed. How callers fared is in `queue_visits`."""

    __tablename__ = "agent_contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """Of the switch's event, so that two servers that hear it write one row."""
    agent: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """Empty: nobody was asked."""
    queue: Mapped[str] = mapped_column(String(60))
    leg: Mapped[str] = mapped_column(String(120))
    """The caller's, on the switch."""
    switch: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """Which one; empty: nobody noted it."""
    agent_leg: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    result: Mapped[str] = mapped_column(String(10))
    """See `data.records.ContactResult`."""
    cause: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """Why nobody answered, or why the caller left, in the switch's words."""
    joined_at: Mapped[datetime]
    """When the caller came to the queue."""
    at: Mapped[datetime]
    """When they were answered, not answered, or left."""
    ended_at: Mapped[datetime | None]
    """The end of the conversation."""
    wrap_up_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    """The end of the wrap-up: from here on the agent has the customer in hand no more."""
    closed_by: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    strategy: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    outcome: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    fields: Mapped[str] = mapped_column(server_default="{}")
    """JSON: what the outcome asks for."""
    form: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    answers: Mapped[str] = mapped_column(server_default="{}")
    """JSON: what was written into the script form."""
    call_id: Mapped[UUID | None]
    """No foreign key: neither record may wait for the other."""
    customer_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_agent_contacts_agent_at", "agent", "at"),
        Index("ix_agent_contacts_queue_at", "queue", "at", "result"),
        Index("ix_agent_contacts_leg", "leg"),
        Index("ix_agent_contacts_customer_id", "customer_id"),
        Index(
            "ix_agent_contacts_in_hand", "agent", sqlite_where=text(IN_HAND), postgresql_where=text(IN_HAND)
        ),
    )


class AlertRow(Base):
    """That something crossed a threshold. One that stands per rule and queue."""

    __tablename__ = "alerts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(60))
    queue: Mapped[str] = mapped_column(String(60))
    raised_at: Mapped[datetime]
    value: Mapped[float] = mapped_column(Float)
    threshold: Mapped[float] = mapped_column(Float)
    cleared_at: Mapped[datetime | None]
    cleared_value: Mapped[float | None] = mapped_column(Float)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """Who looks after it; empty: nobody has said so."""

    __table_args__ = (
        Index(
            "uq_alerts_rule_queue",
            "rule",
            "queue",
            unique=True,
            sqlite_where=text(STANDING),
            postgresql_where=text(STANDING),
        ),
        Index("ix_alerts_raised_at", "raised_at"),
    )


class SwitchRepairRow(Base):
    """A fault of the switch's call centre that the watchdog found."""

    __tablename__ = "switch_repairs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(40))
    queue: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    agent: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    leg: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    detail: Mapped[str] = mapped_column(String(300))
    repaired: Mapped[bool] = mapped_column(Boolean)
    node: Mapped[str] = mapped_column(String(120))
