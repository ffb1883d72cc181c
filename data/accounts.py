"""What customers owe, what moved on their accounts, and what they promised."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, insert, select

from data.database import Database
from data.ids import new_id
from data.models import AccountRow, CustomerRow, DebtRow, MovementRow, PaymentRow, PromiseRow
from data.numbers import plausible
from data.once import Refusal, change
from data.people import customer_id_of
from data.promise_rules import objection, parts
from data.promises import supersede_within
from data.records import AccountStatus, Debt, Movement, Payment, Promise, Refused, Request
from data.records.accounts import AS_THEY_SAY, PromiseTerms

MOST_ACCOUNTS = 20
"""Of one customer; nobody listens to more."""


class Accounts:
    """Look-ups of what customers owe. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_customer(self, customer_number: str) -> tuple[AccountStatus, ...]:
        """All accounts of this customer, in the order in which they are told."""
        if not plausible(customer_number):
            return ()
        asked = {"customer_number": customer_number, "most": MOST_ACCOUNTS}
        with self._database.reading() as connection:
            return tuple(_status(connection, row) for row in connection.execute(_ACCOUNTS, asked).all())

    def movements(
        self, customer_number: str, *, label: str | None = None, most: int = 5
    ) -> tuple[Movement, ...]:
        """The last movements of this customer's account, newest first; of all accounts without a `label`."""
        if not plausible(customer_number):
            return ()
        query = (
            select(MovementRow)
            .join(AccountRow, AccountRow.id == MovementRow.account_id)
            .join(CustomerRow, CustomerRow.id == AccountRow.customer_id)
            .where(CustomerRow.customer_number == customer_number)
            .order_by(MovementRow.at.desc(), MovementRow.id.desc())
            .limit(max(0, most))
        )
        if label is not None:
            query = query.where(AccountRow.label == label)
        with self._database.reading() as connection:
            return tuple(
                Movement(
                    at=row.at,
                    amount_cents=row.amount_cents,
                    currency=row.currency,
                    concept=row.concept,
                    kind=row.kind,
                )
                for row in connection.execute(query)
            )

    def promise(
        self,
        customer_number: str,
        *,
        amount_cents: int,
        promised_for: date,
        request: Request,
        label: str = "",
        terms: PromiseTerms = AS_THEY_SAY,
        instalments: int = 1,
        today: date | None = None,
    ) -> Promise | Refused:
        """Notes a promise to pay; it takes the place of those that are open on the account, unless it is
        one of several instalments. `instalments`: it is paid in so many parts, a month apart from that day
        on, each of which is kept as a promise of its own; the first one is returned. `today`: where the
        company is. Refused: `unknown` (customer or account), or what `data.promise_rules.objection` says."""

        def make(connection: Connection) -> dict[str, str]:
            customer_id = customer_id_of(connection, customer_number)
            account = _account(connection, customer_id, label)
            refused = objection(
                amount_cents=amount_cents,
                owed_cents=account.balance_cents if terms.of_balance else 0,
                made_on=today or request.at.date(),
                promised_for=promised_for,
                longest_days=terms.longest_days,
                least_share=terms.least_of_balance,
                instalments=instalments,
                most_instalments=terms.most_instalments,
            )
            if refused is not None:
                raise Refusal(refused)
            whose = {"customer_id": customer_id, "account_id": account.id, "currency": account.currency}
            made = {**whose, **_as_agreed(terms, request)}
            rows = [
                {"id": new_id(), "amount_cents": cents, "promised_for": day, **made}
                for cents, day in parts(amount_cents, promised_for, instalments)
            ]
            first = rows[0]["id"]
            if not terms.instalment:
                supersede_within(connection, account.id, first, request.at)
            connection.execute(insert(PromiseRow), rows)
            return {"id": str(first)}

        answer = change(self._database, "promise", request, make)
        if isinstance(answer, Refused):
            return answer
        with self._database.reading() as connection:
            row = connection.execute(select(PromiseRow).where(PromiseRow.id == UUID(answer["id"]))).one()
        return _promise(row)

    def promises(self, customer_number: str) -> tuple[Promise, ...]:
        """What this customer promised, newest first."""
        if not plausible(customer_number):
            return ()
        query = (
            select(PromiseRow)
            .join(CustomerRow, CustomerRow.id == PromiseRow.customer_id)
            .where(CustomerRow.customer_number == customer_number)
            .order_by(PromiseRow.made_at.desc(), PromiseRow.id.desc())
        )
        with self._database.reading() as connection:
            return tuple(_promise(row) for row in connection.execute(query))


