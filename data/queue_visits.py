"""Stays in queues: written down as they happen, by every server that hears of them, once.

Rules:
1. Everything may be said twice, by two servers and in any order: a fact that is known stays as it is.
2. Two exceptions: `unknown` as the end of a stay is only a guess, and the real end replaces it; and an answer
   without a talk is taken back, so that the next agent's counts.
3. A stay becomes known with its beginning, or later with what tells when it began.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.database import Database
from data.models import MissedOfferRow, QueueVisitRow
from data.once import insert_new
from data.records import MissedOffer, NeverTalked, OpenVisit, QueueDay, VisitFacts, utc

_FACTS = tuple(name for name in VisitFacts.__dataclass_fields__)
_ENDING = ("left_at", "left_by", "left_for")
_UNKNOWN = "unknown"

LONGEST_STAY = timedelta(days=1)
"""Who joined longer ago is no more of the day."""
SENT_ON = frozenset({"timeout", "no_agents", "key", "overflow", "moved"})
"""How somebody leaves a queue who has not given up."""

Told = VisitFacts | MissedOffer | NeverTalked


class QueueVisits:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def learn(self, told: Iterable[Told]) -> None:
        """Adds what is not known yet, all or none, in the order in which it is told."""
        with self._database.writing() as connection:
            for kind, some in groupby(told, type):
                if kind is VisitFacts:
                    _put(connection, [_values(one) for one in some if isinstance(one, VisitFacts)])
                elif kind is MissedOffer:
                    connection.execute(insert_new(connection, MissedOfferRow), [vars(one) for one in some])
                else:
                    for one in some:
                        assert isinstance(one, NeverTalked)
                        _take_back(connection, one)

    def offered(self, offers: Iterable[tuple[str, datetime]]) -> None:
        """Of stays that are known, by id: when an agent was first rung for them."""
        with self._database.writing() as connection:
            for visit, at in offers:
                connection.execute(
                    update(QueueVisitRow)
                    .where(QueueVisitRow.id == visit, QueueVisitRow.offered_at.is_(None))
                    .values(offered_at=utc(at))
                )

    def there(self, switch: str) -> list[OpenVisit]:
        """Who is in that switch's queues, as far as is known."""
        row = QueueVisitRow
        columns = select(row.id, row.queue, row.leg, row.joined_at, row.answered_at)
        query = columns.where(row.switch == switch, row.left_at.is_(None)).order_by(row.joined_at)
        with self._database.reading() as connection:
            return [OpenVisit(*found) for found in connection.execute(query)]

    def queue_day(self, queue: str, *, since: datetime, within: int) -> QueueDay:
        """What became of a queue's callers since then; `within`: seconds that are in time.

        As in reports, who is called back is not among them, nor whoever was refused, or of whom nobody knows.
        """
        row = QueueVisitRow
        query = select(row.joined_at, row.answered_at, row.left_at, row.left_by).where(
            row.queue == queue,
            row.joined_at >= utc(since) - LONGEST_STAY,
            func.coalesce(row.answered_at, row.left_at) >= utc(since),
            row.kept_since.is_(None),
        )
        answered = in_time = lost = late = left = 0
        with self._database.reading() as connection:
            for joined, answered_at, left_at, left_by in connection.execute(query):
                if answered_at is not None:
                    soon = (answered_at - joined).total_seconds() <= within
                    answered, in_time = answered + 1, in_time + soon
                elif left_at is not None and (left_by == "abandoned" or left_by in SENT_ON):
                    sent_on = left_by in SENT_ON
                    lost, left = lost + (not sent_on), left + sent_on
                    late += (left_at - joined).total_seconds() > within
        return QueueDay(answered=answered, in_time=in_time, lost=lost, lost_late=late, left=left)

    def counts(self, *, since: datetime) -> dict[str, tuple[int, int]]:
        """Agent → how many they answered and missed since then."""
        visit, offer = QueueVisitRow, MissedOfferRow
        had = select(visit.agent, func.count()).where(
            visit.agent.is_not(None), visit.answered_at >= utc(since)
        )
        missed = select(offer.agent, func.count()).where(offer.at >= utc(since))
        with self._database.reading() as connection:
            answered = {agent or "": count for agent, count in connection.execute(had.group_by(visit.agent))}
            not_taken = {agent: count for agent, count in connection.execute(missed.group_by(offer.agent))}  # noqa: C416 -- as above
        return {agent: (answered.get(agent, 0), not_taken.get(agent, 0)) for agent in {*answered, *not_taken}}


def _values(facts: VisitFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in _FACTS}


def _put(connection: Connection, visits: list[dict[str, Any]]) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement: Any = dialect.insert(QueueVisitRow)
    row, new = QueueVisitRow, statement.excluded
    guessed = row.left_by == _UNKNOWN
    filled: dict[str, Any] = {}
    for name in _FACTS:
        if name in ("id", "queue", "leg", "joined_at"):
            continue
        known, told = getattr(row, name), new[name]
        if name in ("switch", "left_for"):
            known = func.nullif(known, "")
            told = func.coalesce(told, "")
        filled[name] = func.coalesce(known, told)
        if name in _ENDING:
            real = new.left_by.is_not(None) & guessed
            filled[name] = case((real, told), else_=filled[name])
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=filled), visits)


def _take_back(connection: Connection, one: NeverTalked) -> None:
    """Only an answer before that moment: a later one, heard first, is another agent's."""
    row = QueueVisitRow
    known = update(row).where(row.id == one.visit_id, row.answered_at <= one.at)
    connection.execute(known.values(answered_at=None, agent=None, talk_ended_at=None, held_ms=None))
