"""What reports count of the lists of campaigns: of samples that were cut in some time, as they stand now.

Rules:
1. An account is a person of a sample: who is in two samples is two.
2. Counted by the database: a report is as long as its rows, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, select

from data.database import Database
from data.models import CampaignRow, DialAttemptRow, DialEntryRow, SampleMemberRow, SampleRow
from data.records import utc

NOT_CALLS = ("congestion", "trunk", "cancelled")
"""Results of what rang at nobody's telephone, or was taken back: no attempts."""


class Left(NamedTuple):
    """People whom a condition met and who are not called, or not called any more, for one reason."""

    campaign: str
    where: str
    """`sample`: left out when it was cut. `list`: taken off it, or nothing more to try."""
    reason: str
    rule: str
    people: int


class Worked(NamedTuple):
    """A campaign's attempts by one trunk."""

    campaign: str
    trunk: str
    attempts: int
    answered: int
    """A person was on the line, abandoned calls among them."""
    abandoned: int
    seconds: float
    """From the answer to the end."""


class ListFigures:
    """Every method blocks while it is read; nothing is changed. `campaigns`: only these, `strategy/name`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def met(self, since: datetime, until: datetime, campaigns: Sequence[str] = ()) -> dict[str, int]:
        """Whom the samples' conditions met, those who were left out among them."""
        query = (
            select(_NAME, func.count())
            .select_from(SampleMemberRow)
            .join(SampleRow, SampleRow.id == SampleMemberRow.sample_id)
            .join(CampaignRow, CampaignRow.id == SampleRow.campaign_id)
        )
        return {str(name): int(count) for name, count in self._rows(query, since, until, campaigns, ())}

    def attempted(self, since: datetime, until: datetime, campaigns: Sequence[str] = ()) -> dict[str, int]:
        """People of the samples with an attempt, each once in a sample."""
        whose = select(
            DialAttemptRow.sample_id.label("sample_id"), DialAttemptRow.customer_id.label("customer_id")
        )
        each = whose.where(DialAttemptRow.result.not_in(NOT_CALLS)).distinct().subquery()
        query = (
            select(_NAME, func.count())
            .select_from(each)
            .join(SampleRow, SampleRow.id == each.c.sample_id)
            .join(CampaignRow, CampaignRow.id == SampleRow.campaign_id)
        )
        return {str(name): int(count) for name, count in self._rows(query, since, until, campaigns, ())}

    def worked(self, since: datetime, until: datetime, campaigns: Sequence[str] = ()) -> list[Worked]:
        """Attempts by campaign and trunk."""
        row = DialAttemptRow
        live = case((row.result.in_(("answered", "abandoned", "dropped")), 1), else_=0)
        query = (
            select(
                _NAME,
                row.trunk,
                func.count(),
                func.sum(live),
                func.sum(case((row.result == "abandoned", 1), else_=0)),
                func.coalesce(func.sum(self._seconds(row.answered_at, row.ended_at)), 0),
            )
            .select_from(row)
            .join(SampleRow, SampleRow.id == row.sample_id)
            .join(CampaignRow, CampaignRow.id == SampleRow.campaign_id)
            .where(row.result.not_in(NOT_CALLS))
        )
        return [
            Worked(one[0], one[1], int(one[2]), int(one[3]), int(one[4]), float(one[5]))
            for one in self._rows(query, since, until, campaigns, (row.trunk,))
        ]

    def left(self, since: datetime, until: datetime, campaigns: Sequence[str] = ()) -> list[Left]:
        """Who was left out, and whose place on the list has ended without anybody spoken with."""
        member, entry = SampleMemberRow, DialEntryRow
        out = (
            select(_NAME, member.excluded, member.rule, func.count())
            .select_from(member)
            .join(SampleRow, SampleRow.id == member.sample_id)
            .join(CampaignRow, CampaignRow.id == SampleRow.campaign_id)
            .where(member.excluded != "")
        )
        off = (
            select(_NAME, entry.result, func.count())
            .select_from(entry)
            .join(SampleRow, SampleRow.id == entry.sample_id)
            .join(CampaignRow, CampaignRow.id == SampleRow.campaign_id)
            .where(entry.state == "ended", entry.result != "answered")
        )
        keys = (member.excluded, member.rule)
        found = [
            Left(name, "sample", reason, rule, count)
            for name, reason, rule, count in self._rows(out, since, until, campaigns, keys)
        ]
        return found + [
            Left(name, "list", reason, "", count)
            for name, reason, count in self._rows(off, since, until, campaigns, (entry.result,))
        ]

    def _seconds(self, begun: Any, ended: Any) -> ColumnElement[Any]:
        if self._database.backend == "postgresql":
            return func.extract("epoch", ended - begun)
        return (func.julianday(ended) - func.julianday(begun)) * 86_400

    def _rows(
        self, query: Any, since: datetime, until: datetime, campaigns: Sequence[str], keys: Sequence[Any]
    ) -> list[Any]:
        query = query.where(SampleRow.cut_at >= utc(since), SampleRow.cut_at < utc(until))
        if campaigns:
            query = query.where(_NAME.in_(campaigns))
        with self._database.inspecting() as connection:
            return [tuple(row) for row in connection.execute(query.group_by(_NAME, *keys))]


_NAME = CampaignRow.strategy + "/" + CampaignRow.name
