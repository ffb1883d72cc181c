"""What is looked up before an action is done: the person, the debt, the promise, as they are then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, and_, literal, or_, select, update

from data.database import Database
from data.models import (
    AccountRow,
    CallRow,
    CampaignRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    DialAttemptRow,
    PhoneNumberRow,
    PromiseRow,
)
from data.people import people_at
from data.records import utc
from data.records.actions import Action


@dataclass(frozen=True, kw_only=True)
class PromiseThen:
    """The promise that an action is about."""

    id: UUID
    amount_cents: int
    paid_cents: int
    currency: str
    promised_for: date
    status: str


@dataclass(frozen=True, kw_only=True)
class ActionFacts:
    """All of it."""

    strategy: str
    campaign: str
    purpose: str
    declared: Mapping[str, Any]
    """The campaign, as it was started last."""
    stage: str
    balance_cents: int | None
    currency: str
    promise: PromiseThen | None
    number: str
    """At which they were called; empty: the action does not come from a call."""


class FactsOfActions:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, action: Action) -> ActionFacts | None:
        """`None`: the campaign or the person is gone."""
        with self._database.reading() as connection:
            campaign = connection.execute(
                select(CampaignRow).where(CampaignRow.id == action.campaign_id)
            ).one_or_none()
            # Their debt is the one that the action is about, else the first.
            account = AccountRow.id == action.account_id if action.account_id else AccountRow.rank == 1
            debt = (
                select(
                    AccountRow.stage,
                    AccountRow.balance_cents,
                    AccountRow.currency,
                )
                .select_from(CustomerRow)
                .outerjoin(AccountRow, and_(AccountRow.customer_id == CustomerRow.id, account))
                .where(CustomerRow.id == action.customer_id)
            )
            owed = connection.execute(debt.limit(1)).one_or_none()
            if campaign is None or owed is None:
                return None
            number = None
            if action.attempt_id is not None:
                called = select(DialAttemptRow.number).where(DialAttemptRow.id == action.attempt_id)
                number = connection.scalar(called)
            return ActionFacts(
                strategy=campaign.strategy,
                campaign=campaign.name,
                purpose=campaign.purpose,
                declared=json.loads(campaign.declared),
                stage=owed.stage or "none",
                balance_cents=owed.balance_cents,
                currency=owed.currency or "",
                promise=_promise(connection, action),
                number=number or "",
            )

    def whose(self, number: str, customer_id: UUID) -> Literal["theirs", "shared", "unproved"]:
        """`theirs`: nobody else has that number, and they have proved on it who they are, or somebody made
        sure of it."""
        link, call = CustomerPhoneNumberRow, CallRow
        with self._database.reading() as connection:
            if any(one.id != customer_id for one in people_at(connection, number)):
                return "shared"
            sure = (
                select(literal(1))
                .select_from(link)
                .join(PhoneNumberRow, PhoneNumberRow.id == link.phone_number_id)
                .where(PhoneNumberRow.e164 == number, link.customer_id == customer_id)
                .where(link.verified_by.is_not(None))
            )
            proved = select(literal(1)).where(
                call.customer_id == customer_id, call.verified != "", call.caller_number == number
            )
            found = connection.scalar(sure) or connection.scalar(proved.limit(1))
            return "theirs" if found else "unproved"

    @staticmethod
    def reminded_within(connection: Connection, promise_id: UUID, at: Any) -> None:
        """In the transaction of the reminder."""
        mine = update(PromiseRow).where(PromiseRow.id == promise_id, PromiseRow.reminded_at.is_(None))
        connection.execute(mine.values(reminded_at=utc(at)))


def _promise(connection: Connection, action: Action) -> PromiseThen | None:
    """The action's; of a call, the newest that was made in it."""
    mine = [PromiseRow.id == action.promise_id] if action.promise_id is not None else []
    if action.call_id is not None:
        mine.append(and_(PromiseRow.call_id == action.call_id, PromiseRow.customer_id == action.customer_id))
    if not mine:
        return None
    query = select(PromiseRow).where(or_(*mine)).order_by(PromiseRow.made_at.desc(), PromiseRow.id.desc())
    row: Row[Any] | None = connection.execute(query.limit(1)).one_or_none()
    if row is None:
        return None
    return PromiseThen(**{name: getattr(row, name) for name in PromiseThen.__dataclass_fields__})
