"""Promises to pay, and the payments that keep them.

Rules: `data.promise_rules`. A payment with a reference counts once, in however many lists it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select, update

from data.actions import Actions
from data.database import Database
from data.ids import new_id
from data.models import AccountRow, ActionRow, CustomerRow, PaymentRow, PromiseRow
from data.once import insert_new
from data.promise_rules import Paid, Promised, PromiseState, judged, shared_out
from data.records import utc
from data.records.actions import NewAction

_PORTION = 500
_JUDGED_AGAIN = timedelta(days=60)
"""How long after its day a promise that was not kept is judged again by payments that come to light."""


@dataclass(frozen=True, kw_only=True)
class PaymentNote:
    """A payment of somebody's list."""

    customer_number: str
    amount_cents: int
    currency: str
    received_on: date
    label: str = ""
    """Which of their accounts."""
    method: str = "transfer"
    reference: str | None = None
    row: int = 0
    """Where it stands in the list."""


@dataclass
class Taken:
    """What a list of payments did."""

    new: int = 0
    known: int = 0
    """Of before, by their reference."""
    unknown: list[PaymentNote] = field(default_factory=list)
    """Nobody has such an account in that currency."""
    closed: dict[PromiseState, int] = field(default_factory=dict)
    """Promises that are something else now."""


@dataclass(frozen=True, kw_only=True)
class PromiseAtHand:
    """A promise about which something is to be done."""

    id: UUID
    customer_id: UUID
    account_id: UUID | None
    amount_cents: int
    paid_cents: int
    currency: str
    promised_for: date
    state: PromiseState
    campaign_id: UUID | None = None
    """In whose call it was made."""
    made_at: datetime | None = None
    closed_at: datetime | None = None
    reminded_at: datetime | None = None


Follow = Callable[[PromiseAtHand], Sequence[NewAction]]
"""What follows from what a promise has become."""


def nothing_follows(_promise: PromiseAtHand) -> Sequence[NewAction]:
    return ()


