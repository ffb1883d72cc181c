"""Attempts to call people of samples: each is on record before its order to dial leaves.

Rules:
1. `begin` is one transaction with the ledger's entry: the campaign runs, the claim is ours, nobody else calls
   the person or the number, and the trunk has a line free. Whatever does not hold takes everything back.
2. `settle` closes an attempt once: with the ledger, and with what follows for the person. Whoever comes
   later, or has lost the claim meanwhile, changes nothing.
3. What never got out of the house is no contact, and none of the person's attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, case, delete, func, literal, or_, select, update

from data.actions import Actions
from data.base_facts import disputed, running
from data.collection_holds import held
from data.contact_hours import moment_of
from data.database import Database
from data.dial_list import AGAIN
from data.models import (
    AccountRow,
    CallRow,
    CampaignRow,
    ContactRow,
    CustomerRow,
    DialAttemptRow,
    DialEntryRow,
    PhoneNumberRow,
    PromiseRow,
    TrunkRow,
)
from data.on_the_telephone import on_the_telephone
from data.once import Refusal, insert_new
from data.records import Refused, utc
from data.records.contacts import Whom
from data.records.dialling import Attempt, Entry, NewAttempt, PastCall, Settled, TalliedHour
from data.text import clean
from data.trunks import under_way

_TALKED = frozenset({"answered", "abandoned", "dropped", "unclear"})
"""Results at which they may have been spoken with."""
Answer = Any


class DialAttempts:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- before ---

    def begin(self, admit: Callable[[Callable[[Connection, Whom], None]], Answer], new: NewAttempt) -> Answer:
        """Notes an attempt if `admit` lets the contact be made (it is given what belongs to that, and the
        person's key with it). Returns what it says, or `Refused`: `stopped`, `lost` (the claim is not ours),
        `blocked` (the number), `on_call` (they talk with us or are being called, there or elsewhere),
        `channels`; where a debt is spoken of `judicial`, `dispute`, `promise`, `erased`, or the reason of a
        hold (`data.collection_holds`)."""
        try:
            return admit(lambda connection, whom: self._begin(connection, new, whom))
        except Refusal as refusal:
            return Refused(refusal.reason)

    def _begin(self, connection: Connection, new: NewAttempt, whom: Whom) -> None:
        if new.trunk:
            self._insist_on_channel(connection, new)
        campaign = select(CampaignRow.state, CampaignRow.sample_id).where(CampaignRow.id == new.campaign_id)
        row = connection.execute(campaign).one_or_none()
        if row is None or row.state != "running" or row.sample_id != new.sample_id:
            raise Refusal("stopped")
        useless = or_(PhoneNumberRow.blocked_at.is_not(None), PhoneNumberRow.retired_at.is_not(None))
        blocked = (PhoneNumberRow.e164 == new.number, useless)
        if connection.scalar(select(literal(1)).where(*blocked)):
            raise Refusal("blocked")
        if new.collects_on is not None and (why := _against(connection, new.customer_id, new.collects_on)):
            raise Refusal(why)
        if on_the_telephone(connection, whom.customer_ids, new.number, at=new.dialled_at):
            raise Refusal("on_call")
        values = {name: getattr(new, name) for name in _COLUMNS}
        put = insert_new(connection, DialAttemptRow).values(**values, person=whom.key[:40])
        if not connection.execute(put).rowcount:
            raise Refusal("on_call")
        mine = (
            DialEntryRow.sample_id == new.sample_id,
            DialEntryRow.customer_id == new.customer_id,
            DialEntryRow.state == "claimed",
            DialEntryRow.claimed_by == new.claimed_by,
            DialEntryRow.lease_until > utc(new.dialled_at),
        )
        dialled = {
            "state": "dialled",
            "attempt_id": new.id,
            "tries": DialEntryRow.tries + 1,
            "lease_until": utc(new.lease_until),
        }
        if not connection.execute(update(DialEntryRow).where(*mine).values(**dialled)).rowcount:
            raise Refusal("lost")

    @staticmethod
    def _insist_on_channel(connection: Connection, new: NewAttempt) -> None:
        """Of two servers that take the last line, one comes second."""
        connection.execute(select(TrunkRow.name).where(TrunkRow.name == new.trunk).with_for_update())
        if under_way(connection, new.trunk) >= new.channels:
            raise Refusal("channels")

    # --- during ---

    def answered(self, attempt_id: UUID, owner: str, *, at: datetime) -> bool:
        """They are on the line. False: the attempt is over, or not ours any more."""
        mine = (
            DialAttemptRow.id == attempt_id,
            DialAttemptRow.claimed_by == owner,
            DialAttemptRow.ended_at.is_(None),
        )
        with self._database.writing() as connection:
            return bool(
                connection.execute(update(DialAttemptRow).where(*mine).values(answered_at=utc(at))).rowcount
            )

    def connected(self, attempt_id: UUID, owner: str, agent: str) -> bool:
        """An agent is with them. False: the attempt is over, or not ours any more."""
        mine = (
            DialAttemptRow.id == attempt_id,
            DialAttemptRow.claimed_by == owner,
            DialAttemptRow.ended_at.is_(None),
        )
        with self._database.writing() as connection:
            values = {"agent": clean(agent, 60)}
            return bool(connection.execute(update(DialAttemptRow).where(*mine).values(**values)).rowcount)

    # --- after ---

    def settle(self, attempt_id: UUID, owner: str, settled: Settled) -> bool:
        """What came of an attempt. False: that is known already, or somebody else looks after it."""
        with self._database.writing() as connection:
            entry = connection.execute(_held(attempt_id, owner).with_for_update()).one_or_none()
            if entry is None:
                return False
            ended: dict[str, object] = {
                "ended_at": utc(settled.at),
                "result": settled.result,
                "cause": clean(settled.cause, 60),
                "outcome": clean(settled.outcome, 120),
                "call_id": settled.call_id,
            }
            if settled.agent:
                ended["agent"] = clean(settled.agent, 60)
            connection.execute(update(DialAttemptRow).where(DialAttemptRow.id == attempt_id).values(**ended))
            if settled.counts:
                _close_contact(connection, attempt_id, settled)
            else:
                connection.execute(delete(ContactRow).where(ContactRow.id == attempt_id))
            _follow(connection, entry, settled)
            _promised_in(connection, attempt_id, settled.call_id)
            Actions.put_within(connection, settled.actions)
        return True

    def never_left(self, attempt_id: UUID, owner: str, *, due_at: datetime) -> bool:
        """The order to dial has surely not left: as if nothing had been begun. False: it is not ours."""
        with self._database.writing() as connection:
            entry = connection.execute(_held(attempt_id, owner).with_for_update()).one_or_none()
            if entry is None:
                return False
            connection.execute(delete(DialAttemptRow).where(DialAttemptRow.id == attempt_id))
            connection.execute(delete(ContactRow).where(ContactRow.id == attempt_id))
            back = {"state": "waiting", "due_at": utc(due_at), "tries": entry.tries - 1, **_FREE}
            connection.execute(update(DialEntryRow).where(*_same(entry)).values(**back))
        return True

    def call_of(self, attempt_id: UUID) -> tuple[UUID, str] | None:
        """The record of the call that came of an attempt, and its outcome; `None`: there is none."""
        query = select(CallRow.id, CallRow.outcome).where(CallRow.switch_uuid == str(attempt_id))
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(CallRow.started_at).limit(1)).one_or_none()
        return None if row is None else (row.id, row.outcome or "")

    # --- looking ---

    def against(self, customer_id: UUID, on: date) -> str:
        """Why a debt is not spoken of with them on that day (see `begin`); empty: it may be."""
        with self._database.reading() as connection:
            return _against(connection, customer_id, on)

    def get(self, attempt_id: UUID) -> Attempt | None:
        with self._database.reading() as connection:
            row = connection.execute(
                select(DialAttemptRow).where(DialAttemptRow.id == attempt_id)
            ).one_or_none()
        return None if row is None else _attempt(row)

    def of_entry(self, entry: Entry) -> tuple[Attempt, ...]:
        """All attempts to somebody of a sample, the first one first."""
        mine = (
            DialAttemptRow.customer_id == entry.customer_id,
            DialAttemptRow.sample_id == entry.sample_id,
        )
        query = select(DialAttemptRow).where(*mine).order_by(DialAttemptRow.dialled_at, DialAttemptRow.id)
        with self._database.reading() as connection:
            return tuple(map(_attempt, connection.execute(query)))

    def under_way(self, sample_id: UUID) -> tuple[Attempt, ...]:
        """Calls that ring or are talked in."""
        mine = (DialAttemptRow.sample_id == sample_id, DialAttemptRow.ended_at.is_(None))
        with self._database.reading() as connection:
            return tuple(map(_attempt, connection.execute(select(DialAttemptRow).where(*mine))))

    def for_agents(self, samples: Sequence[UUID]) -> tuple[dict[UUID, int], tuple[Attempt, ...]]:
        """What is on its way to agents, whatever server has begun it: how many people of each of these
        samples are claimed and not dialled yet, and the calls of all queues that ring or are talked in."""
        claimed = (DialEntryRow.sample_id.in_(tuple(samples)), DialEntryRow.state == "claimed")
        theirs = (DialAttemptRow.queue != "", DialAttemptRow.ended_at.is_(None))
        sample = DialEntryRow.sample_id
        counting = select(sample, func.count().label("people")).where(*claimed).group_by(sample)
        with self._database.reading() as connection:
            # In this order: whoever is dialled between the two is counted twice rather than never.
            people = {row.sample_id: row.people for row in connection.execute(counting)}
            return people, tuple(map(_attempt, connection.execute(select(DialAttemptRow).where(*theirs))))

    def lately(self, campaign_id: UUID, *, since: datetime) -> tuple[Attempt, ...]:
        """A campaign's calls that are under way, or have ended since then."""
        mine = DialAttemptRow.campaign_id == campaign_id
        going = select(DialAttemptRow).where(mine, DialAttemptRow.ended_at.is_(None))
        over = select(DialAttemptRow).where(mine, DialAttemptRow.ended_at >= utc(since))
        with self._database.reading() as connection:
            # In this order: whoever ends between the two is told twice rather than never.
            rows = [*connection.execute(going), *connection.execute(over)]
        return tuple({row.id: _attempt(row) for row in rows}.values())

    def by_hour(self, campaign_id: UUID, *, since: datetime, until: datetime) -> tuple[TalliedHour, ...]:
        """A campaign's calls that ended in that time, counted by the hour in which they did."""
        sqlite = self._database.backend == "sqlite"
        ended = DialAttemptRow.ended_at
        hour: Any = func.substr(ended, 1, 13) if sqlite else func.date_trunc("hour", ended)
        live = DialAttemptRow.answered_at.is_not(None) & (DialAttemptRow.result != "machine")
        query = (
            select(
                hour.label("hour"),
                func.count().label("attempts"),
                func.sum(case((live, 1), else_=0)).label("live"),
                func.sum(case((DialAttemptRow.result == "abandoned", 1), else_=0)).label("abandoned"),
            )
            .where(DialAttemptRow.campaign_id == campaign_id, ended >= utc(since), ended < utc(until))
            .group_by(hour)
            .order_by(hour)
        )
        with self._database.inspecting() as connection:
            return tuple(
                TalliedHour(
                    begins=moment_of(row.hour),
                    attempts=row.attempts,
                    live=int(row.live),
                    abandoned=int(row.abandoned),
                )
                for row in connection.execute(query)
            )

    def past(self, campaign_id: UUID, *, since: datetime, most: int) -> tuple[PastCall, ...]:
        """A campaign's calls that ended since then, the newest `most` of them."""
        names = tuple(PastCall.__dataclass_fields__)
        query = (
            select(*(getattr(DialAttemptRow, name) for name in names))
            .where(DialAttemptRow.campaign_id == campaign_id, DialAttemptRow.ended_at >= utc(since))
            .order_by(DialAttemptRow.ended_at.desc())
            .limit(most)
        )
        with self._database.inspecting() as connection:
            return tuple(PastCall(**row._mapping) for row in connection.execute(query))

    def results(self, campaign_id: UUID, *, since: datetime) -> dict[str, int]:
        """How many attempts since then ended how."""
        mine = (
            DialAttemptRow.campaign_id == campaign_id,
            DialAttemptRow.dialled_at >= utc(since),
            DialAttemptRow.ended_at.is_not(None),
        )
        query = (
            select(DialAttemptRow.result, func.count().label("calls"))
            .where(*mine)
            .group_by(DialAttemptRow.result)
        )
        with self._database.reading() as connection:
            return {row.result: row.calls for row in connection.execute(query)}

    def latest_cause(self, campaign_id: UUID, results: Sequence[str], *, since: datetime) -> str:
        """The switch's cause of the latest attempt since then that ended so; empty: there is none."""
        row = DialAttemptRow
        mine = (row.campaign_id == campaign_id, row.dialled_at >= utc(since), row.result.in_(results))
        query = select(row.cause).where(*mine).order_by(row.dialled_at.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.scalar(query) or ""


_COLUMNS = (
    "id",
    "campaign_id",
    "sample_id",
    "customer_id",
    "number",
    "rank",
    "trunk",
    "caller_id",
    "mode",
    "claimed_by",
    "dialled_at",
    "queue",
)
_FREE: dict[str, object] = {"claimed_by": None, "lease_until": None, "attempt_id": None}


def _held(attempt_id: UUID, owner: str) -> Any:
    """The entry whose attempt it is, if it is the owner's."""
    return (
        select(DialEntryRow)
        .join(
            DialAttemptRow,
            (DialAttemptRow.sample_id == DialEntryRow.sample_id)
            & (DialAttemptRow.customer_id == DialEntryRow.customer_id),
        )
        .where(
            DialAttemptRow.id == attempt_id,
            DialAttemptRow.ended_at.is_(None),
            DialEntryRow.attempt_id == attempt_id,
            DialEntryRow.state == "dialled",
            DialEntryRow.claimed_by == owner,
        )
    )


def _against(connection: Connection, customer_id: UUID, today: date) -> str:
    """Why a debt is not spoken of with a customer now; empty: nothing stands against it."""
    query = (
        select(
            disputed().label("disputed"),
            running(today).label("running"),
            held(CustomerRow.id, today).label("held"),
            AccountRow.stage,
        )
        .select_from(CustomerRow)
        .outerjoin(AccountRow, (AccountRow.customer_id == CustomerRow.id) & (AccountRow.rank == 1))
        .where(CustomerRow.id == customer_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return "erased"
    if row.stage == "judicial":
        return "judicial"
    if row.held:
        return str(row.held)
    return "dispute" if row.disputed else "promise" if row.running else ""


def _same(entry: Any) -> tuple[Any, Any]:
    return DialEntryRow.sample_id == entry.sample_id, DialEntryRow.customer_id == entry.customer_id


def _close_contact(connection: Connection, attempt_id: UUID, settled: Settled) -> None:
    # What is not known stays unknown, and counts as a conversation.
    conversation = None if settled.result == "unclear" else settled.result in _TALKED
    values = {"conversation": conversation, "result": settled.result, "call_id": settled.call_id}
    connection.execute(update(ContactRow).where(ContactRow.id == attempt_id).values(**values))


def _promised_in(connection: Connection, attempt_id: UUID, call_id: UUID | None) -> None:
    """What was promised in the call belongs to the campaign, whose table says what follows."""
    if call_id is None:
        return
    campaign = select(DialAttemptRow.campaign_id).where(DialAttemptRow.id == attempt_id).scalar_subquery()
    mine = update(PromiseRow).where(PromiseRow.call_id == call_id, PromiseRow.campaign_id.is_(None))
    connection.execute(mine.values(campaign_id=campaign))


def _follow(connection: Connection, entry: Any, settled: Settled) -> None:
    values: dict[str, Any] = {"result": settled.result, "why": clean(settled.why, 120), **_FREE}
    if not settled.counts:
        values["tries"] = entry.tries - 1
    if settled.due_at is not None:
        values |= {"state": "waiting", "due_at": utc(settled.due_at), "turn": AGAIN, "rank": settled.rank}
    elif settled.result == "unclear":
        values |= {"state": "unclear", "ended_at": utc(settled.at)}
    else:
        values |= {"state": "ended", "ended_at": utc(settled.at)}
    connection.execute(update(DialEntryRow).where(*_same(entry)).values(**values))


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(**{name: getattr(row, name) for name in Attempt.__dataclass_fields__})
