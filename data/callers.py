"""What is remembered of whoever calls, in one short look: while the telephone rings.

Rules:
1. The time that it takes hardly grows with what a caller has done: calls are counted in an index that holds
   all that is needed for it (migration 0006), and of their outcomes only the latest `MOST_OUTCOMES`.
2. Of a number that several people share, nothing of anybody is read.
3. Statements are built once: that takes longer than to have them answered.
4. What the caller is doing just now is no history: only calls that began before `before` count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)

from data.database import Database
from data.ids import new_id
from data.models import (
    AccountRow,
    CallRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    DebtRow,
    OrderRow,
    PaymentRow,
    PhoneNumberRow,
    PromiseRow,
    SegmentRow,
    TicketRow,
)
from data.records.callers import CallerHistory, ComingOrder, OpenTicket, PastCalls, Person, TakenFor
from data.records.cleaning import utc
from data.text import clean

MOST_OUTCOMES = 300
"""Calls whose outcomes are counted, for each way of writing the number."""
MOST_PEOPLE = 100
"""People of one number that are counted."""
_TICKETS_OVER = ("resolved", "closed")
_ORDERS_OVER = ("delivered", "cancelled")
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
            number, customers = _number(connection, e164)
            if customer_number is not None:
                proved = {"customer_number": customer_number}
                customer = connection.execute(_VERIFIED, proved).one_or_none()
            else:
                customer = customers[0] if len(customers) == 1 else None
            return CallerHistory(
                calls=_calls(connection, tuple(written), utc(before)),
                people=len(customers),
                blocked_since=None if number is None else number.blocked_at,
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


def _number(connection: Connection, e164: str | None) -> tuple[Any, list[Row[Any]]]:
    """The number, and whose it is."""
    number = None if e164 is None else connection.execute(_NUMBER, {"e164": e164}).one_or_none()
    if number is None:
        return None, []
    return number, list(connection.execute(_PEOPLE, {"number": number.id}))


# --- calls ---


def _calls(connection: Connection, written: tuple[str, ...], before: datetime) -> PastCalls:
    if not written:
        return PastCalls()
    values = {
        **{f"n{at}": written[at] if at < len(written) else _NOBODY for at in range(WAYS)},
        **{f"t{days}": before - timedelta(days=days) for days in (0, *_WINDOWS)},
    }
    last = connection.execute(_LAST, values).first()
    if last is None:
        return PastCalls()
    counts = connection.execute(_COUNTS, values).one()
    outcomes = {row.outcome: row.calls for row in connection.execute(_OUTCOMES, values) if row.outcome}
    return PastCalls(
        ever=sum(counts),
        last_24_hours=counts[0],
        last_7_days=sum(counts[:2]),
        last_30_days=sum(counts[:3]),
        last_90_days=sum(counts[:4]),
        outcomes=outcomes,
        last_at=last.started_at,
        last_outcome=last.outcome or "",
        last_ended_by=last.ended_by or "",
        last_language=last.language,
    )


# --- the person ---


def _person(connection: Connection, row: Row[Any], before: datetime, today: date) -> Person:
    values = {
        "customer": row.id,
        "today": today,
        "recently": before - timedelta(days=90),
        "year_ago": before - _YEAR,
        "day_year_ago": (before - _YEAR).date(),
    }
    value, currency = _value(connection, row, values)
    return Person(
        id=row.id,
        customer_number=row.customer_number,
        language=row.language,
        membership=row.membership,
        since=row.since,
        value_cents=value,
        value_currency=currency,
        **_tickets(connection, values),
        **_orders(connection, values),
        **_owed(connection, values),
    )


def _tickets(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    counted = connection.execute(_TICKETS, values).one()
    if not counted.tickets:
        return {}
    latest = connection.execute(_TICKET, values).one()
    ticket = OpenTicket(number=latest.ticket_number, topic=latest.topic, promised_on=latest.promised_on)
    return {
        "tickets_open": counted.tickets,
        "tickets_broken": counted.broken,
        "oldest_ticket_at": counted.oldest,
        "ticket": ticket,
    }


def _orders(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    counted = connection.execute(_ORDERS, values).one()
    order = None
    if counted.coming:
        nearest = connection.execute(_ORDER, values).one()
        order = ComingOrder(
            number=nearest.order_number, status=nearest.status, expected_on=nearest.expected_on
        )
    return {
        "orders_last_90_days": counted.recent,
        "orders_on_the_way": counted.coming,
        "orders_late": counted.late,
        "order": order,
    }


def _owed(connection: Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Open debts, whose amount is told in the currency of the largest sum; and promises."""
    promises = connection.execute(_PROMISES, values).one()
    found: dict[str, Any] = {"promises_open": promises.open, "promises_broken": promises.broken}
    debts = connection.execute(_DEBTS, values).all()
    if not debts:
        return found
    largest = max(debts, key=lambda row: row.cents)
    since = min((row.since for row in debts if row.since is not None), default=None)
    stage = None if since is None else connection.scalar(_STAGE, {**values, "since": since})
    return found | {
        "debts_open": sum(row.debts for row in debts),
        "debts_overdue": sum(row.overdue for row in debts),
        "overdue_since": since,
        "debt_stage": stage or "",
        "debts_cents": int(largest.cents),
        "debts_currency": largest.currency,
    }


