"""What is to be carried elsewhere: put in once, carried by one owner at a time, given up in the open.

Rules:
1. An errand is claimed with a lease. While the lease lasts nobody else gets it; once it has lapsed, the
   next one takes it over, and what the first one reports afterwards changes nothing.
2. A try counts when it is claimed: an errand that kills its carrier comes to its end too.
3. What is done keeps its key, so that it is not put in again, and loses its body: it may hold personal data.
   So does what somebody has dropped.
4. Whose turn it is: `data.outbox_turns`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from data import outbox_turns as turns
from data.database import Database
from data.ids import new_id
from data.models import OutboxRow
from data.once import insert_new
from data.records import Claimed, Errand, LaidDown, OutboxState, utc
from data.text import clean

Standing = Literal["waiting", "done", "given_up"]
_LONGEST_ERROR = 300
_WAITING = turns.WAITING
Also = Callable[[Connection], None]
_DONE, _DROPPED = "{}", ""
"""Bodies of what holds nothing of anybody any more."""
_GIVEN_UP = (OutboxRow.given_up_at.is_not(None), OutboxRow.body != _DROPPED)


def _nothing_else(_connection: Connection) -> None:
    """Nothing is noted with it."""


class Outbox:
    """Errands. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, errand: Errand, *, spooled: bool = False) -> bool:
        """Puts an errand in. False: one with this key was there, and stays as it is.

        `spooled`: it was asked for earlier than what lies here already may have been.
        """
        with self._database.writing() as connection:
            return self.put_within(connection, errand, spooled=spooled)

    @staticmethod
    def put_within(connection: Connection, errand: Errand, *, spooled: bool = False) -> bool:
        """As `put`, in the transaction of the change that it belongs to: both happen, or neither."""
        at = errand.at if spooled else turns.after_the_others(connection, errand)
        put = connection.execute(
            insert_new(connection, OutboxRow).values(
                id=new_id(),
                kind=errand.kind,
                target=errand.target,
                body=json.dumps(dict(errand.body), separators=(",", ":")),
                idempotency_key=errand.idempotency_key,
                created_at=at,
                due_at=errand.due_at,
                tries=0,
                call_id=errand.call_id,
                customer_id=errand.customer_id,
            )
        )
        return bool(put.rowcount)

    def claim(
        self,
        owner: str,
        *,
        at: datetime,
        lease: timedelta,
        most: int = 1,
        kinds: Sequence[str] = (),
        target: str | None = None,
        in_order: bool = False,
    ) -> tuple[Claimed, ...]:
        """Errands that are due and nobody's, the longest due first; they are `owner`'s until `at + lease`.

        `kinds` limits them to what the owner can carry, `target` to those for one; empty: all. `in_order`:
        none goes before an earlier one to its target about the same person, or of the same call.
        """
        now = utc(at)
        where: list[ColumnElement[bool]] = [turns.free(now), OutboxRow.due_at <= now]
        if kinds:
            where.append(OutboxRow.kind.in_(kinds))
        if target is not None:
            where.append(OutboxRow.target == target)
        some = select(OutboxRow).where(*where).order_by(OutboxRow.due_at, OutboxRow.id)
        with self._database.writing() as connection:
            rows: list[Row[Any]] = []
            while len(rows) < most:
                # On PostgreSQL others claim at the same time: each passes over what another is just taking.
                # SQLite has one writer, and leaves these words out.
                query = some.limit(most - len(rows)).with_for_update(skip_locked=True)
                chosen = connection.execute(query).all()
                if not chosen:
                    break
                waits = turns.behind(connection, chosen) if in_order else {}
                turns.put_behind(connection, waits, now)
                taken = [one for one in chosen if one.id not in waits]
                turns.note_deaths(connection, taken)
                rows += self._take(connection, taken, owner, now + lease)
        return tuple(_claimed(row) for row in sorted(rows, key=lambda row: (row.due_at, row.id)))

    @staticmethod
    def _take(
        connection: Connection, errands: Sequence[Row[Any]], owner: str, until: datetime
    ) -> Sequence[Row[Any]]:
        return connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id.in_([one.id for one in errands]))
            .values(claimed_by=owner, lease_until=until, tries=OutboxRow.tries + 1)
            .returning(OutboxRow)
        ).all()

    def claim_own(
        self, key: str, owner: str, *, at: datetime, lease: timedelta, in_order: bool = False
    ) -> Claimed | None:
        """The errand with this key, due or not, if it waits and is nobody's: for whoever has put it in.

        `in_order`: as for `claim`.
        """
        now = utc(at)
        mine = select(OutboxRow).where(OutboxRow.idempotency_key == key, turns.free(now))
        with self._database.writing() as connection:
            chosen = connection.execute(mine.with_for_update(skip_locked=True)).all()
            if not chosen or (in_order and turns.behind(connection, chosen)):
                return None
            turns.note_deaths(connection, chosen)
            return _claimed(self._take(connection, chosen, owner, now + lease)[0])

    def targets(self, kind: str, *, at: datetime) -> tuple[str, ...]:
        """Targets for which an errand of that kind is due and nobody's."""
        now = utc(at)
        due = select(OutboxRow.target).where(turns.free(now), OutboxRow.due_at <= now, OutboxRow.kind == kind)
        with self._database.reading() as connection:
            return tuple(sorted(connection.scalars(due.distinct())))

    def set_right(self, *, at: datetime) -> int:
        """To be called now and then: what a wrong clock had put off is due; returns how many those were."""
        with self._database.writing() as connection:
            return turns.set_right(connection, utc(at))

    def done(self, errand_id: UUID, owner: str, *, at: datetime, also: Also = _nothing_else) -> bool:
        """It has arrived. False: the lease had lapsed, and somebody else has or had it. `also`: what
        is noted with it, in one transaction."""
        return self._close(errand_id, owner, also, done_at=utc(at), body=_DONE, last_error="")

    def try_again(self, errand_id: UUID, owner: str, *, due_at: datetime, error: str) -> bool:
        """It did not arrive, and is to be tried again. False: it is not ours any more."""
        told = clean(error, _LONGEST_ERROR)
        return self._close(errand_id, owner, _nothing_else, due_at=utc(due_at), last_error=told)

    def give_up(
        self, errand_id: UUID, owner: str, *, at: datetime, error: str, also: Also = _nothing_else
    ) -> bool:
        """It will not arrive; it stays for a person to see. False: it is not ours any more. `also`: as for
        `done`."""
        told = clean(error, _LONGEST_ERROR)
        return self._close(errand_id, owner, also, given_up_at=utc(at), last_error=told)

    def begin(self, errand_id: UUID, owner: str) -> bool:
        """A try begins that must not be made twice: if its server dies, `last_error` is `turns.BEGUN` for
        whoever takes it over. False: it is not ours any more."""
        return self._set(errand_id, owner, last_error=turns.BEGUN)

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
            given_up = select(func.count()).where(*_GIVEN_UP, of_kind)
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

    def given_up(self, most: int = 100) -> tuple[LaidDown, ...]:
        """What was given up, the last first."""
        return self._laid_down(most, OutboxRow.given_up_at.desc(), *_GIVEN_UP)

    def waiting(self, most: int = 100) -> tuple[LaidDown, ...]:
        """What waits, the oldest first."""
        return self._laid_down(most, OutboxRow.created_at, _WAITING)

    def _laid_down(self, most: int, order: Any, *where: ColumnElement[bool]) -> tuple[LaidDown, ...]:
        query = select(OutboxRow).where(*where).order_by(order, OutboxRow.id.desc()).limit(most)
        with self._database.reading() as connection:
            return tuple(_laid_down(row) for row in connection.execute(query))

    def revive(self, errand_id: UUID, *, at: datetime) -> bool:
        """Somebody wants it tried once more. False: it was not given up."""
        with self._database.writing() as connection:
            changed = connection.execute(
                update(OutboxRow)
                .where(OutboxRow.id == errand_id, *_GIVEN_UP)
                .values(given_up_at=None, due_at=utc(at), tries=0, last_error="")
            )
            return bool(changed.rowcount)

    def drop(self, errand_id: UUID, *, at: datetime, why: str) -> str | None:
        """Somebody has decided that it is not done: it loses its body, and nobody carries it any more.

        Returns its idempotency key; `None`: there is none that waits or was given up, or somebody is
        carrying it just now.
        """
        now = utc(at)
        left = or_(turns.free(now), *_GIVEN_UP[:1])
        with self._database.writing() as connection:
            key: str | None = connection.scalar(
                update(OutboxRow)
                .where(OutboxRow.id == errand_id, OutboxRow.body != _DROPPED, left)
                .values(given_up_at=now, body=_DROPPED, claimed_by=None, lease_until=None)
                .values(last_error=clean(f"dropped: {why}", _LONGEST_ERROR))
                .returning(OutboxRow.idempotency_key)
            )
            return key

    def _close(self, errand_id: UUID, owner: str, also: Also, **values: object) -> bool:
        return self._set(errand_id, owner, also, claimed_by=None, lease_until=None, **values)

    def _set(self, errand_id: UUID, owner: str, also: Also = _nothing_else, **values: object) -> bool:
        # The owner's name alone decides: after the lease it is still theirs, unless somebody took it over.
        mine = (OutboxRow.id == errand_id, OutboxRow.claimed_by == owner, _WAITING)
        with self._database.writing() as connection:
            ours = bool(connection.execute(update(OutboxRow).where(*mine).values(**values)).rowcount)
            if ours:
                also(connection)
            return ours


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


def _laid_down(row: Row[Any]) -> LaidDown:
    return LaidDown(
        id=row.id,
        kind=row.kind,
        target=row.target,
        created_at=row.created_at,
        due_at=row.due_at,
        given_up_at=row.given_up_at,
        tries=row.tries,
        last_error=row.last_error,
        call_id=row.call_id,
    )
