"""What stands against talking of a debt with somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

HoldReason = Literal["dispute", "already_paid", "hardship", "vulnerable", "deceased", "lawyer"]
HOLD_REASONS: tuple[HoldReason, ...] = get_args(HoldReason)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Nobody is dialled about a customer's debt."""

    id: UUID
    reason: str
    at: datetime
    until: date | None
    """The last day of it; `None`: until a person lifts it."""
    call_id: UUID | None
    lifted_at: datetime | None
    lifted_by: str
