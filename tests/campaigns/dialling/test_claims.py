"""Claims on both databases: nobody is claimed twice, promises go first, and a million people cost no more."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from data.bulk import insert_many
from data.ids import new_id
from data.models import CustomerRow, DialEntryRow
from data.records.dialling import Entry
from data.store import Store
from tests.campaigns.dialling.paper import MONDAY, World, world
from tests.plans import plans_of
from tests.side_by_side import side_by_side

LEASE = timedelta(minutes=2)
MILLION = 1_000_000


def test_of_many_servers_each_gets_others(store: Store, store_url: str) -> None:
    """Four claim at the same time, each with connections of its own: everybody is claimed once."""
    made = world(store, 40)
    stores = [Store(store_url) for _ in range(4)]

    def claim(n: int) -> list[UUID]:
        found: list[UUID] = []
        while some := stores[n].dial_list.claim(made.sample, f"n{n}", at=MONDAY, lease=LEASE, most=3):
            found += [one.customer_id for one in some]
        return found

    found = [who for some in side_by_side(*(partial(claim, n) for n in range(4))) for who in some]
    for one in stores:
        one.close()
    # On PostgreSQL a claim passes over what another is just taking: what is left is claimed now.
    left = store.dial_list.claim(made.sample, "n9", at=MONDAY, lease=LEASE, most=99)
    assert Counter([*found, *(one.customer_id for one in left)]) == Counter(made.people)


def test_whoever_was_promised_a_call_goes_first(store: Store) -> None:
    """Before those whom nobody has called yet, and not before their moment."""
    made = world(store, 3)
    (first, *_) = store.dial_list.claim(made.sample, "n1", at=MONDAY, lease=LEASE, most=1)
    later = MONDAY + timedelta(minutes=10)
    with store.database.writing() as connection:
        connection.execute(
            text("UPDATE dial_entries SET turn = 0 WHERE claimed_by = 'n1'"),
        )
    assert store.dial_list.put_back([first], "n1", due_at=later) == 1
    assert store.dial_list.put_back([first], "n1", due_at=MONDAY) == 0, "it is nobody's any more"

    def claimed_at(moment: timedelta) -> tuple[Entry, ...]:
        return store.dial_list.claim(made.sample, "n1", at=MONDAY + moment, lease=LEASE, most=1)

    (second,) = claimed_at(timedelta())
    assert second.customer_id != first.customer_id
    (again,) = claimed_at(timedelta(minutes=10))
    assert again.customer_id == first.customer_id


def test_a_lapsed_claim_is_anybody_s(store: Store) -> None:
    """Nothing had left: they wait again, and what the first one says changes nothing."""
    made = world(store, 2)
    (mine, _) = store.dial_list.claim(made.sample, "n1", at=MONDAY, lease=LEASE, most=2)
    assert store.dial_list.free_lapsed(at=MONDAY + LEASE - timedelta(seconds=1)) == 0
    assert store.dial_list.free_lapsed(at=MONDAY + LEASE) == 2
    assert store.dial_list.end([mine], "n1", at=MONDAY, result="x", why="") == 0
    assert len(store.dial_list.claim(made.sample, "n2", at=MONDAY + LEASE, lease=LEASE, most=9)) == 2


def test_a_trunk_gives_out_moments(store: Store) -> None:
    """One after the other, at its pace; none while it rests; then one call finds out, ever more seldom."""
    trunks, apart = store.trunks, timedelta(seconds=0.25)

    def slot(seconds: float = 0) -> timedelta | None:
        at = MONDAY + timedelta(seconds=seconds)
        found = trunks.slot("main", at=at, per_second=4, within=timedelta(seconds=0.6))
        return None if found is None else found - MONDAY

    assert [slot(), slot(), slot(), slot()] == [timedelta(), apart, 2 * apart, None]
    assert slot(10) == timedelta(seconds=10)
    at = MONDAY + timedelta(seconds=20)
    assert [trunks.refused("main", at=at) for _ in range(6)] == [False, False, False, False, True, False]
    assert (slot(24.9), slot(25), slot(34.9)) == (None, timedelta(seconds=25), None)
    assert (slot(35), slot(54.9), slot(55)) == (timedelta(seconds=35), None, timedelta(seconds=55))
    trunks.took("main")
    assert [slot(60), slot(60)] == [timedelta(seconds=60), timedelta(seconds=60.25)]


def many(store: Store, people: int) -> World:
    """A running campaign with so many people on its list, quickly made."""
    made = world(store)
    for begin in range(0, people, 5_000):
        some = range(begin, min(begin + 5_000, people))
        ids = [new_id() for _ in some]
        plain = {"name": "x", "language": "es", "zone": "Europe/Madrid", "origin": "t"}
        due = {"sample_id": made.sample, "state": "waiting", "due_at": MONDAY, "turn": 1}
        with store.database.writing() as connection:
            rows = [
                {"id": one, "customer_number": f"m{n}", **plain} for n, one in zip(some, ids, strict=True)
            ]
            insert_many(connection, CustomerRow, rows)
            insert_many(connection, DialEntryRow, [{"customer_id": one, **due} for one in ids])
    return made


def claimed_in(store: Store, made: World, *, claims: int) -> list[float]:
    """Milliseconds of so many claims of a hundred each."""
    took = []
    for _ in range(claims):
        began = time.perf_counter()
        found = store.dial_list.claim(made.sample, "n1@here", at=MONDAY, lease=LEASE, most=100)
        took.append((time.perf_counter() - began) * 1000)
        assert len(found) == 100
    return sorted(took)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_claim_of_a_hundred_among_a_million(store: Store) -> None:
    """Less than 20 ms in 95 of 100, on a machine that does nothing else."""
    made = many(store, MILLION)
    if store.database.backend == "postgresql":
        with store.database.inspecting() as connection:
            connection.execute(text("COMMIT"))
            connection.execute(text("ANALYZE dial_entries"))
    took = claimed_in(store, made, claims=500)
    print(
        f"{store.database.backend}: median {took[250]:.1f} ms, p95 {took[475]:.1f} ms, worst {took[-1]:.1f}"
    )
    assert took[475] < 20


def test_claims_do_not_grow_with_the_list(store: Store) -> None:
    """A small sample: by the index of those who are due, and no look at the others."""
    made = many(store, 400)
    plans = plans_of(store, "dial_entries", lambda: claimed_in(store, made, claims=4))
    assert len(plans) == 4 * 2, "those who were promised a call, then those whom nobody has called yet"
    assert all("ix_dial_entries_due" in plan for plan in plans), plans
