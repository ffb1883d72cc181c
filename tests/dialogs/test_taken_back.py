"""`understand`: what is refused or taken back is not done, and of two the caller chooses."""

from __future__ import annotations

import pytest

from dialogs.effects import Understand
from dialogs.nodes.one_breath import taken_back
from dialogs.nodes.refused_wish import Halves, refused_wish
from dialogs.results import Understood
from tests.dialogs.flowtext import conversation, say, spoken
from tests.dialogs.open_question import OPEN, after_telling, meaning


@pytest.mark.parametrize(
    ("said", "language", "instead"),
    [
        ("quiero anularlo, no, perdón, quiero saber dónde está", "es", "quiero saber dónde está"),
        ("quiero anularlo no perdon quiero pagar mejor dicho cuánto debo", "es", "cuánto debo"),
        ("vull pagar no m’he equivocat vull una cita", "ca", "vull una cita"),
        ("I'd like to cancel, no, actually I want to pay", "en", "I want to pay"),
        ("quiero anular el pedido, ay no, cambiar la entrega", "es", "cambiar la entrega"),
        ("vull pagar, ai no, vull saber quant dec", "ca", "vull saber quant dec"),
        ("I'd like to pay, oh no, I'd like to cancel", "en", "I'd like to cancel"),
        ("hola buenas, ay no me funciona internet", "es", ""),
        ("no me funciona internet", "es", ""),
        ("le quería decir que quiero pagar", "es", ""),
        ("I don't want to pay", "en", ""),
        ("quiero pagar no perdón", "es", ""),
        ("quiero pagar no perdón quiero anularlo", "ko", ""),
    ],
)
def test_what_is_taken_back_is_told_from_a_no(said: str, language: str, instead: str) -> None:
    """It needs a word that says so, and a wish on both sides of it."""
    halves = taken_back(said, language)
    assert (halves.wanted if halves else "") == instead


@pytest.mark.parametrize(
    ("said", "language", "unwanted", "wanted"),
    [
        (
            "no quiero anular el pedido, quiero saber dónde está",
            "es",
            "anular el pedido",
            "quiero saber dónde está",
        ),
        ("no quiero anularlo sino cambiar la entrega", "es", "anularlo", "cambiar la entrega"),
        ("oiga no llamo por la factura es por el pedido", "es", "la factura", "oiga es por el pedido"),
        ("el pedido no quiero anularlo, quiero verlo", "es", "anularlo", "el pedido quiero verlo"),
        ("quiero pagar y no quiero cambiar la entrega", "es", "cambiar la entrega", "quiero pagar"),
        ("no quiero pagar", "es", "pagar", ""),
        ("no vull anul·lar-la, vull saber on és", "ca", "anul·lar-la", "vull saber on és"),
        ("no truco per la factura sinó per la comanda", "ca", "la factura", "per la comanda"),
        (
            "I don't want to cancel it, I want to know where it is",
            "en",
            "cancel it",
            "I want to know where it is",
        ),
        ("I'm not calling about the bill, it's about my order", "en", "the bill", "it's about my order"),
    ],
)
def test_a_wish_that_is_refused_is_told_from_what_is_wanted(
    said: str, language: str, unwanted: str, wanted: str
) -> None:
    """What stands before the "no" belongs to what is wanted."""
    assert refused_wish(said, language) == Halves(unwanted, wanted)


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("no me funciona internet y quiero que venga un técnico", "es"),
        ("ya no quiero el pedido", "es"),
        ("no quiero hablar con una máquina, quiero hablar con una persona", "es"),
        ("ya no quiero preguntar nada más", "es"),
        ("ja no vull preguntar res més", "ca"),
        ("I don't want to ask anything more", "en"),
        ("no sé cuánto debo y quiero pagar", "es"),
        ("no em va internet", "ca"),
        ("I have not received my order, I want to know where it is", "en"),
        ("I don't want to talk to a robot", "en"),
        ("no quiero pagar", "ko"),
        ("no quiero pagar " * 100, "es"),
    ],
)
def test_a_no_that_tells_what_is_wanted_refuses_nothing(said: str, language: str) -> None:
    """Faults, things that are not wanted any more, who wants no machine, and who wants nothing more."""
    assert refused_wish(said, language) is None


def test_a_wish_that_is_refused_is_not_done_however_sure_the_engine_is_of_it() -> None:
    """What is wanted instead is asked back if it is only likely; the whole sentence is nobody's to tell."""
    call = conversation(OPEN)
    asked = say(call, call.start(), "no quiero anular el pedido, quiero saber dónde está")
    assert isinstance(asked, Understand)
    assert asked.text == "quiero saber dónde está"
    question = call.send(Understood((("where", 0.43),)))
    assert "¿Quiere saber dónde está su pedido?" in spoken(question)


