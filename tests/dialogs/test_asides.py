"""A change of mind in the middle of a question: it is done, and the call comes back."""

from __future__ import annotations

import pytest

from dialogs.asides import MOST
from dialogs.effects import Collect, Effect, Enqueue, Hangup, Play, Understand
from dialogs.engine import Conversation
from dialogs.results import Failed, Played, Understood
from tests.dialogs.flowtext import conversation, key, problems, say, spoken

ASIDES = """asides:
  back: {es: "Seguimos con su cita."}
  intents: {balance: owing}
"""
HEAD = "flow: trial\nlanguages: [es]\nperson: billing\n" + ASIDES + "steps:\n"
BOOKING = (
    HEAD
    + """  - form: appointment
    prompt: {es: "¿Número de cliente y de factura?"}
    slots:
      - {ask: customer_number, type: digits, length: 5, prompt: {es: "Su número de cliente."}}
      - {ask: bill_number, type: digits, length: 7, prompt: {es: "El número de la factura."}}
  - ask: sure
    type: yes_no
    prompt: {es: "¿La reservo?"}
    answers: {yes: done, no: done}
  - id: done
    say: {es: "Hecho: {customer_number}."}
  - hangup: normal
"""
)
OWING = """flow: owing
languages: [es]
person: billing
steps:
  - say: {es: "Debe diez euros."}
  - ask: clear
    type: yes_no
    prompt: {es: "¿Queda claro?"}
    answers: {yes: end_of_it, no: end_of_it}
  - id: end_of_it
    set: {told: "yes"}
"""


def booking() -> tuple[Conversation, Effect]:
    """A call whose form has half of its answers."""
    call = conversation(BOOKING, OWING)
    effect = say(call, call.start(), "cuatro cinco siete uno seis")
    assert spoken(effect) == "El número de la factura."
    return call, effect


def aside(call: Conversation, question: Effect, said: str, **meant: float) -> Effect:
    asked = say(call, question, said)
    assert isinstance(asked, Understand), asked
    return call.send(Understood(tuple(meant.items())))


def test_the_call_comes_back_to_the_same_question_with_all_that_was_said() -> None:
    """ "Espere, antes dígame cuánto debo": the balance, and then "seguimos con su cita"."""
    call, question = booking()
    asked = say(call, question, "espere, antes dígame cuánto debo")
    assert isinstance(asked, Understand)
    assert (asked.text, asked.intents) == ("cuanto debo", ("balance",))
    telling = call.send(Understood((("balance", 0.9),)))
    assert spoken(telling) == "Debe diez euros."
    clear = call.send(Played())
    assert spoken(clear) == "¿Queda claro?"
    back = say(call, clear, "sí")
    assert isinstance(back, Collect)
    assert spoken(back) == "Seguimos con su cita. El número de la factura."
    confirm = key(call, back, "1234567")
    assert spoken(confirm) == "¿La reservo?"
    done = say(call, confirm, "sí")
    assert spoken(done) == "Hecho: cuatro, cinco, siete, uno, seis."
    assert isinstance(call.send(Played()), Hangup)
    assert call.faults == []


@pytest.mark.parametrize("result", [Understood((("balance", 0.6),)), Understood(()), Failed("nobody")])
def test_who_is_not_surely_understood_hears_the_question_again(result: Understood | Failed) -> None:
    """As if there were no asides: one miss, counted once."""
    call, question = booking()
    assert isinstance(say(call, question, "espere antes dígame cuánto debo"), Understand)
    again = call.send(result)
    assert isinstance(again, Collect)
    assert spoken(again) == "No le he entendido. El número de la factura."


def test_an_answer_a_single_word_and_a_universal_are_no_asides() -> None:
    """Nothing is understood that the question understands by itself."""
    call, question = booking()
    assert isinstance(say(call, question, "saldo"), Collect)
    call, question = booking()
    assert isinstance(say(call, question, "quiero hablar con una persona"), Play | Enqueue)
    call, question = booking()
    assert spoken(key(call, question, "1234567")) == "¿La reservo?"


@pytest.mark.parametrize("said", ["no, el otro", "lo otro por favor", "espere, el otro"])
def test_who_only_says_that_another_is_meant_wants_nothing_in_between(said: str) -> None:
    """No engine is asked: it would take "el otro" for a matter that has the word."""
    call, question = booking()
    again = say(call, question, said)
    assert isinstance(again, Collect)
    assert again.step == "appointment"


def test_there_is_no_aside_within_an_aside() -> None:
    """The question in between is asked again, as its own flow says."""
    call, question = booking()
    clear_first = aside(call, question, "antes dígame cuánto debo", balance=0.9)
    clear = call.send(Played())
    assert isinstance(clear_first, Play)
    assert isinstance(say(call, clear, "dígame cuánto debo otra vez"), Collect)


def test_a_person_can_be_reached_in_between_and_back_leads_back() -> None:
    """Whoever leaves the aside leaves no step waiting."""
    call, question = booking()
    aside(call, question, "antes dígame cuánto debo", balance=0.9)
    clear = call.send(Played())
    back = say(call, clear, "atrás")
    assert isinstance(back, Collect)
    assert spoken(back) == "¿Número de cliente y de factura?"
    call, question = booking()
    aside(call, question, "antes dígame cuánto debo", balance=0.9)
    effect = say(call, call.send(Played()), "operador")
    while isinstance(effect, Play):
        effect = call.send(Played())
    assert isinstance(effect, Enqueue)


