"""What is carried elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from data.records.cleaning import Cleaning, code, utc
from data.records.requests import LONGEST_KEY


@dataclass(frozen=True, kw_only=True)
class Errand(Cleaning):
    """Something to be carried to somebody else."""

    kind: str
    """Who carries it: `write`, `sms`, `email`, `webhook` …"""
    target: str
    """Which declared back end or message."""
    body: Mapping[str, Any]
    """What JSON can hold."""
    idempotency_key: str
    """At most 120 characters. The same key is the same errand, and put once."""
    at: datetime
    due_at: datetime | None = None
    """Not before this moment; `None`: at once."""
    call_id: UUID | None = None
    customer_id: UUID | None = None
    """Whose data the body holds."""

    def __post_init__(self) -> None:
        if not 0 < len(self.idempotency_key) <= LONGEST_KEY:
            raise ValueError(f"an idempotency key has 1 to {LONGEST_KEY} characters")
        at = utc(self.at)
        self._set(
            kind=code(self.kind)[:40],
            target=code(self.target),
            at=at,
            due_at=at if self.due_at is None else utc(self.due_at),
        )


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """An errand that is ours until `lease_until`."""

    id: UUID
    kind: str
    target: str
    body: Mapping[str, Any]
    idempotency_key: str
    created_at: datetime
    tries: int
    """With this one: 1 at the first."""
    last_error: str
    lease_until: datetime
    call_id: UUID | None
    customer_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class OutboxState:
    """How the outbox stands."""

    waiting: int
    """Neither done nor given up."""
    oldest: datetime | None
    """When the oldest of those was put in."""
    given_up: int


@dataclass(frozen=True, kw_only=True)
class LaidDown:
    """An errand that waits, or was given up: nobody will carry it then unless somebody says so."""

    id: UUID
    kind: str
    target: str
    created_at: datetime
    due_at: datetime
    """When it is tried next, if it waits."""
    given_up_at: datetime | None
    tries: int
    last_error: str
    call_id: UUID | None
