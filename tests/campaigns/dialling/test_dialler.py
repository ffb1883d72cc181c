"""The dialler on paper: whom it calls when, and what follows, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from data.ids import new_id
from data.records import Booking, CallBegun, CallEnded
from data.records.contacts import NewContact
from data.store import Store
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.dialling.dialler import LEASE
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.settings import TrunkSettings
from tests.campaigns.dialling.paper import (
    MONDAY,
    Telephones,
    Time,
    campaign_of,
    numbers_of,
    on_sqlite,
    people_in,
    server,
    world,
)

MINUTE = timedelta(minutes=1)
BUSY = Ending(result="busy", cause="USER_BUSY")


def test_everybody_is_called_once(store: Store) -> None:
    """In the list's order, each with an attempt and a contact on record; then the campaign is finished."""
    made = world(store, 7)
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time)
    assert ours.step() == 7 and ours.step() == 0
    assert sorted(telephones.rung) == sorted(numbers_of(n)[0] for n in range(7))
    entry = made.entry(store)
    (attempt,) = store.dial_attempts.of_entry(entry)
    assert (entry.state, entry.result, entry.why, entry.tries) == ("ended", "answered", "reached", 1)
    assert (attempt.result, attempt.outcome, attempt.answered_at is None) == ("answered", "promise", False)
    (contact,) = store.contacts.history(store.contacts.whom(attempt.number))
    assert (contact.id, contact.conversation, contact.result) == (attempt.id, True, "answered")
    (campaign,) = store.campaigns.all()
    assert campaign.state == "finished"


