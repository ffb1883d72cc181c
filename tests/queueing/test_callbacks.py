"""Calling back: whose turn it is, what comes of a try, no death of a server that loses or doubles one."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from data.records import Booking, Callback
from data.store import Store
from ivr.queueing.callback_rules import CallbackSettings, Result
from ivr.queueing.callbacks import LEASE, Callbacks, Order, QueueView, Trace
from ivr.queueing.turns import Place, soon_free, turns
from tests.databases import store_at

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=ZoneInfo("Europe/Madrid"))
SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Time:
    """A clock that the test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


class Mortal:
    """Counts the instants at which a server may be killed, and kills it at those that are chosen."""

    def __init__(self, *kill_at: int) -> None:
        self.instants = 0
        self._kill_at = set(kill_at)
        self._connections: list[Any] = []

    def _connected(self, connection: Any, _record: object) -> None:
        self._connections.append(connection)

    def hang_up(self) -> None:
        """What the kernel does for a process that is gone: whatever was not committed was never there."""
        while self._connections:
            connection = self._connections.pop()
            with suppress(sqlite3.ProgrammingError):  # closed by the pool already
                connection.rollback()
                connection.close()

    def instant(self, *_: object) -> None:
        self.instants += 1
        if self.instants in self._kill_at:
            raise Killed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every statement and every commit of the database is such an instant."""
        for name in ("before_cursor_execute", "commit"):
            event.listen(Engine, name, self.instant)
        event.listen(Engine, "connect", self._connected)
        try:
            yield
        finally:
            event.remove(Engine, "connect", self._connected)
            for name in ("before_cursor_execute", "commit"):
                event.remove(Engine, name, self.instant)


@dataclass
class Reserved:
    """An agent who waits on the line."""

    released: int = 0

    def release(self) -> None:
        self.released += 1


@dataclass
class Telephones:
    """A switch and its customers on paper. It outlives the servers, as a real one does."""

    script: dict[str, list[Result]] = field(default_factory=dict)
    """By number, what comes of each call; then `reached`."""
    mortal: Mortal = field(default_factory=Mortal)
    rung: list[tuple[str, UUID]] = field(default_factory=list)
    talked: list[str] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    reserves: Callable[[Order, Callable[[], bool]], Reserved | None] = lambda _order, _wanted: Reserved()
    """Which agent comes first, if one is to be."""
    abandoned: list[UUID] = field(default_factory=list)

    def reserve(self, order: Order, wanted: Callable[[], bool]) -> Reserved | None:
        self.mortal.instant()
        return self.reserves(order, wanted)

    def abandon(self, attempt_id: UUID) -> None:
        self.mortal.instant()
        self.abandoned.append(attempt_id)

    def dial(self, order: Order, answered: Callable[[], bool]) -> Result:
        self.mortal.instant()  # the order has not left yet
        self.orders.append(order)
        self.rung.append((order.number, order.attempt_id))
        self.mortal.instant()  # it rings, and we are gone
        left = self.script.get(order.number, [])
        result: Result = left.pop(0) if left else "reached"
        if result == "reached":
            if not answered():
                return "unwanted"
            self.mortal.instant()
            self.talked.append(order.number)
        self.mortal.instant()  # they talk, and we are gone
        return result

    def trace(self, attempt_id: UUID, _owner: str) -> Trace:
        self.mortal.instant()
        return "gone" if attempt_id in {attempt for _, attempt in self.rung} else "never"


def server(
    store: Store,
    telephones: Telephones,
    time: Time,
    *,
    owner: str = "n1",
    view: QueueView | None = None,
    **settings: object,
) -> Callbacks:
    return Callbacks(
        store=store.callbacks,
        dialler=telephones,
        look=lambda _: view or QueueView(free=3),
        owner=owner,
        now=time,
        settings=CallbackSettings.model_validate(settings),
        region="ES",
        beside=lambda work: work(),
        contacts=store.contacts,
    )


def book(store: Store, number: str, *, waited: int = 60, base_score: int = 0, queue: str = "billing") -> UUID:
    booking = Booking(
        queue=queue,
        number=number,
        language="es",
        joined_at=NOW - waited * SECOND,
        at=NOW,
        base_score=base_score,
        story={"reason": "x"},
    )
    return store.callbacks.book(booking)[0].id


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_at(tmp_path / "ivr.sqlite3")
    yield store
    store.close()


# --- turns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "on_the_line", "agents", "called"),
    [
        ([90], [], 1, [90]),
        ([90], [], 0, []),
        ([90], [100], 1, []),
        ([90], [100], 2, [90]),
        ([90], [80, 70], 1, [90]),
        ([90, 60], [80], 2, [90]),
        ([90, 60], [80], 3, [90, 60]),
        ([90], [90], 1, []),  # at equal scores, whoever holds the line
        ([50, 120, 80], [100], 3, [120, 80]),
        ([10], [], -2, []),
    ],
)
def test_whose_turn_it_is(
    kept: list[float], on_the_line: list[float], agents: int, called: list[float]
) -> None:
    """The first so many of both, in one order."""
    assert turns([Place(one, one) for one in kept], on_the_line, agents) == called


@given(
    st.lists(st.integers(0, 500), max_size=12), st.lists(st.integers(0, 500), max_size=12), st.integers(0, 12)
)
def test_nobody_is_overtaken(kept: list[int], on_the_line: list[int], agents: int) -> None:
    """Of the first `agents` in the merged order, exactly those who keep their place are called."""
    chosen = turns([Place(n, float(score)) for n, score in enumerate(kept)], on_the_line, agents)
    # A separate statement of the rule: sort everybody, cut, count.
    everybody = sorted([(-score, 0) for score in on_the_line] + [(-score, 1) for score in kept])[:agents]
    assert sorted(-kept[n] for n in chosen) == sorted(score for score, keeps in everybody if keeps)


def test_how_many_are_soon_free() -> None:
    """Ten talks of 240 s: 1.25 end in 30 s, so one; never more than there are."""
    assert soon_free(10, ring=30, handling=240) == 1
    assert soon_free(3, ring=30, handling=240) == 0
    assert soon_free(2, ring=60, handling=10) == 2
    assert soon_free(2, ring=60, handling=0) == 0


# --- tries -----------------------------------------------------------------------------------------


def test_called_with_their_place_and_their_story(store: Store) -> None:
    """The order carries what they have waited and are ahead, so that they are first when they join."""
    book(store, "+34600111222", waited=90, base_score=300)
    telephones, time = Telephones(), Time(NOW + 30 * SECOND)
    assert server(store, telephones, time, first="customer").step() == 1
    (order,) = telephones.orders
    assert (order.number, order.score, order.agent_first) == ("+34600111222", 420, False)
    assert order.story == {"reason": "x"}
    assert store.callbacks.counts() == {"reached": 1}
    assert server(store, telephones, time).step() == 0


def test_only_as_many_as_there_are_agents(store: Store) -> None:
    """The longest-waiting first; tries that are under way take an agent each, whoever began them."""
    for n in range(4):
        book(store, f"+3460011122{n}", waited=100 + n)
    telephones, time = Telephones(), Time()
    begun: list[Callable[[], None]] = []
    ours = server(store, telephones, time, view=QueueView(free=2, on_the_line=[50.0]))
    ours.beside = begun.append
    other = server(store, telephones, time, owner="n2", view=QueueView(free=2))
    assert (ours.step(), other.step()) == (2, 0)
    for work in begun:
        work()
    assert [order.number for order in telephones.orders] == ["+34600111223", "+34600111222"]
    assert other.step() == 2


@pytest.mark.parametrize(
    ("first", "view", "begun"),
    [
        ("agent", QueueView(busy=1), 1),  # their virtual member waits for the one agent there is
        ("agent", QueueView(busy=1, on_the_line=[900.0]), 0),
        ("agent", QueueView(), 0),
        ("customer", QueueView(busy=1), 0),  # nobody is rung for whom there would be no agent
        ("customer", QueueView(busy=8), 1),
    ],
)
def test_agent_or_customer_first(store: Store, first: str, view: QueueView, begun: int) -> None:
    """Nobody is called before an agent is near; a place on the switch is taken a little earlier."""
    book(store, "+34600111222")
    book(store, "+34600111223")
    assert server(store, Telephones(), Time(), view=view, first=first).step() == begun


def test_at_night_nobody_is_called(store: Store) -> None:
    """Their place is kept until the morning, and they are not asked for every second."""
    callback = book(store, "+34912345678")
    telephones, time = Telephones(), Time(NOW.replace(hour=22))
    assert server(store, telephones, time).step() == 0
    kept = store.callbacks.get(callback)
    assert kept is not None and kept.due_at == (NOW + timedelta(days=1)).replace(hour=9)
    assert kept.joined_at == NOW - 60 * SECOND
    time.at = kept.due_at
    assert server(store, telephones, time).step() == 1


def test_a_number_that_may_not_be_called_any_more(store: Store) -> None:
    """Checked again at the instant of dialling: the settings may have changed."""
    book(store, "+33612345678")
    telephones = Telephones()
    assert server(store, telephones, Time()).step() == 0
    assert telephones.rung == []
    assert [(one.state, one.last_result) for one in store.callbacks.ended()] == [
        ("cancelled", "number foreign")
    ]


def test_tried_again_by_the_result(store: Store) -> None:
    """Busy, then nobody, then reached: at the stated times, with the old place."""
    callback = book(store, "+34912345678")
    telephones, time = Telephones({"+34912345678": ["busy", "no_answer"]}), Time()
    ours = server(store, telephones, time)
    assert ours.step() == 1
    time.at = NOW + timedelta(minutes=9, seconds=59)
    assert ours.step() == 0
    time.at = NOW + timedelta(minutes=10)
    assert ours.step() == 1
    kept = store.callbacks.get(callback)
    assert kept is not None and (kept.last_result, kept.tries) == ("no_answer", 2)
    time.at = kept.due_at
    assert kept.due_at == NOW + timedelta(minutes=10 + 180)
    assert ours.step() == 1
    assert store.callbacks.counts() == {"reached": 1} and len(telephones.rung) == 3


def test_no_agent_after_all_uses_up_no_try(store: Store) -> None:
    """Nobody was called: it is their turn again as soon as somebody is free."""
    callback = book(store, "+34912345678")
    telephones, time = Telephones({"+34912345678": ["no_agent"] * 9}), Time()
    ours = server(store, telephones, time)
    for _ in range(9):
        assert ours.step() == 1
    kept = store.callbacks.get(callback)
    assert kept is not None and (kept.state, kept.tries) == ("waiting", 0)
    assert ours.step() == 1 and store.callbacks.counts() == {"reached": 1}


def test_who_calls_while_we_ring_is_not_put_through(store: Store) -> None:
    """They are on another line with us already."""
    book(store, "+34912345678")
    telephones = Telephones()
    dial = telephones.dial

    def calls_meanwhile(order: Order, answered: Callable[[], bool]) -> Result:
        store.callbacks.cancel([order.number], at=NOW, why="called again")
        return dial(order, answered)

    telephones.dial = calls_meanwhile  # type: ignore[method-assign]
    server(store, telephones, Time()).step()
    assert telephones.talked == [] and store.callbacks.counts() == {"cancelled": 1}


def test_a_server_that_lives_keeps_its_tries(store: Store) -> None:
    """A call that lasts longer than the lease is not taken over while its server looks after it."""
    callback = book(store, "+34912345678")
    telephones, time = Telephones(), Time()
    begun: list[Callable[[], None]] = []
    ours, other = server(store, telephones, time), server(store, telephones, time, owner="n2")
    ours.beside = begun.append
    ours.step()
    for _ in range(10):
        time.at += LEASE / 2
        ours.step()
        other.step()
    mine = store.callbacks.get(callback)
    assert mine is not None and (mine.state, mine.claimed_by) == ("claimed", "n1")


def test_an_order_that_has_become_old_is_not_given(store: Store) -> None:
    """A process that stood still for a minute does not dial: somebody may have taken over."""
    callback = book(store, "+34912345678")
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time)
    dialled = store.callbacks.dialled

    def stands_still(attempt_id: UUID, owner: str) -> bool:
        done = dialled(attempt_id, owner)
        time.at += timedelta(seconds=60)
        return done

    store.callbacks.dialled = stands_still  # type: ignore[method-assign]
    ours.step()
    kept = store.callbacks.get(callback)
    assert telephones.rung == [] and kept is not None and (kept.state, kept.tries) == ("waiting", 0)


# --- deaths ----------------------------------------------------------------------------------------

PEOPLE: dict[str, list[Result]] = {
    "+34600111001": [],
    "+34600111002": ["busy"],
    "+34600111003": ["no_answer", "dropped"],
    "+34600111004": ["invalid"],
}


@dataclass
class Story:
    """What was left of a day on which servers were killed."""

    left: list[Callback]
    telephones: Telephones
    kills: int


def lived(file: Path, *kill_at: int) -> Story:
    """Books four people and serves them, with a new server whenever one is killed: its connections to the
    database are gone with it."""
    mortal = Mortal(*kill_at)
    telephones = Telephones({number: list(results) for number, results in PEOPLE.items()}, mortal)
    time, kills, booked = Time(), 0, set[str]()
    with mortal.watching():
        for life in range(100):
            store = store_at(file)
            ours = server(store, telephones, time, owner=f"n{life}", first="customer")
            try:
                for number in PEOPLE:
                    if number not in booked:
                        book(store, number)
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


def _until_quiet(ours: Callbacks, store: Store, time: Time) -> None:
    for _ in range(60):
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


def instants(tmp_path: Path) -> int:
    """How many there are in a day without a death."""
    story = lived(tmp_path / "whole.sqlite3")
    check(story)
    assert story.kills == 0 and all(one.ended_at for one in story.left)
    return story.telephones.mortal.instants


def _killed(folder: Path, *kill_at: int) -> None:
    check(lived(folder / f"{'-'.join(map(str, kill_at))}.sqlite3", *kill_at))


def test_a_death_at_some_instants(tmp_path: Path) -> None:
    """A sample of what `test_a_death_at_every_instant` and `test_many_deaths` do."""
    whole = instants(tmp_path)
    assert whole > 100
    for instant in range(1, whole + 1, whole // 8):
        _killed(tmp_path, instant)


@pytest.mark.long
def test_a_death_at_every_instant(tmp_path: Path) -> None:
    """Between any two statements, before and after each order to the switch."""
    for instant in range(1, instants(tmp_path) + 1):
        _killed(tmp_path, instant)


@pytest.mark.long
def test_many_deaths(tmp_path: Path) -> None:
    """A hundred days with up to five deaths each, at random instants."""
    whole, chance = instants(tmp_path), random.Random(7)
    for _ in range(100):
        _killed(tmp_path, *sorted(chance.sample(range(1, whole + 60), chance.randint(1, 5))))


def test_a_callback_is_in_the_ledger_of_contacts_as_asked_for(store: Store) -> None:
    """With how it ended; no contact rule counts it, because they asked for it themselves."""
    number = "+34600111222"
    telephones, time = Telephones({number: ["busy", "reached"]}), Time()
    book(store, number)
    calls = server(store, telephones, time)
    calls.step()
    time.at += timedelta(hours=1)
    calls.step()
    made = store.contacts.history(store.contacts.whom(number))
    assert [(one.result, one.conversation) for one in made] == [("reached", True), ("busy", False)]
    assert {one.asked_for for one in made} == {"callback from billing"}
