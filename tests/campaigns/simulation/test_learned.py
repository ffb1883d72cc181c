"""`--like`: a population learns from what a real campaign has met, and says where that is too little."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from data.bulk import insert_many
from data.ids import new_id
from data.models import AgentContactRow, DialAttemptRow
from data.store import Store
from ivr.campaigns.simulation.learned import LEAST_CALLS, TooLittleKnown, like
from ivr.campaigns.simulation.population import SHIPPED, Population, read_population
from tests.campaigns.dialling.paper import World, world
from tests.commands import ivr
from tests.databases import store_at

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)
"""Twelve in Barcelona."""
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def twenty() -> Population:
    return read_population(SHIPPED / "twenty.yaml")


def noted(store: Store, made: World, calls: Iterable[tuple[datetime, str, float | None, float, str]]) -> None:
    """Calls that are over: when, result, seconds until the answer (or none), until the end, and the agent."""
    rows: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    for n, (at, result, answered, ended, agent) in enumerate(calls):
        call = new_id()
        rows.append(
            {
                "id": new_id(),
                "campaign_id": made.campaign,
                "sample_id": made.sample,
                "person": f"p{n}",
                "number": "+34931000000",
                "rank": 1,
                "trunk": "main",
                "mode": "progressive",
                "claimed_by": "n1@here",
                "dialled_at": at,
                "answered_at": None if answered is None else at + answered * SECOND,
                "ended_at": at + ended * SECOND,
                "result": result,
                "agent": agent,
                "call_id": call,
            }
        )
        if agent:
            contacts.append(contact_of(call, at, ended))
    with store.database.writing() as connection:
        insert_many(connection, DialAttemptRow, rows)
        if contacts:
            insert_many(connection, AgentContactRow, contacts)


def contact_of(call: UUID, at: datetime, ended: float) -> dict[str, Any]:
    """The agent took it, and worked on it for 40 seconds."""
    over = at + ended * SECOND
    moments = {"joined_at": at, "at": at, "ended_at": over, "closed_at": over + 40 * SECOND}
    key = {"id": new_id(), "key": call.hex, "call_id": call, "queue": "billing", "leg": call.hex}
    return {**key, "agent": "1001", "result": "answered", **moments}


def a_day(talks: float = 90.0) -> list[tuple[datetime, str, float | None, float, str]]:
    """At noon 300 calls with 90 answers, at six 100 with 70; and what does not count."""
    calls: list[tuple[datetime, str, float | None, float, str]] = []
    for hour, people, live in ((0, 300, 90), (6, 100, 70)):
        at = NOON + timedelta(hours=hour)
        calls += [(at, "answered", 6.0 + n % 5, 8 + talks + n % 7, "agent") for n in range(live)]
        calls += [(at, "busy", None, 2.0, "")] * 20
        calls += [(at, "no_answer", None, 25.0, "")] * (people - live - 20)
    return [*calls, (NOON, "congestion", None, 0.2, ""), (NOON, "cancelled", None, 3.0, "")]


def test_figures_are_those_of_the_calls(store: Store, twenty: Population) -> None:
    """By the callee's hour, smoothed; rings until an answer, talks and wrap-up; the rest is as it was."""
    made = world(store, mode="progressive", queue="billing", ring=25)
    noted(store, made, a_day())
    found = like(store, "s", "reminder", twenty, at=NOON + timedelta(days=1))
    people = found.population
    assert (found.calls, found.live, found.talks, found.kept) == (400, 160, 160, ("machines",))
    assert people.live == {
        12 * 60 + 30: round((90 + 20 * 0.4) / 320, 4),
        18 * 60 + 30: round((70 + 20 * 0.4) / 120, 4),
    }
    assert people.live_at(15 * 60 + 30) == pytest.approx((0.3063 + 0.65) / 2, abs=1e-3), "between the two"
    assert (people.busy, people.invalid) == (round(40 / 240, 4), 0.0)
    assert (people.rings.mean, people.rings.longest) == (pytest.approx(8.0, abs=0.1), 25.0)
    assert people.talk.mean == pytest.approx(92, abs=3) and people.wrap_up.mean == 40
    assert (people.machines, people.agents) == (twenty.machines, twenty.agents)


def test_machines_that_were_recognised_are_learned(store: Store, twenty: Population) -> None:
    """As many more as the population says that are missed."""
    made = world(store, mode="automated")
    calls = [*a_day(), *[(NOON, "machine", 15.0, 19.0, "")] * 60]
    noted(store, made, calls)
    found = like(store, "s", "reminder", twenty, at=NOON + timedelta(days=1))
    assert found.population.machines.share == pytest.approx(60 / 300 / 0.95, abs=1e-3)
    assert (found.population.machines.rings, found.live) == (15.0, 160)


def test_too_little_is_refused(store: Store, twenty: Population) -> None:
    """Too few calls, answers or talks; and calls of long ago are not looked at."""
    made = world(store, mode="progressive", queue="billing")
    noted(store, made, a_day())
    with pytest.raises(TooLittleKnown, match="has 0 calls in 60 days"):
        like(store, "s", "reminder", twenty, at=NOON + timedelta(days=100))
    other = world(store, first=50, name="other", mode="progressive", queue="billing")
    quiet = [(NOON, "no_answer", None, 25.0, "")] * LEAST_CALLS
    noted(store, other, quiet)
    with pytest.raises(TooLittleKnown, match="has 0 answers"):
        like(store, "s", "other", twenty, at=NOON + timedelta(days=1))
    without = world(store, first=60, name="without", mode="progressive", queue="billing")
    noted(store, without, [(*one[:4], "") for one in a_day()])
    with pytest.raises(TooLittleKnown, match="has 0 talks"):
        like(store, "s", "without", twenty, at=NOON + timedelta(days=1))


def test_a_coordinator_simulates_like_yesterday(tmp_path: Path) -> None:
    """By the command: what was learned is told, and played; too little is one line."""
    store = store_at(tmp_path / "ivr.sqlite3")
    made = world(store, mode="progressive", queue="billing", at=datetime.now(UTC))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    noted(store, made, [(yesterday, *one[1:]) for one in a_day(30.0)])
    world(store, first=50, name="new", mode="progressive", queue="billing", at=datetime.now(UTC))
    store.close()
    short = tmp_path / "people.yaml"
    short.write_text(
        "hours: {mon-sun: 12:00-12:30}\nagents: 4\nlive: 0.1\n"
        "talk: {mean: 60, spread: 9}\nwrap_up: {mean: 9, spread: 3}\n"
    )
    command = ("campaign", "simulate", "--population", str(short), "--seeds", "1", "--like", "s")
    done = ivr(tmp_path, *command, "reminder", "--json")
    assert done.returncode == 0, done.stderr
    assert "like s reminder: 400 calls" in done.stderr and "40.0% answered" in done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    (first, *_) = told["runs"]
    assert first["live_answers"] / first["calls"] > 0.25, "the file alone says one in ten"
    little = ivr(tmp_path, *command, "new")
    assert little.returncode == 2 and "s new has 0 calls in 60 days: 200 are needed" in little.stderr
