"""Whoever is called and wants no more calls is understood, however they put it; a plain no is a plain no."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialogs.call import Call
from dialogs.catalogue import Catalogue, WriteSchema
from dialogs.check_objections import check_objections
from dialogs.effects import Collect, Write
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.loader import assemble
from dialogs.nodes.menu import Menu
from dialogs.results import Alternative, Heard, Match
from dialogs.source import parse
from tests.dialogs.test_shipped_flows import FLOWS

MENUS = [
    (flow.name, step)
    for flow in FLOWS.flows.values()
    for step in flow.steps.values()
    if isinstance(step, Menu) and any(choice.then == "do_not_call" for choice in step.choices.values())
]

OBJECTIONS = {
    "es": (
        "no me vuelva a llamar",
        "no vuelvan a llamarme por favor",
        "no llame más a este número",
        "mire no quiero más llamadas",
        "no quiero que me llamen más",
        "bórrenme de la lista",
        "quíteme de su lista",
        "dejen de molestar",
        "déjenme en paz",
    ),
    "ca": (
        "no em torni a trucar",
        "no tornin a trucar-me si us plau",
        "no vull més trucades",
        "no vull que em truquin més",
        "esborrin-me de la llista",
        "deixi'm en pau",
    ),
    "en": (
        "please don't call me any more",
        "never call me again",
        "I don't want any more calls",
        "take me off your list please",
        "remove my number",
        "leave me alone",
    ),
}
NONE = {
    "es": ("no", "no gracias", "ahora no", "no me interesa"),
    "ca": ("no", "no gràcies", "ara no", "no m'interessa"),
    "en": ("no", "no thanks", "not now", "not interested"),
}


def chosen(flow: str, menu: Menu, said: str, language: str) -> str:
    """Where the menu goes for sure by what is said; empty if it asks back, or does not understand."""
    now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))
    call = Call(
        FLOWS, FLOWS.flow(flow), Facts(language, {"name": "Ana", "number": "+34600111222"}, now, "ES")
    )
    collect = next(menu.run(call))
    assert isinstance(collect, Collect)
    found = collect.judge(Heard((Alternative(said, 0.9),)))
    sure = isinstance(found, Match) and found.band == "sure" and found.value in menu.choices
    return menu.choices[found.value].then if sure and isinstance(found, Match) else ""


@pytest.mark.parametrize("flow,menu", MENUS, ids=[f"{flow}-{menu.menu}" for flow, menu in MENUS])
def test_every_way_of_objecting_is_one(flow: str, menu: Menu) -> None:
    """In no shipped flow that calls people is "don't call me again" taken for anything else."""
    for language, said in OBJECTIONS.items():
        assert {one: chosen(flow, menu, one, language) for one in said} == dict.fromkeys(
            said, "do_not_call"
        ), flow
    for language, said in NONE.items():
        assert not {one for one in said if chosen(flow, menu, one, language) == "do_not_call"}, flow


CALLS = """flow: call
languages: [es]
person: desk
purpose: service
objection: WAY
steps:
  - ask: minute
    type: yes_no
    prompt: {es: "¿Tiene un minuto?"}
    answers: {yes: bye, no: bye}
    failed: bye
  - id: bye
    hangup: normal
  - id: no_more
    write: do_not_call
    with: {customer_number: "{caller.customer_number}", number: "{caller.number}"}
    done: bye
    refused: bye
    later: bye
    error: bye
"""
CATALOGUE = Catalogue(
    queues=frozenset({"desk"}),
    writes={"do_not_call": WriteSchema({"customer_number": "digits", "number": "text"})},
)


@pytest.mark.parametrize(
    ("text", "calling", "line", "told"),
    [
        (CALLS.replace("WAY", "no_more"), "", 0, ""),
        (CALLS.replace("objection: WAY\n", ""), "", 1, "write `objection: STEP` beside `person`"),
        (CALLS.replace("objection: WAY\n", "").replace("purpose: service\n", ""), "", 0, ""),
        (CALLS.replace("objection: WAY\n", "").replace("purpose: service\n", ""), "call", 1, "calls people"),
        (CALLS.replace("WAY", "no_mor"), "", 5, "`no_more`"),
        (CALLS.replace("WAY", "bye"), "", 5, "lead it to `write: do_not_call`"),
    ],
)
def test_a_flow_that_calls_people_leads_objections_somewhere(
    text: str, calling: str, line: int, told: str
) -> None:
    """By its purpose, or because a strategy calls with it; the step is there, and notes it."""
    catalogue = replace(CATALOGUE, calling=frozenset({calling} - {""}))
    flows, _problems = assemble([parse(text, "call.flow.yaml")], catalogue)
    found = list(check_objections(flows, catalogue))
    assert [(one.line, told in one.message) for one in found] == ([(line, True)] if line else [])


@pytest.mark.parametrize("flow", [None, "no_more"])
def test_at_a_yes_or_no_an_objection_is_one(flow: str | None) -> None:
    """Where the flow leads it somewhere; in a flow that calls nobody it is the no that it always was."""
    text = CALLS.replace("objection: WAY\n", f"objection: {flow}\n" if flow else "")
    flows, _problems = assemble([parse(text, "call.flow.yaml")], CATALOGUE)
    now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))
    for said, objects in (
        ("no, no me llamen más", True),
        ("dejen de llamarme", True),
        ("no no dejen de llamarme", True),
        ("no", False),
        ("no gracias", False),
        ("no me interesa", False),
    ):
        talk = Conversation(flows, "call", Facts("es", {"customer_number": "1", "number": "2"}, now, "ES"))
        collect = talk.start()
        assert isinstance(collect, Collect)
        assert ("dejen de llamar" in collect.phrases) == bool(flow)
        effect = talk.send(collect.judge(Heard((Alternative(said, 0.9),))))
        assert isinstance(effect, Write) == (objects and flow is not None), said
