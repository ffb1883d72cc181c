"""Tries to prove who one is: what is known of a person, how often anybody was wrong, who is locked out.

Rules:
1. Whom a try was about is kept as a salted hash, also of somebody who does not exist; what was claimed is
   kept nowhere.
2. A try is written before it is judged, as one under way: whoever counts what may still be tried counts it,
   whoever counts what was wrong does not. Who dies over it leaves a wrong one, from its deadline on.
3. Wrong tries of a person count from their last right one; anybody's from the end of their last lock.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from data.audit import Audit
from data.consents import installation_salt
from data.database import Database
from data.ids import new_id
from data.models import (
    CustomerPhoneNumberRow,
    CustomerRow,
    IdentityRow,
    LockoutRow,
    PhoneNumberRow,
    VerificationTryRow,
)
from data.records import AuditEntry, Known, utc

Scope = Literal["subject", "caller", "call", "all"]
WITHHELD = ""
"""The caller's number where there is none: all of those are one caller."""
UNDER_WAY = timedelta(seconds=15)
"""How long a try may take to be judged: what is under way any longer was given up."""
_LONGEST = 40


@dataclass(frozen=True, kw_only=True)
class VerificationTry:
    """One try, as it is counted."""

    id: UUID
    identity: str
    subject_hash: str
    caller_number: str
    call_id: UUID
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Windows:
    """From when on wrong tries count."""

    subject: timedelta
    caller: timedelta
    overall: timedelta


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """Tries that were wrong so far; where it is asked for, with those that are under way."""

    call: int
    subject: int
    caller: int
    overall: int


@dataclass(frozen=True, kw_only=True)
class Lockout:
    """Somebody may not try for a while."""

    scope: Scope
    subject: str
    reason: str
    since: datetime
    until: datetime | None
    lifted_at: datetime | None = None
    lifted_by: str | None = None


