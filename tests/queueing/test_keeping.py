"""Who is counted as keeping a place while others are told where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import cast

import pytest

from data.callbacks import Callbacks
from data.records import Booking, Callback
from data.store import Store
from ivr.queueing.keeping import FRESH, PlacesKept
from ivr.queueing.reserving import virtual_leg
from tests.data.conftest import NOW
from tests.databases import store_at

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=2)


class Rig:
    def __init__(self, store: Store, *, agent_first: bool = False) -> None:
        self.store, self.now = store, NOW
        self.kept = PlacesKept(store.callbacks, now=lambda: self.now, agent_first=agent_first)

    def book(self, number: str = "+34600111222", waited: float = 300.0, **more: object) -> Callback:
        values: dict[str, object] = {"queue": "billing", "number": number, "language": "es", "at": NOW}
        joined = NOW - timedelta(seconds=waited)
        booking = Booking(**{**values, "joined_at": joined, **more})  # type: ignore[arg-type] # a table
        return self.store.callbacks.book(booking)[0]

    def scores(self, *legs: str) -> list[float]:
        self.now += FRESH
        return self.kept.scores("billing", legs)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_at(tmp_path / "ivr.sqlite3")
    yield store
    store.close()


def test_a_place_is_as_old_as_if_they_had_stayed(store: Store) -> None:
    """With what their segment is ahead. Who is called later, or from another queue, is ahead of nobody."""
    rig = Rig(store)
    rig.book(base_score=60)
    rig.book("+34600111223", due_at=NOW + 60 * MINUTE)
    rig.book("+34600111224", queue="support")
    assert rig.scores() == [300.0 + 60.0 + FRESH.total_seconds()]


@pytest.mark.parametrize(("agent_first", "while_it_rings"), [(False, 1), (True, 0)])
def test_who_is_being_called_is_counted_once(store: Store, agent_first: bool, while_it_rings: int) -> None:
    """Until they are in the switch's queue; with the agent first, until one is reserved for them."""
    rig = Rig(store, agent_first=agent_first)
    place = rig.book()
    mine = store.callbacks.claim(place.id, "n", at=NOW, lease=LEASE)
    assert mine is not None and mine.attempt_id is not None
    attempt = mine.attempt_id
    assert len(rig.scores()) == 1
    assert rig.scores(virtual_leg(attempt)) == []
    assert store.callbacks.dialled(attempt, "n")
    assert len(rig.scores("another")) == while_it_rings
    assert store.callbacks.answered(attempt, "n")
    assert rig.scores(str(attempt)) == []
    assert store.callbacks.reached(attempt, "n", at=NOW)
    assert rig.scores() == []


def test_the_database_is_read_now_and_then(store: Store) -> None:
    """However many look."""
    rig = Rig(store)
    rig.book()
    assert len(rig.scores()) == 1
    rig.book("+34600111223")
    assert len(rig.kept.scores("billing", ())) == 1
    assert len(rig.scores()) == 2


def test_a_database_that_is_lost_or_hangs_holds_nobody_up(store: Store) -> None:
    """What was known last counts, and one that hangs is asked once."""
    rig = Rig(store)
    rig.book()
    assert len(rig.scores()) == 1
    hangs, over, asked = Event(), Event(), []

    class Slow:
        def waiting(self, queue: str) -> tuple[Callback, ...]:
            asked.append(queue)
            hangs.wait(30)
            over.set()
            return ()

    rig.kept._store = cast("Callbacks", Slow())
    assert len(rig.scores()) == len(rig.scores()) == 1
    assert asked == ["billing"]
    hangs.set()
    assert over.wait(5)
