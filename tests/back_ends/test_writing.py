"""Writes: done now, refused, noted for later, never twice, and never lost, whichever side is down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import gevent
import pytest
from gevent.event import Event

from data.ids import new_id
from data.models import OutboxRow
from data.records import Errand, NewWork, OutboxState
from data.seeds import seed
from data.spool import Spool
from data.store import Store
from dialogs.effects import Write
from dialogs.results import Failed, Found, Noted, Refused, Written
from ivr.back_ends import declared_in
from ivr.back_ends.port import BackEnds
from ivr.back_ends.writing import KIND, Writing, key_of
from ivr.clock import Clock
from ivr.lookups import Lookups
from ivr.occasion import Occasion, Person
from ivr.outbox import LEASE, LEAST_TRIES, MOST_DEATHS, PATIENCE, Outbox, pause_after
from ivr.work import add_work
from tests.back_ends.systems import Holding, Reply, break_off, crm, hang, raw_server
from tests.databases import store_at

MADRID = ZoneInfo("Europe/Madrid")
TEXT = """
systems:
  crm: {url: "URL", plain: true, deadline: PATIENT, breaker: {failures: 50}}
lookups:
  day_of:
    system: crm
    get: /orders/{order_id}
    by: [order_id]
    fields: {day: date}
    cache: 60
writes:
  ship_day:
    system: crm
    METHOD: /orders/{order_id}/day
    send: {day: "{day}", urgent: "{urgent}", parcels: "{parcels}"}
    values: {order_id: code, day: date, urgent: boolean, parcels: number}
    fields: {reference: {type: code, at: /ref, optional: true}}
    refused: {409: too_late}
    reason: {at: /code, codes: {NO_ORDER: no_such_order}}
    MORE
"""
VALUES = {"order_id": "A/7", "day": "2026-12-01", "urgent": "true", "parcels": "2"}
SHIP = Write("ship_day", VALUES, "change", 10.0)


class LaterClock(Clock):
    """The machine's, and a day or two later when the test says so."""

    later = timedelta(0)

    def utc(self) -> datetime:
        return super().utc() + self.later


@dataclass
class House:
    """The own side: database, spool, and a process that writes."""

    folder: Path
    store: Store
    clock: LaterClock
    outbox: Outbox
    writing: Writing
    back_ends: BackEnds
    owner: str = "one"

    def process(self, owner: str) -> House:
        """Another server on the same database."""
        return _house(self.folder, self.back_ends, self.clock, owner)

    @property
    def errands(self) -> list[Any]:
        with self.store.database.reading() as connection:
            return list(connection.execute(OutboxRow.__table__.select()))

    def carry(self) -> int:
        """One look at the outbox, to its end."""
        taken = self.outbox.carry(KIND)
        self.outbox.wait_until_carried()
        return taken

    def close(self) -> None:
        self.writing.close()
        self.outbox.close()

    def break_database(self) -> None:
        """As if its disk had gone: the file is away, and nobody can make another."""
        self.store.close()
        for file in self.folder.glob("ivr.sqlite3*"):
            file.rename(file.with_name(f"away-{file.name}"))
        (self.folder / "ivr.sqlite3").mkdir()

    def mend_database(self) -> None:
        self.store.close()
        (self.folder / "ivr.sqlite3").rmdir()
        for file in self.folder.glob("away-*"):
            file.rename(file.with_name(file.name.removeprefix("away-")))


