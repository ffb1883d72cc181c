"""Customers, how to reach them, what proves that it is them, and what is remembered of a number."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base


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
    region: Mapped[str] = mapped_column(String(16), server_default=BLANK)
    """ISO 3166-2, such as `ES-CT`; empty if nobody noted it."""
    email: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(200))
    """Street and number, floor, door; post code and town stand beside it."""
    postal_code: Mapped[str | None] = mapped_column(String(16))
    town: Mapped[str | None] = mapped_column(String(100))
    birth_date: Mapped[date | None]
    membership: Mapped[str] = mapped_column(String(40), server_default=BLANK)
    """The company's own level, such as `gold`; empty for none."""
    value_cents: Mapped[int | None] = mapped_column(BigInteger)
    """What the company puts them at a year, in minor units; `None`: nobody said."""
    value_currency: Mapped[str | None] = mapped_column(String(3))
    since: Mapped[date | None]
    """Customer since this day."""
    updated_at: Mapped[datetime | None]
    """When their own data were changed last, by whomever."""

    __table_args__ = (Index("ix_customers_lower_customer_number", text("lower(customer_number)")),)


class PhoneNumberRow(Base):
    """A telephone number, E.164. It outlives its people and may be shared by several."""

    __tablename__ = "phone_numbers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    e164: Mapped[str] = mapped_column(String(16), unique=True)
    blocked_at: Mapped[datetime | None]
    """Since when calls from it are not welcome; `None`: they are."""
    blocked_why: Mapped[str] = mapped_column(String(200), server_default=BLANK)
    retired_at: Mapped[datetime | None]
    """Since when nobody is dialled there for a campaign, because others answer; they may call us. `None`: it
    is in use."""
    retired_why: Mapped[str] = mapped_column(String(200), server_default=BLANK)

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
    verified_by: Mapped[str | None] = mapped_column(String(40))
    """Who or what made sure that it is theirs: `agent`, `code_by_sms`, `call`, `import`; `None`: nobody."""
    verified_at: Mapped[datetime | None]


class CallerSettingRow(Base):
    """What a number asked for and shall get the next time, such as its language."""

    __tablename__ = "caller_settings"

    e164: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    """`language`, `pace` …"""
    value: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class IdentityRow(Base):
    """One thing that a person can prove themselves with; each kind once."""

    __tablename__ = "identities"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    """`dni`, `nie`, `pin`, `birth_date` … (a customer number stands in `customers`)."""
    value: Mapped[str | None] = mapped_column(String(120))
    """Normalised, to be looked up by (`12345678Z`); `None` for a secret."""
    secret_hash: Mapped[str | None] = mapped_column(String(200))
    """Of a PIN: argon2id in its own notation. The PIN itself is nowhere."""
    set_at: Mapped[datetime]
    set_by: Mapped[str] = mapped_column(String(120))

    __table_args__ = (
        UniqueConstraint("customer_id", "kind"),
        Index("ix_identities_kind_value", "kind", "value"),
    )


class SegmentRow(Base):
    """What a caller was taken for, and why: a history that only grows; the newest counts."""

    __tablename__ = "segments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    e164: Mapped[str | None] = mapped_column(String(16))
    """The number that called, for callers whom nobody knows."""
    segment: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str]
    """For people, with the figures that decided."""
    rule: Mapped[str] = mapped_column(String(120))
    """Where the rule stands: its name, or file and line."""
    rules_version: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    call_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_segments_customer_id_at", "customer_id", "at"),
        Index("ix_segments_e164_at", "e164", "at"),
    )
