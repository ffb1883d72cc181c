"""Contacts of the company with people, and what is on record before the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from data.ids import new_id
from data.records.cleaning import Cleaning, code, one_of, utc
from data.text import clean

ContactChannel = Literal["call", "sms", "email", "whatsapp"]
ContactPurpose = Literal["commercial", "collection", "service"]


@dataclass(frozen=True, kw_only=True)
class NewContact(Cleaning):
    """A contact that is about to be made. It is noted before it is made, so that none is missing."""

    at: datetime
    customer_id: UUID | None
    address: str
    """E.164, or an e-mail address."""
    channel: ContactChannel
    purpose: ContactPurpose
    debt_id: UUID | None = None
    asked_for: str = ""
    """Where they asked for it themselves; empty: they did not."""
    rules: str = ""
    """By which rules it was allowed."""
    campaign_id: UUID | None = None
    call_id: UUID | None = None
    id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        one_of(self.channel, ContactChannel, "channel")
        one_of(self.purpose, ContactPurpose, "purpose")
        self._set(
            at=utc(self.at),
            address=clean(self.address, 254),
            asked_for=code(self.asked_for),
            rules=clean(self.rules, 300),
        )


@dataclass(frozen=True, kw_only=True)
class ContactMade:
    """A contact of the ledger."""

    id: UUID
    at: datetime
    customer_id: UUID | None
    address: str
    channel: str
    purpose: str
    debt_id: UUID | None
    conversation: bool | None
    """`None`: not known yet."""
    result: str
    asked_for: str
    rules: str
    campaign_id: UUID | None
    call_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class NewestConsent:
    """What somebody said last on one kind of consent."""

    given: bool
    at: datetime
    proof: str
    """What proves it: `clip`, `words`; empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class RegistryAnswer:
    """What a registry said of a number."""

    listed: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Whom:
    """Somebody who is to be contacted: all by which they are known here."""

    customer_ids: tuple[UUID, ...]
    """Their customer numbers' keys: several, where one DNI is behind them. None: nobody knows them."""
    subjects: tuple[tuple[str, str], ...]
    """Kind and subject, as `data.consents.Suppressions` has them."""
    address: str
    """Where they are to be contacted."""
    zone: str | None = None
    region: str = ""
    born: date | None = None
    """Of the customer that is meant."""

    @property
    def key(self) -> str:
        """One per human being."""
        return min(one.hex for one in self.customer_ids) if self.customer_ids else self.address


@dataclass(frozen=True, kw_only=True)
class OnRecord:
    """What is known before somebody is contacted."""

    contacts: tuple[ContactMade, ...]
    """Since the moment asked for, without those that were asked for."""
    suppressed: str
    """Why nobody is to contact them; empty: nothing stands against it."""
    consents: Mapping[str, NewestConsent]
    registries: Mapping[str, RegistryAnswer]
