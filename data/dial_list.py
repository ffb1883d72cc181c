"""Whom a campaign still has to call: filled from its sample, claimed with leases, and how far it is.

Rules:
1. Who waits has a moment from which they are due; a claim takes it away. So whatever is claimed, under way or
   over is out of the index that claims go by, and of a million rows a claim reads as many as it takes.
2. A claim is a lease: nothing has left yet, and once it has lapsed whoever comes next puts them back.
3. Who was promised another try at a moment goes before those whom nobody has called yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, literal, null, select, update

from data.bulk import among
from data.database import Database
from data.models import CampaignRow, CustomerRow, DialAttemptRow, DialEntryRow, SampleMemberRow, SampleRow
from data.once import insert_new
from data.pacing_turns import has_turn
from data.records import utc
from data.records.dialling import CampaignState, Entry, Running, Standing
from data.text import clean

PORTION = 2000
AGAIN, FRESH = 0, 1
"""Turns of entries."""
_FREE: Mapping[str, Any] = {"claimed_by": None, "lease_until": None}
_AT_WORK: tuple[CampaignState, ...] = ("running", "paused", "draining")
_LONGEST_WHY = 120


class DialList:
    """Entries. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- campaigns --------------------------------------------------------------------------------

    def fill(self, sample_id: UUID, *, at: datetime) -> int:
        """Puts everybody who is in the sample on the list, due at that moment; how many are new on it."""
        added, last = 0, None
        while True:
            member = select(SampleMemberRow.customer_id).where(
                SampleMemberRow.sample_id == sample_id, SampleMemberRow.excluded == ""
            )
            if last is not None:
                member = member.where(SampleMemberRow.customer_id > last)
            with self._database.writing() as connection:
                some = connection.scalars(member.order_by(SampleMemberRow.customer_id).limit(PORTION)).all()
                if not some:
                    return added
                mine = select(
                    SampleMemberRow.sample_id,
                    SampleMemberRow.customer_id,
                    SampleMemberRow.account_id,
                    literal("waiting"),
                    literal(utc(at)),
                    literal(FRESH),
                ).where(
                    SampleMemberRow.sample_id == sample_id,
                    SampleMemberRow.excluded == "",
                    SampleMemberRow.customer_id >= some[0],
                    SampleMemberRow.customer_id <= some[-1],
                )
                columns = ["sample_id", "customer_id", "account_id", "state", "due_at", "turn"]
                new = insert_new(connection, DialEntryRow).from_select(columns, mine)
                added += connection.execute(new).rowcount
            last = some[-1]

    def set_state(
        self,
        campaign_id: UUID,
        state: CampaignState,
        *,
        before: Sequence[CampaignState],
        at: datetime,
        by: str,
        sample_id: UUID | None = None,
        declared: Mapping[str, Any] | None = None,
    ) -> bool:
        """False: it is in none of the states `before`, and stays as it is. `declared`: what holds now."""
        values: dict[str, Any] = {"state": state, "changed_at": utc(at), "changed_by": clean(by, 120)}
        if sample_id is not None:
            values["sample_id"] = sample_id
        if declared is not None:
            values["declared"] = json.dumps(declared, ensure_ascii=False)
        mine = (CampaignRow.id == campaign_id, CampaignRow.state.in_(before))
        with self._database.writing() as connection:
            return bool(connection.execute(update(CampaignRow).where(*mine).values(**values)).rowcount)

    def at_work(self) -> tuple[Running, ...]:
        """Campaigns that run, are paused or end, the longest at it first."""
        query = (
            select(
                CampaignRow.id,
                CampaignRow.state,
                CampaignRow.sample_id,
                SampleRow.cut_at.label("sample_cut_at"),
                CampaignRow.declared,
                CampaignRow.strategy,
                CampaignRow.name,
            )
            .join(SampleRow, SampleRow.id == CampaignRow.sample_id)
            .where(CampaignRow.state.in_(_AT_WORK))
            .order_by(CampaignRow.changed_at, CampaignRow.id)
        )
        with self._database.reading() as connection:
            return tuple(Running(**row._mapping) for row in connection.execute(query))

    def states(self, campaign_ids: Iterable[UUID]) -> dict[UUID, str]:
        """Of these campaigns, the state of each that there is."""
        query = select(CampaignRow.id, CampaignRow.state).where(CampaignRow.id.in_(tuple(campaign_ids)))
        with self._database.reading() as connection:
            return {row.id: row.state for row in connection.execute(query)}

    # --- claims -----------------------------------------------------------------------------------

    def claim(
        self, sample_id: UUID, owner: str, *, at: datetime, lease: timedelta, most: int, queue: str = ""
    ) -> tuple[Entry, ...]:
        """People who are due and nobody's: they are `owner`'s until `at + lease`. `queue`: for its agents, so
        only while the owner has its turn; nobody otherwise."""
        now = utc(at)
        values = {"state": "claimed", "due_at": None, "claimed_by": owner, "lease_until": now + lease}
        with self._database.writing() as connection:
            if queue and not has_turn(connection, queue, owner):
                return ()
            found: list[UUID] = []
            for turn in (AGAIN, FRESH):
                due = (
                    DialEntryRow.sample_id == sample_id,
                    DialEntryRow.turn == turn,
                    DialEntryRow.due_at <= now,
                )
                some = select(DialEntryRow.customer_id).where(*due).order_by(DialEntryRow.due_at)
                # On PostgreSQL others claim at the same time: each passes over what another is just taking.
                # SQLite has one writer, and leaves these words out.
                query = some.limit(most - len(found)).with_for_update(skip_locked=True)
                found += connection.scalars(query)
                if len(found) >= most:
                    break
            if not found:
                return ()
            taken = connection.execute(
                update(DialEntryRow)
                .where(
                    DialEntryRow.sample_id == sample_id, among(connection, DialEntryRow.customer_id, found)
                )
                .values(**values)
                .returning(DialEntryRow)
            )
            by_key = {row.customer_id: entry_of(row) for row in taken}
        return tuple(by_key[key] for key in found)

    def put_back(
        self,
        entries: Sequence[Entry],
        owner: str,
        *,
        due_at: datetime,
        why: str = "",
    ) -> int:
        """Nothing has left: they wait until then, for that reason; how many of them were ours."""
        waiting = {"state": "waiting", "due_at": utc(due_at), "why": clean(why, _LONGEST_WHY)}
        values: dict[str, Any] = {**waiting, **_FREE}
        return self._of_claimed(entries, owner, values)

    def end(self, entries: Sequence[Entry], owner: str, *, at: datetime, result: str, why: str) -> int:
        """They are not called any more, by the claim of `owner`; how many of them were."""
        text = {"result": clean(result, 20), "why": clean(why, _LONGEST_WHY)}
        return self._of_claimed(entries, owner, {"state": "ended", "ended_at": utc(at), **text, **_FREE})

    def _of_claimed(self, entries: Sequence[Entry], owner: str, values: Mapping[str, Any]) -> int:
        if not entries:
            return 0
        with self._database.writing() as connection:
            mine = (
                DialEntryRow.sample_id == entries[0].sample_id,
                among(connection, DialEntryRow.customer_id, [one.customer_id for one in entries]),
                DialEntryRow.state == "claimed",
                DialEntryRow.claimed_by == owner,
            )
            return connection.execute(update(DialEntryRow).where(*mine).values(**values)).rowcount

    def unclear(self, sample_id: UUID) -> tuple[tuple[str, datetime], ...]:
        """Whose call was lost with its server, so that nobody knows how it ended: customer number, and since
        when that is so; the latest first."""
        query = (
            select(CustomerRow.customer_number, DialEntryRow.ended_at)
            .join(CustomerRow, CustomerRow.id == DialEntryRow.customer_id)
            .where(DialEntryRow.sample_id == sample_id, DialEntryRow.state == "unclear")
            .order_by(DialEntryRow.ended_at.desc(), CustomerRow.customer_number)
        )
        with self._database.reading() as connection:
            return tuple((row.customer_number, row.ended_at) for row in connection.execute(query))

    def revive(self, sample_id: UUID, customer_id: UUID, *, at: datetime) -> bool:
        """A person wants them called again: from `unclear`. False: they are not."""
        mine = (
            DialEntryRow.sample_id == sample_id,
            DialEntryRow.customer_id == customer_id,
            DialEntryRow.state == "unclear",
        )
        values = {"state": "waiting", "due_at": utc(at), "turn": AGAIN, "ended_at": None}
        with self._database.writing() as connection:
            return bool(connection.execute(update(DialEntryRow).where(*mine).values(**values)).rowcount)

    # --- leases -----------------------------------------------------------------------------------

    def extend(self, attempts: Sequence[UUID], owner: str, *, until: datetime) -> int:
        """More time for what is under way; how many of them are still ours."""
        if not attempts:
            return 0
        with self._database.writing() as connection:
            mine = (
                among(connection, DialEntryRow.attempt_id, attempts),
                DialEntryRow.claimed_by == owner,
                DialEntryRow.lease_until.is_not(None),
            )
            return connection.execute(
                update(DialEntryRow).where(*mine).values(lease_until=utc(until))
            ).rowcount

    def free_lapsed(self, *, at: datetime) -> int:
        """Puts back who was claimed by somebody of whom nothing was heard, and for whom nothing has left."""
        now = utc(at)
        lapsed = (DialEntryRow.lease_until <= now, DialEntryRow.state == "claimed")
        values = {"state": "waiting", "due_at": now, **_FREE}
        with self._database.writing() as connection:
            return connection.execute(update(DialEntryRow).where(*lapsed).values(**values)).rowcount

    def lapsed(self, *, at: datetime, most: int = 200) -> tuple[Entry, ...]:
        """Those who were dialled by somebody of whom nothing was heard since."""
        gone = (DialEntryRow.lease_until <= utc(at), DialEntryRow.state == "dialled")
        query = select(DialEntryRow).where(*gone).order_by(DialEntryRow.lease_until).limit(most)
        with self._database.reading() as connection:
            return tuple(map(entry_of, connection.execute(query)))

    def take_over(self, entry: Entry, owner: str, *, at: datetime, lease: timedelta) -> bool:
        """A lapsed entry is `owner`'s. False: somebody else was faster, or whoever had it lives."""
        now = utc(at)
        gone = (
            DialEntryRow.sample_id == entry.sample_id,
            DialEntryRow.customer_id == entry.customer_id,
            DialEntryRow.attempt_id == entry.attempt_id,
            DialEntryRow.state == "dialled",
            DialEntryRow.lease_until <= now,
        )
        values = {"claimed_by": owner, "lease_until": now + lease}
        with self._database.writing() as connection:
            return bool(connection.execute(update(DialEntryRow).where(*gone).values(**values)).rowcount)

    # --- looking ----------------------------------------------------------------------------------

    def get(self, sample_id: UUID, customer_id: UUID) -> Entry | None:
        mine = (DialEntryRow.sample_id == sample_id, DialEntryRow.customer_id == customer_id)
        with self._database.reading() as connection:
            row = connection.execute(select(DialEntryRow).where(*mine)).one_or_none()
        return None if row is None else entry_of(row)

    def open(self, sample_id: UUID) -> bool:
        """Whether anybody of a sample waits or is under way. (`unclear` is for a person to decide.)"""
        left = (
            DialEntryRow.sample_id == sample_id,
            DialEntryRow.state.in_(("waiting", "claimed", "dialled")),
        )
        with self._database.reading() as connection:
            return connection.scalar(select(literal(1)).where(and_(*left)).limit(1)) is not None

    def standing(self, sample_id: UUID, *, at: datetime) -> Standing:
        """How far a campaign is with a sample."""
        entry, mine = DialEntryRow, DialEntryRow.sample_id == sample_id
        counted = select(entry.state, entry.result, func.count()).where(mine)
        # Only of those that ended the result is counted; it may be another's in the meantime.
        with self._database.reading() as connection:
            rows = connection.execute(counted.group_by(entry.state, entry.result)).all()
            due = connection.scalar(
                select(func.count()).where(mine, entry.due_at <= utc(at), entry.due_at.is_not(null()))
            )
            next_at = connection.scalar(select(func.min(entry.due_at)).where(mine, entry.due_at > utc(at)))
            talking = _talking(connection, sample_id)
        by_state: dict[str, int] = {}
        for state, _, people in rows:
            by_state[state] = by_state.get(state, 0) + people
        return Standing(
            waiting=by_state.get("waiting", 0),
            due=due or 0,
            under_way=by_state.get("claimed", 0) + by_state.get("dialled", 0),
            talking=talking,
            unclear=by_state.get("unclear", 0),
            ended=by_state.get("ended", 0),
            next_at=next_at,
            results=tuple(sorted((result, people) for state, result, people in rows if state == "ended")),
        )


def _talking(connection: Connection, sample_id: UUID) -> int:
    mine = (
        DialAttemptRow.sample_id == sample_id,
        DialAttemptRow.ended_at.is_(None),
        DialAttemptRow.answered_at.is_not(None),
    )
    return connection.scalar(select(func.count()).where(*mine)) or 0


def entry_of(row: Row[Any]) -> Entry:
    """A row of the list as a record."""
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})