class Promises:
    """Promises of all customers. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_payments(
        self,
        payments: Iterable[PaymentNote],
        *,
        at: datetime,
        today: date,
        follow: Follow = nothing_follows,
    ) -> Taken:
        """Notes payments, and judges the promises of their accounts. In portions, each in a transaction, with
        what follows."""
        taken, notes = Taken(), list(payments)
        for start in range(0, len(notes), _PORTION):
            with self._database.writing() as connection:
                touched = self._portion(connection, notes[start : start + _PORTION], taken)
                _Judging(at, today, follow, taken.closed).judge(connection, touched)
        return taken

    def settle(
        self, *, at: datetime, today: date, follow: Follow = nothing_follows
    ) -> dict[PromiseState, int]:
        """Judges every promise whose time is over, and puts in what follows; how many became what."""
        closed: dict[PromiseState, int] = {}
        # Grace is a promise's own: those whose day is past are looked at, and stay open within their grace.
        over = select(PromiseRow.account_id).where(
            PromiseRow.status == "open", PromiseRow.promised_for < today
        )
        with self._database.reading() as connection:
            accounts = [one for one in connection.scalars(over.distinct()) if one is not None]
        for start in range(0, len(accounts), _PORTION):
            with self._database.writing() as connection:
                judging = _Judging(at, today, follow, closed)
                judging.judge(connection, accounts[start : start + _PORTION])
        return closed

    def cancel(self, promise_id: UUID, *, at: datetime) -> bool:
        """They, or the house, took it back. False: it is not open."""
        mine = update(PromiseRow).where(PromiseRow.id == promise_id, PromiseRow.status == "open")
        with self._database.writing() as connection:
            return bool(connection.execute(mine.values(status="cancelled", closed_at=utc(at))).rowcount)

    def to_remind(self, today: date, *, untouched: bool = False) -> tuple[PromiseAtHand, ...]:
        """Open promises that are due tomorrow, and of which nobody was reminded; `untouched`: only those of
        which no reminder is under way either."""
        put = exists().where(ActionRow.promise_id == PromiseRow.id, ActionRow.occasion == "remind")
        return self._some(
            PromiseRow.status == "open",
            PromiseRow.promised_for == today + timedelta(days=1),
            PromiseRow.reminded_at.is_(None),
            *((~put,) if untouched else ()),
        )

    def listed(
        self, *, states: Sequence[str] = (), since: date, most: int = 500
    ) -> tuple[PromiseAtHand, ...]:
        """Promises that were due on that day or later, or will be, of all states if none are given; the first
        due first."""
        wanted: list[Any] = [PromiseRow.promised_for >= since]
        if states:
            wanted.append(PromiseRow.status.in_(states))
        return self._some(*wanted, most=most)

    def failed_since(self, day: date) -> tuple[PromiseAtHand, ...]:
        """Promises that were not, or not wholly, kept, and whose day was that one or later: something is to
        be done about them."""
        return self._some(PromiseRow.status.in_(("partial", "broken")), PromiseRow.promised_for >= day)

    def _some(self, *where: Any, most: int | None = None) -> tuple[PromiseAtHand, ...]:
        query = select(PromiseRow).where(*where).order_by(PromiseRow.promised_for, PromiseRow.id).limit(most)
        with self._database.reading() as connection:
            return tuple(_at_hand(row) for row in connection.execute(query))

    @staticmethod
    def _portion(connection: Connection, notes: Sequence[PaymentNote], taken: Taken) -> list[UUID]:
        """Accounts that something new has come in for."""
        accounts = _accounts(connection, notes)
        touched: set[UUID] = set()
        for note in notes:
            account = accounts.get((note.customer_number, note.label, note.currency))
            if account is None:
                taken.unknown.append(note)
                continue
            values = {
                "id": new_id(),
                "account_id": account,
                "amount_cents": note.amount_cents,
                "currency": note.currency,
                "received_on": note.received_on,
                "method": note.method,
                "reference": note.reference,
            }
            new = connection.execute(insert_new(connection, PaymentRow).values(**values)).rowcount
            taken.new += new
            taken.known += 1 - new
            if new:
                touched.add(account)
        return sorted(touched)


def supersede_within(connection: Connection, account_id: UUID, by: UUID, at: datetime) -> None:
    """A new promise takes the place of those that are open on the account."""
    mine = (PromiseRow.account_id == account_id, PromiseRow.status == "open", PromiseRow.id != by)
    values = {"status": "superseded", "superseded_by": by, "closed_at": utc(at)}
    connection.execute(update(PromiseRow).where(*mine).values(**values))


def _accounts(connection: Connection, notes: Sequence[PaymentNote]) -> dict[tuple[str, str, str], UUID]:
    query = (
        select(AccountRow.id, AccountRow.label, AccountRow.currency, CustomerRow.customer_number)
        .join(CustomerRow, CustomerRow.id == AccountRow.customer_id)
        .where(CustomerRow.customer_number.in_({note.customer_number for note in notes}))
    )
    return {(row.customer_number, row.label, row.currency): row.id for row in connection.execute(query)}


@dataclass(frozen=True)
class _Judging:
    at: datetime
    today: date
    follow: Follow
    closed: dict[PromiseState, int]

    def judge(self, connection: Connection, accounts: Sequence[UUID]) -> None:
        """Promises of these accounts, by the money that has come in."""
        for row, promise, paid in _shares(connection, accounts):
            if self.today > promise.last_day + _JUDGED_AGAIN:
                continue
            state = judged(promise, paid, self.today)
            if (state, paid) == (row.status, row.paid_cents):
                continue
            values: dict[str, object] = {"status": state, "paid_cents": paid}
            if state != row.status:
                values["closed_at"] = utc(self.at)
                self.closed[state] = self.closed.get(state, 0) + 1
            mine = update(PromiseRow).where(PromiseRow.id == row.id).values(**values)
            become = connection.execute(mine.returning(PromiseRow)).one()
            if state != row.status:
                Actions.put_within(connection, self.follow(_at_hand(become)))


def _shares(connection: Connection, accounts: Sequence[UUID]) -> Iterator[tuple[Row[Any], Promised, int]]:
    """Promises of these accounts that money counts for, each with what has come in for it."""
    if not accounts:
        return
    # In one order, and locked: two lists at once must not count one payment for two promises.
    found = select(PromiseRow).where(PromiseRow.account_id.in_(accounts)).order_by(PromiseRow.id)
    rows: dict[UUID, list[Row[Any]]] = {}
    for row in connection.execute(found.with_for_update()):
        rows.setdefault(row.account_id, []).append(row)
    for account, mine in rows.items():
        begun = min(row.made_at for row in mine).date()
        money = select(PaymentRow.received_on, PaymentRow.amount_cents).where(
            PaymentRow.account_id == account, PaymentRow.received_on >= begun, PaymentRow.amount_cents > 0
        )
        payments = [Paid(*one) for one in connection.execute(money)]
        promises = [_promised(row) for row in mine]
        paid = shared_out(promises, payments)
        for row, promise in zip(mine, promises, strict=True):
            if promise.key in paid:
                yield row, promise, paid[promise.key]


def _promised(row: Row[Any]) -> Promised:
    return Promised(
        key=str(row.id),
        amount_cents=row.amount_cents,
        made_on=row.made_at.date(),
        promised_for=row.promised_for,
        grace_days=row.grace_days,
        least_share=row.least_share,
        state=row.status,
    )


def _at_hand(row: Row[Any]) -> PromiseAtHand:
    return PromiseAtHand(
        id=row.id,
        customer_id=row.customer_id,
        account_id=row.account_id,
        amount_cents=row.amount_cents,
        paid_cents=row.paid_cents,
        currency=row.currency,
        promised_for=row.promised_for,
        state=row.status,
        campaign_id=row.campaign_id,
        made_at=row.made_at,
        closed_at=row.closed_at,
        reminded_at=row.reminded_at,
    )
