"""The look-ups of the own database, on a real one: found, missing, and what is wrong said as such."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from sqlalchemy import update

from data.models import AccountRow, CustomerRow, DebtRow, OrderRow, PaymentRow, TicketRow
from data.records import Appointment, NewTicket, Request
from data.store import Store
from dialogs.catalogue import VALUE_TYPES, load_catalogue
from dialogs.results import Failed, Found, Missing
from ivr.back_ends.agreement import differing
from ivr.lookups import LOOKUPS, SCHEMAS, Lookups
from ivr.working_days import WorkingDaySettings
from tests.data.conftest import begun
from tests.databases import store_at

FLOWS = Path(__file__).parents[2] / "dialogs" / "flows"
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


OF_AGENTS = {"agent"}
"""What the star code asks: of agents.yaml, not of the database (tests/agents)."""


def test_every_lookup_gives_what_the_catalogue_says(store: Store) -> None:
    """Flows are checked against the catalogue: a field that is not given would break a call."""
    catalogue = load_catalogue(FLOWS / "catalogue.yaml")
    asked = {"account": "45716", "ticket": "20264511", "order": "780346", "case": "20264511"}
    questions = {name: dict.fromkeys(SCHEMAS[name].by, number) for name, number in asked.items()}
    slot = store.appointments.offer(
        "technician", TODAY + timedelta(days=1), site="Madrid", zone="Europe/Madrid", minutes=30, capacity=2
    )
    store.appointments.book("45716", slot, Request(at=TODAY))
    questions["appointment"] = questions["appointments"] = {"customer_number": "45716"}
    questions["orders"] = questions["tickets"] = {"customer_number": "45716"}
    questions["accounts"] = {"customer_number": "30460"}
    questions["one_account"] = {"customer_number": "30460", "account": "2"}
    questions["movements"] = {"customer_number": "45716", "account": "1", "from": "1"}
    questions["ticket"] |= {"customer_number": "45716"}
    questions["case"] |= {"customer_number": "45716"}
    questions["order"] |= {"home_postcode": "28014"}
    questions["delivery_days"] = {"order_id": "780387", "customer_number": "65193"}
    questions["changeable_orders"] = {"customer_number": "65193", "change": "cancel"}
    questions["day_possible"] = {**questions["delivery_days"], "day": "2026-11-25"}
    questions["free_slots"] = {"service": "technician", "from_date": "2026-11-23", "customer_number": "12807"}
    questions["payment_terms"] = {"customer_number": "45716", "strategy": "none", "campaign": "none"}
    assert set(catalogue.lookups) == set(LOOKUPS) == set(questions) | OF_AGENTS
    for name, by in questions.items():
        schema = SCHEMAS[name]
        record = found(store, name, **by)
        assert set(record) == set(schema.fields)
        kinds = dict.fromkeys(VALUE_TYPES, str) | {"money": int, "number": int, "boolean": bool}
        for field, value in record.items():
            assert value is None or type(value) is kinds[schema.fields[field]], field
    assert list(differing(catalogue)) == []


def test_what_is_owed_and_what_of_it_is_late(store: Store) -> None:
    """Lucía has one bill that is late and one that is not due yet."""
    assert found(store, "account", customer_number="45716") == {
        "name": "Lucía Fernández Ortega",
        "several": False,
        "pays_by": "",
        "state": "partly_overdue",
        "balance": 14230,
        "balance_currency": "EUR",
        "credit": 0,
        "credit_currency": "EUR",
        "due_date": "2026-11-05",
        "overdue": 7450,
        "overdue_currency": "EUR",
        "next_due_date": "2026-12-01",
        "has_paid": True,
        "last_payment": 7450,
        "last_payment_currency": "EUR",
        "last_payment_date": "2026-06-04",
    }


@pytest.mark.parametrize(
    ("number", "state"),
    [("12807", "clear"), ("30460", "due"), ("77024", "overdue"), ("45716", "partly_overdue")],
)
def test_the_state_of_an_account(store: Store, number: str, state: str) -> None:
    """Every state but the one that needs money in the customer's favour."""
    assert found(store, "account", customer_number=number)["state"] == state


