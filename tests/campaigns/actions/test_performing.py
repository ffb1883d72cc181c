"""An action that is due: as the strategy declared it, by the gate, once, with its reason on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from data.models import AccountRow, CustomerRow, DebtRow, OutboxRow
from data.records.actions import NewAction
from data.store import Store
from ivr.campaigns.actions.verdicts import Did, Dropped, PutOff
from ivr.campaigns.dialling.line import Ending
from ivr.messenger.settings import LimitSettings
from tests.campaigns.actions.desk import (
    NOTED,
    PLAIN,
    Desk,
    account_of,
    campaign,
    mobiles,
    promise,
    proved_call,
)
from tests.campaigns.dialling.paper import MONDAY, Telephones, Time, World, on_sqlite, server
from tests.side_by_side import side_by_side

SMS = {"sms": "noted", "words": NOTED}
CALL_US = {"sms": "call_us", "words": PLAIN}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def put(desk: Desk, world: World, *actions: dict[str, object], person: int = 0, **more: object) -> None:
    """These actions, as if an attempt to somebody had ended now."""
    for n, declared in enumerate(actions):
        kind = next(name for name in declared if name not in ("words", "purpose", "asked", "provider"))
        values = {
            "key": f"test:{n}:{person}:{desk.at.isoformat()}",
            "campaign_id": world.campaign,
            "customer_id": world.people[person],
            "account_id": account_of(desk.store, world.people[person]),
            "occasion": "outcome",
            "outcome": "promise_to_pay",
            "kind": kind,
            "declared": declared,
            "at": desk.at,
            "due_at": desk.at,
            "until_at": desk.at + timedelta(hours=48),
        } | more
        assert desk.store.actions.put([NewAction(**values)]) == 1  # type: ignore[arg-type]  # a table


def body(desk: Desk) -> str:
    with desk.store.database.reading() as connection:
        return str(connection.scalars(select(OutboxRow.body)).one())


def test_what_an_outcome_sets_off(desk: Desk, store: Store) -> None:
    """Put in with the attempt's result, in one transaction; then each is on its way, and in the ledger."""
    time = Time()
    world = campaign(
        store,
        mobiles(1),
        actions={"promise": [CALL_US, {"case": "promise"}, {"webhook": "crm"}, {"callback": "billing"}]},
    )
    while server(store, Telephones(), time).step():
        pass
    assert desk.standing(world.campaign) == [
        ("promise", kind, "waiting", "") for kind in ("sms", "case", "webhook", "callback")
    ]
    desk.at = time.at
    assert [type(verdict) for _action, verdict in desk.step()] == [Did] * 4
    assert desk.step() == []
    assert desk.errands() == [
        ("sms", "sms"),
        ("case", "promise"),
        ("webhook", "crm"),
        ("agent_callback", "billing"),
    ]
    made = store.contacts.history(store.contacts.whom("+34610000000"))
    assert [one.channel for one in made] == ["sms", "call"]
    assert made[0].campaign_id == world.campaign


def test_what_the_dialler_s_results_set_off(store: Store) -> None:
    """Each result its own, and once more when nobody is left to be tried; a trunk's word is nobody's."""
    time, number = Time(), mobiles(1)[0][0]
    telephones = Telephones({number: [Ending(result="trunk"), Ending(result="busy"), Ending(result="busy")]})
    world = campaign(
        store,
        mobiles(1),
        retries={"busy": [10]},
        actions={"busy": {"case": "busy"}, "not_reached": {"case": "gone"}, "trunk": {"case": "never"}},
    )
    ours = server(store, telephones, time)
    for _ in range(3):
        while ours.step():
            pass
        time.at += timedelta(minutes=15)
    assert [one[0] for one in Desk(store).standing(world.campaign)] == ["busy", "busy", "not_reached"]


def test_a_message_waits_for_its_lawful_hour(desk: Desk, store: Store) -> None:
    """Spain's one contact a day about a debt: the message goes the next morning, or not at all."""
    world = campaign(store, mobiles(1), purpose="collection")
    called = proved_call(store, world.people[0], mobiles(1)[0][0])
    promise(store, world.people[0], world.campaign, MONDAY.date() + timedelta(days=9), call_id=called)
    put(desk, world, SMS, call_id=called)
    put(desk, world, {**CALL_US, "purpose": "service"}, key="other")
    (_, noted), (_, other) = desk.step()
    assert isinstance(noted, Did) and isinstance(other, Did), "a service message is another purpose"
    put(desk, world, CALL_US, key="a third")
    ((_, third),) = desk.step()
    assert isinstance(third, PutOff) and third.result == "cap"
    assert desk.standing(world.campaign)[-1][2:] == ("waiting", "cap")
    desk.at = third.until
    assert [type(verdict) for _, verdict in desk.step()] == [Did]
    put(desk, world, CALL_US, key="a fourth", until_at=desk.at + timedelta(hours=2))
    ((_, fourth),) = desk.step()
    assert isinstance(fourth, Dropped) and fourth.result == "cap", "it would be lawful too late"


