"""Stays in queues and the reports made of them, on both databases: hand-computed days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from data.ids import new_id
from data.records import (
    Booking,
    Claimed,
    MissedOffer,
)
from data.store import Store
from ivr.agents.follow_ups import carrying_callbacks
from ivr.outbox import Arrived
from ivr.reports.building import (
    queue_report,
)
from ivr.reports.periods import Period
from ivr.reports.queues import Formula, Terms
from tests.data.stays import MADRID, PERIOD, TERMS, at, only, visit


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
