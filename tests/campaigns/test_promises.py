"""Promises to pay: kept, kept in part, broken, taken back, replaced; and no cent counted twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.action_facts import FactsOfActions
from data.promise_rules import (
    FOR_EVER,
    Paid,
    Promised,
    PromiseState,
    judged,
    objection,
    parts,
    shared_out,
)
from data.promises import PaymentNote
from data.records import Refused, Request
from data.records.accounts import PromiseTerms
from data.seeds import seed
from data.store import Store

MADE, DUE = date(2026, 11, 2), date(2026, 11, 10)
LUCIA = "45716"


def promised(**changes: object) -> Promised:
    values: dict[str, object] = {
        "key": "a",
        "amount_cents": 10_000,
        "made_on": MADE,
        "promised_for": DUE,
        "grace_days": 2,
    }
    return Promised(**(values | changes))  # type: ignore[arg-type]  # a table of keyword arguments


@pytest.mark.parametrize(
    ("day", "paid", "share", "state"),
    [
        (10, 0, 100, "open"),
        (12, 0, 100, "open"),
        (13, 0, 100, "broken"),
        (9, 9_999, 100, "open"),
        (13, 9_999, 100, "partial"),
        (3, 10_000, 100, "kept"),
        (9, 5_000, 50, "kept"),
        (13, 4_999, 50, "partial"),
        (13, 1, 0, "kept"),
        (13, 0, 0, "broken"),
    ],
)
def test_what_a_promise_is(day: int, paid: int, share: int, state: PromiseState) -> None:
    """By the day, the grace of two days, the money in time and the least share."""
    assert judged(promised(least_share=share), paid, date(2026, 11, day)) == state


@pytest.mark.parametrize("state", sorted(FOR_EVER))
def test_what_is_for_ever(state: PromiseState) -> None:
    """Neither money nor time changes it."""
    for paid in (0, 10_000):
        assert judged(promised(state=state), paid, date(2027, 1, 1)) == state


@pytest.mark.parametrize(
    ("cents", "owed", "days", "expected"),
    [
        (0, 100, 1, "nothing"),
        (101, 100, 1, "too_much"),
        (19, 100, 1, "too_little"),
        (20, 100, 30, None),
        (20, 100, 31, "too_late"),
        (20, 100, -1, "past"),
        (20, 100, 0, None),
        (50, 0, 1, None),
    ],
)
def test_what_the_house_accepts(cents: int, owed: int, days: int, expected: str | None) -> None:
    """At least a fifth of what is owed, within thirty days."""
    found = objection(
        amount_cents=cents,
        owed_cents=owed,
        made_on=MADE,
        promised_for=MADE + timedelta(days=days),
        longest_days=30,
        least_share=20,
    )
    assert found == expected


@pytest.mark.parametrize(
    ("cents", "first", "count", "wanted"),
    [
        (9_000, "2026-12-05", 3, [(3_000, "2026-12-05"), (3_000, "2027-01-05"), (3_000, "2027-02-05")]),
        (1_000, "2026-12-31", 3, [(334, "2026-12-31"), (334, "2027-01-31"), (332, "2027-02-28")]),
        (101, "2026-11-30", 2, [(51, "2026-11-30"), (50, "2026-12-30")]),
        (500, "2028-02-29", 1, [(500, "2028-02-29")]),
    ],
)
def test_what_is_due_when(cents: int, first: str, count: int, wanted: list[tuple[int, str]]) -> None:
    """Odd cents are left out of the last part; a month without that day has its last one."""
    found = parts(cents, date.fromisoformat(first), count)
    assert [(one, day.isoformat()) for one, day in found] == wanted


@given(st.integers(1, 5_000), st.integers(1, 12))
def test_each_part_is_something_or_the_house_refuses(cents: int, count: int) -> None:
    """All of it is promised, and no part is nothing; three cents are not paid in twelve parts."""
    refused = objection(
        amount_cents=cents,
        owed_cents=0,
        made_on=DUE,
        promised_for=DUE,
        longest_days=0,
        least_share=0,
        instalments=count,
        most_instalments=12,
    )
    found = [one for one, _day in parts(cents, DUE, count)]
    assert sum(found) == cents
    assert (refused == "too_many_instalments") == (min(found) <= 0)
    assert refused is None or cents < count * count


def test_the_one_that_is_due_first_takes_the_money() -> None:
    """What is left over goes to the next; what came before or after counts for none."""
    first, second = promised(key="1"), promised(key="2", promised_for=DUE + timedelta(days=30))
    old, early, late = Paid(MADE - timedelta(days=1), 500), Paid(MADE, 12_000), Paid(date(2026, 11, 13), 700)
    assert shared_out([second, first], [late, early, old]) == {"1": 10_000, "2": 2_700}


DAYS = st.integers(0, 60).map(lambda n: MADE + timedelta(days=n))
PROMISES = st.lists(
    st.builds(
        Promised,
        key=st.uuids().map(str),
        amount_cents=st.integers(1, 5_000),
        made_on=DAYS,
        promised_for=DAYS,
        grace_days=st.integers(0, 5),
        least_share=st.integers(0, 100),
        state=st.sampled_from(["open", "kept", "partial", "broken", "cancelled", "superseded"]),
    ),
    max_size=5,
)
PAYMENTS = st.lists(st.builds(Paid, DAYS, st.integers(1, 6_000)), max_size=8)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(promises=PROMISES, payments=PAYMENTS, more=st.builds(Paid, DAYS, st.integers(1, 6_000)), today=DAYS)
def test_no_cent_counts_twice_and_nothing_gets_worse_by_money(
    promises: list[Promised], payments: list[Paid], more: Paid, today: date
) -> None:
    """Whatever comes in: never more than came, never more than was promised; the end is an end; the order of
    the list does not matter; and a further payment leaves no promise with less than it had in all."""
    paid = shared_out(promises, payments)
    assert sum(paid.values()) <= sum(one.cents for one in payments)
    assert paid == shared_out(promises[::-1], payments[::-1])
    assert sum(shared_out(promises, [*payments, more]).values()) >= sum(paid.values())
    for one in promises:
        cents = paid.get(one.key, 0)
        assert 0 <= cents <= one.amount_cents
        state = judged(one, cents, today)
        if one.state in FOR_EVER:
            assert state == one.state and (one.state == "kept" or one.key not in paid)
        else:
            assert (state == "open") == (cents < one.enough_cents and today <= one.last_day)
            later = judged(one, cents, today + timedelta(days=100))
            assert later != "open" and state in ("open", later)


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=10)
    return store


AT = datetime(2026, 11, 2, 10, tzinfo=UTC)


def promise(store: Store, cents: int, day: date = DUE, **terms: object) -> str:
    made = store.accounts.promise(
        LUCIA,
        amount_cents=cents,
        promised_for=day,
        request=Request(at=AT),
        terms=PromiseTerms(**terms),  # type: ignore[arg-type]  # a table of keyword arguments
    )
    return made.reason if isinstance(made, Refused) else str(made.id)


def payment(cents: int, day: int, reference: str | None = None, **changes: object) -> PaymentNote:
    values: dict[str, object] = {"customer_number": LUCIA, "currency": "EUR", "reference": reference}
    values |= {"amount_cents": cents, "received_on": date(2026, 11, day)}
    return PaymentNote(**(values | changes))  # type: ignore[arg-type]  # a table of keyword arguments


def states(store: Store) -> dict[str, str]:
    return {str(one.id): one.status for one in store.accounts.promises(LUCIA)}


def test_payments_close_promises(seeded: Store) -> None:
    """A payment keeps it; the same list again changes nothing; a payment of nobody is told."""
    mine = promise(seeded, 5_000)
    half = payment(2_000, 4, "r1")
    taken = seeded.promises.take_payments([half, payment(1, 4, customer_number="0")], at=AT, today=DUE)
    assert (taken.new, taken.known, len(taken.unknown), taken.closed) == (1, 0, 1, {})
    assert states(seeded) == {mine: "open"}
    taken = seeded.promises.take_payments([half, payment(3_000, 5, "r2")], at=AT, today=DUE)
    assert (taken.new, taken.known, taken.closed) == (1, 1, {"kept": 1})
    assert states(seeded) == {mine: "kept"}


def test_time_breaks_promises_and_a_late_list_mends_them(seeded: Store) -> None:
    """Broken after its grace; a payment that was in time, and came to light later, keeps it after all."""
    mine = promise(seeded, 5_000, grace_days=2)
    assert seeded.promises.settle(at=AT, today=date(2026, 11, 12)) == {}
    assert seeded.promises.settle(at=AT, today=date(2026, 11, 13)) == {"broken": 1}
    assert [str(one.id) for one in seeded.promises.failed_since(DUE)] == [mine]
    late = seeded.promises.take_payments([payment(5_000, 13)], at=AT, today=date(2026, 11, 16))
    assert (late.closed, states(seeded)) == ({}, {mine: "broken"})
    in_time = seeded.promises.take_payments([payment(1_000, 12)], at=AT, today=date(2026, 11, 16))
    assert in_time.closed == {"partial": 1}
    assert seeded.promises.take_payments([payment(4_000, 12)], at=AT, today=date(2026, 11, 17)).closed == {
        "kept": 1
    }


def test_a_new_promise_takes_the_place_of_the_old(seeded: Store) -> None:
    """Unless both are instalments; what is cancelled stays so."""
    old, new = promise(seeded, 5_000), promise(seeded, 4_000)
    assert states(seeded) == {old: "superseded", new: "open"}
    first = promise(seeded, 1_000)
    second = promise(seeded, 1_000, DUE + timedelta(days=30), instalment=True)
    assert states(seeded) == {old: "superseded", new: "superseded", first: "open", second: "open"}
    (at_hand, *_) = seeded.promises.to_remind(DUE - timedelta(days=1))
    assert str(at_hand.id) == first
    assert seeded.promises.cancel(at_hand.id, at=AT) and not seeded.promises.cancel(at_hand.id, at=AT)
    assert seeded.promises.take_payments([payment(1_000, 5)], at=AT, today=DUE).closed == {"kept": 1}
    assert states(seeded)[first] == "cancelled" and states(seeded)[second] == "kept"


def test_a_reminder_is_noted_once(seeded: Store) -> None:
    """Of two that remind, the first one's time stands, and nobody is reminded again."""
    promise(seeded, 5_000)
    day_before = DUE - timedelta(days=1)
    (one,) = seeded.promises.to_remind(day_before)
    for at in (AT, AT + timedelta(hours=1)):
        with seeded.database.writing() as connection:
            FactsOfActions.reminded_within(connection, one.id, at)
    assert [promise.reminded_at for promise in seeded.promises.listed(since=DUE)] == [AT]
    assert seeded.promises.to_remind(day_before) == ()


def test_what_the_house_does_not_accept_is_refused(seeded: Store) -> None:
    """And leaves what was promised before as it is."""
    mine = promise(seeded, 5_000)
    assert promise(seeded, 5_000, DUE + timedelta(days=300), longest_days=30) == "too_late"
    assert promise(seeded, 1, of_balance=True, least_of_balance=50) == "too_little"
    assert promise(seeded, 10**9, of_balance=True) == "too_much"
    assert states(seeded) == {mine: "open"}
