"""What is remembered of a caller, on every database: calls, the one person, blocked numbers, segments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect

from data.caller_statements import LONGEST, SERVICE, VERIFIED, WHOSE, calls_statement
from data.ids import new_id
from data.models import (
    AccountRow,
    CallRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    DebtRow,
    OrderRow,
    PaymentRow,
    PhoneNumberRow,
    PromiseRow,
    TicketRow,
)
from data.records.callers import CallerHistory, TakenFor
from data.store import Store
from dialogs.segments.reading import read_rules
from dialogs.source import read
from ivr.callers.measure import measure
from ivr.callers.numbers import caller_number
from ivr.cli.flows import SHIPPED

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
NUMBER = "+34600111222"
WAYS = ("600111222", NUMBER, "34600111222", "0034600111222")


def called(store: Store, *calls: dict[str, Any]) -> None:
    """Calls, each with its days ago and what differs."""
    rows = []
    for call in calls:
        values = dict(call)
        began = NOW - timedelta(days=values.pop("ago"))
        rows.append(
            {
                **{"id": new_id(), "switch_uuid": "u", "direction": "inbound", "caller_number": NUMBER},
                **{"caller_name": "", "destination": "8000", "language": "es", "node_id": "n"},
                **{"flow": "main", "flow_version": "v", "caller_facts": "{}", "outcome": None},
                **{"started_at": began, "ended_at": began, "ended_by": "caller"},
                **values,
            }
        )
    with store.database.writing() as connection:
        connection.execute(insert(CallRow), rows)


def customer(store: Store, number: str = NUMBER, **values: Any) -> UUID:
    """A customer at that telephone number."""
    who = new_id()
    with store.database.writing() as connection:
        connection.execute(
            insert(CustomerRow).values(
                **{"id": who, "customer_number": str(who)[-12:], "name": "Ana", "language": "ca"},
                **{"zone": "Europe/Madrid", "origin": "test", **values},
            )
        )
        line = connection.scalar(PhoneNumberRow.__table__.select().where(PhoneNumberRow.e164 == number))
        if line is None:
            line = new_id()
            connection.execute(insert(PhoneNumberRow).values(id=line, e164=number))
        connection.execute(
            insert(CustomerPhoneNumberRow).values(customer_id=who, phone_number_id=line, rank=1)
        )
    return who


def history(store: Store, **how: Any) -> CallerHistory:
    how = {"written": WAYS, "before": NOW, "today": TODAY, **how}
    return store.callers.history(NUMBER, **how)


def test_calls_are_counted_by_window_whatever_way_the_number_was_written(store: Store) -> None:
    """Each counts in every window that it lies in; others' calls, outgoing ones and this one do not."""
    called(
        store,
        {"ago": 0.5, "caller_number": "600111222", "outcome": "balance_told", "language": "ca"},
        {"ago": 3, "caller_number": "0034600111222", "outcome": "nobody_free"},
        {"ago": 20, "outcome": "nobody_free"},
        {"ago": 80},
        {"ago": 200, "outcome": "balance_told"},
        {"ago": 0},
        {"ago": -1},
        {"ago": 1, "caller_number": "+34600111223"},
        {"ago": 1, "direction": "outbound"},
    )
    calls = history(store).calls
    counts = (calls.last_24_hours, calls.last_7_days, calls.last_30_days, calls.last_90_days, calls.ever)
    assert counts == (1, 2, 3, 4, 5)
    assert calls.outcomes == {"balance_told": 1, "nobody_free": 2}
    assert (calls.last_at, calls.last_outcome) == (NOW - timedelta(hours=12), "balance_told")
    assert (calls.last_ended_by, calls.last_language) == ("caller", "ca")


def test_nobody_is_remembered_of_a_number_that_never_called(store: Store) -> None:
    """No row is no fault: everything is nothing. The same for a caller who hides the number."""
    called(store, {"ago": 1, "caller_number": ""})
    assert history(store) == history(store, written=())
    hidden = store.callers.history(None, written=(), before=NOW, today=TODAY)
    assert (hidden.people, hidden.person, hidden.calls.ever, hidden.blocked_since) == (0, None, 0, None)


def test_of_a_number_that_two_share_nothing_of_anybody_is_read(store: Store) -> None:
    """Until one of them proves who they are; then it is that one, and nobody else."""
    first = customer(store, membership="gold")
    second = customer(store)
    shared = history(store)
    assert (shared.people, shared.person) == (2, None)
    proved = history(store, customer_number=str(second)[-12:])
    assert proved.person is not None
    assert (proved.person.id, proved.person.membership) == (second, "")
    assert first != second


