"""What agents did on a day, on both databases: hand-computed days, also those of 25 hours or not over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from data.records import (
    AgentState,
    Finished,
    MissedOffer,
    NeverTalked,
    NewWork,
    StateChange,
    VisitFacts,
)
from data.store import Store
from ivr.reports.building import (
    agent_report,
    pause_report,
    queue_report,
    staffing_report,
    work_report,
)
from ivr.reports.periods import Period
from ivr.reports.staffing import Goal
from tests.data.stays import AFTER, MADRID, PERIOD, TERMS, at, only, visit


def comes(store: Store, *changes: tuple[datetime, AgentState, str], agent: str = "1001") -> None:
    """Their states: when, what, why; training counts as work."""
    for when, state, reason in changes:
        store.agents.change_state(
            StateChange(
                agent=agent,
                state=state,
                at=when,
                by=agent,
                source="cli",
                reason=reason,
                counts_as_work=reason in ("", "training"),
            )
        )


def test_agents_by_hand(store: Store) -> None:
    """1001: from 9:00 to 10:00 with ten minutes' break, logged out in the middle of a talk."""
    comes(store, (at(-600), "out", ""), (at(0), "in", ""), (at(20), "paused", "lunch"))
    comes(store, (at(30), "in", ""), (at(58), "out", ""))
    store.queue_visits.learn(
        [
            visit("a", at(10), waits=0, talks=480, wraps=120, agent="1001"),
            visit("b", at(55), waits=0, talks=600, wraps=0, agent="1001"),
            visit("c", at(19), waits=0, talks=120, wraps=0, agent="1001"),  # goes on into the break
            MissedOffer(visit_id="x", at=at(31), agent="1001", queue="billing"),
        ]
    )
    row = only(agent_report(store.figures, PERIOD, by=["agent"], now=AFTER).rows)
    assert (row["answered"], row["missed"], row["talking"], row["wrapping_up"]) == (3, 1, 1200.0, 120.0)
    # there: 20 + 28 min by status, one minute of talk in the break, seven after logging out
    assert (row["there"], row["on_break"]) == (56 * 60.0, 9 * 60.0)
    assert row["occupancy"] == round(1260 / (56 * 60), 4)  # c began in the work after a: that minute is one
    assert (row["talk_mean"], row["handling_mean"], row["handling_max"]) == (400.0, 440.0, 600.0)
    by_hour = agent_report(store.figures, PERIOD, by=["60"], now=AFTER).rows
    assert [(one["when"][-5:], one["there"], one["talking"], one["answered"]) for one in by_hour] == [  # type: ignore[index]  # a text
        ("09:00", 51 * 60.0, 900.0, 3),
        ("10:00", 300.0, 300.0, 0),
    ]


def test_pauses_by_hand(store: Store) -> None:
    """1001: lunch from 9:50 to 10:20, at once training until 10:30; 1002: lunch from 9:00 on, in a talk until
    9:10, which is no pause."""
    comes(store, (at(0), "in", ""), (at(50), "paused", "lunch"), (at(80), "paused", "training"))
    comes(store, (at(90), "in", ""), (at(100), "out", ""))
    comes(store, (at(0), "paused", "lunch"), (at(30), "out", ""), agent="1002")
    store.queue_visits.learn([visit("a", at(0), waits=0, talks=600, wraps=0, agent="1002")])
    rows = pause_report(store.figures, PERIOD, by=["agent"], now=AFTER).rows
    assert [tuple(row.values()) for row in rows] == [
        ("1001", "lunch", 1, 1800.0, 0.0),
        ("1001", "training", 1, 600.0, 600.0),
        ("1002", "lunch", 1, 1200.0, 0.0),
    ]
    by_hour = pause_report(store.figures, PERIOD, by=["60"], now=AFTER).rows
    assert [(row["when"][-5:], row["reason"], row["pauses"], row["paused"]) for row in by_hour] == [  # type: ignore[index]  # a text
        ("09:00", "lunch", 2, 1800.0),
        ("10:00", "lunch", 0, 1200.0),
        ("10:00", "training", 1, 600.0),
    ]


def test_an_answer_without_a_talk_is_taken_back(store: Store) -> None:
    """By one server or by two, one of them late: the next agent's answer counts, and only it."""
    offered = VisitFacts(id="m", queue="billing", leg="l", joined_at=at(0))
    first = replace(offered, agent="1001", answered_at=at(1))
    never = NeverTalked(visit_id="m", at=at(2))
    second = replace(offered, agent="1002", answered_at=at(3))
    for told in ([offered, first, never], [second], [first, never, second], [first, never]):
        store.queue_visits.learn(told)
    row = only(queue_report(store.figures, PERIOD, TERMS, by=[]).rows)
    assert (row["answered"], row["wait_mean"]) == (1, 180.0)
    assert store.queue_visits.counts(since=at(0)) == {"1002": (1, 0)}


