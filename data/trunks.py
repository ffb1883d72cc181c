"""The pace of trunks, one for all servers: calls per second, and a rest where a trunk refuses.

Rules:
1. Moments are given out one after the other, a fixed distance apart: in no second there are more calls than
   the trunk takes, however many servers ask.
2. A trunk that refuses `MOST_FAILURES` times in a row rests. Then one call at a time finds out whether it is
   back, after longer and longer pauses; nobody else's turn is spent on it.
3. A trunk that knows no number any more (a prefix is wrong, the provider's routes are gone) says of each that
   there is none. That is not the numbers: see `ivr.campaigns.dialling.room`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, func, or_, select, update

from data.database import Database
from data.models import ContactRow, DialAttemptRow, DialEntryRow, PhoneNumberRow, TrunkRow
from data.once import insert_new
from data.records import utc

MOST_FAILURES = 5
CLOCKS = timedelta(seconds=60)
"""How far clocks of servers may be apart. A moment that is farther ahead than anything could have put it was
noted before a clock was set back, and holds nobody up."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds that a trunk rests: twice as long each time that it refuses again."""
_LATELY, _LOOKED_AT = timedelta(hours=1), 200
_TELLS_BY = timedelta(seconds=10)
"""A trunk that knows no number says so sooner; a call that lasts longer is one that it has put through."""
_TELL_NOTHING = ("congestion", "trunk", "cancelled", "unclear")
_LONGEST_REST = timedelta(seconds=LONGEST_PAUSE) + CLOCKS


class Trunks:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def slot(self, name: str, *, at: datetime, per_second: float, within: timedelta) -> datetime | None:
        """When the next call may leave; `None`: not within that time."""
        now, apart = utc(at), timedelta(seconds=1 / per_second)
        with self._database.writing() as connection:
            while True:
                mine = select(TrunkRow).where(TrunkRow.name == name).with_for_update()
                row = connection.execute(mine).one_or_none()
                if row is not None:
                    break
                new = insert_new(connection, TrunkRow)
                connection.execute(new.values(name=name, next_at=now))
            if row.rests_until is not None and now < row.rests_until <= now + _LONGEST_REST:
                return None
            ahead = row.next_at <= now + within + apart + CLOCKS
            moment: datetime = max(row.next_at, now) if ahead else now
            if moment - now > within:
                return None
            values: dict[str, object] = {"next_at": moment + apart}
            if row.failures >= MOST_FAILURES:  # one finds out; the others wait for what it finds
                pause = min(row.pause * 2, LONGEST_PAUSE)
                values |= {"pause": pause, "rests_until": now + timedelta(seconds=pause)}
            connection.execute(update(TrunkRow).where(TrunkRow.name == name).values(**values))
            return moment

    def refused(self, name: str, *, at: datetime) -> bool:
        """The trunk itself did not take a call; whether it rests from now on."""
        with self._database.writing() as connection:
            failures = connection.scalar(
                update(TrunkRow)
                .where(TrunkRow.name == name)
                .values(failures=TrunkRow.failures + 1)
                .returning(TrunkRow.failures)
            )
            # What was under way when it began to rest tells nothing new.
            if failures != MOST_FAILURES:
                return False
            rests = {"pause": FIRST_PAUSE, "rests_until": utc(at) + timedelta(seconds=FIRST_PAUSE)}
            connection.execute(update(TrunkRow).where(TrunkRow.name == name).values(**rests))
            return True

    def failures(self, name: str) -> int:
        """How many calls it has refused one after the other; from `MOST_FAILURES` on it is ill."""
        with self._database.reading() as connection:
            return connection.scalar(select(TrunkRow.failures).where(TrunkRow.name == name)) or 0

    def unknown_in_a_row(self, name: str, *, at: datetime) -> list[UUID]:
        """Its latest attempts, the newest first, back to the first of which something else was
        heard than that there is no such number. Calls that have just begun tell nothing yet."""
        row, now = DialAttemptRow, utc(at)
        # By their ids, which are in order of time: of a million calls these are looked at, and no more.
        made = (row.id, row.trunk, row.result, row.dialled_at)
        latest = select(*made).order_by(row.id.desc()).limit(_LOOKED_AT)
        found: list[UUID] = []
        with self._database.reading() as connection:
            for one in connection.execute(latest):
                if one.dialled_at <= now - _LATELY:
                    break
                if one.trunk != name or one.result in _TELL_NOTHING:
                    continue
                if one.result == "invalid":
                    found.append(one.id)
                elif one.result or one.dialled_at < now - _TELLS_BY:
                    break
        return found

    def not_the_numbers(self, attempts: Sequence[UUID], *, due_at: datetime) -> None:
        """The trunk knew none of the numbers of these attempts: they are dialled again, and whoever is off
        the list for it is back on it, from that moment on. Nobody was contacted."""
        row, entry = DialAttemptRow, DialEntryRow
        with self._database.writing() as connection:
            mine = connection.execute(select(row).where(row.id.in_(attempts), row.result == "invalid")).all()
            for one in mine:
                number = (PhoneNumberRow.e164 == one.number, PhoneNumberRow.retired_why.startswith(one.cause))
                connection.execute(
                    update(PhoneNumberRow).where(*number).values(retired_at=None, retired_why="")
                )
                theirs = (
                    entry.sample_id == one.sample_id,
                    entry.customer_id == one.customer_id,
                    entry.state == "ended",
                    entry.result == "invalid",
                )
                back = {"state": "waiting", "due_at": utc(due_at), "rank": one.rank, "tries": entry.tries - 1}
                connection.execute(
                    update(entry).where(*theirs).values(**back, ended_at=None, result="trunk", why="")
                )
                connection.execute(delete(ContactRow).where(ContactRow.id == one.id))
                connection.execute(update(row).where(row.id == one.id).values(result="trunk"))

    def took(self, name: str) -> None:
        """The trunk has taken a call: it is well."""
        ill = (TrunkRow.name == name, or_(TrunkRow.failures > 0, TrunkRow.rests_until.is_not(None)))
        with self._database.writing() as connection:
            connection.execute(update(TrunkRow).where(*ill).values(failures=0, rests_until=None, pause=0.0))

    def rests_until(self, name: str, *, at: datetime) -> datetime | None:
        """Until when a trunk rests; `None`: it does not."""
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(
                select(TrunkRow.rests_until).where(
                    TrunkRow.name == name,
                    TrunkRow.rests_until > utc(at),
                    TrunkRow.rests_until <= utc(at) + _LONGEST_REST,
                )
            )
        return found

    def under_way(self, name: str) -> int:
        """How many calls it carries for campaigns, over all servers."""
        with self._database.reading() as connection:
            return under_way(connection, name)


def under_way(connection: Connection, name: str) -> int:
    """As `Trunks.under_way`, in a transaction."""
    mine = (DialAttemptRow.trunk == name, DialAttemptRow.ended_at.is_(None))
    return connection.scalar(select(func.count()).where(*mine)) or 0
