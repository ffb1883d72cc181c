"""Work that coordinators give to agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from data.records.cleaning import Cleaning, code, one_of, utc
from data.text import clean, clean_text

WorkKind = Literal["callback", "case", "recording", "write"]
"""A call to return, a case to see to, a recording to review, a change that was noted and came to nothing."""
WorkResult = Literal["done", "not_possible", "not_needed"]


@dataclass(frozen=True, kw_only=True)
class NewWork(Cleaning):
    """Something to be done."""

    kind: WorkKind
    about: str
    """Which one: a callback's id, a case's number, a call's id, an errand's id."""
    at: datetime
    by: str
    title: str = ""
    due_at: datetime | None = None
    call_id: UUID | None = None
    customer_id: UUID | None = None

    def __post_init__(self) -> None:
        one_of(self.kind, WorkKind, "kind")
        self._set(
            about=code(self.about),
            at=utc(self.at),
            by=code(self.by)[:60],
            title=clean(self.title, 200),
            due_at=None if self.due_at is None else utc(self.due_at),
        )
        if not self.about:
            raise ValueError("a work item is about something: give its id or number")


@dataclass(frozen=True, kw_only=True)
class Finished(Cleaning):
    """How it ended."""

    by: str
    at: datetime
    result: WorkResult = "done"
    note: str = ""
    scores: Mapping[str, int] = field(default_factory=dict)
    """Of a review: criterion → points."""

    def __post_init__(self) -> None:
        one_of(self.result, WorkResult, "result")
        self._set(by=code(self.by)[:60], at=utc(self.at), note=clean_text(self.note))


@dataclass(frozen=True, kw_only=True)
class WorkItem:
    """A piece of work, as the database has it."""

    id: UUID
    kind: WorkKind
    about: str
    title: str
    call_id: UUID | None
    customer_id: UUID | None
    created_at: datetime
    created_by: str
    due_at: datetime | None
    holder: str | None
    assigned_at: datetime | None
    assigned_by: str | None
    done_at: datetime | None
    done_by: str | None
    result: str
    note: str
    scores: Mapping[str, int]

    def overdue(self, now: datetime) -> bool:
        """Whether it should have been done by now, or was done too late."""
        return self.due_at is not None and self.due_at < (self.done_at or now)
