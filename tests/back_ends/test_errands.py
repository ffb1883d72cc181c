"""What was noted for later is done once, by one server or the next, in its order; or is somebody's task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import gevent
import pytest

from data.ids import new_id
from data.records import Errand, NewWork, OutboxState
from data.spool import Spool
from dialogs.results import Noted, Refused, Written
from ivr.back_ends.writing import key_of
from ivr.occasion import ServedCustomer
from ivr.outbox import LEASE, LEAST_TRIES, MOST_DEATHS, PATIENCE, pause_after
from ivr.work import add_work
from tests.back_ends.systems import Holding, Reply, crm, in_turn, raw_server
from tests.back_ends.writing_house import SHIP, VALUES, House, build, occasion

__all__ = ["build"]


def put_in(house: House, **changes: str) -> Errand:
    """An errand whose process died as soon as it lay there."""
    errand = house.writing._errand(SHIP, occasion())
    errand = replace(errand, **changes)  # type: ignore[arg-type]  # texts all
    house.store.outbox.put(errand)
    return errand


def test_what_a_dead_server_had_is_taken_over(build: Callable[..., House]) -> None:
    """It was claimed, and its process died: when the lease is over another one carries it, with its key."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url, still=True)
        errand = put_in(house)
        house.store.outbox.claim("dead", at=house.clock.utc(), lease=timedelta(seconds=90))
        other = house.process("two")
        assert other.carry() == 0
        house.clock.later = timedelta(seconds=91)
        assert other.carry() == 1
        assert [sent["idempotency-key"] for sent in system.headers] == [errand.idempotency_key]
        other.close()


@pytest.mark.parametrize(("method", "sent"), [("post", 0), ("put", 1)])
def test_a_server_that_died_while_it_was_sending(build: Callable[..., House], method: str, sent: int) -> None:
    """What may not be repeated is a person's to look at; what may is sent again."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url, method=method, still=True)
        put_in(house)
        (claimed,) = house.store.outbox.claim("dead", at=house.clock.utc(), lease=timedelta(seconds=90))
        house.store.outbox.begin(claimed.id, "dead")
        house.clock.later = timedelta(seconds=91)
        assert house.carry() == 1
        assert len(system.asked) == sent
        assert house.store.outbox.state().given_up == 1 - sent


def test_what_was_claimed_and_never_begun_is_done(build: Callable[..., House]) -> None:
    """Its server died before it sent anything: nothing can happen twice."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url, method="post", still=True)
        put_in(house)
        house.store.outbox.claim("dead", at=house.clock.utc(), lease=timedelta(seconds=90))
        house.clock.later = timedelta(seconds=91)
        assert house.carry() == 1
        assert len(system.asked) == 1
        assert house.errands[0].done_at is not None


def test_no_server_takes_what_another_is_just_beginning(build: Callable[..., House]) -> None:
    """Its caller would wait for an answer that somebody else has; if its process dies, they may."""
    holding = Holding()
    with raw_server(holding) as url:
        house = build(url, still=True)
        greenlet = gevent.spawn(house.writing.write, SHIP, occasion())
        holding.wait_asked()
        other = house.process("two")
        assert other.carry() == 0
        greenlet.kill()
        house.writing._begun.kill()
        house.outbox.close(0.0)
        other.close()


def test_it_is_given_up_after_three_days_and_can_be_taken_up_again(build: Callable[..., House]) -> None:
    """In the open: it lies there with its reason, until a person says so."""
    with crm(in_turn(*[(503, {})] * LEAST_TRIES, (200, {}))) as system:
        house = build(system.url, still=True)
        assert house.writing.write(SHIP, occasion()) == Noted()
        for hour in range(1, LEAST_TRIES):
            assert house.store.outbox.given_up() == (), "too few tries, however old it is"
            house.clock.later = PATIENCE + timedelta(hours=hour)
            house.carry()
        (lost,) = house.store.outbox.given_up()
        assert "not done in time: crm: answers with the status 503" in lost.last_error
        assert house.store.outbox.revive(lost.id, at=house.clock.utc())
        house.carry()
        assert not house.store.outbox.state().waiting
        assert len(system.asked) == LEAST_TRIES + 1


