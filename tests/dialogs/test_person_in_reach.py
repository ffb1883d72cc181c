"""Whether whoever is called can have a person in the same call."""

from __future__ import annotations

import pytest

from dialogs.check_landings import without_a_person
from dialogs.flow import FlowSet
from dialogs.loader import assemble
from dialogs.source import parse
from tests.dialogs.flowtext import CATALOGUE

MENU = """  - menu: there
    prompt: {es: "¿Es usted?"}
    failed: bye
    choices:
      me: {key: 1, phrases: {es: [soy yo]}, then: bye}
"""
BYE = """  - id: bye
    hangup: normal
"""
QUEUE = """  - id: desk
    queue: billing
    busy: {offer: callback, declined: bye}
"""
CALLBACK = """  - id: desk
    callback: billing
    number: "{caller.number}"
    say: {es: "Le llamaremos."}
    failed: bye
"""
USE = """  - id: used
    subflow: child
    then: bye
"""
HAND_OVER = """  - id: desk
    subflow: child
    then: bye
"""
SAY = """  - id: told
    say: {es: "Hola."}
"""
TOLD = SAY + "    then: bye\n"


def flow(name: str, person: str, *steps: str) -> str:
    return f"flow: {name}\nlanguages: [es]\nperson: {person}\nsteps:\n" + "".join(steps)


def flow_set(*texts: str) -> FlowSet:
    return assemble([parse(text, f"{text.split()[1]}.flow.yaml") for text in texts], CATALOGUE)[0]


@pytest.mark.parametrize(
    ("texts", "lacking"),
    [
        ([flow("main", "billing", MENU, BYE)], []),
        ([flow("main", "desk", MENU, BYE, QUEUE)], []),
        ([flow("main", "desk", MENU, BYE, CALLBACK)], ["main"]),
        ([flow("main", "billing", SAY, BYE)], ["main"]),
        ([flow("main", "billing", SAY, QUEUE, BYE)], []),
        ([flow("main", "desk", TOLD, QUEUE, BYE)], ["main"]),
        ([flow("main", "billing", USE, BYE), flow("child", "desk", MENU, BYE, CALLBACK)], ["child"]),
        ([flow("main", "billing", USE, BYE), flow("child", "billing", MENU, BYE)], []),
        ([flow("main", "desk", MENU, BYE, HAND_OVER), flow("child", "billing", QUEUE, BYE)], []),
        ([flow("main", "desk", MENU, BYE, HAND_OVER), flow("child", "billing", SAY)], ["main"]),
    ],
    ids=[
        "its person is a queue",
        "its person leads to a queue",
        "a callback is no person in this call",
        "it asks nothing and hands over to nobody",
        "it asks nothing and hands over",
        "a queue that nobody comes to",
        "a flow that it uses has nobody",
        "a flow that it uses has somebody",
        "through a flow that hands over",
        "through a flow that comes back",
    ],
)
def test_who_can_have_a_person(texts: list[str], lacking: list[str]) -> None:
    """Those flows are named in which nobody can."""
    assert list(without_a_person(flow_set(*texts), "main")) == lacking
