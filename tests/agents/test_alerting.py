"""Alerts: raised once, cleared once, told through the outbox, and never by chance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from data.ids import new_id
from data.records import Booking, LeftBy, QueueDay, VisitFacts
from data.store import Store
from ivr.agents.alerting import Alerting, Judge
from ivr.agents.live_state import QueueState
from ivr.agents.written import AlertFile, TellFile
from tests.agents.conftest import Time, plan_of
from tests.databases import store_at

WAIT = AlertFile(watch="longest_wait", above=180, clear=120, lasting=30, tell=TellFile(webhook="ops"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    empty = store_at(tmp_path / "ivr.sqlite3")
    yield empty
    empty.close()


def standing(**figures: int | bool) -> QueueState:
    usual: dict[str, int | bool] = {"waiting": 0, "longest_wait": 0, "agents": 1, "open": True}
    usual |= figures
    return QueueState(
        queue="billing",
        open=bool(usual["open"]),
        waiting=int(usual["waiting"]),
        longest_wait=int(usual["longest_wait"]),
        expected_wait=None,
        agents=int(usual["agents"]),
        free=0,
        busy=0,
        paused=0,
        today=QueueDay(answered=0, in_time=0, lost=0, lost_late=0),
        callers=(),
    )


@pytest.mark.parametrize(
    ("figures", "verdicts"),
    [
        ([200, 200, 200, 200], [None, None, None, "raise"]),
        ([200, 100, 200, 200], [None, None, None, None]),
        ([181] * 4 + [180, 121, 120, 120, 120, 120], [None] * 3 + ["raise"] + [None] * 5 + ["clear"]),
        ([200] * 4 + [100, 150, 100, 100, 100, 100], [None] * 3 + ["raise"] + [None] * 5 + ["clear"]),
        ([180] * 6, [None] * 6),
    ],
)
def test_it_must_last_either_way(figures: list[float], verdicts: list[str | None]) -> None:
    """Looked at every 10 s, of 30 that it must last; between the two figures nothing changes."""
    judge = Judge(WAIT)
    assert [judge.judge(value, 10.0 * at) for at, value in enumerate(figures)] == verdicts


def over(store: Store, key: str, left_by: LeftBy, at: datetime, *, waited: int = 0) -> None:
    """Somebody's stay in billing, which ended then after so many seconds."""
    answered = at if left_by == "answered" else None
    stay = VisitFacts(
        id=key,
        queue="billing",
        leg=key,
        joined_at=at - timedelta(seconds=waited),
        answered_at=answered,
        left_at=at,
        left_by=left_by,
    )
    store.queue_visits.learn([stay])


class Watch:
    """Alerts of one server on a clock of the test's."""

    def __init__(self, store: Store, time: Time, **rules: AlertFile) -> None:
        self.time, self.alerting = time, Alerting(store, plan_of()[0], rules, now=time.now)

    def look(self, state: QueueState, after: int = 31) -> list[tuple[str, str]]:
        self.time.ahead += timedelta(seconds=after)
        return [(verdict, rule) for verdict, rule, _ in self.alerting.step([state])]


def test_raised_once_told_once_cleared_once(store: Store) -> None:
    """A row, an errand for each word, also with a second server and after a restart."""
    time = Time()
    first, second = (Watch(store, time, wait=WAIT) for _ in range(2))
    for watch in (first, second):
        assert watch.look(standing(longest_wait=400), 0) == []
    assert first.look(standing(longest_wait=400)) == [("raise", "wait")]
    assert second.look(standing(longest_wait=400)) == []
    restarted = Watch(store, time, wait=WAIT)
    assert restarted.look(standing(longest_wait=400)) == []
    assert [(one.rule, one.value, one.threshold) for one in store.alerts.standing()] == [
        ("wait", 400.0, 180.0)
    ]
    restarted.look(standing(longest_wait=0))
    assert restarted.look(standing(longest_wait=0)) == [("clear", "wait")]
    assert store.alerts.standing() == ()
    told = [
        one.body["fields"]["what"]
        for one in store.outbox.claim("n", at=time.now(), lease=timedelta(1), most=9)
    ]
    assert told == ["raised", "cleared"]


def test_nobody_logged_in_counts_only_while_it_is_open(store: Store) -> None:
    """At night nobody needs to be there."""
    watch = Watch(store, Time(), empty=AlertFile(watch="nobody_logged_in", lasting=0))
    assert watch.look(standing(agents=0, open=False)) == []
    assert watch.look(standing(agents=0)) == [("raise", "empty")]
    assert watch.look(standing(agents=1)) == [("clear", "empty")]


