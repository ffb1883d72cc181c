"""A caller's wish to be called back becomes a place in the database, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.ids import new_id
from data.store import Store
from dialogs.effects import CallBack
from dialogs.results import Done, Failed, Refused, Result
from ivr.occasion import Occasion, ServedCustomer
from ivr.queueing.booking import Bookings
from ivr.queueing.callback_rules import CallbackSettings
from ivr.queueing.people import People
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.written import QueueFile
from tests.commands import ivr
from tests.databases import store_at

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
WISH = CallBack("billing", "600 111 222", True, "person", {"segment": "vip", "reason": "x", "order": "4571"})
CALL = Occasion(new_id(), "+34600111222", "main", "person", "es")
PLAN = Plan(
    {
        "billing": QueuePlan("billing", QueueFile(priority={"vip": 300}, in_language={"ca": "billing_ca"})),
        "billing_ca": QueuePlan("billing_ca"),
    }
)


class Rig:
    def __init__(self, store: Store, **settings: object) -> None:
        self.store, self.now = store, NOW
        people = People(PLAN, now=lambda: 0.0, local=lambda: self.now)
        rules = CallbackSettings.model_validate(settings)
        self.bookings = Bookings(store.callbacks, rules, people, region="ES", now=lambda: self.now)

    def book(self, wish: CallBack = WISH, occasion: Occasion = CALL, waited: float = 95.0) -> Result:
        return self.bookings.book(wish, occasion, waited=waited)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_at(tmp_path / "ivr.sqlite3")
    yield store
    store.close()


def test_their_place_is_as_old_as_their_wait(store: Store) -> None:
    """With the queue's own base score, and the whole story for the agent."""
    assert Rig(store).book() == Done()
    (kept,) = store.callbacks.waiting()
    assert (kept.number, kept.queue, kept.base_score) == ("+34600111222", "billing", 300)
    assert (kept.joined_at, kept.due_at) == (NOW - timedelta(seconds=95), NOW)
    assert kept.story == {"segment": "vip", "reason": "x", "order": "4571"}


def test_asked_twice_it_is_one(store: Store) -> None:
    """A caller who presses the key again, or a step that is repeated."""
    rig = Rig(store)
    rig.book()
    rig.now += timedelta(minutes=1)
    assert rig.book(waited=155.0) == Done()
    (kept,) = store.callbacks.waiting()
    assert kept.joined_at == NOW - timedelta(seconds=95)


def test_without_a_place_they_come_last(store: Store) -> None:
    """`keep_place: false`: as if they had come now. Whoever speaks Catalan is in the Catalan queue."""
    Rig(store).book(replace(WISH, keep_place=False), replace(CALL, language="ca"))
    (kept,) = store.callbacks.waiting()
    assert (kept.joined_at, kept.queue, kept.base_score) == (NOW, "billing_ca", 0)


@pytest.mark.parametrize(
    ("number", "reason"), [("803123456", "premium"), ("+33612345678", "foreign"), ("6001", "malformed")]
)
def test_numbers_that_are_not_called(store: Store, number: str, reason: str) -> None:
    """The flow is told why, and nothing is kept."""
    assert Rig(store).book(replace(WISH, number=number)) == Refused(reason)
    assert store.callbacks.waiting() == ()


def test_late_in_the_evening_it_is_for_the_morning(store: Store) -> None:
    """Nine on the Canaries, for a mobile."""
    rig = Rig(store)
    rig.now = NOW.replace(hour=21)
    assert rig.book() == Done()
    (kept,) = store.callbacks.waiting()
    assert kept.due_at == (NOW + timedelta(days=1)).replace(hour=9)


def test_switched_off_or_lost(store: Store, tmp_path: Path) -> None:
    """Both have a landing in the flow: `failed`."""
    assert isinstance(Rig(store, enabled=False).book(), Refused)
    nowhere = Store(f"sqlite:///{tmp_path / 'no' / 'such.sqlite3'}")
    assert isinstance(Rig(nowhere).book(), Failed)
    assert Rig(nowhere).bookings.taken_up("+34600111222", None, "billing") == 0.0


def test_the_commands(store: Store, tmp_path: Path) -> None:
    """An unclear one is shown with status 1; a person has it tried, or ends it."""
    rig = Rig(store)
    rig.book()
    (kept,) = store.callbacks.waiting()
    mine = store.callbacks.claim(kept.id, "n", at=NOW, lease=timedelta(minutes=2))
    assert mine is not None and mine.attempt_id is not None
    assert store.callbacks.dialled(mine.attempt_id, "n")
    assert store.callbacks.unclear(mine.attempt_id, "n", "server lost")
    shown = ivr(tmp_path, "callbacks", "list")
    assert shown.returncode == 1 and str(kept.id) in shown.stdout
    assert '"last_result": "server lost"' in ivr(tmp_path, "callbacks", "list", "--json").stdout
    assert ivr(tmp_path, "callbacks", "retry", str(kept.id)).returncode == 0
    assert ivr(tmp_path, "callbacks", "retry", str(kept.id)).returncode == 2
    assert '"state": "waiting"' in ivr(tmp_path, "callbacks", "list", "--json").stdout
    moved = ivr(tmp_path, "callbacks", "move", str(kept.id), "--at", "2099-11-24 17:30")
    assert moved.stdout.strip() == "they are not called before 2099-11-24 17:30"
    over = ivr(tmp_path, "callbacks", "move", str(kept.id), "--at", "2020-11-24 17:30")
    assert (over.returncode, "is over" in over.stderr) == (2, True)
    nobody = ivr(tmp_path, "callbacks", "list", "--queue", "nosuch")
    assert (nobody.returncode, "there is no queue 'nosuch'" in nobody.stderr) == (2, True)
    assert ivr(tmp_path, "callbacks", "move", str(kept.id), "--at", "soon").returncode == 2
    assert ivr(tmp_path, "callbacks", "cancel", "soon", "--why", "x").returncode == 2
    assert ivr(tmp_path, "callbacks", "cancel", "600 111 333", "--why", "x").returncode == 2
    assert ivr(tmp_path, "callbacks", "cancel", "600 111 222", "--why", "by letter").returncode == 0
    assert '"by letter"' in ivr(tmp_path, "callbacks", "list", "--ended", "--json").stdout


def test_who_calls_again_takes_their_place_up(store: Store) -> None:
    """By the number that would be called, or by who they have proved to be; once, and in that queue alone."""
    rig = Rig(store)
    person = ServedCustomer(new_id(), "45716")
    rig.book(occasion=replace(CALL, person=person))
    rig.now += timedelta(minutes=10)
    assert rig.bookings.taken_up("600111333", None, "billing") == 0.0
    assert rig.bookings.taken_up("", person, "support") == 0.0
    assert rig.bookings.taken_up("", person, "billing") == 695.0
    assert rig.bookings.taken_up("", person, "billing") == 0.0
    rig.book()
    assert rig.bookings.taken_up("600111222", None, "billing") == 95.0
    assert store.callbacks.counts() == {"cancelled": 2}