def test_a_wish_that_is_refused_and_no_more_is_asked_back() -> None:
    """Nobody knows whether the "no" was heard aright; what else the sentence may mean is believed as ever."""
    call = conversation(OPEN)
    said = "no quiero anular el pedido"
    asked = say(call, call.start(), said)
    assert isinstance(asked, Understand)
    assert asked.text == "anular el pedido"
    whole = call.send(Understood((("cancel", 1.0),)))
    assert isinstance(whole, Understand)
    assert whole.text == said
    assert "¿Quiere anular un pedido?" in spoken(call.send(Understood((("cancel", 1.0),))))
    other = conversation(OPEN)
    say(other, other.start(), "no quiero seguir con el pedido")
    other.send(Understood((("where", 0.9),)))
    after_telling(other, other.send(Understood((("cancel", 0.9),))))
    assert other.slots["reason"] == "cancel"


def test_what_is_taken_back_in_one_breath_is_not_done() -> None:
    """A number that was said with it is asked back, not asked anew; what is not sure is asked back, too."""
    call = conversation(OPEN)
    said = "quiero anular el 780346, no, perdón, quiero saber dónde está"
    asked = say(call, call.start(), said)
    assert isinstance(asked, Understand)
    assert asked.text == "quiero saber dónde está"
    question = call.send(Understood((("where", 0.9),)))
    assert call.slots["reason"] == "where"
    assert "Ha dicho siete, ocho, cero. tres, cuatro, seis" in spoken(question)
    doubted = conversation(OPEN)
    say(doubted, doubted.start(), said)
    question = doubted.send(Understood((("where", 0.5),)))
    assert "¿Quiere saber dónde está su pedido?" in spoken(question)
    unknown = conversation(OPEN)
    say(unknown, unknown.start(), said)
    unwanted = unknown.send(Understood(()))
    assert isinstance(unwanted, Understand)
    assert unwanted.text == "quiero anular el 780346"
    whole = unknown.send(Understood((("cancel", 0.9),)))
    assert isinstance(whole, Understand)
    assert whole.text == said
    assert "No le he entendido" in spoken(unknown.send(Understood((("cancel", 0.95), ("pay", 0.05)))))


@pytest.mark.parametrize("said", ["no, el otro", "no, lo otro por favor", "que no, la otra"])
def test_the_other_is_the_next_likely_one_and_no_matter_of_its_own(said: str) -> None:
    """An engine takes "el otro" for "otro día de entrega"; it is not asked, and nobody is led there."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.6, cancel=0.35)
    assert "pagar" in spoken(question)
    question = say(call, question, said)
    assert "anular un pedido" in spoken(question)
    after_telling(call, say(call, question, "sí"))
    assert call.slots["reason"] == "cancel"


def test_of_one_or_the_other_the_caller_chooses() -> None:
    """ "Anular el pedido o pagarlo", where both are sure by themselves; else the sentence is one."""
    call = conversation(OPEN)
    asked = say(call, call.start(), "quiero anular el pedido o pagar la factura")
    assert isinstance(asked, Understand)
    assert asked.text == "quiero anular el pedido"
    asked = call.send(Understood((("cancel", 0.9),)))
    assert isinstance(asked, Understand)
    assert asked.text == "pagar la factura"
    question = call.send(Understood((("pay", 0.9),)))
    assert spoken(question) == "Para anular un pedido, marque uno. Para pagar, marque dos."
    after_telling(call, say(call, question, "lo segundo"))
    assert call.slots["reason"] == "pay"
    whole = conversation(OPEN)
    say(whole, whole.start(), "pagar con tarjeta o por transferencia")
    whole.send(Understood((("pay", 0.9),)))
    asked = whole.send(Understood((("cancel", 0.4),)))
    assert isinstance(asked, Understand)
    assert asked.text == "pagar con tarjeta o por transferencia"


def test_a_third_other_is_not_looked_for() -> None:
    """Nor one that is not likely: the open question is put again."""
    call = conversation(OPEN)
    question = meaning(call, call.start(), "lo de la factura", pay=0.6, cancel=0.1)
    again = say(call, question, "no, el otro")
    assert "No le he entendido" in spoken(again)
    question = meaning(call, again, "lo del pedido", where=0.6, cancel=0.35)
    question = say(call, question, "no, el otro")
    assert "anular un pedido" in spoken(question)
    assert "No le he entendido" in spoken(say(call, question, "no, el otro"))
