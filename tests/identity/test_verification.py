"""Who passes, who is locked out and for how long, and that nobody learns more than that from trying."""

from __future__ import annotations

import statistics
import time

import gevent
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.ids import new_id
from data.store import Store
from dialogs.results import Failed, Found, Locked, Missing
from ivr.identity.pins import Hashing
from tests.clocks import HandClock
from tests.identity.conftest import ANA, BOB, NOBODY, OTHER_PIN, PIN, Counter

WRONG = "8265"


def test_the_right_pin_passes_and_tells_who_it_is(counter: Counter) -> None:
    """What flows may know from here on, the audit log, and nothing of the PIN."""
    verified = counter.tries(ANA, PIN)
    assert isinstance(verified.result, Found)
    assert verified.result.record["customer_number"] == ANA
    assert PIN not in str(verified.result.record.values())
    assert verified.person is not None
    (entry,) = counter.store.audit.of_customer(verified.person.customer_id, most=1)
    assert (entry.action, entry.what) == ("verify", "identity: customer")


@pytest.mark.parametrize(
    ("claims", "passes"),
    [
        ({"dni": "12345678-z", "birth_date": "1980-03-15"}, True),
        ({"dni": "12345678Z", "birth_date": "1980-03-16"}, False),
        ({"dni": "87654321X", "birth_date": "1980-03-15"}, False),
        ({"customer_number": ANA, "dni": "12345678Z"}, True),
        ({"customer_number": ANA, "dni": "87654321X"}, False),
        ({"customer_number": BOB, "dni": "12345678Z"}, False),
        ({"customer_number": ANA, "birth_date": "1980-03-15", "postal_code": "08 001"}, True),
        ({"customer_number": ANA, "birth_date": "1980-03-15", "postal_code": "08002"}, False),
        ({"customer_number": BOB, "birth_date": ""}, False),
        ({"customer_number": BOB, "birth_date": "None"}, False),
    ],
)
def test_other_proofs(counter: Counter, claims: dict[str, str], *, passes: bool) -> None:
    """All that is claimed must be right; what is not known of somebody proves nothing."""
    assert isinstance(counter.claims(claims).result, Found if passes else Missing)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.text(max_size=50), dni=st.text(max_size=50))
def test_nothing_that_is_said_breaks_it(counter: Counter, number: str, dni: str) -> None:
    """SQL, wildcards, NUL, other alphabets: bound values that name nobody. Never a fault, never a pass."""
    person = counter.store.verifications.person("customer_number", number)
    assert person is None or person.customer_number == number
    person = counter.store.verifications.person("dni", dni)
    assert person is None or person.dni == dni


@pytest.mark.parametrize("number", ["' OR 1=1 --", "%", "4571_", "\0", "４５７１６", "{pin}"])
def test_hostile_numbers_are_nobody(counter: Counter, number: str) -> None:
    assert counter.ends(number, PIN) == "missing"


# --- locks ---------------------------------------------------------------------------------------------


def test_three_wrong_answers_in_one_call_are_the_last(counter: Counter) -> None:
    """Also with a right one after them, and for whomever they say they are; the next call is a new chance."""
    call = new_id()
    ends = [counter.ends(number, WRONG, call=call) for number in (ANA, BOB, NOBODY)]
    assert ends == ["missing", "missing", "locked"]
    assert counter.ends(ANA, PIN, call=call) == "locked"
    assert counter.ends(ANA, PIN) == "found"


@pytest.mark.parametrize("number", [ANA, NOBODY])
def test_a_person_is_locked_whoever_tries(counter: Counter, number: str) -> None:
    """Five wrong answers from five telephones in five calls; of a number that nobody has, alike."""
    ends = [counter.ends(number, WRONG, caller=f"+3460000010{n}") for n in range(5)]
    assert ends == ["missing"] * 4 + ["locked"]
    assert counter.ends(number, PIN, caller="+34600000200") == "locked"
    assert counter.ends(BOB, OTHER_PIN) == "found"
    counter.clock.go_on(hours=25)
    assert counter.ends(number, PIN) == ("found" if number == ANA else "missing")


def test_one_person_by_two_names_is_one(counter: Counter) -> None:
    """Guessing by customer number and by DNI in turn gets nobody further."""
    for n in range(5):
        counter.tries(ANA, WRONG, dni="12345678Z" if n % 2 else "", caller=f"+3460000020{n}")
    assert counter.ends(ANA, PIN, caller="+34600000300") == "locked"


def test_a_caller_is_locked_whomever_they_try(counter: Counter) -> None:
    """Ten wrong answers from one telephone, each for somebody else; another telephone goes on."""
    ends = [counter.ends(f"1000{n}", WRONG) for n in range(10)]
    assert ends == ["missing"] * 9 + ["locked"]
    assert counter.ends(ANA, PIN) == "locked"
    assert counter.ends(ANA, PIN, caller="+34600000002") == "found"
    counter.clock.go_on(minutes=61)
    assert counter.ends(ANA, PIN) == "found"


def test_a_right_answer_forgives_the_person_and_not_the_caller(counter: Counter) -> None:
    """Who has an account of their own cannot use it to go on guessing at others."""
    for n in range(4):
        assert counter.ends(ANA, WRONG, caller=f"+3460000040{n}") == "missing"
    assert counter.ends(ANA, PIN, caller="+34600000404") == "found"
    assert counter.ends(ANA, WRONG, caller="+34600000405") == "missing"
    ends = []
    for n in range(10):
        assert counter.ends(BOB, OTHER_PIN, caller="+34600000500") == "found" or n == 10
        ends.append(counter.ends(f"2000{n}", WRONG, caller="+34600000500"))
    assert ends[-1] == "locked"


