"""What a dialler tells its pacer, as it happens. All moments are in UTC.

A call goes `Dialled` → `Answered` → `Connected` → `Talked` → `WrappedUp`; or it ends with `Unanswered` in
place of `Answered`, or with `Abandoned` in place of `Connected`. A machine that was recognised is
`Answered(live=False)`, and nothing follows. Calls that others dialled (another server, an inbound caller)
are told as well: by `Answered` and `Abandoned` they count for the cap, by `Connected` and what follows it
is known when their agent will be free.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class _OfACall:
    call: Hashable
    """One per call, such as the switch's uuid."""
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Dialled(_OfACall):
    """A call was begun."""


@dataclass(frozen=True, kw_only=True)
class Unanswered(_OfACall):
    """It ended without an answer: busy, nobody there, no such number, the trunk refused."""


@dataclass(frozen=True, kw_only=True)
class Answered(_OfACall):
    """Somebody or something answered, as far as it is known."""

    live: bool = True
    """Whether it may be a person; where machines are not recognised, every answer is."""


@dataclass(frozen=True, kw_only=True)
class Connected(_OfACall):
    """An agent was there in time."""


@dataclass(frozen=True, kw_only=True)
class Abandoned(_OfACall):
    """A live answer for which no agent was there within the rule's seconds."""


@dataclass(frozen=True, kw_only=True)
class Talked(_OfACall):
    """The conversation is over, and its agent wraps up."""


@dataclass(frozen=True, kw_only=True)
class WrappedUp(_OfACall):
    """Its agent is done with it (and free, or gone)."""


@dataclass(frozen=True, kw_only=True)
class CallerArrived:
    """An inbound caller asks for these agents."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Calls that nobody tells one by one any more: for the cap alone."""

    at: datetime
    attempts: int = 0
    live: int = 0
    """Live answers."""
    abandoned: int = 0


Event = Counted | Dialled | Unanswered | Answered | Connected | Abandoned | Talked | WrappedUp | CallerArrived
