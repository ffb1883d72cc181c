"""Outbound work: every contact of the company, its customer bases, campaigns, and their samples."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base


class ContactRow(Base):
    """The company contacted somebody, or tried to: one ledger of all channels and campaigns."""

    __tablename__ = "contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    customer_id: Mapped[UUID | None]
    """Who was meant; `None`: somebody whom nobody knows."""
    address: Mapped[str] = mapped_column(String(254))
    """E.164, or an e-mail address."""
    channel: Mapped[str] = mapped_column(String(12))
    """`call`, `sms`, `email`, `whatsapp`."""
    purpose: Mapped[str] = mapped_column(String(12))
    """`commercial`, `collection`, `service`."""
    debt_id: Mapped[UUID | None]
    """The account that it was about; `None`: none, or not known."""
    conversation: Mapped[bool | None]
    """Whether they were spoken with; `None`: not known yet."""
    result: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """How it ended: a code of the channel's own."""
    asked_for: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """Where they asked for it themselves: counted by no rule. Empty: they did not."""
    rules: Mapped[str] = mapped_column(String(300), server_default=BLANK)
    """By which rules it was allowed, and their version."""
    campaign_id: Mapped[UUID | None]
    call_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_contacts_customer_id_at", "customer_id", "at"),
        Index("ix_contacts_address_at", "address", "at"),
        Index("ix_contacts_at", "at"),
    )


class RegistryLookupRow(Base):
    """What a registry of those who want no contact said of a number, the last time it was asked."""

    __tablename__ = "registry_lookups"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Of the registry, such as `RNE`."""
    e164: Mapped[str] = mapped_column(String(16), primary_key=True)
    listed: Mapped[bool]
    at: Mapped[datetime]


class CustomerBaseRow(Base):
    """All customers of a strategy (base de datos)."""

    __tablename__ = "customer_bases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strategy: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    loaded_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("strategy", "name"),)


class BaseMemberRow(Base):
    """Who belongs to a customer base."""

    __tablename__ = "base_members"

    base_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer_bases.id", ondelete="CASCADE"), primary_key=True
    )
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class CampaignRow(Base):
    """One outbound task of a strategy (campaña), as it was declared when it was created."""

    __tablename__ = "campaigns"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    strategy: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    base_id: Mapped[UUID] = mapped_column(ForeignKey("customer_bases.id", ondelete="RESTRICT"))
    purpose: Mapped[str] = mapped_column(String(12))
    declared: Mapped[str]
    """JSON: the campaign's part of its strategy's file."""
    state: Mapped[str] = mapped_column(String(20))
    """See `data.records.dialling.CampaignState`."""
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(120))
    sample_id: Mapped[UUID | None]
    """The sample that it works on; `None`: it was never started."""
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str] = mapped_column(String(120), server_default=BLANK)
    """Who started, paused or stopped it last."""

    __table_args__ = (UniqueConstraint("strategy", "name"),)


class SampleRow(Base):
    """The slice of the base that a campaign works on (muestra): frozen when it was cut."""

    __tablename__ = "samples"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    condition: Mapped[str]
    """Who was meant, as it was written."""
    rules_version: Mapped[str] = mapped_column(String(20))
    cut_at: Mapped[datetime]
    cut_by: Mapped[str] = mapped_column(String(120))

    __table_args__ = (UniqueConstraint("campaign_id", "name"),)


class SampleMemberRow(Base):
    """Somebody whom the condition met: in the sample, or left out with the reason."""

    __tablename__ = "sample_members"

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    account_id: Mapped[UUID | None]
    """The debt that it is about: their first account."""
    excluded: Mapped[str] = mapped_column(String(20), server_default=BLANK)
    """Why they are left out: `do_not_call`, `no_number`, `dispute` …; empty: they are in."""
    rule: Mapped[str] = mapped_column(String(60), server_default=BLANK)
    """The contact rule that left them out, where one did."""
    why: Mapped[str] = mapped_column(String(200), server_default=BLANK)
    """The same for people."""

    __table_args__ = (Index("ix_sample_members_sample_id_excluded", "sample_id", "excluded"),)


class SampleNumberRow(Base):
    """A number at which a member of a sample may be called, in order of chance."""

    __tablename__ = "sample_numbers"

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("samples.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    """1 is tried first."""
    e164: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index("ix_sample_numbers_e164", "e164"),)