def test_a_caller_who_was_told_later_and_gets_nothing_is_somebodys_task(build: Callable[..., House]) -> None:
    """Noted while the system was away, refused when it was back: once, with the call and who it is."""
    with crm(in_turn((503, {}), (409, {}))) as system:
        house = build(system.url, still=True)
        person = ServedCustomer(new_id(), "45716")
        when = replace(occasion(), person=person)
        assert house.writing.write(SHIP, when) == Noted()
        assert house.store.work_items.open() == ()
        house.clock.later = timedelta(minutes=1)
        assert house.carry() == 1
        (item,) = house.store.work_items.open(kind="write")
        assert (item.title, item.call_id) == ("ship_day: too_late", when.call_id)
        assert item.customer_id == person.customer_id
        (errand,) = house.store.outbox.given_up()
        assert item.about == str(errand.id)
        again, new = add_work(
            house.store, NewWork(kind="write", about=str(errand.id), at=house.clock.utc(), by="eva")
        )
        assert (again.id, new) == (item.id, False)


def test_what_arrives_or_is_told_to_the_caller_is_no_task(build: Callable[..., House]) -> None:
    with crm(in_turn((409, {}), (503, {}), (200, {}))) as system:
        house = build(system.url, still=True)
        assert house.writing.write(SHIP, occasion()) == Refused("too_late")
        assert house.writing.write(SHIP, occasion()) == Noted()
        house.clock.later = timedelta(minutes=1)
        house.carry()
        assert house.store.outbox.state().waiting == 0
        assert house.store.work_items.open() == ()


