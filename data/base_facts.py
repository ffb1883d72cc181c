"""What is known of the customers of a base, as names that a condition may use, and the condition in SQL.

Rules:
1. Every value of a condition is bound, and every name is one of `FACTS`: nothing that is written becomes SQL.
2. A comparison with something that nobody knows is false, and its `not` is true: never a third thing.
3. What a condition does not name is not joined: a million rows take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, assert_never

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from data.models import (
    AccountRow,
    BaseMemberRow,
    ContactRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    DebtRow,
    PromiseRow,
    SegmentRow,
)
from data.records import utc

FactType = Literal["text", "number", "money", "boolean"]
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Scalar = str | int | float | bool


@dataclass(frozen=True)
class Name:
    """A fact."""

    name: str


@dataclass(frozen=True)
class Compare:
    left: Name | Scalar
    operator: Operator
    right: Name | Scalar


@dataclass(frozen=True)
class OneOf:
    name: Name
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Joined:
    """`and`, `or`."""

    how: Literal["and", "or"]
    left: Test
    right: Test


@dataclass(frozen=True)
class Not:
    test: Test


@dataclass(frozen=True)
class Whether:
    """A fact that is true or false by itself, or `true`, `false`."""

    value: Name | bool


Test = Compare | OneOf | Joined | Not | Whether

FACTS: Mapping[str, tuple[FactType, str]] = {
    "customer.language": ("text", "es, ca or en"),
    "customer.region": ("text", "such as ES-CT"),
    "customer.zone": ("text", "such as Europe/Madrid"),
    "customer.membership": ("text", "the company's own level"),
    "customer.value": ("money", "what the company puts them at a year, in cents"),
    "customer.segment": ("text", "what they were taken for, the last time they called"),
    "customer.age": ("number", "whole years"),
    "customer.telephones": ("number", "how many numbers of theirs are known"),
    "customer.has_email": ("boolean", ""),
    "account.stage": ("text", "none, preventive, early, middle, late, pre_judicial, judicial"),
    "account.balance": ("money", "what they owe, in cents"),
    "account.currency": ("text", "such as EUR"),
    "account.days_late": ("number", "days since it was due; negative: days until then"),
    "account.label": ("text", "which of their accounts it is"),
    "account.pays_by": ("text", "direct_debit, card, transfer, cash"),
    "contact.days_since": ("number", "whole days since the company contacted them; unknown: never"),
    "contact.last_30_days": ("number", "contacts of the company in 30 days"),
    "contact.talked_30_days": ("number", "of those, how many were conversations"),
    "promise.running": ("boolean", "whether a promise of theirs is open"),
    "promise.broken": ("number", "promises that they did not keep, or not wholly"),
    "debt.disputed": ("boolean", "whether they dispute a bill"),
}
"""Name → type and meaning."""


@dataclass(frozen=True)
class On:
    """The moment at which a base is looked at."""

    at: datetime
    today: date
    """In the company's zone."""


