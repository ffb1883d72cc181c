"""What the checker must know of the world outside the flows.

It is handed in, so that dialogs need no database and no switch to be checked. The shipped description,
which designers read too, is `flows/catalogue.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from dialogs.calendars import Calendar, Hours, holiday_place, known_zone, read_dates, read_days
from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain, told_once
from dialogs.plain_values import as_digits, as_list
from dialogs.source import Source, capped, read

ValueType = Literal["text", "number", "money", "date", "boolean", "digits", "phone", "time", "code"]
"""Money is an integer of minor units, with its ISO currency in `<name>_currency`; a date is ISO text, a time
is "17:30"; a code is letters and digits that are a name."""
VALUE_TYPES: tuple[ValueType, ...] = get_args(ValueType)

HOURS = "hours"
"""What a calendar's opening hours are named by in texts: `{hours.office}`."""
REASON = "caller.reason"
"""Why a caller is in their segment: with figures that nobody has proved to be theirs."""
CALLER_FACTS: Mapping[str, ValueType] = {
    **{"number": "phone", "name": "text", "attested": "text", "proved": "text"},
    # What the segments' rules make of the caller (`dialogs.segments`).
    **{"segment": "text", "reason": "text", "human_first": "boolean", "shortcut": "text"},
    # Where we have called, for a campaign: whom we meant. That it is they who answered nobody has proved.
    **{
        "called": "boolean",
        "customer_number": "digits",
        "campaign": "text",
        "strategy": "text",
        "purpose": "text",
    },
}
"""`attested`: what a trusted trunk says about the number: `A`, `B`, `C`, or `none`. It proves nobody.
`proved`: the identity that they have proved in this call (`verify`), or nothing."""
NUMBERS_OF_CALLERS = frozenset(
    {"caller", "caller.number", "caller_number", "phone", "phone_number", "number"}
)
"""What an identity might be called by that goes by the caller's number."""


@dataclass(frozen=True)
class LookupSchema:
    """A look-up that flows may use: what it is asked by, and the fields of what it finds."""

    by: tuple[str, ...]
    fields: Mapping[str, ValueType]


@dataclass(frozen=True)
class WriteSchema:
    """What flows may have done: what it needs, why it may be refused, and what is known once it is done."""

    values: Mapping[str, ValueType]
    reasons: frozenset[str] = frozenset()
    """The codes of refusals, which a flow may branch on."""
    fields: Mapping[str, ValueType] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """Queues, look-ups, writes, facts about the caller, what the recognisers can hear, and what is installed.

    `vocabulary` maps a language to "does the model know this word?"; without an entry nothing is said
    about that language's words.
    """

    queues: frozenset[str] = frozenset()
    lookups: Mapping[str, LookupSchema] = field(default_factory=dict)
    writes: Mapping[str, WriteSchema] = field(default_factory=dict)
    identities: Mapping[str, LookupSchema] = field(default_factory=dict)
    """What `verify` may check: by which answers, and what is known of a person who has passed."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    destinations: Mapping[str, str] = field(default_factory=dict)
    """Where `transfer` may send a caller: name → what the switch's dialplan is asked for. A caller never
    chooses it."""
    webhooks: frozenset[str] = frozenset()
    recordings: frozenset[str] | None = None
    """The studio's recordings, by name and by `language/name`; `None`: nobody has looked."""
    performers: frozenset[str] = frozenset()
    """What the live service can do beyond the basics (`Step.performers` names it). Empty: nothing is known
    of a live service."""
    collecting: frozenset[str] = frozenset()
    """Flows that a strategy names for a campaign that collects."""
    calling: frozenset[str] = frozenset()
    """Flows that a strategy names for a campaign."""
    caller: Mapping[str, ValueType] = field(default_factory=lambda: dict(CALLER_FACTS))
    vocabulary: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)


_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


_Destination = Annotated[
    str, BeforeValidator(as_digits), Field(pattern=r"^[0-9A-Za-z*#+][0-9A-Za-z*#+_.-]{0,63}$")
]


class _LookupFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    by: list[_Name] = Field(min_length=1)
    fields: dict[_Name, ValueType] = Field(min_length=1)

    def schema_of(self) -> LookupSchema:
        return LookupSchema(tuple(self.by), dict(self.fields))


class _WriteFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    values: dict[_Name, ValueType] = Field(min_length=1)
    reasons: list[_Name] = Field(default_factory=list)
    fields: dict[_Name, ValueType] = Field(default_factory=dict)

    def schema_of(self) -> WriteSchema:
        return WriteSchema(dict(self.values), frozenset(self.reasons), dict(self.fields))


