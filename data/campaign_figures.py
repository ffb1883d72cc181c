"""What reports count of campaigns beside their calls: promises, and actions by outcome.

Rules:
1. A promise is counted as made when it was made, and as due on the day by which the money was to be there.
2. Counted by the database: a report is as long as its rows, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import String, and_, case, cast, func, select

from data.database import Database
from data.models import ActionRow, CallRow, CampaignRow, ContactRow, MessageRow, PromiseRow
from data.records import utc


class Reached(NamedTuple):
    """How many of a campaign's calls reached whom they were meant for."""

    campaign: str
    calls: int
    right_party: int
    """They have proved who they are."""


class PromisesCounted(NamedTuple):
    """Promises of a campaign in one currency and state."""

    campaign: str
    currency: str
    status: str
    promises: int
    amount_cents: int
    paid_cents: int


class ActionsCounted(NamedTuple):
    """Actions of a campaign by what they follow from, and what became of them."""

    campaign: str
    outcome: str
    kind: str
    result: str
    """`waiting`; of a message that went what became of it (`sent`, `failed`); `done`; else why it
    was dropped."""
    actions: int


class CampaignFigures:
    """Every method blocks while it is read; nothing is changed. `campaigns`: only these, `strategy/name`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reached(self, since: datetime, until: datetime, campaigns: Sequence[str] = ()) -> list[Reached]:
        """Calls of that time, those that never got out of the house left out (they are no contacts)."""
        made, call = ContactRow, CallRow
        proved = and_(call.verified != "", call.customer_id == made.customer_id)
        query = (
            select(_NAME, func.count(), func.sum(case((proved, 1), else_=0)))
            .select_from(made)
            .join(CampaignRow, CampaignRow.id == made.campaign_id)
            .outerjoin(call, call.id == made.call_id)
            .where(made.channel == "call", made.at >= utc(since), made.at < utc(until))
        )
        return [Reached(*row) for row in self._counted(query, campaigns, ())]

    def made(self, since: datetime, until: datetime, campaigns: Sequence[str] = ()) -> list[PromisesCounted]:
        """Promises that were made in that time."""
        return self._promises(campaigns, PromiseRow.made_at >= utc(since), PromiseRow.made_at < utc(until))

    def due(self, first: date, last: date, campaigns: Sequence[str] = ()) -> list[PromisesCounted]:
        """Promises that were due on one of those days."""
        return self._promises(campaigns, PromiseRow.promised_for >= first, PromiseRow.promised_for <= last)

    def actions(
        self, since: datetime, until: datetime, campaigns: Sequence[str] = ()
    ) -> list[ActionsCounted]:
        """Actions that were set off in that time."""
        action, sent = ActionRow, MessageRow
        became = case(
            (action.state == "waiting", "waiting"),
            (action.state == "done", func.coalesce(sent.state, "done")),
            else_=action.result,
        )
        query = (
            select(_NAME, action.outcome, action.kind, became, func.count())
            .select_from(action)
            .join(CampaignRow, CampaignRow.id == action.campaign_id)
            .outerjoin(sent, sent.idempotency_key == _text_of(action.id, self._database.backend))
            .where(action.created_at >= utc(since), action.created_at < utc(until))
        )
        keys = (action.outcome, action.kind, became)
        return [ActionsCounted(*row) for row in self._counted(query, campaigns, keys)]

    def _promises(self, campaigns: Sequence[str], *when: Any) -> list[PromisesCounted]:
        promise = PromiseRow
        query = (
            select(
                _NAME,
                promise.currency,
                promise.status,
                func.count(),
                func.sum(promise.amount_cents),
                func.sum(promise.paid_cents),
            )
            .select_from(promise)
            .join(CampaignRow, CampaignRow.id == promise.campaign_id)
            .where(*when)
        )
        rows = self._counted(query, campaigns, (promise.currency, promise.status))
        return [PromisesCounted(row[0], row[1], row[2], row[3], int(row[4]), int(row[5])) for row in rows]

    def _counted(self, query: Any, campaigns: Sequence[str], keys: Sequence[Any]) -> list[Any]:
        if campaigns:
            query = query.where(_NAME.in_(campaigns))
        with self._database.inspecting() as connection:
            return [tuple(row) for row in connection.execute(query.group_by(_NAME, *keys))]


_NAME = CampaignRow.strategy + "/" + CampaignRow.name


def _text_of(column: Any, backend: str) -> Any:
    """A key as messages name it; SQLite keeps keys as 32 digits without strokes."""
    text = cast(column, String)
    if backend == "postgresql":
        return text
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    first, *rest = (func.substr(text, begin, length) for begin, length in parts)
    found: Any = first
    for part in rest:
        found = found.concat("-").concat(part)
    return found
