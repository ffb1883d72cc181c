"""Promises and actions in reports: each share with its whole, against figures that are counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from data.models import ContactRow, PromiseRow
from data.records.contacts import NewContact
from data.store import Store
from ivr.reports.following import action_report, promise_report
from ivr.reports.periods import Period
from tests.campaigns.actions.desk import PLAIN, Desk, campaign, mobiles, promise, proved_call
from tests.campaigns.actions.test_performing import put
from tests.campaigns.dialling.paper import MONDAY, World

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/Madrid"))


def called(store: Store, world: World, person: int, *, proved: bool) -> None:
    """A call of the campaign to somebody."""
    number = world.numbers[person][0]
    call = proved_call(store, world.people[person], number) if proved else None
    made = NewContact(
        at=MONDAY,
        customer_id=world.people[person],
        address=number,
        channel="call",
        purpose="collection",
        campaign_id=world.campaign,
        call_id=call,
    )
    store.contacts.note(made)


def test_promises_with_their_wholes(store: Store) -> None:
    """Ten calls, four with the right party, three promises; of four that were due two kept, by count and
    amount; another month, another campaign and what is open are in no share."""
    world = campaign(store, mobiles(10), purpose="collection")
    for person in range(10):
        called(store, world, person, proved=person < 4)
    states = [
        ("kept", 5000),
        ("kept", 4500),
        ("partial", 1000),
        ("broken", 0),
        ("open", 0),
        ("superseded", 0),
    ]
    for n, (state, paid) in enumerate(states):
        # The first three were made in October, and come due now.
        made_at = MONDAY - timedelta(days=40 if n < 3 else 0)
        promise(
            store,
            world.people[n],
            world.campaign,
            date(2026, 11, 27),
            at=made_at,
            status=state,
            paid_cents=paid,
        )
    promise(store, world.people[0], world.campaign, date(2026, 12, 1), at=MONDAY - timedelta(days=40))
    promise(store, world.people[0], None, date(2026, 11, 27), status="kept", paid_cents=5000)
    report = promise_report(store.campaign_figures, NOVEMBER)
    assert [dict(row) for row in report.rows] == [
        {
            "campaign": "s/reminder",
            "currency": "EUR",
            "attempts": 10,
            "right_party": 4,
            "right_party_share": 0.4,
            "promises": 3,
            "promise_share": 0.75,
            "promised_amount": 150.0,
            "due": 4,
            "kept": 2,
            "kept_share": 0.5,
            "partial": 1,
            "broken": 1,
            "amount_due": 200.0,
            "amount_paid": 105.0,
            "amount_share": 0.525,
            "still_open": 1,
            "taken_back": 1,
        }
    ]
    assert promise_report(store.campaign_figures, NOVEMBER, only=["s/other"]).rows == []
    with store.database.writing() as connection:
        connection.execute(PromiseRow.__table__.delete())  # type: ignore[attr-defined]  # a table
        connection.execute(update(ContactRow).values(at=MONDAY))
    (bare,) = promise_report(store.campaign_figures, NOVEMBER).rows
    assert (bare["attempts"], bare["promises"], bare["kept_share"]) == (10, 0, None)


def test_actions_by_outcome_and_what_became_of_them(store: Store) -> None:
    """Done, sent, failed, waiting, dropped with the reason; shares of those of one outcome and action."""
    desk = Desk(store)
    world = campaign(store, mobiles(4))
    store.suppressions.add("number", world.numbers[0][0], reason="asked", at=MONDAY)
    for person in range(4):
        put(desk, world, {"sms": "plain", "words": PLAIN}, {"case": "x"}, person=person)
    desk.step()
    sent, failed = (
        action for action in store.actions.of_campaign(world.campaign) if action.kind == "sms"
        and action.customer_id in world.people[1:3]
    )  # fmt: skip
    store.messages.settle(str(sent.id), "sent", at=MONDAY)
    store.messages.settle(str(failed.id), "failed", at=MONDAY)
    put(desk, world, {"sms": "plain", "words": PLAIN}, key="later", due_at=MONDAY + timedelta(days=1))
    rows = [tuple(row.values()) for row in action_report(store.campaign_figures, NOVEMBER).rows]
    outcome = ("s/reminder", "promise_to_pay")
    assert rows == [
        (*outcome, "case", "done", 4, 1.0),
        (*outcome, "sms", "waiting", 2, 0.4),
        (*outcome, "sms", "do_not_call", 1, 0.2),
        (*outcome, "sms", "failed", 1, 0.2),
        (*outcome, "sms", "sent", 1, 0.2),
    ]
