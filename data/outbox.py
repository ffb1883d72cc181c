"""What is to be carried elsewhere: put in once, carried by one owner at a time, given up in the open.

Rules:
1. An errand is claimed with a lease. While the lease lasts nobody else gets it; once it has lapsed, the
   next one takes it over, and what the first one reports afterwards changes nothing.
2. A try counts when it is claimed: an errand that kills its carrier comes to its end too.
3. What is done keeps its key, so that it is not put in again, and loses its body: it may hold personal data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from data.database import Database
from data.ids import new_id
from data.models import OutboxRow
from data.once import insert_new
from data.records import Claimed, Errand, GivenUp, OutboxState, utc
from data.text import clean

Standing = Literal["waiting", "done", "given_up"]
BEGUN = "a try was begun, and nobody knows how it ended"
_LONGEST_ERROR = 300
_WAITING = and_(OutboxRow.done_at.is_(None), OutboxRow.given_up_at.is_(None))


class Outbox:
    """Errands. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, errand: Errand) -> bool:
        """Puts an errand in. False: one with this key was there, and stays as it is."""
        with self._database.writing() as connection:
            return self.put_within(connection, errand)

    @staticmethod
    def put_within(connection: Connection, errand: Errand) -> bool:
        """As `put`, in the transaction of the change that it belongs to: both happen, or neither."""
        put = connection.execute(
            insert_new(connection, OutboxRow).values(
                id=new_id(),
                kind=errand.kind,
                target=errand.target,
                body=json.dumps(dict(errand.body), separators=(",", ":")),
                idempotency_key=errand.idempotency_key,
                created_at=errand.at,
                due_at=errand.due_at,
                tries=0,
                call_id=errand.call_id,
                customer_id=errand.customer_id,
            )
        )
        return bool(put.rowcount)

    def claim(
        self, owner: str, *, at: datetime, lease: timedelta, most: int = 1, kinds: Sequence[str] = ()
    ) -> tuple[Claimed, ...]:
        """Errands that are due and nobody's, the longest due first; they are `owner`'s until `at + lease`.

        `kinds` limits them to what the owner can carry; empty: all.
        """
        now = utc(at)
        free: list[ColumnElement[bool]] = [
            _WAITING,
            OutboxRow.due_at <= now,
            or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now),
        ]
        if kinds:
            free.append(OutboxRow.kind.in_(kinds))
        some = select(OutboxRow.id).where(*free).order_by(OutboxRow.due_at, OutboxRow.id).limit(most)
        # On PostgreSQL others claim at the same time: each passes over what another is just taking. SQLite
        # has one writer, and leaves these words out.
        some = some.with_for_update(skip_locked=True)
        with self._database.writing() as connection:
            # Two statements: PostgreSQL may run a subquery more than once, and take more than `most`.
            chosen = connection.scalars(some).all()
            rows = connection.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_(chosen))
                .values(claimed_by=owner, lease_until=now + lease, tries=OutboxRow.tries + 1)
                .returning(OutboxRow)
            ).all()
        return tuple(_claimed(row) for row in sorted(rows, key=lambda row: (row.due_at, row.id)))

    def claim_own(self, key: str, owner: str, *, at: datetime, lease: timedelta) -> Claimed | None:
        """The errand with this key, due or not, if it waits and is nobody's: for whoever has put it in."""
        now = utc(at)
        free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now)
        with self._database.writing() as connection:
            row = connection.execute(
                update(OutboxRow)
                .where(OutboxRow.idempotency_key == key, _WAITING, free)
                .values(claimed_by=owner, lease_until=now + lease, tries=OutboxRow.tries + 1)
                .returning(OutboxRow)
            ).one_or_none()
        return None if row is None else _claimed(row)

    def done(self, errand_id: UUID, owner: str, *, at: datetime) -> bool:
        """It has arrived. False: the lease had lapsed, and somebody else has it or has carried it."""
        return self._close(errand_id, owner, done_at=utc(at), body="{}", last_error="")

    def try_again(self, errand_id: UUID, owner: str, *, due_at: datetime, error: str) -> bool:
        """It did not arrive, and is to be tried again. False: it is not ours any more."""
        return self._close(errand_id, owner, due_at=utc(due_at), last_error=clean(error, _LONGEST_ERROR))

    def give_up(self, errand_id: UUID, owner: str, *, at: datetime, error: str) -> bool:
        """It will not arrive; it stays for a person to see. False: it is not ours any more."""
        return self._close(errand_id, owner, given_up_at=utc(at), last_error=clean(error, _LONGEST_ERROR))

    def begin(self, errand_id: UUID, owner: str) -> bool:
        """A try begins that must not be made twice: if its server dies, `last_error` is `BEGUN` for whoever
        takes it over. False: it is not ours any more."""
        return self._set(errand_id, owner, last_error=BEGUN)

    def extend(self, errand_id: UUID, owner: str, *, until: datetime) -> bool:
        """More time for what takes long. False: it is not ours any more."""
        return self._set(errand_id, owner, lease_until=utc(until))

    def state(self, kinds: Sequence[str] = ()) -> OutboxState:
        """How much waits, since when, and how much was given up."""
        of_kind = OutboxRow.kind.in_(kinds) if kinds else OutboxRow.id.is_not(None)
        with self._database.reading() as connection:
            waiting = connection.execute(
                select(func.count(), func.min(OutboxRow.created_at)).where(_WAITING, of_kind)
            ).one()
            given_up = select(func.count()).where(OutboxRow.given_up_at.is_not(None), of_kind)
            return OutboxState(
                waiting=waiting[0], oldest=waiting[1], given_up=connection.scalar(given_up) or 0
            )

    def standing(self, key: str) -> Standing | None:
        """How the errand with this key stands; `None`: there is none."""
        query = select(OutboxRow.done_at, OutboxRow.given_up_at).where(OutboxRow.idempotency_key == key)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return "done" if row.done_at else "given_up" if row.given_up_at else "waiting"

    def given_up(self, most: int = 100) -> tuple[GivenUp, ...]:
        """What was given up, the last first."""
        query = select(OutboxRow).where(OutboxRow.given_up_at.is_not(None))
        query = query.order_by(OutboxRow.given_up_at.desc(), OutboxRow.id.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(_given_up(row) for row in connection.execute(query))

    def revive(self, errand_id: UUID, *, at: datetime) -> bool:
        """Somebody wants it tried once more. False: it was not given up."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(OutboxRow)
                .where(OutboxRow.id == errand_id, OutboxRow.given_up_at.is_not(None))
                .values(given_up_at=None, due_at=utc(at), tries=0)
            )
            return bool(changed.rowcount)

    def _close(self, errand_id: UUID, owner: str, **values: object) -> bool:
        return self._set(errand_id, owner, claimed_by=None, lease_until=None, **values)

    def _set(self, errand_id: UUID, owner: str, **values: object) -> bool:
        # The owner's name alone decides: after the lease it is still theirs, unless somebody took it over.
        mine = (OutboxRow.id == errand_id, OutboxRow.claimed_by == owner, _WAITING)
        with self._database.writing() as connection:
            return bool(connection.execute(update(OutboxRow).where(*mine).values(**values)).rowcount)


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        id=row.id,
        kind=row.kind,
        target=row.target,
        body=json.loads(row.body),
        idempotency_key=row.idempotency_key,
        created_at=row.created_at,
        tries=row.tries,
        last_error=row.last_error,
        lease_until=row.lease_until,
        call_id=row.call_id,
        customer_id=row.customer_id,
    )


def _given_up(row: Row[Any]) -> GivenUp:
    return GivenUp(
        id=row.id,
        kind=row.kind,
        target=row.target,
        created_at=row.created_at,
        given_up_at=row.given_up_at,
        tries=row.tries,
        last_error=row.last_error,
        call_id=row.call_id,
    )
