"""Promises on a schedule: judged, reminded of, followed by what the strategy says; once, whoever looks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from data.models import CustomerRow, PromiseRow
from data.promises import PaymentNote
from data.store import Store
from ivr.campaigns import promise_days
from ivr.campaigns.actions.verdicts import Did, Dropped, PutOff
from ivr.campaigns.promise_days import Policies
from tests.campaigns.actions.desk import NOTED, PLAIN, Desk, account_of, campaign, mobiles, promise
from tests.campaigns.dialling.paper import MONDAY, World, on_sqlite
from tests.side_by_side import side_by_side

MADRID = ZoneInfo("Europe/Madrid")
DUE = date(2026, 11, 27)
"""A Friday."""
THANKS = {"sms": "thanks", "words": PLAIN}
TABLE = {
    "grace_days": 2,
    "remind": {"sms": "tomorrow", "words": NOTED},
    "kept": THANKS,
    "broken": [{"case": "broken_promise"}, {"sms": "broken", "words": NOTED}],
}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


@pytest.fixture
def world(store: Store) -> World:
    return campaign(store, mobiles(2), purpose="collection", promises=TABLE)


def look(desk: Desk, at: datetime | None = None) -> promise_days.Looked:
    if at is not None:
        desk.at = at
    return promise_days.look(desk.store, at=desk.at, zone=MADRID)


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), MADRID) + timedelta(hours=12)


def pay(desk: Desk, world: World, cents: int, *, on: date, reference: str) -> dict[str, int]:
    """A bank's list that tells it now."""
    with desk.store.database.reading() as connection:
        number = connection.scalars(
            select(CustomerRow.customer_number).where(CustomerRow.id == world.people[0])
        ).one()
    note = PaymentNote(
        customer_number=number, amount_cents=cents, currency="EUR", received_on=on, reference=reference
    )
    follow = Policies(desk.store, desk.at).follow
    today = desk.at.astimezone(MADRID).date()
    return {**desk.store.promises.take_payments([note], at=desk.at, today=today, follow=follow).closed}


def reminded(store: Store, promise_id: UUID) -> datetime | None:
    with store.database.reading() as connection:
        return connection.scalars(select(PromiseRow.reminded_at).where(PromiseRow.id == promise_id)).one()


def test_a_promise_from_the_day_before_to_its_end(desk: Desk, world: World) -> None:
    """Reminded of once, on the day before; broken after its grace; a case, and a message by the gate."""
    store = desk.store
    mine = promise(store, world.people[0], world.campaign, DUE, grace_days=2)
    assert look(desk, noon(DUE - timedelta(days=2))).reminders == 0
    assert look(desk, noon(DUE - timedelta(days=1))).reminders == 1
    assert look(desk).reminders == 0, "however often it is looked"
    assert reminded(store, mine) is None
    assert [type(verdict) for _, verdict in desk.step()] == [Did]
    assert reminded(store, mine) == desk.at
    assert dict(look(desk, noon(DUE + timedelta(days=2))).closed) == {}
    assert dict(look(desk, noon(DUE + timedelta(days=3))).closed) == {"broken": 1}
    assert dict(look(desk).closed) == {}
    assert [type(verdict) for _, verdict in desk.step()] == [Did, Did]
    assert desk.standing(world.campaign) == [
        ("remind", "sms", "done", "done"),
        ("broken", "case", "done", "done"),
        ("broken", "sms", "done", "done"),
    ]
    assert desk.errands() == [("sms", "sms"), ("case", "broken_promise"), ("sms", "sms")]


@on_sqlite
def test_no_reminder_beyond_the_caps_and_the_day(desk: Desk, world: World) -> None:
    """Who was called today is not written to today, and tomorrow is too late: the reminder is dropped."""
    mine = promise(desk.store, world.people[0], world.campaign, DUE)
    look(desk, noon(DUE - timedelta(days=1)))
    assert [type(verdict) for _, verdict in desk.step()] == [Did]
    other = promise(
        desk.store, world.people[0], world.campaign, DUE, account_id=account_of(desk.store, world.people[0])
    )
    look(desk)
    ((action, verdict),) = desk.step()
    assert action.promise_id == other != mine
    assert isinstance(verdict, Dropped) and verdict.result == "cap"
    assert reminded(desk.store, other) is None


@on_sqlite
@pytest.mark.parametrize("state", ["kept", "cancelled", "superseded"])
def test_nobody_is_reminded_of_what_is_over(desk: Desk, world: World, state: str) -> None:
    """What became of it between the look and the deed counts."""
    mine = promise(desk.store, world.people[0], world.campaign, DUE)
    look(desk, noon(DUE - timedelta(days=1)))
    with desk.store.database.writing() as connection:
        connection.execute(PromiseRow.__table__.update().values(status=state))  # type: ignore[attr-defined]  # a table
    ((_, verdict),) = desk.step()
    assert verdict == Dropped("no_longer", f"the promise is {state} by now")
    assert reminded(desk.store, mine) is None


