"""A contact that is meant to be made, what is on record of the person, and the decision. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from ivr.campaigns.contact_rules.written import Actor, Channel, Purpose
from ivr.numbers import Number

Reason = Literal[
    "number",
    "no_rule",
    "do_not_call",
    "refused",
    "consent",
    "registry",
    "caller_id",
    "window",
    "cap",
    "cooldown",
    "channel",
    "debt",
    "minor",
]
"""Why somebody is not contacted; stable, for reports."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is to be contacted, as far as the rules ask."""

    key: str
    """One per human being, however many customer numbers they have."""
    zone: str | None = None
    """Where they said that they live (IANA). One zone more in which the moment must be lawful."""
    region: str = ""
    """ISO 3166-2, for its holidays, or ISO 3166 alone; empty: nobody noted it."""
    born: date | None = None
    """Their birth date, if it is known."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A contact that is meant to be made."""

    person: Person
    number: Number
    """The telephone; of an e-mail, the one whose country says which law holds."""
    channel: Channel
    purpose: Purpose
    actor: Actor = "creditor"
    debt: str | None = None
    """Which debt it is about; `None`: that is not known, and every contact counts for it."""
    automated: bool = True
    """Whether a machine speaks, or writes."""
    caller_id: str | None = None
    """The number that they will see; `None`: none."""
    asked_for: str = ""
    """Where the person asked for this very contact (a call's id and step); empty: nobody did."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """A contact of the company with this person, of any campaign and channel."""

    at: datetime
    channel: str
    number: str = ""
    debt: str | None = None
    conversation: bool | None = None
    """Whether they were spoken with; `None`: not known (yet), and counted as if they were."""
    theirs: bool = True
    """Whether it was with this person, or with somebody else at this number."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """The newest that a person said on one kind of consent."""

    given: bool
    at: datetime
    proof: str = ""
    """What proves it (a clip, the words that were read and answered); empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """What a registry of those who do not want to be contacted said of the number."""

    listed: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """All that is on record of one person and number when it is decided."""

    contacts: tuple[Past, ...] = ()
    """Without those that they asked for themselves."""
    do_not_call: str = ""
    """Why neither person nor number is to be contacted; empty: they may be."""
    consents: Mapping[str, Said] = field(default_factory=dict)
    """By kind."""
    registries: Mapping[str, Lookup] = field(default_factory=dict)
    """By name."""


NOTHING = Ledger()


@dataclass(frozen=True, kw_only=True)
class Block:
    """One rule that forbids it."""

    rule: str
    """The preset's id; `house.…` for what no law need say."""
    reason: Reason
    told: str
    """For people: "Saturday after 15:00 in Bogotá"."""
    until: datetime | None
    """The rule may allow it from then on, not before; `None`: time alone will not help."""
    source: str = ""
    status: str = ""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """It may be made now."""

    rules: tuple[str, ...]
    """By which presets it was judged."""
    exception: str = ""
    """The person asked for it: hours and caps were not looked at."""


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """It may not be made now."""

    why: tuple[Block, ...]
    """Every rule that forbids it, the one that forbids it longest first."""
    next_lawful: datetime | None
    """When it may be made, if nothing happens meanwhile; `None`: not within the horizon, or never."""

    @property
    def rule(self) -> str:
        return self.why[0].rule

    @property
    def reason(self) -> Reason:
        return self.why[0].reason

    @property
    def told(self) -> str:
        return self.why[0].told

    @property
    def source(self) -> str:
        return self.why[0].source


Decision = Allowed | Blocked
