"""What self-service asks for beyond the first answer, on both databases."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from data.models import CustomerRow, OrderRow
from data.records import BEFORE_DISPATCH, Request
from data.seeds import demo_customers, seed
from data.store import Store
from dialogs.results import Found, Missing
from ivr.lookups import LOOKUPS
from ivr.lookups.delivery_days import NOTICE_DAYS

NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=10)
    return store


def ask(store: Store, name: str, **by: str) -> Found | Missing:
    return LOOKUPS[name](store, by, NOW)


def record(store: Store, name: str, **by: str) -> dict[str, object]:
    answer = ask(store, name, **by)
    assert isinstance(answer, Found), name
    return dict(answer.record)


def give_all_orders_to(store: Store, customer_number: str) -> None:
    """Those that had left are still being prepared."""
    whose = select(CustomerRow.id).where(CustomerRow.customer_number == customer_number)
    with store.database.writing() as connection:
        connection.execute(update(OrderRow).values(customer_id=whose.scalar_subquery()))
        connection.execute(update(OrderRow).where(OrderRow.status == "shipped").values(status="preparing"))


def test_several_accounts_are_told_apart_and_asked_for_one_by_one(seeded: Store) -> None:
    """By their place in the list, or by how their number ends; nobody else's answer."""
    assert record(seeded, "account", customer_number="30460")["several"] is True
    assert record(seeded, "account", customer_number="45716")["several"] is False
    every = record(seeded, "accounts", customer_number="30460")
    assert (every["count"], every["label_1"], every["label_2"], every["label_3"]) == (
        2,
        "fibra",
        "mòbil",
        None,
    )
    second = record(seeded, "one_account", customer_number="30460", account="2")
    assert (second["label"], second["balance"], second["balance_currency"]) == ("mòbil", 1200, "EUR")
    by_digits = record(seeded, "one_account", customer_number="30460", account=str(every["ending_2"]))
    assert by_digits == second
    for wrong in ("3", "0", "", "-1", "9999", "２", "' OR 1=1 --"):
        assert ask(seeded, "one_account", customer_number="30460", account=wrong) == Missing(), wrong
    assert ask(seeded, "accounts", customer_number="99999") == Missing()


def test_movements_come_three_at_a_time_newest_first(seeded: Store) -> None:
    """Following `next` gives each once, and ends."""
    every = seeded.accounts.movements("45716", most=30)
    assert len(every) > 3
    told, begin = [], "1"
    while True:
        found = record(seeded, "movements", **{"customer_number": "45716", "account": "1", "from": begin})
        for n in range(1, int(str(found["count"])) + 1):
            amount = int(str(found[f"amount_{n}"]))
            assert amount >= 0
            theirs = found[f"what_{n}"] in ("payment", "refund", "credit")
            told.append((-amount if theirs else amount, found[f"date_{n}"]))
        if not found["has_more"]:
            break
        begin = str(found["next"])
    days = [one.at.astimezone(NOW.tzinfo).date().isoformat() for one in every]
    assert told == list(zip((one.amount_cents for one in every), days, strict=True))


@pytest.mark.parametrize("begin", ["0", "", "-1", "x", "31", "99999999999999999999", "²"])
def test_movements_from_nowhere_are_missing(seeded: Store, begin: str) -> None:
    """What stands in a flow file may be anything."""
    asked = {"customer_number": "45716", "account": "1", "from": begin}
    assert ask(seeded, "movements", **asked) == Missing()


def test_days_for_a_delivery_are_working_days_that_the_write_takes(seeded: Store) -> None:
    """Whatever is offered can be done; the day that is planned already is not offered."""
    order = seeded.orders.by_number("780387")
    assert order is not None and order.status == "preparing"
    found = record(seeded, "delivery_days", order_id="780387", customer_number=order.customer_number)
    assert (found["state"], found["can_cancel"]) == ("possible", True)
    days = [datetime.fromisoformat(str(found[f"day_{n}"])).date() for n in (1, 2, 3)]
    assert all(day.isoweekday() <= 5 and day != order.expected_on for day in days)
    assert sorted(set(days)) == days
    for day in days:
        done = seeded.orders.change_delivery_day(
            "780387", day, Request(at=NOW), today=NOW.date(), of=order.customer_number
        )
        assert getattr(done, "expected_on", None) == day


@pytest.mark.parametrize(("number", "state"), [("780353", "cancelled"), ("780379", "delivered")])
def test_an_order_that_is_over_has_no_other_day(seeded: Store, number: str, state: str) -> None:
    """The flow tells why by the state."""
    order = seeded.orders.by_number(number)
    assert order is not None
    found = record(seeded, "delivery_days", order_id=number, customer_number=order.customer_number)
    assert (found["state"], found["can_cancel"], found["day_1"]) == (state, False, None)


@pytest.mark.parametrize(("change", "states"), [("cancel", BEFORE_DISPATCH), ("delivery", NOTICE_DAYS)])
def test_orders_that_can_still_be_changed(seeded: Store, change: str, states: Container[str]) -> None:
    """Exactly those that the write would take, the last one placed first; and nobody else's."""
    demo = demo_customers()
    lists = []
    for one in (False, True):
        for customer in demo[:1] if one else demo:
            orders = seeded.orders.of_customer(customer.customer_number)
            wanted = [order.order_number for order in orders if order.status in states]
            asked = {"customer_number": customer.customer_number, "change": change}
            if wanted:
                found = record(seeded, "changeable_orders", **asked)
                assert found["count"] == len(wanted)
                assert [found[f"order_id_{n}"] for n in range(1, 4)] == [*wanted, None, None, None][:3]
            else:
                assert ask(seeded, "changeable_orders", **asked) == Missing()
            lists.append(wanted)
        give_all_orders_to(seeded, demo[0].customer_number)
    assert [] in lists and len(lists[-1]) > 1
    for by in (
        {"customer_number": "45716", "change": "x"},
        {"customer_number": "' OR 1=1", "change": change},
    ):
        assert ask(seeded, "changeable_orders", **by) == Missing()


def test_no_order_no_days(seeded: Store) -> None:
    """Also for what is no number, and for an order that is another customer's."""
    for number in ("1", "'; DROP TABLE orders; --"):
        assert ask(seeded, "delivery_days", order_id=number, customer_number="45716") == Missing()
    order = seeded.orders.by_number("780387")
    assert order is not None
    for whose in ("45716" if order.customer_number != "45716" else "30460", ""):
        assert ask(seeded, "delivery_days", order_id="780387", customer_number=whose) == Missing()
