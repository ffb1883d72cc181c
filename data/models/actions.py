"""What a campaign does beside calling: by a call's outcome, and by what became of a promise."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base

_WAITING = text("state = 'waiting'")


class ActionRow(Base):
    """An action (acción): a message, a case, a callback, a word to another system, a place on a list."""

    __tablename__ = "actions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Also the id of its message, and of its contact in the ledger."""
    key: Mapped[str] = mapped_column(String(120), unique=True)
    """What it follows from, and which of several it is: put in twice, it is one."""
    campaign_id: Mapped[UUID]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[UUID | None]
    """The debt that it is about."""
    attempt_id: Mapped[UUID | None]
    promise_id: Mapped[UUID | None] = mapped_column(index=True)
    call_id: Mapped[UUID | None]
    occasion: Mapped[str] = mapped_column(String(12))
    """`outcome` (of a call), `remind`, or what the promise became: `kept`, `partial`, `broken`."""
    outcome: Mapped[str] = mapped_column(String(120))
    """The outcome, or what the dialler calls the result; of a promise the occasion again."""
    kind: Mapped[str] = mapped_column(String(12))
    """`sms`, `email`, `whatsapp`, `case`, `callback`, `webhook`, `campaign`."""
    declared: Mapped[str]
    """JSON: as the strategy's file declared it then, with its words in every language."""
    state: Mapped[str] = mapped_column(String(12))
    """`waiting`, `done`, `dropped`."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    """Later than that it is not done any more; `None`: whenever it is possible."""
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None]
    """Whoever finds this in the past may take it over."""
    tries: Mapped[int] = mapped_column(server_default="0")
    """Owners that it had."""
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """`done`; or why it is not done (a code: `do_not_call`, `late`, `no_address` …). Of one that waits: what
    it waits for."""
    why: Mapped[str] = mapped_column(String(200), server_default=BLANK)
    """The same for people."""

    __table_args__ = (
        Index("ix_actions_due", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_actions_campaign_id_created_at", "campaign_id", "created_at"),
        Index("ix_actions_created_at", "created_at"),
    )
