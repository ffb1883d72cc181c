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

PRESSING = 3600.0
"""Seconds that somebody is ahead whose window is half over, so that they are called inside it."""


@dataclass(frozen=True, kw_only=True)
class Booking(Cleaning):
    """That somebody wants to be called back."""

    queue: str
    number: str
    """E.164, checked by whoever books."""
    caller: str = ""
    """Where they called from (E.164); empty: withheld, or nobody called."""
    language: str
    joined_at: datetime
    """When they came to the queue."""
    at: datetime
    due_at: datetime | None = None
    """Not before; `None`: as soon as it is their turn."""
    from_at: datetime | None = None
    """The window's beginning; `None`: they want no window."""
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
            caller=code(self.caller)[:16],
            language=code(self.language)[:16],
            segment=code(self.segment)[:60],
            joined_at=utc(self.joined_at),
            at=at,
            due_at=at if self.due_at is None else utc(self.due_at),
            from_at=None if self.from_at is None else utc(self.from_at),
            until_at=None if self.until_at is None else utc(self.until_at),
        )

    @property
    def who(self) -> str:
        """The person, as far as they are known: another number does not make them another person."""
        return (self.caller or self.number) if self.customer_id is None else self.customer_id.hex


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Somebody who is to be called back, as the database has it."""

    id: UUID
    queue: str
    number: str
    caller: str
    language: str
    segment: str
    base_score: int
    joined_at: datetime
    booked_at: datetime
    due_at: datetime
    from_at: datetime | None
    until_at: datetime | None
    overdue_at: datetime | None
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

    def kept(self, now: datetime) -> float:
        """Seconds that their place is old. The time until a window that they asked for is no wait."""
        if self.from_at is None:
            return (now - self.joined_at).total_seconds()
        waited = (self.booked_at - self.joined_at).total_seconds()
        return max(waited, 0.0) + max((now - self.from_at).total_seconds(), 0.0)

    def presses(self, now: datetime) -> bool:
        """Whether the half of their window has passed: from then on they come first."""
        if self.from_at is None or self.until_at is None:
            return False
        return now >= self.from_at + (self.until_at - self.from_at) / 2

    def score(self, now: datetime) -> float:
        """As mod_callcenter's: seconds since they came, and what they are ahead."""
        return self.kept(now) + self.base_score + (PRESSING if self.presses(now) else 0.0)
