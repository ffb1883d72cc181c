"""What can still be changed on an order, by whom, and what stays as a history."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from gevent.threadpool import ThreadPool
from sqlalchemy import select, update

from data.models import OrderChangeRow, OrderRow
from data.records import OrderStatus, Refused, Request
from data.seeds import seed
from data.store import Store
from tests.data.conftest import NOW

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
ASKED = Request(at=NOW)


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=10)
    return store


def changes(store: Store) -> list[tuple[int, str, str, str, str]]:
    with store.database.reading() as connection:
        rows = connection.execute(select(OrderChangeRow).order_by(OrderChangeRow.n)).all()
    return [(row.n, row.kind, row.was, row.now, row.who) for row in rows]


def test_the_delivery_day_is_changed(seeded: Store) -> None:
    """Order and parcels on their way have the new day; each change is one line of history."""
    day = TODAY + timedelta(days=7)
    order = seeded.orders.change_delivery_day("780346", day, ASKED, today=TODAY, of="45716")
    assert isinstance(order, OrderStatus)
    assert (order.expected_on, order.updated_at) == (day, NOW)
    assert {parcel.expected_on for parcel in order.shipments} == {day}
    again = Request(at=NOW, by="agent")
    seeded.orders.change_delivery_day("780346", TOMORROW, again, today=TODAY)
    assert changes(seeded) == [
        (1, "delivery_day", "2026-11-25", "2026-11-30", "caller"),
        (2, "delivery_day", "2026-11-30", "2026-11-24", "agent"),
    ]


@pytest.mark.parametrize(
    ("number", "of", "day", "reason"),
    [
        ("780346", "45716", TODAY, "past"),
        ("780346", "45716", TODAY + timedelta(days=61), "too_far"),
        ("780346", "12807", TOMORROW, "unknown"),
        ("780347", None, TOMORROW, "unknown"),
        ("780353", None, TOMORROW, "cancelled"),
        ("780361", None, TOMORROW, "out_for_delivery"),
        ("780379", None, TOMORROW, "delivered"),
        ("780379; DROP TABLE orders", None, TOMORROW, "unknown"),
    ],
)
def test_why_a_delivery_day_stays(seeded: Store, number: str, of: str | None, day: date, reason: str) -> None:
    """Each reason has its code, and nothing is noted."""
    answer = seeded.orders.change_delivery_day(number, day, ASKED, today=TODAY, of=of)
    assert answer == Refused(reason)
    assert changes(seeded) == []


def test_an_order_is_cancelled_before_it_leaves(seeded: Store) -> None:
    """What is being prepared can be cancelled, once; what has left cannot."""
    order = seeded.orders.cancel("780387", ASKED, of="65193")
    assert isinstance(order, OrderStatus)
    assert (order.status, order.expected_on) == ("cancelled", None)
    assert seeded.orders.cancel("780387", ASKED) == Refused("cancelled")
    assert seeded.orders.cancel("780346", ASKED) == Refused("shipped")
    assert changes(seeded) == [(1, "cancelled", "preparing", "cancelled", "caller")]


def test_asked_again_with_its_key_it_is_told_and_not_made(seeded: Store) -> None:
    """An outbox tries again: the same answer, one line of history."""
    keyed = Request(at=NOW, key="call-1:cancel")
    first = seeded.orders.cancel("780387", keyed)
    assert seeded.orders.cancel("780387", keyed) == first
    assert isinstance(first, OrderStatus)
    assert len(changes(seeded)) == 1


def test_of_several_who_cancel_at_once_one_does(seeded: Store) -> None:
    """Eight threads: one success, seven times the state that they found, one line of history."""
    pool = ThreadPool(8)
    answers = pool.map(lambda _: seeded.orders.cancel("780387", ASKED), range(8))
    pool.kill()
    assert sorted(isinstance(one, OrderStatus) for one in answers) == [False] * 7 + [True]
    assert len(changes(seeded)) == 1


def test_a_customers_orders_newest_first(seeded: Store) -> None:
    """Those under way are what they call about."""
    assert [order.order_number for order in seeded.orders.of_customer("77024")] == ["780379"]
    assert seeded.orders.of_customer("77024", under_way=True) == ()
    with seeded.database.writing() as connection:
        connection.execute(update(OrderRow).where(OrderRow.order_number == "780379").values(status="shipped"))
    assert len(seeded.orders.of_customer("77024", under_way=True)) == 1
