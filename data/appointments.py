"""Appointments (citas): free slots, and places in them that nobody gets twice.

Rules:
1. A place is taken by one conditional statement (`taken < capacity`), so of two who want the last one, one
   gets it; the table itself refuses more than its capacity, whatever a program may do.
2. Whoever changes two slots does so in the order of their keys, so that two moves never wait for each other.
3. Nobody has two places in one slot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from data.database import Database
from data.ids import new_id
from data.models import AppointmentChangeRow, AppointmentRow, AppointmentSlotRow, CustomerRow
from data.numbers import new_reference, plausible
from data.once import Refusal, change, insert_new
from data.people import customer_id_of
from data.records import Appointment, FreeSlot, Refused, Request, utc
from data.text import clean

MOST_SLOTS = 1000
"""In one answer."""
_DRAWS = 50
"""References drawn before giving up, as for tickets."""
AnyRow = Row[*tuple[Any, ...]]


class Appointments:
    """Free slots and appointments. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def offer(
        self, service: str, begins_at: datetime, *, site: str, zone: str, minutes: int, capacity: int = 1
    ) -> UUID:
        """Adds a slot, or changes how many places it has. Raises `RecordRefused` below what is taken."""
        same = (
            AppointmentSlotRow.service == service,
            AppointmentSlotRow.begins_at == utc(begins_at),
            AppointmentSlotRow.site == site,
        )
        with self._database.writing() as connection:
            connection.execute(
                insert_new(connection, AppointmentSlotRow).values(
                    id=new_id(),
                    service=service,
                    site=site,
                    zone=zone,
                    begins_at=utc(begins_at),
                    minutes=minutes,
                    capacity=capacity,
                    taken=0,
                )
            )
            connection.execute(
                update(AppointmentSlotRow).where(*same).values(minutes=minutes, capacity=capacity, zone=zone)
            )
            return connection.scalars(select(AppointmentSlotRow.id).where(*same)).one()

    def free(
        self,
        service: str,
        *,
        since: datetime,
        until: datetime | None = None,
        site: str | None = None,
        most: int = 3,
    ) -> tuple[FreeSlot, ...]:
        """Slots with places left that begin from `since` on and before `until`, the earliest first."""
        query = _free(service, since, until, site).order_by(
            AppointmentSlotRow.begins_at, AppointmentSlotRow.site
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(max(0, min(most, MOST_SLOTS)))).all()
        return tuple(_slot(row) for row in rows)

    def by_number(self, appointment_number: str) -> Appointment | None:
        """The appointment with this reference."""
        if not plausible(appointment_number):
            return None
        with self._database.reading() as connection:
            row = connection.execute(
                _appointments().where(AppointmentRow.appointment_number == appointment_number)
            ).one_or_none()
        return None if row is None else _appointment(row)

    def of_customer(self, customer_number: str, *, since: datetime) -> tuple[Appointment, ...]:
        """The booked appointments of a customer that begin from `since` on, the next one first."""
        if not plausible(customer_number):
            return ()
        query = _appointments().where(
            CustomerRow.customer_number == customer_number,
            AppointmentRow.status == "booked",
            AppointmentSlotRow.begins_at >= utc(since),
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(AppointmentSlotRow.begins_at).limit(MOST_SLOTS)).all()
        return tuple(_appointment(row) for row in rows)

    def book(
        self, customer_number: str, slot_id: UUID, request: Request, *, note: str = ""
    ) -> Appointment | Refused:
        """Takes a place. Refused: `unknown` (customer or slot), `past`, `taken`, `already` (theirs)."""

        def make(connection: Connection) -> dict[str, str]:
            customer_id = customer_id_of(connection, customer_number)
            _insist_on_first_place(connection, customer_id, slot_id)
            slots = _take(connection, slot_id, request.at)
            appointment_id = new_id()
            reference = _insert_with_reference(
                connection,
                {
                    "id": appointment_id,
                    "customer_id": customer_id,
                    "slot_id": slot_id,
                    "status": "booked",
                    "booked_at": request.at,
                    "updated_at": request.at,
                    "note": clean(note, 200),
                    "call_id": request.call_id,
                },
            )
            _note(connection, appointment_id, request, kind="booked", begins_at=slots[slot_id].begins_at)
            return {"reference": reference}

        return self._changed(change(self._database, "appointment", request, make))

    def move(
        self, appointment_number: str, slot_id: UUID, request: Request, *, of: str | None = None
    ) -> Appointment | Refused:
        """Takes a place elsewhere and frees the one before, or changes nothing.

        Refused: `unknown` (appointment, slot, or not of the customer `of`), `past` (either of the two),
        `taken`, `already` (it is there), or the state of an appointment that is not booked.
        """

        def make(connection: Connection) -> dict[str, str]:
            mine = _insist_on_booked(connection, appointment_number, of, request.at)
            if mine.slot_id == slot_id:
                raise Refusal("already")
            _insist_on_first_place(connection, mine.customer_id, slot_id)
            slots = _take(connection, slot_id, request.at, instead_of=mine.slot_id)
            _insist_on_first_place(connection, mine.customer_id, slot_id)
            connection.execute(
                update(AppointmentRow)
                .where(AppointmentRow.id == mine.id)
                .values(slot_id=slot_id, updated_at=request.at)
            )
            _note(connection, mine.id, request, kind="moved", begins_at=slots[slot_id].begins_at)
            return {"reference": appointment_number}

        return self._changed(change(self._database, "appointment_moved", request, make))

    def cancel(
        self, appointment_number: str, request: Request, *, of: str | None = None
    ) -> Appointment | Refused:
        """Gives the place back. Refused: `unknown`, `past`, or the state that it is in already."""

        def make(connection: Connection) -> dict[str, str]:
            mine = _insist_on_booked(connection, appointment_number, of, request.at)
            _give_back(connection, mine.slot_id)
            connection.execute(
                update(AppointmentRow)
                .where(AppointmentRow.id == mine.id)
                .values(status="cancelled", updated_at=request.at)
            )
            _note(connection, mine.id, request, kind="cancelled", begins_at=mine.begins_at)
            return {"reference": appointment_number}

        return self._changed(change(self._database, "appointment_cancelled", request, make))

    def _changed(self, answer: Mapping[str, Any] | Refused) -> Appointment | Refused:
        if isinstance(answer, Refused):
            return answer
        return self.by_number(answer["reference"]) or Refused("unknown")


