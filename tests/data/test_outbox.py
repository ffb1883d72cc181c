"""Errands: put in once, one owner at a time, taken over when a lease lapses, given up in the open."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from gevent.threadpool import ThreadPool
from sqlalchemy import insert, select

from data.ids import new_id
from data.models import OutboxRow, PhoneNumberRow
from data.outbox_turns import BEGUN, FARTHEST, deaths
from data.records import Errand
from data.store import Store
from tests.data.conftest import NOW
from tests.plans import plans_of

LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def errand(key: str, **changes: object) -> Errand:
    values: dict[str, object] = {
        "kind": "write",
        "target": "crm",
        "body": {"ticket": "20264511", "text": "ñ"},
        "idempotency_key": key,
        "at": NOW,
    }
    return Errand(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


def test_an_errand_is_put_in_once(store: Store) -> None:
    """The same key is the same errand: what was put in first stays, also after it is done."""
    assert store.outbox.put(errand("a"))
    assert not store.outbox.put(errand("a", body={"other": 1}))
    (mine,) = store.outbox.claim("n1", at=NOW, lease=LEASE, most=5)
    assert (mine.kind, mine.target, dict(mine.body)) == ("write", "crm", {"ticket": "20264511", "text": "ñ"})
    assert (mine.tries, mine.created_at, mine.lease_until) == (1, NOW, NOW + LEASE)
    assert store.outbox.done(mine.id, "n1", at=NOW)
    assert not store.outbox.put(errand("a"))
    assert store.outbox.claim("n1", at=NOW + 9 * LEASE, lease=LEASE) == ()


def test_what_is_done_loses_its_body(store: Store) -> None:
    """It may hold a name and a telephone number, and nobody needs it any more."""
    store.outbox.put(errand("a", body={"to": "+34759000101"}))
    (mine,) = store.outbox.claim("n1", at=NOW, lease=LEASE)
    store.outbox.done(mine.id, "n1", at=NOW)
    with store.database.reading() as connection:
        assert connection.scalars(select(OutboxRow.body)).all() == ["{}"]


def test_the_longest_due_goes_first_and_nothing_before_its_time(store: Store) -> None:
    """Order is by the moment at which they are due; kinds can be chosen."""
    store.outbox.put(errand("late", due_at=NOW + 10 * SECOND))
    store.outbox.put(errand("second", due_at=NOW - SECOND, kind="sms"))
    store.outbox.put(errand("first", due_at=NOW - 2 * SECOND))
    (text,) = store.outbox.claim("n0", at=NOW, lease=SECOND, most=9, kinds=["sms", "email"])
    assert text.idempotency_key == "second"
    later = NOW + 10 * SECOND
    keys = [one.idempotency_key for one in store.outbox.claim("n1", at=later, lease=LEASE, most=9)]
    assert keys == ["first", "second", "late"]


def test_a_lapsed_lease_is_taken_over(store: Store) -> None:
    """While it lasts nobody else gets it; then the first one's report counts for nothing."""
    store.outbox.put(errand("a"))
    (first,) = store.outbox.claim("n1", at=NOW, lease=LEASE)
    assert store.outbox.claim("n2", at=NOW + LEASE - SECOND, lease=LEASE) == ()
    (second,) = store.outbox.claim("n2", at=NOW + LEASE, lease=LEASE)
    assert (second.id, second.tries) == (first.id, 2)
    late = NOW + LEASE + SECOND
    assert not store.outbox.done(first.id, "n1", at=late)
    assert not store.outbox.try_again(first.id, "n1", due_at=late, error="x")
    assert not store.outbox.give_up(first.id, "n1", at=late, error="x")
    assert not store.outbox.extend(first.id, "n1", until=late + LEASE)
    assert store.outbox.done(second.id, "n2", at=late)


def test_a_lease_can_be_extended(store: Store) -> None:
    """What takes long stays ours."""
    store.outbox.put(errand("a"))
    (mine,) = store.outbox.claim("n1", at=NOW, lease=LEASE)
    assert store.outbox.extend(mine.id, "n1", until=NOW + 3 * LEASE)
    assert store.outbox.claim("n2", at=NOW + 2 * LEASE, lease=LEASE) == ()
    assert store.outbox.done(mine.id, "n1", at=NOW + 2 * LEASE)


