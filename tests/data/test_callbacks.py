"""Places that people keep: one per person and queue, one owner of a try, no way out but the stated ends."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from gevent.threadpool import ThreadPool

from data.errors import DatabaseLocked
from data.ids import new_id
from data.kept_places import whose
from data.records import Booking, Callback, Request
from data.seeds import seed
from data.store import Store
from tests.data.conftest import NOW

LEASE = timedelta(seconds=120)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def booking(number: str = "+34600111222", **changes: object) -> Booking:
    values: dict[str, object] = {
        "queue": "billing",
        "number": number,
        "language": "es",
        "joined_at": NOW,
        "at": NOW + MINUTE,
        "story": {"reason": "ñ", "slots": {"order": "4571"}},
    }
    return Booking(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


def claimed(store: Store, callback: Callback, owner: str = "n1") -> UUID:
    mine = store.callbacks.claim(callback.id, owner, at=NOW + MINUTE, lease=LEASE)
    assert mine is not None and mine.attempt_id is not None
    return mine.attempt_id


def test_one_per_person_and_queue(store: Store) -> None:
    """Asked again, the number is the newer one and the place the older; another queue is another callback."""
    first, new = store.callbacks.book(booking())
    assert new and first.story == {"reason": "ñ", "slots": {"order": "4571"}}
    later = booking(joined_at=NOW + 9 * MINUTE, at=NOW + 10 * MINUTE, base_score=60)
    again, new = store.callbacks.book(later)
    assert (new, again.id, again.joined_at, again.base_score) == (False, first.id, NOW, 60)
    _, new = store.callbacks.book(booking(queue="support"))
    assert new
    assert len(store.callbacks.waiting()) == 2 and len(store.callbacks.waiting("billing")) == 1


def test_the_order_is_by_arrival_and_base_score(store: Store) -> None:
    """As if they had stayed; what is not due yet is left out, and keeps its place."""
    store.callbacks.book(booking("+34600111001", joined_at=NOW - 2 * MINUTE))
    store.callbacks.book(booking("+34600111002", joined_at=NOW, base_score=180))
    late, _ = store.callbacks.book(
        booking("+34600111003", joined_at=NOW - 9 * MINUTE, due_at=NOW + 60 * MINUTE)
    )
    order = [one.number for one in store.callbacks.due(NOW + 2 * MINUTE)]
    assert order == ["+34600111002", "+34600111001"]
    assert store.callbacks.put_off(late.id, due_at=NOW)
    assert store.callbacks.due(NOW + 2 * MINUTE)[0].number == "+34600111003"


def test_a_try_from_claim_to_end(store: Store) -> None:
    """Each step is possible once, in its order, and for its owner alone."""
    callback, _ = store.callbacks.book(booking())
    assert store.callbacks.claim(callback.id, "n1", at=NOW, lease=LEASE) is None  # not due yet
    attempt = claimed(store, callback)
    assert store.callbacks.claim(callback.id, "n2", at=NOW + MINUTE, lease=LEASE) is None
    assert not store.callbacks.dialled(attempt, "n2")
    assert not store.callbacks.answered(attempt, "n1")
    assert store.callbacks.dialled(attempt, "n1") and not store.callbacks.dialled(attempt, "n1")
    assert not store.callbacks.put_back(attempt, "n1")  # it may be ringing
    assert store.callbacks.under_way("billing") == 1
    assert store.callbacks.answered(attempt, "n1")
    assert store.callbacks.cancel(["+34600111222"], at=NOW, why="called") == 0  # they talk
    assert store.callbacks.reached(attempt, "n1", at=NOW + 2 * MINUTE)
    assert not store.callbacks.reached(attempt, "n1", at=NOW + 2 * MINUTE)
    (ended,) = store.callbacks.ended()
    assert (ended.state, ended.tries, ended.ended_at) == ("reached", 1, NOW + 2 * MINUTE)
    _, new = store.callbacks.book(booking())
    assert new


def test_a_missed_try_keeps_the_place(store: Store) -> None:
    """Until it is given up; the moment of the next try is kept."""
    callback, _ = store.callbacks.book(booking())
    attempt = claimed(store, callback)
    store.callbacks.dialled(attempt, "n1")
    at = NOW + MINUTE
    assert store.callbacks.missed(attempt, "n1", at=at, result="busy", again_at=NOW + 11 * MINUTE)
    kept = store.callbacks.get(callback.id)
    assert kept is not None
    assert (kept.state, kept.joined_at, kept.due_at, kept.tries) == ("waiting", NOW, NOW + 11 * MINUTE, 1)
    mine = store.callbacks.claim(callback.id, "n1", at=NOW + 11 * MINUTE, lease=LEASE)
    assert mine is not None and mine.attempt_id is not None and mine.attempt_id != attempt
    assert store.callbacks.dialled(mine.attempt_id, "n1")
    assert store.callbacks.missed(mine.attempt_id, "n1", at=at, result="invalid", again_at=None)
    assert [one.state for one in store.callbacks.ended()] == ["given_up"]


def test_who_calls_again_is_not_called(store: Store) -> None:
    """Cancelled in every queue, also while it rings: the answer finds nothing to put through."""
    callback, _ = store.callbacks.book(booking())
    store.callbacks.book(booking(queue="support"))
    store.callbacks.book(booking("+34600111999"))
    attempt = claimed(store, callback)
    store.callbacks.dialled(attempt, "n1")
    assert store.callbacks.cancel(["+34600111222"], at=NOW, why="called again") == 2
    assert not store.callbacks.answered(attempt, "n1")
    assert not store.callbacks.missed(attempt, "n1", at=NOW, result="busy", again_at=NOW)
    assert [one.number for one in store.callbacks.waiting()] == ["+34600111999"]


def test_who_waits_on_the_line_again_has_their_place(store: Store) -> None:
    """The callback of that queue ends, with the time at which they first came; others stay."""
    store.callbacks.book(booking(joined_at=NOW - 5 * MINUTE))
    store.callbacks.book(booking(queue="support"))
    assert store.callbacks.take_up(new_id(), "+34600111222", "billing", at=NOW) == 300.0
    assert store.callbacks.take_up(None, "+34600111222", "billing", at=NOW) is None
    assert [one.queue for one in store.callbacks.waiting()] == ["support"]


ANA, BEA = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("place_of", "caller", "at_number", "wanted"),
    [
        (None, None, (), "theirs"),  # a number that is nobody's we know
        (None, None, (ANA,), "theirs"),
        (None, None, (ANA, BEA), "perhaps"),
        (None, ANA, (ANA,), "theirs"),
        (None, ANA, (BEA,), "perhaps"),  # at somebody else's telephone
        (ANA, None, (), "theirs"),  # they had proved it from a telephone that is not on record
        (ANA, None, (ANA,), "theirs"),
        (ANA, None, (BEA,), "perhaps"),
        (ANA, None, (ANA, BEA), "perhaps"),
        (ANA, ANA, (ANA, BEA), "theirs"),
        (ANA, BEA, (ANA, BEA), "another's"),
        (ANA, BEA, (), "another's"),
    ],
)
def test_whose_place_it_is(
    place_of: UUID | None, caller: UUID | None, at_number: tuple[UUID, ...], wanted: str
) -> None:
    """By what was proved, and by how many people it might be."""
    assert whose(place_of, caller, at_number) == wanted


def test_people_who_share_a_telephone_do_not_lose_their_places_to_each_other(store: Store) -> None:
    """Who has proved to be somebody else gets nothing of it; who has proved nothing waits with it, and who
    asked is called; who has proved to be the same takes it up."""
    seed(store, customers=10)
    home, at = "+34759000101", NOW + 6 * MINUTE
    lucia, other = (store.customers.by_number(number) for number in ("45716", "12807"))
    assert lucia is not None and other is not None and home in lucia.phone_numbers
    store.customers.put_phone_number_first("12807", home, Request(at=NOW))
    asked = booking(home, caller=home, customer_id=lucia.id)
    store.callbacks.book(asked)
    assert store.callbacks.take_up(other.id, home, "billing", at=at) is None
    assert store.callbacks.take_up(None, home, "billing", at=at) == 360.0
    assert [one.customer_id for one in store.callbacks.waiting()] == [lucia.id]
    assert store.callbacks.take_up(lucia.id, "+34600111999", "billing", at=at) == 360.0
    assert store.callbacks.counts() == {"cancelled": 1}


def test_a_lapsed_try_is_taken_over_once(store: Store) -> None:
    """What its owner says afterwards counts for nothing; a lease that was renewed has not lapsed."""
    callback, _ = store.callbacks.book(booking())
    attempt = claimed(store, callback)
    store.callbacks.dialled(attempt, "n1")
    late = NOW + MINUTE + LEASE
    assert store.callbacks.lapsed(late - SECOND) == ()
    assert [one.id for one in store.callbacks.lapsed(late)] == [callback.id]
    assert store.callbacks.take_over(attempt, "n2", at=late, lease=LEASE) is not None
    assert store.callbacks.take_over(attempt, "n3", at=late, lease=LEASE) is None
    assert not store.callbacks.answered(attempt, "n1")
    assert store.callbacks.unclear(attempt, "n2", "server lost")
    assert store.callbacks.lapsed(late + LEASE) == ()
    unclear = store.callbacks.get(callback.id)
    assert unclear is not None and (unclear.state, unclear.joined_at) == ("unclear", NOW)
    assert store.callbacks.due(late) == ()
    assert store.callbacks.revive(callback.id, at=late) and not store.callbacks.revive(callback.id, at=late)
    assert len(store.callbacks.due(late)) == 1


def test_who_asks_again_was_not_reached(store: Store) -> None:
    """An unclear callback waits again as soon as its person books it anew."""
    callback, _ = store.callbacks.book(booking())
    attempt = claimed(store, callback)
    store.callbacks.dialled(attempt, "n1")
    store.callbacks.unclear(attempt, "n1", "server lost")
    again, new = store.callbacks.book(booking("+34600111222", at=NOW + 5 * MINUTE))
    assert (new, again.state, again.joined_at) == (False, "waiting", NOW)


def test_of_many_servers_one_has_a_try(store: Store) -> None:
    """Eight at once, thirty callbacks: each is claimed by one."""
    for n in range(30):
        store.callbacks.book(booking(f"+346001110{n:02}"))
    due = store.callbacks.due(NOW + MINUTE)
    had: Counter[UUID] = Counter()

    def claimed_by(owner: str, one: UUID) -> bool:
        for _ in range(20):
            with suppress(DatabaseLocked):  # on a busy machine: a server asks again at its next turn
                return store.callbacks.claim(one, owner, at=NOW + MINUTE, lease=LEASE) is not None
        raise AssertionError("the database was never free")

    def work(owner: str) -> None:
        for one in due:
            if claimed_by(owner, one.id):
                had[one.id] += 1

    pool = ThreadPool(8)
    pool.map(work, [f"n{n}" for n in range(8)])
    pool.kill()
    assert len(had) == 30 and set(had.values()) == {1}


def test_of_many_bookings_one_is_kept(store: Store) -> None:
    """The same person through eight servers at once."""
    pool = ThreadPool(8)
    new = pool.map(lambda n: store.callbacks.book(booking(joined_at=NOW + n * SECOND))[1], range(8))
    pool.kill()
    assert sorted(new) == [False] * 7 + [True]
    assert len(store.callbacks.waiting()) == 1


@pytest.mark.parametrize("state", ["waiting", "claimed"])
def test_a_person_decides(store: Store, state: str) -> None:
    """`ivr callbacks cancel` ends it, whatever it is at short of a conversation."""
    callback, _ = store.callbacks.book(booking())
    if state == "claimed":
        claimed(store, callback)
    assert store.callbacks.cancel_one(callback.id, at=NOW, why="by letter")
    assert not store.callbacks.cancel_one(callback.id, at=NOW, why="by letter")
    assert store.callbacks.counts() == {"cancelled": 1}
