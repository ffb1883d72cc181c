"""Tries that overlap, that nobody ends, and that are about an order: counted alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import gevent
import pytest

from data.ids import new_id
from data.store import Store
from data.verification import VerificationTry, Windows
from dialogs.results import Failed, Found, Missing, Slow
from ivr.identity.pins import Hashing
from ivr.lookups.whose import guessed_at
from ivr.occasion import Occasion
from tests.clocks import HandClock
from tests.data.conftest import NOW
from tests.data.test_verification import customer
from tests.identity.conftest import Counter

PIN, WRONG = "7302", "8265"
NUMBER = "45716"
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def hashing() -> Iterator[Hashing]:
    hashing = Hashing()
    yield hashing
    hashing.close()


@pytest.fixture
def counter(store: Store, hashing: Hashing) -> Counter:
    customer(store, NUMBER)
    store.verifications.set_secret(NUMBER, "pin", hashing.hashed(PIN), at=NOW, by="test")
    return Counter(store, hashing, HandClock())


def ends_at_once(counter: Counter, pin: str, calls: int) -> list[str]:
    trying = [gevent.spawn(counter.ends, NUMBER, pin, caller=f"+34600001{n:03}") for n in range(calls)]
    gevent.joinall(trying, raise_error=True)
    return [one.value for one in trying]


def test_right_answers_at_the_same_time_lock_nobody(counter: Counter) -> None:
    """After four wrong ones the next two calls come at once, both right: nobody is locked for a day."""
    for n in range(4):
        assert counter.ends(NUMBER, WRONG, caller=f"+3460000200{n}") == "missing"
    assert set(ends_at_once(counter, PIN, 2)) <= {"found", "locked"}
    assert counter.store.verifications.lockouts(at=counter.clock.utc()) == ()
    assert counter.ends(NUMBER, PIN) == "found"
    assert set(ends_at_once(counter, PIN, 12)) <= {"found", "locked"}
    assert counter.store.verifications.lockouts(at=counter.clock.utc()) == ()


def test_as_many_at_once_as_may_be_wrong_are_all_judged(counter: Counter) -> None:
    """What is under way counts against the limit, and no further."""
    assert ends_at_once(counter, PIN, 5) == ["found"] * 5


def test_wrong_answers_at_the_same_time_are_no_more_than_allowed(counter: Counter) -> None:
    """And the lock that comes of them tells how many were wrong."""
    ends = ends_at_once(counter, WRONG, 12)
    while "locked" not in (last := counter.ends(NUMBER, WRONG, caller="+34600009999")):
        ends.append(last)
    assert ends.count("missing") <= 4
    (lock,) = counter.store.verifications.lockouts(at=counter.clock.utc())
    assert (lock.scope, lock.reason) == ("subject", "5 wrong answers for one person")


def test_a_try_that_nobody_ends_is_wrong_from_its_deadline_on(counter: Counter) -> None:
    """A server that dies while it judges gives no try away."""
    verifications = counter.store.verifications
    at = counter.clock.utc()
    known = verifications.person("customer_number", NUMBER)
    assert known is not None
    who = verifications.subject("customer", str(known.customer_id))
    for _ in range(5):
        left = VerificationTry(
            id=new_id(), identity="customer", subject_hash=who, caller_number="", call_id=new_id(), at=at
        )
        verifications.begin(left)
    windows = Windows(subject=HOUR, caller=HOUR, overall=HOUR)
    assert verifications.wrong(left, windows).subject == 0
    assert verifications.wrong(left, windows, under_way=True).subject == 5
    assert counter.ends(NUMBER, PIN) == "locked"
    assert verifications.lockouts(at=at) == (), "they may still be right"
    counter.clock.go_on(seconds=16)
    assert counter.ends(NUMBER, PIN) == "locked"
    (lock,) = verifications.lockouts(at=counter.clock.utc())
    assert (lock.scope, lock.reason) == ("subject", "5 wrong answers for one person")


# --- postcodes -----------------------------------------------------------------------------------------


def asked(
    counter: Counter, number: str, result: Found | Missing | Slow, *, caller: str = "+34600000001"
) -> str:
    """What a call hears that asks for an order by a postcode, where the look-up would say `result`."""
    thing = guessed_at("order", {"order_id": number, "home_postcode": "28001", "customer_number": "none"})
    assert thing is not None
    told = counter.verification.guarded(
        thing, Occasion(new_id(), caller, "order_status", "ask", "es"), lambda: result
    )
    return type(told).__name__.lower()


def test_postcodes_of_one_order_are_not_guessed_from_many_telephones(counter: Counter) -> None:
    """Five wrong ones in five calls; then the right one is not told either, and of another order it is."""
    ends = [asked(counter, "780346", Missing(), caller=f"+3460000100{n}") for n in range(5)]
    assert ends == ["missing"] * 5
    assert asked(counter, "780346", Found({}), caller="+34600002000") == "failed"
    assert asked(counter, "780 346", Found({}), caller="+34600002000") == "failed"
    assert asked(counter, "780347", Found({}), caller="+34600002000") == "found"
    (lock,) = counter.store.verifications.lockouts(at=counter.clock.utc())
    assert (lock.scope, lock.reason) == ("subject", "5 wrong answers for one order")


def test_orders_are_not_walked_from_one_telephone(counter: Counter) -> None:
    """Ten numbers, one postcode each: the caller is locked for them, and for proofs."""
    assert [asked(counter, f"7803{n:02}", Missing()) for n in range(10)] == ["missing"] * 10
    assert asked(counter, "780399", Found({})) == "failed"
    assert counter.ends(NUMBER, PIN) == "locked"
    assert asked(counter, "780399", Found({}), caller="+34600003000") == "found"


def test_a_right_postcode_forgives_the_order_and_a_slow_answer_is_no_try(counter: Counter) -> None:
    """Whoever finds the right one among their old addresses is no guesser."""
    for _ in range(3):
        for n in range(4):
            assert (
                asked(counter, "780346", Missing(), caller=f"+3460{new_id().int % 10**7:07}") == "missing"
            ), n
        counter.clock.go_on(seconds=1)
        assert asked(counter, "780346", Found({}), caller="+34600002000") == "found"
    for _ in range(12):
        assert asked(counter, "780347", Slow(), caller="+34600002001") == "slow"
    assert asked(counter, "780347", Found({}), caller="+34600002001") == "found"


def test_who_has_proved_who_they_are_is_not_counted() -> None:
    """A case is the ticket of that number; what goes by no postcode is not guarded."""
    by = {"order_id": "780346", "home_postcode": "none", "customer_number": NUMBER}
    assert guessed_at("order", by) is None
    assert guessed_at("account", {"customer_number": NUMBER}) is None
    by |= {"home_postcode": "28001"}
    assert guessed_at("order", by) == ("order", "780346")
    case = {"case_reference": "10000008", "home_postcode": "none", "customer_number": "none"}
    assert guessed_at("case", case) == guessed_at("ticket", {"ticket_id": "10000008", **case})


def test_a_lost_database_answers_no_postcode(hashing: Hashing, counter: Counter) -> None:
    """Who cannot be counted is not answered: the flow's `error`, a person."""
    counter.store.close()
    broken = Counter(Store("sqlite:////nowhere/ivr.sqlite3"), hashing, HandClock())
    thing = ("order", "780346")
    told = broken.verification.guarded(
        thing, Occasion(new_id(), "+34600000001", "f", "s", "es"), lambda: Found({})
    )
    assert isinstance(told, Failed)