def test_tried_again_then_given_up_then_revived(store: Store) -> None:
    """Every end is visible, with the last error; a person can have it tried anew."""
    store.outbox.put(errand("a"))
    (mine,) = store.outbox.claim("n1", at=NOW, lease=LEASE)
    assert store.outbox.try_again(mine.id, "n1", due_at=NOW + 5 * SECOND, error="HTTP 503\nforged")
    assert store.outbox.claim("n1", at=NOW + 4 * SECOND, lease=LEASE) == ()
    (mine,) = store.outbox.claim("n1", at=NOW + 5 * SECOND, lease=LEASE)
    assert (mine.tries, mine.last_error) == (2, "HTTP 503 forged")
    state = store.outbox.state()
    assert (state.waiting, state.oldest, state.given_up) == (1, NOW, 0)
    assert store.outbox.give_up(mine.id, "n1", at=NOW + 6 * SECOND, error="HTTP 404")
    state = store.outbox.state()
    assert (state.waiting, state.oldest, state.given_up) == (0, None, 1)
    (gone,) = store.outbox.given_up()
    assert (gone.id, gone.tries, gone.last_error) == (mine.id, 2, "HTTP 404")
    assert store.outbox.claim("n1", at=NOW + 99 * LEASE, lease=LEASE) == ()
    assert store.outbox.revive(gone.id, at=NOW + 7 * SECOND)
    assert not store.outbox.revive(gone.id, at=NOW + 7 * SECOND)
    (mine,) = store.outbox.claim("n1", at=NOW + 7 * SECOND, lease=LEASE)
    assert (mine.tries, dict(mine.body)) == (1, {"ticket": "20264511", "text": "ñ"})


def test_an_errand_and_its_change_are_one(store: Store) -> None:
    """In one transaction: if the change breaks off, nothing is carried."""
    with (
        pytest.raises(RuntimeError),
        store.database.writing() as connection,
    ):
        connection.execute(insert(PhoneNumberRow).values(id=new_id(), e164="+34600000001"))
        assert store.outbox.put_within(connection, errand("a"))
        raise RuntimeError("broken off")
    assert store.outbox.state().waiting == 0


def test_several_carriers_share_the_work_and_none_gets_the_same(store: Store, store_url: str) -> None:
    """Six threads on three connections of their own: each errand has exactly one owner."""
    for n in range(60):
        store.outbox.put(errand(f"k{n}"))
    stores = [Store(store_url) for _ in range(3)]

    def carry(n: int) -> list[str]:
        carried: list[str] = []
        while some := stores[n % 3].outbox.claim(f"n{n}", at=NOW, lease=LEASE, most=3):
            assert len(some) <= 3
            carried += [one.idempotency_key for one in some]
        return carried

    pool = ThreadPool(6)
    owners = Counter(key for keys in pool.map(carry, range(6)) for key in keys)
    pool.kill()
    for one in stores:
        one.close()
    assert owners == Counter(f"k{n}" for n in range(60))


@pytest.mark.parametrize("key", ["", "k" * 121])
def test_a_key_that_the_table_cannot_hold_is_refused_at_once(key: str) -> None:
    """A key that is cut would make two errands one."""
    with pytest.raises(ValueError, match="1 to 120"):
        errand(key)


def test_what_waits_is_found_without_reading_what_is_done(store: Store) -> None:
    """Every second, among a million that are done: the partial index is used."""
    plans = plans_of(store, "outbox", lambda: store.outbox.claim("n1", at=NOW, lease=LEASE, kinds=["sms"]))
    plans += plans_of(store, "outbox", lambda: store.outbox.targets("webhook", at=NOW))
    assert ["ix_outbox_waiting" in plan for plan in plans] == [True, True]


