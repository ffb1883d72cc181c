"""The customer in hand: seen by their agent alone, closed once, and what follows from the outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from data.ids import new_id
from data.records import AgentContact, AuditEntry, CallBegun, Claimed
from data.seeds import seed
from data.spool import Spool
from data.store import Store
from ivr.agents.contacts import Contacts, NobodyInHand
from ivr.agents.follow_ups import CALLBACK, Rules, carrying_callbacks
from ivr.agents.outcomes import AnswersUnfit, OutcomeUnknown
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import presets
from ivr.clock import Clock
from ivr.messenger.messenger import Messenger
from ivr.messenger.settings import MessageSettings
from ivr.outbox import Arrived
from ivr.queueing.callback_rules import CallbackSettings, next_lawful
from ivr.safekeeping import Safekeeping
from tests.agents.conftest import MADRID, ME, OUTCOMES, House, Time, outcomes_of, plan_of
from tests.agents.known import contact_of
from tests.databases import store_at

LUCIA = "45716"
LEG = "0b6f7a52-7c3e-4d5e-9a1b-0a1b2c3d4e5f"
AT_NOON = Time()
DAY = (AT_NOON.now() + timedelta(days=9)).date()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with_schema = store_at(tmp_path / "ivr.sqlite3")
    seed(with_schema, customers=30, today=date(2026, 11, 22))
    yield with_schema
    with_schema.close()


@pytest.fixture
def contacts(store: Store) -> Contacts:
    rules = Rules(CallbackSettings(), "ES", ("ES",))
    return Contacts(store, outcomes_of(plan_of()[0]), rules, centre=None, now=AT_NOON.now)


def in_hand(
    store: Store, *, customer: str | None = LUCIA, ended: bool = True, queue: str = "billing"
) -> UUID:
    """The agent has a customer; the id of their call."""
    now, call = AT_NOON.now(), new_id()
    found = store.customers.by_number(customer) if customer else None
    store.calls.begin(
        CallBegun(
            call_id=call,
            switch_uuid=LEG,
            direction="inbound",
            caller_number="+34612345678",
            caller_name="",
            destination="9100",
            language="es",
            started_at=now - timedelta(minutes=5),
            node_id="n",
            flow="main",
            flow_version="1",
        )
    )
    if found is not None:  # they have proved who they are: the call's own row says so only when it is over
        proof = AuditEntry(
            at=now, who="call", action="verify", what="x", why="x", customer_id=found.id, call_id=call
        )
        store.audit.note(proof)
    new = AgentContact(
        key="answered:m",
        queue=queue,
        leg=LEG,
        agent="2001",
        agent_leg="a",
        result="answered",
        joined_at=now - timedelta(minutes=4),
        at=now - timedelta(minutes=3),
    )
    assert store.agents.note_contact(new)
    if ended:
        store.agents.contact_ended("answered:m", at=now, wrap_up_until=now + timedelta(seconds=20))
    return call


def waiting(store: Store) -> list[tuple[str, str]]:
    return sorted((one.kind, one.target) for one in store.outbox.waiting())


def test_the_agent_sees_whom_they_have(store: Store, contacts: Contacts) -> None:
    """The customer, what may come of it, what is asked; and the look is in the audit log."""
    call = in_hand(store)
    found = contacts.in_hand("2001", by="agent:2001")
    assert found.customer is not None and found.customer.customer_number == LUCIA
    assert (found.contact.call_id, found.caller_number) == (call, "+34612345678")
    assert set(found.outcomes) == {"promise_to_pay", "call_later", "wrong_number"}
    assert [one.field for one in found.questions] == ["reason"]
    entry = store.audit.of_customer(found.customer.id)[0]
    assert found.verified
    assert (entry.who, entry.action, entry.call_id) == ("agent:2001", "read", call)


def test_an_outcome_with_everything_that_follows(store: Store, contacts: Contacts) -> None:
    """Case, message and webhook are in the outbox, with the fields; the contact is closed, once."""
    in_hand(store)
    fields = {"amount": "142,30", "day": DAY.isoformat(), "mobile": "+34612345678"}
    contacts.close("2001", "promise_to_pay", by="agent:2001", fields=fields, answers={"reason": "forgot"})
    [contact] = store.agents.latest("2001", most=5)
    assert (contact.strategy, contact.outcome, contact.closed_by) == (
        "collections",
        "promise_to_pay",
        "agent:2001",
    )
    assert dict(contact.fields) == {"amount": 14230, "day": DAY.isoformat(), "mobile": "+34612345678"}
    assert (contact.form, dict(contact.answers)) == ("script", {"reason": "forgot"})
    assert waiting(store) == [("case", "promise"), ("message", "sms"), ("webhook", "crm")]
    with pytest.raises(NobodyInHand):
        contacts.close("2001", "wrong_number", by="agent:2001", answers={"reason": "forgot"})
    assert len(waiting(store)) == 3


def test_what_is_missing_or_wrong_is_told_all_at_once(store: Store, contacts: Contacts) -> None:
    """And nothing is closed, nothing is sent."""
    in_hand(store)
    wrong = {"amount": "a lot", "mobile": "none", "colour": "red"}
    with pytest.raises(AnswersUnfit) as unfit:
        contacts.close("2001", "promise_to_pay", by="x", fields=wrong)
    assert set(unfit.value.problems) == {"amount", "mobile", "colour", "day", "reason"}
    with pytest.raises(OutcomeUnknown, match="promise_to_pay"):
        contacts.close("2001", "promise", by="x")
    assert contacts.in_hand("2001", by="x").contact.closed_at is None
    assert waiting(store) == []


@pytest.mark.parametrize(
    ("number", "why"), [("+34803123456", "gets no messages"), ("+447911123456", "no messages to GG")]
)
def test_a_number_that_gets_no_messages_stops_the_outcome(
    store: Store, contacts: Contacts, number: str, why: str
) -> None:
    """Premium and foreign numbers: the agent is told at once, and can correct it."""
    in_hand(store)
    fields = {"amount": "1", "day": DAY.isoformat(), "mobile": number}
    with pytest.raises(AnswersUnfit, match=why):
        contacts.close("2001", "promise_to_pay", by="x", fields=fields, answers={"reason": "forgot"})
    assert waiting(store) == []


def possible() -> datetime:
    """A moment in two days at which somebody may be called, who may be on the Canaries as well."""
    zones = ["Europe/Madrid", "Atlantic/Canary"]
    found = next_lawful(AT_NOON.now() + timedelta(days=2), zones, CallbackSettings().hours)
    assert found is not None
    return found


def test_a_callback_becomes_one_like_any_other(store: Store, contacts: Contacts) -> None:
    """At the moment that was agreed; carried twice, it is one."""
    in_hand(store)
    at = possible() + timedelta(minutes=1)
    contacts.close("2001", "call_later", by="x", fields={"at": at.isoformat()}, answers={"reason": "forgot"})
    [errand] = store.outbox.claim("n", at=AT_NOON.now(), lease=timedelta(minutes=1), kinds=(CALLBACK,))
    carry = carrying_callbacks(store.callbacks, AT_NOON.now)
    assert isinstance(carry(errand), Arrived) and isinstance(carry(errand), Arrived)
    [callback] = store.callbacks.waiting("billing")
    assert callback.due_at == at
    assert callback.story["outcome"] == "call_later"
    assert callback.customer_id is not None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "at: must be filled in: ask"),
        ({"at": "2020-01-01T11:00+01:00"}, "at: is past: choose a moment from now until 2"),
        ({"at": (possible() + timedelta(days=90)).isoformat()}, "at: is too far ahead: choose a day until 2"),
        (
            {"at": possible().replace(hour=2).isoformat()},
            r"at: nobody is called at that hour: the next .* 2\d{3}-",
        ),
    ],
)
def test_nobody_is_promised_a_call_that_cannot_be(
    store: Store, contacts: Contacts, given: dict[str, str], why: str
) -> None:
    """No moment, one that is past, far away, or in the night: told with what is possible."""
    in_hand(store)
    with pytest.raises(AnswersUnfit, match=why) as unfit:
        contacts.close("2001", "call_later", by="x", fields=given)
    assert set(unfit.value.problems) == {"at", "reason"}  # the form's answer is missing, too
    assert waiting(store) == [] and store.callbacks.waiting() == ()


@pytest.mark.parametrize(("days", "why"), [(-1, "is past: choose a day from"), (31, "choose a day until")])
def test_a_promise_is_for_a_day_to_come(store: Store, contacts: Contacts, days: int, why: str) -> None:
    """Neither in the past nor further ahead than the field allows; the day itself may be today's."""
    in_hand(store)
    today = AT_NOON.now().astimezone(MADRID).date()
    given = {"amount": "5", "day": (today + timedelta(days=days)).isoformat(), "mobile": "+34612345678"}
    with pytest.raises(AnswersUnfit, match=f"day: .*{why}"):
        contacts.close("2001", "promise_to_pay", by="x", fields=given, answers={"reason": "forgot"})
    assert waiting(store) == []
    given["day"] = today.isoformat()
    contacts.close("2001", "promise_to_pay", by="x", fields=given, answers={"reason": "forgot"})


