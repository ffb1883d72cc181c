"""What is remembered of a caller: of the number, and of the one person whom it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from data.records.cleaning import Cleaning, code, utc
from data.text import clean, clean_text


@dataclass(frozen=True, kw_only=True)
class TakenFor(Cleaning):
    """What a caller was taken for in a call, and why."""

    segment: str
    reason: str
    rule: str
    """The condition that held; empty: the segment of everybody else."""
    rules_version: str
    at: datetime
    e164: str | None = None
    customer_id: UUID | None = None
    call_id: UUID | None = None

    def __post_init__(self) -> None:
        self._set(
            segment=code(self.segment)[:40],
            reason=clean_text(self.reason),
            rule=clean(self.rule, 120),
            rules_version=code(self.rules_version),
            at=utc(self.at),
        )


@dataclass(frozen=True, kw_only=True)
class PastCalls:
    """Earlier calls from a number; more than `data.caller_statements.MOST_CALLS` are so many."""

    ever: int = 0
    last_24_hours: int = 0
    last_7_days: int = 0
    last_30_days: int = 0
    last_90_days: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Outcome → calls within 90 days."""
    last_at: datetime | None = None
    last_outcome: str = ""
    last_ended_by: str = ""
    last_language: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenTicket:
    """The open ticket that was touched last."""

    number: str
    topic: str
    promised_on: date | None


@dataclass(frozen=True, kw_only=True)
class ComingOrder:
    """The order on the way that is expected next."""

    number: str
    status: str
    expected_on: date | None


@dataclass(frozen=True, kw_only=True)
class CallingCustomer:
    """The customer who calls, as far as it matters for how they are received."""

    id: UUID
    customer_number: str
    language: str
    membership: str
    since: date | None
    value_cents: int = 0
    value_currency: str = ""
    """Minor units: what the company puts them at, or what they have paid and ordered within a year."""
    tickets_open: int = 0
    tickets_broken: int = 0
    """Open ones whose promised day has passed."""
    oldest_ticket_at: datetime | None = None
    ticket: OpenTicket | None = None
    orders_last_90_days: int = 0
    orders_on_the_way: int = 0
    orders_late: int = 0
    order: ComingOrder | None = None
    debts_open: int = 0
    debts_overdue: int = 0
    overdue_since: date | None = None
    """When the oldest debt was due that should have been paid."""
    debt_stage: str = ""
    """Of that debt."""
    debts_cents: int = 0
    debts_currency: str = ""
    promises_open: int = 0
    promises_broken: int = 0


@dataclass(frozen=True, kw_only=True)
class CallerHistory:
    """What is remembered of a caller."""

    calls: PastCalls
    people: int = 0
    """How many the number belongs to."""
    blocked_since: datetime | None = None
    person: CallingCustomer | None = None
    """Its only person, or the one who has proved to be."""
