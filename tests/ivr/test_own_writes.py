"""What is written in the own database: done once, refused with its reason, and nothing of anybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.ids import new_id
from data.store import Store
from dialogs.catalogue import load_catalogue
from dialogs.results import Refused, Written
from ivr.back_ends.agreement import differing
from ivr.back_ends.carrying import given_of
from ivr.working_days import WorkingDaySettings
from ivr.writes import SCHEMAS, WRITES, asked
from tests.databases import store_at

FLOWS = Path(__file__).parents[2] / "dialogs" / "flows"
SPAIN = WorkingDaySettings().of_site("ES")
NOW = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The made-up company."""
    store = store_at(tmp_path / "ivr.sqlite3", customers=10)
    yield store
    store.close()


def do(store: Store, name: str, key: str | None = None, **values: str) -> Written | Refused:
    given_of(SCHEMAS[name].values, values)  # as on a call: each value of its type
    return WRITES[name].do(store, values, asked(NOW, key or str(new_id()), None, SPAIN))


def owner(store: Store, order: str) -> str:
    found = store.orders.by_number(order)
    assert found is not None
    return found.customer_number


def test_the_catalogue_tells_all_that_can_be_written() -> None:
    """With the values, reasons and fields that the program has."""
    catalogue = load_catalogue(FLOWS / "catalogue.yaml")
    assert list(differing(catalogue)) == []
    assert set(catalogue.writes) == set(WRITES)
    for name, schema in catalogue.writes.items():
        assert schema == SCHEMAS[name], name


@pytest.mark.parametrize("name", [name for name, one in SCHEMAS.items() if "customer_number" in one.values])
@pytest.mark.parametrize("number", ["45716", "M2", "q7", "b-12/3", "w.1_2"])
def test_whatever_a_list_calls_a_customer(name: str, number: str) -> None:
    """Lists may number their customers so: what is said of them is written all the same."""
    kinds = SCHEMAS[name].values
    some = {"date": "2026-12-04", "phone": "+34600111222"}
    assert given_of(
        kinds, {**{key: some.get(kind, "1") for key, kind in kinds.items()}, "customer_number": number}
    )


def test_another_delivery_day(store: Store) -> None:
    """The look-up gives the new day from then on; the same key changes nothing more."""
    whose = owner(store, "780387")
    order = {"customer_number": whose, "order_id": "780387"}
    first = {**order, "day": "2026-12-04"}
    assert do(store, "delivery_day", "k1", **first) == Written({"expected_date": "2026-12-04"})
    do(store, "delivery_day", "k2", **order, day="2026-12-07")
    assert do(store, "delivery_day", "k1", **first) == Written({"expected_date": "2026-12-07"})
    found = store.orders.by_number("780387")
    assert found is not None
    assert str(found.expected_on) == "2026-12-07"


@pytest.mark.parametrize(
    ("order", "day", "reason"),
    [
        ("780387", "2026-11-23", "past"),
        ("780346", "2026-11-24", "too_soon"),  # with the carrier already
        ("780387", "2027-12-01", "too_far"),
        ("780387", "2026-11-28", "no_delivery"),
        ("780387", "2026-12-08", "no_delivery"),
        ("780361", "2026-11-30", "out_for_delivery"),
        ("780379", "2026-11-30", "delivered"),
        ("780353", "2026-11-30", "cancelled"),
    ],
)
def test_a_day_that_cannot_be(store: Store, order: str, day: str, reason: str) -> None:
    """Each reason is one that the catalogue names."""
    result = do(store, "delivery_day", customer_number=owner(store, order), order_id=order, day=day)
    assert result == Refused(reason)
    assert reason in SCHEMAS["delivery_day"].reasons


def test_an_order_is_cancelled_until_it_has_left(store: Store) -> None:
    """And twice is once."""
    order = {"customer_number": owner(store, "780387"), "order_id": "780387"}
    assert do(store, "order_cancel", "k", **order) == Written()
    assert do(store, "order_cancel", "k", **order) == Written()
    assert do(store, "order_cancel", **order) == Refused("cancelled")
    shipped = {"customer_number": owner(store, "780346"), "order_id": "780346"}
    assert do(store, "order_cancel", **shipped) == Refused("shipped")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("delivery_day", {"order_id": "780387", "day": "2026-12-04"}),
        ("order_cancel", {"order_id": "780387"}),
        ("ticket_note", {"ticket_id": "20264511", "text": "hola"}),
        ("ticket_voice_note", {"ticket_id": "20264511", "recording": "2026/11/23/x.wav"}),
    ],
)
@pytest.mark.parametrize("stranger", ["12807", "99999"])
def test_nothing_of_anybody_elses_is_touched(
    store: Store, name: str, values: dict[str, str], stranger: str
) -> None:
    """Whoever knows a number is not yet its owner: it is as if there were no such thing."""
    orders, tickets = owner(store, "780387"), store.tickets.by_number("20264511")
    assert tickets is not None
    if stranger in (orders, tickets.customer_number):
        stranger = "30460"
    assert do(store, name, customer_number=stranger, **values) == Refused("unknown")


