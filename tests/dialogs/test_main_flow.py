"""The shipped main flow, walked by hand: what the session will see."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.effects import Collect, Enqueue, Hangup, Lookup, Play, SetOutcome, Verify
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.results import (
    Alternative,
    Done,
    Failed,
    Found,
    Handed,
    Heard,
    Keyed,
    Match,
    NobodyFree,
    NoMatch,
    Played,
)

FLOWS = Path(__file__).parents[2] / "dialogs" / "flows"
MONDAY = datetime(2026, 11, 23, 10)
"""A morning on which the office is open."""
ACCOUNT = {
    "name": "Ana",
    "balance": 14230,
    "balance_currency": "EUR",
    "state": "due",
    "due_date": "2026-12-11",
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(FLOWS / "catalogue.yaml")


@pytest.fixture(scope="module")
def flows(catalogue: Catalogue) -> FlowSet:
    return load_flows([FLOWS], catalogue)


def heard(text: str, confidence: float = 0.9) -> Heard:
    return Heard((Alternative(text, confidence),))


def test_a_spoken_call_in_spanish_reaches_the_balance(flows: FlowSet) -> None:
    """The demo's main job: by voice to the amount, in words that a native would use."""
    call = Conversation(flows, "main", Facts(language="es", now=MONDAY))
    assert isinstance(call.start(), Play)
    menu = call.send(Played())
    assert isinstance(menu, Collect)
    assert menu.kind == "menu"
    number = call.send(menu.judge(heard("quiero saber mi saldo")))
    assert isinstance(number, Collect)
    assert number.kind == "digits"
    pin = call.send(number.judge(heard("cuatro cinco siete uno seis", 0.4)))
    assert isinstance(pin, Collect)
    assert pin.sensitive
    verify = call.send(pin.judge(Keyed("7302")))
    assert isinstance(verify, Verify)
    assert dict(verify.claims) == {"customer_number": "45716", "pin": "7302"}
    thanks = call.send(Found({"customer_number": "45716"}))
    assert isinstance(thanks, Play)
    lookup = call.send(Played())
    assert isinstance(lookup, Lookup)
    assert (lookup.name, lookup.by, lookup.step) == ("account", {"customer_number": "45716"}, "account")
    assert [stretch.text for stretch in lookup.filler] == ["Un momento, por favor. Lo estoy consultando."]
    told = call.send(Found(ACCOUNT))
    assert isinstance(told, Play)
    assert [stretch.text for stretch in told.prompt] == [
        "Su saldo pendiente es de ciento cuarenta y dos euros con treinta céntimos."
    ]
    assert "142,30 €" in told.prompt[0].shown
    due = call.send(Played())
    assert isinstance(due, Play)
    assert [stretch.text for stretch in due.prompt] == ["Vence el once de diciembre."]
    assert call.send(Played()) == SetOutcome("balance_told", "told")
    more = call.send(Done())
    assert isinstance(more, Collect)
    assert more.kind == "yes_no"
    goodbye = call.send(more.judge(heard("no, gracias")))
    assert isinstance(goodbye, Play)
    assert isinstance(call.send(Played()), Hangup)
    assert (call.finished, call.outcome, call.faults) == (True, "balance_told", [])


def test_zero_reaches_a_person_and_nobody_free_is_said(flows: FlowSet) -> None:
    """A person by key at the first question; where nobody is free, the caller hears it and may go on."""
    call = Conversation(flows, "main", Facts(language="ca", now=MONDAY))
    call.start()
    menu = call.send(Played())
    assert isinstance(menu, Collect)
    assert isinstance(call.send(menu.judge(Keyed("0"))), Play)
    queue = call.send(Played())
    assert isinstance(queue, Enqueue)
    assert queue.queue == "billing"
    called = call.send(NobodyFree("timeout"))
    assert isinstance(called, Collect) and called.step == "wants_callback"
    message = call.send(called.judge(Keyed("2")))
    assert isinstance(message, Collect) and message.step == "wants_message_now"
    assert call.send(message.judge(Keyed("2"))) == SetOutcome("nobody_free", "nobody_free")
    more = call.send(Done())
    assert isinstance(more, Collect)
    assert more.kind == "yes_no"


def test_a_handed_call_ends_with_its_outcome(flows: FlowSet) -> None:
    """After a person has taken the call, it is noted as handed over and nothing more is said."""
    call = Conversation(flows, "main", Facts(now=MONDAY))
    call.start()
    menu = call.send(Played())
    assert isinstance(menu, Collect)
    call.send(menu.judge(heard("operador")))
    call.send(Played())
    assert call.send(Handed()) == SetOutcome("handed_over", "person")
    assert isinstance(call.send(Done()), Hangup)


def test_a_wrong_check_digit_is_no_match(flows: FlowSet) -> None:
    """45718 is not a customer number: the check digit says so, by voice and by key."""
    call = Conversation(flows, "main", Facts(now=MONDAY))
    call.start()
    menu = call.send(Played())
    assert isinstance(menu, Collect)
    number = call.send(menu.judge(Keyed("1")))
    assert isinstance(number, Collect)
    assert isinstance(number.judge(heard("cuatro cinco siete uno ocho")), NoMatch)
    assert isinstance(number.judge(Keyed("45718")), NoMatch)
    assert number.judge(Keyed("45716")) == Match("45716", "45716", "keys")


def test_a_broken_look_up_reaches_a_person(flows: FlowSet) -> None:
    """The database is gone: an apology, then a person, never dead air."""
    call = Conversation(flows, "main", Facts(now=MONDAY))
    call.start()
    menu = call.send(Played())
    assert isinstance(menu, Collect)
    number = call.send(menu.judge(Keyed("1")))
    assert isinstance(number, Collect)
    pin = call.send(number.judge(Keyed("45716")))
    assert isinstance(pin, Collect)
    call.send(pin.judge(Keyed("7302")))
    call.send(Found({"customer_number": "45716"}))
    assert isinstance(call.send(Played()), Lookup)
    assert isinstance(call.send(Failed("database is locked")), Play)
    assert isinstance(call.send(Played()), Play)
    assert isinstance(call.send(Played()), Enqueue)
    assert call.faults == []
