"""A call on paper whose record is told again as a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.call_log import CallLog
from data.records import CallRecord as Remembered
from data.spool import Spool
from dialogs.catalogue import load_catalogue
from dialogs.effects import Collect
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import play
from dialogs.rehearsal import scripts_of
from dialogs.results import (
    Alternative,
    Failed,
    Found,
    Heard,
    Keyed,
    Missing,
    NoInput,
)
from dialogs.source import parse
from dialogs.written import test_text as text_of_test
from esl.switch import HungUp
from ivr.clock import Clock
from ivr.living.attention import CallOverError
from ivr.living.collected import Collected
from ivr.living.services import Services
from ivr.moments import nobody_watches
from ivr.records import Basis, Records
from ivr.session import Session
from ivr.workshop.recorded_call import Site
from ivr.workshop.recorded_call import test_of as as_test
from tests.databases import store_at
from tests.ivr.paper import PaperCall, PaperPrompts

ZONE = ZoneInfo("Europe/Madrid")
CUSTOMER, SECRET = "45716", "91827364"
CATALOGUE = """queues: [billing, sales]
lookups:
  account:
    by: [customer_number]
    fields: {name: text, balance: money, balance_currency: text, status: text, due_date: date, phone: phone}
  card: {by: [number], fields: {holder: text, limit: money, limit_currency: text, number: digits}}
"""
FLOW = """flow: main
languages: [es, ca]
person: person
steps:
  - {id: greet, say: {es: "Hola.", ca: "Hola."}}
  - menu: topic
    prompt: {es: "¿Saldo o tarjeta? Diga operador para una persona.", ca: "Saldo o targeta? Digui operador."}
    choices:
      balance: {key: 1, phrases: {es: [saldo, mi saldo], ca: [saldo]}, then: customer_number}
      card: {key: 2, phrases: {es: [tarjeta, mi tarjeta], ca: [targeta]}, then: pan}
      person: {key: 0, phrases: {es: [operador], ca: [operador]}, then: person}
  - ask: customer_number
    type: digits
    length: 5
    check_digit: luhn
    prompt: {es: "¿Su número de cliente?", ca: "El seu número?"}
  - lookup: account
    by: {customer_number: "{customer_number}"}
    found: owes
    missing: person
    slow: topic
    error: sales
    again: {step: customer_number, times: 2}
  - id: owes
    branch:
      - {if: account.balance > 100000, then: much}
      - {if: 'account.balance > 0 and account.status == "late"', then: late}
      - {if: account.balance < 0, then: credit}
    else: told
  - {id: much, say: {es: "Debe mucho, {account.name}.", ca: "Deu molt, {account.name}."}, then: more}
  - id: late
    say: {es: "Debe {account.balance:money} desde el {account.due_date:date}.", ca: "Deu {account.name}."}
    then: more
  - {id: credit, say: {es: "Le debemos dinero.", ca: "Li devem diners."}, then: more}
  - {id: told, say: {es: "Debe {account.balance:money}.", ca: "Deu {account.balance:money}."}, then: more}
  - ask: pan
    type: digits
    length: 8
    sensitive: true
    prompt: {es: "¿Su tarjeta?", ca: "La seva targeta?"}
  - lookup: card
    by: {number: "{pan}"}
    found: limit
    missing: topic
    slow: person
    error: person
  - {id: limit, say: {es: "Su límite es {card.limit:money}.", ca: "El seu límit és {card.limit:money}."}}
  - ask: more
    type: yes_no
    prompt: {es: "¿Algo más?", ca: "Alguna cosa més?"}
    answers: {yes: topic, no: bye}
    failed: bye
  - {id: bye, say: {es: "Adiós.", ca: "Adéu."}}
  - hangup: normal
  - {id: sales, queue: sales, busy: topic, closed: person}
  - {id: person, queue: billing, busy: {offer: callback, declined: bye}}