def _free(
    service: str, since: datetime, until: datetime | None, site: str | None
) -> Select[*tuple[Any, ...]]:
    query = select(AppointmentSlotRow).where(
        AppointmentSlotRow.service == service,
        AppointmentSlotRow.begins_at >= utc(since),
        AppointmentSlotRow.taken < AppointmentSlotRow.capacity,
    )
    if until is not None:
        query = query.where(AppointmentSlotRow.begins_at < utc(until))
    return query if site is None else query.where(AppointmentSlotRow.site == site)


def _appointments() -> Select[*tuple[Any, ...]]:
    return (
        select(
            AppointmentRow,
            CustomerRow.customer_number,
            AppointmentSlotRow.service,
            AppointmentSlotRow.site,
            AppointmentSlotRow.zone,
            AppointmentSlotRow.begins_at,
            AppointmentSlotRow.minutes,
        )
        .join(CustomerRow, CustomerRow.id == AppointmentRow.customer_id)
        .join(AppointmentSlotRow, AppointmentSlotRow.id == AppointmentRow.slot_id)
    )


def _take(
    connection: Connection, slot_id: UUID, at: datetime, *, instead_of: UUID | None = None
) -> Mapping[UUID, AnyRow]:
    """Takes a place in a slot, and frees one in another. Breaks the change off if there is none."""
    both: Sequence[UUID] = sorted({slot_id} | ({instead_of} if instead_of else set()))
    for one in both:
        if one == slot_id:
            _take_one(connection, slot_id, at)
        else:
            _give_back(connection, one)
    rows = connection.execute(select(AppointmentSlotRow).where(AppointmentSlotRow.id.in_(both))).all()
    return {row.id: row for row in rows}


