"""The way of calls through the flows: kept with the call's end, counted by call."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.call_log import CallLog
from data.records import MOST_STEPS, CallStep
from data.spool import Spool
from data.store import Store
from data.traffic import FlowTraffic
from tests.data.conftest import NOW, begun, ended


def way(*steps: str, flow: str = "main") -> tuple[CallStep, ...]:
    """`menu>balance` is the step `menu`, left by `balance`; `menu` alone was not left."""
    return tuple(
        CallStep(flow=flow, step=name.partition(">")[0], language="es", left_by=name.partition(">")[2])
        for name in steps
    )


@pytest.fixture
def counted(store: Store) -> Store:
    """Three calls: one goes round twice and ends well, one drops out at the number, one is older."""
    ways = [
        (way("menu>balance", "number>next", "more>yes", "menu>balance", "number>next", "more>no"), 0, "v2"),
        (way("menu>balance", "sub") + way("number", flow="other"), 0, "v2"),
        (way("menu>@person", "person>handed"), 9, "v1"),
    ]
    for path, days, version in ways:
        call = begun(started_at=NOW - timedelta(days=days), flow_version=version)
        store.calls.begin(call)
        assert store.calls.finish(ended(call.call_id, path=path))
    return store


def test_calls_are_counted_once_however_often_they_come(counted: Store) -> None:
    """Visits, exits and ends of one flow; a subflow has its own."""
    assert counted.traffic.of("main") == FlowTraffic(
        calls=3,
        visits={"menu": 3, "number": 1, "more": 1, "sub": 1, "person": 1},
        exits={
            ("menu", "balance"): 2,
            ("menu", "@person"): 1,
            ("number", "next"): 1,
            ("more", "yes"): 1,
            ("more", "no"): 1,
            ("person", "handed"): 1,
        },
        ended={"sub": 1},
        versions=2,
    )
    assert counted.traffic.of("other").ended == {"number": 1}
    assert counted.traffic.of("none") == FlowTraffic(calls=0)


def test_older_calls_can_be_left_out(counted: Store) -> None:
    """By the moment at which they began."""
    recent = counted.traffic.of("main", NOW - timedelta(days=1))
    assert (recent.calls, recent.versions) == (2, 1)
    assert "person" not in recent.visits


def test_a_second_ending_adds_no_steps(store: Store) -> None:
    """Everything may be said twice; the first ending stands, with its path."""
    call = begun()
    store.calls.begin(call)
    assert store.calls.finish(ended(call.call_id, path=way("menu")))
    assert not store.calls.finish(ended(call.call_id, path=way("menu>balance", "number")))
    assert store.traffic.of("main").visits == {"menu": 1}


def test_the_path_comes_through_the_spool(store: Store, tmp_path: Path) -> None:
    """A lost database costs no step."""
    spool = Spool(tmp_path / "spool")
    call = begun()
    spool.keep(call, ended(call.call_id, path=way("menu>balance", "number")))
    CallLog(store, spool).recover("another", NOW)
    assert store.traffic.of("main").exits == {("menu", "balance"): 1}
    assert store.traffic.of("main").ended == {"number": 1}


def test_a_path_without_end_is_cut(store: Store) -> None:
    """One call cannot fill the database."""
    call = begun()
    store.calls.begin(call)
    store.calls.finish(ended(call.call_id, path=way("a>next", "b>next") * MOST_STEPS))
    with store.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM call_steps").scalar() == MOST_STEPS
