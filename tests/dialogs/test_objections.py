"""Whoever is called and wants no more calls is understood, however they put it; a plain no is a plain no."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialogs.call import Call
from dialogs.catalogue import Catalogue, WriteSchema
from dialogs.check_objections import check_objections
from dialogs.effects import Collect, Hangup, Play, Write
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.loader import assemble
from dialogs.nodes.menu import Menu
from dialogs.objections import expected, objected
from dialogs.results import Alternative, Heard, Match, Played, Written
from dialogs.source import parse
from dialogs.universals import OBJECTION
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


FOR_NOW = {
    "es": ("no, llamen más tarde", "no me llamen más hoy", "no quiero que me llamen a esta hora"),
    "ca": ("no, truquin més tard", "no vull que em truquin ara"),
    "en": ("don't call me now", "do not call me today, call tomorrow"),
}


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_the_recogniser_expects_objections_of_polite_people_too(language: str) -> None:
    """Each of the sentences that it is given is an objection, or it is what tells that one is about now."""
    phrases = expected(language)
    polite = [one for one in phrases if any(word in one for word in ("por favor", "si us plau", "please"))]
    assert len(polite) >= 4
    for said in polite:
        found = objected(Heard((Alternative(said, 0.9),)), language)
        assert found is not None and found.value == OBJECTION, said


@pytest.mark.parametrize(("language", "said"), [(la, one) for la, all_ in FOR_NOW.items() for one in all_])
def test_what_is_about_now_is_no_objection(language: str, said: str) -> None:
    """Without commas "no, llamen más tarde" holds one; and beside it a real one is one."""
    assert objected(Heard((Alternative(said, 0.9),)), language) is None
    for flow, menu in MENUS:
        assert chosen(flow, menu, said, language) != "do_not_call", flow
    for good in OBJECTIONS[language][:2]:
        assert objected(Heard((Alternative(f"{said} {good}", 0.9),)), language), good


TELLS = """flow: call
languages: [es]
person: desk
purpose: service
objection: no_more
steps:
  - id: greeting
    say: {es: "Hola, somos nosotros."}
  - menu: who
    prompt: {es: "¿Hablo con Ana?"}
    choices:
      her: {key: 1, phrases: {es: [soy yo]}, then: tell}
      brother: {key: 2, phrases: {es: ["no", soy su hermano]}, interrupts: true, then: bye}
      person: {key: 0, phrases: {es: [operador]}, then: to_desk}
    failed: bye
  - id: tell
    say: {es: "Gracias."}
    then: bye
  - queue: desk
    id: to_desk
    busy: {offer: callback, declined: bye}
  - id: no_more
    write: do_not_call
    with: {customer_number: "{caller.customer_number}", number: "{caller.number}"}
    done: noted
    refused: bye
    later: noted
    error: bye
  - id: noted
    say: {es: "De acuerdo."}
  - id: bye
    hangup: normal
"""


def talk(text: str = TELLS) -> Conversation:
    flows, _problems = assemble([parse(text, "call.flow.yaml")], CATALOGUE)
    now = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Madrid"))
    return Conversation(flows, "call", Facts("es", {"customer_number": "1", "number": "2"}, now, "ES"))


def over(sentence: object, said: str) -> Match | None:
    """What comes of it if that is said over the sentence."""
    assert isinstance(sentence, Play) and sentence.heeded is not None
    return sentence.heeded.judge(Heard((Alternative(said, 0.9),)))


def test_a_sentence_heeds_an_objection_and_what_its_menu_lets_interrupt() -> None:
    """In the greeting; in a sentence that leads to no menu an objection alone."""
    call = talk()
    greeting = call.start()
    assert [over(greeting, said) for said in ("no", "sí", "dígame", "soy yo", "hermano")] == [None] * 5
    brother, against = over(greeting, "no, soy su hermano"), over(greeting, "no me llamen más")
    assert brother is not None and against is not None
    assert isinstance(call.send(brother), Hangup) and call.finished
    assert [(visit.step, visit.left_by) for visit in call.trace.path] == [
        ("greeting", "@interrupts"), ("who", "brother"), ("bye", "end")
    ]  # fmt: skip
    call = talk()
    call.start()
    call.send(Played())
    tell = call.send(Match("her", "soy yo", "voice"))
    assert isinstance(greeting, Play) and greeting.heeded is not None and greeting.heeded.heard_out
    assert over(tell, "soy su hermano") is None
    assert isinstance(call.send(over(tell, "dejen de llamarme") or Played()), Write)


def test_nobody_is_kept_waiting_on_the_way_to_a_person() -> None:
    """In the last sentence before a queue, and in the queue's own: whoever is there hears what is said."""
    to_desk = '  - id: greeting\n    say: {es: "Le paso."}\n    then: to_desk\n  - menu: who'
    begins = TELLS.index("  - id: greeting")
    text = TELLS[:begins] + to_desk + TELLS[TELLS.index("  - menu: who") + len("  - menu: who") :]
    text = text.replace("    id: to_desk\n", '    id: to_desk\n    say: {es: "Un momento."}\n')
    call = talk(text)
    for sentence in (call.start(), call.send(Played())):
        assert isinstance(sentence, Play) and sentence.heeded is not None
        assert not sentence.heeded.heard_out and over(sentence, "no me llamen más") is not None


def test_who_has_objected_hears_out_that_it_is_noted() -> None:
    """Though they say it again: else it went round."""
    call = talk()
    greeting = call.start()
    assert isinstance(call.send(over(greeting, "no me llamen más") or Played()), Write)
    noted = call.send(Written())
    assert isinstance(noted, Play) and noted.heeded is None
    assert isinstance(call.send(Played()), Hangup)


def test_nobody_listens_in_the_sentences_of_flows_that_call_nobody() -> None:
    call = talk(TELLS.replace("objection: no_more\n", "").replace(", interrupts: true", ""))
    greeting = call.start()
    assert isinstance(greeting, Play) and greeting.heeded is None


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("", "", 0, ""),
        ("objection: no_more\n", "", 11, "nobody listens in the sentences of this flow"),
        ('  - id: greeting\n    say: {es: "Hola, somos nosotros."}\n', "", 11, "no sentence leads to `who`"),
        ('["no", soy su hermano]', '["no", nadie]', 13, "one word interrupts nothing"),
    ],
)
def test_what_interrupts_can_be_heard(old: str, new: str, line: int, told: str) -> None:
    """Else the author believes that it is."""
    text = TELLS.replace(old, new) if old else TELLS
    text = text.replace("purpose: service\n", "") if "objection: no_more" not in text else text
    flows, _problems = assemble([parse(text, "call.flow.yaml")], CATALOGUE)
    found = list(check_objections(flows, CATALOGUE))
    assert [(one.line, told in one.message) for one in found] == ([(line, True)] if line else [])


def test_a_flow_that_only_tells_has_a_way_for_objections_too() -> None:
    """Where a campaign calls people with it; what is left on a machine needs none."""
    text = CALLS.replace("objection: WAY\n", "")
    begins, ends = text.index("  - ask: minute"), text.index("  - id: bye")
    text = f'{text[:begins]}  - say: {{es: "Hola."}}\n{text[ends:]}'
    flows, _problems = assemble([parse(text, "call.flow.yaml")], CATALOGUE)
    calling = replace(CATALOGUE, calling=frozenset({"call"}))
    assert [one.line for one in check_objections(flows, calling)] == [1]
    assert list(check_objections(flows, CATALOGUE)) == []
