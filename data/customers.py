"""Who the customers are, and what they owe, reported, and ordered: look-ups by what people say or key.

A number that is malformed, unknown or of any length is simply not found (`None`); it is only ever a bound
value, never part of a statement.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from data.database import Database
from data.models import (
    AccountRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    DebtRow,
    OrderRow,
    PaymentRow,
    PhoneNumberRow,
    ShipmentRow,
    TicketRow,
    TicketStatusChangeRow,
)
from data.records import (
    AccountStatus,
    Customer,
    Debt,
    OrderStatus,
    Payment,
    Shipment,
    TicketChange,
    TicketStatus,
)

_LONGEST_NUMBER = 20


def _plausible(number: str) -> bool:
    """What is not short ASCII is no number of ours, and need not travel to the database."""
    return 0 < len(number) <= _LONGEST_NUMBER and number.isascii() and number.isprintable()


class Customers:
    """Look-ups of people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, customer_number: str) -> Customer | None:
        """The customer with this customer number."""
        if not _plausible(customer_number):
            return None
        found = self._all(select(CustomerRow).where(CustomerRow.customer_number == customer_number))
        return found[0] if found else None

    def by_phone_number(self, e164: str) -> tuple[Customer, ...]:
        """Everybody known at this telephone number: none, one, or several; by customer number."""
        if not _plausible(e164):
            return ()
        return self._all(
            select(CustomerRow)
            .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.customer_id == CustomerRow.id)
            .join(PhoneNumberRow, PhoneNumberRow.id == CustomerPhoneNumberRow.phone_number_id)
            .where(PhoneNumberRow.e164 == e164)
            .order_by(CustomerRow.customer_number)
        )

    def _all(self, customers: Select[Any]) -> tuple[Customer, ...]:
        with self._database.reading() as connection:
            return tuple(_customer(connection, row) for row in connection.execute(customers).all())


def _customer(connection: Connection, row: Row[Any]) -> Customer:
    numbers = connection.scalars(
        select(PhoneNumberRow.e164)
        .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.phone_number_id == PhoneNumberRow.id)
        .where(CustomerPhoneNumberRow.customer_id == row.id)
        .order_by(CustomerPhoneNumberRow.rank, PhoneNumberRow.e164)
    )
    return Customer(
        customer_number=row.customer_number,
        name=row.name,
        language=row.language,
        zone=row.zone,
        phone_numbers=tuple(numbers),
    )


class Accounts:
    """Look-ups of what customers owe."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_customer_number(self, customer_number: str) -> AccountStatus | None:
        """The first account of this customer; `None` if there is no such customer, or no account."""
        if not _plausible(customer_number):
            return None
        query = (
            select(
                AccountRow.id,
                AccountRow.balance_cents,
                AccountRow.currency,
                AccountRow.due_on,
                AccountRow.stage,
                CustomerRow.customer_number,
                CustomerRow.name,
                CustomerRow.language,
            )
            .join(CustomerRow, CustomerRow.id == AccountRow.customer_id)
            .where(CustomerRow.customer_number == customer_number)
            .order_by(AccountRow.rank, AccountRow.label)
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            debts = connection.execute(
                select(DebtRow)
                .where(DebtRow.account_id == row.id, DebtRow.status == "open")
                .order_by(DebtRow.due_on, DebtRow.id)
            ).all()
            paid = connection.execute(
                select(PaymentRow)
                .where(PaymentRow.account_id == row.id)
                .order_by(PaymentRow.received_on.desc(), PaymentRow.id.desc())
                .limit(1)
            ).one_or_none()
        return AccountStatus(
            customer_number=row.customer_number,
            name=row.name,
            language=row.language,
            balance_cents=row.balance_cents,
            currency=row.currency,
            due_on=row.due_on,
            stage=row.stage,
            debts=tuple(
                Debt(
                    concept=debt.concept,
                    amount_cents=debt.amount_cents,
                    currency=debt.currency,
                    due_on=debt.due_on,
                    stage=debt.stage,
                    status=debt.status,
                )
                for debt in debts
            ),
            last_payment=None
            if paid is None
            else Payment(
                amount_cents=paid.amount_cents,
                currency=paid.currency,
                received_on=paid.received_on,
                method=paid.method,
            ),
        )


class Tickets:
    """Look-ups of cases (incidencias)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, ticket_number: str) -> TicketStatus | None:
        """The ticket with this case reference, with its history."""
        if not _plausible(ticket_number):
            return None
        query = (
            select(TicketRow, CustomerRow.customer_number, CustomerRow.name, CustomerRow.language)
            .join(CustomerRow, CustomerRow.id == TicketRow.customer_id)
            .where(TicketRow.ticket_number == ticket_number)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            changes = connection.execute(
                select(TicketStatusChangeRow.status, TicketStatusChangeRow.at, TicketStatusChangeRow.note)
                .where(TicketStatusChangeRow.ticket_id == row.id)
                .order_by(TicketStatusChangeRow.n)
            ).all()
        return TicketStatus(
            ticket_number=row.ticket_number,
            customer_number=row.customer_number,
            name=row.name,
            language=row.language,
            topic=row.topic,
            subject=row.subject,
            status=row.status,
            opened_at=row.opened_at,
            updated_at=row.updated_at,
            promised_on=row.promised_on,
            history=tuple(TicketChange(status=c.status, at=c.at, note=c.note) for c in changes),
        )


class Orders:
    """Look-ups of orders (pedidos)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, order_number: str) -> OrderStatus | None:
        """The order with this number."""
        if not _plausible(order_number):
            return None
        query = (
            select(OrderRow, CustomerRow.customer_number, CustomerRow.name, CustomerRow.language)
            .join(CustomerRow, CustomerRow.id == OrderRow.customer_id)
            .where(OrderRow.order_number == order_number)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            shipments = connection.execute(
                select(ShipmentRow).where(ShipmentRow.order_id == row.id).order_by(ShipmentRow.n)
            ).all()
        return OrderStatus(
            order_number=row.order_number,
            customer_number=row.customer_number,
            name=row.name,
            language=row.language,
            items=row.items,
            status=row.status,
            placed_at=row.placed_at,
            updated_at=row.updated_at,
            expected_on=row.expected_on,
            carrier=row.carrier,
            total_cents=row.total_cents,
            currency=row.currency,
            shipments=tuple(
                Shipment(
                    carrier=parcel.carrier,
                    tracking_number=parcel.tracking_number,
                    status=parcel.status,
                    shipped_at=parcel.shipped_at,
                    expected_on=parcel.expected_on,
                    delivered_at=parcel.delivered_at,
                    left_with=parcel.left_with,
                )
                for parcel in shipments
            ),
        )