def test_days_that_are_declared(store: Store) -> None:
    """A payment that was made may lie in the past, where the file says so."""
    text = OUTCOMES.replace("day: {type: date,", "day: {type: date, days_back: 40, days_ahead: 0,")
    rules = Rules(CallbackSettings(), "ES", ("ES",))
    contacts = Contacts(store, outcomes_of(plan_of()[0], text), rules, centre=None, now=AT_NOON.now)
    in_hand(store)
    given = {"amount": "5", "day": DAY.isoformat(), "mobile": "+34612345678"}
    with pytest.raises(AnswersUnfit, match="too far ahead"):
        contacts.close("2001", "promise_to_pay", by="x", fields=given, answers={"reason": "forgot"})
    given["day"] = (AT_NOON.now() - timedelta(days=30)).date().isoformat()
    contacts.close("2001", "promise_to_pay", by="x", fields=given, answers={"reason": "forgot"})


def test_follow_ups_say_money_and_days_as_people_do(store: Store, contacts: Contacts, tmp_path: Path) -> None:
    """Message and case as they are read; the webhook as a program counts: no bare minor units anywhere."""
    in_hand(store)
    given = {"amount": "142,30", "day": DAY.isoformat(), "mobile": "+34612345678"}
    contacts.close("2001", "promise_to_pay", by="x", fields=given, answers={"reason": "forgot"})
    names = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    month = names.split(" ")
    day = f"{DAY.day} de {month[DAY.month - 1]} de {DAY.year}"
    bodies = {one.kind: one.body for one in claimed(store, "message", "case", "webhook")}
    assert bodies["message"]["message"]["text"] == f"Anotado: 142,30 € el {day}."
    about = bodies["case"]["about"]
    assert (about["amount"], about["day"]) == ("142,30 €", day)
    told = bodies["webhook"]["fields"]
    assert (told["amount_minor"], told["currency"], told["day"]) == (14230, "EUR", DAY.isoformat())
    assert "amount" not in told