def test_money_in_the_customers_favour(store: Store) -> None:
    """A negative balance is a credit, and nothing is due."""
    with store.database.writing() as connection:
        connection.execute(
            update(AccountRow).where(AccountRow.balance_cents == 0).values(balance_cents=-1250)
        )
    account = found(store, "account", customer_number="12807")
    assert (account["state"], account["balance"], account["credit"]) == ("credit", -1250, 1250)
    assert (account["overdue"], account["due_date"], account["next_due_date"]) == (0, None, None)


def test_a_bill_is_not_late_on_its_day(store: Store) -> None:
    """Whoever pays on the last day has paid in time; a day later it is late."""
    due = datetime(2026, 11, 26, 23, 59, tzinfo=ZoneInfo("Europe/Madrid"))
    assert found(store, "account", due, customer_number="30460")["state"] == "due"
    late = found(store, "account", due + timedelta(minutes=1), customer_number="30460")
    assert (late["state"], late["overdue"], late["next_due_date"]) == ("overdue", 8705, None)


def test_who_has_never_paid(store: Store) -> None:
    """Nothing is said of a payment that there is not."""
    with store.database.writing() as connection:
        connection.execute(PaymentRow.__table__.delete())
    account = found(store, "account", customer_number="12807")
    assert (account["has_paid"], account["last_payment"], account["last_payment_date"]) == (False, None, None)


@pytest.mark.parametrize(
    ("number", "status", "topic", "promise"),
    [
        ("20264511", "in_progress", "internet", "open"),
        ("20264529", "waiting_customer", "bill", "open"),
        ("20264537", "resolved", "telephone", "none"),
        ("20264545", "open", "contract", "open"),
    ],
)
def test_how_a_ticket_stands(store: Store, number: str, status: str, topic: str, promise: str) -> None:
    """Codes, which flows put into words."""
    ticket = told(store, "ticket", number)
    assert (ticket["status"], ticket["topic"], ticket["promise"]) == (status, topic, promise)


def test_a_promise_that_was_not_kept(store: Store) -> None:
    """On the promised day it still holds; the day after it is broken."""
    assert told(store, "ticket", "20264511")["promised_date"] == "2026-11-25"
    for days, promise in ((2, "open"), (3, "broken")):
        ticket = told(store, "ticket", "20264511", TODAY + timedelta(days=days))
        assert ticket["promise"] == promise


@pytest.mark.parametrize(
    ("by", "heard"),
    [
        ({}, False),
        ({"home_postcode": "none", "customer_number": "none", "caller_number": ""}, False),
        ({"home_postcode": "28014"}, True),
        ({"home_postcode": "28 014"}, True),
        ({"home_postcode": "28015"}, False),
        ({"home_postcode": ""}, False),
        ({"customer_number": "45716"}, True),
        ({"customer_number": "12807"}, False),
        ({"caller_number": "+34759000101"}, False),
    ],
)
def test_a_number_alone_tells_nothing(store: Store, by: dict[str, str], heard: bool) -> None:
    """Orders, tickets and cases: a postcode or a proof goes with it; a telephone is neither."""
    lookups = Lookups(store, lambda: TODAY)
    for name, key, number in (
        ("order", "order_id", "780346"),
        ("ticket", "ticket_id", "20264511"),
        ("case", "case_reference", "20264511"),
    ):
        assert isinstance(lookups.ask(name, {key: number, **by}), Found) is heard, name


def test_nobodys_postcode_opens_nothing(store: Store) -> None:
    """A customer whose postcode is not known: `none`, nothing and spaces are not it."""
    with store.database.writing() as connection:
        connection.execute(update(CustomerRow).values(postal_code=None))
    for code in ("", " ", "none", "28014"):
        by = {"order_id": "780346", "home_postcode": code, "customer_number": "none"}
        assert Lookups(store, lambda: TODAY).ask("order", by) == Missing()


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


