"""Which numbers are called back, when that is lawful, and when to try again. Pure.

Rules:
1. Only a number of an allowed country that costs nobody a fortune: no premium, shared-cost or service numbers
   (docs/queues.md has the list of refusals). What a caller says or keys is parsed, never dialled as it is.
2. If it is uncertain in which time zone somebody is, the moment must be lawful in every one that it may be
   (a Spanish mobile: Madrid and the Canaries). Asked again at the instant of dialling.
3. Hours are wall-clock hours, computed anew for each day, so that no change of the clock moves a morning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number
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

Refusal = Literal["malformed", "unknown", "foreign", "premium", "shared_cost", "service", "satellite"]
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
_ORDINARY = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
)
_NOT_ORDINARY: Mapping[int, Refusal] = {
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
}
_LONGEST = 40
"""Characters; what is longer is no number."""
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
    """Who is called first: an agent is reserved and hears who it is, or the customer is rung just before.
    (`ivr serve` can do the second only: `ivr.config` refuses the first.)"""
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
    """How many days ahead a caller may choose a time."""

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


@dataclass(frozen=True)
class Number:
    """A number that may be called back, and where its owner may be."""

    e164: str
    zones: tuple[str, ...]


class NotCalled(Exception):
    """A number that is not called back. `reason` is a code, with nothing personal in it."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


def checked(text: str, *, region: str, countries: Collection[str]) -> Number:
    """A number as somebody said or keyed it. `region`: whose numbers come without a country code.

    Raises `NotCalled`.
    """
    if len(text) > _LONGEST or not text.isascii():
        raise NotCalled("malformed")
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        raise NotCalled("malformed") from None
    if number.extension or not phonenumbers.is_possible_number(number):
        raise NotCalled("malformed")
    if not phonenumbers.is_valid_number(number):
        raise NotCalled("unknown")
    country = phonenumbers.region_code_for_number(number)
    if country is None or country == "001":  # satellites and the like have no country
        raise NotCalled("satellite")
    if country not in countries:
        raise NotCalled("foreign")
    kind = phonenumbers.number_type(number)
    if kind not in _ORDINARY:
        raise NotCalled(_NOT_ORDINARY.get(kind, "service"))
    zones = tuple(zone for zone in time_zones_for_number(number) if "/" in zone and zone != "Etc/Unknown")
    if not zones:
        raise NotCalled("unknown")
    return Number(str(phonenumbers.format_number(number, PhoneNumberFormat.E164)), zones)


def lawful(moment: datetime, zones: Collection[str], hours: ContactHours) -> bool:
    """Whether somebody who is in one of these zones may be called at that moment."""
    return bool(zones) and all(one.at(moment) == "open" for one in _calendars(zones, hours))


def next_lawful(moment: datetime, zones: Collection[str], hours: ContactHours) -> datetime | None:
    """The first moment from then on at which they may be called; `None`: none within two weeks."""
    candidates = [moment, *sorted(_beginnings(moment, zones, hours))]
    return next((one for one in candidates if one >= moment and lawful(one, zones, hours)), None)


def _calendars(zones: Collection[str], hours: ContactHours) -> Iterator[Calendar]:
    for zone in zones:
        yield Calendar(hours.days, holidays=tuple(hours.holidays), zone=zone)


def _beginnings(moment: datetime, zones: Collection[str], hours: ContactHours) -> Iterator[datetime]:
    """Every moment at which the hours of one of the zones begin: an intersection begins at one of them."""
    for zone in map(ZoneInfo, zones):
        first = moment.astimezone(zone).date() - timedelta(days=1)
        for ahead in range(_DAYS_AHEAD + 2):
            day = first + timedelta(days=ahead)
            for one in hours.days.get(day.weekday(), ()):
                wall = datetime(day.year, day.month, day.day, one.begin // 60, one.begin % 60, tzinfo=zone)
                # An hour that the clock skips begins when the clock has skipped it.
                yield wall.astimezone(ZoneInfo("UTC"))


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
