"""Matters that the open question knows by phrases: appointments, callers' own data, and new orders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.loader import load_flows
from dialogs.nodes.named_matters import LIKELY, named, together
from dialogs.nodes.understand import Understand
from dialogs.results import Understood
from ivr.understanding.examples import APART, read_apart

SHIPPED = Path(__file__).parents[2] / "dialogs"
FLOWS = load_flows([SHIPPED / "flows"], load_catalogue(SHIPPED / "flows" / "catalogue.yaml"))
OPEN = next(step for step in FLOWS.flows["how_can_i_help"].steps.values() if isinstance(step, Understand))
PHRASES = {name: intent.phrases for name, intent in OPEN.intents.items() if intent.phrases}


@pytest.mark.parametrize(
    ("language", "text", "matter"),
    [
        ("es", "hola, buenas tardes, quería pedir una cita, por favor", "appointment"),
        ("es", "necesito que venga un técnico", "appointment"),
        ("es", "pues mire, me he mudado", "own_data"),
        ("es", "llamo por mi cita", "appointment"),
        ("ca", "bon dia, voldria demanar hora", "appointment"),
        ("ca", "vull canviar el meu correu", "own_data"),
        ("en", "hello, I'd like to book an appointment, please", "appointment"),
        ("en", "I need to change my phone number", "own_data"),
        ("es", "quiero hacer un pedido", "new_order"),
        ("es", "hola, me gustaría hacer un pedido nuevo", "new_order"),
        ("ca", "truco per fer una comanda", "new_order"),
        ("ca", "vaig fer una comanda", "order_status"),
        ("en", "I want to place an order", "new_order"),
        ("en", "I just placed an order", "order_status"),
    ],
)
def test_a_phrase_and_what_is_said_around_anything_is_sure(language: str, text: str, matter: str) -> None:
    assert named(PHRASES, text, language) == Understood(((matter, 1.0),))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "quiero una cita para el dentista"),
        ("ca", "vull una cita amb el metge"),
        ("en", "I want an appointment with my doctor"),
        ("es", "quisiera comprar una lavadora"),
        ("ca", "puc fer una comanda per telèfon"),
        ("en", "I want to buy a printer"),
    ],
)
def test_with_more_in_it_it_is_only_likely(language: str, text: str) -> None:
    found = named(PHRASES, text, language)
    matter = "appointment" if re.search("appointment|cita", text) else "new_order"
    assert found is not None
    assert found.intents == ((matter, LIKELY),)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "quiero hacer un cambio en un pedido"),
        ("es", "quiero anular un pedido nuevo"),
        ("es", "he hecho un pedido"),
        ("es", "no quiero hacer un pedido"),
        ("ca", "vull fer un canvi en una comanda"),
        ("ca", "on és la meva nova comanda"),
        ("en", "where is my new order"),
        ("en", "I want to make a change to my order"),
    ],
)
def test_an_order_that_is_there_is_not_placed_anew(language: str, text: str) -> None:
    assert named(PHRASES, text, language) is None


@pytest.mark.parametrize(
    "text", ["no quiero una cita", "una cita y cambiar mi correo", "dónde está mi pedido", ""]
)
def test_what_is_denied_or_one_of_two_is_for_the_engine_to_tell(text: str) -> None:
    found = named(PHRASES, text, "es")
    assert found is None


def test_an_engine_that_is_surer_is_believed() -> None:
    """Of the same matter the higher confidence counts, and what the engine has found beside stays."""
    engine = Understood((("change_delivery", 0.9), ("appointment", 0.2)), {"product": "tele"})
    both = together(Understood((("appointment", LIKELY),)), engine)
    assert both.intents == (("change_delivery", 0.9), ("appointment", LIKELY))
    assert both.entities == {"product": "tele"}
    assert together(None, engine) is engine


@pytest.mark.parametrize("language", ["es", "ca", "en"])
@pytest.mark.parametrize("which", APART)
def test_what_other_callers_say_is_not_taken_for_it(language: str, which: str) -> None:
    """Of 340 sentences that mean something else none is taken, and at most 1 % is asked back."""
    sentences = read_apart(SHIPPED / "nlu", language, which).sentences
    found = [one for sentence in sentences if (one := named(PHRASES, sentence.text, language))]
    assert not [one for one in found if one.intents[0][1] != LIKELY]
    assert len(sentences) >= 340
    assert len(found) <= len(sentences) * 0.01