def claimed(store: Store, *kinds: str) -> list[Claimed]:
    return list(store.outbox.claim("n", at=AT_NOON.now(), lease=timedelta(minutes=1), kinds=kinds, most=9))


def test_the_message_of_an_outcome_is_sent_and_on_record(
    store: Store, contacts: Contacts, tmp_path: Path
) -> None:
    """Taken by the messenger, once; and the ledger of contacts has it, as campaigns must know."""
    in_hand(store)
    number = "+34612345678"
    given = {"amount": "142,30", "day": DAY.isoformat(), "mobile": number}
    contacts.close("2001", "promise_to_pay", by="x", fields=given, answers={"reason": "forgot"})
    [errand] = claimed(store, "message")
    safe = Safekeeping(Spool(tmp_path / "spool"))
    gate = Gate(store.contacts, presets(), now=Clock().utc)
    messenger = Messenger(store, MessageSettings(), region="ES", clock=Clock(), safe=safe, gate=gate)
    old = replace(errand, body={**errand.body, "message": {**errand.body["message"], "id": "outcome-1-1"}})
    for one in (errand, errand, old):  # what lies there from before the id was a UUID is settled, too
        assert messenger.carry(one) == Arrived()
    [sent, before] = store.messages.latest()
    assert {sent.recipient, before.recipient} == {number}
    whom = store.contacts.whom(number)
    assert [one.channel for one in store.contacts.history(whom)] == ["sms", "sms"]