def test_a_note_on_a_ticket(store: Store) -> None:
    """What was understood, or what was said: each once."""
    ticket = store.tickets.by_number("20264511")
    assert ticket is not None
    mine = {"customer_number": ticket.customer_number, "ticket_id": "20264511"}
    for _ in range(2):
        assert do(store, "ticket_note", "k1", **mine, text="sigue sin ir {0.__class__}") == Written()
    assert do(store, "ticket_voice_note", **mine, recording="2026/11/23/x-record-1.wav") == Written()
    after = store.tickets.by_number("20264511")
    assert after is not None
    assert [(note.who, note.text, note.recording) for note in after.notes[-2:]] == [
        ("caller", "sigue sin ir {0.__class__}", None),
        ("caller", "", "2026/11/23/x-record-1.wav"),
    ]


def test_corrections_of_a_customers_own_data(store: Store) -> None:
    """E-mail, telephone and the whole address; the rest stays."""
    mine = {"customer_number": "45716"}
    before = store.customers.by_number("45716")
    assert do(store, "customer_email", **mine, email="lucia@example.com") == Written()
    assert do(store, "customer_phone", **mine, phone="+34 600 111 222") == Written()
    address = {"address": "Calle Mayor 3, 2º B", "postal_code": "28013", "town": "Madrid"}
    assert do(store, "customer_address", **mine, **address) == Written()
    after = store.customers.by_number("45716")
    assert before is not None
    assert after is not None
    assert (after.email, after.phone_numbers[0]) == ("lucia@example.com", "+34600111222")
    assert (after.address, after.postal_code, after.town) == tuple(address.values())
    assert (after.name, after.language) == (before.name, before.language)


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("customer_email", {"email": "lucia"}, "invalid"),
        ("customer_email", {"email": "a@b.com\r\nBcc: x@y.com"}, "invalid"),
        ("customer_email", {"email": "a@b.com,c@d.com"}, "invalid"),
        ("customer_phone", {"phone": "600111222"}, "invalid"),
        ("customer_phone", {"phone": "+34000000000"}, "invalid"),
        *(
            ("customer_phone", {"phone": dear}, "invalid")
            for dear in ("+34806123456", "+34900100200", "+88163331123")
        ),
        ("customer_address", {"address": " ", "postal_code": "28013", "town": "Madrid"}, "invalid"),
    ],
)
def test_what_nobody_can_be_reached_by(store: Store, name: str, values: dict[str, str], reason: str) -> None:
    """Refused, so that the flow asks again."""
    assert do(store, name, customer_number="45716", **values) == Refused(reason)


def test_an_appointment_from_booking_to_cancelling(store: Store) -> None:
    """Taken once, moved with the old place given back, cancelled; a place that is gone is refused."""
    slots = []
    for hours in (24, 48):
        slots.append(
            store.appointments.offer(
                "technician",
                site="Madrid",
                zone="Europe/Madrid",
                begins_at=NOW + timedelta(hours=hours),
                minutes=30,
                capacity=1,
            )
        )
    first, second = (str(slot) for slot in slots)
    mine = {"customer_number": "45716"}
    booked = do(store, "appointment_book", "k", **mine, slot=first)
    assert isinstance(booked, Written)
    assert (booked.record["date"], booked.record["time"]) == ("2026-11-24", "10:00")
    assert do(store, "appointment_book", "k", **mine, slot=first) == booked
    assert do(store, "appointment_book", customer_number="12807", slot=first) == Refused("taken")
    assert do(store, "appointment_book", **mine, slot="0" * 32) == Refused("unknown")
    assert do(store, "appointment_book", **mine, slot="first") == Refused("unknown")
    reference = str(booked.record["reference"])
    theirs = {"customer_number": "12807", "appointment_id": reference}
    assert do(store, "appointment_cancel", **theirs) == Refused("unknown")
    moved = do(store, "appointment_move", **mine, appointment_id=reference, slot=second)
    assert isinstance(moved, Written)
    assert moved.record["date"] == "2026-11-25"
    assert isinstance(do(store, "appointment_book", customer_number="12807", slot=first), Written)
    assert do(store, "appointment_cancel", **mine, appointment_id=reference) == Written()
    assert do(store, "appointment_cancel", **mine, appointment_id=reference) == Refused("cancelled")