def _house(folder: Path, back_ends: BackEnds, clock: LaterClock, owner: str) -> House:
    store = Store(f"sqlite:///{folder}/ivr.sqlite3")
    outbox = Outbox(store, owner=owner, clock=clock)
    spool = Spool(folder / "spool")
    writing = Writing(store, spool, back_ends.targets(), outbox, clock=clock, zone=MADRID)
    return House(folder, store, clock, outbox, writing, back_ends, owner)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A house whose CRM is at that address; its worker runs unless `still`."""
    opened: list[House] = []

    def make(
        url: str, more: str = "later: true", method: str = "put", *, still: bool = False, patient: float = 8.0
    ) -> House:
        text = TEXT.replace("URL", url).replace("MORE", more).replace("METHOD", method)
        text = text.replace("PATIENT", str(patient))
        (tmp_path / "back_ends.yaml").write_text(text)
        own = store_at(tmp_path / "ivr.sqlite3")
        clock = LaterClock()
        lookups = Lookups(own, lambda: clock.utc().astimezone(MADRID))
        back_ends = BackEnds(lookups, declared_in(tmp_path / "back_ends.yaml"), zone=MADRID)
        house = _house(tmp_path, back_ends, clock, "one")
        if not still:
            house.outbox.start()
        opened.append(house)
        return house

    yield make
    for house in opened:
        house.close()
        house.back_ends.close()
        house.store.close()


def occasion(call: UUID | None = None, step: str = "change") -> Occasion:
    return Occasion(call or new_id(), "+34600111222", "orders", step, "es")


def in_turn(*replies: Reply) -> Callable[..., Reply]:
    left = list(replies)
    return lambda *_: left.pop(0) if len(left) > 1 else left[0]


def test_it_is_done_and_the_caller_hears_so(build: Callable[..., House]) -> None:
    """Typed values in the body, encoded ones in the path, a key in the header, and the answer's fields."""
    with crm(lambda *_: (200, {"ref": "R-9"})) as system:
        house, when = build(system.url), occasion()
        assert house.writing.write(SHIP, when) == Written({"reference": "R-9"})
        body = {"day": "2026-12-01", "urgent": True, "parcels": 2}
        assert system.asked == [("PUT", "/orders/A%2F7/day", body)]
        assert system.headers[0]["idempotency-key"] == key_of(SHIP, when)
        (errand,) = house.errands
        assert errand.done_at is not None
        assert errand.body == "{}"  # nothing of the caller's stays


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((409, {}), "too_late"),
        ((422, {"code": "NO_ORDER"}), "no_such_order"),
        ((422, {"code": "ELSE"}), "other"),
        ((400, b"<html>"), "other"),
    ],
)
def test_it_is_refused_with_its_reason(build: Callable[..., House], reply: Reply, reason: str) -> None:
    """By status, by a code in the answer, or for a reason that the file does not know; nothing is left."""
    with crm(lambda *_: reply) as system:
        house = build(system.url)
        assert house.writing.write(SHIP, occasion()) == Refused(reason)
        assert house.store.outbox.state().waiting == 0
        assert house.store.outbox.state().given_up == 0


@pytest.mark.parametrize(
    "reply", [(503, {}), (429, {}), (401, {}), (404, {}), (500, {}), (302, b""), (200, b"<html>")]
)
def test_what_cannot_be_done_now_is_noted_and_done_later(build: Callable[..., House], reply: Reply) -> None:
    """The caller hears that it will be done; and it is, with the same key."""
    with crm(in_turn(reply, (200, {"ref": "R-9"}))) as system:
        house = build(system.url, still=True)
        assert house.writing.write(SHIP, occasion()) == Noted()
        assert house.carry() == 0  # not at once: it rests first
        house.clock.later = timedelta(minutes=1)
        assert house.carry() == 1
        assert house.errands[0].done_at is not None
        keys = [sent["idempotency-key"] for sent in system.headers]
        assert len(keys) == 2
        assert keys[0] == keys[1]


@pytest.mark.parametrize("talk", [hang, break_off])
def test_a_post_that_may_have_been_done_is_not_done_again(build: Callable[..., House], talk: Any) -> None:
    """Nobody knows; the caller hears that it did not work, and a person sees it."""
    with raw_server(talk) as url:
        house = build(url, method="post", patient=0.3)
        result = house.writing.write(SHIP, occasion())
        assert isinstance(result, Failed)
        (lost,) = house.store.outbox.given_up()
        assert lost.target == "ship_day"
        assert "unknown whether done" in lost.last_error
        house.clock.later = timedelta(days=1)
        assert house.carry() == 0


