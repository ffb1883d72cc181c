"""One person is forgotten: in the database, its files, and the spool; what is left names nobody.

Rules:
1. Files first, rows after: while a row is there, its files can be found. What breaks off is done again.
2. Calls stay as figures: without number, name, recording, words. Reports of the past stay true.
3. The audit log stays: that somebody's data were read, and erased, is itself to be proved. It has their key.
4. Their numbers and identity go on the list of those whom nobody contacts, as keyed hashes, unless it is not
   wanted: otherwise the next list would bring them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection, case, delete, func, select, update

from data.ids import new_id
from data.models import (
    AppointmentRow,
    AppointmentSlotRow,
    AuditRow,
    CallRow,
    CallStepRow,
    VerificationTryRow,
)
from data.protection import files
from data.protection.files import Folders
from data.protection.persons import Subject, belongings, find
from data.records import AuditEntry
from data.spool import Spool
from data.store import Store

_STAY = (CallRow, CallStepRow, AuditRow, VerificationTryRow)
NAMELESS = {
    "caller_number": "",
    "caller_name": "",
    "sip_call_id": "",
    "caller_facts": "{}",
    "customer_id": None,
    "segment_reason": "",
    "recording": None,
}
"""A call without whose it was."""


@dataclass(frozen=True)
class Erased:
    """What an erasure took away."""

    rows: Mapping[str, int]
    """By table; of calls, how many are nameless now."""
    files: int
    spooled: int
    """Lines of the spool."""
    suppressed: int
    """Numbers and identities that nobody is to contact."""


def erase(store: Store, who: str, folders: Folders, entry: AuditEntry, *, suppress: bool = True) -> Erased:
    """Forgets a person. Raises `PersonUnknown`, `FilesNotRemoved`, or the database's `DataError`."""
    with store.database.reading() as connection:
        subject = find(connection, who)
        recordings = files.recordings_of(connection, subject, folders.recordings)
        calls = files.calls_among(connection, subject)
    found = [file for path in recordings if (file := files.inside(folders.recordings, path)) is not None]
    written = files.written_messages(folders.messages, subject.addresses, calls)
    gone = files.remove([*found, *written])
    spooled = Spool(folders.spool).forget(calls=calls, numbers=subject.ways, customer_id=subject.customer_id)
    suppressed = _suppress(store, subject, entry) if suppress else 0
    with store.database.scrubbing() as connection:
        rows = _erase_rows(connection, subject)
        what = f"{sum(rows.values()) - rows['calls']} rows, {gone} files, {rows['calls']} calls made nameless"
        store.audit.note_within(connection, _told(entry, subject.customer_id, what))
    return Erased(rows=rows, files=gone, spooled=spooled, suppressed=suppressed)


def _told(entry: AuditEntry, customer_id: UUID | None, what: str) -> AuditEntry:
    return replace(entry, id=new_id(), customer_id=customer_id, what=what)


def _suppress(store: Store, subject: Subject, entry: AuditEntry) -> int:
    reason = "erased"
    added = [store.suppressions.add("number", one, reason=reason, at=entry.at) for one in subject.numbers]
    people = [*subject.identities, *([subject.customer_number] if subject.customer_number else [])]
    added += [store.suppressions.add("person", one, reason=reason, at=entry.at) for one in people]
    return sum(added)


def _erase_rows(connection: Connection, subject: Subject) -> dict[str, int]:
    theirs = belongings(subject)
    counts: dict[str, int] = {}
    _give_places_back(connection, subject)
    calls = list(connection.scalars(select(CallRow.id).where(theirs[CallRow])))
    tries = theirs[VerificationTryRow]
    connection.execute(update(VerificationTryRow).where(tries).values(caller_number=""))
    for table, condition in theirs.items():
        if table not in _STAY:
            counts[table.__tablename__] = connection.execute(delete(table).where(condition)).rowcount
    _make_nameless(connection, calls, subject)
    counts["calls"] = len(calls)
    return counts


def _make_nameless(connection: Connection, calls: list[UUID], subject: Subject) -> None:
    dialled = case((CallRow.destination.in_(subject.ways), ""), else_=CallRow.destination)
    for start in range(0, len(calls), 500):
        some = CallRow.id.in_(calls[start : start + 500])
        connection.execute(update(CallRow).where(some).values(**NAMELESS, destination=dialled))


def _give_places_back(connection: Connection, subject: Subject) -> None:
    mine = (AppointmentRow.customer_id == subject.customer_id, AppointmentRow.status == "booked")
    places = select(AppointmentRow.slot_id, func.count().label("places")).where(*mine)
    for row in connection.execute(
        places.group_by(AppointmentRow.slot_id).order_by(AppointmentRow.slot_id)
    ).all():
        connection.execute(
            update(AppointmentSlotRow)
            .where(AppointmentSlotRow.id == row.slot_id, AppointmentSlotRow.taken >= row.places)
            .values(taken=AppointmentSlotRow.taken - row.places)
        )
