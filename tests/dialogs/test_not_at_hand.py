"""Whoever does not have the number that is asked for: what they say, and what does not mean that."""

from __future__ import annotations

import pytest

from dialogs.effects import Collect, Enqueue, Hangup
from dialogs.nodes.not_at_hand import TIME_TO_LOOK, find_not_at_hand
from dialogs.results import Alternative, Heard, Keyed, Match, NoInput
from dialogs.universals import HELP, NOT_AT_HAND, PERSON
from tests.dialogs.flowtext import HEAD, conversation, heard, problems

SAID = [
    ("es", "no lo tengo", NOT_AT_HAND),
    ("es", "uy, pues ahora mismo no tengo el número aquí", NOT_AT_HAND),
    ("es", "no me lo sé", NOT_AT_HAND),
    ("es", "ni idea", NOT_AT_HAND),
    ("es", "¿dónde lo encuentro?", HELP),
    ("es", "¿dónde está mi número de pedido?", HELP),
    ("es", "¿dónde está en la factura?", HELP),
    ("es", "no, mejor quiero saber dónde está mi pedido", None),
    ("es", "no lo tengo, dónde está mi pedido", NOT_AT_HAND),
    ("es", "el perro del vecino", None),
    ("es", "tengo el número", None),
    ("ca", "no el tinc a mà", NOT_AT_HAND),
    ("ca", "no me'l sé", NOT_AT_HAND),
    ("ca", "no me'n recordo", NOT_AT_HAND),
    ("ca", "on el trobo?", HELP),
    ("ca", "on és el número?", HELP),
    ("ca", "no, millor vull saber on és la meva comanda", None),
    ("ca", "el gos del veí", None),
    ("en", "sorry, I don't have it with me", NOT_AT_HAND),
    ("en", "I can't remember", NOT_AT_HAND),
    ("en", "no idea", NOT_AT_HAND),
    ("en", "where do I find it?", HELP),
    ("en", "where do I find the order number?", HELP),
    ("en", "actually, where do I find my order", None),
    ("en", "the dog next door", None),
]


@pytest.mark.parametrize(("language", "text", "value"), SAID)
def test_what_callers_say(language: str, text: str, value: str | None) -> None:
    """Each phrase, with the words that people put around it."""
    found = find_not_at_hand(Heard((Alternative(text, 0.9),)), language)
    assert (found.value if found else None) == value


def test_keys_never_mean_it() -> None:
    """Whoever presses keys has something to press."""
    assert find_not_at_hand(Keyed("0"), "es") is None


def judged(question: Collect, text: str) -> str | None:
    result = question.judge(heard(text))
    return result.value if isinstance(result, Match) else None


NUMBER = """
  - ask: number
    type: digits
    length: 5
    prompt: {es: "Su número."}
    help: {es: "Está en la factura."}
  - hangup: normal
"""


def test_it_is_no_miss_and_gives_time_to_look() -> None:
    """The first time: where it stands, and fifteen seconds; the second time: a person."""
    talk = conversation(HEAD + NUMBER)
    question = talk.start()
    assert isinstance(question, Collect)
    assert judged(question, "no lo sé, creo que es cuatro cinco siete uno seis") == "45716"
    assert judged(question, "no lo tengo, una persona") == PERSON
    assert judged(question, "no lo tengo") == NOT_AT_HAND
    assert "no lo tengo" in question.phrases
    again = talk.send(question.judge(heard("no lo tengo")))
    assert isinstance(again, Collect)
    assert [spoken.text for spoken in again.prompt][:2] == ["No pasa nada.", "Está en la factura."]
    assert again.initial_timeout == TIME_TO_LOOK
    assert not talk.trace.path[-1].misses
    gone = talk.send(again.judge(heard("no me lo sé")))
    assert isinstance(gone, Enqueue)


def test_another_way_is_taken_by_whoever_has_none_and_by_nobody_else() -> None:
    """`not_at_hand` the second time; silence goes where it went."""
    other = "    not_at_hand: elsewhere\n    help"
    text = HEAD + NUMBER.replace("    help", other) + "  - id: elsewhere\n    hangup: normal\n"
    talk = conversation(text)
    question = talk.start()
    for _ in range(2):
        assert isinstance(question, Collect)
        question = talk.send(question.judge(heard("no lo tengo")))
    assert isinstance(question, Hangup)
    silent = conversation(text)
    effect = silent.start()
    while isinstance(effect, Collect):
        effect = silent.send(NoInput())
    assert isinstance(effect, Enqueue)


def test_nobody_looks_for_a_yes_or_no() -> None:
    text = HEAD + NUMBER.replace("type: digits\n    length: 5", "type: yes_no\n    not_at_hand: billing")
    assert any("nobody has to look for a yes_no" in str(problem) for problem in problems(text))
