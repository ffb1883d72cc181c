"""Stays in queues and the reports made of them, on both databases: hand-computed days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from data.ids import new_id
from data.records import (
    AgentState,
    Booking,
    CallBegun,
    CallStep,
    Claimed,
    Finished,
    MissedOffer,
    NeverTalked,
    NewWork,
    StateChange,
    VisitFacts,
)
from data.store import Store
from ivr.agents.follow_ups import carrying_callbacks
from ivr.outbox import Arrived
from ivr.reports.building import (
    agent_report,
    caller_report,
    flow_report,
    outcome_report,
    pause_report,
    queue_report,
    staffing_report,
    work_report,
)
from ivr.reports.periods import Period
from ivr.reports.queues import Formula, Terms
from ivr.reports.staffing import Goal
from tests.data.conftest import begun, ended

MADRID = ZoneInfo("Europe/Madrid")
DAY = datetime(2026, 11, 23, 9, 0, tzinfo=MADRID)
PERIOD = Period(date(2026, 11, 23), date(2026, 11, 23), MADRID)
AFTER = DAY + timedelta(days=7)
TERMS = Terms(within=lambda _queue: 20)


def at(minutes: float, seconds: float = 0.0) -> datetime:
    """So long after nine."""
    return DAY + timedelta(minutes=minutes, seconds=seconds)


def visit(name: str, joined: datetime, **facts: Any) -> VisitFacts:
    """`waits`, `talks`, `wraps`: seconds; answered if it talks."""
    waits, talks, wraps = facts.pop("waits", None), facts.pop("talks", None), facts.pop("wraps", 0)
    if talks is not None:
        answered = joined + timedelta(seconds=waits)
        end = answered + timedelta(seconds=talks)
        facts |= {"answered_at": answered, "talk_ended_at": end, "left_at": end, "left_by": "answered"}
        facts |= {"wrapped_up_at": end + timedelta(seconds=wraps)}
    elif waits is not None:
        facts["left_at"] = joined + timedelta(seconds=waits)
    return VisitFacts(
        **{"id": name, "queue": "billing", "leg": f"leg of {name}", "joined_at": joined, **facts}
    )


def only(rows: Any) -> Mapping[str, Any]:
    (row,) = rows
    found: Mapping[str, Any] = row
    return found


def test_facts_are_learnt_once_in_any_order(store: Store) -> None:
    """Two servers tell the same, one of them late and a second off: the first word on each fact stands."""
    visits = store.queue_visits
    start = visit("m", at(0), position=2, told_wait=60)
    end = visit("m", at(0, -0.9), waits=31.9, talks=100, agent="1001")
    for told in (start, start, end, visit("m", at(0, -0.9), waits=40, talks=1, agent="1002"), start):
        visits.learn([told])
    row = only(store.figures.visits(PERIOD.since, PERIOD.until))
    assert (row.joined_at, row.told_wait, row.agent) == (at(0), 60, "1001")
    assert row.answered_at == at(0, 31) and row.talk_ended_at == at(0, 131)
    visits.offered([("m", at(0, 25)), ("m", at(0, 28)), ("nobody", at(0))])
    assert visits.there("") == []


def test_unknown_is_only_a_guess(store: Store) -> None:
    """Who is listed no more has gone, nobody knows how; the real end replaces that, and stays."""
    visits = store.queue_visits
    visits.learn([visit("m", at(0), switch="s"), visit("n", at(1), switch="other")])
    assert [one.id for one in visits.there("s")] == ["m"]
    visits.learn([visit("m", at(0), left_at=at(9), left_by="unknown")])
    assert visits.there("s") == []
    visits.learn([visit("m", at(0), left_at=at(2), left_by="key", left_for="1")])
    visits.learn([visit("m", at(0), left_at=at(9), left_by="unknown")])
    first = next(store.figures.visits(PERIOD.since, PERIOD.until))
    assert (first.left_at, first.left_by, first.left_for) == (at(2), "key", "1")


def a_day(store: Store) -> None:
    """Ten stays in billing, two in sales:

    waits of the answered: 10, 20, 30, 200 s (billing); 5 s (sales). Hung up after 2 and 60 s.
    """
    store.queue_visits.learn(
        [
            visit("a", at(0), waits=10, talks=100, wraps=20, agent="1001", told_wait=40),
            visit("b", at(5), waits=20, talks=200, wraps=10, agent="1002", held_ms=50_000),
            visit("c", at(10), waits=30, talks=300, wraps=0, agent="1001", told_wait=36),
            visit("d", at(31), waits=200, talks=60, wraps=0, agent="1001", told_wait=100),
            visit("e", at(1), waits=2, left_by="abandoned"),
            visit("f", at(2), waits=60, left_by="abandoned"),
            visit("g", at(3), waits=90, left_by="overflow", left_for="sales", leg="g"),
            visit("h", at(4), waits=50, left_by="key", left_for="1"),
            visit("i", at(6), left_at=at(6), left_by="refused", left_for="timeout"),
            visit("j", at(7), left_at=at(7), left_by="refused", left_for="closed"),
            visit("k", at(8), waits=0, left_by="unknown"),
            visit("l", at(9)),
            # g goes on to sales, is answered, and is passed on to billing
            visit("m", at(4, 30), queue="sales", leg="g", waits=5, talks=65, agent="1003"),
            visit("n", at(6), leg="g", waits=500, left_by="abandoned"),
            # h is called back after 40 minutes
            visit("o", at(44), kept_since=at(4), waits=3, talks=30, wraps=5, agent="1002"),
            MissedOffer(visit_id="f", at=at(2, 20), agent="1002", queue="billing", cause="NO_ANSWER"),
            MissedOffer(visit_id="f", at=at(2, 20), agent="1002", queue="billing", cause="NO_ANSWER"),
        ]
    )
    store.callbacks.book(
        Booking(queue="billing", number="+34600111222", language="es", joined_at=at(4), at=at(4, 50))
    )


def test_a_queue_by_hand(store: Store) -> None:
    """Every figure of the day of `a_day`, computed on paper."""
    a_day(store)
    report = queue_report(store.figures, PERIOD, TERMS, by=["queue"])
    billing, sales = report.rows
    assert {name: billing[name] for name in billing if isinstance(billing[name], int)} == {
        "offered": 11,  # a-h, k, l, n: neither the refused nor who was called back
        "answered": 4,
        "abandoned": 3,  # e f n
        "short_abandoned": 1,  # e
        "overflowed": 1,
        "left_by_key": 1,
        "timed_out": 0,
        "moved": 0,
        "unknown": 1,
        "still_there": 1,
        "refused": 2,
        "transferred": 0,
        "missed": 1,
        "callbacks_kept": 1,
        "callbacks_reached": 1,
    }
    assert billing["service_level"] == 0.25  # a and b of 11 - k - l - e
    # Asked for a person: a-h and i (full); j came after hours, k and l are open; n and m are g's. Under three
    # minutes from the first queue on: a, b, c, and g (95 s).
    assert billing["law_share"] == round(4 / 9, 4) and billing["law_mean"] is None
    assert (billing["wait_mean"], billing["wait_p50"], billing["wait_p95"]) == (65.0, 20.0, 200.0)
    assert (billing["wait_max"], billing["abandoned_after"]) == (200.0, round(562 / 3, 3))
    assert billing["told_error"] == 0.2  # c: 6 of 30; d: 100 of 200; the lower median; a waited too short
    assert (billing["talk_mean"], billing["hold_mean"], billing["wrap_up_mean"]) == (138.0, 10.0, 7.0)
    assert (billing["handling_mean"], billing["handling_p50"]) == (145.0, 120.0)  # 120 210 300 60 35
    assert (billing["handling_p95"], billing["handling_max"]) == (300.0, 300.0)
    assert (billing["callback_wait_mean"], billing["callback_wait_max"]) == (2403.0, 2403.0)
    assert (sales["offered"], sales["answered"], sales["transferred"]) == (1, 1, 1)
    assert (sales["service_level"], sales["law_share"]) == (1.0, None)  # its only call asked in billing
    assert report.total["offered"] == 12 and report.total["wait_mean"] == 53.0


def test_what_an_agent_agreed_is_no_place_that_a_caller_kept(store: Store) -> None:
    """Kept: one place, one callback without a place. Agreed by agents: one in time, one whose errand came an
    hour late. Of the three that were called and answered, one had kept their place (40 min 10 s)."""
    later = carrying_callbacks(store.callbacks, lambda: at(60))
    for name, due in (("1", at(120)), ("2", at(0))):
        body = {"queue": "billing", "number": f"+3460011122{name}", "language": "es", "story": {}}
        errand = Claimed(
            id=new_id(), kind="callback", target="billing", body={**body, "due_at": due.isoformat()},
            idempotency_key=name, created_at=at(0), tries=1, last_error="", lease_until=at(70), call_id=None,
            customer_id=None,
        )  # fmt: skip
        assert later(errand) == Arrived()
    for number, joined in (("+34600111223", at(4)), ("+34600111224", at(20))):
        wish = Booking(queue="billing", number=number, language="es", joined_at=joined, at=at(20))
        store.callbacks.book(wish)
    kept_since = {one.number[-1]: one.joined_at for one in store.callbacks.waiting()}
    store.queue_visits.learn(
        [
            visit(f"v{name}", begun_at, kept_since=kept_since[name], waits=10, talks=60)
            for name, begun_at in (("1", at(121)), ("2", at(62)), ("3", at(44)))
        ]
    )
    row = only(queue_report(store.figures, PERIOD, TERMS, by=["queue"]).rows)
    assert (row["callbacks_kept"], row["callbacks_reached"]) == (2, 1)
    assert row["callback_wait_mean"] == row["callback_wait_max"] == 2410.0
    assert (row["offered"], row["handling_mean"]) == (0, 60.0)


@pytest.mark.parametrize(
    ("formula", "level"),
    [("all", 2 / 9), ("without_short", 2 / 8), ("answered_and_abandoned", 2 / 6), ("answered", 2 / 4)],
)
def test_service_levels_by_their_denominators(store: Store, formula: Formula, level: float) -> None:
    """In time are a and b: of nine whose stay is over, of these without e, of four and two, of four."""
    a_day(store)
    terms = Terms(within=lambda _queue: 20, formula=formula)
    report = queue_report(store.figures, PERIOD, terms, by=[], only=["billing"])
    assert only(report.rows)["service_level"] == round(level, 4)


def test_intervals_count_where_a_stay_began(store: Store) -> None:
    """Quarters and half hours of the local clock."""
    a_day(store)
    report = queue_report(store.figures, PERIOD, TERMS, by=["15", "queue"])
    assert [(row["when"], row["queue"], row["offered"]) for row in report.rows] == [
        ("2026-11-23 09:00", "billing", 10),
        ("2026-11-23 09:00", "sales", 1),
        ("2026-11-23 09:30", "billing", 1),
    ]
    with pytest.raises(ValueError, match="by one interval"):
        queue_report(store.figures, PERIOD, TERMS, by=["15", "60"])
    with pytest.raises(ValueError, match="not by agent"):
        queue_report(store.figures, PERIOD, TERMS, by=["agent"])


def test_the_promise_of_three_minutes_in_a_good_day(store: Store) -> None:
    """Twenty calls, one of them after 400 s: 95 % in time, and the mean of the best nineteen is theirs."""
    waits = [10.0 * n for n in range(1, 20)] + [400.0]
    store.queue_visits.learn([visit(f"v{n}", at(n), waits=wait, talks=60) for n, wait in enumerate(waits)])
    row = only(queue_report(store.figures, PERIOD, TERMS, by=[]).rows)
    assert (row["law_share"], row["law_mean"]) == (round(17 / 20, 4), 100.0)  # 180 s is not less than that


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


def test_midnight_cuts_no_call_in_two(store: Store) -> None:
    """Who waits over midnight, is sent on and answered asked once, on the first day, in 70 s; and who is
    passed on after midnight was transferred on the day of the talk."""
    last = datetime(2026, 11, 23, 23, 59, 30, tzinfo=MADRID)
    later = last + timedelta(minutes=1)
    store.queue_visits.learn(
        [
            visit("a1", last, leg="a", waits=60, left_by="overflow"),
            visit("a2", later, leg="a", queue="sales", waits=10, talks=60, agent="1001"),
            visit("b1", last, leg="b", waits=0, talks=60, agent="1002"),
            visit("b2", later, leg="b", queue="sales", waits=5, left_by="abandoned"),
        ]
    )
    tuesday = Period(date(2026, 11, 24), date(2026, 11, 24), MADRID)
    both = Period(date(2026, 11, 23), date(2026, 11, 24), MADRID)
    before, after, whole = (
        queue_report(store.figures, period, TERMS, by=[]).total for period in (PERIOD, tuesday, both)
    )
    assert (before["law_share"], before["law_mean"], before["transferred"]) == (1.0, 35.0, 1)
    assert (after["law_share"], after["offered"]) == (None, 2)
    assert (whole["law_share"], whole["law_mean"], whole["offered"]) == (1.0, 35.0, 4)


def test_who_finds_one_queue_closed_asks_in_the_next(store: Store) -> None:
    """After hours nobody asks; a queue that is open then does count, as the call's first."""
    store.queue_visits.learn(
        [
            visit("a1", at(0), leg="a", waits=0, left_by="refused", left_for="closed"),
            visit("a2", at(0, 5), leg="a", queue="sales", waits=10, talks=60, agent="1001"),
            visit("b1", at(1), leg="b", waits=0, left_by="refused", left_for="closed"),
        ]
    )
    whole = queue_report(store.figures, PERIOD, TERMS, by=[]).total
    assert (whole["refused"], whole["offered"], whole["law_share"], whole["law_mean"]) == (2, 1, 1.0, 10.0)


