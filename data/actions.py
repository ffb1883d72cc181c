"""What campaigns do by outcome and by promise: put in once, claimed by one server, done or dropped once.

Rules:
1. An action is put in with what it follows from, in one transaction, under a key of that: none is lost, and
   none is there twice.
2. A claim is a lease. Whoever does an action notes so in the transaction that does it (`done_within`): of two
   servers one is told that it is not theirs, and nothing of theirs stays.
3. Who waits for a lawful hour is put off until then; what it waits for stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, or_, select, update

from data.bulk import among
from data.database import Database
from data.models import ActionRow, MessageRow
from data.once import Refusal, insert_new
from data.records import utc
from data.records.actions import Action, NewAction
from data.text import clean

_LONGEST_WHY, _LONGEST_RESULT = 200, 20
_WAITING = ActionRow.state == "waiting"


class Actions:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- putting in -------------------------------------------------------------------------------

    @staticmethod
    def put_within(connection: Connection, actions: Iterable[NewAction]) -> int:
        """Puts actions in, in the transaction of what they follow from; how many are new."""
        new = 0
        for one in actions:
            values = {
                **{name: getattr(one, name) for name in _GIVEN},
                "declared": json.dumps(dict(one.declared), ensure_ascii=False),
                "created_at": one.at,
                "state": "waiting",
                "tries": 0,
            }
            new += connection.execute(insert_new(connection, ActionRow).values(**values)).rowcount
        return new

    def put(self, actions: Iterable[NewAction]) -> int:
        """As `put_within`, in a transaction of its own."""
        with self._database.writing() as connection:
            return self.put_within(connection, actions)

    # --- claims -----------------------------------------------------------------------------------

    def claim(self, owner: str, *, at: datetime, lease: timedelta, most: int) -> tuple[Action, ...]:
        """Actions that are due and nobody's: they are `owner`'s until `at + lease`."""
        now = utc(at)
        free = or_(ActionRow.lease_until.is_(None), ActionRow.lease_until <= now)
        due = select(ActionRow.id).where(_WAITING, ActionRow.due_at <= now, free)
        # On PostgreSQL others claim at the same time: each passes over what another is just taking.
        some = due.order_by(ActionRow.due_at, ActionRow.id).limit(most).with_for_update(skip_locked=True)
        with self._database.writing() as connection:
            found = connection.scalars(some).all()
            if not found:
                return ()
            taken = (
                update(ActionRow)
                .where(ActionRow.id.in_(found))
                .values(claimed_by=owner, lease_until=now + lease, tries=ActionRow.tries + 1)
                .returning(ActionRow)
            )
            rows = connection.execute(taken).all()
        return tuple(_action(row) for row in sorted(rows, key=lambda row: (row.due_at, row.id)))

    def put_off(self, action_id: UUID, owner: str, *, due_at: datetime, result: str, why: str) -> bool:
        """Not now, but from then on. False: it is not ours any more."""
        values = {"due_at": utc(due_at), **_told(result, why), **_FREE, "tries": 0}
        return self._of_ours(action_id, owner, values)

    def drop(self, action_id: UUID, owner: str, *, at: datetime, result: str, why: str) -> bool:
        """It is not done, for that reason. False: it is not ours any more."""
        values = {"state": "dropped", "ended_at": utc(at), **_told(result, why), **_FREE}
        return self._of_ours(action_id, owner, values)

    def do(
        self,
        action_id: UUID,
        owner: str,
        *,
        at: datetime,
        deed: Callable[[Connection], object],
        why: str = "",
    ) -> bool:
        """Does it and notes so, in one transaction. False: it is not ours any more, and nothing is done."""
        try:
            with self._database.writing() as connection:
                self.done_within(connection, action_id, owner, at=at, why=why)
                deed(connection)
        except Refusal as refusal:
            if refusal.reason != _LOST:
                raise
            return False
        return True

    @staticmethod
    def done_within(
        connection: Connection, action_id: UUID, owner: str, *, at: datetime, why: str = ""
    ) -> None:
        """Notes in the transaction of the deed that it is done. Raises `Refusal`: it is not ours any more."""
        values = {"state": "done", "ended_at": utc(at), **_told("done", why), **_FREE}
        if not connection.execute(
            update(ActionRow).where(*_ours(action_id, owner)).values(**values)
        ).rowcount:
            raise Refusal(_LOST)

    def _of_ours(self, action_id: UUID, owner: str, values: dict[str, Any]) -> bool:
        changed = update(ActionRow).where(*_ours(action_id, owner)).values(**values)
        with self._database.writing() as connection:
            return bool(connection.execute(changed).rowcount)

    # --- looking ----------------------------------------------------------------------------------

    def get(self, action_id: UUID) -> Action | None:
        with self._database.reading() as connection:
            row = connection.execute(select(ActionRow).where(ActionRow.id == action_id)).one_or_none()
        return None if row is None else _action(row)

    def of_campaign(
        self, campaign_id: UUID, *, states: Sequence[str] = (), most: int = 200
    ) -> tuple[Action, ...]:
        """The newest first; `states`: only those."""
        wanted = [ActionRow.campaign_id == campaign_id]
        if states:
            wanted.append(ActionRow.state.in_(states))
        query = select(ActionRow).where(*wanted).order_by(ActionRow.created_at.desc(), ActionRow.id.desc())
        with self._database.reading() as connection:
            return tuple(_action(row) for row in connection.execute(query.limit(most)))

    def messages_of(self, actions: Iterable[Action]) -> dict[UUID, str]:
        """What has become of the messages of these actions (`data.messages.State`), by the action's id."""
        ids = {str(one.id): one.id for one in actions if one.state == "done"}
        with self._database.reading() as connection:
            query = select(MessageRow.idempotency_key, MessageRow.state).where(
                among(connection, MessageRow.idempotency_key, list(ids))
            )
            return {ids[str(key)]: state for key, state in connection.execute(query)}

    def of_promises(self, promises: Sequence[UUID]) -> dict[UUID, tuple[Action, ...]]:
        """What follows from these promises, the first first; of those of which something does."""
        found: dict[UUID, tuple[Action, ...]] = {}
        with self._database.reading() as connection:
            query = select(ActionRow).where(among(connection, ActionRow.promise_id, promises))
            for row in connection.execute(query.order_by(ActionRow.created_at, ActionRow.id)):
                found[row.promise_id] = (*found.get(row.promise_id, ()), _action(row))
        return found


_LOST = "lost"
_FREE: dict[str, Any] = {"claimed_by": None, "lease_until": None}
_GIVEN = (
    "id",
    "key",
    "campaign_id",
    "customer_id",
    "account_id",
    "attempt_id",
    "promise_id",
    "call_id",
    "occasion",
    "outcome",
    "kind",
    "due_at",
    "until_at",
)


def _ours(action_id: UUID, owner: str) -> tuple[Any, ...]:
    return ActionRow.id == action_id, ActionRow.claimed_by == owner, _WAITING


def _told(result: str, why: str) -> dict[str, Any]:
    return {"result": clean(result, _LONGEST_RESULT), "why": clean(why, _LONGEST_WHY)}


def _action(row: Row[Any]) -> Action:
    values = {name: getattr(row, name) for name in Action.__dataclass_fields__}
    return Action(**{**values, "declared": json.loads(row.declared)})