def test_whoever_proves_to_be_somebody_is_known_from_any_number(store: Store) -> None:
    """Also from a hidden one; who does not exist is nobody."""
    who = customer(store)
    hidden = {"written": (), "before": NOW, "today": TODAY}
    known = store.callers.history(None, customer_number=str(who)[-12:], **hidden)
    assert known.person is not None
    assert known.person.id == who
    assert store.callers.history(None, customer_number="99999", **hidden).person is None


def test_tickets_and_orders_of_the_person(store: Store) -> None:
    """Open tickets, those whose day has passed, the one touched last; orders to come, the next one."""
    who = customer(store)
    other = customer(store, "+34600111999")

    def ticket(
        number: str, status: str, opened: int, promised: date | None, of: UUID = who
    ) -> dict[str, Any]:
        at = NOW - timedelta(days=opened)
        return {
            **{"id": new_id(), "ticket_number": number, "customer_id": of, "subject": "x", "status": status},
            **{"opened_at": at, "updated_at": at, "promised_on": promised, "topic": "bill"},
        }

    def order(number: str, status: str, placed: int, expected: date | None, of: UUID = who) -> dict[str, Any]:
        at = NOW - timedelta(days=placed)
        return {
            **{"id": new_id(), "order_number": number, "customer_id": of, "items": "x", "status": status},
            **{"placed_at": at, "updated_at": at, "expected_on": expected, "delivery_address": "x"},
            **{"total_cents": 1000, "currency": "EUR"},
        }

    with store.database.writing() as connection:
        connection.execute(
            insert(TicketRow),
            [
                ticket("20264511", "open", 30, date(2026, 11, 22)),
                ticket("20264529", "in_progress", 2, date(2026, 11, 23)),
                ticket("20264537", "closed", 1, date(2026, 11, 1)),
                ticket("20264545", "open", 1, None, other),
            ],
        )
        connection.execute(
            insert(OrderRow),
            [
                order("780346", "shipped", 5, date(2026, 11, 24)),
                order("780353", "preparing", 100, None),
                order("780361", "placed", 9, date(2026, 11, 22)),
                order("780379", "delivered", 10, date(2026, 11, 20)),
                order("780387", "shipped", 1, date(2026, 11, 21), other),
            ],
        )
    person = history(store).person
    assert person is not None
    assert (person.tickets_open, person.tickets_broken) == (2, 1)
    assert person.oldest_ticket_at == NOW - timedelta(days=30)
    assert person.ticket is not None
    assert (person.ticket.number, person.ticket.promised_on) == ("20264529", date(2026, 11, 23))
    assert (person.orders_last_90_days, person.orders_on_the_way, person.orders_late) == (3, 3, 1)
    assert person.order is not None
    assert (person.order.number, person.order.expected_on) == ("780361", date(2026, 11, 22))


def test_what_the_person_owes_and_has_promised(store: Store) -> None:
    """Over all accounts; the stage is that of the oldest late debt; a promise past its day is broken."""
    who = customer(store)
    accounts = [new_id(), new_id()]
    with store.database.writing() as connection:
        for account, label in zip(accounts, ("", "fibra"), strict=True):
            connection.execute(
                insert(AccountRow).values(
                    **{"id": account, "customer_id": who, "balance_cents": 0, "currency": "EUR"},
                    **{"stage": "early", "label": label},
                )
            )
        for account, cents, due, stage, status in (
            (0, 5000, date(2026, 11, 1), "early", "open"),
            (1, 7000, date(2026, 9, 1), "late", "open"),
            (1, 900, date(2026, 11, 23), "current", "open"),
            (0, 99, date(2026, 1, 1), "pre_judicial", "paid"),
        ):
            connection.execute(
                insert(DebtRow).values(
                    **{"id": new_id(), "account_id": accounts[account], "concept": "x", "currency": "EUR"},
                    **{"amount_cents": cents, "issued_on": due, "due_on": due, "stage": stage},
                    status=status,
                )
            )
        for status, day in (("open", 30), ("open", 1), ("broken", 2), ("kept", 3)):
            connection.execute(
                insert(PromiseRow).values(
                    **{"id": new_id(), "customer_id": who, "amount_cents": 1, "currency": "EUR"},
                    **{"promised_for": date(2026, 11, day), "made_at": NOW, "status": status},
                )
            )
    person = history(store).person
    assert person is not None
    assert (person.debts_open, person.debts_overdue, person.debts_cents) == (3, 2, 12900)
    assert (person.overdue_since, person.debt_stage) == (date(2026, 9, 1), "late")
    assert (person.promises_open, person.promises_broken) == (1, 2)


