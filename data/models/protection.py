"""What the law wants kept: consents, whom not to contact, who read what, and tries to prove who one is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.models.base import BLANK, Base


class ConsentRow(Base):
    """Somebody agreed, or took it back: evidence that only grows; the newest of a kind counts."""

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    e164: Mapped[str | None] = mapped_column(String(16))
    """The number that was called, or called."""
    kind: Mapped[str] = mapped_column(String(60))
    """What was agreed to: `recording`, `marketing`, `contract` …"""
    given: Mapped[bool]
    """False: refused, or withdrawn."""
    terms_version: Mapped[str] = mapped_column(String(60))
    text: Mapped[str]
    """What was read to them, word for word."""
    answer: Mapped[str] = mapped_column(server_default=BLANK)
    """What they said or keyed."""
    language: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    clip: Mapped[str | None]
    """Path of the recorded answer, below the recordings folder."""
    clip_sha256: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_consents_customer_id_kind_at", "customer_id", "kind", "at"),
        Index("ix_consents_e164_kind_at", "e164", "kind", "at"),
        Index("ix_consents_call_id", "call_id"),
    )


class SuppressionRow(Base):
    """A number or person not to be contacted: kept as a salted hash, so that it outlives an erasure."""

    __tablename__ = "suppressions"

    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    """`number`, `person`."""
    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """HMAC-SHA-256 of the subject with the installation's salt, in hex."""
    reason: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class InstallationRow(Base):
    """What this installation is told by, drawn once: such as the salt of its hashes."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class AuditRow(Base):
    """Somebody read or changed personal data. Never changed; outlives the person's other rows."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(120))
    """`call`, a user of the command line, an agent, a key of the interface."""
    action: Mapped[str] = mapped_column(String(20))
    """`read`, `write`, `export`, `erase`, `expire`, `unlock`, `play` …"""
    customer_id: Mapped[UUID | None]
    """Whose data. No foreign key: that they were erased is itself on record."""
    what: Mapped[str] = mapped_column(String(300))
    """Table and fields, such as `customers: name, address`; no values."""
    why: Mapped[str] = mapped_column(String(200))
    """The purpose: the flow and step, the look-up, the command."""
    call_id: Mapped[UUID | None]

    __table_args__ = (
        Index("ix_audit_log_customer_id_at", "customer_id", "at"),
        Index("ix_audit_log_at", "at"),
    )


class VerificationTryRow(Base):
    """One try to prove who one is."""

    __tablename__ = "verification_tries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(60))
    """Which proof of the catalogue."""
    subject_hash: Mapped[str] = mapped_column(String(64))
    """Salted hash of whom they said to be: also of somebody who does not exist."""
    caller_number: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[UUID]
    at: Mapped[datetime]
    passed: Mapped[bool]
    under_way_until: Mapped[datetime | None]
    """Until then it is being judged; what nobody has judged by then was wrong. `None`: it was judged."""

    __table_args__ = (
        Index("ix_verification_tries_call_id", "call_id"),
        Index("ix_verification_tries_subject_hash_at", "subject_hash", "at"),
        Index("ix_verification_tries_caller_number_at", "caller_number", "at"),
        Index("ix_verification_tries_at", "at"),
    )


class LockoutRow(Base):
    """Somebody may not try again for a while. The rows stay as a history."""

    __tablename__ = "lockouts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(10))
    """`subject`, `caller`, `call`, `all`."""
    subject: Mapped[str] = mapped_column(String(64))
    """The subject's hash, the caller's number, the call's id; empty for `all`."""
    reason: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """`None`: until somebody lifts it."""
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(120))

    __table_args__ = (Index("ix_lockouts_scope_subject_since", "scope", "subject", "since"),)


class MessageRow(Base):
    """A message to a person: that it was sent, never what it said."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    """`sms`, `email`, `webhook` …"""
    recipient: Mapped[str] = mapped_column(String(254))
    template: Mapped[str] = mapped_column(String(120))
    """Which message of the catalogue."""
    text_sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    """`waiting`, `sent`, `delivered`, `refused`, `failed`."""
    at: Mapped[datetime]
    updated_at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(String(300), server_default=BLANK)
    """Why it was refused or failed, in the provider's words; its id for what was sent."""
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    call_id: Mapped[UUID | None] = mapped_column(index=True)
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    """The one of the outbox's row that carried it."""

    __table_args__ = (
        UniqueConstraint("idempotency_key"),
        Index("ix_messages_recipient_at", "recipient", "at"),
    )