@on_sqlite
def test_the_pauses_of_the_table_and_the_next_number(store: Store) -> None:
    """Busy: the same number again after its pause. Nobody there: the next number, and in the end nobody."""
    made = world(store, numbers=2, retries={"busy": [10], "no_answer": [30]}, attempts=9)
    first, second = made.numbers[0]
    nobody = Ending(result="no_answer", cause="NO_ANSWER")
    telephones, time = Telephones({first: [BUSY, nobody, nobody], second: [nobody] * 3}), Time()
    ours = server(store, telephones, time)
    due = []
    while (entry := made.entry(store)).state == "waiting":
        assert entry.due_at is not None
        time.at = entry.due_at - timedelta(seconds=1)
        assert ours.step() == 0
        time.at = entry.due_at
        due.append((time.at - MONDAY) // MINUTE)
        assert ours.step() == 1
    assert telephones.rung == [first, first, second, first, second]
    assert due == [0, 10, 40, 70, 100]
    assert (entry.state, entry.result, entry.why) == ("ended", "no_answer", "numbers")


@on_sqlite
def test_a_number_that_is_none_is_retired_and_not_its_person(store: Store) -> None:
    """The next number follows at once; who objects is not called any more, at whatever number."""
    made = world(store, numbers=2)
    first, second = made.numbers[0]
    telephones, time = Telephones({first: [Ending(result="invalid", cause="UNALLOCATED_NUMBER")]}), Time()
    ours = server(store, telephones, time)
    assert ours.step() == 1 and ours.step() == 1
    assert telephones.rung == [first, second] and made.entry(store).why == "reached"
    assert store.customers.why_retired(first) == "UNALLOCATED_NUMBER in campaign reminder"
    assert store.customers.blocked(first) is None, "whoever has it one day may call us"

    other = world(store, numbers=2, first=5, name="other")
    telephones.script[other.numbers[0][0]] = [Ending(result="unwanted", cause="UNWANTED")]
    assert ours.step() == 1 and ours.step() == 0
    assert store.suppressions.contains("number", other.numbers[0][0])
    person = store.customers.by_id(other.people[0])
    assert person is not None and store.suppressions.contains("person", person.customer_number)


@on_sqlite
def test_the_gate_is_asked_at_the_instant(store: Store) -> None:
    """Between the sample and the call: a do-not-call, a night, the day's cap."""
    made = world(store, 3, purpose="collection", days=10)
    store.suppressions.add("number", made.numbers[0][0], reason="asked", at=MONDAY)
    sms = {"address": "+34600000001", "channel": "sms", "purpose": "collection"}
    store.contacts.note(NewContact(at=MONDAY, customer_id=made.people[1], **sms))  # type: ignore[arg-type]  # a table
    telephones, time = Telephones(), Time(MONDAY.replace(hour=22))
    ours = server(store, telephones, time, rulebook=presets())
    assert ours.step() == 0 and telephones.rung == []
    assert (made.entry(store, 0).state, made.entry(store, 0).result) == ("ended", "do_not_call")
    assert made.entry(store, 2).due_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    time.at = datetime(2026, 11, 24, 7, 59, tzinfo=UTC)
    store.contacts.note(NewContact(at=time.at, customer_id=made.people[1], **sms))  # type: ignore[arg-type]  # a table
    time.at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert ours.step() == 1 and telephones.rung == [made.numbers[2][0]]
    assert made.entry(store, 1).due_at == datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_a_person_never_has_two_calls(store: Store) -> None:
    """Two campaigns, two servers, two of their telephones, and one telephone of two people."""
    theirs = numbers_of(0, 2)
    people = people_in(store, [theirs, (theirs[0],)])
    one = campaign_of(store, people[:1], [theirs[:1]])
    two = campaign_of(store, people[:1], [theirs[1:]], name="other")
    three = campaign_of(store, people[1:], [theirs[:1]], name="third")
    telephones, time = Telephones(), Time()
    other = server(store, telephones, time, owner="n2@here")
    seen: list[int] = []

    def meanwhile(_answered: Callable[[], bool]) -> None:
        if not seen:
            seen.append(0)
            seen.append(other.step())

    telephones.before = meanwhile
    ours = server(store, telephones, time)
    ours.step()
    assert seen == [0, 2] and telephones.rung == [theirs[0]]  # begun, and not made
    for made in (two, three):
        due = made.entry(store).due_at
        assert due is not None and MINUTE <= due - MONDAY < 2 * MINUTE
    time.at += 2 * MINUTE
    ours.step()
    assert telephones.rung == [theirs[0], theirs[1], theirs[0]] and one.entry(store).why == "reached"


def test_nobody_is_called_at_two_telephones_of_a_household(store: Store) -> None:
    """Two customers share two numbers: while it rings at one of them, the other is left alone."""
    theirs = numbers_of(0, 2)
    people = people_in(store, [theirs, theirs])
    campaign_of(store, people[:1], [theirs[:1]])
    second = campaign_of(store, people[1:], [theirs[1:]], name="other")
    telephones, time = Telephones(), Time()
    begun: list[Callable[[], None]] = []
    server(store, telephones, time, beside=begun.append).step()
    assert len(begun) == 2
    telephones.before = lambda _answered: begun.pop()()
    begun.pop(0)()
    assert telephones.rung == [theirs[0]] and second.entry(store).state == "waiting"


@pytest.mark.parametrize("way", ["+34931000000", "931000000", "0034931000000"])
def test_who_calls_in_is_not_dialled_meanwhile(store: Store, way: str) -> None:
    """At whatever number of theirs, on whichever server, however the switch has written it."""
    theirs = numbers_of(0, 2)
    assert theirs[0] == "+34931000000"
    made = campaign_of(store, people_in(store, [theirs]), [theirs[1:]])
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time)
    call = new_id()
    begun = CallBegun(
        call_id=call,
        switch_uuid="leg",
        direction="inbound",
        caller_number=way,
        caller_name="",
        destination="100",
        language="es",
        started_at=MONDAY - MINUTE,
        node_id="another",
    )
    store.calls.begin(begun)
    ours.step()
    assert telephones.rung == [] and made.entry(store).tries == 0
    assert store.contacts.history(store.contacts.whom(theirs[1])) == (), "and it was no contact"
    time.at += 2 * MINUTE
    end = CallEnded(call_id=call, at=time.at, hangup_cause="NORMAL_CLEARING", ended_by="caller")
    assert store.calls.finish(end)
    ours.step()
    assert telephones.rung == [theirs[1]]