def _take_one(connection: Connection, slot_id: UUID, at: datetime) -> None:
    taken = connection.execute(
        update(AppointmentSlotRow)
        .where(
            AppointmentSlotRow.id == slot_id,
            AppointmentSlotRow.taken < AppointmentSlotRow.capacity,
            AppointmentSlotRow.begins_at > at,
        )
        .values(taken=AppointmentSlotRow.taken + 1)
    )
    if taken.rowcount:
        return
    begins_at = connection.scalar(
        select(AppointmentSlotRow.begins_at).where(AppointmentSlotRow.id == slot_id)
    )
    if begins_at is None:
        raise Refusal("unknown")
    raise Refusal("past" if begins_at <= at else "taken")


def _give_back(connection: Connection, slot_id: UUID) -> None:
    connection.execute(
        update(AppointmentSlotRow)
        .where(AppointmentSlotRow.id == slot_id, AppointmentSlotRow.taken > 0)
        .values(taken=AppointmentSlotRow.taken - 1)
    )


def _insist_on_first_place(connection: Connection, customer_id: UUID, slot_id: UUID) -> None:
    theirs = select(func.count()).where(
        AppointmentRow.customer_id == customer_id,
        AppointmentRow.slot_id == slot_id,
        AppointmentRow.status == "booked",
    )
    if connection.scalar(theirs):
        raise Refusal("already")


def _insist_on_booked(
    connection: Connection, appointment_number: str, of: str | None, at: datetime
) -> AnyRow:
    row = None
    if plausible(appointment_number):
        row = connection.execute(
            _appointments()
            .where(AppointmentRow.appointment_number == appointment_number)
            .with_for_update(of=AppointmentRow)
        ).one_or_none()
    if row is None or (of is not None and row.customer_number != of):
        raise Refusal("unknown")
    if row.status != "booked":
        raise Refusal(row.status)
    if row.begins_at <= at:
        raise Refusal("past")
    return row


def _insert_with_reference(connection: Connection, values: Mapping[str, Any]) -> str:
    for _ in range(_DRAWS):
        reference = new_reference()
        new = insert_new(connection, AppointmentRow).values(appointment_number=reference, **values)
        if connection.execute(new).rowcount:
            return reference
        # Not only a reference may be taken: they may have booked this slot since we looked.
        _insist_on_first_place(connection, values["customer_id"], values["slot_id"])
    raise Refusal("full")


def _note(
    connection: Connection, appointment_id: UUID, request: Request, *, kind: str, begins_at: datetime
) -> None:
    last = select(func.max(AppointmentChangeRow.n)).where(
        AppointmentChangeRow.appointment_id == appointment_id
    )
    connection.execute(
        insert(AppointmentChangeRow).values(
            appointment_id=appointment_id,
            n=(connection.scalar(last) or 0) + 1,
            kind=kind,
            begins_at=begins_at,
            at=request.at,
            who=request.by,
            call_id=request.call_id,
        )
    )


def _slot(row: AnyRow) -> FreeSlot:
    return FreeSlot(
        id=row.id,
        service=row.service,
        site=row.site,
        zone=row.zone,
        begins_at=row.begins_at,
        minutes=row.minutes,
        places=row.capacity - row.taken,
    )


def _appointment(row: AnyRow) -> Appointment:
    return Appointment(
        appointment_number=row.appointment_number,
        customer_number=row.customer_number,
        service=row.service,
        site=row.site,
        zone=row.zone,
        begins_at=row.begins_at,
        minutes=row.minutes,
        status=row.status,
        note=row.note,
    )
