"""What happens to an installation while a campaign runs: clocks are set, people move, summer time ends, a
trunk goes down. On paper, with a real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from data.models import CustomerRow
from data.store import Store
from data.trunks import CLOCKS, LONGEST_PAUSE
from ivr.campaigns.dialling.capacity import OF_ALL_AGENTS, TURN
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.results import result_of
from tests.campaigns.dialling.paper import (
    MONDAY,
    TRUNK,
    Telephones,
    Time,
    campaign_of,
    numbers_of,
    on_sqlite,
    people_in,
    server,
    world,
)

HOUR = timedelta(hours=1)
GONE = Ending(result="trunk", cause="GATEWAY_DOWN")


def test_a_clock_that_is_set_back_stops_no_campaign(store: Store) -> None:
    """The pace of the trunk, its rest and the queue's turn were noted for moments that are now far ahead."""
    time, within = Time(), timedelta(seconds=3)
    assert store.trunks.slot("main", at=time.at, per_second=1, within=within) == time.at
    for _ in range(5):
        store.trunks.refused("main", at=time.at)
    assert store.trunks.rests_until("main", at=time.at) is not None
    assert store.pacing_turns.take(OF_ALL_AGENTS, "n9@here", at=time.at, lease=TURN)
    time.at -= HOUR
    assert store.trunks.rests_until("main", at=time.at) is None
    assert store.pacing_turns.take(OF_ALL_AGENTS, "n1@here", at=time.at, lease=TURN)
    world(store, 2, at=time.at)
    telephones = Telephones()
    assert server(store, telephones, time).step() >= 1
    assert telephones.rung and time.at < MONDAY - HOUR + timedelta(minutes=1)


@on_sqlite
def test_moments_that_lie_a_little_ahead_hold(store: Store) -> None:
    """Servers' clocks differ by some seconds: neither pace nor rest is given up for that."""
    at, within = MONDAY, timedelta(seconds=3)
    assert store.trunks.slot("main", at=at, per_second=1, within=within) == at
    behind = at - timedelta(seconds=20)
    assert store.trunks.slot("main", at=behind, per_second=1, within=within) is None
    for _ in range(5):
        store.trunks.refused("main", at=at)
    assert store.trunks.rests_until("main", at=behind) is not None
    longest = timedelta(seconds=LONGEST_PAUSE) + CLOCKS
    assert store.trunks.rests_until("main", at=at - longest) is None


@on_sqlite
def test_after_the_clock_lost_claims_are_found(store: Store) -> None:
    """A server that looked for them at three does so again at two."""
    made = world(store, 2)
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time, beside=lambda _work: None)
    ours.step()
    time.at -= HOUR
    lease = timedelta(seconds=30)
    other = world(store, 1, first=40, name="other", at=time.at)
    assert store.dial_list.claim(other.sample, "dead@here", at=time.at, lease=lease, most=1)
    time.at += timedelta(seconds=31)
    ours.step()
    assert other.entry(store).claimed_by == ours.owner and made.entry(store).claimed_by == ours.owner


@on_sqlite
def test_who_has_moved_is_called_by_the_hours_of_their_new_place(store: Store) -> None:
    """The campaign's own hours count there, too; Barcelona's number is still theirs."""
    made = world(store, hours={"mon-fri": "09:00-20:00"})
    with store.database.writing() as connection:
        moved = update(CustomerRow).where(CustomerRow.id == made.people[0])
        connection.execute(moved.values(zone="America/Bogota"))
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time)
    ours.step()
    entry = made.entry(store)
    assert entry.due_at == datetime(2026, 11, 23, 14, tzinfo=UTC), "nine in Bogotá, three in Barcelona"
    assert entry.why == "outside the campaign's hours" and telephones.rung == []
    time.at = entry.due_at
    assert ours.step() == 1


@on_sqlite
def test_summer_time_ends_in_mid_campaign(store: Store) -> None:
    """Who is put off on Friday for Monday at ten is called at ten by the new clock, an hour later in UTC."""
    friday = datetime(2026, 10, 23, 12, tzinfo=UTC)
    numbers = (numbers_of(0),)
    hours = {"mon-fri": "10:00-13:00"}
    made = campaign_of(store, people_in(store, numbers), numbers, at=friday, hours=hours)
    telephones, time = Telephones(), Time(friday)
    ours = server(store, telephones, time)
    ours.step()
    assert made.entry(store).due_at == datetime(2026, 10, 26, 9, tzinfo=UTC)
    time.at = datetime(2026, 10, 26, 8, 59, tzinfo=UTC)
    assert ours.step() == 0
    time.at += timedelta(minutes=1)
    assert ours.step() == 1


@on_sqlite
def test_a_trunk_that_goes_down_takes_nobody_with_it(store: Store) -> None:
    """Of two trunks one is down for hours: its campaign waits, the other goes on; then all are reached."""
    down, well = world(store, 3, trunk="main"), world(store, 3, first=50, name="other", trunk="second")
    telephones, time = Telephones({theirs[0]: [GONE] * 99 for theirs in down.numbers}), Time()
    ours = server(store, telephones, time)
    ours.trunks = (TRUNK, TRUNK.model_copy(update={"name": "second"}))
    for _ in range(20):
        ours.step()
        time.at += timedelta(minutes=5)
    assert {well.entry(store, n).why for n in range(3)} == {"reached"}
    assert {down.entry(store, n).tries for n in range(3)} == {0}
    spent = [number for number in telephones.rung if number in {one[0] for one in down.numbers}]
    assert len(spent) < 6 + 20, "one call finds out each time"
    assert {len(store.dial_attempts.of_entry(down.entry(store, n))) for n in range(3)} <= {1, 2}
    assert store.contacts.history(store.contacts.whom(down.numbers[0][0])) == ()
    telephones.script.clear()
    for _ in range(6):
        time.at += timedelta(minutes=5)
        ours.step()
    assert {down.entry(store, n).why for n in range(3)} == {"reached"}


@pytest.mark.parametrize(
    ("cause", "status", "progressed", "result"),
    [
        ("NO_ANSWER", "", True, "no_answer"),  # it rang
        ("NO_ANSWER", "", False, "congestion"),  # not a word came back
        ("NO_ANSWER", "480", False, "no_answer"),  # a word came back
        ("NO_USER_RESPONSE", "480", False, "no_answer"),
        ("RECOVERY_ON_TIMER_EXPIRE", "408", False, "congestion"),
        ("INCOMPATIBLE_DESTINATION", "488", False, "trunk"),
        ("CALL_REJECTED", "403", False, "trunk"),
        ("CALL_REJECTED", "603", False, "rejected"),
        ("SUBSCRIBER_ABSENT", "", False, "unreachable"),
    ],
)
def test_a_dead_trunk_is_told_from_people_who_do_not_answer(
    cause: str, status: str, progressed: bool, result: str
) -> None:
    """Seen on a real switch: a trunk that takes everything in silence ends as NO_ANSWER."""
    assert result_of(cause, status, progressed=progressed) == result
