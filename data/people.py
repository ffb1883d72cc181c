"""Who the customers are: look-ups by what people say, key or call from, and corrections of their own data.

A number that is malformed, unknown or of any length is simply not found (`None`); it is only ever a bound
value, never part of a statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, select, update

from data.bulk import among
from data.database import Database
from data.ids import new_id
from data.models import CallerSettingRow, CustomerPhoneNumberRow, CustomerRow, PhoneNumberRow
from data.numbers import plausible
from data.once import Refusal, change, insert_new
from data.records import Customer, OwnData, Refused, Request, utc
from data.text import clean

MOST_PHONE_NUMBERS = 10
"""Of one customer; the last ones go."""


class Customers:
    """Look-ups of people. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, customer_number: str) -> Customer | None:
        """The customer with this customer number."""
        if not plausible(customer_number):
            return None
        return self._first(select(CustomerRow).where(CustomerRow.customer_number == customer_number))

    def by_id(self, customer_id: UUID) -> Customer | None:
        """The customer with this key."""
        return self._first(select(CustomerRow).where(CustomerRow.id == customer_id))

    def customer_numbers(self, customers: Iterable[UUID]) -> dict[UUID, str]:
        """The customer numbers of these people, of those who are still known."""
        with self._database.reading() as connection:
            query = select(CustomerRow.id, CustomerRow.customer_number).where(
                among(connection, CustomerRow.id, list(customers))
            )
            return {found.id: found.customer_number for found in connection.execute(query)}

    def zone(self, customer_id: UUID) -> str | None:
        """Their IANA time zone; `None`: nobody has that key."""
        with self._database.reading() as connection:
            query = select(CustomerRow.zone).where(CustomerRow.id == customer_id)
            return connection.scalar(query)

    def by_phone_number(self, e164: str) -> tuple[Customer, ...]:
        """Everybody known at this telephone number: none, one, or several; by customer number."""
        if not plausible(e164):
            return ()
        with self._database.reading() as connection:
            return people_at(connection, e164)

    def blocked(self, e164: str) -> str | None:
        """Why calls from this number are not welcome; `None`: they are."""
        if not plausible(e164):
            return None
        query = select(PhoneNumberRow.blocked_why).where(
            PhoneNumberRow.e164 == e164, PhoneNumberRow.blocked_at.is_not(None)
        )
        with self._database.reading() as connection:
            return connection.scalar(query)

    def retire(self, customer_number: str, e164: str, request: Request, *, why: str) -> Refused | None:
        """Others answer at this number: nobody is dialled there for a campaign any more, and it is not that
        customer's. Whoever is there may call us. Refused: `unknown` (such a number)."""

        def make(connection: Connection) -> dict[str, str]:
            number = select(PhoneNumberRow.id).where(PhoneNumberRow.e164 == e164)
            retired = update(PhoneNumberRow).where(PhoneNumberRow.e164 == e164)
            values = {"retired_at": request.at, "retired_why": clean(why, 200)}
            if not connection.execute(retired.values(**values)).rowcount:
                raise Refusal("unknown")
            whose = select(CustomerRow.id).where(CustomerRow.customer_number == customer_number)
            connection.execute(
                delete(CustomerPhoneNumberRow).where(
                    CustomerPhoneNumberRow.customer_id.in_(whose),
                    CustomerPhoneNumberRow.phone_number_id.in_(number),
                )
            )
            return {}

        answer = change(self._database, "retired_number", request, make)
        return answer if isinstance(answer, Refused) else None

    def retire_unallocated(self, e164: str, *, at: datetime, why: str) -> None:
        """The network knows no such number: nobody is dialled there any more. It stays theirs, and whoever
        has it one day may call us. Raises `RecordRefused` for what is no E.164."""
        with self._database.writing() as connection:
            _phone_id(connection, e164)
            connection.execute(
                update(PhoneNumberRow)
                .where(PhoneNumberRow.e164 == e164, PhoneNumberRow.retired_at.is_(None))
                .values(retired_at=utc(at), retired_why=clean(why, 200))
            )

    def restore(self, e164: str) -> bool:
        """The number is dialled again. False: it was not retired."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(PhoneNumberRow)
                .where(PhoneNumberRow.e164 == e164, PhoneNumberRow.retired_at.is_not(None))
                .values(retired_at=None, retired_why="")
            )
            return bool(changed.rowcount)

    def retired(self, e164: str) -> bool:
        """Whether others answer at this number, or nobody."""
        return self.why_retired(e164) is not None

    def why_retired(self, e164: str) -> str | None:
        """Why nobody is dialled there; `None`: it is not retired."""
        if not plausible(e164):
            return None
        query = select(PhoneNumberRow.retired_why).where(
            PhoneNumberRow.e164 == e164, PhoneNumberRow.retired_at.is_not(None)
        )
        with self._database.reading() as connection:
            return connection.scalar(query)

    def correct(self, customer_number: str, data: OwnData, request: Request) -> Customer | Refused:
        """Corrects what a person said of themselves. Refused: `unknown`."""

        def make(connection: Connection) -> dict[str, str]:
            customer_id = customer_id_of(connection, customer_number)
            said = {name: value for name, value in vars(data).items() if value is not None}
            # A language cannot be removed, everything else can.
            values = {name: value or None for name, value in said.items() if value or name != "language"}
            connection.execute(
                update(CustomerRow)
                .where(CustomerRow.id == customer_id)
                .values(**values, updated_at=request.at)
            )
            return {}

        return self._changed(customer_number, change(self._database, "own_data", request, make))

    def put_phone_number_first(
        self, customer_number: str, e164: str, request: Request, *, verified_by: str | None = None
    ) -> Customer | Refused:
        """The number is theirs, and tried before their others. Refused: `unknown`.

        Raises `RecordRefused` for what is no E.164.
        """

        def make(connection: Connection) -> dict[str, str]:
            customer_id = customer_id_of(connection, customer_number)
            _put_first(connection, customer_id, e164, verified_by, request.at)
            return {}

        return self._changed(customer_number, change(self._database, "phone_number", request, make))

    def settings(self, e164: str) -> dict[str, str]:
        """What this number asked for before, such as `language`."""
        query = select(CallerSettingRow.name, CallerSettingRow.value).where(CallerSettingRow.e164 == e164)
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(query)}

    def remember(self, e164: str, name: str, value: str, *, at: datetime) -> None:
        """Keeps what this number asked for, for its next calls."""
        key = {"e164": clean(e164, 16), "name": clean(name, 40)}
        values = {"value": clean(value, 120), "at": utc(at)}
        mine = (CallerSettingRow.e164 == key["e164"], CallerSettingRow.name == key["name"])
        with self._database.writing() as connection:
            if not connection.execute(update(CallerSettingRow).where(*mine).values(**values)).rowcount:
                connection.execute(insert_new(connection, CallerSettingRow).values(**key, **values))

    def _changed(self, customer_number: str, answer: object) -> Customer | Refused:
        if isinstance(answer, Refused):
            return answer
        return self.by_number(customer_number) or Refused("unknown")

    def _first(self, customers: Select[Any]) -> Customer | None:
        with self._database.reading() as connection:
            row = connection.execute(customers).first()
            return None if row is None else _customers(connection, [row])[0]


def people_at(connection: Connection, e164: str) -> tuple[Customer, ...]:
    """Everybody known at this telephone number, by customer number."""
    query = (
        select(CustomerRow)
        .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.customer_id == CustomerRow.id)
        .join(PhoneNumberRow, PhoneNumberRow.id == CustomerPhoneNumberRow.phone_number_id)
        .where(PhoneNumberRow.e164 == e164)
        .order_by(CustomerRow.customer_number)
    )
    return _customers(connection, connection.execute(query).all())


def customer_id_of(connection: Connection, customer_number: str) -> UUID:
    """The key of the customer. Breaks the change off as `unknown` if there is none."""
    found = None
    if plausible(customer_number):
        found = connection.scalar(
            select(CustomerRow.id).where(CustomerRow.customer_number == customer_number)
        )
    if found is None:
        raise Refusal("unknown")
    return found


def _phone_id(connection: Connection, e164: str) -> UUID:
    connection.execute(insert_new(connection, PhoneNumberRow).values(id=new_id(), e164=e164))
    return connection.scalars(select(PhoneNumberRow.id).where(PhoneNumberRow.e164 == e164)).one()


def _put_first(
    connection: Connection, customer_id: UUID, e164: str, verified_by: str | None, at: datetime
) -> None:
    phone_id = _phone_id(connection, e164)
    theirs = CustomerPhoneNumberRow.customer_id == customer_id
    connection.execute(
        delete(CustomerPhoneNumberRow).where(theirs, CustomerPhoneNumberRow.rank >= MOST_PHONE_NUMBERS)
    )
    connection.execute(
        update(CustomerPhoneNumberRow).where(theirs).values(rank=CustomerPhoneNumberRow.rank + 1)
    )
    connection.execute(
        insert_new(connection, CustomerPhoneNumberRow).values(
            customer_id=customer_id, phone_number_id=phone_id, rank=1
        )
    )
    values: dict[str, object] = {"rank": 1}
    if verified_by is not None:
        values |= {"verified_by": clean(verified_by, 40), "verified_at": at}
    connection.execute(
        update(CustomerPhoneNumberRow)
        .where(theirs, CustomerPhoneNumberRow.phone_number_id == phone_id)
        .values(**values)
    )


def _customers(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Customer, ...]:
    if not rows:
        return ()
    numbers: dict[UUID, list[str]] = {}
    query = (
        select(CustomerPhoneNumberRow.customer_id, PhoneNumberRow.e164)
        .join(PhoneNumberRow, PhoneNumberRow.id == CustomerPhoneNumberRow.phone_number_id)
        .where(CustomerPhoneNumberRow.customer_id.in_([row.id for row in rows]))
        .order_by(CustomerPhoneNumberRow.rank, PhoneNumberRow.e164)
    )
    for found in connection.execute(query):
        numbers.setdefault(found.customer_id, []).append(found.e164)
    return tuple(_customer(row, tuple(numbers.get(row.id, ()))) for row in rows)


def _customer(row: Row[Any], phone_numbers: tuple[str, ...]) -> Customer:
    return Customer(
        id=row.id,
        customer_number=row.customer_number,
        name=row.name,
        language=row.language,
        zone=row.zone,
        phone_numbers=phone_numbers,
        region=row.region,
        email=row.email,
        address=row.address,
        postal_code=row.postal_code,
        town=row.town,
        birth_date=row.birth_date,
        membership=row.membership,
        value_cents=row.value_cents,
        value_currency=row.value_currency,
    )