def test_an_errand_that_kills_its_servers_is_given_up(build: Callable[..., House]) -> None:
    """It is not tried once more: the next server would die of it, too, and carry nothing else."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url, still=True)
        put_in(house)
        lease = timedelta(seconds=90)
        for n in range(MOST_DEATHS):
            assert house.store.outbox.claim("dead", at=house.clock.utc(), lease=lease), n
            house.clock.later += lease
        house.clock.later += timedelta(seconds=1)
        house.carry()
        (lost,) = house.store.outbox.given_up()
        assert "its server died with it, 5 times in a row" in lost.last_error
        assert system.asked == []


def test_what_a_caller_asks_later_waits_for_what_they_asked_before(build: Callable[..., House]) -> None:
    """The system was away for the first; the second day must not be overwritten by it, and they are told."""
    with crm(in_turn((503, {}), (200, {}))) as system:
        house = build(system.url, still=True)
        ana = ServedCustomer(new_id(), "45716")
        first = replace(occasion(), person=ana)
        assert house.writing.write(SHIP, first) == Noted()
        changed = replace(SHIP, values={**VALUES, "day": "2026-12-24"})
        assert house.writing.write(changed, replace(occasion(), person=ana)) == Noted()
        house.carry()
        assert len(system.asked) == 1, "it was sent before the one before it"
        for minute in (1, 2):
            house.clock.later = timedelta(minutes=minute)
            house.carry()
        assert [body["day"] for _, _, body in system.asked] == ["2026-12-01", "2026-12-01", "2026-12-24"]
        assert {errand.customer_id for errand in house.errands} == {ana.customer_id}


class Ledger:
    """A system that does what it is told once by each key, and is away when the storm says so."""

    def __init__(self) -> None:
        self.away = False
        self.done: dict[str, tuple[str, str]] = {}
        """What was done, in that order: by key, whose and which day."""
        self.crm: Any = None

    def __call__(self, _method: str, path: str, body: Any) -> Reply:
        key = self.crm.headers[-1]["idempotency-key"]
        if self.away:
            return 503, {}
        self.done.setdefault(key, (path, body["day"]))
        return 200, {"ref": "x"}


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.long)])
def test_whatever_dies_in_whatever_order_each_thing_happens_once(
    build: Callable[..., House], seed: int
) -> None:
    """System, database and server go and come, the clock jumps both ways: nothing lost, nothing twice, and
    what one person asked for arrives in that order."""
    drawn, ledger = Random(seed), Ledger()
    with crm(ledger) as ledger.crm:
        house = build(ledger.crm.url, still=True)
        people = [ServedCustomer(new_id(), f"{n}") for n in range(3)]
        asked: dict[str, list[str]] = {}
        spool, broken = Spool(house.folder / "spool"), False
        for n in range(60):
            match drawn.choice(("write", "write", "write", "carry", "away", "break", "dies", "clock")):
                case "write":
                    who = drawn.choice(people)
                    day = (date(2027, 1, 1) + timedelta(days=n)).isoformat()
                    values = {**VALUES, "order_id": f"A/{who.customer_number}", "day": day}
                    said = house.writing.write(replace(SHIP, values=values), replace(occasion(), person=who))
                    assert isinstance(said, Written | Noted)
                    asked.setdefault(who.customer_number, []).append(day)
                case "carry" if not broken:
                    house.carry()
                case "away":
                    ledger.away = not ledger.away
                case "break":
                    house.mend_database() if broken else house.break_database()
                    broken = not broken
                    _ = broken or spool.drain(house.store)
                case "dies" if not broken:
                    house.store.outbox.claim("dead", at=house.clock.utc(), lease=LEASE, most=2)
                case "clock":
                    house.clock.later += timedelta(hours=drawn.choice((-30, -3, 1, 5)))
        if broken:
            house.mend_database()
            spool.drain(house.store)
        ledger.away = False
        for _ in range(400):
            if not house.store.outbox.state().waiting:
                break
            house.outbox.set_right()
            house.clock.later += timedelta(minutes=20)
            house.carry()
        assert house.store.outbox.state() == OutboxState(waiting=0, oldest=None, given_up=0)
        for number, days in asked.items():
            assert [day for path, day in ledger.done.values() if path.endswith(f"%2F{number}/day")] == days


def test_pauses_grow_and_differ() -> None:
    """Seconds at first, an hour at most, and not all at the same instant."""
    assert 3.0 <= pause_after(1, 0.0) < pause_after(1, 1.0) <= 5.0
    assert pause_after(5, 0.5) == pytest.approx(64.0)
    assert pause_after(1000, 1.0) == pytest.approx(4500.0)


def test_a_write_that_is_declared_no_longer_waits_for_the_operator(build: Callable[..., House]) -> None:
    """Taken out of the file while errands lay there: they are not lost, and say what to do."""
    house = build("http://127.0.0.1:9", still=True)
    put_in(house)
    house.writing._targets = {}
    assert house.carry() == 1
    (errand,) = house.errands
    assert errand.given_up_at is None
    assert "declare it again" in errand.last_error


def test_many_at_once_are_each_done_once(build: Callable[..., House]) -> None:
    """Sixty callers, two servers, one outbox."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url)
        other = house.process("two")
        other.outbox.start()
        calls = [occasion() for _ in range(60)]
        writing = [
            gevent.spawn((house if at % 2 else other).writing.write, SHIP, one)
            for at, one in enumerate(calls)
        ]
        gevent.joinall(writing, timeout=20)
        assert {type(one.value) for one in writing} <= {Written, Noted}
        assert sum(isinstance(one.value, Written) for one in writing) > 30
        with gevent.Timeout(20):
            while house.store.outbox.state().waiting:
                gevent.sleep(0.05)  # between two looks at the outbox: both servers are at work by themselves
        keys = [sent["idempotency-key"] for sent in system.headers]
        assert sorted(keys) == sorted(key_of(SHIP, one) for one in calls)
        other.close()


def test_the_last_error_of_an_errand_holds_nothing_of_the_caller(build: Callable[..., House]) -> None:
    """Logs and lists are for operators."""
    with crm(lambda *_: (500, {"echo": VALUES})) as system:
        house = build(system.url)
        house.writing.write(SHIP, occasion())
        (errand,) = house.errands
        assert "500" in errand.last_error
        assert not any(value in errand.last_error for value in ("A/7", "2026-12-01"))


def test_an_errand_of_nobodys_kind_is_left_alone(build: Callable[..., House]) -> None:
    """Messages lie in the same outbox, and are others' to carry."""
    house = build("http://127.0.0.1:9", still=True)
    put_in(house, kind="sms")
    assert house.carry() == 0
