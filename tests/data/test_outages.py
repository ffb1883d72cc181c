"""PostgreSQL goes away at any moment of a call, as often as one likes: nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data.call_log import CallLog
from data.spool import Spool
from data.store import Store
from tests.data.conftest import NODE, NOW, begun, ended, turn
from tests.data.postgresql import Server


@pytest.mark.parametrize(
    "repetitions",
    [2, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(1200)])],
)
def test_no_outage_loses_anything_of_a_call(
    postgresql_server: Server, postgresql_store: Store, tmp_path: Path, repetitions: int
) -> None:
    """The server goes at any moment of a call and comes back later: every call is whole afterwards."""
    chance = random.Random(7)
    spool = Spool(tmp_path / "spool")
    calls = []
    for _ in range(repetitions):
        seconds = iter(range(0, 10_000, 10))
        log = CallLog(postgresql_store, spool, clock=lambda seconds=seconds: next(seconds))  # type: ignore[misc]  # each its own
        call = begun()
        turns = [turn(n) for n in range(1, 7)]
        goes = chance.randrange(8)
        work = [
            lambda log=log, call=call: log.begin(call),
            *(lambda log=log, call=call, one=one: log.add_turn(call.call_id, one) for one in turns),
            lambda log=log, call=call: log.finish(ended(call.call_id)),
        ]
        for n, write in enumerate(work):
            if n == goes:
                postgresql_server.stop(chance.choice(["fast", "immediate"]))
            write()
        postgresql_server.start()
        log.recover(NODE, NOW)
        calls.append((call, tuple(turns)))
    assert not spool.waiting and not (spool.folder / "set-aside.jsonl").exists()
    for call, turns in calls:
        record = postgresql_store.calls.get(call.call_id)
        assert record is not None and record.finished and record.turns == turns
