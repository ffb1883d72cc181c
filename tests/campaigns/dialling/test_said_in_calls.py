"""What people say in a call is in the database before the call is over, and the next dial is refused: on both
databases, with the flows' performers and the dialler's own transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from data.ids import new_id
from data.models import AccountRow, CustomerRow
from data.promises import PaymentNote
from data.store import Store
from dialogs.effects import Promise
from dialogs.results import Done, Refused, Result, Written
from ivr.campaigns.contact_rules.contact import Blocked
from ivr.campaigns.contact_rules.gate import Gate, Wish
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.promising import Promising, policy_of
from ivr.clock import Clock
from ivr.lookups import LOOKUPS
from ivr.occasion import Occasion, ServedCustomer
from ivr.writes import WRITES, asked
from tests.campaigns.dialling.paper import (
    MONDAY,
    Telephones,
    Time,
    World,
    campaign_of,
    on_sqlite,
    server,
    world,
)

POLICY = {"longest_days": 20, "least_of_balance": 50, "least_share": 90, "grace_days": 2, "instalments": 2}
ANA = "45716"
SAID = Promise("pay", 5000, "EUR", "2026-12-01", "promise_all", confirmed_by="yes")


def collection(store: Store, *, numbers: int = 1, **declared: object) -> World:
    """One person who owes fifty euros, in a campaign that collects."""
    made = world(store, numbers=numbers, purpose="collection", promises=POLICY, **declared)
    with store.database.writing() as connection:
        connection.execute(
            update(CustomerRow).where(CustomerRow.id == made.people[0]).values(customer_number=ANA)
        )
    return made


def occasion(made: World, **changes: object) -> Occasion:
    them = Occasion(
        call_id=new_id(),
        caller_number=made.numbers[0][0],
        flow="promise_to_pay",
        step="promise_all",
        language="es",
        person=ServedCustomer(made.people[0], ANA),
        proof="right_party",
        called=True,
        strategy="s",
        campaign="reminder",
    )
    return replace(them, **changes)  # type: ignore[arg-type]  # a table of keyword arguments


def promising(store: Store) -> Promising:
    return Promising(store, Clock(begins=MONDAY), zone="Europe/Madrid")


def wrote(store: Store, name: str, **values: str) -> Written | object:
    return WRITES[name].do(store, values, asked(MONDAY, f"{name}-{new_id()}", None))


def test_a_promise_is_kept_and_nobody_is_dialled(store: Store) -> None:
    """By the campaign's policy; asked twice it is one; a new one takes its place; a payment keeps it."""
    made = collection(store)
    keeping, now = promising(store), occasion(made)
    assert keeping.keep(SAID, now) == keeping.keep(SAID, now) == Done()
    (promise,) = store.accounts.promises(ANA)
    assert (promise.amount_cents, promise.promised_for) == (5000, date(2026, 12, 1))
    telephones = Telephones()
    server(store, telephones, Time(), rulebook=presets()).step()
    assert (telephones.rung, made.entry(store).result) == ([], "promise")
    assert keeping.keep(replace(SAID, on="2026-12-03"), occasion(made)) == Done()
    assert [one.status for one in store.accounts.promises(ANA)] == ["open", "superseded"]
    paid = PaymentNote(
        customer_number=ANA, amount_cents=4500, currency="EUR", received_on=date(2026, 12, 5), reference="r"
    )
    store.promises.take_payments([paid], at=MONDAY, today=date(2026, 12, 5))
    assert store.accounts.promises(ANA)[0].status == "kept", "nine tenths, within the grace of two days"


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "who", "expected"),
    [
        ({}, {"person": None}, Refused("not_proved")),
        ({"confirmed_by": ""}, {}, Refused("not_confirmed")),
        ({"amount": 2499}, {}, Refused("too_little")),
        ({"amount": 5001}, {}, Refused("too_much")),
        ({"amount": 0}, {}, Refused("nothing")),
        ({"on": "2026-12-14"}, {}, Refused("too_late")),
        ({"on": "2026-12-13"}, {}, Done()),
        ({"on": "2026-11-22"}, {}, Refused("past")),
        ({"instalments": 3}, {}, Refused("too_many_instalments")),
        ({"instalments": 2}, {}, Done()),
        ({"currency": "USD"}, {}, Refused("unknown")),
        ({}, {"campaign": "", "strategy": ""}, Done()),
        ({"instalments": 2}, {"campaign": ""}, Refused("too_many_instalments")),
    ],
)
def test_the_house_judges_once_more(
    store: Store, changes: dict[str, object], who: dict[str, object], expected: Result
) -> None:
    """Whatever the flow has said: by the policy that the campaign was started with."""
    made = collection(store)
    said = replace(SAID, **changes)  # type: ignore[arg-type]  # a table of keyword arguments
    assert promising(store).keep(said, occasion(made, **who)) == expected
    kept = len(store.accounts.promises(ANA))
    assert kept == (said.instalments if expected == Done() else 0)


