"""The report on campaigns, on both databases: a hand-computed day, and 100,000 calls in bounded memory."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from data.bulk import insert_many
from data.campaigns import Campaign
from data.ids import new_id
from data.models import AgentContactRow, CallRow, ContactRow
from data.records import AgentContact, CallAnswered
from data.records.contacts import NewContact
from data.store import Store
from ivr.reports.building import campaign_outcome_report, campaign_report
from ivr.reports.periods import Period
from tests.data.conftest import begun, ended

MADRID = ZoneInfo("Europe/Madrid")
DAY = datetime(2026, 11, 23, 10, 0, tzinfo=MADRID)
PERIOD = Period(date(2026, 11, 23), date(2026, 11, 23), MADRID)


def at(minutes: float) -> datetime:
    """So long after ten."""
    return DAY + timedelta(minutes=minutes)


def a_campaign(store: Store, name: str) -> UUID:
    """Of the strategy `fees`, with a base of nobody."""
    store.campaigns.load("fees", "students", [], at=DAY)
    base = store.campaigns.base("fees", "students")
    assert base is not None
    key = new_id()
    campaign = Campaign(
        id=key,
        strategy="fees",
        name=name,
        base_id=base,
        purpose="collection",
        declared={},
        state="created",
        created_at=DAY,
        created_by="tests",
    )
    assert store.campaigns.create(campaign)
    return key


def tried(
    store: Store,
    campaign: UUID,
    number: str,
    when: datetime,
    result: str | None,
    *,
    conversation: bool = False,
    talks: float | None = None,
    outcome: str | None = None,
    agent_outcome: str | None = None,
) -> None:
    """One call of a campaign; `talks`: answered, so many seconds long; `result` `None`: under way."""
    call_id, leg = new_id(), str(new_id())
    contact = NewContact(
        at=when,
        customer_id=None,
        address=number,
        channel="call",
        purpose="collection",
        campaign_id=campaign,
        call_id=call_id if talks is not None else None,
    )
    store.contacts.note(contact)
    if talks is not None:
        store.calls.begin(begun(call_id, direction="outbound", switch_uuid=leg, started_at=when))
        store.calls.answered(CallAnswered(call_id=call_id, at=when))
        over = when + timedelta(seconds=talks)
        store.calls.finish(ended(call_id, at=over, outcome=outcome))
    if agent_outcome is not None:
        with_agent(store, leg, when, agent_outcome)
    if result is not None:
        assert store.contacts.settle(contact.id, conversation=conversation, result=result)


def with_agent(store: Store, leg: str, when: datetime, outcome: str) -> None:
    talk = AgentContact(key=leg, queue="q", leg=leg, agent="1001", result="answered", joined_at=when, at=when)
    store.agents.note_contact(talk)
    with store.database.writing() as connection:
        table = AgentContactRow.__table__
        connection.execute(table.update().where(table.c.key == leg).values(outcome=outcome))


@pytest.fixture
def day(store: Store) -> Store:
    """Seven calls of one campaign to four people, two of another, and what is none of theirs."""
    reminder, survey = a_campaign(store, "reminder"), a_campaign(store, "survey")
    ana, eva, joan, pau = (f"+3460000000{n}" for n in range(1, 5))
    tried(store, reminder, ana, at(0), "busy")
    tried(store, reminder, ana, at(30), "no_answer")
    promised = {"outcome": "handed_over", "agent_outcome": "promise_to_pay"}
    tried(store, reminder, ana, at(60), "reached", conversation=True, talks=120, **promised)  # type: ignore[arg-type]  # by their names
    tried(store, reminder, eva, at(5), "reached", conversation=True, talks=60, outcome="disputed")
    tried(store, reminder, joan, at(6), "machine", talks=30)
    tried(store, reminder, pau, at(7), "no_answer")
    tried(store, reminder, pau, at(70), None)  # it rings
    tried(store, survey, ana, at(8), "busy")
    tried(store, survey, eva, at(-24 * 60), "busy")  # the day before
    other = {"customer_id": None, "purpose": "service"}
    sms = NewContact(at=at(1), address=ana, channel="sms", campaign_id=survey, **other)  # type: ignore[arg-type]  # by their names
    store.contacts.note(sms)
    store.contacts.note(NewContact(at=at(2), address=ana, channel="call", **other))  # type: ignore[arg-type]  # of no campaign
    return store


def test_campaigns_by_hand(day: Store) -> None:
    """Six of seven are known: three answered (one a machine), two spoken with, one by an agent."""
    report = campaign_report(day.figures, PERIOD, by=["campaign"])
    reminder, survey = report.rows
    assert dict(reminder) == {
        "campaign": "fees/reminder",
        "offered": 7,
        "unsettled": 1,
        "people": 4,
        "tries_per_person": 1.75,
        "answered": 3,
        "answered_share": 0.5,  # of six
        "conversations": 2,
        "conversation_share": 0.6667,  # of three
        "with_agent": 1,
        "agent_share": 0.5,  # of two
        "duration_mean": 70.0,  # of 120, 60 and 30
    }
    assert (survey["campaign"], survey["offered"], survey["answered_share"]) == ("fees/survey", 1, 0.0)
    assert (survey["conversation_share"], survey["duration_mean"]) == (None, None)
    assert (report.total["offered"], report.total["people"]) == (8, 4)  # Ana is one person in both


def test_campaigns_by_hour_and_one_alone(day: Store) -> None:
    """A call counts in the hour in which it was made; a person once in each row."""
    by_hour = campaign_report(day.figures, PERIOD, by=["60"], only=["fees/reminder"]).rows
    assert [(row["when"], row["offered"], row["people"]) for row in by_hour] == [
        ("2026-11-23 10:00", 5, 4),
        ("2026-11-23 11:00", 2, 2),
    ]
    assert campaign_report(day.figures, PERIOD, by=["campaign"], only=["fees/nothing"]).rows == []
    with pytest.raises(ValueError, match="not by queue"):
        campaign_report(day.figures, PERIOD, by=["queue"])


def test_outcomes_of_campaigns_by_hand(day: Store) -> None:
    """The agent's outcome before the flow's, the flow's before the line's; the two denominators differ."""
    rows = campaign_outcome_report(day.figures, PERIOD, only=["fees/reminder"]).rows
    told = [tuple(row[name] for name in ("outcome", "calls", "offered_share")) for row in rows]
    assert told == [
        ("no_answer", 2, 0.3333),
        ("busy", 1, 0.1667),
        ("disputed", 1, 0.1667),
        ("machine", 1, 0.1667),
        ("promise_to_pay", 1, 0.1667),
    ]
    spoken = {row["outcome"]: row["of_conversations"] for row in rows if row["conversations"]}
    assert spoken == {"disputed": 0.5, "promise_to_pay": 0.5}


def many(store: Store, count: int) -> None:
    """Calls of ten campaigns to a fifth as many people; two of five are answered, one has an agent."""
    campaigns = [a_campaign(store, f"c{n}") for n in range(10)]
    calls, contacts, talks = [], [], []
    for n in range(count):
        when = DAY + timedelta(seconds=n % 36_000)
        answered, agent = n % 5 < 2, n % 5 == 0
        call_id, leg = new_id(), str(new_id())
        calls.append(
            {
                **asdict(begun(call_id, direction="outbound", switch_uuid=leg, started_at=when)),
                "answered_at": when if answered else None,
                "ended_at": when + timedelta(seconds=60),
            }
        )
        contacts.append(
            {
                "id": new_id(), "at": when, "address": f"+346{n % max(1, count // 5):08d}",
                "channel": "call", "purpose": "collection", "conversation": answered, "result": "reached",
                "campaign_id": campaigns[n % 10], "call_id": call_id,
            }
        )  # fmt: skip
        if agent:
            talks.append(
                {
                    "id": new_id(), "key": leg, "agent": "1001", "queue": "q", "leg": leg,
                    "result": "answered", "joined_at": when, "at": when, "outcome": f"o{n % 7}",
                }
            )  # fmt: skip
    columns = set(CallRow.__table__.columns.keys()) - {"caller_facts"}
    renamed = [{("id" if key == "call_id" else key): value for key, value in one.items()} for one in calls]
    kept = [{key: value for key, value in one.items() if key in columns} for one in renamed]
    rows = ((CallRow, kept), (ContactRow, contacts), (AgentContactRow, talks))
    with store.database.writing() as connection:
        for table, values in rows:
            for start in range(0, len(values), 5000):
                insert_many(connection, table, values[start : start + 5000])


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_many_calls_take_bounded_memory(store: Store, count: int) -> None:
    """The figures are right, and what is kept does not grow with the calls: one portion of rows."""
    many(store, count)
    campaign_report(store.figures, PERIOD, by=["campaign"], only=["fees/c0"])  # what is loaded once
    began = time.monotonic()
    report = campaign_report(store.figures, PERIOD, by=["15", "campaign"])
    outcomes = campaign_outcome_report(store.figures, PERIOD)
    took = time.monotonic() - began
    assert report.total["offered"] == count
    assert report.total["answered_share"] == 0.4
    assert report.total["agent_share"] == 0.5
    assert sum(int(row["calls"] or 0) for row in outcomes.rows) == count
    tracemalloc.start()
    campaign_report(store.figures, PERIOD, by=["campaign"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"\n{count} calls: {len(report.rows)} rows and outcomes in {took:.1f} s, peak {peak / 1e6:.1f} MB")
    assert peak < 30_000_000
