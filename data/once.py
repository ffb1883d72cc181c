"""Changes that happen once, however often they are asked for.

Rules:
1. A change with an idempotency key notes the key in its own transaction. Asked again, the first answer is
   given and nothing is changed; of two that come together, one waits for the other.
2. What was refused is not noted: nothing happened, and the next time it may be possible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.database import Database
from data.models import DoneRequestRow
from data.models.base import Base
from data.records import Refused, Request


def insert_new(connection: Connection, table: type[Base]) -> Insert:
    """INSERT that leaves rows alone which are already there; its `rowcount` tells how many are new."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    # PostgreSQL's driver reads the count of an INSERT only if it is told to.
    statement: Insert = dialect.insert(table).on_conflict_do_nothing()
    return statement.execution_options(preserve_rowcount=True)


class Refusal(Exception):
    """Breaks a change off, so that nothing of it stays; never leaves `data`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def change(
    database: Database, what: str, request: Request, make: Callable[[Connection], Mapping[str, Any]]
) -> Mapping[str, Any] | Refused:
    """Makes a change in one transaction, and gives its answer (what JSON can hold)."""
    try:
        with database.writing() as connection:
            if request.key is None:
                return make(connection)
            return _once(connection, what, request.key, request.at, make)
    except Refusal as refusal:
        return Refused(refusal.reason)


def _once(
    connection: Connection,
    what: str,
    key: str,
    at: datetime,
    make: Callable[[Connection], Mapping[str, Any]],
) -> Mapping[str, Any]:
    mine = DoneRequestRow.idempotency_key == key
    first = connection.execute(
        insert_new(connection, DoneRequestRow).values(idempotency_key=key, what=what, result="", at=at)
    )
    if not first.rowcount:
        before = connection.execute(select(DoneRequestRow).where(mine)).one()
        if before.what != what:
            raise Refusal("other_request")
        answer: Mapping[str, Any] = json.loads(before.result)
        return answer
    answer = make(connection)
    connection.execute(update(DoneRequestRow).where(mine).values(result=json.dumps(answer)))
    return answer