def test_withheld_numbers_have_a_limit_of_their_own(people: Store, hashing: Hashing) -> None:
    """They are one caller, and a wide one."""
    limits = {"withheld": {"wrong": 12, "within": 3600, "lock": 600}, "per_call": 50}
    counter = Counter(people, hashing, HandClock(), **limits)
    ends = [counter.ends(f"3000{n:02}", WRONG, caller="") for n in range(12)]
    assert ends == ["missing"] * 11 + ["locked"]
    assert counter.ends(ANA, PIN) == "found"
    counter.clock.go_on(seconds=601)
    assert counter.ends(ANA, PIN, caller="") == "found"


def test_a_wave_slows_everybody_and_then_locks(people: Store, hashing: Hashing) -> None:
    """Each telephone tries once: only all of them together show it."""
    overall = {"within": 600, "slow": 5, "slow_floor": 0.7, "lock": 8}
    counter = Counter(people, hashing, HandClock(), overall=overall)
    took = []
    for n in range(7):
        began = time.monotonic()
        assert counter.ends(f"4000{n}", WRONG, caller=f"+346000006{n:02}") == "missing"
        took.append(time.monotonic() - began)
    assert min(took[:5]) < 0.7 <= min(took[5:])  # a floor that no loaded machine reaches by itself
    assert counter.ends("50005", WRONG, caller="+34600000699") == "locked"
    assert counter.ends(ANA, PIN) == "locked"
    counter.clock.go_on(seconds=601)
    assert counter.ends(ANA, PIN) == "found"


def test_many_at_once_guess_no_more_often_than_one(counter: Counter) -> None:
    """A hundred calls that try at the same instant: five are judged, whatever the order."""
    calls = [gevent.spawn(counter.tries, ANA, f"{n:04}", caller=f"+3460001{n:04}") for n in range(8270, 8310)]
    gevent.joinall(calls, raise_error=True)
    results = [call.value.result for call in calls]
    assert sum(isinstance(one, Missing) for one in results) <= 5
    assert sum(isinstance(one, Locked) for one in results) >= 35
    assert not any(isinstance(one, Found) for one in results)


def test_locks_are_on_record_and_can_be_lifted(counter: Counter) -> None:
    """By whom and why, in the audit log; a lifted lock forgives what was wrong before."""
    for n in range(5):
        counter.ends(ANA, WRONG, caller=f"+3460000070{n}")
    verifications, now = counter.store.verifications, counter.clock.utc()
    (lock,) = verifications.lockouts(at=now)
    assert (lock.scope, lock.reason) == ("subject", "5 wrong answers for one person")
    assert ANA not in lock.subject
    assert verifications.lift("subject", lock.subject, at=now, by="pau", why="they came in person") == 1
    assert verifications.lockouts(at=now) == ()
    counter.clock.go_on(seconds=1)
    assert counter.ends(ANA, WRONG) == "missing"
    assert counter.ends(ANA, PIN) == "found"
    entries = counter.store.audit.latest(10)
    assert [(one.who, one.why) for one in entries if one.action == "unlock"] == [
        ("pau", "they came in person")
    ]


# --- nothing is told ------------------------------------------------------------------------------------


def test_unknown_and_wrong_take_the_same_time_and_say_the_same(people: Store, hashing: Hashing) -> None:
    """Each takes the floor's time, which is more than the work; their medians differ by less than 20 ms."""
    limits = {"per_person": {"wrong": 99, "within": 60, "lock": 60}, "per_call": 99, "floor": 0.25}
    counter = Counter(people, hashing, HandClock(), **limits)
    took: dict[str, list[float]] = {ANA: [], NOBODY: []}
    for n in range(16):
        number = (ANA, NOBODY)[n % 2]
        began = time.monotonic()
        verified = counter.tries(number, WRONG, caller=f"+346000008{n:02}")
        took[number].append(time.monotonic() - began)
        assert verified.result == Missing()
        assert verified.person is None
    wrong, unknown = (statistics.median(times) for times in took.values())
    assert min(*took[ANA], *took[NOBODY]) >= 0.25
    assert abs(wrong - unknown) < 0.02


def test_unknown_and_wrong_do_the_same_work(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """One argon2 verification each, also for somebody without a PIN and for one who is locked."""
    done: list[str] = []
    proves = counter.hashing.proves
    monkeypatch.setattr(
        counter.hashing, "proves", lambda pin, kept: done.append(str(kept)[:9]) or proves(pin, kept)
    )
    for number in (ANA, NOBODY, "18051"):
        counter.tries(number, WRONG)
    for _ in range(5):
        counter.tries(BOB, WRONG)
    assert len(done) == 8


def test_a_lost_database_lets_nobody_pass(counter: Counter, people: Store) -> None:
    """Fail closed: who cannot be counted is not judged."""
    people.database.file.rename(people.database.file.with_suffix(".away"))
    verified = counter.tries(ANA, PIN)
    assert isinstance(verified.result, Failed)
    assert verified.person is None


def test_the_hub_goes_on_while_pins_are_compared(counter: Counter) -> None:
    """argon2 takes tens of milliseconds: callers who are speaking must not notice."""
    longest, stop = 0.0, gevent.event.Event()

    def beat() -> None:
        nonlocal longest
        last = time.monotonic()
        while not stop.wait(0.002):
            now = time.monotonic()
            longest, last = max(longest, now - last), now

    heart = gevent.spawn(beat)
    gevent.joinall([gevent.spawn(counter.tries, f"6000{n}", WRONG) for n in range(6)], raise_error=True)
    stop.set()
    heart.join()
    assert longest < 0.1