def test_who_is_being_called_back_is_not_dialled(store: Store) -> None:
    """Neither is a call that nobody has ended on record a reason for ever."""
    theirs = numbers_of(0, 2)
    people = people_in(store, [theirs])
    made = campaign_of(store, people, [theirs[1:]])
    booking = Booking(queue="billing", number=theirs[0], language="es", joined_at=MONDAY, at=MONDAY)
    callback, _ = store.callbacks.book(booking)
    telephones, time = Telephones(), Time()
    tried = store.callbacks.claim(callback.id, "n2@here", at=MONDAY, lease=LEASE)
    assert tried is not None and tried.attempt_id is not None
    ours = server(store, telephones, time)
    ours.step()
    assert telephones.rung == [] and made.entry(store).state == "waiting"
    assert store.callbacks.put_back(tried.attempt_id, "n2@here")
    lost = CallBegun(
        call_id=new_id(),
        switch_uuid="lost",
        direction="inbound",
        caller_number=theirs[0],
        caller_name="",
        destination="100",
        language="es",
        started_at=MONDAY - timedelta(hours=5),
        node_id="gone for good",
    )
    store.calls.begin(lost)
    time.at += 2 * MINUTE
    ours.step()
    assert telephones.rung == [theirs[1]], "a callback that only waits its turn keeps nobody from a call"


@on_sqlite
def test_outside_its_own_hours_nobody_is_called(store: Store) -> None:
    """Narrower than the law's, by the callee's clock."""
    made = world(store, hours={"mon-fri": "13:00-14:00"})
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time)
    assert ours.step() == 0 and made.entry(store).due_at == MONDAY.replace(hour=12)
    time.at = MONDAY.replace(hour=12)
    assert ours.step() == 1


@on_sqlite
def test_pause_is_obeyed_at_once_and_stop_takes_back(store: Store) -> None:
    """Also by whoever has claimed already; what rings for a campaign that was stopped rings no more."""
    made = world(store, 3)
    telephones, time = Telephones(), Time()
    begun: list[Callable[[], None]] = []
    ours = server(store, telephones, time, beside=begun.append)
    assert ours.step() == 3
    assert store.dial_list.set_state(made.campaign, "paused", before=("running",), at=time.at, by="t")
    for work in begun:
        work()
    assert telephones.rung == [] and {made.entry(store, n).state for n in range(3)} == {"waiting"}
    assert store.dial_list.set_state(made.campaign, "running", before=("paused",), at=time.at, by="t")

    def stopped_meanwhile(_answered: Callable[[], bool]) -> None:
        store.dial_list.set_state(made.campaign, "stopped", before=("running",), at=time.at, by="t")
        ours.step()

    telephones.before = stopped_meanwhile
    begun.clear()
    ours.step()
    begun[0]()
    assert telephones.taken_back == [made.campaign]


@on_sqlite
def test_a_server_that_ends_calls_nobody_new(store: Store) -> None:
    """Whom it has claimed goes back at once, and what rings is taken back."""
    made = world(store, 2)
    telephones, time = Telephones(), Time()
    begun: list[Callable[[], None]] = []
    ours = server(store, telephones, time, beside=begun.append)
    assert ours.step() == 2
    ours.stop()
    for work in begun:
        work()
    assert telephones.rung == [] and {made.entry(store, n).state for n in range(2)} == {"waiting"}
    assert server(store, telephones, time, owner="n2@here").step() == 2


@on_sqlite
def test_drained_when_its_calls_are_over(store: Store) -> None:
    """Nobody new is called; the state follows."""
    made = world(store, 3)
    store.dial_list.set_state(made.campaign, "draining", before=("running",), at=MONDAY, by="t")
    ours = server(store, Telephones(), Time())
    assert ours.step() == 0
    assert store.dial_list.states([made.campaign]) == {made.campaign: "stopped"}


@on_sqlite
def test_a_sample_s_days_end(store: Store) -> None:
    """What is left is not called a day later than was said."""
    made = world(store, days=1)
    telephones, time = Telephones({made.numbers[0][0]: [Ending(result="machine")]}), Time()
    ours = server(store, telephones, time)
    ours.step()
    assert made.entry(store).why == "days", "the next try would be after the last day"
    other = world(store, first=3, days=1, name="other")
    time.at += timedelta(days=1)
    ours.step(), ours.step()
    assert store.dial_list.states([other.campaign]) == {other.campaign: "stopped"}
    assert len(telephones.rung) == 1