@pytest.mark.parametrize(("more", "method"), [("repeatable: true", "post"), ("later: true", "put")])
def test_what_may_be_repeated_is(build: Callable[..., House], more: str, method: str) -> None:
    """A PUT, or a POST whose system knows the key."""
    with raw_server(hang) as url:
        house = build(url, more, method, patient=0.3)
        assert house.writing.write(SHIP, occasion()) == Noted()
        assert house.store.outbox.state().waiting == 1


def test_a_post_to_a_system_that_is_not_there_is_tried_again(build: Callable[..., House]) -> None:
    """Nothing was sent, so nothing can be done twice."""
    house = build("http://127.0.0.1:9", method="post")
    assert house.writing.write(SHIP, occasion()) == Noted()
    assert house.store.outbox.state().waiting == 1


def test_without_later_it_is_done_now_or_not_at_all(build: Callable[..., House]) -> None:
    """Some things are of no use tomorrow: nothing lies in the outbox."""
    with crm(in_turn((503, {}), (200, {}))) as system:
        house = build(system.url, "later: false")
        assert isinstance(house.writing.write(SHIP, occasion()), Failed)
        assert house.writing.write(SHIP, occasion()) == Written({"reference": None})
        assert house.errands == []


def test_asked_twice_it_happens_once(build: Callable[..., House]) -> None:
    """The same step of the same call with the same values, also after a restart."""
    with crm(lambda *_: (200, {"ref": "R-9"})) as system:
        house, when = build(system.url), occasion()
        for _ in range(3):
            assert house.writing.write(SHIP, when) == Written({"reference": "R-9"})
        assert len(system.asked) == 1
        restarted = house.process("two")
        assert restarted.writing.write(SHIP, when) == Written()
        restarted.close()
        assert len(system.asked) == 1
        house.writing.write(Write("ship_day", {**VALUES, "parcels": "3"}, "change", 10.0), when)
        house.writing.write(SHIP, occasion())
        assert len(system.asked) == 3


def test_a_caller_who_hangs_up_takes_nothing_back(build: Callable[..., House]) -> None:
    """Said yes, hung up: whoever waited is gone, the write is not."""
    asked, go_on = Event(), Event()

    def slowly(*_: object) -> Reply:
        asked.set()
        go_on.wait(10)
        return 200, {}

    with crm(slowly) as system:
        house = build(system.url)
        waiting = gevent.spawn(house.writing.write, SHIP, occasion())
        assert asked.wait(10)
        waiting.kill()
        go_on.set()
        house.outbox.wait_until_carried()
        assert house.errands[0].done_at
        assert len(system.asked) == 1


def test_our_database_is_down_and_comes_back(build: Callable[..., House]) -> None:
    """Through the spool on disk into the outbox, and from there to the system: once."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url, still=True)
        house.break_database()
        when = occasion()
        assert house.writing.write(SHIP, when) == Noted()
        assert house.writing.write(SHIP, when) == Noted()  # asked twice, spooled twice, done once
        assert system.asked == []
        house.mend_database()
        spool = Spool(house.folder / "spool")
        assert spool.drain(house.store).written == 2
        assert house.carry() == 1
        assert house.carry() == 0
        assert len(system.asked) == 1


def test_both_sides_are_down(build: Callable[..., House]) -> None:
    """The CRM is still down when our database is back; then it comes back too, and nothing was lost."""
    with crm(in_turn((503, {}), (503, {}), (200, {}))) as system:
        house = build(system.url, still=True)
        house.break_database()
        calls = [occasion() for _ in range(5)]
        assert [house.writing.write(SHIP, one) for one in calls] == [Noted()] * 5
        house.mend_database()
        assert Spool(house.folder / "spool").drain(house.store).written == 5
        for hours in range(1, 4):
            house.carry()
            house.clock.later = timedelta(hours=hours)
        house.carry()
        done = {sent["idempotency-key"] for sent in system.headers}
        assert done == {key_of(SHIP, one) for one in calls}
        assert all(errand.done_at for errand in house.errands)


def test_neither_database_nor_disk(build: Callable[..., House]) -> None:
    """Then, and only then, the caller hears that it did not work."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url, still=True)
        house.break_database()
        (house.folder / "spool").write_text("no folder")
        result = house.writing.write(SHIP, occasion())
        assert isinstance(result, Failed)
        assert "neither done nor noted" in result.reason


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
        person = Person(new_id(), "45716")
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
        ana = Person(new_id(), "45716")
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
        people = [Person(new_id(), f"{n}") for n in range(3)]
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


