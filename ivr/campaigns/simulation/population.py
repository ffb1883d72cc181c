"""The keys of a population file: who is called, how they answer, and who calls.

```yaml
zone: Europe/Madrid
begins: 2026-11-23
days: 1
hours: {mon-sun: 09:00-21:00}       # when the agents are there
agents: 20
live: {"09:00": 0.2, "15:00": 0.4, "21:00": 0.1}   # a person answers; between two hours in a straight line
machines: {share: 0.12, recognised: 0.95, rings: 18}     # of the calls that no person answers
busy: 0.05                          # likewise
invalid: 0.03
rings: {mean: 7, spread: 4, longest: 28}                 # seconds
talk: {mean: 120, spread: 80}
wrap_up: {mean: 25, spread: 10}
```
With `people` and `campaigns` each call is of somebody, and made only when the contact rules allow it:
```yaml
campaigns:
  - {name: reminder, purpose: collection, actor: third_party, agents: 10}
  - {name: offer, purpose: commercial, agents: 5, caller_id: "+34910000000"}
  - {name: second, purpose: collection, agents_of: reminder}  # the same ten agents, counted once
people:
  - {numbers: "+3460011####", region: ES-MD, count: 500}      # `#`: any digit
```
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from dialogs.calendars import Hours, read_days
from dialogs.errors import FlowsInvalid, Problem
from dialogs.misread import explain, told_once
from dialogs.source import Source, read
from ivr.campaigns.contact_rules.written import Actor, Purpose
from ivr.numbers import NotCalled, checked

SHIPPED = Path(__file__).with_name("populations")
MOST_PEOPLE = 200_000
_DAY = 24 * 60
Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Agents = Annotated[int, Field(ge=1, le=1000)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"`{name}` is no time zone: write it as Europe/Madrid")
    return name


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(minutes) == 2):
        raise ValueError(f"`{text}` is no time of the day: write it as 09:00")
    minute = int(hours) * 60 + int(minutes)
    if minute > _DAY or int(minutes) > 59:
        raise ValueError(f"`{text}` is no time of the day: write it as 09:00")
    return minute


def _by_hour(value: object) -> object:
    if not isinstance(value, Mapping):
        return {0: value}
    if not value:
        raise ValueError("`live` is empty: write one chance, or one for each of several hours")
    return {_minute(str(hour)): chance for hour, chance in value.items()}


class Machines(_Written):
    """Answering machines."""

    share: Chance = Field(default=0.12, description="Of the calls that no person answers")
    recognised: Chance = Field(default=0.95, description="Of them; the others take an agent's time")
    rings: Seconds = 18.0
    talk: Seconds = Field(default=8.0, description="An agent's time with one that was not recognised")


class Rings(_Written):
    """How long a telephone rings."""

    mean: Seconds = Field(default=7.0, description="Until a person answers")
    spread: Seconds = 4.0
    longest: Seconds = Field(default=28.0, description="Until the dialler gives up")


class Lasts(_Written):
    """Durations, spread log-normally."""

    mean: Seconds
    spread: Seconds


class Drift(_Written):
    """What changes on the way, in a straight line: the factor that holds at the end."""

    live: Annotated[float, Field(gt=0, le=5)] = 1.0
    talk: Annotated[float, Field(gt=0, le=5)] = 1.0


class Group(_Written):
    """People whose numbers are alike."""

    numbers: str = Field(description="E.164, with `#` for digits that differ")
    count: Annotated[int, Field(ge=1, le=MOST_PEOPLE)]
    region: str = Field(default="", description="Where they live, if it is known: ISO 3166-2, as ES-MD")

    @field_validator("numbers")
    @classmethod
    def _callable(cls, pattern: str) -> str:
        try:
            checked(pattern.replace("#", "0"), region=None, countries=None)
        except NotCalled as refused:
            raise ValueError(
                f"`{pattern}` are no numbers that are called ({refused.reason}): write them as +3460011####"
            ) from None
        return pattern

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if 10 ** self.numbers.count("#") < self.count:
            raise ValueError(f"`{self.numbers}` has fewer numbers than {self.count}: write more `#`")
        return self


class Simulated(_Written):
    """One campaign that calls these people."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    purpose: Purpose
    actor: Actor = "creditor"
    agents: Agents = Field(default=20, description="Its own, where it shares nobody's")
    agents_of: str | None = Field(
        default=None, description="A campaign above, whose agents it shares, each being counted once"
    )
    caller_id: str | None = None
    attempts: Annotated[int, Field(ge=1, le=50)] = 6
    retries: dict[str, int] = Field(
        default_factory=lambda: {"busy": 20, "no_answer": 180, "machine": 1440, "dropped": 1440},
        description="Minutes after which somebody is called again, by how the call ended",
    )


