"""Writes: done now, refused, or noted for later, and told to the caller as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import gevent
import pytest
from gevent.event import Event

from data.seeds import seed
from data.spool import Spool
from dialogs.effects import Write
from dialogs.results import Failed, Found, Noted, Refused, Written
from ivr.back_ends.writing import key_of
from ivr.clock import Clock
from tests.back_ends.systems import Reply, break_off, crm, hang, in_turn, raw_server
from tests.back_ends.writing_house import SHIP, VALUES, House, build, occasion
from tests.to_come import monday_to_come

__all__ = ["build"]


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


def test_the_own_database_does_it_at_once(build: Callable[..., House]) -> None:
    """Nothing lies in the outbox; with the same key it is not done again; a database that is down spools."""
    house = build("http://127.0.0.1:9", still=True)
    seed(house.store, customers=10)
    monday = monday_to_come()
    friday, wednesday = (str((monday + timedelta(days=days)).date()) for days in (11, 16))
    own = {"customer_number": "45716", "order_id": "780387", "day": friday}
    write, when = Write("delivery_day", own, "change", 10.0), occasion()
    house.clock.later = monday - Clock().utc()
    whose = house.store.orders.by_number("780387")
    assert whose is not None
    write = Write("delivery_day", {**own, "customer_number": whose.customer_number}, "change", 10.0)
    assert house.writing.write(write, when) == Written({"expected_date": friday})
    assert house.writing.write(write, when) == Written({"expected_date": friday})
    assert house.errands == []
    house.break_database()
    later = Write("delivery_day", {**write.values, "day": wednesday}, "change", 10.0)
    assert house.writing.write(later, occasion()) == Noted()
    house.mend_database()
    Spool(house.folder / "spool").drain(house.store)
    assert house.carry() == 1
    changed = house.store.orders.by_number("780387")
    assert changed is not None
    assert str(changed.expected_on) == wednesday
