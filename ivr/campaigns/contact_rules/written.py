"""The keys of a file of contact rules.

```yaml
rules:
  - id: co.collection
    jurisdictions: [CO]                  # ISO 3166 countries of the number, or of the person
    purposes: [collection]
    actors: [creditor, third_party]
    channels: [call, sms, email, whatsapp]
    status: law                          # practice: no law was found; draft, unverified: not in force
    source: Ley 2300 de 2023, art. 3
    verified_on: 2026-11-22
    valid_from: 2023-10-10
    valid_to: open                       # or a day: the last on which it holds
    zones: every_candidate
    holidays: {countries: [CO], region: none}
    windows:
      - channels: [call, sms, email, whatsapp]
        days: {mon-fri: 07:00-19:00, sat: 08:00-15:00, sun: closed}
        on_holidays: closed
    cooldowns:
      - {scope: person, channels: [call, sms], after: conversation, lasts: day}
```
Nothing has a default that would allow something: what a law leaves open is written down as open.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Literal, Self

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialogs.calendars import WEEK, Hours, holiday_place, read_days

Channel = Literal["call", "sms", "email", "whatsapp"]
Purpose = Literal["commercial", "collection", "service"]
Actor = Literal["creditor", "third_party"]
Status = Literal["law", "draft", "practice", "unverified"]
"""`draft`: no law yet. `unverified`: its text was not at hand. Both are listed, and neither is in force."""
NOT_IN_FORCE: tuple[Status, ...] = ("draft", "unverified")
Scope = Literal["debt", "person", "number"]
Counts = Literal["attempt", "conversation"]
CHANNELS: tuple[Channel, ...] = ("call", "sms", "email", "whatsapp")
_LASTS = re.compile(r"([1-9][0-9]{0,2}) (hours|days)")


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _country(code: str) -> str:
    if code not in SUPPORTED_REGIONS:
        raise ValueError(f"`{code}` is no country: write two capital letters, such as CO")
    return code


def _whole_week(value: object) -> dict[int, tuple[Hours, ...]]:
    days = read_days(value)
    missing = [WEEK[day] for day in range(7) if day not in days]
    if missing:
        raise ValueError(
            f"the week has a gap, nothing is said of {', '.join(missing)}: write hours or `closed` for each"
        )
    return days


def _until(value: object) -> object:
    if value == "open":
        return None
    if value is None:
        raise ValueError("`valid_to` is empty: write the last day on which it holds, or `open`")
    return value


def _period(value: object) -> str:
    text = str(value)
    if text not in ("day", "week") and not _LASTS.fullmatch(text):
        raise ValueError(f"`{text}` is no period: write day, week, or a number of days or hours as `7 days`")
    return text


def _unsorted(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    if len(set(channels)) != len(channels):
        raise ValueError("a channel stands twice: keep one")
    return channels


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"`{str(value).lower()}` is no number: write it in figures")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
"""`true` would be 1."""
Country = Annotated[str, AfterValidator(_country)]
Channels = Annotated[
    tuple[Channel, ...], Field(min_length=1), BeforeValidator(_listed), AfterValidator(_unsorted)
]
Period = Annotated[str, BeforeValidator(_period)]
"""`day` and `week` (from Monday) are of the callee's wall; `7 days`, `48 hours` run from each contact."""


def length_of(period: str) -> timedelta | None:
    """How long a period is that runs from each contact; `None` for `day` and `week`."""
    found = _LASTS.fullmatch(period)
    return None if found is None else timedelta(**{found[2]: int(found[1])})


class Window(_Written):
    """Hours at which the channels may be used, by the callee's own wall."""

    channels: Channels = Field(description="Whose hours these are")
    days: Annotated[dict[int, tuple[Hours, ...]], BeforeValidator(_whole_week)] | Literal["any"] = Field(
        description="Hours for each of the seven days, or `any`: the law names none"
    )
    on_holidays: Literal["closed", "as_weekday"] = Field(description="What a public holiday changes")


class Holidays(_Written):
    """Whose public holidays count."""

    countries: Annotated[tuple[Annotated[str, AfterValidator(holiday_place)], ...], BeforeValidator(_listed)]
    region: Literal["none", "person"] = Field(
        description="`person`: also those of the person's region; of every region, if theirs is not known"
    )


class Cap(_Written):
    """At most so many within a period."""

    scope: Scope
    channels: Channels = Field(description="What is counted, and what may not go on")
    counts: Counts
    n: Annotated[Whole, Field(ge=1, le=1000)]
    period: Period


class Cooldown(_Written):
    """Rest after a contact."""

    scope: Scope
    channels: Channels = Field(description="What must rest")
    after: Counts
    of: Channels | None = Field(default=None, description="After a contact by these; default: the same")
    lasts: Period


class Exclusivity(_Written):
    """Whoever was contacted by one channel is contacted by no other within a period."""

    after: Counts
    period: Period


class ConsentNeeded(_Written):
    """Nobody is contacted by these channels who has not agreed to it."""

    channels: Channels
    kinds: tuple[str, ...] = Field(min_length=1, description="Any of these kinds of consent will do")
    automated_only: bool = Field(description="Whether people may call without it, and machines may not")
    proof: bool = Field(description="Whether words and answer, or the clip, must be on record")