def test_a_day_that_is_not_over_ends_now(store: Store) -> None:
    """At 10:30 somebody has been there since nine for an hour and a half, and not until midnight; an hour to
    come has no row, and people are computed by hours that are over alone."""
    comes(store, (at(0), "in", ""))
    store.queue_visits.learn([visit(f"v{n}", at(n), waits=0, talks=60, agent="1001") for n in (0, 10, 70)])
    now = at(90)
    rows = agent_report(store.figures, PERIOD, by=["60"], now=now).rows
    assert [(row["when"], row["there"]) for row in rows] == [
        ("2026-11-23 09:00", 3600.0),
        ("2026-11-23 10:00", 1800.0),
    ]
    whole = agent_report(store.figures, PERIOD, by=[], now=now).total
    assert (whole["there"], whole["occupancy"]) == (5400.0, round(180 / 5400, 4))
    hours = staffing_report(store.figures, PERIOD, Goal(0.8, 20), now=now).rows
    assert [(row["hour"], row["offered_per_hour"], row["there_mean"]) for row in hours] == [
        ("09:00", 2.0, 1.0)
    ]
    week = Period(date(2026, 11, 23), date(2026, 11, 29), MADRID)
    (nine,) = staffing_report(store.figures, week, Goal(0.8, 20), now=now).rows
    assert nine["hours"] == 1, "six mornings to come are no mornings without calls"
    assert agent_report(store.figures, PERIOD, by=["60"], now=at(-600)).rows == []


def test_the_night_of_25_hours(store: Store) -> None:
    """The clocks go back on 25 October 2026: two o'clock comes twice, told apart; and the day is one."""
    night = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    store.queue_visits.learn(
        [visit(f"v{n}", night + timedelta(hours=n), waits=5, talks=60, agent="1001") for n in range(4)]
    )
    comes(store, (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), "in", ""))
    period = Period(date(2026, 10, 25), date(2026, 10, 25), MADRID)
    assert (period.until - period.since) == timedelta(hours=25)
    report = queue_report(store.figures, period, TERMS, by=["60"])
    assert [row["when"] for row in report.rows] == [
        "2026-10-25 01:00",
        "2026-10-25 02:00+0200",
        "2026-10-25 02:00+0100",
        "2026-10-25 03:00",
    ]
    assert only(queue_report(store.figures, period, TERMS, by=["day"]).rows)["offered"] == 4
    assert only(agent_report(store.figures, period, by=["day"], now=AFTER).rows)["there"] == 25 * 3600.0
    hours = staffing_report(store.figures, period, Goal(0.8, 20), now=AFTER).rows
    assert {row["hour"]: row["hours"] for row in hours}["02:00"] == 2


def test_work_is_shared_fairly_and_has_one_holder(store: Store) -> None:
    """What is due first goes first, to whoever has the fewest; nobody does another's work; late is told."""
    work, hour = store.work_items, timedelta(hours=1)
    first, new = work.add(NewWork(kind="case", about="1", at=at(0), by="eva", due_at=at(0) + 9 * hour))
    again, renewed = work.add(NewWork(kind="case", about="1", at=at(1), by="luz"))
    assert new and not renewed and again.id == first.id
    others = [
        work.add(NewWork(kind="callback", about=str(n), at=at(0), by="eva", due_at=at(0) + n * hour))[0]
        for n in range(1, 5)
    ]
    assert work.assign(others[3].id, "1001", by="eva", at=at(1))
    assert not work.assign(others[3].id, "1002", by="eva", at=at(1))
    assert work.assign(others[3].id, "1002", by="eva", at=at(1), from_holder="1001")
    assert work.share(["1001", "1002"], by="eva", at=at(2)) == {"1001": 3, "1002": 1}
    assert work.share(["1001", "1002"], by="eva", at=at(2)) == {"1001": 0, "1002": 0}
    assert [one.about for one in work.open(holder="1001")] == ["1", "2", "1"]
    mine = work.open(holder="1001")[0]
    assert not work.done(mine.id, Finished(by="1002", at=at(3)))
    assert work.done(mine.id, Finished(by="1001", at=at(0) + 2 * hour, scores={"greeting": 2}))
    assert not work.done(mine.id, Finished(by="1001", at=at(9)))
    assert work.put_back(others[3].id, "1002") and work.take("1003", at=at(4)) is not None
    assert work.take("1003", at=at(4)) is None
    rows = work_report(work, PERIOD, now=at(0) + 3.5 * hour).rows
    assert {row["agent"]: (row["done"], row["done_late"], row["open"], row["overdue"]) for row in rows} == {
        "1001": (1, 1, 2, 1),
        "1002": (0, 0, 1, 1),
        "1003": (0, 0, 1, 0),
    }
    assert {row["agent"]: row["points_mean"] for row in rows}["1001"] == 2.0
