"""Whom agents look at before they are called, and what they decide.

Rules:
1. Whoever is shown is claimed for that agent, with a lease: nobody else is shown them, no server calls them.
   An agent looks at one person at a time. What is left lying goes back on the list.
2. A decision counts once, and only while the claim holds.
3. After `call` the claim is taken over by one server (`take`); until then, and if it never happens, nothing
   has left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from data.database import Database
from data.dial_list import AGAIN, entry_of
from data.ids import new_id
from data.models import DialEntryRow, PreviewRow
from data.once import insert_new
from data.records import utc
from data.records.dialling import Decision, Entry, Preview
from data.text import clean

_OPEN = PreviewRow.ended_at.is_(None)
_FREE: dict[str, Any] = {"claimed_by": None, "lease_until": None}


def claimed_for(agent: str) -> str:
    """Who claims whom an agent is shown."""
    return f"agent:{agent}"


class Previews:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_agent(self, agent: str) -> Preview | None:
        """Whom an agent looks at, or has sent to be called; `None`: nobody."""
        query = select(PreviewRow).where(PreviewRow.agent == agent, _OPEN)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _preview(row)

    def get(self, preview_id: UUID) -> Preview | None:
        with self._database.reading() as connection:
            row = connection.execute(select(PreviewRow).where(PreviewRow.id == preview_id)).one_or_none()
        return None if row is None else _preview(row)

    def show(
        self, campaign_id: UUID, entry: Entry, agent: str, *, at: datetime, until: datetime
    ) -> Preview | None:
        """Notes that an agent is shown somebody who is claimed for them. `None`: they look at another, or the
        claim is gone."""
        new = Preview(
            id=new_id(),
            campaign_id=campaign_id,
            sample_id=entry.sample_id,
            customer_id=entry.customer_id,
            agent=agent,
            shown_at=utc(at),
            until=utc(until),
            rank=entry.rank,
        )
        with self._database.writing() as connection:
            if not self._lengthened(connection, new, until):
                return None
            put = insert_new(connection, PreviewRow).values(**vars(new))
            return new if connection.execute(put).rowcount else None

    def still(self, preview: Preview, *, until: datetime) -> bool:
        """The agent still looks at them: until then. False: the claim is gone, and the preview with it."""
        with self._database.writing() as connection:
            if self._lengthened(connection, preview, until):
                values: dict[str, Any] = {"until": utc(until)}
            else:
                values = {"decision": "left", "ended_at": utc(until)}
            mine = (PreviewRow.id == preview.id, _OPEN, PreviewRow.decision == "")
            connection.execute(update(PreviewRow).where(*mine).values(**values))
            return "until" in values

    @staticmethod
    def _lengthened(connection: Connection, preview: Preview, until: datetime) -> bool:
        claimed = update(DialEntryRow).where(*_claimed(preview)).values(lease_until=utc(until))
        return bool(connection.execute(claimed).rowcount)

    # --- decisions --------------------------------------------------------------------------------

    def call(self, preview: Preview, *, rank: int, at: datetime, lease: timedelta) -> bool:
        """Whoever is shown is to be called, at that number of theirs, within the lease. False: too late."""
        until = utc(at) + lease
        decided = {"decision": "call", "decided_at": utc(at), "rank": rank, "until": until}
        with self._database.writing() as connection:
            return self._lengthened(connection, preview, until) and _decided(connection, preview, decided)

    def skip(self, preview: Preview, *, reason: str, at: datetime) -> bool:
        """They are not called by this campaign. False: too late."""
        gone = {"state": "ended", "ended_at": utc(at), "result": "skipped", "why": clean(reason, 120)}
        return self._ended(preview, "skip", reason, gone, at)

    def later(self, preview: Preview, *, reason: str, due_at: datetime, at: datetime) -> bool:
        """They wait until that moment. False: too late."""
        waiting = {"state": "waiting", "due_at": utc(due_at), "turn": AGAIN, "why": clean(reason, 120)}
        return self._ended(preview, "later", reason, waiting, at)

    def _ended(
        self, preview: Preview, decision: Decision, reason: str, entry: dict[str, Any], at: datetime
    ) -> bool:
        with self._database.writing() as connection:
            changed = update(DialEntryRow).where(*_claimed(preview)).values(**entry, **_FREE)
            if not connection.execute(changed).rowcount:
                return False
            values = {"reason": clean(reason, 120), "decided_at": utc(at), "ended_at": utc(at)}
            return _decided(connection, preview, {"decision": decision, **values})

    # --- calling ----------------------------------------------------------------------------------

    def wanted(self, sample_id: UUID) -> tuple[Preview, ...]:
        """Whom agents have sent to be called, the first one first."""
        query = select(PreviewRow).where(PreviewRow.sample_id == sample_id, _OPEN)
        query = query.where(PreviewRow.decision == "call").order_by(PreviewRow.decided_at)
        with self._database.reading() as connection:
            return tuple(map(_preview, connection.execute(query)))

    def take(self, preview: Preview, owner: str, *, at: datetime, lease: timedelta) -> Entry | None:
        """The claim is `owner`'s from now on, to call them. `None`: another has it, or it has lapsed."""
        mine = (*_claimed(preview), DialEntryRow.lease_until > utc(at))
        values = {"claimed_by": owner, "lease_until": utc(at) + lease, "rank": preview.rank}
        with self._database.writing() as connection:
            taken = update(DialEntryRow).where(*mine).values(**values).returning(DialEntryRow)
            row = connection.execute(taken).one_or_none()
        return None if row is None else entry_of(row)

    def called(
        self, preview_id: UUID, *, at: datetime, attempt_id: UUID | None = None, reason: str = ""
    ) -> bool:
        """What came of `call`: the attempt, or why none was made. False: that is known."""
        values: dict[str, Any] = {"ended_at": utc(at), "attempt_id": attempt_id}
        if reason:
            values["reason"] = clean(reason, 120)
        with self._database.writing() as connection:
            ended = update(PreviewRow).where(PreviewRow.id == preview_id, _OPEN).values(**values)
            return bool(connection.execute(ended).rowcount)

    def end_lapsed(self, *, at: datetime) -> int:
        """Ends what agents have left lying, and calls that no server has made; how many. (The claims lapse by
        themselves.)"""
        gone = (_OPEN, PreviewRow.until <= utc(at))
        values = {"decision": "left", "ended_at": utc(at)}
        with self._database.writing() as connection:
            return connection.execute(update(PreviewRow).where(*gone).values(**values)).rowcount

    # --- looking ----------------------------------------------------------------------------------

    def latest(self, agent: str, *, most: int = 20) -> tuple[Preview, ...]:
        """What an agent was shown and decided, the newest first."""
        query = (
            select(PreviewRow)
            .where(PreviewRow.agent == agent)
            .order_by(PreviewRow.shown_at.desc(), PreviewRow.id.desc())
        )
        with self._database.reading() as connection:
            return tuple(map(_preview, connection.execute(query.limit(most))))


def _claimed(preview: Preview) -> tuple[Any, ...]:
    """The entry, while it is claimed for the agent."""
    return (
        DialEntryRow.sample_id == preview.sample_id,
        DialEntryRow.customer_id == preview.customer_id,
        DialEntryRow.state == "claimed",
        DialEntryRow.claimed_by == claimed_for(preview.agent),
    )


def _decided(connection: Connection, preview: Preview, values: dict[str, Any]) -> bool:
    mine = (PreviewRow.id == preview.id, PreviewRow.decision == "", _OPEN)
    return bool(connection.execute(update(PreviewRow).where(*mine).values(**values)).rowcount)


def _preview(row: Row[Any]) -> Preview:
    return Preview(**{name: getattr(row, name) for name in Preview.__dataclass_fields__})