@on_sqlite
def test_a_flow_hears_the_policy_of_its_campaign(store: Store) -> None:
    """What `payment_terms` tells is what the house accepts, to the cent and to the day."""
    collection(store)
    by = {"customer_number": ANA, "strategy": "s", "campaign": "reminder"}
    found = LOOKUPS["payment_terms"](store, by, MONDAY)
    assert found.record == {  # type: ignore[union-attr]  # she is there
        **{"state": "due", "owed": 5000, "least": 2500, "latest_date": "2026-12-13", "instalments": 2},
        **{"in_two": 2500, "in_three": 1667},
        **{f"{name}_currency": "EUR" for name in ("owed", "least", "in_two", "in_three")},
    }
    assert policy_of(store, "s", "nowhere").longest_days == 30
    with store.database.writing() as connection:
        connection.execute(update(AccountRow).values(balance_cents=-5))
    found = LOOKUPS["payment_terms"](store, by, MONDAY)
    assert (found.record["state"], found.record["owed"]) == ("clear", 0)  # type: ignore[union-attr]  # as above


@pytest.mark.parametrize("reason", ["dispute", "hardship"])
def test_a_hold_stands_against_the_next_dial(store: Store, reason: str) -> None:
    """They are off the list, with the reason; a person lifts it, and another campaign calls them."""
    made = collection(store)
    assert wrote(store, "collection_hold", customer_number=ANA, reason=reason) == Written()
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time, rulebook=presets())
    ours.step()
    entry = made.entry(store)
    assert (telephones.rung, entry.state, entry.result) == ([], "ended", reason)
    assert entry.why
    assert store.collection_holds.lift(ANA, by="marta", at=MONDAY) == 1
    other = collection_of_the_same(store, made)
    ours.step()
    assert (telephones.rung, other.entry(store).result) == ([made.numbers[0][0]], "answered")


def collection_of_the_same(store: Store, made: World) -> World:
    return campaign_of(store, made.people, made.numbers, name="again", purpose="collection", days=20)


@on_sqlite
def test_who_says_that_they_have_paid_is_left_alone_for_ten_days(store: Store) -> None:
    """Banks tell later; then the campaigns go on by themselves."""
    made = collection(store)
    wrote(store, "collection_hold", customer_number=ANA, reason="already_paid")
    today = MONDAY.date()
    standing = store.collection_holds.standing
    assert standing(made.people[0], today=today + timedelta(days=10)) == "already_paid"
    assert standing(made.people[0], today=today + timedelta(days=11)) == ""


@on_sqlite
def test_a_reason_that_is_none_and_a_customer_who_is_none(store: Store) -> None:
    """Refused, so that the flow goes to a person."""
    collection(store)
    for values in ({"customer_number": ANA, "reason": "mood"}, {"customer_number": "1", "reason": "dispute"}):
        assert wrote(store, "collection_hold", **values) == Refused("unknown")


@on_sqlite
@pytest.mark.parametrize("name", ["do_not_call", "wrong_number"])
@pytest.mark.parametrize("number", ["", "none", "600", "'; DROP TABLE customers; --"])
def test_what_is_no_number(store: Store, name: str, number: str) -> None:
    """Nothing is noted of it."""
    assert wrote(store, name, customer_number=ANA, number=number) == Refused("unknown")


