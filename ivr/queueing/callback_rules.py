"""Which numbers are called back, when that is lawful, and when to try again. Pure.

Rules:
1. Only numbers that the house calls at all (`ivr.numbers`).
2. If it is uncertain in which time zone somebody is, the moment must be lawful in every one that it may be
   (a Spanish mobile: Madrid and the Canaries). Asked again at the instant of dialling.
3. Hours are wall-clock hours, computed anew for each day, so that no change of the clock moves a morning.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from dialogs.calendars import Calendar, Hours, holiday_place, read_days
from ivr.campaigns.contact_rules.windows import next_open, open_in_all

Result = Literal[
    "reached",
    "busy",
    "no_answer",
    "rejected",
    "machine",
    "invalid",
    "unreachable",
    "dropped",
    "no_agent",
    "unwanted",
]
"""How a try ended. `unreachable`: the trunk or the network; `dropped`: they answered, and no agent came;
`no_agent`: no agent could be reserved, and nobody was called; `unwanted`: they do not want to be called."""
NEVER_AGAIN: frozenset[Result] = frozenset({"invalid", "unwanted"})
_DIAL = re.compile(r"[\w.+@:/-]+\{(number|digits)\}[\w.+@:/-]*")
_DAYS_AHEAD = 14
_WHOLE_WEEK = "mon-fri"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


class ContactHours(_Part):
    """When people are called back, by the clock on their own wall."""

    days: Annotated[dict[int, tuple[Hours, ...]], BeforeValidator(read_days)] = Field(
        default_factory=lambda: read_days({_WHOLE_WEEK: "09:00-21:00", "sat": "10:00-20:00"})
    )
    holidays: Annotated[
        tuple[Annotated[str, AfterValidator(holiday_place)], ...], BeforeValidator(_listed)
    ] = ()


class Retries(_Part):
    """Minutes until the next try, by the result; as many tries as there are pauses, and one more."""

    busy: tuple[Annotated[int, Field(ge=1)], ...] = (10, 20, 30)
    no_answer: tuple[Annotated[int, Field(ge=1)], ...] = (30, 180)
    rejected: tuple[Annotated[int, Field(ge=1)], ...] = (60,)
    machine: tuple[Annotated[int, Field(ge=1)], ...] = (180,)
    unreachable: tuple[Annotated[int, Field(ge=1)], ...] = (5, 15, 60)
    dropped: tuple[Annotated[int, Field(ge=1)], ...] = (1, 2, 5)


class CallbackSettings(_Part):
    """The section `callbacks` of `ivr.yaml`."""

    enabled: bool = True
    first: Literal["agent", "customer"] = "customer"
    """Who is called first: an agent is reserved and hears who it is, and then the customer is rung; or the
    customer is rung just before an agent is free."""
    dial: str | None = None
    """The dial string, with `{number}` (+34…) or `{digits}` (34…) in it; default: the first gateway of
    `freeswitch.gateways`, and on the embedded switch whoever waits at the number."""
    caller_id: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")] | None = None
    """The number that the customer sees; default: the trunk's."""
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = ("ES",)
    """Whose numbers are called at all."""
    hours: ContactHours = ContactHours()
    ring: Annotated[int, Field(ge=10, le=60)] = 30
    """Seconds that the customer's telephone rings."""
    retries: Retries = Retries()
    most_tries: Annotated[int, Field(ge=1, le=20)] = 5
    at_once: Annotated[int, Field(ge=1, le=100)] = 10
    """Tries under way at the same time, in this process."""
    window_days: Annotated[int, Field(ge=0, le=14)] = 3
    """How many days ahead a caller may choose a time; 0: only today."""
    window_agents: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """How many agents are expected to serve a queue in a time that a caller chooses; default: those who are
    declared as its own, and without any, no limit."""
    window_share: Annotated[float, Field(gt=0, le=1)] = 0.3
    """Which part of their time may be promised to callers who choose it."""
    most_per_number: Annotated[int, Field(ge=1, le=100)] = 3
    """How many callbacks may be asked for at one number within a day: more is somebody who plays with it."""

    @field_validator("dial")
    @classmethod
    def _dials(cls, dial: str | None) -> str | None:
        if dial is not None and not _DIAL.fullmatch(dial):
            raise ValueError("write it as sofia/gateway/NAME/{number}, or with {digits} for one without +")
        return dial

    @model_validator(mode="after")
    def _some_hours(self) -> Self:
        if not any(self.hours.days.values()):
            raise ValueError("callbacks.hours: there is no hour at which anybody may be called: add one")
        return self


def lawful(moment: datetime, zones: Collection[str], hours: ContactHours) -> bool:
    """Whether somebody who is in one of these zones may be called at that moment."""
    return open_in_all(moment, calendars_of(zones, hours))


def next_lawful(moment: datetime, zones: Collection[str], hours: ContactHours) -> datetime | None:
    """The first moment from then on at which they may be called; `None`: none within two weeks."""
    return next_open(moment, calendars_of(zones, hours), days=_DAYS_AHEAD)


def calendars_of(zones: Collection[str], hours: ContactHours) -> tuple[Calendar, ...]:
    """The hours in each of these zones."""
    return tuple(Calendar(hours.days, holidays=tuple(hours.holidays), zone=zone) for zone in zones)


def again_at(
    result: Result, tries: int, now: datetime, *, settings: CallbackSettings, zones: Collection[str]
) -> datetime | None:
    """When to try again after the `tries`-th try has ended so; `None`: not any more."""
    if result in NEVER_AGAIN or tries >= settings.most_tries:
        return None
    pauses: tuple[int, ...] = getattr(settings.retries, result, ())
    if tries > len(pauses):
        return None
    return next_lawful(now + timedelta(minutes=pauses[tries - 1]), zones, settings.hours)
