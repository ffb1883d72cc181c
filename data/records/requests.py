"""Who asks for a change, and that it was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from data.records.cleaning import Cleaning, one_of, utc

By = Literal["caller", "agent", "system"]
"""Whose words they are, or who asked for it."""
LONGEST_KEY = 120


@dataclass(frozen=True, kw_only=True)
class Request(Cleaning):
    """Who asks for a change, and when; with a key, it is made at most once."""

    at: datetime
    by: By = "caller"
    key: str | None = None
    """Idempotency key, 1 to 120 characters."""
    call_id: UUID | None = None

    def __post_init__(self) -> None:
        one_of(self.by, By, "by")
        if self.key is not None and not 0 < len(self.key) <= LONGEST_KEY:
            raise ValueError(f"an idempotency key has 1 to {LONGEST_KEY} characters")
        self._set(at=utc(self.at))


@dataclass(frozen=True)
class Refused:
    """A change that was not made, though nothing is broken: the caller is told, and may choose otherwise."""

    reason: str
    """A code that flows branch on: `unknown`, `taken`, `past` …; each change lists its own."""
