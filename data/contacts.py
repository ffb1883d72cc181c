"""The ledger of all contacts with people, whatever the channel and campaign, and what is on record of them.

Rules:
1. A contact is noted before it is made: a crash leaves one too many in the ledger, never one too few.
2. Caps are per human being: customers with the same DNI are one person.
3. Somebody else's yes is nobody's consent; a no from a number holds for whoever is at that number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, or_, select, text, update

from data.bulk import among, insert_many
from data.consents import Suppressions
from data.database import Database
from data.models import (
    ConsentRow,
    ContactRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    IdentityRow,
    PhoneNumberRow,
    RegistryLookupRow,
    SuppressionRow,
)
from data.once import insert_new
from data.records import utc
from data.records.contacts import ContactMade, NewContact, NewestConsent, OnRecord, RegistryAnswer, Whom
from data.text import clean

PERSONAL = ("dni", "nie", "cif")
"""Identities that only one human being has."""
_PORTION = 5000
Answer = TypeVar("Answer")
Found = TypeVar("Found")


class Contacts:
    """The ledger. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database, suppressions: Suppressions) -> None:
        self._database, self._suppressions = database, suppressions

    def whom(self, address: str, *, customer_id: UUID | None = None) -> Whom:
        """Who is meant by a customer at an address (E.164 or e-mail); without one, the only customer at that
        number, if there is one."""
        with self._database.reading() as connection:
            if customer_id is None:
                owners = _owners(connection, address)
                customer_id = owners[0] if len(owners) == 1 else None
            return _whom(connection, address, customer_id)

    def on_record(self, whom: Whom, *, since: datetime) -> OnRecord:
        """What is known of somebody, with their contacts since then."""
        hashes = self._hashes(whom)
        with self._database.reading() as connection:
            return _on_record(connection, whom, hashes, since)

    def on_record_of_many(self, many: Sequence[Whom], *, since: datetime) -> list[OnRecord]:
        """As `on_record` of each, in few queries: for samples. At most some thousand at a time."""
        ids = {one for whom in many for one in whom.customer_ids}
        addresses = {whom.address for whom in many}
        hashes = {
            subject: self._suppressions.hash_of(subject[1]) for whom in many for subject in whom.subjects
        }
        with self._database.reading() as connection:
            suppressed = _suppressed_among(connection, hashes.values())
            theirs = or_(
                among(connection, ContactRow.customer_id, ids),
                among(connection, ContactRow.address, addresses),
            )
            made = select(ContactRow).where(theirs, ContactRow.at >= utc(since), ContactRow.asked_for == "")
            contacts = _indexed([_made(row) for row in connection.execute(made)], lambda one: one.address)
            said = select(ConsentRow).where(
                or_(
                    among(connection, ConsentRow.customer_id, ids),
                    among(connection, ConsentRow.e164, addresses),
                )
            )
            rows = connection.execute(said.order_by(ConsentRow.at, ConsentRow.id)).all()
            consents = _indexed(rows, lambda one: one.e164)
            asked = select(RegistryLookupRow).where(among(connection, RegistryLookupRow.e164, addresses))
            registries: dict[str, dict[str, RegistryAnswer]] = {}
            for row in connection.execute(asked):
                registries.setdefault(row.e164, {})[row.name] = RegistryAnswer(listed=row.listed, at=row.at)
        return [
            OnRecord(
                contacts=tuple(_of(contacts, whom)),
                suppressed=next(
                    (suppressed[hashes[one]] for one in whom.subjects if hashes[one] in suppressed), ""
                ),
                consents=_newest(sorted(_of(consents, whom), key=lambda one: (one.at, one.id)), whom),
                registries=registries.get(whom.address, {}),
            )
            for whom in many
        ]

    def admit(
        self,
        whom: Whom,
        *,
        since: datetime,
        judge: Callable[[OnRecord], tuple[Answer, NewContact | None]],
        also: Callable[[Connection], None] = lambda _connection: None,
    ) -> Answer:
        """Judges a contact by what is on record, and notes it if it is to be made, before anybody else judges
        one of the same person. `judge` must be quick: it runs in the transaction. `also` is what belongs to a
        contact that is made; what it raises takes everything back."""
        hashes = self._hashes(whom)
        with self._database.writing() as connection:
            _one_at_a_time(connection, whom.key)
            answer, contact = judge(_on_record(connection, whom, hashes, since))
            if contact is not None:
                also(connection)
                connection.execute(insert(ContactRow).values(_values(contact)))
            return answer

    def note(self, contact: NewContact) -> None:
        """Notes a contact that is made whatever the ledger says. The same one (by its key) is noted once."""
        with self._database.writing() as connection:
            connection.execute(insert_new(connection, ContactRow).values(_values(contact)))

    def settle(self, contact_id: UUID, *, conversation: bool, result: str) -> bool:
        """Notes how a contact ended. False: there is none of that key."""
        ended = update(ContactRow).where(ContactRow.id == contact_id)
        with self._database.writing() as connection:
            values = {"conversation": conversation, "result": clean(result, 60)}
            return bool(connection.execute(ended.values(**values)).rowcount)

    def withdraw(self, contact_id: UUID) -> bool:
        """The contact was surely never made (the order did not leave). False: there is none of that key."""
        with self._database.writing() as connection:
            gone = delete(ContactRow).where(ContactRow.id == contact_id)
            return bool(connection.execute(gone).rowcount)

    def history(self, whom: Whom, *, most: int = 100) -> tuple[ContactMade, ...]:
        """All contacts with somebody, newest first; also those that they asked for."""
        query = select(ContactRow).where(_theirs(whom)).order_by(ContactRow.at.desc(), ContactRow.id.desc())
        with self._database.reading() as connection:
            return tuple(_made(row) for row in connection.execute(query.limit(most)))

    def note_lookups(self, registry: str, answers: Mapping[str, bool], *, at: datetime) -> int:
        """Keeps what a registry said of numbers (E.164 → whether it is listed); how many."""
        numbers = list(answers)
        for start in range(0, len(numbers), _PORTION):
            some = numbers[start : start + _PORTION]
            rows = [{"name": registry, "e164": one, "listed": answers[one], "at": utc(at)} for one in some]
            with self._database.writing() as connection:
                before = (RegistryLookupRow.name == registry, RegistryLookupRow.e164.in_(some))
                connection.execute(delete(RegistryLookupRow).where(*before))
                insert_many(connection, RegistryLookupRow, rows)
        return len(numbers)

    def _hashes(self, whom: Whom) -> tuple[tuple[str, str], ...]:
        """Before the transaction: the first time a salt is drawn."""
        return tuple((kind, self._suppressions.hash_of(subject)) for kind, subject in whom.subjects)


