"""A database that the outbox waits for: what is told, and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from data.errors import DatabaseLocked, DatabaseLost, DataError
from data.store import Store
from ivr.clock import Clock
from ivr.outbox import BUSY_LOOKS, Outbox


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    store = Store(f"sqlite:///{tmp_path}/ivr.sqlite3")
    yield Outbox(store, owner="me", clock=Clock())
    store.close()


def errors(outbox: Outbox, monkeypatch: pytest.MonkeyPatch, looks: list[DataError | None]) -> list[int]:
    """At which of the looks, each of which ends so, something is told."""
    told = []
    for at, fault in enumerate(looks):

        def carry(_name: str, fault: DataError | None = fault) -> int:
            if fault is not None:
                raise fault
            return 0

        monkeypatch.setattr(outbox, "carry", carry)
        with structlog.testing.capture_logs() as logs:
            outbox._look("write", clock_too=False)
        told += [at for line in logs if line["event"] == "outbox_waits"]
    return told


def test_a_turn_that_does_not_come_is_told_when_it_stays_away(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a start all of a server writes: a look or two without a turn are nothing, more are told once."""
    busy, lost = DatabaseLocked("busy", remedy="wait"), DatabaseLost("gone", remedy="look")
    assert errors(outbox, monkeypatch, [busy] * (BUSY_LOOKS - 1) + [None]) == []
    assert errors(outbox, monkeypatch, [busy] * (BUSY_LOOKS + 2) + [None]) == [BUSY_LOOKS - 1]
    assert errors(outbox, monkeypatch, [lost, lost, None, lost]) == [0, 3]
    assert errors(outbox, monkeypatch, [None, busy, lost]) == [2]