def test_a_call_has_so_many_asides_and_no_more() -> None:
    """Nobody is led on for ever."""
    call, question = booking()
    for _ in range(MOST):
        aside(call, question, "antes dígame cuánto debo", balance=0.9)
        question = say(call, call.send(Played()), "sí")
        assert spoken(question).startswith("Seguimos con su cita.")
    assert isinstance(say(call, question, "antes dígame cuánto debo"), Collect)


def test_a_hang_up_in_between_ends_all_that_waits() -> None:
    """No generator stays behind."""
    call, question = booking()
    aside(call, question, "antes dígame cuánto debo", balance=0.9)
    call.hang_up("NORMAL_CLEARING")
    assert call.finished


@pytest.mark.parametrize(
    ("asides", "told"),
    [
        ("asides: {back: {es: a}, intents: {balance: owin}}\n", "there is no flow `owin`"),
        ("asides: {back: {es: a}, intents: {balance: trial}}\n", "is this flow itself"),
        ("asides: {back: {ca: a}, intents: {balance: owing}}\n", "no text in `es`"),
        ('asides: {back: {es: "{told}"}, intents: {balance: owing}}\n', "take out `{told}`"),
        ("asides: {intents: {balance: owing}}\n", "back"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(asides: str, told: str) -> None:
    """One line each, with what to do."""
    found = problems(BOOKING.replace(ASIDES, asides), OWING)
    assert any(told in str(problem) for problem in found), found


OPEN = (
    HEAD
    + """  - understand: reason
    prompt: {es: "¿Qué desea?"}
    intents:
      cancel: {title: {es: anular}, then: booking}
      pay: {title: {es: pagar}, then: paying}
  - subflow: booking
    then: bye
  - id: paying
    say: {es: "Puede pagar con tarjeta."}
  - id: bye
    hangup: normal
"""
)
BELOW = (
    BOOKING.replace(ASIDES, "").replace("flow: trial", "flow: booking").replace("  - hangup: normal\n", "")
)
"""The same flow without asides of its own."""


def below() -> tuple[Conversation, Effect]:
    """A call in the middle of a flow that another has entered."""
    call = conversation(OPEN, BELOW, OWING)
    asked = say(call, call.start(), "quiero anular la reserva")
    assert isinstance(asked, Understand)
    effect = say(call, call.send(Understood((("cancel", 0.9),))), "cuatro cinco siete uno seis")
    assert spoken(effect) == "El número de la factura."
    return call, effect


def test_asides_of_the_flow_above_hold_in_the_flow_below_and_the_call_comes_back_to_its_question() -> None:
    """The words of return are those of the flow that has the asides."""
    call, question = below()
    assert (
        spoken(aside(call, question, "espere, antes dígame cuánto debo", balance=0.9)) == "Debe diez euros."
    )
    back = say(call, call.send(Played()), "sí")
    assert spoken(back) == "Seguimos con su cita. El número de la factura."
    done = say(call, key(call, back, "1234567"), "sí")
    assert spoken(done) == "Hecho: cuatro, cinco, siete, uno, seis."
    assert call.faults == []


@pytest.mark.parametrize("matter", ["pagar la factura", "pagar"])
def test_who_takes_back_what_they_wanted_goes_on_at_the_open_question_and_does_not_come_back(
    matter: str,
) -> None:
    """ "No, quería decir pagar" in the middle of another matter: that one is forgotten."""
    call, question = below()
    asked = say(call, question, f"no, perdone, quería decir {matter}")
    assert isinstance(asked, Understand)
    assert (asked.text, asked.intents) == (matter, ("cancel", "pay"))
    paying = call.send(Understood((("pay", 0.9),)))
    assert spoken(paying) == "Puede pagar con tarjeta."
    assert isinstance(call.send(Played()), Hangup)
    assert call.faults == []


def test_who_takes_it_back_and_is_not_surely_understood_hears_the_question_again() -> None:
    """One miss of that question."""
    call, question = below()
    again = aside(call, question, "no, quería decir otra cosa", pay=0.5)
    assert spoken(again) == "No le he entendido. El número de la factura."


def test_no_aside_leads_into_a_flow_that_the_call_is_in() -> None:
    """A proof that is half done is not begun a second time."""
    owing = OWING.replace("steps:\n", "steps:\n  - subflow: booking\n")
    call = conversation(OPEN, BELOW, owing)
    say(call, call.start(), "quiero anular la reserva")
    question = say(call, call.send(Understood((("cancel", 0.9),))), "cuatro cinco siete uno seis")
    assert isinstance(say(call, question, "espere, antes dígame cuánto debo"), Collect)


def test_a_bad_answer_is_no_wish_for_a_flow_that_asks_the_same() -> None:
    """Unless it begins as a wish does."""
    call = conversation(
        HEAD + "  - {ask: bill_number, type: digits, length: 7, prompt: {es: ¿Qué factura?}}\n"
        "  - hangup: normal\n",
        OWING + "  - {ask: bill_number, type: digits, length: 7, prompt: {es: ¿De qué factura?}}\n",
    )
    question = call.start()
    question = say(call, question, "lo que debo de la factura")
    assert isinstance(question, Collect)
    assert isinstance(say(call, question, "espere, antes dígame cuánto debo"), Understand)
