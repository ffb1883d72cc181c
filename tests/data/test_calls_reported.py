"""Repeated calls, steps and outcomes, and the people needed for a day, on both databases: counted by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data.ids import new_id
from data.records import (
    CallBegun,
    CallStep,
)
from data.store import Store
from ivr.reports.building import (
    caller_report,
    flow_report,
    outcome_report,
    staffing_report,
)
from ivr.reports.staffing import Goal
from tests.data.conftest import begun, ended
from tests.data.stays import AFTER, DAY, PERIOD, at, only, visit


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
