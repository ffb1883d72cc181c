""" "Este mismo": the caller's own telephone, as the flow knows it."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialogs.effects import Collect, Hangup
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.results import Match, NoMatch
from tests.dialogs.flowtext import HEAD, flow_set, heard, say, spoken

NUMBER = "+34612345678"
ASK = HEAD + (
    "  - ask: tel\n    type: phone\n    prompt: {es: '¿A qué número?'}\n"
    "  - confirm: tel\n    prompt: {es: 'Es el {tel}.'}\n    no: tel\n"
    "  - id: end\n    hangup: normal\n"
)
FORM = HEAD + (
    "  - form: visit\n    prompt: {es: '¿Cuándo y a qué número?'}\n    slots:\n"
    "      - ask: day\n        type: date\n        prompt: {es: '¿Qué día?'}\n"
    "      - ask: tel\n        type: phone\n        prompt: {es: '¿A qué número?'}\n"
    "  - id: end\n    hangup: normal\n"
)


def call_from(number: str | None, text: str) -> Conversation:
    caller = {} if number is None else {"number": number}
    return Conversation(flow_set(text), "trial", Facts("es", caller, datetime(2026, 11, 23, 10)))


def test_it_is_the_number_that_the_call_came_from() -> None:
    """Understood, and read back digit by digit by the flow's own confirmation."""
    call = call_from(NUMBER, ASK)
    effect = say(call, call.start(), "a este mismo, por favor")
    assert call.slots["tel"] == NUMBER
    assert "seis, uno, dos" in spoken(effect)
    assert isinstance(say(call, effect, "sí"), Hangup)


def test_a_national_number_is_read_as_the_sites_country_dials_it() -> None:
    """Some switches tell the number without its country code."""
    call = call_from("612345678", ASK)
    say(call, call.start(), "desde el que llamo")
    assert call.slots["tel"] == NUMBER


def test_another_number_may_be_corrected_to_it() -> None:
    """ "No, a este mismo" at the read-back."""
    call = call_from(NUMBER, ASK)
    effect = say(call, call.start(), "seis uno dos, tres cuatro cinco, seis siete nueve")
    effect = say(call, effect, "no, a este mismo")
    assert (call.slots["tel"], call.position.step) == (NUMBER, "confirm_tel")


@pytest.mark.parametrize("number", [None, "", "anonymous", "0", "Restricted"])
def test_a_withheld_number_is_a_plain_miss(number: str | None) -> None:
    """Nobody is told that a number does not exist; the question is put again."""
    call = call_from(number, ASK)
    question = call.start()
    assert isinstance(question, Collect)
    assert question.judge(heard("este mismo")) == NoMatch("este mismo")


def test_this_friday_is_no_telephone() -> None:
    """In a form's opening "este mismo viernes" fills the day alone, and the number is asked for."""
    call = call_from(NUMBER, FORM)
    question = call.start()
    assert isinstance(question, Collect)
    found = question.judge(heard("este mismo viernes"))
    assert isinstance(found, Match)
    assert {slot: match.value for slot, match in found.parts.items()} == {"day": "2026-11-27"}
    effect = call.send(found)
    assert "¿A qué número?" in spoken(effect)
    assert isinstance(say(call, effect, "este mismo número"), Hangup)
    assert call.slots["tel"] == NUMBER
