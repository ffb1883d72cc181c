"""Puts one more person on the list of a campaign that is at work: by an action, after its sample was cut."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, and_, delete, select, update

from data.base_facts import On
from data.campaigns import Chosen
from data.candidates import Candidate, candidate_columns, candidates_of
from data.database import Database
from data.dial_list import AGAIN
from data.models import AccountRow, CampaignRow, CustomerRow, DialEntryRow, SampleMemberRow, SampleNumberRow
from data.once import insert_new
from data.records import utc

Joined = Literal["joined", "there", "stopped"]
TAKES = ("running", "paused", "finished")
"""States of a campaign that takes one more. `finished`: nobody was left, and now somebody is."""


def candidate(database: Database, customer_id: UUID, account_id: UUID | None, on: On) -> Candidate | None:
    """Somebody as a sample's cut looks at them, about that account or their first; `None`: they are gone."""
    account = AccountRow.id == account_id if account_id is not None else AccountRow.rank == 1
    query = (
        select(*candidate_columns(on))
        .select_from(CustomerRow)
        .outerjoin(AccountRow, and_(AccountRow.customer_id == CustomerRow.id, account))
        .where(CustomerRow.id == customer_id)
        .limit(1)
    )
    with database.reading() as connection:
        found = candidates_of(connection, connection.execute(query).all())
    return found[0] if found else None


def join_within(
    connection: Connection, campaign_id: UUID, sample_id: UUID, chosen: Chosen, *, at: datetime, why: str
) -> Joined:
    """They are called from that moment on, before those who wait for their first call. `there`: they wait on
    the list, or are being called, already. `stopped`: the campaign works on that sample no more."""
    works = (CampaignRow.id == campaign_id, CampaignRow.sample_id == sample_id)
    running = connection.scalar(select(CampaignRow.state).where(*works).with_for_update())
    if running not in TAKES:
        return "stopped"
    mine = (DialEntryRow.sample_id == sample_id, DialEntryRow.customer_id == chosen.customer_id)
    # Locked before the numbers are changed: whoever is being called now is called by the old ones.
    state = connection.scalar(select(DialEntryRow.state).where(*mine).with_for_update())
    if state not in (None, "ended"):
        return "there"
    _into_sample(connection, sample_id, chosen, why)
    values = {
        "account_id": chosen.account_id,
        "state": "waiting",
        "due_at": utc(at),
        "turn": AGAIN,
        "rank": 1,
        "tries": 0,
        "ended_at": None,
        "result": "",
        "why": "",
    }
    key = {"sample_id": sample_id, "customer_id": chosen.customer_id}
    if not connection.execute(insert_new(connection, DialEntryRow).values(**key, **values)).rowcount:
        connection.execute(update(DialEntryRow).where(*mine, DialEntryRow.state == "ended").values(**values))
    if running == "finished":
        back = update(CampaignRow).where(*works, CampaignRow.state == "finished")
        connection.execute(back.values(state="running", changed_at=utc(at), changed_by="an action"))
    return "joined"


def _into_sample(connection: Connection, sample_id: UUID, chosen: Chosen, why: str) -> None:
    """As one of the sample, with the numbers that they have now."""
    member = {
        "sample_id": sample_id,
        "customer_id": chosen.customer_id,
        "account_id": chosen.account_id,
        "excluded": "",
        "rule": "",
        "why": why[:200],
    }
    if not connection.execute(insert_new(connection, SampleMemberRow).values(**member)).rowcount:
        theirs = (
            SampleMemberRow.sample_id == sample_id,
            SampleMemberRow.customer_id == chosen.customer_id,
        )
        connection.execute(update(SampleMemberRow).where(*theirs).values(**member))
    numbers = (SampleNumberRow.sample_id == sample_id, SampleNumberRow.customer_id == chosen.customer_id)
    connection.execute(delete(SampleNumberRow).where(*numbers))
    for rank, e164 in enumerate(chosen.numbers, 1):
        number = {"sample_id": sample_id, "customer_id": chosen.customer_id, "rank": rank, "e164": e164}
        connection.execute(insert_new(connection, SampleNumberRow).values(**number))
