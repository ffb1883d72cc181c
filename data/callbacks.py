"""Places in a queue that people keep without holding the line, and the tries to call them.

Rules:
1. One callback that is open per person and queue: asked again, it is the same one, at the same place.
2. A try goes `waiting → claimed → dialled → answered → reached`. Each step is one statement that names the
   try and its owner, so of two servers, or a server and its own past, one goes on and the other is told no.
3. `dialled` is written before the order to dial leaves. What was only claimed may be dialled by somebody
   else; what was dialled may not, until the switch has been asked for its leg.
4. A place ends as `reached`, `cancelled` or `given_up`, and never by a lapse of time or a crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, case, func, select, update

from data.database import Database
from data.ids import new_id
from data.kept_places import take_up
from data.models import CallbackRow
from data.on_the_telephone import holds_the_line
from data.once import change, insert_new
from data.records import Booking, Callback, CallbackState, Request, utc
from data.text import clean

UNDER_WAY: tuple[CallbackState, ...] = ("claimed", "dialled", "answered")
_LONGEST_RESULT = 60
_OPEN = CallbackRow.ended_at.is_(None)


class Callbacks:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def book(self, booking: Booking) -> tuple[Callback, bool]:
        """The callback, and whether it is new. Asked again, number and time are the newer ones, and the
        place is the older."""
        with self._database.writing() as connection:
            while True:
                put = connection.execute(
                    insert_new(connection, CallbackRow).values(**_values(booking), id=new_id())
                )
                if put.rowcount:
                    return self._open_of(connection, booking.queue, booking.who), True
                if self._renew(connection, booking):
                    return self._open_of(connection, booking.queue, booking.who), False
                # It has just ended elsewhere: it can be put in now.

    def book_once(self, booking: Booking, key: str) -> bool:
        """As `book`, once for each key, also when that callback is over by now; whether it was this time."""
        request = Request(at=booking.at, by="system", key=key, call_id=booking.call_id)
        new = False

        def make(connection: Connection) -> dict[str, str]:
            nonlocal new
            new = True
            while not connection.execute(
                insert_new(connection, CallbackRow).values(**_values(booking), id=new_id())
            ).rowcount and not self._renew(connection, booking):
                pass  # it has just ended elsewhere: it can be put in now
            return {}

        change(self._database, "callback", request, make)
        return new

    def _renew(self, connection: Connection, booking: Booking) -> bool:
        mine = (CallbackRow.queue == booking.queue, CallbackRow.who == booking.who, _OPEN)
        free = CallbackRow.state.in_(("waiting", "unclear"))
        changed = connection.execute(
            update(CallbackRow)
            .where(*mine)
            .values(
                number=case((free, booking.number), else_=CallbackRow.number),
                due_at=case((free, booking.due_at), else_=CallbackRow.due_at),
                from_at=case((free, booking.from_at), else_=CallbackRow.from_at),
                until_at=case((free, booking.until_at), else_=CallbackRow.until_at),
                overdue_at=case((free, None), else_=CallbackRow.overdue_at),
                # Who asks again has told us that they were not reached.
                state=case((free, "waiting"), else_=CallbackRow.state),
                base_score=case(
                    (CallbackRow.base_score < booking.base_score, booking.base_score),
                    else_=CallbackRow.base_score,
                ),
                language=booking.language,
                # Whose line is busy until they hang up: the call in which they ask now.
                call_id=CallbackRow.call_id if booking.call_id is None else booking.call_id,
                story=json.dumps(dict(booking.story), separators=(",", ":")),
            )
        )
        return bool(changed.rowcount)

    def _open_of(self, connection: Connection, queue: str, who: str) -> Callback:
        query = select(CallbackRow).where(CallbackRow.queue == queue, CallbackRow.who == who, _OPEN)
        return callback_of(connection.execute(query).one())

    # --- looking ---

    def get(self, callback_id: UUID) -> Callback | None:
        """One of them, open or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(CallbackRow).where(CallbackRow.id == callback_id)).one_or_none()
        return None if row is None else callback_of(row)

    def due(self, at: datetime, most: int = 500) -> tuple[Callback, ...]:
        """Those who wait and may be called now: the highest place of each queue first."""
        place = CallbackRow.joined_at  # the score of two differs as their places do, but for the base score
        query = select(CallbackRow).where(
            _OPEN, CallbackRow.state == "waiting", CallbackRow.due_at <= utc(at)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(place, CallbackRow.id).limit(most)).all()
        return tuple(sorted(map(callback_of, rows), key=lambda one: -one.score(at)))

    def on_the_line(self, one: Callback, *, at: datetime) -> bool:
        """Whether they are in a call to us now, such as that in which they asked for it."""
        with self._database.reading() as connection:
            return holds_the_line(connection, one.number, one.call_id, at=at)

    def waiting(self, queue: str = "") -> tuple[Callback, ...]:
        """All that are open, also those that are not due yet or under way; the earliest to come first."""
        query = select(CallbackRow).where(_OPEN)
        if queue:
            query = query.where(CallbackRow.queue == queue)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(CallbackRow.joined_at, CallbackRow.id)).all()
        return tuple(map(callback_of, rows))

    def ended(self, most: int = 100) -> tuple[Callback, ...]:
        """Those that are over, the last first."""
        query = select(CallbackRow).where(CallbackRow.ended_at.is_not(None))
        query = query.order_by(CallbackRow.ended_at.desc(), CallbackRow.id).limit(most)
        with self._database.reading() as connection:
            return tuple(map(callback_of, connection.execute(query)))

    def of_number(self, number: str, *, before: datetime) -> Callback | None:
        """The last one that was booked for that number before a moment, open or not."""
        mine = (CallbackRow.number == number, CallbackRow.booked_at <= utc(before))
        query = select(CallbackRow).where(*mine).order_by(CallbackRow.booked_at.desc(), CallbackRow.id.desc())
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return None if row is None else callback_of(row)

    def asked_for(self, number: str, *, since: datetime) -> int:
        """How many callbacks at that number were asked for from then on."""
        query = select(func.count()).where(CallbackRow.number == number, CallbackRow.booked_at >= utc(since))
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def open_of(self, who: str, queue: str) -> Callback | None:
        """The one that they have in that queue."""
        query = select(CallbackRow).where(CallbackRow.queue == queue, CallbackRow.who == who, _OPEN)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else callback_of(row)

    def windows(
        self, queue: str, *, since: datetime, but_not: str = ""
    ) -> tuple[tuple[datetime, datetime], ...]:
        """The times that callers of a queue have chosen and that are not over by then; `but_not`: whose does
        not count."""
        row = CallbackRow
        query = select(row.from_at, row.until_at).where(
            _OPEN, row.queue == queue, row.until_at > utc(since), row.who != but_not
        )
        with self._database.reading() as connection:
            found = connection.execute(query.order_by(row.from_at)).all()
        return tuple((begin, end) for begin, end in found if begin is not None and end is not None)

    def overdue(self, at: datetime) -> tuple[Callback, ...]:
        """Those whose window has passed without a call, and nobody has been told."""
        query = select(CallbackRow).where(
            _OPEN,
            CallbackRow.until_at <= utc(at),
            CallbackRow.overdue_at.is_(None),
            CallbackRow.state.in_(("waiting", "claimed")),
            CallbackRow.tries == 0,
        )
        with self._database.reading() as connection:
            return tuple(map(callback_of, connection.execute(query.order_by(CallbackRow.id))))

    def told_overdue(self, callback_id: UUID, *, at: datetime) -> bool:
        """It is told now. False: somebody else has."""
        mine = (CallbackRow.id == callback_id, CallbackRow.overdue_at.is_(None), _OPEN)
        with self._database.writing() as connection:
            changed = connection.execute(update(CallbackRow).where(*mine).values(overdue_at=utc(at)))
            return bool(changed.rowcount)

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        query = select(CallbackRow.state, func.count()).group_by(CallbackRow.state)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def put_off(self, callback_id: UUID, *, due_at: datetime) -> bool:
        """Not before that moment; the place stays. False: a try is under way, or it is over."""
        mine = (CallbackRow.id == callback_id, CallbackRow.state == "waiting", _OPEN)
        with self._database.writing() as connection:
            changed = connection.execute(update(CallbackRow).where(*mine).values(due_at=utc(due_at)))
            return bool(changed.rowcount)

    # --- a try ---

    def claim(self, callback_id: UUID, owner: str, *, at: datetime, lease: timedelta) -> Callback | None:
        """A new try, `owner`'s until `at + lease`; `None`: somebody else has it, or it is over."""
        now = utc(at)
        mine = (
            CallbackRow.id == callback_id,
            CallbackRow.state == "waiting",
            CallbackRow.due_at <= now,
            _OPEN,
        )
        with self._database.writing() as connection:
            row = connection.execute(
                update(CallbackRow)
                .where(*mine)
                .values(state="claimed", claimed_by=owner, lease_until=now + lease, attempt_id=new_id())
                .returning(CallbackRow)
            ).one_or_none()
        return None if row is None else callback_of(row)

    def dialled(self, attempt_id: UUID, owner: str) -> bool:
        """From here on the customer may be called. False: it is not ours any more: do not dial."""
        values = {"state": "dialled", "tries": CallbackRow.tries + 1}
        return self._step(attempt_id, owner, ("claimed",), **values)

    def answered(self, attempt_id: UUID, owner: str) -> bool:
        """The customer is on the line. False: they have cancelled meanwhile, or it is not ours any more."""
        return self._step(attempt_id, owner, ("dialled",), state="answered")

    def reached(self, attempt_id: UUID, owner: str, *, at: datetime) -> bool:
        """An agent has them: it is over."""
        values = {"state": "reached", "ended_at": utc(at), "last_result": "reached"}
        return self._step(attempt_id, owner, ("dialled", "answered"), **values, **_FREE)

    def missed(
        self, attempt_id: UUID, owner: str, *, at: datetime, result: str, again_at: datetime | None
    ) -> bool:
        """The try has failed; the next is at `again_at`, the place stays. `None`: it is given up."""
        text = clean(result, _LONGEST_RESULT)
        values: dict[str, object] = {"state": "given_up", "ended_at": utc(at)}
        if again_at is not None:
            values = {"state": "waiting", "due_at": utc(again_at)}
        return self._step(attempt_id, owner, ("dialled", "answered"), last_result=text, **values, **_FREE)

    def put_back(self, attempt_id: UUID, owner: str) -> bool:
        """Nothing has left: whoever comes next may try."""
        return self._step(attempt_id, owner, ("claimed",), state="waiting", **_FREE)

    def never_left(self, attempt_id: UUID, owner: str) -> bool:
        """The switch has never had its leg: as `put_back`, and the try does not count."""
        values = {"state": "waiting", "tries": CallbackRow.tries - 1}
        return self._step(attempt_id, owner, ("dialled",), **values, **_FREE)

    def unclear(self, attempt_id: UUID, owner: str, why: str) -> bool:
        """It was dialled, and nobody knows how that ended: a person looks at it (`revive`, `cancel`)."""
        text = clean(why, _LONGEST_RESULT)
        return self._step(
            attempt_id, owner, ("dialled", "answered"), state="unclear", last_result=text, **_FREE
        )

    def under_way(self, queue: str, states: Iterable[CallbackState] = UNDER_WAY) -> int:
        """How many tries of a queue are in one of these states, on whichever server."""
        query = select(func.count()).where(
            CallbackRow.queue == queue, CallbackRow.state.in_(tuple(states)), _OPEN
        )
        with self._database.reading() as connection:
            return connection.scalar(query) or 0

    def extend(self, attempt_id: UUID, owner: str, *, until: datetime) -> bool:
        """More time. False: it is not ours any more."""
        return self._step(attempt_id, owner, UNDER_WAY, lease_until=utc(until))

    def _step(self, attempt: UUID, owner: str, before: Iterable[CallbackState], /, **values: object) -> bool:
        mine = (
            CallbackRow.attempt_id == attempt,
            CallbackRow.claimed_by == owner,
            CallbackRow.state.in_(tuple(before)),
            _OPEN,
        )
        with self._database.writing() as connection:
            return bool(connection.execute(update(CallbackRow).where(*mine).values(**values)).rowcount)

    # --- after a crash ---

    def lapsed(self, at: datetime) -> tuple[Callback, ...]:
        """Tries whose owner has not been heard of in time."""
        query = select(CallbackRow).where(
            _OPEN, CallbackRow.state.in_(UNDER_WAY), CallbackRow.lease_until <= utc(at)
        )
        with self._database.reading() as connection:
            return tuple(map(callback_of, connection.execute(query.order_by(CallbackRow.id))))

    def take_over(self, attempt_id: UUID, owner: str, *, at: datetime, lease: timedelta) -> Callback | None:
        """The try of somebody who is gone; `None`: somebody else was faster, or its owner lives."""
        now = utc(at)
        lost = (CallbackRow.attempt_id == attempt_id, CallbackRow.lease_until <= now, _OPEN)
        with self._database.writing() as connection:
            row = connection.execute(
                update(CallbackRow)
                .where(*lost, CallbackRow.state.in_(UNDER_WAY))
                .values(claimed_by=owner, lease_until=now + lease)
                .returning(CallbackRow)
            ).one_or_none()
        return None if row is None else callback_of(row)

    # --- from outside ---

    def cancel(self, who: Iterable[str], *, at: datetime, why: str, queue: str = "") -> int:
        """Whoever is meant wants no call any more (they have called, or said so): how many were cancelled.

        A try that rings meanwhile is told when the customer answers (`answered` is false)."""
        theirs: list[ColumnElement[bool]] = [
            CallbackRow.who.in_(tuple(who)),
            CallbackRow.state != "answered",
            _OPEN,
        ]
        if queue:
            theirs.append(CallbackRow.queue == queue)
        return self._end(theirs, at=at, why=why)

    def take_up(self, caller: UUID | None, number: str, queue: str, *, at: datetime) -> float | None:
        """They have called, and wait in that queue themselves: their place there is theirs on the line, and
        its callback is cancelled (`data.kept_places`). How old it is, in seconds; `None`: they had none.
        `caller`: who they have proved to be; `number`: that from which they call (E.164), or empty."""
        with self._database.writing() as connection:
            places = take_up(connection, caller, number, queue, at=at)
            rows = connection.execute(select(CallbackRow).where(CallbackRow.id.in_(places))).all()
        return max((callback_of(row).kept(utc(at)) for row in rows), default=None)

    def cancel_one(self, callback_id: UUID, *, at: datetime, why: str) -> bool:
        """A person has decided. False: it is over already, or they talk."""
        return bool(
            self._end([CallbackRow.id == callback_id, CallbackRow.state != "answered", _OPEN], at=at, why=why)
        )

    def _end(self, which: list[ColumnElement[bool]], *, at: datetime, why: str) -> int:
        values = {"state": "cancelled", "ended_at": utc(at), "last_result": clean(why, _LONGEST_RESULT)}
        with self._database.writing() as connection:
            return connection.execute(update(CallbackRow).where(*which).values(**values, **_FREE)).rowcount

    def revive(self, callback_id: UUID, *, at: datetime) -> bool:
        """A person wants it tried: from `unclear`, at the old place. False: it is not unclear."""
        mine = (CallbackRow.id == callback_id, CallbackRow.state == "unclear", _OPEN)
        values = {"state": "waiting", "due_at": utc(at)}
        with self._database.writing() as connection:
            return bool(connection.execute(update(CallbackRow).where(*mine).values(**values)).rowcount)


_FREE: dict[str, object] = {"claimed_by": None, "lease_until": None, "attempt_id": None}


def _values(booking: Booking) -> dict[str, object]:
    return {
        "queue": booking.queue,
        "who": booking.who,
        "number": booking.number,
        "caller": booking.caller,
        "language": booking.language,
        "segment": booking.segment,
        "base_score": booking.base_score,
        "joined_at": booking.joined_at,
        "booked_at": booking.at,
        "due_at": booking.due_at,
        "from_at": booking.from_at,
        "until_at": booking.until_at,
        "tries": 0,
        "state": "waiting",
        "story": json.dumps(dict(booking.story), separators=(",", ":")),
        "call_id": booking.call_id,
        "customer_id": booking.customer_id,
    }


def callback_of(row: Row[Any]) -> Callback:
    kept = {column: getattr(row, column) for column in Callback.__dataclass_fields__ if column != "story"}
    return Callback(**kept, story=json.loads(row.story))
