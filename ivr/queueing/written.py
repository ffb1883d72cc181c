"""The keys of `queues.yaml`: what a business writes about its queues and its people.

```yaml
queues:
  billing:
    skills: [billing]                 # what whoever serves it must know; without: only who names the queue
    languages: [es, ca]               # and speak, each of them
    hours: office                     # a calendar of catalogue.yaml, with its holidays
    in_language: {ca: billing_ca}     # whoever speaks it waits there instead
    announce: {every: 45}             # seconds; position and expected wait are said unless switched off
    longest_wait: 900                 # seconds, then the flow's `busy`
    most_waiting: 40                  # whoever would be number 41 does not wait: the flow's `busy`
    overflow: {to: [support], after: 90}     # whose people help whoever has waited 90 s
    priority: {vip: 300, at_risk: 240}       # seconds that a segment is ahead, in place of segments.yaml's
    service_level: {share: 0.95, within: 180}
    handling_time: 240                # seconds with an agent, until the day has shown how long it is
agents:                               # by their telephone
  1001: {skills: [billing, support], languages: [es, ca, en]}
```
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from dialogs.flow import Name
from dialogs.source import nearest
from esl.freeswitch.configuration import STRATEGIES

Language = Literal["es", "ca", "en"]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
MOST_AHEAD = 3600
"""Seconds of base score. Whoever waits longer than this goes before all who have just come, so that nobody
starves: mod_callcenter adds the seconds waited to the base score."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _strategy(name: str) -> str:
    if name not in STRATEGIES:
        raise ValueError(f"unknown strategy `{name}`: {nearest(name, STRATEGIES)}")
    return name


def _music(value: str) -> str:
    if not Path(value).is_absolute():
        raise ValueError(
            f"`{value}` is not a whole path: write it from the root, such as /var/lib/ivr/music.wav"
        )
    return value


class AnnounceFile(_Written):
    """What callers hear about their wait."""

    position: bool = Field(default=True, description="Whether they hear which number they are")
    wait: bool = Field(default=True, description="Whether they hear how long it will take, as a range")
    every: int = Field(default=45, ge=15, le=600, description="Seconds from one announcement to the next")


class OverflowFile(_Written):
    """Other queues whose people help."""

    to: list[Name] = Field(min_length=1, max_length=8, description="Queues, in the order in which they help")
    after: int = Field(
        default=60, ge=1, le=3600, description="Seconds of waiting before the first, and each next, helps"
    )


class ServiceLevelFile(_Written):
    """What the business has promised itself, or the law asks (Spain, Ley 10/2025: 95 % in three minutes)."""

    share: float = Field(default=0.95, gt=0, lt=1, description="Which part of the calls is answered in time")
    within: int = Field(default=180, ge=1, le=3600, description="Seconds that are in time")


class QueueFile(_Written):
    """One queue of people."""

    skills: list[Name] = Field(default_factory=list, description="What its people must know, all of it")
    languages: list[Language] = Field(
        default_factory=list, description="What its people must speak, all of it"
    )
    hours: Name | None = Field(
        default=None, description="A calendar of the catalogue; without it, always open"
    )
    in_language: dict[Language, Name] = Field(
        default_factory=dict, description="Language → the queue where callers who speak it wait instead"
    )
    strategy: Annotated[str, AfterValidator(_strategy)] = Field(
        default="longest-idle-agent", description="How one of several free people is chosen"
    )
    music: Annotated[str, AfterValidator(_music)] | None = Field(
        default=None, description="A sound file on the switch's machine; without it, the switch's hold music"
    )
    announce: AnnounceFile = Field(default=AnnounceFile(), description="What callers hear about their wait")
    longest_wait: Seconds = Field(
        default=900, description="Seconds, then the flow goes on with `busy`; 0 without end"
    )
    longest_wait_without_agents: Seconds = Field(
        default=60, description="Seconds that somebody waits while nobody is logged in; 0 without end"
    )
    most_waiting: int | None = Field(default=None, ge=1, le=10_000, description="How many wait at most")
    overflow: OverflowFile | None = Field(default=None, description="Whose people help, and when")
    priority: dict[Name, Annotated[int, Field(ge=0, le=MOST_AHEAD)]] = Field(
        default_factory=dict, description="Segment → seconds of waiting that its callers are ahead"
    )
    service_level: ServiceLevelFile = Field(
        default=ServiceLevelFile(), description="What counts as answered in time"
    )
    handling_time: int = Field(
        default=240,
        ge=5,
        le=7200,
        description="Seconds that a call takes an agent, until the day has shown it",
    )


class AgentFile(_Written):
    """Somebody with a telephone that registers at the switch."""

    skills: list[Name] = Field(default_factory=list, description="What they know")
    languages: list[Language] = Field(default_factory=list, description="What they speak")
    language: Language | None = Field(
        default=None, description="In which they are told who comes; the site's, or the first they speak"
    )
    queues: list[Name] = Field(
        default_factory=list, description="Queues that they serve whatever their skills"
    )
    wrap_up: int = Field(default=10, ge=0, le=3600, description="Seconds after a call before the next one")


def _by_telephone(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name in value:
        if not (str(name).isascii() and str(name).isdigit() and 2 <= len(str(name)) <= 10):
            raise ValueError(f"`{name}` is no telephone of the house: write its 2 to 10 digits")
    return value


class QueuesFile(_Written):
    """The keys of `queues.yaml`."""

    queues: dict[Name, QueueFile] = Field(
        min_length=1, max_length=200, description="The queues, each by the name that flows use"
    )
    agents: Annotated[dict[str, AgentFile], BeforeValidator(_by_telephone)] = Field(
        default_factory=dict, description="The people, each by the digits of their telephone"
    )