class Population(_Written):
    """The keys of a population file."""

    zone: Annotated[str, AfterValidator(_zone)] = "Europe/Madrid"
    begins: date = date(2026, 11, 23)
    days: Annotated[int, Field(ge=1, le=62)] = 1
    hours: Annotated[dict[int, tuple[Hours, ...]], BeforeValidator(read_days)]
    agents: Agents = Field(default=20, description="Of the one campaign, where none are named")
    live: Annotated[dict[int, Chance], BeforeValidator(_by_hour)] = Field(
        description="The chance that a person answers: one, or by the callee's time of the day"
    )
    machines: Machines = Machines()
    busy: Chance = 0.05
    invalid: Chance = 0.03
    rings: Rings = Rings()
    greeting: Annotated[float, Field(ge=0, le=10)] = Field(default=1.0, description="Seconds of a `hello?`")
    threshold: Annotated[float, Field(ge=0, le=60)] = Field(
        default=2.0, description="Seconds after it until a call without an agent is abandoned"
    )
    talk: Lasts
    wrap_up: Lasts
    callers_per_hour: Annotated[float, Field(ge=0, le=10_000)] = Field(
        default=0.0, description="Inbound, to the same agents"
    )
    calls_per_second: Annotated[int, Field(ge=1, le=500)] = 10
    drift: Drift = Drift()
    do_not_call: Chance = Field(default=0.0, description="Of those who talk: never again")
    campaigns: tuple[Simulated, ...] = ()
    people: tuple[Group, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.campaigns) != bool(self.people):
            raise ValueError("`campaigns` and `people` belong together: write both, or neither")
        if self.machines.share + self.busy + self.invalid > 1:
            raise ValueError("machines, busy and invalid are more than all: lower one of them")
        if not self.shifts():
            raise ValueError("nobody is there on these days: correct `hours`, `begins` or `days`")
        names = [one.name for one in self.campaigns]
        if len(set(names)) != len(names):
            raise ValueError("two campaigns have one name: rename one")
        for at, one in enumerate(self.campaigns):
            own = [above.name for above in self.campaigns[:at] if above.agents_of is None]
            if one.agents_of is not None and one.agents_of not in own:
                raise ValueError(
                    f"`agents_of: {one.agents_of}` is no campaign above that has agents: there are "
                    f"{', '.join(own) or 'none'}"
                )
        return self

    def shifts(self) -> list[tuple[datetime, datetime]]:
        """From when until when the agents are there, by the clock of the zone."""
        zone, found = ZoneInfo(self.zone), []
        for ahead in range(self.days):
            day = self.begins + timedelta(days=ahead)
            midnight = datetime(day.year, day.month, day.day)
            for hours in self.hours.get(day.weekday(), ()):
                begin = (midnight + timedelta(minutes=hours.begin)).replace(tzinfo=zone)
                found.append((begin, (midnight + timedelta(minutes=hours.end)).replace(tzinfo=zone)))
        return found

    def live_at(self, minute: float) -> float:
        """The chance at a minute of the callee's day."""
        points = sorted(self.live.items())
        if minute <= points[0][0]:
            return points[0][1]
        for (before, low), (after, high) in pairwise(points):
            if minute <= after:
                return low + (high - low) * (minute - before) / (after - before)
        return points[-1][1]


_PARTS: dict[str, Any] = {
    "machines": Machines,
    "rings": Rings,
    "talk": Lasts,
    "wrap_up": Lasts,
    "drift": Drift,
    "campaigns": Simulated,
    "people": Group,
}


def read_population(file: Path) -> Population:
    """Raises `FlowsInvalid` with every mistake of the file."""
    return population_of(read(file))


def population_of(source: Source) -> Population:
    """Raises `FlowsInvalid` with every mistake."""
    if not isinstance(source.content, dict):
        problem = source.problem((), "this is no population: begin with `agents:` (docs/pacing.md)")
        raise FlowsInvalid([problem])
    try:
        return Population.model_validate(source.content)
    except ValidationError as fault:
        raise FlowsInvalid(sorted({_told(source, one) for one in told_once(fault.errors())})) from None


def _told(source: Source, error: ErrorDetails) -> Problem:
    way = error["loc"]
    model = _PARTS.get(str(way[0]), Population) if len(way) > 1 else Population
    return explain(source, (), error, list(model.model_fields))
