"""What is remembered of whoever calls, in one short look: while the telephone rings.

Rules:
1. The time that it takes does not grow with what a caller has done: the latest `MOST_CALLS` are counted, in
   an index that holds all that is needed for it (migration 0006).
2. Of a number that several people share, nothing of anybody is read.
3. Few statements, built once: to build them takes longer than to have them answered, and each is a way to
   the server and back.
4. What the caller is doing just now is no history: only calls that began before `before` count.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    and_,
    false,
    insert,
    or_,
    select,
    update,
)

from data.caller_statements import (
    MOST_CALLS,
    SERVICE,
    VERIFIED,
    WHOSE,
    WINDOWS,
    calls_statement,
)
from data.database import Database
from data.ids import new_id
from data.models import (
    CallRow,
    PhoneNumberRow,
    SegmentRow,
)
from data.records.callers import CallerHistory, CallingCustomer, ComingOrder, OpenTicket, PastCalls, TakenFor
from data.records.cleaning import utc
from data.text import clean

_YEAR = timedelta(days=365)


class Callers:
    """Looks up callers. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(
        self,
        e164: str | None,
        *,
        written: Collection[str] = (),
        before: datetime,
        today: date,
        customer_number: str | None = None,
    ) -> CallerHistory:
        """What is remembered of a number; `None`: there is none that could be known.

        `written`: how calls from it may have been noted (`600111222`, `+34600111222` …); `today`: the day in
        the company's zone; `customer_number`: who the caller has proved to be.
        """
        with self._database.reading() as connection:
            whose = [] if e164 is None else connection.execute(WHOSE, {"e164": e164}).all()
            customers: list[Any] = [row for row in whose if row.id is not None]
            customer: Any
            if customer_number is not None:
                proved = {"customer_number": customer_number}
                customer = connection.execute(VERIFIED, proved).one_or_none()
            else:
                customer = customers[0] if len(customers) == 1 else None
            return CallerHistory(
                calls=_calls(connection, tuple(written), utc(before)),
                people=len(customers),
                blocked_since=whose[0].blocked_at if whose else None,
                person=None if customer is None else _person(connection, customer, utc(before), today),
            )

    def note(self, taken: TakenFor) -> bool:
        """Notes what a caller was taken for, where it is not what they were taken for the last time: the
        person, or the number if nobody knows whose it is. False: it is, or it is nobody's."""
        if taken.customer_id is not None:
            theirs = SegmentRow.customer_id == taken.customer_id
        elif taken.e164 is not None:
            theirs = and_(SegmentRow.e164 == taken.e164, SegmentRow.customer_id.is_(None))
        else:
            return False
        newest = select(SegmentRow.segment).where(theirs).order_by(SegmentRow.at.desc()).limit(1)
        with self._database.writing() as connection:
            if connection.scalar(newest) == taken.segment:
                return False
            connection.execute(insert(SegmentRow).values(id=new_id(), **asdict(taken)))
            return True

    def noted(self, *, e164: str | None, customer_id: UUID | None, most: int = 20) -> tuple[TakenFor, ...]:
        """What the person, or the number, was taken for: every change, the newest first."""
        theirs = [SegmentRow.e164 == e164] if e164 is not None else []
        theirs += [SegmentRow.customer_id == customer_id] if customer_id is not None else []
        query = select(SegmentRow).where(or_(false(), *theirs)).order_by(SegmentRow.at.desc()).limit(most)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            TakenFor(
                segment=row.segment,
                reason=row.reason,
                rule=row.rule,
                rules_version=row.rules_version,
                at=row.at,
                e164=row.e164,
                customer_id=row.customer_id,
                call_id=row.call_id,
            )
            for row in rows
        )

    def calls(self, written: Collection[str], *, most: int) -> tuple[dict[str, Any], ...]:
        """A number's last calls, newest first: `started_at`, `outcome`, `language`, `segment`,
        `segment_reason`, `id` (text)."""
        query = (
            select(
                CallRow.id,
                CallRow.started_at,
                CallRow.outcome,
                CallRow.language,
                CallRow.segment,
                CallRow.segment_reason,
            )
            .where(CallRow.caller_number.in_(tuple(written)), CallRow.direction == "inbound")
            .order_by(CallRow.started_at.desc())
            .limit(most)
        )
        with self._database.reading() as connection:
            return tuple({**row._mapping, "id": str(row.id)} for row in connection.execute(query))

    def block(self, e164: str, *, at: datetime, why: str) -> bool:
        """Calls from this number are not welcome any more. False: it was blocked already."""
        with self._database.writing() as connection:
            known = connection.execute(
                select(PhoneNumberRow.id, PhoneNumberRow.blocked_at).where(PhoneNumberRow.e164 == e164)
            ).one_or_none()
            values = {"blocked_at": utc(at), "blocked_why": clean(why, 200)}
            if known is None:
                connection.execute(insert(PhoneNumberRow).values(id=new_id(), e164=e164, **values))
            elif known.blocked_at is not None:
                return False
            else:
                connection.execute(
                    update(PhoneNumberRow).where(PhoneNumberRow.id == known.id).values(**values)
                )
            return True

    def unblock(self, e164: str) -> bool:
        """Calls from this number are welcome again. False: they were."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(PhoneNumberRow)
                .where(PhoneNumberRow.e164 == e164, PhoneNumberRow.blocked_at.is_not(None))
                .values(blocked_at=None, blocked_why="")
            )
            return bool(changed.rowcount)


# --- calls ---


def _calls(connection: Connection, written: tuple[str, ...], before: datetime) -> PastCalls:
    if not written:
        return PastCalls()
    values = {
        **{f"n{at}": way for at, way in enumerate(written)},
        **{f"t{days}": before - timedelta(days=days) for days in (0, *WINDOWS)},
    }
    rows = connection.execute(calls_statement(len(written)), values).all()
    if not rows:
        return PastCalls()
    # After the outcome: all of them, and those of each window, the longest last.
    ever, *windows = (min(MOST_CALLS, sum(row[at] for row in rows)) for at in range(1, len(WINDOWS) + 2))
    lately = {row.outcome: row[len(WINDOWS) + 1] for row in rows if row.outcome}
    last = rows[0]
    return PastCalls(
        ever=ever,
        last_24_hours=windows[0],
        last_7_days=windows[1],
        last_30_days=windows[2],
        last_90_days=windows[3],
        outcomes={outcome: calls for outcome, calls in lately.items() if calls},
        last_at=last.last_at,
        last_outcome=last.last_outcome or "",
        last_ended_by=last.last_ended_by or "",
        last_language=last.last_language,
    )


# --- the person ---


def _person(connection: Connection, row: Row[Any], before: datetime, today: date) -> CallingCustomer:
    values = {
        "customer": row.id,
        "today": today,
        "recently": before - timedelta(days=90),
        "year_ago": before - _YEAR,
        "day_year_ago": (before - _YEAR).date(),
    }
    found = connection.execute(SERVICE, values).one()
    value = (int(found.spent_cents or 0), found.spent_currency or "")
    if row.value_cents is not None:  # the company says so
        value = (row.value_cents, row.value_currency or "")
    return CallingCustomer(
        id=row.id,
        customer_number=row.customer_number,
        language=row.language,
        membership=row.membership,
        since=row.since,
        value_cents=value[0],
        value_currency=value[1],
        tickets_open=found.tickets,
        tickets_broken=found.tickets_broken,
        oldest_ticket_at=found.oldest_ticket_at,
        ticket=_ticket(found),
        orders_last_90_days=found.orders_recent,
        orders_on_the_way=found.orders_coming,
        orders_late=found.orders_late,
        order=_order(found),
        debts_open=found.debts,
        debts_overdue=found.debts_overdue,
        overdue_since=found.overdue_since,
        debt_stage=found.debt_stage or "",
        debts_cents=int(found.owed_cents or 0),
        debts_currency=found.owed_currency or "",
        promises_open=found.promises_open,
        promises_broken=found.promises_broken,
    )


def _ticket(found: Any) -> OpenTicket | None:
    if found.ticket_number is None:
        return None
    return OpenTicket(
        number=found.ticket_number, topic=found.ticket_topic, promised_on=found.ticket_promised_on
    )


def _order(found: Any) -> ComingOrder | None:
    if found.order_number is None:
        return None
    return ComingOrder(
        number=found.order_number, status=found.order_status, expected_on=found.order_expected_on
    )