def test_people_are_needed_for_calls_that_wait_once_each(store: Store) -> None:
    """200 calls that overflow to sales and are answered there are 10 erlangs, and not 20; 50 that find
    it closed are none. Asked for one queue, all that came there are its load."""
    sent_on = [visit(f"o{n}", at(0, n), leg=f"{n}", waits=30, left_by="overflow") for n in range(200)]
    there = [
        visit(f"v{n}", at(0, n + 30), leg=f"{n}", queue="sales", waits=0, talks=170, wraps=10)
        for n in range(200)
    ]
    closed = [visit(f"c{n}", at(1, n), waits=0, left_by="refused", left_for="closed") for n in range(50)]
    store.queue_visits.learn([*sent_on, *there, *closed])
    for only_these, offered in (([], 200.0), (["billing"], 200.0), (["billing", "sales"], 200.0)):
        row = only(staffing_report(store.figures, PERIOD, Goal(0.8, 20), now=AFTER, only=only_these).rows)
        assert row["offered_per_hour"] == offered
    row = only(staffing_report(store.figures, PERIOD, Goal(0.8, 20), now=AFTER).rows)
    assert (row["load"], row["needed"]) == (10.0, 14)


def call(number: str, when: datetime, **changes: object) -> CallBegun:
    return begun(new_id(), caller_number=number, started_at=when, **changes)


