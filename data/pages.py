"""Long lists, page by page: by when something happened, newest first, from where the last page ended.

A page begins after a place, not after a count: what comes in meanwhile moves nobody to another page, and the
last page of a million costs what the first one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from data.alerts import alert_of, repair_of
from data.callbacks import callback_of
from data.calls import record_of
from data.consents import consent_of
from data.database import Database
from data.messages import MessageSent, sent_of
from data.models import (
    AlertRow,
    CallbackRow,
    CallRow,
    CallStepRow,
    ConsentRow,
    CustomerRow,
    MessageRow,
    SwitchRepairRow,
    TicketRow,
    WorkItemRow,
)
from data.records import Alert, Callback, CallRecord, CallStep, Consent, SwitchRepair, WorkItem, utc
from data.work_items import item_of

T = TypeVar("T")
MOST = 100
"""Entries of one page."""


@dataclass(frozen=True)
class Place:
    """Where a page ended."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list, and where the rest begins; `None`: there is no rest."""

    entries: tuple[T, ...]
    rest: Place | None


@dataclass(frozen=True)
class CaseLine:
    """A case as a list shows it: without what was said in it."""

    ticket_number: str
    kind: str
    topic: str
    status: str
    opened_at: datetime
    updated_at: datetime
    customer_number: str | None
    call_id: UUID | None


class Pages:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def calls(
        self,
        after: Place | None,
        most: int,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        outcome: str | None = None,
        leg: str | None = None,
        sip_call_id: str | None = None,
        recorded: bool = False,
    ) -> Page[CallRecord]:
        """Calls by when they began, without their turns."""
        query = select(CallRow)
        if since is not None:
            query = query.where(CallRow.started_at >= utc(since))
        if until is not None:
            query = query.where(CallRow.started_at < utc(until))
        if outcome is not None:
            query = query.where(CallRow.outcome == outcome)
        if leg is not None:
            query = query.where(CallRow.switch_uuid == leg)
        if sip_call_id is not None:
            query = query.where(CallRow.sip_call_id == sip_call_id)
        if recorded:
            query = query.where(CallRow.recording.is_not(None), CallRow.recording != "")
        return self._page(query, CallRow.started_at, CallRow.id, after, most, lambda row: record_of(row, ()))

    def callbacks(
        self, after: Place | None, most: int, *, queue: str | None = None, ended: bool = False
    ) -> Page[Callback]:
        """Callbacks by when they were booked."""
        over = CallbackRow.ended_at.is_not(None) if ended else CallbackRow.ended_at.is_(None)
        query = select(CallbackRow).where(over)
        if queue is not None:
            query = query.where(CallbackRow.queue == queue)
        return self._page(query, CallbackRow.booked_at, CallbackRow.id, after, most, callback_of)

    def cases(self, after: Place | None, most: int, *, status: str | None = None) -> Page[CaseLine]:
        """Cases by when they were opened."""
        columns = (*TicketRow.__table__.columns, CustomerRow.customer_number)
        query: Select[Any] = select(*columns).outerjoin(CustomerRow, CustomerRow.id == TicketRow.customer_id)
        if status is not None:
            query = query.where(TicketRow.status == status)
        return self._page(query, TicketRow.opened_at, TicketRow.id, after, most, _case)

    def consents(self, after: Place | None, most: int, *, kind: str | None = None) -> Page[Consent]:
        """Consents by when they were given or refused."""
        query = select(ConsentRow)
        if kind is not None:
            query = query.where(ConsentRow.kind == kind)
        return self._page(query, ConsentRow.at, ConsentRow.id, after, most, consent_of)

    def work(
        self,
        after: Place | None,
        most: int,
        *,
        holder: str | None = None,
        kind: str | None = None,
        done: bool = False,
    ) -> Page[WorkItem]:
        """Pieces of work by when they were added. `holder`: theirs; empty: nobody's."""
        row = WorkItemRow
        query = select(row).where(row.done_at.is_not(None) if done else row.done_at.is_(None))
        if holder is not None:
            query = query.where(row.holder == holder if holder else row.holder.is_(None))
        if kind is not None:
            query = query.where(row.kind == kind)
        return self._page(query, row.created_at, row.id, after, most, item_of)

    def alerts(self, after: Place | None, most: int, *, standing: bool | None = None) -> Page[Alert]:
        """Alerts by when they were raised. `standing`: those that are not over, or only those that are."""
        row = AlertRow
        query = select(row)
        if standing is not None:
            query = query.where(row.cleared_at.is_(None) if standing else row.cleared_at.is_not(None))
        return self._page(query, row.raised_at, row.id, after, most, alert_of)

    def repairs(self, after: Place | None, most: int) -> Page[SwitchRepair]:
        """What the watchdog has found on the switch, by when that was."""
        row = SwitchRepairRow
        return self._page(select(row), row.at, row.id, after, most, repair_of)

    def messages(self, after: Place | None, most: int, *, state: str | None = None) -> Page[MessageSent]:
        """Messages by when they were asked for."""
        query = select(MessageRow)
        if state is not None:
            query = query.where(MessageRow.state == state)
        return self._page(query, MessageRow.at, MessageRow.id, after, most, sent_of)

    def path(self, call_id: UUID) -> tuple[CallStep, ...]:
        """The steps that a finished call went through, in order."""
        query = select(CallStepRow).where(CallStepRow.call_id == call_id).order_by(CallStepRow.n)
        names = CallStep.__dataclass_fields__
        with self._database.reading() as connection:
            rows: Sequence[Any] = connection.execute(query).all()
        return tuple(CallStep(**{name: getattr(row, name) for name in names}) for row in rows)

    def call_on_leg(self, leg: str) -> UUID | None:
        """The latest call that was lived on that leg of the switch."""
        return self._latest(CallRow.switch_uuid == leg)

    def call_of_invite(self, sip_call_id: str) -> UUID | None:
        """The latest call whose INVITE had that Call-ID."""
        return self._latest(CallRow.sip_call_id == sip_call_id) if sip_call_id else None

    def _latest(self, which: ColumnElement[bool]) -> UUID | None:
        query = select(CallRow.id).where(which).order_by(CallRow.started_at.desc(), CallRow.id.desc())
        with self._database.reading() as connection:
            return connection.scalar(query.limit(1))

    def _page(
        self,
        query: Select[Any],
        at: InstrumentedAttribute[datetime],
        key: InstrumentedAttribute[UUID],
        after: Place | None,
        most: int,
        read: Callable[[Any], T],
    ) -> Page[T]:
        most = max(1, min(most, MOST))
        if after is not None:
            query = query.where(_beyond(at, key, after))
        query = query.order_by(at.desc(), key.desc()).limit(most + 1)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        rest = None
        if len(rows) > most:
            last = rows[most - 1]
            rest = Place(getattr(last, at.key), getattr(last, key.key))
        return Page(tuple(map(read, rows[:most])), rest)


def _beyond(
    at: InstrumentedAttribute[datetime], key: InstrumentedAttribute[UUID], after: Place
) -> ColumnElement[bool]:
    """Older than the place, or as old with a smaller key."""
    moment = utc(after.at)
    return or_(at < moment, and_(at == moment, key < after.id))


def _case(row: Any) -> CaseLine:
    return CaseLine(**{name: getattr(row, name) for name in CaseLine.__dataclass_fields__})