@on_sqlite
def test_a_switch_that_is_away_costs_nobody_anything(store: Store) -> None:
    """Nothing has left: neither an attempt nor a contact is on record."""
    made = world(store)
    telephones, time = Telephones(gone=True), Time()
    ours = server(store, telephones, time)
    ours.step()
    entry = made.entry(store)
    assert (entry.state, entry.tries, store.dial_attempts.of_entry(entry)) == ("waiting", 0, ())
    assert store.contacts.history(store.contacts.whom(made.numbers[0][0])) == ()
    telephones.gone, time.at = False, time.at + MINUTE
    assert ours.step() == 1 and len(telephones.rung) == 1


def test_the_trunk_s_pace_and_lines_hold_for_all_servers(store: Store) -> None:
    """Two servers and two campaigns together: never more calls a second, nor at once, than it takes."""
    world(store, 12), world(store, 12, first=50, name="other")
    trunk = TrunkSettings(name="main", dial="user/{number}", channels=6, calls_per_second=4)
    telephones, time = Telephones(), Time()
    at, lines, most = [], 0, 0
    waiting: list[Callable[[], None]] = []

    def counted(_answered: Callable[[], bool]) -> None:
        at.append(time.at)

    telephones.before = counted
    ours = server(store, telephones, time, trunk=trunk, beside=waiting.append)
    other = server(store, telephones, time, owner="n2@here", trunk=trunk, beside=waiting.append)
    for _ in range(40):
        ours.step(), other.step()
        lines = store.trunks.under_way("main")
        most = max(most, lines)
        while waiting:
            waiting.pop(0)()
        time.at += timedelta(seconds=0.25)
    assert len(telephones.rung) == 24 and most <= 6
    apart = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    assert min(apart) >= 0.25


@on_sqlite
def test_an_outcome_asks_for_another_call(store: Store) -> None:
    """As the strategy says, and as often as there are attempts."""
    made = world(store, again={"call_later": 60}, attempts=2)
    later = Ending(result="answered", outcome="call_later")
    telephones, time = Telephones({made.numbers[0][0]: [later] * 3}), Time()
    ours = server(store, telephones, time)
    assert ours.step() == 1
    assert made.entry(store).due_at == MONDAY + 60 * MINUTE
    time.at += 60 * MINUTE
    assert ours.step() == 1 and made.entry(store).state == "ended"


@on_sqlite
@pytest.mark.parametrize(
    ("again", "agent", "tries"), [({"answered": 60}, "", 2), ({"answered": 60}, "2001", 1), ({}, "", 1)]
)
def test_who_puts_it_down_before_anything_came_of_it(
    store: Store, again: dict[str, int], agent: str, tries: int
) -> None:
    """Called again, if the strategy says so; not whom an agent has talked with."""
    made = world(store, again=again, attempts=2)
    put_down = Ending(result="answered", cause="NORMAL_CLEARING", agent=agent)
    telephones, time = Telephones({made.numbers[0][0]: [put_down] * 3}), Time()
    ours = server(store, telephones, time)
    for _ in range(4):
        ours.step()
        time.at += 30 * MINUTE
    assert (made.entry(store).state, made.entry(store).why) == ("ended", "reached")
    assert len(telephones.rung) == tries


@on_sqlite
def test_a_call_that_lasts_longer_than_the_lease_stays_ours(store: Store) -> None:
    """As long as its server lives; another server's look changes nothing."""
    made = world(store)
    telephones, time = Telephones(), Time()
    ours, other = server(store, telephones, time), server(store, telephones, time, owner="n2@here")

    def long_talk(_answered: Callable[[], bool]) -> None:
        for _ in range(8):
            time.at += LEASE / 3
            ours.step()
            other.step()

    telephones.before = long_talk
    ours.step()
    assert made.entry(store).why == "reached" and len(telephones.rung) == 1