def test_a_share_of_few_says_nothing(store: Store) -> None:
    """Three of four who left are no alert; eleven of twenty are, and only those of the window count."""
    time = Time()
    rule = AlertFile(watch="abandoned_share", above=50, lasting=0, window=600, at_least=10)
    watch = Watch(store, time, share=rule)

    def left(count: int, left_by: LeftBy) -> None:
        for _ in range(count):
            over(store, str(new_id()), left_by, time.now())

    left(3, "abandoned")
    left(1, "answered")
    assert watch.look(standing()) == []
    left(8, "abandoned")
    left(8, "answered")
    assert watch.look(standing()) == [("raise", "share")]
    left(10, "answered")
    assert watch.look(standing(), 590) == [("clear", "share")]


def test_who_went_another_way_has_not_given_up(store: Store) -> None:
    """Left by a key, for a callback or a message; or sent on when it took too long."""
    now = Time().now()
    ends: tuple[LeftBy, ...] = ("key", "timeout", "abandoned", "unknown")
    for left_by in ends:
        over(store, left_by, left_by, now)
    day = store.queue_visits.queue_day("billing", since=now - timedelta(minutes=1), within=180)
    assert (day.lost, day.left, day.offered) == (1, 2, 3)
    assert day.abandoned_share == pytest.approx(1 / 3)


def test_the_service_level_of_a_day_by_hand(store: Store) -> None:
    """In time: 10 and 20 s. Late: 30 s. Gave up at 5 s (counts neither way) and at 40 s (late). 2 of 4."""
    now = Time().now()
    rows: list[tuple[LeftBy, int]] = [
        *(("answered", 10), ("answered", 20), ("answered", 30)),
        *(("abandoned", 5), ("abandoned", 40)),
    ]
    for key, (left_by, waited) in enumerate(rows):
        over(store, str(key), left_by, now, waited=waited)
    day = store.queue_visits.queue_day("billing", since=now - timedelta(minutes=1), within=20)
    assert (day.offered, day.answered, day.in_time, day.lost, day.lost_late) == (5, 3, 2, 2, 1)
    assert day.service_level == 0.5


def test_a_chosen_time_is_due_until_its_end_and_who_rings_is_not_missed(store: Store) -> None:
    """Promised between now and in an hour: missed from then on, and not while they are called."""
    time = Time()
    watch = Watch(store, time, late=AlertFile(watch="missed_callbacks", window=900, lasting=0))
    now = time.now()
    window = {"from_at": now, "until_at": now + timedelta(hours=1)}
    callback, _ = store.callbacks.book(
        Booking(queue="billing", number="+34600111222", language="es", joined_at=now, at=now, **window)
    )
    assert watch.look(standing(), 3600 + 600) == []
    assert watch.look(standing(), 600) == [("raise", "late")]
    mine = store.callbacks.claim(callback.id, "n1", at=time.now(), lease=timedelta(minutes=5))
    assert mine is not None and mine.attempt_id is not None
    assert watch.look(standing(), 10) == []
    store.callbacks.dialled(mine.attempt_id, "n1")
    assert watch.look(standing(), 10) == [("clear", "late")]


def test_what_stands_by_files_of_yesterday_is_over(store: Store) -> None:
    """The rule was taken out, or its queue: nobody judges it any more, and it stood for ever."""
    time = Time()
    now = time.now()
    for rule, queue in (
        ("taken_out", "billing"),
        ("wait", "gone"),
        ("wait", "billing"),
        ("sales_only", "billing"),
    ):
        assert store.alerts.raise_alert(rule, queue, at=now, value=1, threshold=0)
    rules = {"wait": WAIT, "sales_only": AlertFile(watch="waiting", above=3, queues=["sales"])}
    watch = Watch(store, time, **rules)
    watch.look(standing(longest_wait=200), 10)
    assert [(one.rule, one.queue) for one in store.alerts.standing()] == [("wait", "billing")]


def test_callbacks_that_nobody_makes(store: Store) -> None:
    """Due longer ago than the window."""
    time = Time()
    watch = Watch(store, time, late=AlertFile(watch="missed_callbacks", window=900, lasting=0))
    now = time.now()
    store.callbacks.book(
        Booking(queue="billing", number="+34600111222", language="es", joined_at=now, at=now)
    )
    assert watch.look(standing(), 600) == []
    assert watch.look(standing(), 600) == [("raise", "late")]