def test_money_closes_it_and_mends_it(desk: Desk, world: World) -> None:
    """Kept by a bank's list, with thanks; part of it late, and `partial` does as `broken` where nothing is
    said; what was broken and is mended has its waiting actions dropped."""
    store = desk.store
    promise(store, world.people[0], world.campaign, DUE)
    desk.at = noon(DUE + timedelta(days=3))
    assert look(desk).closed == {"broken": 1}
    assert pay(desk, world, 2000, on=DUE, reference="a") == {"partial": 1}
    assert pay(desk, world, 2000, on=DUE, reference="a") == {}, "the same payment counts once"
    assert pay(desk, world, 3000, on=DUE, reference="b") == {"kept": 1}
    results = [(action.outcome, action.kind, getattr(v, "result", "did")) for action, v in desk.step()]
    assert results == [
        ("broken", "case", "no_longer"),
        ("broken", "sms", "no_longer"),
        ("partial", "case", "no_longer"),
        ("partial", "sms", "no_longer"),
        ("kept", "sms", "did"),
    ]


@on_sqlite
def test_a_promise_of_no_campaign_is_judged_and_nothing_follows(desk: Desk, world: World) -> None:
    """Somebody who called in and promised: no strategy's table speaks of it."""
    promise(desk.store, world.people[0], None, DUE)
    assert look(desk, noon(DUE - timedelta(days=1))).reminders == 0
    assert look(desk, noon(DUE + timedelta(days=1))).closed == {"broken": 1}
    assert desk.standing(world.campaign) == []


def test_two_servers_look_at_once(store: Store, world: World) -> None:
    """Each promise is judged once, and what follows is there once; also after a restart."""
    for person in world.people:
        promise(store, person, world.campaign, DUE)
        promise(store, person, world.campaign, DUE + timedelta(days=4))
    desks = [Desk(store, owner=f"n{n}", at=noon(DUE + timedelta(days=3))) for n in range(3)]

    def work(one: Desk) -> None:
        look(one)
        one.step()

    side_by_side(*(partial(work, one) for one in desks))
    while desks[0].step():
        pass
    work(Desk(store, owner="n0", at=desks[0].at))
    kinds = sorted((outcome, kind) for outcome, kind, _state, _result in desks[0].standing(world.campaign))
    assert kinds == [("broken", "case")] * 2 + [("broken", "sms")] * 2 + [("remind", "sms")] * 2
    assert sorted(desks[0].errands()).count(("case", "broken_promise")) == 2


def test_who_breaks_a_promise_is_on_the_list_of_another_campaign(desk: Desk, world: World) -> None:
    """Judged as a cut would, called before the others; a campaign that had finished goes on; and one that is
    not at work is waited for."""
    store = desk.store
    first = campaign(
        store,
        (mobiles(2)[0],),
        name="first",
        people=(world.people[0],),
        purpose="collection",
        promises={"broken": {"campaign": "second"}},
    )
    promise(store, world.people[0], first.campaign, DUE)
    assert look(desk, noon(DUE + timedelta(days=3))).closed == {"broken": 1}
    ((_, waits),) = desk.step()
    assert isinstance(waits, PutOff) and waits.result == "not_at_work"
    second = campaign(
        store, (mobiles(2)[1],), name="second", people=(world.people[1],), purpose="collection", at=desk.at
    )
    store.dial_list.set_state(second.campaign, "finished", before=("running",), at=desk.at, by="t")
    desk.at = waits.until
    assert [type(verdict) for _, verdict in desk.step()] == [Did]
    entry = store.dial_list.get(second.sample, world.people[0])
    assert entry is not None and (entry.state, entry.due_at) == ("waiting", desk.at)
    assert store.campaigns.numbers(second.sample, world.people[0]) == mobiles(2)[0]
    assert store.dial_list.states([second.campaign]) == {second.campaign: "running"}
    (begun, *_) = store.dial_list.claim(second.sample, "n1", at=desk.at, lease=timedelta(seconds=9), most=1)
    assert begun.customer_id == world.people[0], "before those who wait for their first call"


@on_sqlite
def test_who_may_not_be_called_is_left_out_with_the_reason(desk: Desk, world: World) -> None:
    """As in a sample: the first reason that holds."""
    store = desk.store
    campaign(store, (mobiles(2)[1],), name="second", people=(world.people[1],), purpose="collection")
    first = campaign(
        store,
        (mobiles(2)[0],),
        name="first",
        people=(world.people[0],),
        purpose="collection",
        promises={"broken": {"campaign": "second"}},
    )
    store.suppressions.add("number", mobiles(2)[0][0], reason="asked", at=MONDAY)
    promise(store, world.people[0], first.campaign, MONDAY.date() - timedelta(days=1))
    look(desk)
    ((_, verdict),) = desk.step()
    assert isinstance(verdict, Dropped) and verdict.result == "do_not_call"


def test_a_promise_of_a_campaign_s_call_is_that_campaign_s(store: Store) -> None:
    """Noted as the attempt is settled: the flow needs not know of it."""
    from data.ids import new_id  # noqa: PLC0415 - used once
    from ivr.campaigns.dialling.line import Ending  # noqa: PLC0415
    from tests.campaigns.dialling.paper import Telephones, Time, server  # noqa: PLC0415

    call = new_id()
    world = campaign(store, mobiles(1))
    mine = promise(store, world.people[0], None, DUE, call_id=call)
    ending = Ending(result="answered", outcome="promise_to_pay", call_id=call)
    while server(store, Telephones({mobiles(1)[0][0]: [ending]}), Time()).step():
        pass
    (found,) = store.promises.listed(since=DUE)
    assert (found.id, found.campaign_id) == (mine, world.campaign)