@pytest.mark.parametrize(
    "values",
    [
        {**VALUES, "day": "mañana"},
        {**VALUES, "parcels": "two"},
        {**VALUES, "urgent": "perhaps"},
        {**VALUES, "order_id": "a b; DROP"},
        {k: v for k, v in VALUES.items() if k != "day"},
    ],
)
def test_a_value_that_is_none_is_sent_nowhere(build: Callable[..., House], values: dict[str, str]) -> None:
    """Neither now nor later; the reason repeats no value."""
    with crm(lambda *_: (200, {})) as system:
        house = build(system.url)
        result = house.writing.write(Write("ship_day", values, "change", 10.0), occasion())
        assert isinstance(result, Failed)
        assert not any(value in result.reason for value in ("mañana", "two", "perhaps", "DROP"))
        assert system.asked == []
        assert house.errands == []


def test_what_was_kept_of_the_system_is_forgotten_after_a_write(build: Callable[..., House]) -> None:
    """Who has just changed the day does not hear the old one."""
    days = iter(["2026-11-25", "2026-12-01"])
    with crm(lambda method, *_: (200, {"day": next(days)} if method == "GET" else {})) as system:
        house = build(system.url)

        def day() -> object:
            answer = house.back_ends.ask("day_of", {"order_id": "A1"}, deadline=1, sensitive=False)
            assert isinstance(answer, Found)
            return answer.record["day"]

        assert (day(), day()) == ("2026-11-25", "2026-11-25")
        house.writing.write(SHIP, occasion())
        assert day() == "2026-12-01"
        assert [asked[0] for asked in system.asked] == ["GET", "PUT", "GET"]


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
        assert not any(value in house.errands[0].last_error for value in ("A/7", "2026-12-01"))


def test_the_own_database_does_it_at_once(build: Callable[..., House]) -> None:
    """Nothing lies in the outbox; with the same key it is not done again; a database that is down spools."""
    house = build("http://127.0.0.1:9", still=True)
    seed(house.store, customers=10)
    own = {"customer_number": "45716", "order_id": "780387", "day": "2026-12-04"}
    write, when = Write("delivery_day", own, "change", 10.0), occasion()
    monday = datetime(2026, 11, 23, 10, tzinfo=MADRID)
    house.clock.later = monday - Clock().utc()
    whose = house.store.orders.by_number("780387")
    assert whose is not None
    write = Write("delivery_day", {**own, "customer_number": whose.customer_number}, "change", 10.0)
    assert house.writing.write(write, when) == Written({"expected_date": "2026-12-04"})
    assert house.writing.write(write, when) == Written({"expected_date": "2026-12-04"})
    assert house.errands == []
    house.break_database()
    later = Write("delivery_day", {**write.values, "day": "2026-12-09"}, "change", 10.0)
    assert house.writing.write(later, occasion()) == Noted()
    house.mend_database()
    Spool(house.folder / "spool").drain(house.store)
    assert house.carry() == 1
    changed = house.store.orders.by_number("780387")
    assert changed is not None
    assert str(changed.expected_on) == "2026-12-09"


def test_an_errand_of_nobodys_kind_is_left_alone(build: Callable[..., House]) -> None:
    """Messages lie in the same outbox, and are others' to carry."""
    house = build("http://127.0.0.1:9", still=True)
    put_in(house, kind="sms")
    assert house.carry() == 0