def _proving(by: list[str]) -> list[str]:
    if by and set(by) <= NUMBERS_OF_CALLERS:
        raise ValueError(
            "a telephone number proves nobody, it is easily forged: add what only they know, such as `pin`"
        )
    return by


class _IdentityFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    by: Annotated[list[_Name], BeforeValidator(_proving)] = Field(min_length=1)
    fields: dict[_Name, ValueType] = Field(default_factory=dict)

    def schema_of(self) -> LookupSchema:
        return LookupSchema(tuple(self.by), dict(self.fields))


class _CalendarFile(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    days: Annotated[dict[int, tuple[Hours, ...]], BeforeValidator(read_days)]
    dates: Annotated[dict[date, tuple[Hours, ...]], BeforeValidator(read_dates)] = Field(default_factory=dict)
    holidays: Annotated[list[Annotated[str, AfterValidator(holiday_place)]], BeforeValidator(as_list)] = (
        Field(default_factory=list)
    )
    zone: Annotated[str, AfterValidator(known_zone)] | None = None

    def calendar(self) -> Calendar:
        return Calendar(self.days, self.dates, tuple(self.holidays), self.zone)


class CatalogueFile(BaseModel):
    """The keys of a catalogue file."""

    model_config = ConfigDict(extra="forbid")
    queues: list[_Name] = Field(default_factory=list)
    lookups: dict[_Name, _LookupFile] = Field(default_factory=dict)
    writes: dict[_Name, _WriteFile] = Field(default_factory=dict)
    identities: dict[_Name, _IdentityFile] = Field(default_factory=dict)
    calendars: dict[_Name, _CalendarFile] = Field(default_factory=dict)
    destinations: dict[_Name, _Destination] = Field(default_factory=dict)
    webhooks: list[_Name] = Field(default_factory=list)


_PARTS: Mapping[str, type[BaseModel]] = {
    "lookups": _LookupFile,
    "writes": _WriteFile,
    "identities": _IdentityFile,
    "calendars": _CalendarFile,
}


_EXAMPLES: Mapping[str, str] = {
    "lookups": "each with its keys: `account: {by: [customer_number], fields: {name: text}}`",
    "writes": "each with its keys: `delivery_day: {values: {day: date}, reasons: [too_late]}`",
    "identities": "each with its keys: `customer: {by: [customer_number, pin]}`",
    "calendars": "each with its keys: `office: {days: {mon-fri: 09:00-18:00}}`",
    "destinations": "each with its number: `{shop: 2001}`",
    "fields": "each with its type: `{name: text, due_date: date}`",
    "values": "each with its type: `{order_id: digits, day: date}`",
    "": "its keys and their values: `{by: [customer_number], fields: {name: text}}`",
}
"""What is right in a catalogue, where a list or a word stands instead."""


def _misread(source: Source, error: ErrorDetails) -> Problem:
    part = str(error["loc"][0]) if len(error["loc"]) > 2 else ""
    known = _PARTS.get(part, CatalogueFile).model_fields
    return explain(source, (), error, list(known), examples=_EXAMPLES)


def _without_currency(source: Source, found: CatalogueFile) -> Iterator[Problem]:
    """Money whose currency nobody says: an amount of what?"""
    parts: Mapping[str, Mapping[str, _LookupFile | _WriteFile | _IdentityFile]] = {
        "lookups": found.lookups,
        "writes": found.writes,
        "identities": found.identities,
    }
    for part, declared in parts.items():
        for name, one in declared.items():
            for of, kind in one.fields.items():
                if kind == "money" and one.fields.get(f"{of}_currency") != "text":
                    yield source.problem(
                        (part, name, "fields", of),
                        f"`{of}` is money, and nobody knows of which currency: add `{of}_currency: text`",
                    )


def load_catalogue(file: Path) -> Catalogue:
    """Reads a catalogue file. Raises `FlowsInvalid` with every mistake."""
    source = read(file)
    try:
        found = CatalogueFile.model_validate(source.content)
    except ValidationError as fault:
        wrong = (_misread(source, error) for error in told_once(fault.errors()))
        raise FlowsInvalid(capped(wrong, source)) from fault
    lacking = capped(_without_currency(source, found), source)
    if lacking:
        raise FlowsInvalid(lacking)
    return Catalogue(
        queues=frozenset(found.queues),
        lookups={name: lookup.schema_of() for name, lookup in found.lookups.items()},
        writes={name: write.schema_of() for name, write in found.writes.items()},
        identities={name: identity.schema_of() for name, identity in found.identities.items()},
        calendars={name: calendar.calendar() for name, calendar in found.calendars.items()},
        destinations=dict(found.destinations),
        webhooks=frozenset(found.webhooks),
    )
