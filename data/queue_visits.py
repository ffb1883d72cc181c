"""Stays in queues: written down as they happen, by every server that hears of them, once.

Rules:
1. Everything may be said twice, by two servers and in any order: a fact that is known stays as it is.
2. One exception: `unknown` as the end of a stay is only a guess, and the real end replaces it.
3. A stay becomes known with its beginning, or later with what tells when it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from data.database import Database
from data.models import AgentStatusRow, MissedOfferRow, QueueVisitRow
from data.once import insert_new
from data.records import MissedOffer, OpenVisit, StatusChange, VisitFacts, utc

_FACTS = tuple(name for name in VisitFacts.__dataclass_fields__)
_ENDING = ("left_at", "left_by", "left_for")
_UNKNOWN = "unknown"

Told = VisitFacts | MissedOffer | StatusChange


class QueueVisits:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def learn(self, told: Iterable[Told]) -> None:
        """Adds what is not known yet, all or none."""
        told = list(told)
        with self._database.writing() as connection:
            visits = [_values(one) for one in told if isinstance(one, VisitFacts)]
            if visits:
                _put(connection, visits)
            missed = [vars(one) for one in told if isinstance(one, MissedOffer)]
            if missed:
                connection.execute(insert_new(connection, MissedOfferRow), missed)
            changes = [vars(one) for one in told if isinstance(one, StatusChange)]
            if changes:
                connection.execute(insert_new(connection, AgentStatusRow), changes)

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

    def status_of(self, agents: Sequence[str]) -> dict[str, str]:
        """What is known last of each agent."""
        row = AgentStatusRow
        last = (
            select(row.agent, func.max(row.at).label("at")).where(row.agent.in_(agents)).group_by(row.agent)
        ).subquery()
        query = select(row.agent, row.status).join(last, (row.agent == last.c.agent) & (row.at == last.c.at))
        with self._database.reading() as connection:
            return {agent: status for agent, status in connection.execute(query)}  # noqa: C416 -- rows are no pairs to mypy


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
