"""Who asks for a person where yes or no is asked."""

from __future__ import annotations

import pytest

from dialogs.effects import Collect
from dialogs.results import Alternative, Heard, Match
from dialogs.universals import PERSON
from tests.dialogs.flowtext import HEAD, conversation


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "no, quiero una persona"),
        ("es", "sí, con una persona"),
        ("es", "no, una persona"),
        ("ca", "no, amb una persona"),
        ("en", "no, an operator please"),
    ],
)
def test_who_asks_for_a_person_beside_yes_or_no_gets_one(language: str, said: str) -> None:
    """A person is never refused: "no, quiero una persona" does not end the call."""
    assert asked_at_yes_no(language, said) == PERSON


@pytest.mark.parametrize(
    ("said", "meant"),
    [("no, gracias por su ayuda", "no"), ("no, no quiero una persona", "no"), ("sí, claro", "yes")],
)
def test_what_is_no_wish_stays_the_answer(said: str, meant: str) -> None:
    """Thanks for the help is no cry for help, and a person who is not wanted is not called."""
    assert asked_at_yes_no("es", said) == meant


def asked_at_yes_no(language: str, said: str) -> str:
    """What the engine makes of it at a yes-or-no question."""
    flow = HEAD.replace("[es]", "[es, ca, en]") + (
        "  - ask: more\n    type: yes_no\n    prompt: {es: a, ca: a, en: a}\n"
        "    answers: {yes: end, no: end}\n"
        "  - id: end\n    hangup: normal\n"
    )
    question = conversation(flow, language=language).start()
    assert isinstance(question, Collect)
    answer = question.judge(Heard((Alternative(said, 0.95),)))
    return answer.value if isinstance(answer, Match) else ""
