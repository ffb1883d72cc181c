"""The look-ups of the own database, asked of a real one with its made-up customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.store import Store
from dialogs.results import Found
from ivr.lookups import Lookups
from tests.databases import store_at

TODAY = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_at(tmp_path / "ivr.sqlite3", customers=10)
    yield store
    store.close()


def found(store: Store, name: str, now: datetime = TODAY, **by: str) -> dict[str, object]:
    answer = Lookups(store, lambda: now).ask(name, by)
    assert isinstance(answer, Found)
    return dict(answer.record)


def owner_of(store: Store, name: str, number: str) -> str:
    """The customer number that goes with it."""
    one = store.orders.by_number(number) if name == "order" else store.tickets.by_number(number)
    assert one is not None
    return one.customer_number


def told(store: Store, name: str, number: str, now: datetime = TODAY) -> dict[str, object]:
    """What its owner hears, who has proved who they are."""
    key = {"order": "order_id", "ticket": "ticket_id"}[name]
    return found(store, name, now, **{key: number, "customer_number": owner_of(store, name, number)})


DECEMBER = datetime(2026, 12, 4, 10, tzinfo=ZoneInfo("Europe/Madrid"))
"""A Friday; the Constitution and the Immaculate are on Sunday and Tuesday, the first moved nowhere."""
