"""What is known of somebody's stay in a queue: piece by piece, as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from data.records.cleaning import Cleaning, code, one_of, utc

LeftBy = Literal[
    "answered", "abandoned", "timeout", "no_agents", "key", "overflow", "moved", "refused", "unknown"
]
"""`abandoned`: the caller hung up while waiting. `moved`: somebody took them elsewhere. `refused`: the queue
was closed or full, and they never joined it. `unknown`: nobody heard how it ended."""


@dataclass(frozen=True, kw_only=True)
class VisitFacts(Cleaning):
    """Some facts of one stay; what is `None` is not known here. The first word on each fact stands."""

    id: str
    queue: str
    leg: str
    joined_at: datetime
    switch: str = ""
    call_id: UUID | None = None
    position: int | None = None
    told_wait: int | None = None
    kept_since: datetime | None = None
    offered_at: datetime | None = None
    agent: str | None = None
    answered_at: datetime | None = None
    talk_ended_at: datetime | None = None
    held_ms: int | None = None
    wrapped_up_at: datetime | None = None
    left_at: datetime | None = None
    left_by: LeftBy | None = None
    left_for: str = ""

    def __post_init__(self) -> None:
        if self.left_by is not None:
            one_of(self.left_by, LeftBy, "left_by")
        moments = ("kept_since", "offered_at", "answered_at", "talk_ended_at", "wrapped_up_at", "left_at")
        for name in moments:
            moment = getattr(self, name)
            if moment is not None:
                self._set(**{name: utc(moment)})
        self._set(
            id=code(self.id)[:64],
            queue=code(self.queue)[:60],
            leg=code(self.leg),
            joined_at=utc(self.joined_at),
            agent=None if self.agent is None else code(self.agent)[:60],
            left_for=code(self.left_for),
        )


@dataclass(frozen=True, kw_only=True)
class MissedOffer(Cleaning):
    """An agent was rung and did not take the call."""

    visit_id: str
    at: datetime
    agent: str
    queue: str
    cause: str = ""

    def __post_init__(self) -> None:
        self._set(
            visit_id=code(self.visit_id)[:64],
            at=utc(self.at),
            agent=code(self.agent)[:60],
            queue=code(self.queue)[:60],
            cause=code(self.cause)[:60],
        )


@dataclass(frozen=True, kw_only=True)
class NeverTalked(Cleaning):
    """An agent answered, and was gone before the two were connected: that was no answer."""

    visit_id: str
    at: datetime

    def __post_init__(self) -> None:
        self._set(visit_id=code(self.visit_id)[:64], at=utc(self.at))


@dataclass(frozen=True)
class OpenVisit:
    """A stay that has not ended, as far as the database knows."""

    id: str
    queue: str
    leg: str
    joined_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class QueueDay:
    """What became of a queue's callers in a span of time."""

    answered: int
    in_time: int
    """Answered within the queue's seconds."""
    lost: int
    """Gave up."""
    lost_late: int
    """Gave up, or were sent on, after those seconds: the promise was broken before they did."""
    left: int = 0
    """Left by a key, or were sent on when it took too long: they have not given up."""

    @property
    def offered(self) -> int:
        return self.answered + self.lost + self.left

    @property
    def service_level(self) -> float | None:
        """The share answered in time of all who were answered or left late; `None`: nobody was. Who leaves
        before the time is over counts neither way (docs/agents.md)."""
        counted = self.answered + self.lost_late
        return self.in_time / counted if counted else None

    @property
    def abandoned_share(self) -> float | None:
        return self.lost / self.offered if self.offered else None
