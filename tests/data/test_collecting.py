"""Holds of collections, retired numbers, instalments and answers to polls, on every database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from data.ids import new_id
from data.models import AccountRow, IdentityRow
from data.promise_rules import parts
from data.records import Refused, Request
from data.records.accounts import Promise, PromiseTerms
from data.records.collecting import HOLD_REASONS, HoldReason
from data.seeds import seed
from data.store import Store

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
LUCIA = "45716"


@pytest.fixture
def seeded(store: Store) -> Store:
    """The made-up company."""
    seed(store, customers=8)
    return store


def asked(key: str | None = None) -> Request:
    return Request(at=NOW, key=key)


def key_of(store: Store, customer_number: str) -> object:
    found = store.customers.by_number(customer_number)
    assert found is not None
    return found.id


@pytest.mark.parametrize("reason", HOLD_REASONS)
def test_a_hold_stands_from_that_instant_on(seeded: Store, reason: HoldReason) -> None:
    """Until its last day, or until a person lifts it; asked twice it is one."""
    lucia = seeded.customers.by_number(LUCIA)
    assert lucia is not None
    holds = seeded.collection_holds
    assert holds.standing(lucia.id, today=TODAY) == ""
    for _ in range(2):
        assert holds.hold(LUCIA, reason, asked("once"), until=TODAY + timedelta(days=3)) is None
    assert [one.reason for one in holds.of(LUCIA)] == [reason]
    assert holds.standing(lucia.id, today=TODAY + timedelta(days=3)) == reason
    assert holds.standing(lucia.id, today=TODAY + timedelta(days=4)) == ""
    assert holds.lift(LUCIA, by="marta", at=NOW) == 1
    assert holds.standing(lucia.id, today=TODAY) == ""
    assert holds.of(LUCIA)[0].lifted_by == "marta"


def test_of_a_stranger_nothing_is_held(seeded: Store) -> None:
    """The customer number is checked, whatever it is."""
    assert seeded.collection_holds.hold("99999", "dispute", asked()) == Refused("unknown")
    assert seeded.collection_holds.of("99999") == seeded.collection_holds.of("x\0") == ()


@pytest.mark.parametrize(("reason", "both"), [("vulnerable", True), ("dispute", False)])
def test_what_is_said_of_the_person_holds_for_all_their_numbers(
    seeded: Store, reason: HoldReason, both: bool
) -> None:
    """Two customer numbers with one DNI are one human being; a dispute is about one debt."""
    other = "12807"
    lucia, second = seeded.customers.by_number(LUCIA), seeded.customers.by_number(other)
    assert lucia is not None
    assert second is not None
    with seeded.database.writing() as connection:
        for one in (lucia, second):
            connection.execute(IdentityRow.__table__.delete().where(IdentityRow.customer_id == one.id))  # type: ignore[attr-defined]  # a table
            connection.execute(
                IdentityRow.__table__.insert().values(  # type: ignore[attr-defined]  # a table
                    **{"id": new_id(), "customer_id": one.id, "kind": "dni", "value": "00000000T"},
                    **{"set_at": NOW, "set_by": "test"},
                )
            )
    seeded.collection_holds.hold(LUCIA, reason, asked())
    assert seeded.collection_holds.standing(lucia.id, today=TODAY) == reason
    assert bool(seeded.collection_holds.standing(second.id, today=TODAY)) is both


def test_a_wrong_number_is_retired_and_not_its_person(seeded: Store) -> None:
    """It is not theirs any more, and not blocked: whoever is there may call us."""
    lucia = seeded.customers.by_number(LUCIA)
    assert lucia is not None
    number = lucia.phone_numbers[0]
    assert seeded.customers.retire(LUCIA, number, asked("k"), why="others answered") is None
    assert seeded.customers.retired(number)
    assert seeded.customers.blocked(number) is None
    assert number not in seeded.customers.by_number(LUCIA).phone_numbers  # type: ignore[union-attr]  # she is there
    assert seeded.customers.retire(LUCIA, "+34999999999", asked(), why="") == Refused("unknown")
    assert not seeded.customers.retired("+34999999999")


@pytest.mark.parametrize(
    ("cents", "count", "expected"),
    [
        (10_000, 1, [(10_000, date(2026, 1, 31))]),
        (10_000, 3, [(3_334, date(2026, 1, 31)), (3_334, date(2026, 2, 28)), (3_332, date(2026, 3, 31))]),
        (12, 2, [(6, date(2026, 1, 31)), (6, date(2026, 2, 28))]),
    ],
)
def test_instalments(cents: int, count: int, expected: list[tuple[int, date]]) -> None:
    """Equal parts, a month apart; they add up to the sum."""
    assert parts(cents, date(2026, 1, 31), count) == expected
    assert sum(part for part, _ in expected) == cents


def test_a_promise_in_instalments_takes_the_place_of_the_one_before(seeded: Store) -> None:
    """Each part is a promise of its own, and all stand beside each other."""
    with seeded.database.writing() as connection:
        connection.execute(
            update(AccountRow)
            .where(AccountRow.customer_id == key_of(seeded, LUCIA))
            .values(balance_cents=9_000)
        )
    terms = PromiseTerms(longest_days=30, of_balance=True, most_instalments=3)
    before = seeded.accounts.promise(
        LUCIA, amount_cents=9_000, promised_for=date(2026, 12, 1), request=asked("1"), terms=terms
    )
    for _ in range(2):
        plan = seeded.accounts.promise(
            LUCIA,
            amount_cents=9_000,
            promised_for=date(2026, 12, 5),
            request=asked("2"),
            terms=terms,
            instalments=3,
        )
    assert isinstance(before, Promise)
    assert isinstance(plan, Promise)
    assert plan.amount_cents == 3_000
    found = {
        (one.promised_for.isoformat(), one.status)
        for one in seeded.accounts.promises(LUCIA)
        if one.amount_cents == 3_000 or one.id == before.id
    }
    assert found == {
        ("2026-12-01", "superseded"),
        ("2026-12-05", "open"),
        ("2027-01-05", "open"),
        ("2027-02-05", "open"),
    }


def test_more_instalments_than_the_house_grants(seeded: Store) -> None:
    """One is what is granted if nobody says otherwise."""
    refused = seeded.accounts.promise(
        LUCIA, amount_cents=100, promised_for=date(2026, 12, 1), request=asked(), instalments=2
    )
    assert refused == Refused("too_many_instalments")


def test_answers_to_polls_are_counted(store: Store) -> None:
    """Once for each key, by question; whose they were stands nowhere."""
    for key, answer in (("a", "yes"), ("a", "yes"), ("b", "yes"), ("c", "no")):
        store.polls.note("summer", "liked", answer, asked(key))
    counted = store.polls.counted(since=NOW, until=NOW + timedelta(hours=1))
    assert [(one.answer, one.count) for one in counted] == [("no", 1), ("yes", 2)]
    assert store.polls.counted(since=NOW, until=NOW + timedelta(hours=1), poll="winter") == ()
