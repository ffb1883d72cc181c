"""When people were called and reached, by the ledger: for whoever chooses a good hour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select

from data.bulk import among
from data.database import Database
from data.models import ContactRow
from data.records import utc

Hour = tuple[datetime, int, int]
"""An hour's beginning (UTC), the calls in it, and how many of them were conversations."""


class ContactHours:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def everybody(self, *, since: datetime) -> tuple[Hour, ...]:
        """Of all calls since then; hours without one are not told."""
        sqlite = self._database.backend == "sqlite"
        hour: Any = func.substr(ContactRow.at, 1, 13) if sqlite else func.date_trunc("hour", ContactRow.at)
        talked = func.sum(case((ContactRow.conversation.is_(True), 1), else_=0)).label("talks")
        made = (
            ContactRow.channel == "call",
            ContactRow.at >= utc(since),
            ContactRow.conversation.is_not(None),
        )
        query = select(hour.label("hour"), func.count().label("calls"), talked).where(*made).group_by(hour)
        with self._database.inspecting() as connection:
            return tuple(
                (moment_of(row.hour), row.calls, int(row.talks)) for row in connection.execute(query)
            )

    def of(self, customer_ids: Iterable[UUID], *, since: datetime) -> tuple[Hour, ...]:
        """Of the calls to one person, one by one."""
        with self._database.reading() as connection:
            mine = (
                among(connection, ContactRow.customer_id, tuple(customer_ids)),
                ContactRow.at >= utc(since),
                ContactRow.channel == "call",
                ContactRow.conversation.is_not(None),
            )
            rows = connection.execute(select(ContactRow.at, ContactRow.conversation).where(*mine))
            return tuple((row.at, 1, int(row.conversation)) for row in rows)


def moment_of(hour: object) -> datetime:
    """The beginning of an hour that was grouped by, as either database writes it."""
    if isinstance(hour, datetime):
        return hour.astimezone(UTC)
    return datetime.strptime(str(hour), "%Y-%m-%d %H").replace(tzinfo=UTC)
