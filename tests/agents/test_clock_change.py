"""The nights in which clocks change: a day begins at its own midnight, and no second counts twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from data.records import AgentState, LeftBy, StateChange, VisitFacts
from ivr.agents.live_state import LiveState
from ivr.reports.building import agent_report
from ivr.reports.periods import Period
from tests.agents.conftest import MADRID, House, house
from tests.databases import store_at

MOMENTS = [
    ("2026-10-25T00:30+00:00", "2026-10-24T22:00+00:00"),  # half past two, for the first time
    ("2026-10-25T01:30+00:00", "2026-10-24T22:00+00:00"),  # and for the second
    ("2026-10-25T22:59+00:00", "2026-10-24T22:00+00:00"),  # a day of 25 hours
    ("2026-10-25T23:00+00:00", "2026-10-25T23:00+00:00"),
    ("2026-03-29T01:30+00:00", "2026-03-28T23:00+00:00"),  # half past three: there was no half past two
    ("2026-03-29T21:59+00:00", "2026-03-28T23:00+00:00"),  # a day of 23 hours
    ("2026-03-29T22:00+00:00", "2026-03-29T22:00+00:00"),
]
"""In UTC: now, and when the day in Madrid began."""


def test_today_begins_at_the_local_midnight(tmp_path: Path) -> None:
    """What supervisors see of today."""
    with house(tmp_path) as home:
        for now, began in MOMENTS:
            live = _live(home, datetime.fromisoformat(now))
            assert live.midnight() == datetime.fromisoformat(began), now


def _live(home: House, now: datetime) -> LiveState:
    return LiveState(home.store, home.plan, home.roster, home.line.centre, now=lambda: now, zone=MADRID)


def test_a_night_shift_over_the_change_is_an_hour_longer(tmp_path: Path) -> None:
    """From eleven to seven are nine hours: two of them on the day before, and the one that comes twice."""
    store = store_at(tmp_path / "ivr.sqlite3")
    shifts: list[tuple[datetime, AgentState]] = [
        (datetime(2026, 10, 24, 23, 0, tzinfo=MADRID), "in"),
        (datetime(2026, 10, 25, 7, 0, tzinfo=MADRID), "out"),
    ]
    for at, state in shifts:
        store.agents.change_state(StateChange(agent="2001", state=state, at=at, by="x", source="cli"))
    period = Period(date(2026, 10, 24), date(2026, 10, 25), MADRID)
    report = agent_report(store.figures, period, by=["day"], now=period.until)
    assert [row["there"] for row in report.rows] == [3600.0, 8 * 3600.0]
    store.close()


def test_a_wait_over_the_change_has_its_real_length(tmp_path: Path) -> None:
    """Ten minutes from 02:55 (summer) to 02:05 (winter): not minus fifty, and not seventy."""
    store = store_at(tmp_path / "ivr.sqlite3")
    joined = datetime(2026, 10, 25, 2, 55, tzinfo=MADRID)  # fold 0: the first one
    answered = datetime(2026, 10, 25, 2, 5, tzinfo=MADRID, fold=1)
    left_by: LeftBy = "answered"
    facts = VisitFacts(
        id="m",
        queue="billing",
        leg="l",
        joined_at=joined,
        agent="2001",
        answered_at=answered,
        talk_ended_at=answered.astimezone(UTC) + timedelta(minutes=1),
        left_at=answered.astimezone(UTC) + timedelta(minutes=1),
        left_by=left_by,
    )
    store.queue_visits.learn([facts])
    period = Period(date(2026, 10, 25), date(2026, 10, 25), MADRID)
    (visit,) = store.figures.visits(period.since, period.until)
    assert visit.answered_at is not None
    assert (visit.answered_at - visit.joined_at).total_seconds() == 600
    day = store.queue_visits.queue_day("billing", since=period.since, within=180)
    assert (day.answered, day.in_time) == (1, 0)
    store.close()
