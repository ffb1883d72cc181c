"""Reports on lists: every figure with its whole, against what is counted by hand, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert, update

from data.ids import new_id
from data.models import DialAttemptRow, DialEntryRow, SampleMemberRow
from data.records import utc
from data.store import Store
from ivr.reports.lists import blocked_report, list_report
from ivr.reports.periods import Period
from tests.campaigns.dialling.paper import MONDAY, World, campaign_of, numbers_of, people_in

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/Madrid"))
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31), ZoneInfo("Europe/Madrid"))


@pytest.fixture
def world(store: Store) -> World:
    """Ten people meet the condition, two are left out, eight are on the list, five were tried."""
    numbers = [numbers_of(person) for person in range(10)]
    people = people_in(store, numbers)
    made = campaign_of(store, people, numbers)
    with store.database.writing() as connection:
        for person, reason, rule in ((8, "cap", "es.collection"), (9, "dispute", "")):
            mine = SampleMemberRow.customer_id == people[person]
            connection.execute(update(SampleMemberRow).where(mine).values(excluded=reason, rule=rule))
        connection.execute(delete(DialEntryRow))
        entry = {"sample_id": made.sample, "why": ""}
        ends = {0: "answered", 1: "answered", 2: "no_answer", 3: "no_answer", 4: "do_not_call"}
        for person in range(8):
            values = {"customer_id": people[person], "state": "ended" if person in ends else "waiting"}
            connection.execute(insert(DialEntryRow).values(**entry, **values, result=ends.get(person, "")))
    return made


def tried(store: Store, world: World, person: int, result: str, seconds: int = 0, **more: Any) -> None:
    """An attempt; `seconds` from its answer to its end."""
    ended = MONDAY + timedelta(seconds=20 + seconds)
    values: dict[str, Any] = {
        **{"id": new_id(), "campaign_id": world.campaign, "sample_id": world.sample, "rank": 1},
        **{"customer_id": world.people[person], "person": world.people[person].hex, "mode": "automated"},
        **{"number": world.numbers[person][0], "trunk": "main", "claimed_by": "n", "result": result},
        **{"dialled_at": utc(MONDAY), "ended_at": utc(ended)},
        "answered_at": utc(MONDAY + timedelta(seconds=20)) if seconds else None,
    } | more
    with store.database.writing() as connection:
        connection.execute(insert(DialAttemptRow).values(**values))


def test_how_far_a_list_is_worked_through(store: Store, world: World) -> None:
    """Penetration 5 of 8, 7 attempts on 8 accounts, 3 live answers of 7 attempts, one of them abandoned, 3 of
    8 exhausted; what never left the house is no attempt; 7.5 minutes, which cost what their trunks do."""
    tried(store, world, 0, "answered", 120)
    tried(store, world, 1, "abandoned", 30)
    tried(store, world, 1, "answered", 300, trunk="other")
    tried(store, world, 2, "no_answer")
    tried(store, world, 2, "no_answer")
    tried(store, world, 3, "busy")
    tried(store, world, 4, "no_answer")
    for nothing in ("congestion", "trunk", "cancelled"):
        tried(store, world, 5, nothing)
    prices: dict[str, float | None] = {"main": 2.0, "other": 10.0}
    (row,) = list_report(store.list_figures, NOVEMBER, prices=prices, currency="EUR").rows
    shares = {"penetration": 0.625, "intensity": 0.875, "contact_rate": 3 / 7, "abandon_rate": 1 / 3}
    counts = {"met": 10, "left_out": 2, "loaded": 8, "attempted": 5, "attempts": 7, "live_answers": 3}
    rest = {"abandoned": 1, "exhausted": 3, "exhaustion": 0.375, "talk_minutes": 7.5, "cost": 0.55}
    expected = {"campaign": "s/reminder", **shares, **counts, **rest}
    assert {name: pytest.approx(row[name], abs=1e-4) for name in row} == expected
    (unpriced,) = list_report(store.list_figures, NOVEMBER, prices={"main": 2.0}, currency="EUR").rows
    assert unpriced["cost"] is None, "nobody knows what `other` costs"
    assert list_report(store.list_figures, OCTOBER, prices={}, currency="EUR").rows == []
    assert list_report(store.list_figures, NOVEMBER, prices={}, currency="EUR", only=["s/x"]).rows == []


def test_who_is_not_called_and_why(store: Store, world: World) -> None:
    """At the cut and on the list, with the rule; of all ten whom the condition met."""
    rows = [tuple(row.values()) for row in blocked_report(store.list_figures, NOVEMBER).rows]
    assert rows == [
        ("s/reminder", "list", "no_answer", "", 2, 0.2),
        ("s/reminder", "list", "do_not_call", "", 1, 0.1),
        ("s/reminder", "sample", "cap", "es.collection", 1, 0.1),
        ("s/reminder", "sample", "dispute", "", 1, 0.1),
    ]
