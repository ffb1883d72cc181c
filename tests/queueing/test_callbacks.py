"""Calling back: whose turn it is, what comes of a try, what a window and an agent on the line change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.on_the_telephone import HANGS_UP_WITHIN
from data.store import Store
from ivr.queueing.callback_rules import Result
from ivr.queueing.callbacks import LEASE, Order, QueueView
from ivr.queueing.turns import Place, soon_free, turns
from tests.data.conftest import begun, ended
from tests.databases import store_at
from tests.queueing.paper import NOW, SECOND, Reserved, Telephones, Time, book, server


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
        ("customer", QueueView(busy=1, on_the_line=[10.0]), 1),  # who would have theirs next is behind them
        ("customer", QueueView(busy=1, on_the_line=[900.0]), 0),
        ("customer", QueueView(busy=8), 1),
    ],
)
def test_agent_or_customer_first(store: Store, first: str, view: QueueView, begun: int) -> None:
    """Nobody is called before an agent is near; a place on the switch is taken a little earlier."""
    book(store, "+34600111222")
    book(store, "+34600111223")
    assert server(store, Telephones(), Time(), view=view, first=first).step() == begun


def test_who_is_on_the_line_with_us_is_not_dialled(store: Store) -> None:
    """Their telephone is busy with the call in which they ask for another, and so is whoever calls again; who
    is behind them is called meanwhile, and a call that nobody ended keeps nobody waiting for ever."""
    asks = begun(caller_number="612000001", started_at=NOW - 900 * SECOND)
    calls_again = begun(caller_number="612000002", started_at=NOW)
    for call in (asks, calls_again):
        store.calls.begin(call)
    book(store, "+34934051020", waited=900, call_id=asks.call_id)
    book(store, "+34612000002", waited=500)
    book(store, "+34612000003", waited=100)
    telephones, time = Telephones(), Time()
    ours = server(store, telephones, time, view=QueueView(free=1))
    assert ours.step() == 1 and ours.step() == 0
    store.calls.finish(ended(asks.call_id, at=NOW))
    assert ours.step() == 1 and ours.step() == 0
    assert [number for number, _ in telephones.rung] == ["+34612000003", "+34934051020"]
    time.at += HANGS_UP_WITHIN + SECOND
    assert ours.step() == 1


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


def test_an_agent_is_reserved_before_anybody_is_called(store: Store) -> None:
    """And let go afterwards, whatever comes of it; what is reserved is one agent, and no more of the free."""
    book(store, "+34600111222")
    reserved = Reserved()
    telephones = Telephones({"+34600111222": ["busy"]})
    telephones.reserves = lambda order, wanted: reserved if wanted() and order.agent_first else None
    assert server(store, telephones, Time(), first="agent").step() == 1
    assert reserved.released == 1
    (kept,) = store.callbacks.waiting()
    assert (kept.state, kept.last_result, kept.tries) == ("waiting", "busy", 1)


def test_without_an_agent_nobody_is_called(store: Store) -> None:
    """The place is kept, no try is used up, and the ledger of contacts knows of nothing."""
    book(store, "+34600111222")
    telephones = Telephones(reserves=lambda _order, _wanted: None)
    assert server(store, telephones, Time(), first="agent").step() == 1
    (kept,) = store.callbacks.waiting()
    assert (kept.state, kept.tries, kept.attempt_id) == ("waiting", 0, None)
    assert telephones.rung == []
    assert store.contacts.history(store.contacts.whom("+34600111222")) == ()


def test_a_queue_that_is_taken_out_of_the_files_strands_nobody_unseen(store: Store) -> None:
    """Nobody serves it, so nobody is called from it: told once, as a piece of work; others are called, and
    so is this one once the queue is back."""
    stranded = book(store, "+34600111222", queue="gone")
    book(store, "+34600111333")
    telephones, time = Telephones(), Time()
    servers = [server(store, telephones, time, owner=name) for name in ("n1", "n2")]
    for one in servers:
        one.there, one.work = (lambda queue: queue == "billing"), store.work_items
    assert [one.step() for one in (*servers, *servers)] == [1, 0, 0, 0]
    (told,) = store.work_items.open()
    assert (told.kind, told.about) == ("callback", str(stranded)) and told.title.startswith("gone: ")
    assert server(store, telephones, time).step() == 1
    assert [number for number, _ in telephones.rung] == ["+34600111333", "+34600111222"]


def test_who_asks_again_is_not_dialled_in_that_call(store: Store) -> None:
    """Their number withheld, and half an hour after they first asked: the call in which they ask now
    counts."""
    first = begun(caller_number="", started_at=NOW - 1800 * SECOND)
    again = begun(caller_number="", started_at=NOW)
    for call in (first, again):
        store.calls.begin(call)
    book(store, "+34934051020", waited=1800, call_id=first.call_id, asked_before=1800)
    store.calls.finish(ended(first.call_id, at=NOW))
    book(store, "+34934051020", call_id=again.call_id)
    ours = server(store, Telephones(), Time())
    assert ours.step() == 0
    store.calls.finish(ended(again.call_id, at=NOW))
    assert ours.step() == 1


def test_no_agent_is_looked_for_once_they_have_called(store: Store) -> None:
    """It is asked while the agent is looked for."""
    book(store, "+34600111222")
    asked: list[bool] = []

    def looks(_order: Order, wanted: Callable[[], bool]) -> Reserved | None:
        asked.append(wanted())
        store.callbacks.take_up(None, "+34600111222", "billing", at=NOW)
        asked.append(wanted())
        return None

    assert server(store, Telephones(reserves=looks), Time(), first="agent").step() == 1
    assert asked == [True, False] and store.callbacks.counts() == {"cancelled": 1}


def test_who_waits_for_an_agent_in_a_lost_servers_name_is_taken_away(store: Store) -> None:
    """Else an agent would be reserved for nobody."""
    callback = book(store, "+34600111222")
    telephones, time = Telephones(), Time()
    mine = store.callbacks.claim(callback, "n0", at=NOW, lease=LEASE)
    assert mine is not None
    time.at += LEASE + SECOND
    server(store, telephones, time, first="agent").recover()
    assert telephones.abandoned == [mine.attempt_id]
    assert [one.state for one in store.callbacks.waiting()] == ["waiting"]