@on_sqlite
def test_the_words_in_their_language_with_values(desk: Desk, store: Store) -> None:
    """Money and days as people write them; a language without words gets the first; nothing is read twice."""
    world = campaign(store, mobiles(1))
    promise(store, world.people[0], world.campaign, MONDAY.date() + timedelta(days=8))
    with store.database.writing() as connection:
        connection.execute(update(CustomerRow).values(language="en", name="{amount} X"))
    due = NewAction(
        key="k",
        campaign_id=world.campaign,
        customer_id=world.people[0],
        occasion="remind",
        outcome="remind",
        kind="sms",
        declared=SMS,
        at=desk.at,
        due_at=desk.at,
        promise_id=store.promises.to_remind(MONDAY.date() + timedelta(days=7))[0].id,
    )
    store.actions.put([due])
    desk.step()
    assert "{amount} X: anotado, 50,00 \\u20ac el 1 de diciembre de 2026." in body(desk)


@on_sqlite
@pytest.mark.parametrize(
    ("against", "result"),
    [
        ("number", "do_not_call"),
        ("disputed", "dispute"),
        ("judicial", "judicial"),
        ("erased", ""),
        ("landline", "no_address"),
        ("unproved", "not_proved"),
        ("nothing promised", "no_value"),
        ("late", "late"),
    ],
)
def test_why_a_message_is_dropped(desk: Desk, store: Store, against: str, result: str) -> None:
    """Each with its code; nothing lies in the outbox, and the ledger has no contact."""
    numbers = (("+34934445566",),) if against == "landline" else mobiles(1)
    world = campaign(store, numbers, purpose="collection", proved=against != "unproved")
    person = world.people[0]
    if against != "nothing promised":
        promise(store, person, world.campaign, MONDAY.date() + timedelta(days=9), call_id=world.sample)
    put(desk, world, SMS, call_id=world.sample, at=desk.at - timedelta(minutes=3))
    with store.database.writing() as connection:
        if against == "judicial":
            connection.execute(update(AccountRow).values(stage="judicial"))
        if against == "erased":
            connection.execute(CustomerRow.__table__.delete())  # type: ignore[attr-defined]  # a table
    if against == "number":
        store.suppressions.add("number", numbers[0][0], reason="asked", at=MONDAY)
    if against == "disputed":
        _dispute(store, world)
    if against == "late":
        desk.at += timedelta(hours=49)
    found = desk.step()
    if against == "erased":
        assert found == [], "what was to be done is forgotten with the person"
        return
    ((_, verdict),) = found
    assert isinstance(verdict, Dropped) and verdict.result == result, verdict
    assert desk.errands() == []
    assert store.contacts.history(store.contacts.whom(numbers[0][0])) == ()


def _dispute(store: Store, world: World) -> None:
    values = {
        "id": world.sample,
        "account_id": account_of(store, world.people[0]),
        "concept": "x",
        "amount_cents": 5000,
        "currency": "EUR",
        "issued_on": MONDAY.date(),
        "due_on": MONDAY.date(),
        "stage": "early",
        "status": "disputed",
    }
    with store.database.writing() as connection:
        connection.execute(DebtRow.__table__.insert().values(**values))  # type: ignore[attr-defined]  # a table


@on_sqlite
def test_a_number_that_others_have_gets_no_word_of_a_debt(desk: Desk, store: Store) -> None:
    """Also where one of them has proved themselves on it; a neutral message goes."""
    world = campaign(store, (mobiles(1)[0], mobiles(1)[0]), purpose="collection")
    promise(store, world.people[0], world.campaign, MONDAY.date() + timedelta(days=9), call_id=world.sample)
    put(desk, world, SMS, call_id=world.sample)
    ((_, verdict),) = desk.step()
    assert isinstance(verdict, Dropped) and verdict.result == "shared_number"
    put(desk, world, CALL_US, key="neutral")
    assert [type(verdict) for _, verdict in desk.step()] == [Did]


@on_sqlite
def test_what_was_proved_in_the_call_may_come_a_moment_later(desk: Desk, store: Store) -> None:
    """The call's record is written beside: a message that waits for it is not dropped at once."""
    world = campaign(store, mobiles(1), purpose="collection", proved=False)
    promise(store, world.people[0], world.campaign, MONDAY.date() + timedelta(days=9), call_id=world.sample)
    put(desk, world, SMS, call_id=world.sample)
    ((_, verdict),) = desk.step()
    assert isinstance(verdict, PutOff) and verdict.result == "not_proved"
    proved_call(store, world.people[0], mobiles(1)[0][0])
    desk.at = verdict.until
    assert [type(verdict) for _, verdict in desk.step()] == [Did]