# Built once: putting a statement together costs more than the database takes to answer it.
_ACCOUNTS = (
    select(AccountRow, CustomerRow.customer_number, CustomerRow.name, CustomerRow.language)
    .join(CustomerRow, CustomerRow.id == AccountRow.customer_id)
    .where(CustomerRow.customer_number == bindparam("customer_number"))
    .order_by(AccountRow.rank, AccountRow.label)
    .limit(bindparam("most"))
)
_DEBTS = (
    select(DebtRow)
    .where(DebtRow.account_id == bindparam("account"), DebtRow.status == "open")
    .order_by(DebtRow.due_on, DebtRow.id)
)
_LAST_PAYMENT = (
    select(PaymentRow)
    .where(PaymentRow.account_id == bindparam("account"))
    .order_by(PaymentRow.received_on.desc(), PaymentRow.id.desc())
    .limit(1)
)


def _status(connection: Connection, row: Row[*tuple[Any, ...]]) -> AccountStatus:
    debts = connection.execute(_DEBTS, {"account": row.id}).all()
    paid = connection.execute(_LAST_PAYMENT, {"account": row.id}).one_or_none()
    return AccountStatus(
        customer_number=row.customer_number,
        name=row.name,
        language=row.language,
        balance_cents=row.balance_cents,
        currency=row.currency,
        due_on=row.due_on,
        stage=row.stage,
        debts=tuple(_debt(debt) for debt in debts),
        last_payment=None if paid is None else _payment(paid),
        label=row.label,
        last_digits=row.last_digits,
        pays_by=row.pays_by,
    )


def _debt(row: Row[*tuple[Any, ...]]) -> Debt:
    return Debt(
        concept=row.concept,
        amount_cents=row.amount_cents,
        currency=row.currency,
        due_on=row.due_on,
        stage=row.stage,
        status=row.status,
    )


def _payment(row: Row[*tuple[Any, ...]]) -> Payment:
    return Payment(
        amount_cents=row.amount_cents,
        currency=row.currency,
        received_on=row.received_on,
        method=row.method,
    )


def _account(connection: Connection, customer_id: UUID, label: str) -> Row[UUID, str, int]:
    """Breaks the change off as `unknown` if there is none."""
    account = connection.execute(
        select(AccountRow.id, AccountRow.currency, AccountRow.balance_cents).where(
            AccountRow.customer_id == customer_id, AccountRow.label == label
        )
    ).one_or_none()
    if account is None:
        raise Refusal("unknown")
    return account


def _as_agreed(terms: PromiseTerms, request: Request) -> dict[str, object]:
    """What all parts of a promise have alike."""
    return {
        "made_at": request.at,
        "status": "open",
        "call_id": request.call_id,
        "channel": terms.channel,
        "confirmed_by": terms.confirmed_by,
        "verified_by": terms.verified_by,
        "grace_days": terms.grace_days,
        "least_share": terms.least_share,
    }


def _promise(row: Row[*tuple[Any, ...]]) -> Promise:
    return Promise(
        id=row.id,
        amount_cents=row.amount_cents,
        currency=row.currency,
        promised_for=row.promised_for,
        made_at=row.made_at,
        status=row.status,
    )
