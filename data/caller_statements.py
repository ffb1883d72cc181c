"""The statements by which a caller is looked up (`data.callers`), built once.

Few, because each is a way to the server and back; and each of them so that its work is bounded.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)

from data.models import (
    AccountRow,
    Base,
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
_TICKETS_OVER = ("resolved", "closed")
_ORDERS_OVER = ("delivered", "cancelled")


def _how_many(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, literal(1)), else_=literal(0))), 0)


def _number_of(table: type[Base], *where: Any) -> Any:
    return select(func.count()).select_from(table).where(*where).scalar_subquery()


def _one(found: Select[Any]) -> Any:
    return found.limit(1).scalar_subquery()


def _moment(name: str) -> Any:
    return bindparam(name, type_=CallRow.started_at.type)


def _latest(way: int, most: int, *columns: Any) -> Select[Any]:
    """The latest calls of one way of writing the number: a walk along the index, where all ways together
    would have to be sorted."""
    found = (
        select(CallRow.started_at, *columns)
        .where(
            CallRow.caller_number == bindparam(f"n{way}"),
            CallRow.direction == "inbound",
            CallRow.started_at < _moment("t0"),
        )
        .order_by(CallRow.started_at.desc())
        .limit(most)
    )
    return select(found.subquery())


WAYS = 6
"""Ways of writing a number that are looked for."""
NOBODY = "-"
"""No number is written so."""
WINDOWS = (1, 7, 30, 90)
"""Days."""
LAST = (
    union_all(*(_latest(way, 1, CallRow.outcome, CallRow.ended_by, CallRow.language) for way in range(WAYS)))
    .order_by(text("started_at DESC"))
    .limit(1)
)
_NEWEST = union_all(*(_latest(way, MOST_CALLS, CallRow.outcome) for way in range(WAYS))).subquery()
BY_OUTCOME = select(
    _NEWEST.c.outcome,
    func.count().label("calls"),
    *(_how_many(_NEWEST.c.started_at >= _moment(f"t{days}")).label(f"days_{days}") for days in WINDOWS),
).group_by(_NEWEST.c.outcome)

_TODAY: Any = bindparam("today", type_=TicketRow.promised_on.type)
_CUSTOMER: Any = bindparam("customer", type_=CustomerRow.id.type)
_OPEN_TICKET = and_(TicketRow.customer_id == _CUSTOMER, TicketRow.status.not_in(_TICKETS_OVER))
_MINE = OrderRow.customer_id == _CUSTOMER
_COMING = and_(_MINE, OrderRow.status.not_in(_ORDERS_OVER))
_ACCOUNTS = DebtRow.account_id.in_(select(AccountRow.id).where(AccountRow.customer_id == _CUSTOMER))
_OWED = and_(_ACCOUNTS, DebtRow.status == "open")
_OVERDUE = and_(_OWED, DebtRow.due_on < _TODAY)
_PROMISED = and_(PromiseRow.customer_id == _CUSTOMER, PromiseRow.status == "open")


def _last_touched(column: Any) -> Any:
    return _one(select(column).where(_OPEN_TICKET).order_by(TicketRow.updated_at.desc(), TicketRow.id.desc()))


def _next_expected(column: Any) -> Any:
    # Those without a day come last: there is nothing to tell of them yet.
    order = (OrderRow.expected_on.is_(None), OrderRow.expected_on, OrderRow.id)
    return _one(select(column).where(_COMING).order_by(*order))


SERVICE = select(
    _number_of(TicketRow, _OPEN_TICKET).label("tickets"),
    _number_of(TicketRow, _OPEN_TICKET, TicketRow.promised_on < _TODAY).label("tickets_broken"),
    _one(select(TicketRow.opened_at).where(_OPEN_TICKET).order_by(TicketRow.opened_at)).label(
        "oldest_ticket_at"
    ),
    _last_touched(TicketRow.ticket_number).label("ticket_number"),
    _last_touched(TicketRow.topic).label("ticket_topic"),
    _last_touched(TicketRow.promised_on).label("ticket_promised_on"),
    _number_of(OrderRow, _MINE, OrderRow.placed_at >= _moment("recently")).label("orders_recent"),
    _number_of(OrderRow, _COMING).label("orders_coming"),
    _number_of(OrderRow, _COMING, OrderRow.expected_on < _TODAY).label("orders_late"),
    _next_expected(OrderRow.order_number).label("order_number"),
    _next_expected(OrderRow.status).label("order_status"),
    _next_expected(OrderRow.expected_on).label("order_expected_on"),
    _number_of(DebtRow, _OWED).label("debts"),
    _number_of(DebtRow, _OVERDUE).label("debts_overdue"),
    _one(select(DebtRow.due_on).where(_OVERDUE).order_by(DebtRow.due_on)).label("overdue_since"),
    _one(select(DebtRow.stage).where(_OVERDUE).order_by(DebtRow.due_on)).label("debt_stage"),
    _number_of(PromiseRow, _PROMISED, PromiseRow.promised_for >= _TODAY).label("promises_open"),
    _number_of(
        PromiseRow,
        PromiseRow.customer_id == _CUSTOMER,
        or_(
            PromiseRow.status == "broken", and_(PromiseRow.status == "open", PromiseRow.promised_for < _TODAY)
        ),
    ).label("promises_broken"),
)
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
MONEY = union_all(
    select(
        literal("spent").label("what"), _SPENT.c.currency, func.sum(_SPENT.c.cents).label("cents")
    ).group_by(_SPENT.c.currency),
    select(literal("owed"), DebtRow.currency, func.sum(DebtRow.amount_cents))
    .where(_OWED)
    .group_by(DebtRow.currency),
)
"""Sums by currency."""
WHOSE = (
    select(PhoneNumberRow.blocked_at, CustomerRow)
    .outerjoin(CustomerPhoneNumberRow, CustomerPhoneNumberRow.phone_number_id == PhoneNumberRow.id)
    .outerjoin(CustomerRow, CustomerRow.id == CustomerPhoneNumberRow.customer_id)
    .where(PhoneNumberRow.e164 == bindparam("e164"))
    .order_by(CustomerRow.customer_number)
    .limit(MOST_PEOPLE)
)
VERIFIED = select(CustomerRow).where(CustomerRow.customer_number == bindparam("customer_number"))
