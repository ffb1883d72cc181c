"""Whom a campaign has to call, each attempt to, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from data.records.actions import NewAction

CampaignState = Literal["created", "running", "paused", "draining", "stopped", "finished"]
"""`draining`: nobody new is called, and when the calls under way are over it is `stopped`. `finished`: nobody
of its sample is left to be called."""
EntryState = Literal["waiting", "claimed", "dialled", "unclear", "ended"]
"""`claimed`: somebody is about to dial, nothing has left. `dialled`: the order to dial is given, or may be.
`unclear`: it was dialled and nobody knows how that ended: it counts as made, and a person decides."""
Decision = Literal["", "call", "skip", "later", "left"]
"""What an agent decided who was shown somebody; empty: nothing yet. `left`: nothing in time."""
DialResult = Literal[
    "answered",
    "machine",
    "abandoned",
    "dropped",
    "busy",
    "no_answer",
    "rejected",
    "unreachable",
    "invalid",
    "unwanted",
    "cancelled",
    "congestion",
    "trunk",
    "unclear",
]
"""`answered`: they were on the line, with the campaign's flow or an agent. `abandoned`: they were, and no
agent came. `dropped`: they were, and the call was lost on our side. `cancelled`: we took it back while it
rang. `congestion`, `trunk`: it never got out of the house; `unclear`: nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A campaign that is at work, or whose calls are."""

    id: UUID
    state: CampaignState
    sample_id: UUID
    sample_cut_at: datetime
    declared: str
    """JSON, as it was created."""
    strategy: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Somebody of a sample who is to be called."""

    sample_id: UUID
    customer_id: UUID
    account_id: UUID | None
    state: EntryState
    due_at: datetime | None
    rank: int
    tries: int
    attempt_id: UUID | None
    claimed_by: str | None
    lease_until: datetime | None
    ended_at: datetime | None
    result: str
    why: str


@dataclass(frozen=True, kw_only=True)
class NewAttempt:
    """A call that is about to be made."""

    id: UUID
    campaign_id: UUID
    sample_id: UUID
    customer_id: UUID
    number: str
    rank: int
    trunk: str
    caller_id: str
    mode: str
    claimed_by: str
    dialled_at: datetime
    channels: int
    """How many calls the trunk carries at once, over all servers."""
    lease_until: datetime
    queue: str = ""
    """Whose agents it takes; empty: the flow alone talks."""
    collects_on: date | None = None
    """The company's day on which a debt is to be spoken of; `None`: it is about none."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A call to somebody of a sample."""

    id: UUID
    campaign_id: UUID
    sample_id: UUID
    customer_id: UUID | None
    number: str
    rank: int
    trunk: str
    mode: str
    claimed_by: str
    dialled_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    result: str
    cause: str
    outcome: str
    agent: str
    call_id: UUID | None
    queue: str = ""


@dataclass(frozen=True, kw_only=True)
class PastCall:
    """A call that is over, as a model of calls learns from it."""

    number: str
    dialled_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    result: str
    agent: str
    call_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TalliedHour:
    """A campaign's calls that ended in an hour."""

    begins: datetime
    attempts: int
    live: int
    """Answers that were no recognised machine."""
    abandoned: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Somebody of a sample whom an agent looks at before they are called."""

    id: UUID
    campaign_id: UUID
    sample_id: UUID
    customer_id: UUID
    agent: str
    shown_at: datetime
    until: datetime
    rank: int = 1
    decision: Decision = ""
    reason: str = ""
    """The agent's; or why their call was not made."""
    decided_at: datetime | None = None
    attempt_id: UUID | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What came of an attempt, and what follows for the person."""

    result: DialResult
    at: datetime
    cause: str = ""
    outcome: str = ""
    agent: str = ""
    call_id: UUID | None = None
    due_at: datetime | None = None
    """When they are called again; `None`: not any more."""
    rank: int = 1
    why: str = ""
    """Why not any more."""
    counts: bool = True
    """Whether it is one of their attempts; false: it never got out of the house, and was no contact."""
    actions: tuple[NewAction, ...] = ()
    """What is to be done about it beside calling."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a campaign is with a sample."""

    waiting: int
    due: int
    under_way: int
    talking: int
    unclear: int
    ended: int
    next_at: datetime | None
    """When the next person is due, if nobody is now."""
    results: tuple[tuple[str, int], ...]
    """Of whom is not called any more: why, and how many."""
