"""Agents: their presence, the callers whom they had, what was raised and repaired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from data.records.cleaning import Cleaning, code, one_of, utc
from data.text import clean

AgentState = Literal["in", "paused", "out"]
StateSource = Literal["cli", "api", "star_code", "supervisor", "watchdog", "switch"]
ContactResult = Literal["answered", "missed"]
"""`missed`: the agent was asked, and did not take the call."""


@dataclass(frozen=True, kw_only=True)
class StateChange(Cleaning):
    """That an agent comes, goes, or pauses."""

    agent: str
    state: AgentState
    at: datetime
    by: str
    source: StateSource
    reason: str = ""
    counts_as_work: bool = True
    telephone: str | None = None
    """Where they are called from now on; `None`: as before."""
    note: str = ""

    def __post_init__(self) -> None:
        one_of(self.state, AgentState, "state")
        one_of(self.source, StateSource, "source")
        self._set(
            agent=code(self.agent)[:20],
            at=utc(self.at),
            by=code(self.by),
            reason=code(self.reason)[:60],
            note=clean(self.note, 200),
        )


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Whether an agent is there now."""

    agent: str
    state: AgentState
    reason: str
    telephone: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class AgentContact(Cleaning):
    """A caller in an agent's hand, or missed by them, as the switch tells it. (That the company has called or
    written to somebody is another thing: `data.records.contacts.NewContact`.)"""

    key: str
    queue: str
    leg: str
    result: ContactResult
    joined_at: datetime
    at: datetime
    agent: str = ""
    agent_leg: str = ""
    cause: str = ""
    switch: str = ""
    """On which they were; empty: the only one."""

    def __post_init__(self) -> None:
        one_of(self.result, ContactResult, "result")
        self._set(
            key=code(self.key),
            queue=code(self.queue)[:60],
            leg=code(self.leg),
            agent=code(self.agent)[:20],
            agent_leg=code(self.agent_leg),
            cause=code(self.cause)[:60],
            switch=code(self.switch)[:120],
            joined_at=utc(self.joined_at),
            at=utc(self.at),
        )


@dataclass(frozen=True, kw_only=True)
class Closing(Cleaning):
    """How an agent ends a contact."""

    contact_id: UUID
    at: datetime
    by: str
    strategy: str = ""
    outcome: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    form: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._set(at=utc(self.at), by=code(self.by))


@dataclass(frozen=True, kw_only=True)
class Contact:
    """What became of a caller, as the database has it."""

    id: UUID
    key: str
    agent: str
    queue: str
    leg: str
    switch: str
    agent_leg: str
    result: ContactResult
    cause: str
    joined_at: datetime
    at: datetime
    ended_at: datetime | None
    wrap_up_until: datetime | None
    closed_at: datetime | None
    closed_by: str
    strategy: str
    outcome: str
    fields: Mapping[str, Any]
    form: str
    answers: Mapping[str, Any]
    call_id: UUID | None
    customer_id: UUID | None

    @property
    def talking(self) -> bool:
        return self.result == "answered" and self.ended_at is None


@dataclass(frozen=True, kw_only=True)
class Alert:
    """That something crossed its threshold."""

    id: UUID
    rule: str
    queue: str
    raised_at: datetime
    value: float
    threshold: float
    cleared_at: datetime | None
    cleared_value: float | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    """Who looks after it; empty: nobody has said so."""


@dataclass(frozen=True, kw_only=True)
class SwitchRepair(Cleaning):
    """A fault that the watchdog found on the switch, and whether it could mend it."""

    id: UUID
    at: datetime
    kind: str
    detail: str
    repaired: bool
    node: str
    queue: str = ""
    agent: str = ""
    leg: str = ""

    def __post_init__(self) -> None:
        self._set(
            at=utc(self.at),
            kind=code(self.kind)[:40],
            detail=clean(self.detail, 300),
            node=code(self.node),
            queue=code(self.queue)[:60],
            agent=code(self.agent)[:20],
            leg=code(self.leg),
        )