def _value(connection: Connection, customer: Row[Any], values: Mapping[str, Any]) -> tuple[int, str]:
    """What the company says; else payments and orders of a year, in the currency of the largest sum."""
    if customer.value_cents is not None:
        return customer.value_cents, customer.value_currency or ""
    sums = {currency: int(cents) for currency, cents in connection.execute(_VALUE, values)}
    currency = max(sums, key=lambda one: sums[one], default="")
    return sums.get(currency, 0), currency


# --- statements ---


def _how_many(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, literal(1)), else_=literal(0))), 0)


def _moment(name: str) -> Any:
    return bindparam(name, type_=CallRow.started_at.type)


def _count(late: int, early: int | None) -> ScalarSelect[int]:
    """Calls from `early` days ago until `late` days ago: each is counted once."""
    when = [CallRow.started_at < _moment(f"t{late}")]
    when += [CallRow.started_at >= _moment(f"t{early}")] if early is not None else []
    counted = select(func.count()).select_from(CallRow).where(_WRITTEN, CallRow.direction == "inbound", *when)
    return counted.scalar_subquery()


def _latest(way: int, most: int, *columns: Any) -> Select[Any]:
    """The latest calls of one way of writing the number: a walk along the index, where all ways together
    would have to be sorted."""
    found = (
        select(CallRow.started_at, *columns)
        .where(
            CallRow.caller_number == bindparam(f"n{way}"),
            CallRow.direction == "inbound",
            CallRow.started_at < _moment("t0"),
            CallRow.started_at >= _moment("t90") if most > 1 else true(),
        )
        .order_by(CallRow.started_at.desc())
        .limit(most)
    )
    return select(found.subquery())


WAYS = 6
"""Ways of writing a number that are looked for."""
_NOBODY = "-"
"""No number is written so."""
_WINDOWS = (1, 7, 30, 90)
"""Days."""
_WRITTEN = CallRow.caller_number.in_([bindparam(f"n{way}") for way in range(WAYS)])
_COUNTS = select(
    *(
        _count(late, early).label(f"until_{late}")
        for late, early in zip((0, *_WINDOWS), (*_WINDOWS, None), strict=True)
    )
)
_LAST = (
    union_all(*(_latest(way, 1, CallRow.outcome, CallRow.ended_by, CallRow.language) for way in range(WAYS)))
    .order_by(text("started_at DESC"))
    .limit(1)
)
_NEWEST = union_all(*(_latest(way, MOST_OUTCOMES, CallRow.outcome) for way in range(WAYS))).subquery()
_OUTCOMES = select(_NEWEST.c.outcome, func.count().label("calls")).group_by(_NEWEST.c.outcome)

