"""The example on the page that defines the flow language: it loads, and its test passes, as they stand there."""
# ruff: noqa: E501 - the example is kept as it is

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.catalogue import Catalogue, load_catalogue
from dialogs.check import unperformable
from dialogs.effects import Collect, Enqueue, SetOutcome
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import play
from dialogs.rehearsal import load_scripts
from dialogs.results import Handed, Match, NobodyFree

CATALOGUE = """queues: [billing]
lookups: {account: {by: [dni], fields: {balance: money, balance_currency: text}}}
identities: {customer: {by: [dni]}}
"""
FLOW = """flow: balance
summary: Tells the customer what they owe
languages: [es, ca, en]
person: person
steps:
  - ask: dni                                  # fills the slot `dni`
    type: dni                                 # from dialogs/slots
    sensitive: true
    prompt:   {es: "Dígame o teclee su DNI.", ca: "Digui'm o marqui el DNI.", en: "Please say or key in your ID."}
    no_input:
      - {es: "No le he oído. Dígame su DNI.", ca: "No l'he sentit. Digui'm el DNI.", en: "I did not hear you. Your ID, please."}
      - {es: "Puede marcarlo con el teclado.", ca: "El pot marcar amb el teclat.", en: "You can key it in."}
  - verify: customer                          # tries, lock-out: see the node
    with: {dni: "{dni}"}
    failed: person
  - lookup: account
    by: {dni: "{dni}"}
    found: tell
    missing: person
    slow: person                              # all four branches are mandatory
    error: person
  - id: tell
    say:
      es: "Su saldo pendiente es de {account.balance:money}."
      ca: "El seu saldo pendent és de {account.balance:money}."
      en: "You owe {account.balance:money}."
    then: goodbye
  - id: person
    queue: billing
    busy: {offer: callback, keep_place: true}
  - id: goodbye
    subflow: anything_else
"""
OTHER = """flow: anything_else
languages: [es, ca, en]
person: billing
steps:
  - ask: more
    type: yes_no
    prompt: {es: "¿Algo más?", ca: "Alguna cosa més?", en: "Anything else?"}
    answers: {yes: people, no: end}
  - id: people
    queue: billing
    busy: {offer: callback, declined: end}
  - id: end
    hangup: normal
"""
TEST = """test: a silent caller reaches a person
flow: balance
language: ca
now: 2026-11-23T10:00
zone: Europe/Madrid
agents: busy
caller: {number: "+34600111222"}
steps:
  - silence: 6s
  - silence: 6s
  - silence: 6s
  - expect: {queue: billing, offered: callback}
"""


@pytest.fixture
def flows(tmp_path: Path) -> FlowSet:
    for name, text in (("catalogue", CATALOGUE), ("balance.flow", FLOW), ("anything_else.flow", OTHER)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_flows([tmp_path], load_catalogue(tmp_path / "catalogue.yaml"))


def test_the_example_and_its_test(flows: FlowSet, tmp_path: Path) -> None:
    """The page is the contract; whoever reads it may write what stands there."""
    file = tmp_path / "balance.test.yaml"
    file.write_text(TEST, encoding="utf-8")
    (script,) = load_scripts([file], flows)
    assert play(flows, script).report().count("wanted") == 0


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ("  - key: 1\n", "{callback: billing, outcome: callback_booked, said: li trucarem, hangup: true}"),
        ("  - say: no\n", "{message: billing, outcome: message_left, said: li trucarem, hangup: true}"),
        ("  - silence: 6s\n" * 3, "{outcome: message_left, hangup: true}"),
    ],
)
def test_what_comes_of_the_offer(flows: FlowSet, tmp_path: Path, turns: str, expected: str) -> None:
    """Accepted, declined, and not answered: each call has its end."""
    file = tmp_path / "balance.test.yaml"
    file.write_text(f"{TEST}{turns}  - expect: {expected}\n", encoding="utf-8")
    (script,) = load_scripts([file], flows)
    played = play(flows, script)
    assert played.passed, played.report()


def test_who_declines_waits_on(tmp_path: Path) -> None:
    """At their place; the second time an agent may be free."""
    text = "flow: short\nlanguages: [es]\nperson: billing\nsteps:\n  - queue: billing\n    busy: {offer: callback}\n"
    (tmp_path / "short.flow.yaml").write_text(text, encoding="utf-8")
    flows = load_flows([tmp_path], Catalogue(queues=frozenset({"billing"})))
    talk = Conversation(flows, "short", Facts(language="es", caller={"number": "+34600111222"}))
    assert isinstance(talk.start(), Enqueue)
    assert isinstance(talk.send(NobodyFree("timeout")), Collect)
    assert isinstance(talk.send(Match("no", "2", "key")), Enqueue)
    assert isinstance(talk.send(Handed()), SetOutcome)
    assert talk.outcome == "handed_over"


def test_who_withholds_the_number_is_asked_for_one(flows: FlowSet, tmp_path: Path) -> None:
    """They are offered a call like everybody, and say where."""
    file = tmp_path / "balance.test.yaml"
    turns = (
        "  - key: 1\n  - expect: {said: A quin número}\n  - key: 600111222\n  - expect: {callback: billing}\n"
    )
    file.write_text(TEST.replace('"+34600111222"', '""') + turns, "utf-8")
    (script,) = load_scripts([file], flows)
    played = play(flows, script)
    assert played.passed, played.report()


def test_what_of_it_the_live_service_lacks_is_named(flows: FlowSet) -> None:
    """`publish` refuses it, step by step, until identity and callbacks are there (this catalogue knows of none)."""
    found = [
        (problem.line, problem.message.split("`")[3]) for problem in unperformable(flows, flows.catalogue)
    ]
    assert found == [(11, "callbacks"), (13, "identity"), (30, "callbacks")]