def _one_at_a_time(connection: Connection, key: str) -> None:
    """SQLite has one writer anyway; on PostgreSQL whoever judges the same person waits."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})


def _owners(connection: Connection, e164: str) -> Sequence[UUID]:
    return connection.scalars(
        select(CustomerPhoneNumberRow.customer_id)
        .join(PhoneNumberRow, PhoneNumberRow.id == CustomerPhoneNumberRow.phone_number_id)
        .where(PhoneNumberRow.e164 == e164)
    ).all()


def _whom(connection: Connection, address: str, customer_id: UUID | None) -> Whom:
    ids: tuple[UUID, ...] = ()
    subjects = [("number", address)]
    zone, region, born = None, "", None
    if customer_id is not None:
        mine = select(IdentityRow.value).where(
            IdentityRow.customer_id == customer_id, IdentityRow.kind.in_(PERSONAL)
        )
        values = [one for one in connection.scalars(mine) if one]
        same = select(IdentityRow.customer_id).where(
            IdentityRow.value.in_(values), IdentityRow.kind.in_(PERSONAL)
        )
        others = connection.scalars(same).all() if values else []
        ids = tuple(sorted({customer_id, *others}))
        rows = connection.execute(
            select(
                CustomerRow.id,
                CustomerRow.customer_number,
                CustomerRow.zone,
                CustomerRow.region,
                CustomerRow.birth_date,
            ).where(CustomerRow.id.in_(ids))
        ).all()
        subjects += [("person", row.customer_number) for row in rows]
        subjects += [("person", value) for value in values]
        for row in rows:
            if row.id == customer_id:
                zone, region, born = row.zone, row.region, row.birth_date
    return Whom(
        customer_ids=ids, subjects=tuple(subjects), address=address, zone=zone, region=region, born=born
    )


def _theirs(whom: Whom) -> Any:
    """Contacts of this person, and of anybody at the same address."""
    if not whom.customer_ids:
        return ContactRow.address == whom.address
    return or_(ContactRow.customer_id.in_(whom.customer_ids), ContactRow.address == whom.address)


def _on_record(
    connection: Connection, whom: Whom, hashes: Sequence[tuple[str, str]], since: datetime
) -> OnRecord:
    made = select(ContactRow).where(_theirs(whom), ContactRow.at >= utc(since), ContactRow.asked_for == "")
    reasons = (
        connection.scalar(
            select(SuppressionRow.reason).where(
                SuppressionRow.kind == kind, SuppressionRow.subject_hash == subject
            )
        )
        for kind, subject in hashes
    )
    asked = select(RegistryLookupRow).where(RegistryLookupRow.e164 == whom.address)
    return OnRecord(
        contacts=tuple(_made(row) for row in connection.execute(made)),
        suppressed=next((one or "on the list" for one in reasons if one is not None), ""),
        consents=_consents(connection, whom),
        registries={
            row.name: RegistryAnswer(listed=row.listed, at=row.at) for row in connection.execute(asked)
        },
    )


def _consents(connection: Connection, whom: Whom) -> Mapping[str, NewestConsent]:
    query = (
        select(ConsentRow)
        .where(or_(ConsentRow.customer_id.in_(whom.customer_ids), ConsentRow.e164 == whom.address))
        .order_by(ConsentRow.at, ConsentRow.id)
    )
    return _newest(connection.execute(query), whom)


def _newest(rows: Iterable[Any], whom: Whom) -> dict[str, NewestConsent]:
    """What counts of what was said, oldest first."""
    newest: dict[str, NewestConsent] = {}
    for row in rows:
        own = row.customer_id in whom.customer_ids or (row.customer_id is None and not whom.customer_ids)
        if row.given and not own:
            continue
        words = "words" if row.text and row.answer else ""
        newest[row.kind] = NewestConsent(
            given=row.given, at=row.at, proof="clip" if row.clip_sha256 else words
        )
    return newest


def _suppressed_among(connection: Connection, hashes: Iterable[str]) -> dict[str, str]:
    """Hash → reason. The hash of a number is none of a person's, so that the kind need not be asked."""
    found: dict[str, str] = {}
    wanted = list(hashes)
    for start in range(0, len(wanted), _PORTION):
        some = among(connection, SuppressionRow.subject_hash, wanted[start : start + _PORTION])
        for row in connection.execute(select(SuppressionRow).where(some)):
            found[row.subject_hash] = row.reason or "on the list"
    return found


def _indexed(rows: Iterable[Found], address: Callable[[Found], str | None]) -> dict[UUID | str, list[Found]]:
    """By customer and by address; each row once for each."""
    index: dict[UUID | str, list[Found]] = {}
    for row in rows:
        for key in (row.customer_id, address(row)):  # type: ignore[attr-defined]  # rows and records have it
            if key is not None:
                index.setdefault(key, []).append(row)
    return index


def _of(index: Mapping[UUID | str, list[Found]], whom: Whom) -> Iterable[Found]:
    keys: tuple[UUID | str, ...] = (*whom.customer_ids, whom.address)
    return {id(row): row for key in keys for row in index.get(key, [])}.values()


def _values(contact: NewContact) -> dict[str, Any]:
    return {**vars(contact), "conversation": None, "result": ""}


def _made(row: Row[Any]) -> ContactMade:
    return ContactMade(**{name: getattr(row, name) for name in ContactMade.__dataclass_fields__})