@on_sqlite
def test_an_email_goes_by_the_law_of_their_telephone(desk: Desk, store: Store) -> None:
    """With its subject; without an address it is dropped."""
    world = campaign(store, mobiles(2))
    email = {"email": "noted", "words": PLAIN}
    put(desk, world, email, person=0)
    put(desk, world, email, person=1)
    with store.database.writing() as connection:
        mine = update(CustomerRow).where(CustomerRow.id == world.people[0])
        connection.execute(mine.values(email="ana@example.net"))
    verdicts = {action.customer_id: verdict for action, verdict in desk.step()}
    assert isinstance(verdicts[world.people[0]], Did)
    assert verdicts[world.people[1]] == Dropped("no_address", "nobody knows an e-mail address of theirs")
    assert '"subject":"Aurora"' in body(desk)
    (made,) = store.contacts.history(store.contacts.whom("ana@example.net"))
    assert made.rules.startswith("es.service"), "the telephone's country says which law holds"


@on_sqlite
def test_asked_for_is_an_exception_on_record(desk: Desk, store: Store) -> None:
    """At night, on the same day, and counted by no rule; the do-not-call list holds all the same."""
    desk.at = datetime(2026, 11, 23, 2, tzinfo=UTC)
    world = campaign(store, mobiles(1), purpose="collection")
    put(desk, world, CALL_US)
    ((_, verdict),) = desk.step()
    assert isinstance(verdict, PutOff) and verdict.result == "window"
    put(desk, world, {**CALL_US, "asked": True}, key="asked", call_id=world.sample)
    assert [type(verdict) for _, verdict in desk.step()] == [Did]
    (made,) = store.contacts.history(store.contacts.whom(mobiles(1)[0][0]))
    assert made.asked_for == f"s/reminder/promise_to_pay in call {world.sample}"
    store.suppressions.add("number", mobiles(1)[0][0], reason="asked", at=MONDAY)
    put(desk, world, {**CALL_US, "asked": True}, key="again", call_id=world.sample)
    assert [getattr(verdict, "result", "") for _, verdict in desk.step()] == ["do_not_call"]


@on_sqlite
def test_too_many_messages_wait_an_hour(desk: Desk, store: Store) -> None:
    """The house's own limit holds for campaigns, too, and the ledger has no contact that was not made."""
    desk.limits = LimitSettings(per_hour=1)
    world = campaign(store, mobiles(1))
    put(desk, world, CALL_US, CALL_US)
    (_, first), (_, second) = desk.step()
    assert isinstance(first, Did) and second == PutOff(
        desk.at + timedelta(hours=1), "too_many", "the recipient has had too many messages"
    )
    assert len(store.contacts.history(store.contacts.whom(mobiles(1)[0][0]))) == 1


def test_of_two_servers_one_does_it(store: Store) -> None:
    """Both look at the same moment; and who has lost the lease changes nothing."""
    world = campaign(store, mobiles(6))
    desks = [Desk(store, owner=f"n{n}") for n in range(3)]
    for person in range(6):
        put(desks[0], world, {"case": "x"}, CALL_US, person=person)
    side_by_side(*(one.step for one in desks))
    assert [one[2] for one in desks[0].standing(world.campaign)] == ["done"] * 12
    assert sorted(desks[0].errands()) == [("case", "x")] * 6 + [("sms", "sms")] * 6


def test_what_a_dead_server_had_is_taken_over(store: Store) -> None:
    """After its lease, once; and the dead one, come back, is told no."""
    world = campaign(store, mobiles(1))
    dead, heir = Desk(store, owner="dead"), Desk(store, owner="heir")
    put(dead, world, CALL_US)
    (lost,) = store.actions.claim("dead", at=dead.at, lease=timedelta(seconds=60), most=5)
    assert heir.step() == []
    heir.at += timedelta(seconds=61)
    assert [type(verdict) for _, verdict in heir.step()] == [Did]
    assert dead.performing().perform(lost) == Dropped("lost", "lost")
    assert heir.errands() == [("sms", "sms")]
    assert len(store.contacts.history(store.contacts.whom(mobiles(1)[0][0]))) == 1


@on_sqlite
def test_an_action_that_kills_its_servers_is_dropped(desk: Desk, store: Store) -> None:
    """After five that never came back from it."""
    world = campaign(store, mobiles(1))
    put(desk, world, {"case": "x"}, until_at=None)
    for _ in range(5):
        assert store.actions.claim("dies", at=desk.at, lease=timedelta(seconds=60), most=5)
        desk.at += timedelta(minutes=2)
    ((_, verdict),) = desk.step()
    assert isinstance(verdict, Dropped) and verdict.result == "broken"