def test_a_case_of_nobody_known_takes_the_postcode_that_was_given_with_it(store: Store) -> None:
    """Neither the telephone that it was opened from, nor the one to call back, tells it to anybody."""
    call = begun(caller_number="+34600111222")
    store.calls.begin(call)
    lookups = Lookups(store, lambda: TODAY)

    def heard(number: str, postcode: str, caller: str) -> bool:
        by = {"home_postcode": postcode, "customer_number": "none", "caller_number": caller}
        told = {
            isinstance(lookups.ask(name, {key: number, **by}), Found)
            for name, key in (("ticket", "ticket_id"), ("case", "case_reference"))
        }
        assert len(told) == 1
        return told.pop()

    about = {"contact": "+34600333444", "postcode": "28014"}
    number = store.tickets.open(NewTicket(at=TODAY, about=about, call_id=call.call_id))
    assert isinstance(number, str)
    assert heard(number, "28014", "+34600111223")
    assert heard(number, "28 014", "")
    for caller in ("+34600111222", "+34600333444", ""):
        assert not heard(number, "28015", caller)
        assert not heard(number, "none", caller)
        assert not heard(number, "", caller)
    for without in ({"contact": "+34600333444"}, {"contact": "+34600333444", "postcode": "none"}):
        unknown = store.tickets.open(NewTicket(at=TODAY, about=without, call_id=call.call_id))
        assert isinstance(unknown, str)
        assert not any(heard(unknown, code, "+34600111222") for code in ("", "none", "28014"))


def test_a_late_evening_is_the_next_day_in_the_companys_zone(store: Store) -> None:
    """What was opened at 23:30 UTC was opened the next day for everybody in Madrid."""
    with store.database.writing() as connection:
        late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
        connection.execute(update(TicketRow).values(opened_at=late))
    assert told(store, "ticket", "20264511")["opened_date"] == "2026-11-20"
    in_utc = told(store, "ticket", "20264511", TODAY.astimezone(UTC))
    assert in_utc["opened_date"] == "2026-11-19"


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


def test_nobodys_name_is_given_for_a_reference(store: Store) -> None:
    """Whoever keys a number that is not theirs hears a state and a day, and nothing about a person."""
    for name, number in (("ticket", "20264511"), ("order", "780346")):
        record = told(store, name, number)
        assert not any("Lucía" in str(value) or "Cervantes" in str(value) for value in record.values())


@pytest.mark.parametrize("name", sorted(LOOKUPS))
@pytest.mark.parametrize("number", ["", "1", "99999999", "' OR 1=1 --", "4" * 500, "٤٥٧١٦"])
def test_what_is_no_number_is_missing(store: Store, name: str, number: str) -> None:
    """Unknown, malformed or malicious: missing, never an error."""
    by = dict.fromkeys(("customer_number", "ticket_id", "order_id", "case_reference"), number)
    assert Lookups(store, lambda: TODAY).ask(name, by) == Missing()
    assert Lookups(store, lambda: TODAY).ask(name, {}) == Missing()


