"""The section `campaigns` of `ivr.yaml`: the trunks that carry campaigns' calls, and their limits."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_DIAL = re.compile(r"[\w.+@:/-]+\{(number|digits)\}[\w.+@:/-]*")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrunkSettings(_Part):
    """A way out, with what it carries."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    dial: str
    """The dial string, with `{number}` (+34…) or `{digits}` (34…) in it."""
    channels: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Calls of campaigns at once, over all servers; leave lines free for your agents and callbacks."""
    calls_per_second: Annotated[float, Field(gt=0, le=200)] = 5.0
    """Over all servers; stay below what the provider allows."""

    cents_per_minute: Annotated[float, Field(ge=0, le=100_000)] | None = None
    """What a minute of it costs, in the smallest unit of `calls.currency`, by the second; for reports."""

    @field_validator("dial")
    @classmethod
    def _dials(cls, dial: str) -> str:
        if not _DIAL.fullmatch(dial):
            raise ValueError("write it as sofia/gateway/NAME/{number}, or with {digits} for one without +")
        return dial


class CampaignSettings(_Part):
    """How campaigns are dialled."""

    enabled: bool = True
    """Whether this server dials; others with the same database may."""
    trunks: tuple[TrunkSettings, ...] = ()
    """The first is every campaign's that names none. Default: the way by which people are called back."""
    answering_machines: Literal["off", "detect"] = "off"
    """Whether machines are told from people when they answer, by up to three seconds of sound. `off`: what
    answers is a person."""

    @model_validator(mode="after")
    def _different(self) -> Self:
        names = [trunk.name for trunk in self.trunks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two trunks are called {twice[0]}: give each a name of its own")
        return self
