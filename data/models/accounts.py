"""What customers owe: accounts, debts, payments, movements, and what they promised to pay."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base, iso_currency


class AccountRow(Base):
    """What a customer owes in all for one thing (a contract, a card); `rank` 1 is told first."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    balance_cents: Mapped[int] = mapped_column(BigInteger)
    """Minor units; positive is owed by the customer."""
    currency: Mapped[str] = mapped_column(String(3))
    due_on: Mapped[date | None]
    stage: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(80), server_default=BLANK)
    """What tells a customer's accounts apart, in their words: `fibra`, `móvil 2`; empty for the only one."""
    last_digits: Mapped[str] = mapped_column(String(4), server_default=BLANK)
    """The end of its number, for saying which is meant. The whole number is nobody's business here."""
    rank: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    pays_by: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """How it is paid: `direct_debit`, `card`, `transfer`, `cash`; empty: not agreed."""

    __table_args__ = (iso_currency(), UniqueConstraint("customer_id", "label"))


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

    __table_args__ = (iso_currency(),)


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
    reference: Mapped[str | None] = mapped_column(String(60))
    """The paying system's own: the same payment in two lists is one. `None`: it gave none."""

    __table_args__ = (
        iso_currency(),
        Index("ix_payments_account_id_received_on", "account_id", "received_on"),
        Index("uq_payments_reference", "reference", unique=True),
    )


class MovementRow(Base):
    """One line of an account's statement."""

    __tablename__ = "movements"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    """As it changes what is owed: a bill is positive, a payment negative."""
    currency: Mapped[str] = mapped_column(String(3))
    concept: Mapped[str] = mapped_column(String(200))
    """In the customer's language."""
    kind: Mapped[str] = mapped_column(String(20))
    """`bill`, `payment`, `refund`, `fee`, `correction`."""

    __table_args__ = (iso_currency(), Index("ix_movements_account_id_at", "account_id", "at"))


class PromiseRow(Base):
    """A promise to pay (compromiso de pago)."""

    __tablename__ = "promises"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    promised_for: Mapped[date]
    """The day by which the money is to be there."""
    made_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20))
    """`open`, `kept`, `partial`, `broken`, `cancelled`, `superseded`: see `data.promise_rules`."""
    call_id: Mapped[UUID | None]
    debt_id: Mapped[UUID | None]
    """The bill that it is about; `None`: all that is owed on the account."""
    channel: Mapped[str] = mapped_column(String(12), server_default="call")
    confirmed_by: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """How they agreed when it was read back: `yes`, `key`, `agent`; empty: it was not."""
    verified_by: Mapped[str] = mapped_column(String(40), server_default=BLANK)
    """What proved who they were; empty: nothing."""
    grace_days: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Days after `promised_for` on which the money still comes in time."""
    least_share: Mapped[int] = mapped_column(SmallInteger, server_default="100")
    """Percent of the amount that make it kept."""
    paid_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """What has come in for it."""
    closed_at: Mapped[datetime | None]
    superseded_by: Mapped[UUID | None]
    """The promise that took its place."""
    reminded_at: Mapped[datetime | None]
    campaign_id: Mapped[UUID | None]
    """The campaign in whose call it was made, whose table says what follows; `None`: in none's."""

    __table_args__ = (
        iso_currency(),
        Index("ix_promises_status_promised_for", "status", "promised_for"),
        Index("ix_promises_call_id", "call_id"),
        Index("ix_promises_campaign_id_made_at", "campaign_id", "made_at"),
    )
