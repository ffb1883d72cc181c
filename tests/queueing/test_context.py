"""The context of a call for the agent who takes it: what is in it, and what never is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from data.ids import new_id
from data.models import CustomerPhoneNumberRow, CustomerRow, PhoneNumberRow
from data.records import Booking, NewTicket
from data.store import Store
from ivr.queueing.context import AgentContext, context_of
from tests.commands import ivr
from tests.data.conftest import NOW, begun, ended, turn
from tests.databases import store_at

CANARY = "8642"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = store_at(tmp_path / "ivr.sqlite3", customers=20)
    yield store
    store.close()


def somebody(store: Store) -> Any:
    """A customer with a telephone that is theirs alone: id, customer_number, name, e164."""
    query = (
        select(CustomerRow.id, CustomerRow.customer_number, CustomerRow.name, PhoneNumberRow.e164)
        .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.customer_id == CustomerRow.id)
        .join(PhoneNumberRow, PhoneNumberRow.id == CustomerPhoneNumberRow.phone_number_id)
    )
    with store.database.reading() as connection:
        people = connection.execute(query).all()
    return next(one for one in people if [other.e164 for other in people].count(one.e164) == 1)


def handed_over(store: Store, number: str, **found: object) -> UUID:
    call = begun(
        caller_number=number,
        switch_uuid=str(new_id()),
        sip_call_id=f"{number}@sbc.example.net",
        direction=found.pop("direction", "inbound"),
    )
    store.calls.begin(call)
    turns = [
        turn(1, step="ask_order", text="¿Qué pedido?"),
        turn(2, step="ask_order", text="cuatro cinco siete uno", by="voice"),
        turn(3, step="ask_pin", text="¿Su clave?"),
        turn(4, step="ask_pin", text=CANARY, kind="keys", keys=CANARY, sensitive=True),
        turn(5, step="look", kind="lookup", text="order", result="found", found={"status": "shipped"}),
        turn(
            6,
            who="system",
            step="person",
            kind="handover",
            text="billing",
            asked={"order_number": "4571"},
            found={"why": "asked_for_person", "segment": "vip", "reason": "12 calls"} | found,
        ),
    ]
    store.calls.add_turns(call.call_id, turns)
    return call.call_id


def context(store: Store, call_id: UUID) -> AgentContext:
    found = context_of(store, call_id, region="ES")
    assert found is not None
    return found


def test_of_a_caller_who_has_proved_who_they_are(store: Store) -> None:
    """Everything that an agent needs, and nothing that was sensitive."""
    person = somebody(store)
    reference = store.tickets.open(
        NewTicket(at=NOW, subject="Sin línea", customer_number=person.customer_number)
    )
    earlier = begun(caller_number=person.e164, started_at=NOW - timedelta(days=2), switch_uuid="earlier")
    store.calls.begin(earlier)
    store.calls.finish(ended(earlier.call_id, at=NOW - timedelta(days=2), outcome="order_told"))
    call_id = handed_over(store, "+34600999888", verified="pin", customer_id=str(person.id))
    told = context(store, call_id)
    assert (told.version, told.queue, told.why, told.verified) == (1, "billing", "asked_for_person", "pin")
    assert (told.caller.known_by, told.caller.customer_number) == ("proof", person.customer_number)
    assert (told.caller.segment, told.caller.segment_reason) == ("vip", "12 calls")
    assert told.slots == {"order_number": "4571"}
    assert [(one.who, one.text) for one in told.transcript[:2]] == [
        ("system", "¿Qué pedido?"),
        ("caller", "cuatro cinco siete uno"),
    ]
    assert told.lookups[0].found == {"status": "shipped"}
    assert reference in [one.ticket_number for one in told.tickets]
    assert told.waited_since == NOW + timedelta(seconds=6)
    assert CANARY not in told.model_dump_json()


def test_of_a_caller_who_is_known_by_their_telephone_only(store: Store) -> None:
    """Said so: it is no proof; and their earlier calls."""
    person = somebody(store)
    earlier = begun(caller_number=person.e164, started_at=NOW - timedelta(days=2), switch_uuid="earlier")
    store.calls.begin(earlier)
    store.calls.finish(ended(earlier.call_id, at=NOW - timedelta(days=2), outcome="order_told"))
    told = context(store, handed_over(store, person.e164))
    assert (told.caller.known_by, told.caller.name, told.verified) == ("number", person.name, "")
    assert [(one.outcome, one.at) for one in told.contacts] == [("order_told", NOW - timedelta(days=2))]


def test_of_a_caller_whom_nobody_knows(store: Store) -> None:
    """A withheld number: nothing of anybody else."""
    told = context(store, handed_over(store, ""))
    assert (told.caller.known_by, told.caller.name, told.caller.customer_number) == ("nothing", "", None)
    assert (told.contacts, told.tickets, told.orders, told.callback) == ([], [], [], None)


def test_of_somebody_whom_we_have_called_back(store: Store) -> None:
    """The whole story: what they said when they left their place, and how long ago that was."""
    first = handed_over(store, "+34600999888")
    booking = Booking(
        queue="billing",
        number="+34600999888",
        language="es",
        joined_at=NOW - timedelta(minutes=40),
        at=NOW - timedelta(minutes=40),
        story={"step": "person", "order_number": "4571"},
        call_id=first,
    )
    store.callbacks.book(booking)
    told = context(store, handed_over(store, "+34600999888", direction="outbound", why="callback"))
    assert told.callback is not None
    assert told.callback.story["order_number"] == "4571"
    assert told.callback.transcript[1].text == "cuatro cinco siete uno"
    assert told.waited_since == NOW - timedelta(minutes=40)


def test_of_a_call_that_was_not_handed_over(store: Store) -> None:
    """There is none, and none of a call that there is not."""
    call = begun()
    store.calls.begin(call)
    assert context_of(store, call.call_id, region="ES") is None
    assert context_of(store, new_id(), region="ES") is None


def test_a_trace_by_the_command_line(store: Store, tmp_path: Path) -> None:
    """Times and names; words only if asked for, and never what was sensitive; on record."""
    call_id = handed_over(store, "+34600999888")
    store.calls.finish(ended(call_id))
    plain = ivr(tmp_path, "trace", str(call_id), "--json")
    assert plain.returncode == 0
    assert '"kind": "handover"' in plain.stdout
    assert "cuatro" not in plain.stdout
    words = ivr(tmp_path, "trace", str(call_id), "--words")
    assert "cuatro" in words.stdout
    assert CANARY not in words.stdout + plain.stdout
    assert [one.action for one in store.audit.latest(5) if one.call_id == call_id] == ["read", "read"]
    record = store.calls.get(call_id)
    assert record is not None
    assert ivr(tmp_path, "trace", record.switch_uuid, "--json").stdout == plain.stdout
    assert ivr(tmp_path, "trace", record.sip_call_id, "--json").stdout == plain.stdout
    assert ivr(tmp_path, "trace", "last", "--json").stdout == plain.stdout
    assert ivr(tmp_path, "trace", str(new_id())).returncode == 2
    assert "not `last`" in ivr(tmp_path, "trace", "first").stderr