def test_whoever_puts_it_in_may_claim_it_before_it_is_due(store: Store) -> None:
    """Once: then it is theirs, and nobody else's before the lease is over; what is done is nobody's."""
    store.outbox.put(errand("a", due_at=NOW + LEASE))
    assert store.outbox.claim("n2", at=NOW, lease=LEASE) == ()
    mine = store.outbox.claim_own("a", "n1", at=NOW, lease=LEASE)
    assert mine is not None
    assert (mine.idempotency_key, mine.tries, mine.lease_until) == ("a", 1, NOW + LEASE)
    assert store.outbox.claim_own("a", "n2", at=NOW, lease=LEASE) is None
    assert store.outbox.claim_own("b", "n1", at=NOW, lease=LEASE) is None
    assert store.outbox.claim_own("a", "n2", at=NOW + LEASE, lease=LEASE) is not None
    assert not store.outbox.done(mine.id, "n1", at=NOW + LEASE)
    assert store.outbox.done(mine.id, "n2", at=NOW + LEASE)
    assert store.outbox.claim_own("a", "n1", at=NOW + 9 * LEASE, lease=LEASE) is None


def test_a_try_that_must_not_be_made_twice_is_noted_before_it_begins(store: Store) -> None:
    """Whoever takes it over from a dead server sees it; a try that was reported is none of these."""
    store.outbox.put(errand("a"))
    (mine,) = store.outbox.claim("n1", at=NOW, lease=LEASE)
    assert mine.last_error == ""
    assert store.outbox.begin(mine.id, "n1")
    assert not store.outbox.begin(mine.id, "n2")
    (theirs,) = store.outbox.claim("n2", at=NOW + LEASE, lease=LEASE)
    assert theirs.last_error == BEGUN
    assert store.outbox.try_again(theirs.id, "n2", due_at=NOW + 2 * LEASE, error="busy")
    (again,) = store.outbox.claim("n1", at=NOW + 2 * LEASE, lease=LEASE)
    assert again.last_error == "busy"


def test_how_an_errand_stands(store: Store) -> None:
    """By its key: for whoever asks for the same thing again."""
    assert store.outbox.standing("a") is None
    for key in ("a", "b"):
        store.outbox.put(errand(key))
    assert store.outbox.standing("a") == "waiting"
    first, second = store.outbox.claim("n1", at=NOW, lease=LEASE, most=2)
    store.outbox.done(first.id, "n1", at=NOW)
    store.outbox.give_up(second.id, "n1", at=NOW, error="no")
    assert {store.outbox.standing("a"), store.outbox.standing("b")} == {"done", "given_up"}


# --- whose turn it is ---

ANA, PAU = new_id(), new_id()


def claimed(store: Store, *, at: timedelta = timedelta(0), **how: Any) -> list[str]:
    """Keys of what can be carried then."""
    how = {"in_order": True, "most": 9, **how}
    return [one.idempotency_key for one in store.outbox.claim("n1", at=NOW + at, lease=120 * LEASE, **how)]


def test_of_one_person_the_later_waits_for_the_earlier(store: Store) -> None:
    """An older address never arrives after a newer one; other people and targets do not wait."""
    store.outbox.put(errand("old", customer_id=ANA, due_at=NOW + 60 * SECOND))
    store.outbox.put(errand("new", customer_id=ANA, at=NOW + SECOND, due_at=NOW))
    store.outbox.put(errand("newest", customer_id=ANA, at=NOW + 2 * SECOND, due_at=NOW))
    store.outbox.put(errand("other", customer_id=PAU, at=NOW + SECOND, due_at=NOW))
    store.outbox.put(errand("elsewhere", customer_id=ANA, target="shop", at=NOW + SECOND, due_at=NOW))
    assert sorted(claimed(store)) == ["elsewhere", "other"]
    assert claimed(store, at=59 * SECOND) == []
    later = 62 * SECOND
    (old,) = store.outbox.claim("n1", at=NOW + later, lease=LEASE, most=9, in_order=True, target="crm")
    assert old.idempotency_key == "old", "while it is carried the next one waits"
    assert store.outbox.claim_own("new", "n1", at=NOW + later, lease=LEASE, in_order=True) is None
    store.outbox.give_up(old.id, "n1", at=NOW + later, error="x")
    assert claimed(store, at=later + 10 * SECOND, target="crm") == ["new"], (
        "what was given up holds up nobody"
    )
    assert claimed(store, at=later + 11 * SECOND, in_order=False, target="crm") == ["newest"]