"""


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> FlowSet:
    """Two look-ups, a sensitive one, conditions on amounts and words, two queues, a way round."""
    folder = tmp_path_factory.mktemp("flows")
    (folder / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(CATALOGUE, encoding="utf-8")
    return load_flows([folder], load_catalogue(folder / "catalogue.yaml"))


Answer = Callable[[Collect], Heard | Keyed | None]
"""What the caller does at a question; `None` is silence. Raises `CallOverError` to go."""


def gone() -> CallOverError:
    return CallOverError(HungUp("NORMAL_CLEARING", by_caller=True))


def heard(text: str, confidence: float = 0.95) -> Heard:
    return Heard((Alternative(text, confidence),))


@dataclass
class Scene:
    """Calls on paper in real sessions, with a real database behind them."""

    place: Path
    flows: FlowSet
    monkeypatch: pytest.MonkeyPatch
    answers: Mapping[str, Callable[[], Found | Missing | Failed]] = field(default_factory=dict)
    queues: list[str] = field(default_factory=list)
    """How each queue lets the caller go: `answered`, or a reason of mod_callcenter's."""

    def __post_init__(self) -> None:
        self.store = store_at(self.place / "ivr.sqlite3")
        log = CallLog(self.store, Spool(self.place / "spool"))
        self.clock = Clock(1000.0)
        self.records = Records(log, node="test", clock=self.clock, recordings=None)

    def ask(
        self, name: str, by: Mapping[str, str], *, deadline: float = 4.0, sensitive: bool = False
    ) -> Found | Missing | Failed:
        """The look-ups."""
        return self.answers[name]()

    def live(self, answer: Answer, *, language: str = "es", gone_at: str = "") -> Remembered:
        """One call; `gone_at` is the text of the prompt at which the caller hangs up."""

        class Questions:
            def __init__(self, collect: Collect, **_: object) -> None:
                self.collect = collect

            def ask(self, ready: Callable[[], Callable[[], object]]) -> Collected:
                ready()()
                given = answer(self.collect)
                if given is None:
                    return Collected(NoInput(), None)
                return Collected(self.collect.judge(given), 0.0, given=given)

        self.monkeypatch.setattr("ivr.session.Question", Questions)
        call = PaperCall()
        queues = list(self.queues)
        enqueue, played = call.enqueue, call.play

        def enqueued(queue: str) -> str:
            how = queues.pop(0) if queues else "answered"
            variables = {"cc_cause": "answered"} if how == "answered" else {"cc_cancel_reason": how}
            call.queue_variables = variables
            return enqueue(queue)

        def play(files: list[Path]) -> str:
            if gone_at and any(gone_at in file.name for file in files):
                played(files)
                call.caller_hangs_up()
                raise gone()
            return played(files)

        call.enqueue, call.play = enqueued, play  # type: ignore[method-assign,assignment] # on paper
        now = datetime.now(UTC)
        facts = Facts(
            language, {"number": call.caller_number, "name": call.caller_name}, now.astimezone(ZONE)
        )
        conversation = Conversation(self.flows, "main", facts)
        basis = Basis(flow="main", flow_version=self.flows.version, at=now)
        record = self.records.begin(call, basis, language=language)
        services = Services(
            prompts=PaperPrompts(),
            recognizer=None,
            lookups=self,
            clock=self.clock,
            watch=nobody_watches,
            longest_call=1e9,
        )
        Session(call, conversation, record, services).live()
        self.records.wait_until_written()
        (remembered,) = self.store.calls.latest(1)
        self.trace = conversation.trace
        return remembered

    def retell(self, record: Remembered, *, with_data: bool = False) -> str:
        """The test's text; it has been played once by who wrote it, and is played again here."""
        text = text_of_test("t", as_test(record, self.flows, Site(ZONE), with_data=with_data), self.flows)
        (script,) = scripts_of(parse(text, "t.test.yaml"), self.flows)
        again = play(self.flows, script)
        assert again.passed, again.report()
        return text


@pytest.fixture
def scene(tmp_path: Path, flows: FlowSet, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, flows, monkeypatch)


def account(**changes: str | int | None) -> Callable[[], Found]:
    values: dict[str, str | int | bool | None] = {
        "name": "Lucía Fernández Ortega",
        "balance": 14230,
        "balance_currency": "EUR",
        "status": "open",
        "due_date": "2026-12-11",
        "phone": "+34759000101",
    }
    return lambda: Found({**values, **changes})


def in_turn(*acts: Heard | Keyed | None) -> Answer:
    """Does these one after the other, then goes."""
    left = list(acts)

    def answer(_question: Collect) -> Heard | Keyed | None:
        if not left:
            raise gone()
        return left.pop(0)

    return answer
