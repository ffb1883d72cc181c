"""What a campaign does beside calling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from data.ids import new_id
from data.records.cleaning import Cleaning, code, one_of, utc
from data.records.requests import LONGEST_KEY

Occasion = Literal["outcome", "remind", "kept", "partial", "broken"]
"""Of a call, or of a promise: the day before it is due, and what became of it."""
ActionKind = Literal["sms", "email", "whatsapp", "case", "callback", "webhook", "campaign"]
ActionState = Literal["waiting", "done", "dropped"]


@dataclass(frozen=True, kw_only=True)
class NewAction(Cleaning):
    """Something that is to be done, once."""

    key: str
    """What it follows from, and which of several it is."""
    campaign_id: UUID
    customer_id: UUID
    occasion: Occasion
    outcome: str
    kind: ActionKind
    declared: Mapping[str, Any]
    """What JSON can hold."""
    at: datetime
    due_at: datetime
    until_at: datetime | None = None
    account_id: UUID | None = None
    attempt_id: UUID | None = None
    promise_id: UUID | None = None
    call_id: UUID | None = None
    id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        if not 0 < len(self.key) <= LONGEST_KEY:
            raise ValueError(f"an action's key has 1 to {LONGEST_KEY} characters")
        one_of(self.occasion, Occasion, "occasion")
        one_of(self.kind, ActionKind, "kind")
        self._set(
            at=utc(self.at),
            due_at=utc(self.due_at),
            until_at=None if self.until_at is None else utc(self.until_at),
            outcome=code(self.outcome),
        )


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that is to be done, or was."""

    id: UUID
    key: str
    campaign_id: UUID
    customer_id: UUID
    account_id: UUID | None
    attempt_id: UUID | None
    promise_id: UUID | None
    call_id: UUID | None
    occasion: Occasion
    outcome: str
    kind: ActionKind
    declared: Mapping[str, Any]
    state: ActionState
    created_at: datetime
    due_at: datetime
    until_at: datetime | None
    tries: int
    ended_at: datetime | None
    result: str
    why: str