def test_no_more_calls_holds_at_once_for_every_campaign_and_channel(store: Store) -> None:
    """By the number and by the person: also at their other number, for another purpose, and by SMS."""
    made = collection(store, numbers=2)
    first, second = made.numbers[0]
    gate = Gate(store.contacts, presets(), now=lambda: MONDAY)

    def decided(to: str, channel: str, purpose: str) -> object:
        wish = Wish(
            to=to,
            channel=channel,  # type: ignore[arg-type]  # a table
            purpose=purpose,  # type: ignore[arg-type]  # a table
            actor="creditor",
            customer_id=made.people[0],
        )
        return gate.look(wish, at=MONDAY)

    asks = [(first, "call", "collection"), (second, "call", "service"), (second, "sms", "collection")]
    before = [decided(*one) for one in asks]
    assert not any(isinstance(one, Blocked) and one.reason == "do_not_call" for one in before)
    assert wrote(store, "do_not_call", customer_number=ANA, number=first) == Written()
    for one in asks:
        decision = decided(*one)
        assert isinstance(decision, Blocked)
        assert decision.reason == "do_not_call"
    telephones = Telephones()
    assert server(store, telephones, Time(), rulebook=presets()).step() == 0
    assert (telephones.rung, made.entry(store).result) == ([], "do_not_call")


@on_sqlite
def test_a_stranger_objects_for_the_telephone_alone(store: Store) -> None:
    """The person may be called at their other number."""
    made = collection(store, numbers=2)
    assert wrote(store, "do_not_call", customer_number="none", number=made.numbers[0][0]) == Written()
    assert store.suppressions.contains("number", made.numbers[0][0])
    assert not store.suppressions.contains("person", ANA)


def test_a_wrong_number_is_retired_in_the_call_and_the_next_one_follows(store: Store) -> None:
    """As the law's cap allows; the number is left out of what is cut later, too, and may call us."""
    made = collection(store, numbers=2, days=20)
    first, second = made.numbers[0]
    telephones, time = Telephones({first: [wrong_number()]}), Time()

    def they_say_so(_answered: Callable[[], bool]) -> None:
        if not telephones.orders:
            wrote(store, "wrong_number", customer_number=ANA, number=first)

    telephones.before = they_say_so
    ours = server(store, telephones, time, rulebook=presets())
    assert ours.step() == 1
    entry = made.entry(store)
    assert (entry.state, entry.result, entry.rank) == ("waiting", "answered", 2)
    assert (store.customers.retired(first), store.customers.blocked(first)) == (True, None)
    time.at = datetime(2026, 11, 24, 10, tzinfo=UTC)
    while (entry := made.entry(store)).state == "waiting":
        assert entry.due_at is not None
        time.at = max(time.at, entry.due_at)
        ours.step()
    assert telephones.rung == [first, second]
    again = collection_of_the_same(store, made)
    time.at = datetime(2026, 11, 30, 10, tzinfo=UTC)
    ours.step()
    assert telephones.rung == [first, second, second], "also where the number stands in a sample"
    assert again.entry(store).result == "answered"


def wrong_number() -> Ending:
    return Ending(result="answered", cause="NORMAL_CLEARING", outcome="wrong_number")


@on_sqlite
def test_answers_to_a_poll_are_counted_once(store: Store) -> None:
    """By the errand's key; an empty one is none."""
    who = asked(MONDAY, "k", None)
    values = {"poll": "summer", "question": "liked", "answer": "yes"}
    for _ in range(2):
        assert WRITES["poll_answer"].do(store, values, who) == Written()
    assert wrote(store, "poll_answer", **{**values, "answer": " "}) == Refused("invalid")
    counted = store.polls.counted(since=MONDAY, until=MONDAY + timedelta(hours=1))
    assert [(one.poll, one.question, one.answer, one.count) for one in counted] == [
        ("summer", "liked", "yes", 1)
    ]
