"""Customers, and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from data.ids import new_id
from data.records.cleaning import Cleaning, code, utc
from data.text import clean, clean_name, clean_number, clean_text

NAMES = ("customer_number", "dni")
"""By what a person can be found."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A person, and what proves them. It never leaves the comparison."""

    customer_id: UUID
    customer_number: str
    name: str
    language: str
    email: str | None
    phone: str | None
    """The number that is tried first, E.164."""
    postal_code: str | None
    birth_date: date | None
    dni: str | None
    pin_hash: str | None
    """argon2id in its own notation."""


@dataclass(frozen=True, kw_only=True)
class Customer:
    id: UUID
    customer_number: str
    name: str
    language: str
    zone: str
    """IANA time zone, for the hours at which they may be called."""
    phone_numbers: tuple[str, ...]
    """E.164, in order of chance to reach them."""
    region: str
    """ISO 3166-2, such as `ES-CT`; empty if nobody noted it."""
    email: str | None
    address: str | None
    postal_code: str | None
    town: str | None
    birth_date: date | None
    membership: str
    """The company's own level; empty for none."""
    value_cents: int | None
    """What the company puts them at a year, in minor units of `value_currency`."""
    value_currency: str | None


@dataclass(frozen=True, kw_only=True)
class OwnData(Cleaning):
    """What people correct of themselves. What is `None` stays as it is; an empty text removes it."""

    email: str | None = None
    address: str | None = None
    postal_code: str | None = None
    town: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        self._set(
            email=None if self.email is None else clean(self.email, 254),
            address=None if self.address is None else clean(self.address, 200),
            postal_code=None if self.postal_code is None else clean(self.postal_code, 16),
            town=None if self.town is None else clean(self.town, 100),
            language=None if self.language is None else clean(self.language, 16),
        )


@dataclass(frozen=True, kw_only=True)
class Consent(Cleaning):
    """Somebody agreed to something, refused it, or took it back."""

    kind: str
    """What it is about: `recording`, `marketing`, `contract` …"""
    given: bool
    terms_version: str
    text: str
    """What was read to them, word for word."""
    language: str
    at: datetime
    answer: str = ""
    """What they said or keyed."""
    customer_id: UUID | None = None
    e164: str | None = None
    clip: str | None = None
    """Path of the recorded answer, below the recordings folder."""
    clip_sha256: str | None = None
    call_id: UUID | None = None
    id: UUID | None = None
    """Given by the database."""

    def __post_init__(self) -> None:
        if self.customer_id is None and self.e164 is None and self.call_id is None:
            raise ValueError("a consent needs a customer, a number or a call that it belongs to")
        self._set(
            kind=code(self.kind)[:60],
            terms_version=code(self.terms_version)[:60],
            text=clean_text(self.text),
            answer=clean_text(self.answer),
            language=code(self.language)[:16],
            e164=None if self.e164 is None else clean_number(self.e164)[:16],
            at=utc(self.at),
        )


@dataclass(frozen=True, kw_only=True)
class AuditEntry(Cleaning):
    """Somebody read or changed a person's data."""

    at: datetime
    who: str
    """`call`, a user of the command line, an agent, a key of the interface."""
    action: str
    """`read`, `write`, `export`, `erase`, `expire`, `unlock`, `play` …"""
    what: str
    """Table and fields, such as `customers: name, address`; never a value."""
    why: str
    """The purpose: the flow and step, the look-up, the command."""
    customer_id: UUID | None = None
    call_id: UUID | None = None
    customer_number: str = ""
    """Instead of `customer_id`, where that is not known: it is looked up when the entry is written."""
    id: UUID = field(default_factory=new_id)
    """The same entry, written twice, is one."""

    def __post_init__(self) -> None:
        self._set(
            at=utc(self.at),
            customer_number=clean(self.customer_number, 20),
            who=clean_name(self.who)[:120],
            action=code(self.action)[:20],
            what=clean(self.what, 300),
            why=clean(self.why, 200),
        )
