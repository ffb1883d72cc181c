"""The look-ups of the own database, on a real one: found, missing, and what is wrong said as such."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from data.models import AccountRow, CustomerRow, DebtRow, PaymentRow, TicketRow
from data.records import NewTicket, Request
from data.store import Store
from dialogs.catalogue import VALUE_TYPES, load_catalogue
from dialogs.results import Failed, Found, Missing
from ivr.back_ends.agreement import differing
from ivr.lookups import LOOKUPS, SCHEMAS, Lookups
from tests.data.conftest import begun
from tests.ivr.own_lookups import TODAY, found, store, told

__all__ = ["store"]

FLOWS = Path(__file__).parents[2] / "dialogs" / "flows"


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
