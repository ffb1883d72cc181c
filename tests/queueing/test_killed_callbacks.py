"""No death of a server loses a place in the queue of callbacks, and none has anybody called twice.

Every statement, every commit and every order to the switch is an instant at which a server may die; its
connections to the database go with it, and the switch with its customers stays.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from data.records import Booking, Callback
from data.store import Store
from ivr.queueing.callback_rules import Result
from ivr.queueing.callbacks import LEASE, Callbacks, Order
from tests.data.conftest import postgresql_server
from tests.databases import store_at
from tests.mortal import Killed, Mortal
from tests.queueing.paper import NOW, SECOND, Reserved, Telephones, Time, book, server

__all__ = ["postgresql_server"]

PEOPLE: dict[str, list[Result]] = {
    "+34600111001": [],
    "+34600111002": ["busy"],
    "+34600111003": ["no_answer", "dropped"],
    "+34600111004": ["invalid"],
    "+34600111005": ["busy"],
}
CHOSEN = "+34600111005"
"""They want to be called in the afternoon."""
WINDOW = (NOW + timedelta(hours=5), NOW + timedelta(hours=6))

Open = Callable[[], Store]
"""The same database, by a new server."""


@dataclass
class Place:
    """Where days are lived: `fresh` is an empty database, `most` deaths a day."""

    fresh: Callable[[], Open]
    first: str


@dataclass
class Story:
    """What was left of a day on which servers were killed."""

    left: list[Callback]
    telephones: Telephones
    kills: int


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Open]:
    """Makes an empty database, each time it is asked."""
    if request.param == "sqlite":
        files = (tmp_path / f"{n}.sqlite3" for n in count())

        def another_file() -> Open:
            file = next(files)
            return lambda: store_at(file)

        return another_file
    running = request.getfixturevalue("postgresql_server")

    def emptied() -> Open:
        running.empty("shared")
        return lambda: Store(running.url("shared"), connections=2)

    return emptied


@pytest.fixture(params=["customer", "agent"])
def place(request: pytest.FixtureRequest, fresh: Callable[[], Open]) -> Iterator[Place]:
    yield Place(fresh, request.param)


def lived(place: Place, *kill_at: int) -> Story:
    """Books five people and serves them, with a new server whenever one is killed. With the agent first,
    every third time no agent is found."""
    mortal, opened = Mortal(*kill_at), place.fresh()
    telephones = Telephones({number: list(results) for number, results in PEOPLE.items()}, mortal)
    asked = count(1)

    def reserves(_order: Order, _wanted: Callable[[], bool]) -> Reserved | None:
        return Reserved() if next(asked) % 3 else None

    telephones.reserves = reserves
    time, kills, booked = Time(), 0, set[str]()
    with mortal.watching():
        for life in range(100):
            store = opened()
            ours = server(store, telephones, time, owner=f"n{life}", first=place.first)
            try:
                for number in PEOPLE:
                    if number not in booked:
                        _booked(store, number)
                        booked.add(number)
                _until_quiet(ours, store, time)
                left = [*store.callbacks.waiting(), *store.callbacks.ended()]
                return Story(left, telephones, kills)
            except Killed:
                kills += 1
                time.at += LEASE + SECOND
                mortal.hang_up()
            finally:
                store.close()
    raise AssertionError("it never comes to an end")


def _booked(store: Store, number: str) -> None:
    if number != CHOSEN:
        book(store, number)
        return
    from_at, until_at = WINDOW
    wish = Booking(
        queue="billing",
        number=number,
        language="es",
        joined_at=NOW - 60 * SECOND,
        at=NOW,
        due_at=from_at,
        from_at=from_at,
        until_at=until_at,
    )
    store.callbacks.book(wish)


def _until_quiet(ours: Callbacks, store: Store, time: Time) -> None:
    for _ in range(80):
        ours.step()
        open_ones = [one for one in store.callbacks.waiting() if one.state != "unclear"]
        if not open_ones:
            return
        time.at = max(time.at + SECOND, min(one.due_at for one in open_ones))
        if any(one.state != "waiting" for one in open_ones):
            time.at += LEASE
    raise AssertionError(f"it never comes to an end: {open_ones}")


def check(story: Story) -> None:
    """Nobody is called twice, and no place is lost."""
    found = {one.number: one.state for one in story.left}
    assert sorted(one.number for one in story.left) == sorted(PEOPLE)
    rung = Counter(number for number, _ in story.telephones.rung)
    assert max(Counter(attempt for _, attempt in story.telephones.rung).values()) == 1
    assert max(Counter(story.telephones.talked).values(), default=0) <= 1
    for number, results in PEOPLE.items():
        assert rung[number] <= len(results) + 1, number  # one call for each result, and the last
        if found[number] == "unclear":
            assert rung[number] > 0  # only whom the switch has really called
        elif found[number] == "given_up":
            assert number == "+34600111004"
        else:
            assert found[number] == "reached" and number in story.telephones.talked
    # Every death leaves at most one try unclear: its server was at one at a time.
    assert sum(state == "unclear" for state in found.values()) <= story.kills


def instants(place: Place) -> int:
    """How many there are in a day without a death."""
    story = lived(place)
    check(story)
    assert story.kills == 0 and all(one.ended_at for one in story.left)
    return story.telephones.mortal.instants


def test_a_death_at_some_instants(place: Place) -> None:
    """A sample of what the long tests do."""
    whole = instants(place)
    assert whole > 100
    for instant in (whole // 3, whole // 2):
        check(lived(place, instant))


@pytest.mark.long
def test_a_death_at_every_instant(place: Place) -> None:
    """Between any two statements, before and after each order to the switch."""
    for instant in range(1, instants(place) + 1):
        check(lived(place, instant))


@pytest.mark.long
def test_a_hundred_deaths(place: Place) -> None:
    """Days with up to five deaths each at random instants, until there were a hundred."""
    whole, chance, kills = instants(place), random.Random(7), 0
    while kills < 100:
        story = lived(place, *sorted(chance.sample(range(1, whole + 60), chance.randint(1, 5))))
        check(story)
        kills += story.kills