def test_the_value_is_the_companys_or_a_year_of_payments_and_orders(store: Store) -> None:
    """In the currency of the largest sum; cancelled orders and older money do not count."""
    who = customer(store)
    account = new_id()
    with store.database.writing() as connection:
        connection.execute(
            insert(AccountRow).values(
                id=account, customer_id=who, balance_cents=0, currency="EUR", stage="current"
            )
        )
        for cents, on, currency in (
            (1000, date(2026, 11, 1), "EUR"),
            (9000, date(2025, 11, 1), "EUR"),
            (500, date(2026, 11, 1), "USD"),
        ):
            connection.execute(
                insert(PaymentRow).values(
                    **{"id": new_id(), "account_id": account, "amount_cents": cents, "currency": currency},
                    **{"received_on": on, "method": "card"},
                )
            )
        for number, cents, status in (("1", 2500, "delivered"), ("2", 70_000, "cancelled")):
            connection.execute(
                insert(OrderRow).values(
                    **{"id": new_id(), "order_number": number, "customer_id": who, "items": "x"},
                    **{"status": status, "placed_at": NOW, "updated_at": NOW, "delivery_address": "x"},
                    **{"total_cents": cents, "currency": "EUR"},
                )
            )
    person = history(store).person
    assert person is not None
    assert (person.value_cents, person.value_currency) == (3500, "EUR")
    rated = customer(store, "+34600111333", value_cents=500_000, value_currency="EUR", membership="gold")
    found = history(store, customer_number=str(rated)[-12:]).person
    assert found is not None
    assert (found.value_cents, found.membership) == (500_000, "gold")


def test_a_number_is_blocked_once_and_welcome_again(store: Store) -> None:
    """Known or not; the second time changes nothing."""
    assert store.callers.block(NUMBER, at=NOW, why="threats")
    assert not store.callers.block(NUMBER, at=NOW + timedelta(days=1), why="again")
    assert history(store).blocked_since == NOW
    assert store.callers.unblock(NUMBER)
    assert not store.callers.unblock(NUMBER)
    assert history(store).blocked_since is None


def test_segments_are_noted_where_they_change(store: Store) -> None:
    """The same again is no news; a person's history is not the number's."""
    who = customer(store)

    def taken(segment: str, hours: int, **of: Any) -> bool:
        at = NOW + timedelta(hours=hours)
        return store.callers.note(
            TakenFor(segment=segment, reason=segment, rule="", rules_version="1", at=at, **of)
        )

    assert taken("new", 0, e164=NUMBER)
    assert not taken("new", 1, e164=NUMBER)
    assert taken("vip", 2, e164=NUMBER, customer_id=who)
    assert not taken("vip", 3, customer_id=who)
    assert taken("at_risk", 4, e164=NUMBER, customer_id=who)
    assert not taken("hidden", 5)
    noted = store.callers.noted(e164=NUMBER, customer_id=who)
    assert [one.segment for one in noted] == ["at_risk", "vip", "new"]


def test_calls_are_counted_without_reading_one(sqlite_store: Store) -> None:
    """What makes ten thousand calls cheap: the index alone answers, but for the one call that is the last."""
    called(sqlite_store, {"ago": 1, "outcome": "balance_told"})
    asked: list[str] = []
    with sqlite_store.database.reading() as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        driver.set_trace_callback(asked.append)
    history(sqlite_store)
    (counting,) = (sql for sql in asked if "FROM calls" in sql)
    with sqlite_store.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting}").all()
    searches = [row.detail for row in plan if "ix_calls_history" in row.detail]
    assert len(searches) == len(WAYS) + 1, plan
    (reading,) = (search for search in searches if "COVERING" not in search)
    assert "caller_number=? AND started_at=?" in reading
    assert "SCAN c" not in [row.detail for row in plan]


def test_a_look_at_a_caller_is_a_few_short_statements() -> None:
    """What is longer than the driver keeps is taken apart at each call: longer than the answer takes."""
    ways = len(caller_number("0034600111222", "ES").written) + 1
    for statement in (calls_statement(ways), SERVICE, WHOSE, VERIFIED):
        assert len(str(statement.compile(dialect=psycopg_dialect.dialect()))) < LONGEST


@pytest.mark.long
def test_a_caller_with_ten_thousand_calls_is_known_in_five_milliseconds(store: Store) -> None:
    """The promise, p95, on every database: from the number to the segment, by the shipped rules."""
    rules, wrong = read_rules(read(SHIPPED / "segments.yaml"))
    assert wrong == []
    waited, computed = measure(store, rules, calls=10_000, decisions=300, tell=lambda: None)
    assert waited.p95 < 5, (waited, computed)


@pytest.mark.parametrize("hostile", ["'; DROP TABLE calls; --", "%", "+34600111222' OR '1'='1", "\\", "{}"])
def test_a_hostile_number_is_a_value_and_finds_nothing(store: Store, hostile: str) -> None:
    """Whatever the switch was told the number is."""
    called(store, {"ago": 1})
    found = store.callers.history(hostile, written=(hostile,), before=NOW, today=TODAY)
    assert (found.people, found.calls.ever) == (0, 0)
    assert history(store).calls.ever == 1
