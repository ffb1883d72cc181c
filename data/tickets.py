"""Cases (incidencias, casos): how they stand, their notes, and new ones."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from data.database import Database
from data.ids import new_id
from data.models import CustomerRow, TicketNoteRow, TicketRow, TicketStatusChangeRow
from data.numbers import new_reference, plausible
from data.once import Refusal, change, insert_new
from data.people import customer_id_of
from data.records import NewTicket, Refused, Request, TicketChange, TicketNote, TicketStatus, utc

MOST_TICKETS = 50
"""Of one customer, in one answer."""
_DRAWS = 50
"""References drawn before giving up: with half of all nine million taken, one in 10^15 cases needs more."""


class Tickets:
    """Cases. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, ticket_number: str) -> TicketStatus | None:
        """The ticket with this case reference, with its history and notes."""
        if not plausible(ticket_number):
            return None
        found = self._some(_tickets().where(TicketRow.ticket_number == ticket_number))
        return found[0] if found else None

    def of_customer(self, customer_number: str, *, open_only: bool = False) -> tuple[TicketStatus, ...]:
        """This customer's tickets, the last opened first."""
        if not plausible(customer_number):
            return ()
        query = _tickets().where(CustomerRow.customer_number == customer_number)
        if open_only:
            query = query.where(TicketRow.status.not_in(("resolved", "closed")))
        return self._some(query.order_by(TicketRow.opened_at.desc(), TicketRow.id.desc()).limit(MOST_TICKETS))

    def open(
        self, ticket: NewTicket, *, key: str | None = None, reference: str | None = None
    ) -> str | Refused:
        """Opens a ticket; returns its reference, the same one for the same `key`.

        `reference`: the one that it is to have, unless another ticket has it; without one it is drawn.
        Refused: `unknown` (there is no such customer).
        """

        def make(connection: Connection) -> dict[str, str]:
            customer_id = None
            if ticket.customer_number is not None:
                customer_id = customer_id_of(connection, ticket.customer_number)
            ticket_id = new_id()
            values = {
                "id": ticket_id,
                "customer_id": customer_id,
                "topic": ticket.topic,
                "subject": ticket.subject,
                "status": "open",
                "opened_at": ticket.at,
                "updated_at": ticket.at,
                "promised_on": ticket.promised_on,
                "kind": ticket.kind,
                "about": json.dumps(dict(ticket.about), ensure_ascii=False),
                "call_id": ticket.call_id,
            }
            given = _insert_with_reference(connection, values, reference)
            connection.execute(
                insert(TicketStatusChangeRow).values(
                    ticket_id=ticket_id, n=1, status="open", at=ticket.at, note=""
                )
            )
            return {"reference": given}

        request = Request(at=ticket.at, key=key, call_id=ticket.call_id)
        answer = change(self._database, "ticket", request, make)
        return answer if isinstance(answer, Refused) else str(answer["reference"])

    def add_note(
        self, ticket_number: str, note: TicketNote, *, of: str | None = None, key: str | None = None
    ) -> bool | Refused:
        """Adds a note. Refused: `unknown` (no such ticket, or not of the customer `of`)."""

        def make(connection: Connection) -> dict[str, str]:
            query = _tickets().where(TicketRow.ticket_number == ticket_number)
            row = connection.execute(query).one_or_none() if plausible(ticket_number) else None
            if row is None or (of is not None and row.customer_number != of):
                raise Refusal("unknown")
            connection.execute(
                insert(TicketNoteRow).values(
                    id=new_id(),
                    ticket_id=row.id,
                    at=note.at,
                    who=note.who,
                    text=note.text,
                    recording=note.recording,
                    call_id=note.call_id,
                )
            )
            connection.execute(
                update(TicketRow)
                .where(TicketRow.id == row.id, TicketRow.updated_at < utc(note.at))
                .values(updated_at=note.at)
            )
            return {}

        request = Request(at=note.at, by=note.who, key=key, call_id=note.call_id)
        answer = change(self._database, "ticket_note", request, make)
        return answer if isinstance(answer, Refused) else True

    def _some(self, query: Select[*tuple[Any, ...]]) -> tuple[TicketStatus, ...]:
        with self._database.reading() as connection:
            return tuple(_status(connection, row) for row in connection.execute(query).all())


def _insert_with_reference(connection: Connection, values: dict[str, Any], wanted: str | None) -> str:
    for draw in range(_DRAWS):
        reference = wanted if wanted is not None and not draw else new_reference()
        new = insert_new(connection, TicketRow).values(ticket_number=reference, **values)
        if connection.execute(new).rowcount:
            return reference
    raise Refusal("full")


def _tickets() -> Select[*tuple[Any, ...]]:
    # A case of nobody known has no customer.
    return select(TicketRow, CustomerRow.customer_number, CustomerRow.name, CustomerRow.language).outerjoin(
        CustomerRow, CustomerRow.id == TicketRow.customer_id
    )


def _status(connection: Connection, row: Row[*tuple[Any, ...]]) -> TicketStatus:
    changes = connection.execute(
        select(TicketStatusChangeRow.status, TicketStatusChangeRow.at, TicketStatusChangeRow.note)
        .where(TicketStatusChangeRow.ticket_id == row.id)
        .order_by(TicketStatusChangeRow.n)
    ).all()
    notes = connection.execute(
        select(TicketNoteRow)
        .where(TicketNoteRow.ticket_id == row.id)
        .order_by(TicketNoteRow.at, TicketNoteRow.id)
    ).all()
    return TicketStatus(
        ticket_number=row.ticket_number,
        customer_number=row.customer_number or "",
        name=row.name or "",
        language=row.language or "",
        topic=row.topic,
        subject=row.subject,
        status=row.status,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        promised_on=row.promised_on,
        history=tuple(TicketChange(status=c.status, at=c.at, note=c.note) for c in changes),
        kind=row.kind,
        about=json.loads(row.about),
        notes=tuple(
            TicketNote(at=n.at, who=n.who, text=n.text, recording=n.recording, call_id=n.call_id)
            for n in notes
        ),
        call_id=row.call_id,
    )