def test_of_one_call_too_where_nobody_knows_who_it_is(store: Store) -> None:
    """The call alone says that they belong together; who is known, is known by that."""
    call = new_id()
    store.outbox.put(errand("first", call_id=call))
    store.outbox.put(errand("second", call_id=call, at=NOW + SECOND, due_at=NOW, customer_id=ANA))
    store.outbox.put(errand("third", call_id=new_id(), at=NOW + SECOND, due_at=NOW))
    assert claimed(store) == ["first", "third"]


def test_many_that_wait_for_one_hide_no_other(store: Store) -> None:
    """As many as are asked for are claimed, however many stand before them in vain."""
    for n in range(40):
        store.outbox.put(errand(f"a{n}", customer_id=ANA, at=NOW + n * SECOND, due_at=NOW))
    store.outbox.put(errand("b", customer_id=PAU, at=NOW + 99 * SECOND, due_at=NOW))
    assert claimed(store, most=2) == ["a0", "b"]


def test_errands_that_kill_are_counted(store: Store) -> None:
    """Each owner that never comes back is noted; one that tells what happened ends the row."""
    store.outbox.put(errand("a"))
    for n in range(4):
        (mine,) = store.outbox.claim(f"n{n}", at=NOW + n * LEASE, lease=LEASE)
        assert deaths(mine.last_error) == n
    store.outbox.try_again(mine.id, "n3", due_at=NOW, error="HTTP 503")
    (mine,) = store.outbox.claim("n9", at=NOW + 9 * LEASE, lease=LEASE)
    assert (deaths(mine.last_error), mine.last_error) == (0, "HTTP 503")


def test_a_clock_that_was_wrong_puts_nothing_off(store: Store) -> None:
    """Pauses and leases of next year end now that it is this year; what is rightly later stays so."""
    wrong = NOW + timedelta(days=365)
    for key in ("tried", "claimed", "put"):
        store.outbox.put(errand(key, at=wrong if key == "put" else NOW, customer_id=new_id()))
    store.outbox.put(errand("booked", due_at=NOW + timedelta(days=2)))
    tried, held = store.outbox.claim("n1", at=NOW, lease=LEASE, most=2)
    store.outbox.try_again(tried.id, "n1", due_at=wrong, error="x")
    store.outbox.extend(held.id, "n1", until=wrong)
    assert claimed(store, at=FARTHEST) == []
    assert store.outbox.set_right(at=NOW) == 3
    assert sorted(claimed(store)) == ["claimed", "put", "tried"]
    assert store.outbox.set_right(at=NOW) == 0


def test_the_targets_of_what_is_due(store: Store) -> None:
    """Each is carried by itself; what is somebody's, done or not yet due names no target."""
    for key, target in (("a", "crm"), ("b", "crm"), ("c", "shop"), ("d", "hook")):
        store.outbox.put(errand(key, target=target, due_at=NOW + (LEASE if target == "hook" else 0 * LEASE)))
    assert store.outbox.targets("write", at=NOW) == ("crm", "shop")
    assert claimed(store, target="shop") == ["c"]
    assert store.outbox.targets("write", at=NOW) == ("crm",)
    assert store.outbox.targets("sms", at=NOW) == ()


def test_what_somebody_drops_is_gone_and_never_put_in_again(store: Store) -> None:
    """Its body goes, its key stays; what is being carried just now, or done, cannot be dropped."""
    for key in ("waits", "given up", "held", "done"):
        store.outbox.put(errand(key))
    mine = {one.idempotency_key: one for one in store.outbox.claim("n1", at=NOW, lease=LEASE, most=4)}
    store.outbox.try_again(mine["waits"].id, "n1", due_at=NOW, error="x")
    store.outbox.give_up(mine["given up"].id, "n1", at=NOW, error="x")
    store.outbox.done(mine["done"].id, "n1", at=NOW)
    told = {key: store.outbox.drop(one.id, at=NOW, why="by hand") for key, one in mine.items()}
    assert told == {"waits": "waits", "given up": "given up", "held": None, "done": None}
    assert (store.outbox.given_up(), [one.id for one in store.outbox.waiting()]) == ((), [mine["held"].id])
    assert not store.outbox.revive(mine["waits"].id, at=NOW)
    assert not store.outbox.put(errand("waits"))
    with store.database.reading() as connection:
        dropped = connection.execute(select(OutboxRow).where(OutboxRow.body == "")).all()
    assert [row.last_error for row in dropped] == ["dropped: by hand"] * 2