class Facts:
    """The columns behind the names, for one database."""

    def __init__(self, backend: str, on: On) -> None:
        """`backend`: `sqlite` or `postgresql`."""
        self._sqlite = backend == "sqlite"
        self._on = on

    def condition(self, test: Test) -> ColumnElement[bool]:
        """The test as SQL: true or false for each row, never unknown."""
        match test:
            case Joined(how, left, right):
                join = and_ if how == "and" else or_
                return join(self.condition(left), self.condition(right))
            case Not(inner):
                return not_(self.condition(inner))
            case Whether(value):
                if isinstance(value, Name):
                    return func.coalesce(self.column(value.name), false())
                return true() if value else false()
            case OneOf(fact, values):
                return func.coalesce(self.column(fact.name).in_([_bound(one) for one in values]), false())
            case Compare(left, operator, right):
                return func.coalesce(_COMPARED[operator](self._side(left), self._side(right)), false())
        assert_never(test)

    def _side(self, side: Name | Scalar) -> Any:
        return self.column(side.name) if isinstance(side, Name) else literal(_bound(side))

    def column(self, name: str) -> Any:
        """The column, or the subquery, of a fact. Raises `KeyError` for a name that is none."""
        plain = _COLUMNS.get(name)
        return plain if plain is not None else getattr(self, f"_{name.replace('.', '_')}")()

    def _customer_segment(self) -> Any:
        newest = select(SegmentRow.segment).where(SegmentRow.customer_id == CustomerRow.id)
        return newest.order_by(SegmentRow.at.desc(), SegmentRow.id.desc()).limit(1).scalar_subquery()

    def _customer_age(self) -> Any:
        born, today = CustomerRow.birth_date, self._on.today
        # Born before that day means one year more: by comparison, for the leap years' sake.
        years = [(born > _years_before(today, age + 1), age) for age in range(120)]
        return case((born.is_(None), None), *years, else_=120)

    def _customer_telephones(self) -> Any:
        link = CustomerPhoneNumberRow
        return select(func.count()).where(link.customer_id == CustomerRow.id).scalar_subquery()

    def _account_days_late(self) -> Any:
        if self._sqlite:
            return func.julianday(literal(self._on.today.isoformat())) - func.julianday(AccountRow.due_on)
        return literal(self._on.today) - AccountRow.due_on

    def _contact_days_since(self) -> Any:
        last = select(func.max(ContactRow.at)).where(ContactRow.customer_id == CustomerRow.id)
        newest = last.scalar_subquery()
        now = utc(self._on.at)
        if self._sqlite:
            days = func.julianday(literal(f"{now:%Y-%m-%d %H:%M:%S}")) - func.julianday(newest)
            # Not `floor`: on SQLite it is a function of SQLAlchemy's, which fails where there is nothing.
            return cast(days, Integer)
        return func.floor(func.extract("epoch", literal(now) - newest) / 86_400)

    def _contact_last_30_days(self) -> Any:
        return self._contacts().scalar_subquery()

    def _contact_talked_30_days(self) -> Any:
        return self._contacts().where(ContactRow.conversation.is_(True)).scalar_subquery()

    def _contacts(self) -> Select[Any]:
        since = utc(self._on.at) - timedelta(days=30)
        theirs = ContactRow.customer_id == CustomerRow.id
        return select(func.count(ContactRow.id)).where(theirs, ContactRow.at > since)

    def _promise_running(self) -> Any:
        return running(self._on.today)

    def _promise_broken(self) -> Any:
        theirs = PromiseRow.customer_id == CustomerRow.id
        broken = PromiseRow.status.in_(("broken", "partial"))
        return select(func.count(PromiseRow.id)).where(theirs, broken).scalar_subquery()

    def _debt_disputed(self) -> Any:
        return disputed()


def running(today: date) -> ColumnElement[bool]:
    """Whether a promise of the customer is open, and its day and grace are not over."""
    # Grace is at most some weeks: the day alone decides here, and `Promises.settle` closes what is over.
    theirs = (PromiseRow.customer_id == CustomerRow.id, PromiseRow.status == "open")
    return exists(select(PromiseRow.id).where(*theirs, PromiseRow.promised_for >= today - _LONGEST_GRACE))


_LONGEST_GRACE = timedelta(days=30)


def disputed() -> ColumnElement[bool]:
    """Whether the customer disputes a bill of any account."""
    account = aliased(AccountRow)
    bills = select(DebtRow.id).join(account, account.id == DebtRow.account_id)
    return exists(bills.where(account.customer_id == CustomerRow.id, DebtRow.status == "disputed"))


def members(base_id: Any) -> Select[Any]:
    """The members of a base with their first account, for `Facts`; the caller adds what is selected."""
    return (
        select(CustomerRow.id)
        .select_from(BaseMemberRow)
        .join(CustomerRow, CustomerRow.id == BaseMemberRow.customer_id)
        .outerjoin(AccountRow, and_(AccountRow.customer_id == CustomerRow.id, AccountRow.rank == 1))
        .where(BaseMemberRow.base_id == base_id)
    )


def names_of(test: Test) -> Iterator[str]:
    """Every fact that a test names."""
    match test:
        case Joined(_, left, right):
            yield from names_of(left)
            yield from names_of(right)
        case Not(inner):
            yield from names_of(inner)
        case Whether(Name(name)) | OneOf(Name(name), _):
            yield name
        case Compare(left, _, right):
            yield from (side.name for side in (left, right) if isinstance(side, Name))


def _bound(value: Scalar) -> Scalar:
    """A whole number as an integer: PostgreSQL would compare cents with a double otherwise."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _years_before(today: date, years: int) -> date:
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # the 29th of February
        return today.replace(year=today.year - years, day=28)


_COMPARED: Mapping[Operator, Callable[[Any, Any], Any]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_COLUMNS: Mapping[str, Any] = {
    "customer.language": CustomerRow.language,
    "customer.region": func.nullif(CustomerRow.region, ""),
    "customer.zone": CustomerRow.zone,
    "customer.membership": func.nullif(CustomerRow.membership, ""),
    "customer.value": CustomerRow.value_cents,
    "customer.has_email": CustomerRow.email.is_not(None),
    "account.stage": AccountRow.stage,
    "account.balance": AccountRow.balance_cents,
    "account.currency": AccountRow.currency,
    "account.label": func.nullif(AccountRow.label, ""),
    "account.pays_by": func.nullif(AccountRow.pays_by, ""),
}
