"""Who is to be called back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from data.records.cleaning import Cleaning, code, utc

CallbackState = Literal[
    "waiting", "claimed", "dialled", "answered", "unclear", "reached", "given_up", "cancelled"
]
"""`claimed`: somebody is about to dial, nothing has left. `dialled`: the order to dial is given, or may be.
`unclear`: it was dialled and nobody knows how that ended; a person decides."""


@dataclass(frozen=True, kw_only=True)
class Booking(Cleaning):
    """That somebody wants to be called back."""

    queue: str
    number: str
    """E.164, checked by whoever books."""
    language: str
    joined_at: datetime
    """When they came to the queue."""
    at: datetime
    due_at: datetime | None = None
    """Not before; `None`: as soon as it is their turn."""
    until_at: datetime | None = None
    segment: str = ""
    base_score: int = 0
    story: Mapping[str, Any] = field(default_factory=dict)
    call_id: UUID | None = None
    customer_id: UUID | None = None

    def __post_init__(self) -> None:
        at = utc(self.at)
        self._set(
            queue=code(self.queue)[:60],
            number=code(self.number)[:16],
            language=code(self.language)[:16],
            segment=code(self.segment)[:60],
            joined_at=utc(self.joined_at),
            at=at,
            due_at=at if self.due_at is None else utc(self.due_at),
            until_at=None if self.until_at is None else utc(self.until_at),
        )

    @property
    def who(self) -> str:
        """The person, as far as they are known."""
        return self.number if self.customer_id is None else self.customer_id.hex


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Somebody who is to be called back, as the database has it."""

    id: UUID
    queue: str
    number: str
    language: str
    segment: str
    base_score: int
    joined_at: datetime
    booked_at: datetime
    due_at: datetime
    until_at: datetime | None
    tries: int
    state: CallbackState
    last_result: str
    attempt_id: UUID | None
    claimed_by: str | None
    lease_until: datetime | None
    ended_at: datetime | None
    story: Mapping[str, Any]
    call_id: UUID | None
    customer_id: UUID | None

    def score(self, now: datetime) -> float:
        """As mod_callcenter's: seconds since they came, and what they are ahead."""
        return (now - self.joined_at).total_seconds() + self.base_score
