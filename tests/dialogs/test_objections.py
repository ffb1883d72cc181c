"""Whoever is called and wants no more calls is understood, however they put it; a plain no is a plain no."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialogs.call import Call
from dialogs.effects import Collect
from dialogs.facts import Facts
from dialogs.nodes.menu import Menu
from dialogs.results import Alternative, Heard, Match
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
