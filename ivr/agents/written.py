"""`agents.yaml` as people write it: who serves the queues, why they pause, and when somebody is told.

```yaml
agents:
  2001:                               # what they key at a telephone, and their name on the switch
    name: Marta Puig
    contact: user/1001                # their telephone; default: user/2001. Or an outside number
    queues: {billing: {level: 0, position: 1}}     # or a list: [billing, support]
    languages: [es, ca]
    skills: [billing]                 # whoever knows all that a queue asks for serves it, too
    pin: "$argon2id$v=19$…"           # of `ivr agent pin`; without one, no star code
    wrap_up: 20
pauses:
  lunch: {key: 1, counts_as_work: false}
  training: {key: 2, counts_as_work: true}
wrap_up: {support: 60}                # seconds after a call of that queue, in place of the agent's own
hold_off: {misses: 3, short_talks: 3}
alerts:
  long_wait: {watch: longest_wait, above: 180, clear: 120, tell: {webhook: operations}}
```
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dialogs.flow import Name
from ivr.messenger.settings import is_address
from ivr.queueing.written import Language

Watched = Literal["longest_wait", "waiting", "abandoned_share", "nobody_logged_in", "missed_callbacks"]
_USER = re.compile(r"user/[0-9]{2,15}")
_OUTSIDE = re.compile(r"\+[1-9][0-9]{6,14}")
_ARGON2ID = re.compile(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")
WrapUp = Annotated[int, Field(ge=0, le=3600)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def is_outside(contact: str) -> bool:
    """Whether a contact is a number of the public network."""
    return contact.startswith("+")


def is_contact(text: str) -> bool:
    """Whether it is a telephone of the house, or a number: nothing else becomes a dial string."""
    return bool(_USER.fullmatch(text) or _OUTSIDE.fullmatch(text))


def _contact(value: str) -> str:
    if not is_contact(value):
        raise ValueError(
            f"`{value[:40]}` is no contact: write user/1001 for a telephone of the house, or +34911234567"
        )
    return value


def _pin_hash(value: str) -> str:
    if not _ARGON2ID.fullmatch(value):
        raise ValueError("a PIN is never written here, only its argon2id hash: make one with `ivr agent pin`")
    return value


def _listed(value: Any) -> Any:
    """A list of queues is short for each of them at its usual place."""
    return {name: {} for name in value} if isinstance(value, list) else value


class PlaceFile(_Written):
    """Where somebody stands among those who serve a queue."""

    level: int = Field(
        default=0, ge=0, le=9, description="0 serves first; a level more, one `overflow.after` later"
    )
    position: int = Field(default=1, ge=1, le=99, description="Within the level: the lower is asked first")


class AgentEntry(_Written):
    """One person."""

    name: str = Field(default="", max_length=80, description="For people who read lists")
    contact: Annotated[str, AfterValidator(_contact)] | None = Field(
        default=None, description="Their telephone: user/1001, or an outside number of `agents.outside`"
    )
    queues: Annotated[dict[Name, PlaceFile], BeforeValidator(_listed)] = Field(
        default_factory=dict,
        description="Queues that they serve whatever their skills, with level and position",
    )
    languages: list[Language] = Field(default_factory=list, description="What they speak")
    language: Language | None = Field(
        default=None, description="In which they are told who comes; the site's, or the first they speak"
    )
    skills: list[Name] = Field(default_factory=list, description="What they know")
    pin: Annotated[str, AfterValidator(_pin_hash)] | None = Field(
        default=None, repr=False, description="The argon2id hash of their PIN, of `ivr agent pin`"
    )
    wrap_up: WrapUp = Field(default=10, description="Seconds after a call before the next one")


class PauseFile(_Written):
    """Why somebody is away for a while."""

    counts_as_work: bool = Field(description="Whether it is working time in reports")
    key: int | None = Field(default=None, ge=1, le=9, description="At a telephone; without one, not there")


class HoldOffFile(_Written):
    """When a telephone that does not work is left alone."""

    misses: int = Field(
        default=3, ge=1, le=20, description="Calls in a row that were not answered or refused"
    )
    short_talks: int = Field(
        default=3, ge=0, le=20, description="Talks in a row of only seconds, without an outcome; 0: never"
    )
    shorter_than: int = Field(default=15, ge=1, le=60, description="Seconds that are such a talk")


class TellFile(_Written):
    """Who is told of an alert, beside the log."""

    webhook: Name | None = Field(default=None, description="One of messages.webhooks in ivr.yaml")
    email: str | None = Field(default=None, description="An address")

    @model_validator(mode="after")
    def _somebody(self) -> TellFile:
        if self.webhook is None and self.email is None:
            raise ValueError("nobody is told: write `webhook` or `email`, or leave `tell` out")
        if self.email is not None and not is_address(self.email):
            raise ValueError(f"`{self.email[:60]}` is no e-mail address")
        return self


class AlertFile(_Written):
    """When something is told."""

    watch: Watched = Field(description="What is watched")
    above: float = Field(
        default=0, ge=0, description="Raised above this: seconds, callers, percent, or a count"
    )
    clear: float | None = Field(default=None, ge=0, description="Over at or below this; default: `above`")
    lasting: int = Field(default=30, ge=0, le=3600, description="Seconds that it must last, either way")
    window: int = Field(default=1800, ge=60, le=86_400, description="Seconds over which a share is counted")
    at_least: int = Field(default=10, ge=1, le=1000, description="Callers below which a share says nothing")
    queues: list[Name] = Field(default_factory=list, description="Which; default: all")
    tell: TellFile | None = Field(default=None, description="Who is told, beside the log")

    @model_validator(mode="after")
    def _below(self) -> AlertFile:
        if self.clear is not None and self.clear > self.above:
            raise ValueError(
                f"it would be over at {self.clear:g} and raised at {self.above:g}: let `clear` be less"
            )
        if self.watch == "abandoned_share" and self.above >= 100:
            raise ValueError("a share is in percent: write less than 100")
        return self


def _by_digits(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for name in value:
        if not (str(name).isascii() and str(name).isdigit() and 2 <= len(str(name)) <= 10):
            raise ValueError(f"`{name}` is no agent: write 2 to 10 digits, as they are keyed")
    return {str(name): one for name, one in value.items()}


class AgentsFile(_Written):
    """The keys of `agents.yaml`."""

    agents: Annotated[dict[str, AgentEntry], BeforeValidator(_by_digits)] = Field(
        default_factory=dict, description="The people, each by the digits that they key"
    )
    pauses: dict[Name, PauseFile] = Field(default_factory=dict, description="Why somebody may pause")
    wrap_up: dict[Name, WrapUp] = Field(
        default_factory=dict, description="Queue → seconds after its calls, in place of the agent's own"
    )
    hold_off: HoldOffFile = Field(default=HoldOffFile(), description="When a telephone is left alone")
    alerts: dict[Name, AlertFile] = Field(default_factory=dict, description="What supervisors are told")
