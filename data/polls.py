"""Answers to polls: kept one by one, without whose they are, and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from data.database import Database
from data.ids import new_id
from data.models import PollAnswerRow
from data.once import change
from data.records import Refused, Request, utc
from data.text import clean


@dataclass(frozen=True)
class Counted:
    """How often a question was answered so."""

    poll: str
    question: str
    answer: str
    count: int


class Polls:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, poll: str, question: str, answer: str, request: Request) -> None:
        """Keeps an answer; with the request's key, once."""
        values = {"poll": clean(poll, 60), "question": clean(question, 60), "answer": clean(answer, 60)}

        def make(connection: Connection) -> Mapping[str, str]:
            connection.execute(insert(PollAnswerRow).values(id=new_id(), at=request.at, **values))
            return {}

        done = change(self._database, "poll_answer", request, make)
        if isinstance(done, Refused):
            raise ValueError(f"the key of a poll's answer is another change's ({done.reason})")

    def counted(self, *, since: datetime, until: datetime, poll: str | None = None) -> tuple[Counted, ...]:
        """How often each question was answered how, by poll, question and answer."""
        row = PollAnswerRow
        where = [row.at >= utc(since), row.at < utc(until)]
        if poll is not None:
            where.append(row.poll == poll)
        query = (
            select(row.poll, row.question, row.answer, func.count().label("count"))
            .where(*where)
            .group_by(row.poll, row.question, row.answer)
            .order_by(row.poll, row.question, row.answer)
        )
        with self._database.inspecting() as connection:
            return tuple(Counted(*found) for found in connection.execute(query))