class Registry(_Written):
    """A list of those who do not want it, which is looked up before."""

    name: Annotated[str, Field(pattern=r"^[A-Z0-9_-]{2,40}$")]
    channels: Channels
    max_age: Annotated[str, Field(pattern=_LASTS.pattern)] = Field(
        description="How old a look-up may be, as `30 days`"
    )


class CallerId(_Written):
    """Which number the callee may be shown."""

    hidden: Literal["allowed", "forbidden"]
    mobile: Literal["allowed", "forbidden"] = "allowed"
    only: tuple[Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")], ...] = Field(
        default=(), description="Beginnings of allowed numbers; none: any"
    )
    never: tuple[Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")], ...] = ()


class Abandon(_Written):
    """Answered calls for which nobody was there: what a dialler keeps to."""

    cap: Annotated[float, Field(gt=0, le=1)]
    denominator: Literal["live_answers", "attempts"]
    window: Period
    threshold_s: Annotated[float, Field(gt=0, le=60)] = Field(
        description="Seconds from the end of the greeting until an agent must speak"
    )


class Rule(_Written):
    """One preset, or a rule of the company's own."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+){0,3}$", max_length=60)]
    extra: bool = Field(default=False, description="Only forbids more, where another rule allows at all")
    jurisdictions: Annotated[tuple[Country, ...], Field(min_length=1), BeforeValidator(_listed)]
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1), BeforeValidator(_listed)]
    actors: Annotated[tuple[Actor, ...], Field(min_length=1), BeforeValidator(_listed)]
    channels: Channels = Field(description="What the rule speaks of; of the others it says nothing")
    status: Status
    source: Annotated[str, Field(min_length=3, max_length=300)]
    verified_on: date
    valid_from: date
    valid_to: Annotated[date | None, BeforeValidator(_until)]
    note: str = ""
    zones: Literal["every_candidate", "prefix"] = Field(
        description="Where the callee may be: any zone of the country, with a mobile; or the prefix's"
    )
    holidays: Holidays | None = None
    windows: tuple[Window, ...] = ()
    caps: tuple[Cap, ...] = ()
    cooldowns: tuple[Cooldown, ...] = ()
    exclusivity: Exclusivity | None = None
    consent: tuple[ConsentNeeded, ...] = ()
    registries: tuple[Registry, ...] = ()
    caller_id: CallerId | None = None
    minors: Literal["as_others", "forbidden"] = Field(
        default="as_others", description="Whether people whose birth date says that they are under 18 may be"
    )
    abandon: Abandon | None = None
    min_ring_s: Annotated[Whole, Field(ge=0, le=60)] | None = Field(
        default=None, description="How long a campaign lets a telephone ring at least (`ivr campaign check`)"
    )
    human_option: Literal["open", "required"] = Field(
        default="open",
        description="Whether whoever is called must be able to have a person in the same call",
    )
    max_wait_s: Annotated[Whole, Field(ge=1, le=3600)] | None = Field(
        default=None, description="Seconds after which whoever was called waits in a queue no longer"
    )
    retention_days: Annotated[Whole, Field(ge=1)] | None = Field(
        default=None, description="How long the ledger of contacts must be kept (`ivr doctor`)"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError(f"`{self.id}` ends before it begins: correct `valid_from` or `valid_to`")
        self._each_channel_has_hours()
        holiday_hours = [one for one in self.windows if one.on_holidays == "closed"]
        if holiday_hours and self.holidays is None:
            raise ValueError(f"`{self.id}` is closed on holidays, and names none: add `holidays`")
        if self.id.startswith("house."):
            raise ValueError(f"`{self.id}`: names with `house.` are taken: choose another")
        if "call" not in self.channels:
            self._insist_on_nothing_of_calls()
        return self

    def _insist_on_nothing_of_calls(self) -> None:
        """What only a call can keep to would be obeyed by nobody."""
        told = {
            "abandon": self.abandon,
            "min_ring_s": self.min_ring_s,
            "max_wait_s": self.max_wait_s,
            "human_option": None if self.human_option == "open" else self.human_option,
        }
        for key in (key for key, value in told.items() if value is not None):
            raise ValueError(f"`{self.id}` has `{key}`, which is of calls: add `call` to `channels`")

    def _each_channel_has_hours(self) -> None:
        told = [channel for window in self.windows for channel in window.channels]
        twice = [channel for channel in self.channels if told.count(channel) > 1]
        if twice:
            raise ValueError(f"`{self.id}` has two windows for {twice[0]}: keep one")
        beyond = sorted(set(told) - set(self.channels))
        if beyond:
            raise ValueError(f"`{self.id}` has a window for {beyond[0]}: add it to `channels` as well")
        missing = [channel for channel in self.channels if channel not in told]
        if missing and not self.extra:
            what = ", ".join(missing)
            raise ValueError(
                f"`{self.id}` has a gap, no window for {what}: add it, with `days: any` if no law names hours"
            )

    def window_of(self, channel: str) -> Window | None:
        """The hours of a channel; `None`: the rule says nothing of it."""
        return next((one for one in self.windows if channel in one.channels), None)

    def in_force(self, day: date) -> bool:
        return (
            self.status not in NOT_IN_FORCE
            and self.valid_from <= day
            and (self.valid_to is None or day <= self.valid_to)
        )


class RulesFile(_Written):
    """The keys of a file of contact rules."""

    rules: tuple[Rule, ...] = Field(min_length=1)
