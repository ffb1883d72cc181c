"""Work that coordinators give to agents: each piece has one holder, and is open once.

Rules:
1. What is to be done stands there once while it is open, whoever finds it.
2. Whoever gives or takes a piece is told whether it is theirs: each change names the holder that it expects.
3. A share is fair by what people hold already: the next piece goes to whoever has the fewest.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from data.database import Database
from data.ids import new_id
from data.models import WorkItemRow
from data.once import insert_new
from data.records import Finished, NewWork, WorkItem, utc

_OPEN = WorkItemRow.done_at.is_(None)
_FIRST = (WorkItemRow.due_at.is_(None), WorkItemRow.due_at, WorkItemRow.id)
"""What is due first; what has no date comes last, the oldest first."""


class WorkItems:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, work: NewWork) -> tuple[WorkItem, bool]:
        """The piece of work, and whether it is new; one that is open stays as it is."""
        with self._database.writing() as connection:
            return self.add_within(connection, work)

    @staticmethod
    def add_within(connection: Connection, work: NewWork) -> tuple[WorkItem, bool]:
        """As `add`, in the transaction of what it comes of."""
        same = (WorkItemRow.kind == work.kind, WorkItemRow.about == work.about, _OPEN)
        while True:
            put = connection.execute(
                insert_new(connection, WorkItemRow).values(
                    id=new_id(),
                    kind=work.kind,
                    about=work.about,
                    title=work.title,
                    call_id=work.call_id,
                    customer_id=work.customer_id,
                    created_at=work.at,
                    created_by=work.by,
                    due_at=work.due_at,
                    scores="{}",
                )
            )
            found = connection.execute(select(WorkItemRow).where(*same)).one_or_none()
            if found is not None:  # else it was done just now, elsewhere: it can be put in again
                return item_of(found), bool(put.rowcount)

    def get(self, item: UUID) -> WorkItem | None:
        with self._database.reading() as connection:
            found = connection.execute(select(WorkItemRow).where(WorkItemRow.id == item)).one_or_none()
        return None if found is None else item_of(found)

    def open(self, *, holder: str | None = None, kind: str = "") -> tuple[WorkItem, ...]:
        """What is to be done, what is due first comes first. `holder`: theirs; empty: nobody's."""
        wanted: list[ColumnElement[bool]] = [_OPEN]
        if holder is not None:
            wanted.append(WorkItemRow.holder == holder if holder else WorkItemRow.holder.is_(None))
        if kind:
            wanted.append(WorkItemRow.kind == kind)
        with self._database.reading() as connection:
            rows = connection.execute(select(WorkItemRow).where(*wanted).order_by(*_FIRST))
            return tuple(map(item_of, rows))

    def done_between(self, since: datetime, until: datetime) -> tuple[WorkItem, ...]:
        """What was done in that time, the first first."""
        when = (WorkItemRow.done_at >= utc(since), WorkItemRow.done_at < utc(until))
        with self._database.reading() as connection:
            rows = connection.execute(select(WorkItemRow).where(*when).order_by(WorkItemRow.done_at))
            return tuple(map(item_of, rows))

    def assign(self, item: UUID, holder: str, *, by: str, at: datetime, from_holder: str = "") -> bool:
        """Gives it to somebody; `from_holder`: who has it now, empty for nobody. False: it is
        somebody else's, or done."""
        theirs = WorkItemRow.holder == from_holder if from_holder else WorkItemRow.holder.is_(None)
        with self._database.writing() as connection:
            return _give(connection, [WorkItemRow.id == item, theirs], holder, by=by, at=at)

    def share(
        self, agents: Sequence[str], *, by: str, at: datetime, kind: str = "", most: int = 1000
    ) -> dict[str, int]:
        """Gives what nobody holds to these agents, and says how many each got.

        In one transaction, so that two who share at once give nothing twice.
        """
        given = dict.fromkeys(agents, 0)
        nobodys: list[ColumnElement[bool]] = [_OPEN, WorkItemRow.holder.is_(None)]
        if kind:
            nobodys.append(WorkItemRow.kind == kind)
        with self._database.writing() as connection:
            held = {
                str(row[0]): int(row[1])
                for row in connection.execute(
                    select(WorkItemRow.holder, func.count())
                    .where(_OPEN, WorkItemRow.holder.in_(given))
                    .group_by(WorkItemRow.holder)
                )
            }
            turn = [(held.get(agent, 0), n, agent) for n, agent in enumerate(given)]
            heapq.heapify(turn)
            items = connection.scalars(
                select(WorkItemRow.id).where(*nobodys).order_by(*_FIRST).limit(most).with_for_update()
            ).all()
            for item in items if turn else ():
                has, n, agent = turn[0]
                mine = [WorkItemRow.id == item, WorkItemRow.holder.is_(None)]
                if _give(connection, mine, agent, by=by, at=at):
                    given[agent] += 1
                    heapq.heapreplace(turn, (has + 1, n, agent))
        return given

    def take(self, agent: str, *, at: datetime, kind: str = "") -> WorkItem | None:
        """What is due first of what nobody holds is theirs; `None`: there is nothing."""
        for one in self.open(holder="", kind=kind):
            if self.assign(one.id, agent, by=agent, at=at):
                return self.get(one.id)
        return None

    def put_back(self, item: UUID, holder: str) -> bool:
        """Its holder gives it back. False: it is not theirs, or it is done."""
        mine = (WorkItemRow.id == item, WorkItemRow.holder == holder, _OPEN)
        with self._database.writing() as connection:
            values = {"holder": None, "assigned_at": None, "assigned_by": None}
            return bool(connection.execute(update(WorkItemRow).where(*mine).values(**values)).rowcount)

    def done(self, item: UUID, end: Finished) -> bool:
        """Its holder has done it. False: it is not theirs, or it was done before."""
        mine = (WorkItemRow.id == item, WorkItemRow.holder == end.by, _OPEN)
        values = {
            "done_at": end.at,
            "done_by": end.by,
            "result": end.result,
            "note": end.note,
            "scores": json.dumps(dict(end.scores)),
        }
        with self._database.writing() as connection:
            return bool(connection.execute(update(WorkItemRow).where(*mine).values(**values)).rowcount)


def _give(
    connection: Connection, which: list[ColumnElement[bool]], holder: str, *, by: str, at: datetime
) -> bool:
    values = {"holder": holder, "assigned_at": utc(at), "assigned_by": by}
    changed = connection.execute(update(WorkItemRow).where(_OPEN, *which).values(**values))
    return bool(changed.rowcount)


def item_of(row: Row[Any]) -> WorkItem:
    """The piece of work of a row."""
    kept = {column: getattr(row, column) for column in WorkItem.__dataclass_fields__ if column != "scores"}
    return WorkItem(**kept, scores=json.loads(row.scores))