@pytest.mark.parametrize("name", sorted(set(LOOKUPS) - OF_AGENTS))
def test_a_lost_database_fails_with_its_reason(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The flow's `error` branch takes it from there; the reason is for the operator."""
    store = Store(f"sqlite:///{tmp_path / 'nowhere' / 'ivr.sqlite3'}")
    by = dict.fromkeys(SCHEMAS[name].by, "45716") | {"from_date": "2026-11-23"}
    answer = Lookups(store, lambda: TODAY).ask(name, by)
    store.close()
    assert isinstance(answer, Failed)
    assert "nowhere" in answer.reason
    assert "Traceback" not in capfd.readouterr().err


def test_a_lookup_that_nobody_answers_fails(store: Store) -> None:
    """A catalogue may promise what is not there; the call must not break of it."""
    assert Lookups(store, lambda: TODAY).ask("weather", {}) == Failed("no look-up is called weather")


def test_the_debts_decide_what_is_late(store: Store) -> None:
    """A disputed debt is no open one: it is neither late nor due."""
    with store.database.writing() as connection:
        connection.execute(
            update(DebtRow).where(DebtRow.due_on == date(2026, 11, 5)).values(status="disputed")
        )
    assert found(store, "account", customer_number="45716")["overdue"] == 0


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


def test_free_places_and_the_next_appointment(store: Store) -> None:
    """In the time of their place; what is past, taken or before the wanted day is not told."""
    begins = [TODAY - timedelta(hours=1), *(TODAY + timedelta(days=day) for day in (1, 2, 3, 4))]
    slots = [
        store.appointments.offer("visit", at, site="Las Palmas", zone="Atlantic/Canary", minutes=20)
        for at in begins
    ]
    store.appointments.book("12807", slots[1], Request(at=TODAY))
    free = found(store, "free_slots", service="visit", from_date="2026-11-20")
    assert [free[f"date_{n}"] for n in (1, 2, 3)] == ["2026-11-25", "2026-11-26", "2026-11-27"]
    assert (free["count"], free["time_1"], free["slot_1"]) == (3, "09:00", slots[2].hex)
    later = found(store, "free_slots", service="visit", from_date="2026-11-27")
    assert (later["count"], later["slot_1"], later["slot_2"]) == (1, slots[4].hex, None)
    mine = found(store, "appointment", customer_number="12807")
    assert (mine["date"], mine["time"], mine["site"]) == ("2026-11-24", "09:00", "Las Palmas")
    store.appointments.book("12807", slots[3], Request(at=TODAY))
    both = found(store, "appointments", customer_number="12807")
    assert [both[f"date_{n}"] for n in (1, 2, 3)] == ["2026-11-24", "2026-11-26", None]
    assert (both["count"], both["service_2"], both["time_2"]) == (2, "visit", "09:00")
    lookups = Lookups(store, lambda: TODAY)
    assert lookups.ask("free_slots", {"service": "visit", "from_date": "2027-01-01"}) == Missing()
    assert lookups.ask("free_slots", {"service": "visit", "from_date": "tomorrow"}) == Missing()
    assert lookups.ask("appointment", {"customer_number": "45716"}) == Missing()


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


DECEMBER = datetime(2026, 12, 4, 10, tzinfo=ZoneInfo("Europe/Madrid"))
"""A Friday; the Constitution and the Immaculate are on Sunday and Tuesday, the first moved nowhere."""


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


def test_nobody_is_offered_the_time_that_they_have(store: Store) -> None:
    """Whoever moves an appointment, or wants another one: also where their slot has places left, or another
    site has one at the same time. Others are offered it, and so are they once they have given it up."""
    at = [TODAY + timedelta(days=day) for day in (1, 2)]
    mine, second = (
        store.appointments.offer("visit", one, site="Madrid", zone="Europe/Madrid", minutes=30, capacity=2)
        for one in at
    )
    store.appointments.offer("visit", at[0], site="Getafe", zone="Europe/Madrid", minutes=30)
    booked = store.appointments.book("12807", mine, Request(at=TODAY))
    assert isinstance(booked, Appointment)

    def offered(customer: str) -> list[object]:
        told = found(store, "free_slots", service="visit", from_date="today", customer_number=customer)
        return [told["slot_1"], told["count"]]

    assert offered("12807") == [second.hex, 1]
    assert offered("45716")[1] == 3
    store.appointments.cancel(booked.appointment_number, Request(at=TODAY))
    assert offered("12807")[1] == 3


def test_no_appointment_on_a_holiday_or_outside_the_hours(store: Store) -> None:
    """Whatever slots there are: fifty on the holiday, one before the doors open, two that can be had."""
    zone = ZoneInfo("Europe/Madrid")
    for minute in range(50):
        begins = datetime(2026, 12, 8, 10, minute, tzinfo=zone)
        store.appointments.offer("visit", begins, site="Madrid", zone="Europe/Madrid", minutes=20)
    for hour in (8, 10, 11):
        begins = datetime(2026, 12, 9, hour, tzinfo=zone)
        store.appointments.offer("visit", begins, site="Madrid", zone="Europe/Madrid", minutes=20)
    settings = {"appointments": {"days": {"mon-fri": "09:00-19:00"}}}
    working = WorkingDaySettings.model_validate(settings).of_site("ES")
    answer = Lookups(store, lambda: DECEMBER, working).ask(
        "free_slots", {"service": "visit", "from_date": "2026-12-08"}
    )
    assert isinstance(answer, Found)
    told = [(answer.record[f"date_{n}"], answer.record[f"time_{n}"]) for n in (1, 2, 3)]
    assert told == [("2026-12-09", "10:00"), ("2026-12-09", "11:00"), (None, None)]


@pytest.mark.parametrize(
    "settings",
    [{"holidays": "XX"}, {"holidays": "ES-XX"}, {"days": {"monday": "9-18"}}, {"dates": {"soon": "closed"}}],
)
def test_days_that_cannot_be_read(settings: dict[str, object]) -> None:
    """Refused when the settings are read, and not in a call."""
    with pytest.raises(ValidationError):
        WorkingDaySettings.model_validate({"deliveries": settings})
