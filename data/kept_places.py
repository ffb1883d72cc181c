"""Whose place in a queue somebody takes up who has called again, and waits on the line.

Rules:
1. A place of somebody who had proved who they are is that person's: whoever has proved to be another one
   never takes it up, whatever number they call from.
2. Who has proved nothing is known by the number alone. If the number, or the place, may be of several
   people, it cannot be told which of them calls: they wait with that place, and whoever asked for the
   callback is called all the same. Called once too often does less harm than forgotten.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, false, or_, select, update

from data.models import CallbackRow
from data.people import people_at
from data.records import utc

Whose = Literal["theirs", "perhaps", "another's"]


def whose(place_of: UUID | None, caller: UUID | None, at_number: Collection[UUID]) -> Whose:
    """Whose a place is. `place_of`: who had asked for it, `caller`: who calls now, as far as either has been
    proved; `at_number`: all who are known at the number by which place and call belong together."""
    if caller is not None and place_of is not None:
        return "theirs" if place_of == caller else "another's"
    people = {*at_number, place_of, caller} - {None}
    return "theirs" if len(people) <= 1 else "perhaps"


def take_up(
    connection: Connection, caller: UUID | None, number: str, queue: str, *, at: datetime
) -> dict[UUID, Whose]:
    """The open places in that queue that are theirs, or perhaps theirs; those that are theirs end. `number`:
    they call from it (E.164), or empty."""
    of_number = or_(CallbackRow.who == number, CallbackRow.number == number, CallbackRow.caller == number)
    of_person = false() if caller is None else CallbackRow.customer_id == caller
    query = select(CallbackRow.id, CallbackRow.customer_id).where(
        or_(of_person, of_number if number else false()),
        CallbackRow.queue == queue,
        CallbackRow.state != "answered",
        CallbackRow.ended_at.is_(None),
    )
    rows = connection.execute(query).all()
    at_number = {one.id for one in people_at(connection, number)} if rows and number else set()
    judged = {row.id: whose(row.customer_id, caller, at_number) for row in rows}
    ended = {"state": "cancelled", "ended_at": utc(at), "last_result": "they called"}
    nobodys = {"claimed_by": None, "lease_until": None, "attempt_id": None}
    mine = [one for one, of in judged.items() if of == "theirs"]
    over = connection.execute(
        update(CallbackRow)
        .where(CallbackRow.id.in_(mine), CallbackRow.state != "answered", CallbackRow.ended_at.is_(None))
        .values(**ended, **nobodys)
        .returning(CallbackRow.id)
    )
    gone = set(over.scalars())
    return {one: of for one, of in judged.items() if one in gone or of == "perhaps"}
