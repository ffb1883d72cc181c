"""`understand`: a thing named without a matter, and what is said to "anything else?"."""

from __future__ import annotations

import pytest

from dialogs.effects import Collect, Understand
from dialogs.results import Understood
from tests.dialogs.flowtext import conversation, key, problems, say, spoken
from tests.dialogs.open_question import OPEN, after_telling, meaning

THINGS = OPEN.replace(
    "    answers_ahead",
    "    things:\n      bill: {phrases: {es: [factura, recibo]}, may_mean: [pay, cancel, where]}\n"
    "    answers_ahead",
)


@pytest.mark.parametrize(
    "said", ["la factura", "hola buenas, llamo por una factura, gracias", "lo del recibo", "Factura."]
)
def test_of_a_thing_that_is_named_alone_the_caller_chooses(said: str) -> None:
    """No engine is asked: it would be sure of what most callers want with it."""
    call = conversation(THINGS)
    question = say(call, call.start(), said)
    assert isinstance(question, Collect), question
    assert "Para pagar, marque uno. Para anular un pedido, marque dos. Para saber" in spoken(question)
    after_telling(call, say(call, question, "el segundo"))
    assert call.slots["reason"] == "cancel"


@pytest.mark.parametrize(
    "said", ["no me ha llegado la factura", "factura rara", "una factura de la luz", "mal"]
)
def test_a_thing_with_more_about_it_is_for_the_engine(said: str) -> None:
    """What is said beside may tell what is wanted."""
    call = conversation(THINGS)
    asked = say(call, call.start(), said)
    assert isinstance(asked, Understand)
    assert asked.text == said


def test_a_thing_beside_a_matter_is_asked_about_when_that_is_done() -> None:
    """Nothing is lost, and what has been asked about once is not asked again."""
    call = conversation(THINGS)
    asked = say(call, call.start(), "la factura y anular mi pedido")
    assert isinstance(asked, Understand)
    assert asked.text == "anular mi pedido"
    told = call.send(Understood((("cancel", 0.9),)))
    assert "cancel" in spoken(told)
    question = key(call, after_telling(call, told), "1")
    assert "Para pagar, marque uno" in spoken(question)
    told = key(call, question, "1")
    assert "pay" in spoken(told)
    question = key(call, after_telling(call, told), "1")
    assert spoken(question) == "¿En qué le ayudo?"


def test_what_waits_and_is_not_understood_is_asked_openly() -> None:
    """As if nothing had been said of it."""
    call = conversation(THINGS)
    say(call, call.start(), "la factura y anular mi pedido")
    question = key(call, after_telling(call, call.send(Understood((("cancel", 0.9),)))), "1")
    assert spoken(say(call, question, "no, otra cosa distinta")) == ""
    assert spoken(call.send(Understood(()))) == "¿En qué le ayudo?"


def test_what_a_thing_may_mean_is_an_intent_of_the_step() -> None:
    """With line and remedy; and it has phrases in each language."""
    told = [str(problem) for problem in problems(THINGS.replace("[pay, cancel, where]", "[pay, nothing]"))]
    assert any("`nothing` cannot be meant here" in one for one in told), told
    told = [
        str(problem) for problem in problems(THINGS.replace("{es: [factura, recibo]}", "{ca: [factura]}"))
    ]
    assert any("no phrases in `es`" in one for one in told), told


ANYTHING = OPEN.replace("type: yes_no\n    prompt", "type: yes_no\n    anything_else: true\n    prompt")


@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("sí, quiero pagar", "quiero pagar"),
        ("Sí, por favor, otra cosa, anular mi pedido", "anular mi pedido"),
        ("quiero pagar la factura", "quiero pagar la factura"),
    ],
)
def test_what_is_said_to_anything_else_is_not_asked_again(said: str, matter: str) -> None:
    """It is understood as if the open question had been put, and what is not understood is no miss."""
    call = conversation(ANYTHING)
    more = after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9))
    asked = say(call, more, said)
    assert isinstance(asked, Understand), asked
    assert asked.text == matter
    assert "cancel" in spoken(call.send(Understood((("cancel", 0.9),))))
    other = conversation(ANYTHING)
    say(other, after_telling(other, meaning(other, other.start(), "quiero pagar", pay=0.9)), said)
    assert spoken(other.send(Understood(()))) == "¿En qué le ayudo?"


@pytest.mark.parametrize("said", ["sí", "sí, por favor", "sí, gracias", "sí, otra cosa"])
def test_a_mere_yes_to_anything_else_puts_the_open_question(said: str) -> None:
    """Nothing is there to be understood."""
    call = conversation(ANYTHING)
    question = say(call, after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9)), said)
    assert spoken(question) == "¿En qué le ayudo?"


def test_what_was_said_to_anything_else_is_for_the_next_question_alone() -> None:
    """A question in between takes it away; a yes to another question keeps nothing."""
    between = ANYTHING.replace(
        "answers: {yes: reason, no: bye}",
        'answers: {yes: sure, no: bye}\n  - ask: sure\n    type: yes_no\n    prompt: {es: "¿Seguro?"}\n'
        "    answers: {yes: reason, no: bye}",
    )
    call = conversation(between)
    sure = say(
        call, after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9)), "sí, quiero pagar"
    )
    assert spoken(sure) == "¿Seguro?"
    assert spoken(say(call, sure, "sí, claro, seguro")) == "¿En qué le ayudo?"


def test_what_was_said_to_anything_else_is_used_once() -> None:
    """A matter that asks nothing and leads back to the open question is not done for ever."""
    call = conversation(
        ANYTHING.replace("{es: anular un pedido}, then: told", "{es: anular un pedido}, then: reason")
    )
    more = after_telling(call, meaning(call, call.start(), "quiero pagar", pay=0.9))
    say(call, more, "sí, anular mi pedido")
    question = call.send(Understood((("cancel", 0.9),)))
    assert isinstance(question, Collect)
    assert spoken(question) == "¿En qué le ayudo?"