_TODAY: Any = bindparam("today", type_=TicketRow.promised_on.type)
_CUSTOMER: Any = bindparam("customer", type_=CustomerRow.id.type)
_OPEN_TICKET = and_(TicketRow.customer_id == _CUSTOMER, TicketRow.status.not_in(_TICKETS_OVER))
_TICKETS = select(
    func.count().label("tickets"),
    _how_many(TicketRow.promised_on < _TODAY).label("broken"),
    func.min(TicketRow.opened_at, type_=TicketRow.opened_at.type).label("oldest"),
).where(_OPEN_TICKET)
_TICKET = (
    select(TicketRow.ticket_number, TicketRow.topic, TicketRow.promised_on)
    .where(_OPEN_TICKET)
    .order_by(TicketRow.updated_at.desc(), TicketRow.id.desc())
    .limit(1)
)
_MINE = OrderRow.customer_id == _CUSTOMER
_COMING = OrderRow.status.not_in(_ORDERS_OVER)
_ORDERS = select(
    _how_many(OrderRow.placed_at >= _moment("recently")).label("recent"),
    _how_many(_COMING).label("coming"),
    _how_many(and_(_COMING, OrderRow.expected_on < _TODAY)).label("late"),
).where(_MINE)
# Those without a day come last: there is nothing to tell of them yet.
_ORDER = (
    select(OrderRow.order_number, OrderRow.status, OrderRow.expected_on)
    .where(_MINE, _COMING)
    .order_by(OrderRow.expected_on.is_(None), OrderRow.expected_on, OrderRow.id)
    .limit(1)
)
_OWED = and_(AccountRow.customer_id == _CUSTOMER, DebtRow.status == "open")
_DEBTS = (
    select(
        DebtRow.currency,
        func.count().label("debts"),
        func.sum(DebtRow.amount_cents).label("cents"),
        _how_many(DebtRow.due_on < _TODAY).label("overdue"),
        func.min(case((DebtRow.due_on < _TODAY, DebtRow.due_on)), type_=DebtRow.due_on.type).label("since"),
    )
    .join(AccountRow, AccountRow.id == DebtRow.account_id)
    .where(_OWED)
    .group_by(DebtRow.currency)
)
_STAGE = (
    select(DebtRow.stage)
    .join(AccountRow, AccountRow.id == DebtRow.account_id)
    .where(_OWED, DebtRow.due_on == bindparam("since", type_=DebtRow.due_on.type))
    .limit(1)
)
_PROMISES = select(
    _how_many(and_(PromiseRow.status == "open", PromiseRow.promised_for >= _TODAY)).label("open"),
    _how_many(
        or_(
            PromiseRow.status == "broken", and_(PromiseRow.status == "open", PromiseRow.promised_for < _TODAY)
        )
    ).label("broken"),
).where(PromiseRow.customer_id == _CUSTOMER)
_SPENT = union_all(
    select(PaymentRow.currency.label("currency"), PaymentRow.amount_cents.label("cents"))
    .join(AccountRow, AccountRow.id == PaymentRow.account_id)
    .where(
        AccountRow.customer_id == _CUSTOMER,
        PaymentRow.received_on >= bindparam("day_year_ago", type_=PaymentRow.received_on.type),
    ),
    select(OrderRow.currency.label("currency"), OrderRow.total_cents.label("cents")).where(
        _MINE, OrderRow.placed_at >= _moment("year_ago"), OrderRow.status != "cancelled"
    ),
).subquery()
_VALUE = select(_SPENT.c.currency, func.sum(_SPENT.c.cents)).group_by(_SPENT.c.currency)
_NUMBER = select(PhoneNumberRow.id, PhoneNumberRow.blocked_at).where(PhoneNumberRow.e164 == bindparam("e164"))
_PEOPLE = (
    select(CustomerRow)
    .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.customer_id == CustomerRow.id)
    .where(CustomerPhoneNumberRow.phone_number_id == bindparam("number", type_=PhoneNumberRow.id.type))
    .order_by(CustomerRow.customer_number)
    .limit(MOST_PEOPLE)
)
_VERIFIED = select(CustomerRow).where(CustomerRow.customer_number == bindparam("customer_number"))