def test_the_form_asks_by_what_was_answered(store: Store, contacts: Contacts) -> None:
    """A dispute is asked for its bill; kept from one writing to the next; asked for before the end."""
    in_hand(store)
    assert [one.field for one in contacts.write_form("2001", {"reason": "disputes"})] == ["reason", "bill"]
    with pytest.raises(AnswersUnfit, match="bill"):
        contacts.close("2001", "wrong_number", by="x")
    contacts.write_form("2001", {"bill": "F-1"})
    assert [one.field for one in contacts.write_form("2001", {"reason": "forgot"})] == ["reason"]
    contacts.close("2001", "wrong_number", by="x")
    assert dict(store.agents.latest("2001", most=1)[0].answers) == {"reason": "forgot"}


def test_an_unknown_caller_is_closed_too(store: Store, contacts: Contacts) -> None:
    """The webhook is told what there is; nobody's data is read."""
    in_hand(store, customer=None)
    fields = {"amount": "1", "day": DAY.isoformat()}
    contacts.close("2001", "promise_to_pay", by="x", fields=fields, answers={"reason": "forgot"})
    [hook] = store.outbox.claim("n", at=AT_NOON.now(), lease=timedelta(minutes=1), kinds=("webhook",))
    assert json.loads(json.dumps(hook.body))["fields"]["customer_number"] == ""


def test_the_wrap_up_lapses_and_can_be_longer(store: Store, contacts: Contacts) -> None:
    """Closed by time without an outcome; on request later, but not for ever."""
    in_hand(store)
    assert contacts.lapse() == 0
    until = contacts.extend("2001", 600)
    assert until - AT_NOON.now() > timedelta(seconds=590)
    later = Time(timedelta(seconds=500))
    rules = Rules(CallbackSettings(), "ES", ("ES",))
    after = Contacts(store, outcomes_of(plan_of()[0]), rules, centre=None, now=later.now)
    assert after.lapse() == 0
    assert after.extend("2001", 7200) <= AT_NOON.now() + timedelta(seconds=1801)
    later.ahead = timedelta(seconds=1900)
    assert after.lapse() == 1
    [contact] = store.agents.latest("2001", most=1)
    assert (contact.closed_by, contact.outcome) == ("time", "")


def test_nothing_is_extended_while_they_talk(store: Store, contacts: Contacts) -> None:
    """And an outcome during the talk ends the contact without a wrap-up."""
    in_hand(store, ended=False)
    with pytest.raises(NobodyInHand, match="still talking"):
        contacts.extend("2001", 60)
    contacts.close("2001", "wrong_number", by="x", answers={"reason": "forgot"})
    assert store.agents.in_hand("2001") is None


def test_an_early_outcome_makes_the_agent_free(home: House) -> None:
    """On the switch: who waits is offered to them at once, and not after the wrap-up."""
    home.desk.check_in("2001", ME)
    desk, again = home.telephone("1001"), home.telephone("1001")
    caller = home.call()
    desk.wait_for_call()
    desk.answer()
    home.settled(lambda: home.agent("2001").config.wrap_up == 3, "the wrap-up time")
    caller.hang_up()
    home.settled(lambda: contact_of(home.store, "2001").ended_at, "the end")
    home.contacts.extend("2001", 600)
    home.call()
    home.settled(lambda: home.switch.call_centre.queues["billing@ivr"].members, "the next caller")
    assert not again.called.is_set()
    home.contacts.close("2001", "wrong_number", by="x", answers={"reason": "forgot"})
    again.wait_for_call(5)
