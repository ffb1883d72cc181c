"""The statements by which a caller is looked up (`data.callers`), built once.

Rules:
1. Few, because each is a way to the server and back; and each of them so that its work is bounded.
2. None is longer than `LONGEST` characters, and what never changes is written into it: to build values and
   to take a statement apart took longer than the server's answer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

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
    TicketRow,
)

MOST_CALLS = 500
"""Calls that are counted: who has called more often has called so often."""
MOST_PEOPLE = 100
"""People of one number that are counted."""
WINDOWS = (1, 7, 30, 90)
"""Days."""
LONGEST = 4096
"""Characters (psycopg's `MAX_CACHED_STATEMENT_LENGTH`): beyond it a statement is taken apart each time."""
_Call, _Ticket, _Order = aliased(CallRow, name="c"), aliased(TicketRow, name="t"), aliased(OrderRow, name="o")
_Debt, _Promise = aliased(DebtRow, name="d"), aliased(PromiseRow, name="p")


def _fixed(*words: str) -> list[Any]:
    """Codes of our own, written into the statement."""
    return [literal_column(f"'{word}'") for word in words]


_OPEN, _BROKEN, _CANCELLED, _INBOUND = _fixed("open", "broken", "cancelled", "inbound")
_TICKETS_OVER = _fixed("resolved", "closed")
_ORDERS_OVER = _fixed("delivered", "cancelled")


def _many(condition: Any) -> Any:
    """How many of the rows fulfil it; none of none."""
    return func.count(case((condition, literal_column("1"))))


def _moment(name: str) -> Any:
    return bindparam(name, type_=CallRow.started_at.type)


def _latest(way: int) -> Select[Any]:
    """The latest calls of one way of writing the number: a walk along the index, where all ways together
    would have to be sorted."""
    found = (
        select(_Call.started_at, _Call.outcome)
        .where(
            _Call.caller_number == bindparam(f"n{way}"),
            _Call.direction == _INBOUND,
            _Call.started_at < _moment("t0"),
        )
        .order_by(_Call.started_at.desc())
        .limit(literal_column(str(MOST_CALLS)))
    )
    return select(found.subquery(f"w{way}"))


@lru_cache(maxsize=16)
def calls_statement(ways: int) -> Select[Any]:
    """The latest calls by outcome, and beside each the very last one; nothing if there is none.

    `ways`: in how many ways the number may have been written (`n0`, `n1` …).
    """
    newest = union_all(*(_latest(way) for way in range(ways))).cte("newest")
    counted = (
        select(
            newest.c.outcome,
            func.count().label("calls"),
            *(_many(newest.c.started_at >= _moment(f"t{days}")).label(f"days_{days}") for days in WINDOWS),
        )
        .group_by(newest.c.outcome)
        .subquery("counted")
    )
    last = (
        select(_Call.started_at, _Call.outcome, _Call.ended_by, _Call.language)
        .where(
            _Call.caller_number.in_([bindparam(f"n{way}") for way in range(ways)]),
            _Call.direction == _INBOUND,
            _Call.started_at == select(func.max(newest.c.started_at)).scalar_subquery(),
        )
        .limit(literal_column("1"))
        .subquery("last")
    )
    return select(
        counted,
        last.c.started_at.label("last_at"),
        last.c.outcome.label("last_outcome"),
        last.c.ended_by.label("last_ended_by"),
        last.c.language.label("last_language"),
    ).join_from(counted, last, true())


_TODAY: Any = bindparam("today", type_=TicketRow.promised_on.type)
_CUSTOMER: Any = bindparam("customer", type_=CustomerRow.id.type)
_OPEN_TICKET = and_(_Ticket.customer_id == _CUSTOMER, _Ticket.status.not_in(_TICKETS_OVER))
_MINE = _Order.customer_id == _CUSTOMER
_COMING = _Order.status.not_in(_ORDERS_OVER)
_OWED = and_(
    _Debt.account_id.in_(select(AccountRow.id).where(AccountRow.customer_id == _CUSTOMER)),
    _Debt.status == _OPEN,
)
_OVERDUE = _Debt.due_on < _TODAY
_TICKETS = (
    select(
        func.count().label("tickets"),
        _many(_Ticket.promised_on < _TODAY).label("tickets_broken"),
        func.min(_Ticket.opened_at).label("oldest_ticket_at"),
    )
    .where(_OPEN_TICKET)
    .subquery("tickets_open")
)
_ORDERS = (
    select(
        _many(_Order.placed_at >= _moment("recently")).label("orders_recent"),
        _many(_COMING).label("orders_coming"),
        _many(and_(_COMING, _Order.expected_on < _TODAY)).label("orders_late"),
    )
    .where(_MINE)
    .subquery("orders_all")
)
_DEBTS = (
    select(
        func.count().label("debts"),
        _many(_OVERDUE).label("debts_overdue"),
        func.min(case((_OVERDUE, _Debt.due_on)), type_=DebtRow.due_on.type).label("overdue_since"),
    )
    .where(_OWED)
    .subquery("debts_open")
)
_PROMISES = (
    select(
        _many(and_(_Promise.status == _OPEN, _Promise.promised_for >= _TODAY)).label("promises_open"),
        _many(
            or_(
                _Promise.status == _BROKEN,
                and_(_Promise.status == _OPEN, _Promise.promised_for < _TODAY),
            )
        ).label("promises_broken"),
    )
    .where(_Promise.customer_id == _CUSTOMER)
    .subquery("promises_all")
)


def _first(key: Any, condition: Any, *order: Any) -> Any:
    """The key of the first row in that order."""
    return select(key).where(condition).order_by(*order).limit(literal_column("1")).scalar_subquery()


_TOUCHED_LAST = _first(_Ticket.id, _OPEN_TICKET, _Ticket.updated_at.desc(), _Ticket.id.desc())
# Those without a day come last: there is nothing to tell of them yet.
_EXPECTED_NEXT = _first(
    _Order.id, and_(_MINE, _COMING), _Order.expected_on.is_(None), _Order.expected_on, _Order.id
)
_SPENT = union_all(
    select(PaymentRow.currency.label("currency"), PaymentRow.amount_cents.label("cents"))
    .join(AccountRow, AccountRow.id == PaymentRow.account_id)
    .where(
        AccountRow.customer_id == _CUSTOMER,
        PaymentRow.received_on >= bindparam("day_year_ago", type_=PaymentRow.received_on.type),
    ),
    select(_Order.currency, _Order.total_cents).where(
        _MINE, _Order.placed_at >= _moment("year_ago"), _Order.status != _CANCELLED
    ),
).subquery("spent")
_CENTS: Any = literal_column("cents")


def _largest(what: str, currency: Any, cents: Any, *of: Any) -> Any:
    """The sum in the currency in which it is the largest."""
    return (
        select(currency.label("currency"), func.sum(cents).label("cents"))
        .where(*of)
        .group_by(currency)
        .order_by(_CENTS.desc())
        .limit(literal_column("1"))
        .subquery(what)
    )


_SPENT_MOST = _largest("spent_most", _SPENT.c.currency, _SPENT.c.cents)
_OWED_MOST = _largest("owed_most", _Debt.currency, _Debt.amount_cents, _OWED)
SERVICE = (
    select(
        _TICKETS,
        _ORDERS,
        _DEBTS,
        _PROMISES,
        TicketRow.ticket_number,
        TicketRow.topic.label("ticket_topic"),
        TicketRow.promised_on.label("ticket_promised_on"),
        OrderRow.order_number,
        OrderRow.status.label("order_status"),
        OrderRow.expected_on.label("order_expected_on"),
        _first(_Debt.stage, and_(_OWED, _OVERDUE), _Debt.due_on).label("debt_stage"),
        _SPENT_MOST.c.currency.label("spent_currency"),
        _SPENT_MOST.c.cents.label("spent_cents"),
        _OWED_MOST.c.currency.label("owed_currency"),
        _OWED_MOST.c.cents.label("owed_cents"),
    )
    .select_from(_TICKETS)
    .join(_ORDERS, true())
    .join(_DEBTS, true())
    .join(_PROMISES, true())
    .outerjoin(TicketRow, TicketRow.id == _TOUCHED_LAST)
    .outerjoin(OrderRow, OrderRow.id == _EXPECTED_NEXT)
    .outerjoin(_SPENT_MOST, true())
    .outerjoin(_OWED_MOST, true())
)
"""One row: what is open of one customer."""
_PERSON = (
    CustomerRow.id,
    CustomerRow.customer_number,
    CustomerRow.language,
    CustomerRow.membership,
    CustomerRow.since,
    CustomerRow.value_cents,
    CustomerRow.value_currency,
)
WHOSE = (
    select(PhoneNumberRow.blocked_at, *_PERSON)
    .outerjoin(CustomerPhoneNumberRow, CustomerPhoneNumberRow.phone_number_id == PhoneNumberRow.id)
    .outerjoin(CustomerRow, CustomerRow.id == CustomerPhoneNumberRow.customer_id)
    .where(PhoneNumberRow.e164 == bindparam("e164"))
    .order_by(CustomerRow.customer_number)
    .limit(literal_column(str(MOST_PEOPLE)))
)
VERIFIED = select(*_PERSON).where(CustomerRow.customer_number == bindparam("customer_number"))