def test_repeated_calls_by_hand(store: Store) -> None:
    """Ana calls on Monday after six days, and twice more; Luis after eight days; two numbers are withheld."""
    ana, luis = "+34600111001", "+34600111002"
    for number, when in (
        (ana, DAY - timedelta(days=6)),
        (ana, at(0)),
        (ana, at(10)),
        (ana, at(20)),
        (luis, DAY - timedelta(days=8)),
        (luis, at(5)),
        ("anonymous", at(6)),
        ("", at(7)),
    ):
        store.calls.begin(call(number, when))
    store.calls.begin(call(luis, at(30), direction="outbound"))
    row = only(caller_report(store.figures, PERIOD, by=["day"], days=7).rows)
    assert (row["calls"], row["people"], row["withheld"], row["repeated"]) == (6, 2, 2, 3)
    assert row["repeat_share"] == 0.75
    row = only(caller_report(store.figures, PERIOD, by=[], days=1).rows)
    assert (row["repeated"], row["repeat_share"]) == (2, 0.5)


def test_steps_and_outcomes_by_hand(store: Store) -> None:
    """Two calls through one step, one of them twice; the other hangs up there."""
    for n, (outcome, steps) in enumerate(
        (("told", [("ask", "found", 1, 2), ("ask", "found", 0, 1)]), (None, [("ask", "", 0, 1)]))
    ):
        begins = call(f"+3460011100{n}", at(n))
        store.calls.begin(begins)
        end = ended(begins.call_id, outcome=outcome)
        path = tuple(_step(step, left, silences, misses) for step, left, silences, misses in steps)
        store.calls.finish(type(end)(**{**vars(end), "path": path}))
    row = only(flow_report(store.figures, PERIOD).rows)
    assert (row["flow"], row["step"], row["language"], row["calls"], row["visits"]) == (
        "balance", "ask", "es", 2, 3,
    )  # fmt: skip
    assert (row["no_input"], row["no_match"], row["dropped"]) == (1, 4, 1)
    assert (row["no_match_rate"], row["drop_share"]) == (round(4 / 3, 4), round(1 / 3, 4))
    assert not flow_report(store.figures, PERIOD, flow="other").rows
    outcomes = outcome_report(store.figures, PERIOD).rows
    assert {(one["outcome"], one["calls"], one["call_share"]) for one in outcomes} == {
        ("told", 1, 0.5), ("–", 1, 0.5),
    }  # fmt: skip


def _step(step: str, left_by: str, no_input: int, no_match: int) -> CallStep:
    return CallStep(
        flow="balance", step=step, language="es", left_by=left_by, no_input=no_input, no_match=no_match
    )


def test_people_needed_by_the_published_example(store: Store) -> None:
    """200 calls an hour of 180 s are 10 erlangs: 14 people answer 88.8 % in 20 s, 13 do not reach 80 %; with
    30 % shrinkage 20 are planned."""
    store.queue_visits.learn([visit(f"v{n}", at(0, n), waits=0, talks=170, wraps=10) for n in range(200)])
    row = only(staffing_report(store.figures, PERIOD, Goal(0.8, 20, 0.3), now=AFTER).rows)
    assert (row["hour"], row["hours"], row["load"], row["needed"], row["planned"]) == (
        "09:00",
        1,
        10.0,
        14,
        20,
    )
    assert row["expected_level"] == pytest.approx(0.8883, abs=1e-4) and row["expected_wait"] == 7.836
    with pytest.raises(ValueError, match="above 0 and below 1"):
        Goal(1.0, 20)


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