class Verifications:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._salt: bytes | None = None

    # --- people ---

    def person(self, kind: str, value: str) -> Known | None:
        """Whom that number names; `kind` is one of `NAMES`. Of two who share one, nobody.

        A customer number is looked for as it stands, and only then in whatever letters, or without what
        stands between: whose number is `b-12/3` is found by it, and nobody else is.
        """
        if not 0 < len(value) <= _LONGEST or not value.isascii() or not value.isprintable():
            return None
        with self._database.reading() as connection:
            if kind == "customer_number":
                exact = select(CustomerRow).where(CustomerRow.customer_number == value)
                if (row := connection.execute(exact).one_or_none()) is not None:
                    return _known(connection, row)
                plain = value.lower()
                ways = {plain, plain.replace("-", "").replace(".", "")}
                found = func.lower(CustomerRow.customer_number).in_(ways)
            else:
                theirs = select(IdentityRow.customer_id).where(
                    IdentityRow.kind == kind, IdentityRow.value == value
                )
                found = CustomerRow.id.in_(theirs)
            rows = connection.execute(select(CustomerRow).where(found).limit(2)).all()
            return _known(connection, rows[0]) if len(rows) == 1 else None

    def set_secret(self, customer_number: str, kind: str, secret_hash: str, *, at: datetime, by: str) -> bool:
        """Keeps a PIN's hash instead of the one before. False: there is no such customer."""
        with self._database.writing() as connection:
            return self._set(connection, customer_number, kind, {"secret_hash": secret_hash}, at=at, by=by)

    def set_value(self, customer_number: str, kind: str, value: str, *, at: datetime, by: str) -> bool:
        """Keeps what names or proves a person, normalised. False: there is no such customer."""
        with self._database.writing() as connection:
            return self._set(connection, customer_number, kind, {"value": value}, at=at, by=by)

    @staticmethod
    def _set(
        connection: Connection, number: str, kind: str, kept: dict[str, str], *, at: datetime, by: str
    ) -> bool:
        query = select(CustomerRow.id).where(CustomerRow.customer_number == number)
        customer_id = connection.scalar(query)
        if customer_id is None:
            return False
        values: dict[str, Any] = {**kept, "set_at": utc(at), "set_by": by[:120]}
        mine = (IdentityRow.customer_id == customer_id, IdentityRow.kind == kind)
        if not connection.execute(update(IdentityRow).where(*mine).values(**values)).rowcount:
            connection.execute(
                insert(IdentityRow).values(id=new_id(), customer_id=customer_id, kind=kind, **values)
            )
        entry = AuditEntry(
            at=at, who=by, action="write", what=f"identities: {kind}", why="set", customer_id=customer_id
        )
        Audit.note_within(connection, entry)
        return True

    # --- tries ---

    def subject(self, kind: str, value: str) -> str:
        """The salted hash under which tries for that person, or for nobody of that name, are counted."""
        if self._salt is None:
            self._salt = installation_salt(self._database)
        return hmac.new(self._salt, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()

    def begin(self, a_try: VerificationTry) -> None:
        """Counts it, as one under way."""
        with self._database.writing() as connection:
            connection.execute(
                insert(VerificationTryRow).values(
                    id=a_try.id,
                    identity=a_try.identity[:60],
                    subject_hash=a_try.subject_hash,
                    caller_number=a_try.caller_number[:64],
                    call_id=a_try.call_id,
                    at=utc(a_try.at),
                    passed=False,
                    under_way_until=utc(a_try.at + UNDER_WAY),
                )
            )

    def was_wrong(self, a_try: VerificationTry) -> None:
        """It was judged, and was wrong."""
        self._settle(a_try, passed=False)

    def was_right(self, a_try: VerificationTry) -> None:
        """It was judged, and was right; of somebody who is no further known by it."""
        self._settle(a_try, passed=True)

    def withdraw(self, a_try: VerificationTry) -> None:
        """It was not judged: it counts for nothing."""
        with self._database.writing() as connection:
            connection.execute(delete(VerificationTryRow).where(VerificationTryRow.id == a_try.id))

    def _settle(self, a_try: VerificationTry, *, passed: bool) -> None:
        with self._database.writing() as connection:
            _settle_within(connection, a_try, passed=passed)

    def wrong(self, a_try: VerificationTry, windows: Windows, *, under_way: bool = False) -> Wrong:
        """How often it was wrong until now, all processes together; `under_way`: with what may become so."""
        row, at = VerificationTryRow, utc(a_try.at)
        mine = row.subject_hash == a_try.subject_hash
        theirs = row.caller_number == a_try.caller_number
        judged = () if under_way else (or_(row.under_way_until.is_(None), row.under_way_until <= at),)
        with self._database.reading() as connection:
            passed = connection.scalar(select(func.max(row.at)).where(mine, row.passed.is_(True)))
            since = {
                "subject": _later(at - windows.subject, passed),
                "caller": at - windows.caller,
                "all": at - windows.overall,
            }
            keys: dict[Scope, str] = {"subject": a_try.subject_hash, "caller": a_try.caller_number, "all": ""}
            for scope, key in keys.items():
                since[scope] = _later(since[scope], _forgiven(connection, scope, key, at))
            return Wrong(
                call=_count(connection, *judged, row.call_id == a_try.call_id),
                subject=_count(connection, *judged, mine, since=since["subject"]),
                caller=_count(connection, *judged, theirs, since=since["caller"]),
                overall=_count(connection, *judged, since=since["all"]),
            )

    def passed(self, a_try: VerificationTry, customer_id: UUID) -> None:
        """It was right; that the person's data are open from now on goes into the audit log."""
        with self._database.writing() as connection:
            _settle_within(connection, a_try, passed=True)
            entry = AuditEntry(
                at=a_try.at,
                who="call",
                action="verify",
                what=f"identity: {a_try.identity}",
                why="the caller proved who they are",
                customer_id=customer_id,
                call_id=a_try.call_id,
            )
            Audit.note_within(connection, entry)

    # --- locks ---

    def lockout(
        self, *, subject_hash: str, caller_number: str, call_id: UUID, at: datetime
    ) -> Lockout | None:
        """The lock that keeps this caller from trying now, if there is one."""
        row, now = LockoutRow, utc(at)
        theirs = or_(
            (row.scope == "subject") & (row.subject == subject_hash),
            (row.scope == "caller") & (row.subject == caller_number),
            (row.scope == "call") & (row.subject == str(call_id)),
            row.scope == "all",
        )
        query = select(row).where(theirs, *_holding(now)).order_by(row.since.desc()).limit(1)
        with self._database.reading() as connection:
            found = connection.execute(query).first()
        return None if found is None else _lockout(found)

    def lock(self, lockout: Lockout) -> bool:
        """Locks. False: they were locked already."""
        row = LockoutRow
        same = (row.scope == lockout.scope, row.subject == lockout.subject, *_holding(utc(lockout.since)))
        with self._database.writing() as connection:
            if connection.scalar(select(func.count()).select_from(row).where(*same)):
                return False
            connection.execute(
                insert(row).values(
                    id=new_id(),
                    scope=lockout.scope,
                    subject=lockout.subject[:64],
                    reason=lockout.reason[:200],
                    since=utc(lockout.since),
                    until=None if lockout.until is None else utc(lockout.until),
                )
            )
            return True

    def lift(self, scope: Scope, subject: str, *, at: datetime, by: str, why: str) -> int:
        """Ends their locks, and forgives the wrong tries until now. How many locks there were."""
        row, now = LockoutRow, utc(at)
        with self._database.writing() as connection:
            lifted = connection.execute(
                update(row)
                .where(row.scope == scope, row.subject == subject, *_holding(now))
                .values(lifted_at=now, lifted_by=by[:120])
            ).rowcount
            if lifted:
                Audit.note_within(
                    connection,
                    AuditEntry(at=at, who=by, action="unlock", what=f"lockouts: {scope}", why=why),
                )
            return lifted

    def lockouts(self, *, at: datetime, most: int = 100) -> tuple[Lockout, ...]:
        """The locks that hold now, the newest first."""
        query = select(LockoutRow).where(*_holding(utc(at))).order_by(LockoutRow.since.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(_lockout(row) for row in connection.execute(query))


def _known(connection: Connection, row: Row[Any]) -> Known:
    identities = {
        one.kind: one
        for one in connection.execute(select(IdentityRow).where(IdentityRow.customer_id == row.id))
    }
    phone = connection.scalar(
        select(PhoneNumberRow.e164)
        .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.phone_number_id == PhoneNumberRow.id)
        .where(CustomerPhoneNumberRow.customer_id == row.id)
        .order_by(CustomerPhoneNumberRow.rank, PhoneNumberRow.e164)
        .limit(1)
    )
    dni, pin = identities.get("dni"), identities.get("pin")
    return Known(
        customer_id=row.id,
        customer_number=row.customer_number,
        name=row.name,
        language=row.language,
        email=row.email,
        phone=phone,
        postal_code=row.postal_code,
        birth_date=row.birth_date,
        dni=None if dni is None else dni.value,
        pin_hash=None if pin is None else pin.secret_hash,
    )


def _count(connection: Connection, *which: ColumnElement[bool], since: datetime | None = None) -> int:
    row = VerificationTryRow
    late = () if since is None else (row.at > since,)
    query = select(func.count()).select_from(row).where(row.passed.is_(False), *which, *late)
    return connection.scalar(query) or 0


def _settle_within(connection: Connection, a_try: VerificationTry, *, passed: bool) -> None:
    row = VerificationTryRow
    connection.execute(update(row).where(row.id == a_try.id).values(passed=passed, under_way_until=None))


def _forgiven(connection: Connection, scope: Scope, subject: str, now: datetime) -> datetime | None:
    """When their last lock ended, by somebody's hand or by itself; what was wrong before is paid for."""
    row = LockoutRow
    theirs = (row.scope == scope, row.subject == subject)
    lifted = connection.scalar(select(func.max(row.lifted_at)).where(*theirs))
    ended = connection.scalar(
        select(func.max(row.until)).where(*theirs, row.until <= now, row.lifted_at.is_(None))
    )
    return max((one for one in (lifted, ended) if one is not None), default=None)


def _later(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _holding(now: datetime) -> tuple[ColumnElement[bool], ...]:
    row = LockoutRow
    return (row.since <= now, row.lifted_at.is_(None), or_(row.until.is_(None), row.until > now))


def _lockout(row: Row[Any]) -> Lockout:
    return Lockout(
        scope=row.scope,
        subject=row.subject,
        reason=row.reason,
        since=row.since,
        until=row.until,
        lifted_at=row.lifted_at,
        lifted_by=row.lifted_by,
    )
