"""What people agreed to, with the evidence, and whom nobody may contact.

Rules:
1. Nothing is changed: who takes a consent back adds a row, and the newest of a kind counts.
2. Whom not to contact is kept as a keyed hash (HMAC-SHA-256 with the installation's salt), so that it
   outlives the erasure of everything else that is known of the person.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select

from data.database import Database
from data.ids import new_id
from data.models import ConsentRow, InstallationRow, SuppressionRow
from data.once import insert_new
from data.records import Consent, utc
from data.text import clean

SubjectKind = Literal["number", "person"]
_SALT = "salt"


class Consents:
    """Consents and their evidence. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, consent: Consent) -> UUID:
        """Keeps that somebody agreed, refused, or took it back; returns its key."""
        with self._database.writing() as connection:
            return self.note_within(connection, consent)

    @staticmethod
    def note_within(connection: Connection, consent: Consent) -> UUID:
        """As `note`, in the transaction of what it is given for."""
        consent_id = consent.id or new_id()
        connection.execute(insert_new(connection, ConsentRow).values(**{**vars(consent), "id": consent_id}))
        return consent_id

    def by_id(self, consent_id: UUID) -> Consent | None:
        """One consent, with its evidence."""
        found = self._some(ConsentRow.id == consent_id, most=1)
        return found[0] if found else None

    def newest(
        self, kind: str, *, customer_id: UUID | None = None, e164: str | None = None
    ) -> Consent | None:
        """What counts now for this person, or this number; `None`: nobody ever said anything."""
        found = self._some(ConsentRow.kind == kind, _of(customer_id, e164), most=1)
        return found[0] if found else None

    def of(
        self, *, customer_id: UUID | None = None, e164: str | None = None, most: int = 100
    ) -> tuple[Consent, ...]:
        """Everything that this person, or somebody at this number, said; newest first."""
        return self._some(_of(customer_id, e164), most=most)

    def of_call(self, call_id: UUID) -> tuple[Consent, ...]:
        """What was said in a call; newest first."""
        return self._some(ConsentRow.call_id == call_id, most=100)

    def _some(self, *where: ColumnElement[bool], most: int) -> tuple[Consent, ...]:
        query = select(ConsentRow).where(*where).order_by(ConsentRow.at.desc(), ConsentRow.id.desc())
        with self._database.reading() as connection:
            return tuple(consent_of(row) for row in connection.execute(query.limit(most)))


class Suppressions:
    """Whom not to contact. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salt: bytes | None = None

    def hash_of(self, subject: str) -> str:
        """The keyed hash of a number (E.164) or a person (what identifies them), in hexadecimal."""
        return hmac.new(self._salted(), subject.encode(), hashlib.sha256).hexdigest()

    def add(self, kind: SubjectKind, subject: str, *, reason: str, at: datetime) -> bool:
        """Not to be contacted from now on. False: that was so before."""
        values = {"kind": kind, "subject_hash": self.hash_of(subject), "reason": clean(reason, 120)}
        with self._database.writing() as connection:
            added = connection.execute(insert_new(connection, SuppressionRow).values(**values, at=utc(at)))
            return bool(added.rowcount)

    def contains(self, kind: SubjectKind, subject: str) -> bool:
        """Whether this number or person is not to be contacted."""
        query = select(SuppressionRow.kind).where(*self._same(kind, subject))
        with self._database.reading() as connection:
            return connection.scalar(query) is not None

    def remove(self, kind: SubjectKind, subject: str) -> bool:
        """They want to be contacted again. False: nothing stood against it."""
        gone = delete(SuppressionRow).where(*self._same(kind, subject))
        with self._database.writing() as connection:
            return bool(connection.execute(gone).rowcount)

    def _same(self, kind: SubjectKind, subject: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return SuppressionRow.kind == kind, SuppressionRow.subject_hash == self.hash_of(subject)

    def _salted(self) -> bytes:
        if self._salt is None:
            self._salt = installation_salt(self._database)
        return self._salt


def installation_salt(database: Database) -> bytes:
    """32 bytes, drawn when they are first needed and the same ever after."""
    stored = select(InstallationRow.value).where(InstallationRow.name == _SALT)
    with database.reading() as connection:
        found = connection.scalar(stored)
    if found is None:
        with database.writing() as connection:
            new = insert_new(connection, InstallationRow)
            connection.execute(new.values(name=_SALT, value=secrets.token_hex(32)))
            found = connection.scalars(stored).one()
    return bytes.fromhex(found)


def _of(customer_id: UUID | None, e164: str | None) -> ColumnElement[bool]:
    match customer_id, e164:
        case None, None:
            raise ValueError("whose consents?")
        case None, _:
            return ConsentRow.e164 == e164
        case _, None:
            return ConsentRow.customer_id == customer_id
        case _:
            return or_(ConsentRow.customer_id == customer_id, ConsentRow.e164 == e164)


def consent_of(row: Row[Any]) -> Consent:
    return Consent(
        id=row.id,
        kind=row.kind,
        given=row.given,
        terms_version=row.terms_version,
        text=row.text,
        answer=row.answer,
        language=row.language,
        at=row.at,
        customer_id=row.customer_id,
        e164=row.e164,
        clip=row.clip,
        clip_sha256=row.clip_sha256,
        call_id=row.call_id,
    )
