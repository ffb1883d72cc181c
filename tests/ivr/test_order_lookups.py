"""Orders and their days of delivery, looked up in a real database: where they are, late or not, whose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from data.models import OrderRow
from data.store import Store
from dialogs.results import Found, Missing
from ivr.lookups import Lookups
from ivr.working_days import WorkingDaySettings
from tests.ivr.own_lookups import DECEMBER, TODAY, found, owner_of, store, told

__all__ = ["store"]


def test_whose_delivery_days_they_are(store: Store) -> None:
    """Whoever has proved to be somebody learns nothing of an order of somebody else's."""
    lookups = Lookups(store, lambda: TODAY)
    for stranger in ("45716", "none", ""):
        by = {"order_id": "780387", "customer_number": stranger}
        assert lookups.ask("delivery_days", by) == Missing()


@pytest.mark.parametrize(
    ("day", "reason", "following"),
    [
        ("2026-11-24", "", None),
        ("2026-11-29", "no_delivery", "2026-11-30"),  # a Sunday
        ("2026-12-08", "no_delivery", "2026-12-09"),  # a holiday
        ("2026-11-23", "past", "2026-11-24"),
        ("2026-11-01", "past", "2026-11-24"),
        ("2027-01-22", "", None),  # the last day of the window
        ("2027-01-25", "too_far", "2026-11-24"),
        ("9999-12-31", "too_far", "2026-11-24"),
    ],
)
def test_whether_a_delivery_day_is_possible(
    store: Store, day: str, reason: str, following: str | None
) -> None:
    """Sundays, holidays, what is past and what is beyond the window, each with the next possible day."""
    working = WorkingDaySettings().of_site("ES")
    by = {"order_id": "780387", "customer_number": "65193", "day": day}
    answer = Lookups(store, lambda: TODAY, working).ask("day_possible", by)
    assert answer == Found({"possible": not reason, "reason": reason, "next_day": following})


def test_a_parcel_under_way_needs_two_days_and_a_delivered_one_cannot_come(store: Store) -> None:
    """What is with the carrier takes longer to be stopped; somebody else's order is not there."""
    working = WorkingDaySettings().of_site("ES")

    def asked(order_id: str, owner: str, day: str) -> object:
        by = {"order_id": order_id, "customer_number": owner, "day": day}
        return Lookups(store, lambda: TODAY, working).ask("day_possible", by)

    owner = owner_of(store, "order", "780346")
    soon = Found({"possible": False, "reason": "too_soon", "next_day": "2026-11-25"})
    assert asked("780346", owner, "2026-11-24") == soon
    delivered = owner_of(store, "order", "780379")
    gone = Found({"possible": False, "reason": "delivered", "next_day": None})
    assert asked("780379", delivered, "2026-11-25") == gone
    assert asked("780346", "65193", "2026-11-25") == Missing()
    assert asked("780346", owner, "tomorrow") == Missing()


@pytest.mark.parametrize(
    ("number", "status", "carrier", "expected", "delivered"),
    [
        ("780346", "shipped", "SEUR", "2026-11-25", None),
        ("780353", "cancelled", None, None, None),
        ("780361", "out_for_delivery", "MRW", "2026-11-24", None),
        ("780379", "delivered", "Correos Express", "2026-11-20", "2026-11-20"),
        ("780387", "preparing", None, "2026-11-27", None),
    ],
)
def test_where_an_order_is(
    store: Store, number: str, status: str, carrier: str | None, expected: str | None, delivered: str | None
) -> None:
    """One of the demo's orders for each thing that a flow may have to say."""
    order = told(store, "order", number)
    assert (order["status"], order["carrier"]) == (status, carrier)
    assert (order["expected_date"], order["delivered_date"]) == (expected, delivered)
    assert order["late"] is False
    assert order["parcels"] == (1 if status in {"shipped", "out_for_delivery", "delivered"} else 0)
    assert order["parcels_delivered"] == (1 if delivered else 0)
    assert (order["left_with"] is None) == (delivered is None)


def test_an_order_is_late_the_day_after(store: Store) -> None:
    """On the expected day it is not late; what has arrived or was cancelled never is."""
    for days, late in ((2, False), (3, True)):
        assert told(store, "order", "780346", TODAY + timedelta(days=days))["late"] is late
    for number in ("780379", "780353"):
        assert told(store, "order", number, TODAY + timedelta(days=99))["late"] is False


def test_two_parcels_of_one_order(store: Store) -> None:
    """An order may arrive in parts; the look-up counts them."""
    with store.database.writing() as connection:
        order_id = connection.scalar(
            OrderRow.__table__.select()
            .with_only_columns(OrderRow.id)
            .where(OrderRow.order_number == "780379")
        )
        connection.exec_driver_sql(
            "INSERT INTO shipments (id, order_id, n, carrier, status, shipped_at)"
            " VALUES ('00000000000070008000000000000001', ?, 2, 'GLS', 'in_transit', '2026-11-22 10:00:00')",
            (order_id.hex,),
        )
    order = told(store, "order", "780379")
    assert (order["parcels"], order["parcels_delivered"]) == (2, 1)


def test_blanks_are_no_carrier_and_no_goods(store: Store) -> None:
    """Whoever fills the tables may write them for nothing: "lo lleva ." is no sentence."""
    blank = update(OrderRow).where(OrderRow.order_number.in_(("780346", "780387")))
    with store.database.writing() as connection:
        connection.execute(blank.values(carrier=" ", items=" "))
    order = found(store, "order", order_id="780346", home_postcode="28014", customer_number="none")
    assert (order["has_carrier"], order["carrier"]) == (False, None)
    days = found(store, "delivery_days", order_id="780387", customer_number="65193")
    assert (days["has_items"], days["items"]) == (False, None)
    listed = found(store, "changeable_orders", customer_number="65193", change="cancel")
    assert listed["items_1"] is None


@pytest.mark.parametrize(
    ("settings", "days"),
    [
        ({}, ["2026-12-07", "2026-12-09", "2026-12-10"]),
        ({"deliveries": {"days": {"mon-sat": "08:00-20:00"}}}, ["2026-12-05", "2026-12-07", "2026-12-09"]),
        ({"deliveries": {"holidays": "ES-MD"}}, ["2026-12-09", "2026-12-10", "2026-12-11"]),
        (
            {"deliveries": {"dates": {"2026-12-07": "closed", "2026-12-08": "09:00-12:00"}}},
            ["2026-12-08", "2026-12-09", "2026-12-10"],
        ),
    ],
)
def test_nothing_is_delivered_on_a_holiday(
    store: Store, settings: dict[str, object], days: list[str]
) -> None:
    """Of the country, or of the region that is named; the company's own dates beat both."""
    working = WorkingDaySettings.model_validate(settings).of_site("ES")
    lookups = Lookups(store, lambda: DECEMBER, working)
    answer = lookups.ask("delivery_days", {"order_id": "780387", "customer_number": "65193"})
    assert isinstance(answer, Found)
    assert [answer.record[f"day_{n}"] for n in (1, 2, 3)] == days


def test_a_company_that_never_delivers_offers_no_day(store: Store) -> None:
    """And the look-up ends."""
    working = WorkingDaySettings.model_validate({"deliveries": {"days": {"mon": "closed"}}}).of_site("ES")
    lookups = Lookups(store, lambda: DECEMBER, working)
    answer = lookups.ask("delivery_days", {"order_id": "780387", "customer_number": "65193"})
    assert isinstance(answer, Found)
    assert [answer.record[f"day_{n}"] for n in (1, 2, 3)] == [None, None, None]
