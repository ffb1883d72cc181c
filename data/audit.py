"""Who read or changed whose data, and why. Rows are only ever added."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from data.database import Database
from data.models import AuditRow, CustomerRow
from data.numbers import plausible
from data.once import insert_new
from data.records import AuditEntry


class Audit:
    """The audit log. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, *entries: AuditEntry) -> None:
        """Adds entries, all or none; what is there already stays."""
        if entries:
            with self._database.writing() as connection:
                self.note_within(connection, *entries)

    @staticmethod
    def note_within(connection: Connection, *entries: AuditEntry) -> None:
        """As `note`, in the transaction of what is being noted."""
        for entry in entries:
            values = _values(entry)
            if entry.customer_id is None and plausible(entry.customer_number):
                whose = select(CustomerRow.id).where(CustomerRow.customer_number == entry.customer_number)
                values["customer_id"] = connection.scalar(whose)
            connection.execute(insert_new(connection, AuditRow).values(**values))

    def of_customer(self, customer_id: UUID, most: int = 1000) -> tuple[AuditEntry, ...]:
        """Who had to do with this person's data, newest first."""
        query = select(AuditRow).where(AuditRow.customer_id == customer_id)
        return self._all(query.order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(most))

    def latest(self, most: int) -> tuple[AuditEntry, ...]:
        """The entries that came last, newest first."""
        return self._all(select(AuditRow).order_by(AuditRow.at.desc(), AuditRow.id.desc()).limit(most))

    def _all(self, query: Any) -> tuple[AuditEntry, ...]:
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in connection.execute(query))


def _values(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": entry.at,
        "who": entry.who,
        "action": entry.action,
        "customer_id": entry.customer_id,
        "what": entry.what,
        "why": entry.why,
        "call_id": entry.call_id,
    }


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        who=row.who,
        action=row.action,
        customer_id=row.customer_id,
        what=row.what,
        why=row.why,
        call_id=row.call_id,
    )
