"""A call that was had becomes a test: lived in a real session, remembered by a real database, told again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from data.call_log import CallLog
from data.records import CallRecord as Remembered
from data.spool import Spool
from dialogs.catalogue import load_catalogue
from dialogs.effects import Collect, Deed
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import play
from dialogs.rehearsal import scripts_of
from dialogs.results import (
    Alternative,
    CaseOpened,
    Done,
    Failed,
    Found,
    Heard,
    Keyed,
    Missing,
    NoInput,
    Recorded,
    Refused,
    Result,
    Unreached,
    Written,
)
from dialogs.retold import NotRetold
from dialogs.source import parse
from dialogs.written import test_text as text_of_test
from esl.switch import HungUp
from ivr.call_record import place_in
from ivr.cli.flows import SHIPPED
from ivr.clock import Clock
from ivr.living.attention import CallOverError
from ivr.living.deeds import Deeds
from ivr.living.listening import Collected
from ivr.living.services import Services
from ivr.moments import nobody_watches
from ivr.publishing.catalogues import catalogue_in
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

            def ask(self, play: Callable[[], object]) -> Collected:
                play()
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


def limit() -> Found:
    return Found({"holder": "Lucía", "limit": 90000, "limit_currency": "EUR"})


def in_turn(*acts: Heard | Keyed | None) -> Answer:
    """Does these one after the other, then goes."""
    left = list(acts)

    def answer(_question: Collect) -> Heard | Keyed | None:
        if not left:
            raise gone()
        return left.pop(0)

    return answer


def test_a_plain_call_becomes_a_test_without_anybody_s_data(scene: Scene) -> None:
    """Number, name, telephone and amount are made up; the way through the flow is the same; notes say so."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(heard("mi saldo"), Keyed(CUSTOMER), heard("no gracias")))
    text = scene.retell(record)
    for real in (CUSTOMER, "Lucía", "759000101", "142,30", "14230", "+34600111222", "Ana Pérez"):
        assert real not in text
    assert "# customer_number: a made-up answer" in text
    assert "# what account found is made up" in text
    assert f"# from the call {record.call_id}" in text
    for kept in ("say: mi saldo", "lookup: account", "step: customer_number", "hangup: true", "now: "):
        assert kept in text


def test_with_data_everything_is_as_it_was(scene: Scene) -> None:
    """For a desk where real data may be."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), None, heard("no")))
    text = scene.retell(record, with_data=True)
    for real in (CUSTOMER, "Lucía Fernández Ortega", "14230", "142,30", "+34600111222"):
        assert real in text
    assert "real data" in text


@pytest.mark.parametrize("with_data", [False, True])
def test_a_masked_answer_gets_a_stated_placeholder(scene: Scene, with_data: bool) -> None:
    """The digits are nowhere in the record, so a made-up number of the right kind stands for them."""
    scene.answers = {
        "card": lambda: Found({"holder": "Ana", "limit": 90000, "limit_currency": "EUR", "number": SECRET})
    }
    record = scene.live(in_turn(Keyed("2"), Keyed("123"), Keyed(SECRET), Keyed("2")))
    assert SECRET not in repr(record)
    text = scene.retell(record, with_data=with_data)
    assert SECRET not in text
    assert "# pan: a made-up answer" in text
    assert text.count("key:") == 4


@pytest.mark.parametrize("balance", [1, 99_999, 100_001, 0, -5, 12_345])
@pytest.mark.parametrize("status", ["late", "open"])
def test_made_up_data_take_the_same_way(scene: Scene, balance: int, status: str) -> None:
    """Whatever conditions look at: amounts on both sides of each limit, and the words that they name."""
    scene.answers = {"account": account(balance=balance, status=status)}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    visited = [step for flow, step, _ in scene.trace.visits]
    text = scene.retell(record)
    (script,) = scripts_of(parse(text, "t.test.yaml"), scene.flows)
    assert {step for _flow, step, _ in play(scene.flows, script).visits} == set(visited)


def test_the_same_question_with_two_answers(scene: Scene) -> None:
    """A back end that is slow once and well the next time; a queue that is busy, then free."""
    found = iter([Failed("down"), Missing(), account()()])
    scene.answers = {"account": lambda: next(found)}
    scene.queues = ["TIMEOUT", "answered"]
    acts = [Keyed("1"), Keyed(CUSTOMER), Keyed("1"), Keyed(CUSTOMER), Keyed(CUSTOMER), Keyed("1"), Keyed("0")]
    record = scene.live(in_turn(*acts))
    text = scene.retell(record)
    assert "- busy\n" in text
    assert "- error\n" in text


def test_what_was_said_while_a_back_end_was_slow_is_no_part_of_the_test(scene: Scene) -> None:
    """What the live service says at the look-up's own step ("one moment, please"): no flow knows of it."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    turns = list(record.turns)
    at = next(n for n, turn in enumerate(turns) if turn.kind == "lookup")
    waited = replace(turns[at], kind="said", text="Un momento, por favor.", result="", asked={}, found={})
    text = scene.retell(replace(record, turns=(*turns[:at], waited, *turns[at:])))
    assert "Un momento" not in text
    assert "lookup: account" in text


def test_a_caller_who_goes_while_something_is_said_ends_the_test_there(scene: Scene) -> None:
    """What came after was never lived, and is not asserted."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER)), gone_at="¿Su número")
    text = scene.retell(record)
    assert "account" not in text
    assert text.rstrip().endswith("hang_up: true") or "hang_up: true" in text


def test_a_language_change_and_a_half_trusted_answer(scene: Scene) -> None:
    """Readings with their confidences are kept as far as the question makes a difference of them."""
    scene.answers = {"account": account()}
    acts = [
        heard("en catalán"),
        Heard((Alternative("salvo", 0.5), Alternative("saldo", 0.45))),
        heard("sí"),
        heard("quatre cinc set u sis", 0.6),
        heard("sí"),
        None,
        heard("no"),
    ]
    record = scene.live(in_turn(*acts))
    text = scene.retell(record)
    assert "language: es" in text
    assert CUSTOMER not in text
    assert "quatre cinc set u sis" not in text


def test_a_record_of_other_flows_says_where_it_goes_astray(scene: Scene) -> None:
    """The folder has changed since: a clear word, and no test that tells something else."""
    scene.answers = {"account": account()}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    other = load_flows([SHIPPED], catalogue_in(SHIPPED))
    with pytest.raises(NotRetold, match="are they those that the call ran on"):
        as_test(record, other, Site(ZONE))


class RandomCaller:
    """Does something possible at every question: phrases, numbers, nonsense, keys, silence, hang-up."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.turns = self.random.randint(1, 14)

    def __call__(self, question: Collect) -> Heard | Keyed | None:
        choose, self.turns = self.random, self.turns - 1
        if self.turns < 0:
            raise gone()
        what = choose.random()
        if what < 0.1:
            return None
        if what < 0.5 and question.keys.longest:
            if choose.random() < 0.6 and question.keys.longest >= 5:
                return Keyed({5: CUSTOMER, 8: SECRET}.get(question.keys.longest, CUSTOMER))
            keys = "".join(choose.choices("0123456789*", k=choose.randint(1, question.keys.longest)))
            return Keyed(keys)
        if not question.voice:
            return None
        phrases = [
            *question.phrases,
            "quatre cinc set u sis",
            "cuatro cinco siete uno seis",
            "no sé qué decir",
        ]
        readings = choose.choices(phrases, k=choose.randint(0, 3))
        sure = sorted((choose.uniform(0.2, 1.0) for _ in readings), reverse=True)
        return Heard(tuple(Alternative(text, one) for text, one in zip(readings, sure, strict=True)))

    def found(self) -> Found | Missing | Failed:
        balance = self.random.choice([0, 1, -700, 14230, 99_999, 100_001, 5_000_000])
        status = self.random.choice(["late", "open"])
        return self.random.choice([account(balance=balance, status=status)(), Missing(), Failed("down")])


DEEDS_FLOW = """flow: main
languages: [es]
person: person
steps:
  - ask: what
    type: yes_no
    prompt: {es: "¿Quiere que quede constancia?"}
    answers: {yes: complaint, no: person}
  - record: complaint
    prompt: {es: "Cuéntenos."}
    silent: note
    failed: note
    then: note
  - id: note
    case: note
    about: {what: "{what}"}
    say: {es: "Su caso es {note:digits}."}
    failed: pays
    then: pays
  - id: pays
    ask: sum
    type: amount
    prompt: {es: "¿Cuánto puede pagar?"}
  - ask: day
    type: date
    prompt: {es: "¿Qué día?"}
  - ask: sure
    type: yes_no
    prompt: {es: "¿Seguro?"}
  - promise: fees
    amount: sum
    on: day
    confirmed: sure
    failed: written
    then: written
  - id: written
    notify: sms
    to: "{caller.number}"
    text: {es: "Gracias."}
    failed: call_me
    then: call_me
  - id: call_me
    callback: billing
    number: "{caller.number}"
    failed: message
    then: message
  - id: message
    message: billing
    prompt: {es: "¿Algo más que decirnos?"}
    silent: shop
    failed: shop
    then: shop
  - id: shop
    transfer: shop
    mode: bridged
    failed: bye
  - {id: bye, say: {es: "Adiós."}}
  - hangup: normal
  - {id: person, queue: billing, busy: {offer: callback, declined: bye}}
"""
WELL = {
    "Record": Recorded("calls/complaint.wav", 4.0),
    "OpenCase": CaseOpened("20264511"),
    "Promise": Done(),
    "Notify": Done(),
    "CallBack": Done(),
    "Transfer": Unreached("busy"),
}
ILL = {
    "Record": NoInput(),
    "OpenCase": Failed("no database"),
    "Promise": Refused("too late"),
    "Notify": Refused("no SMS wanted"),
    "CallBack": Refused("a number of another country"),
    "Transfer": Unreached("no_answer"),
}
BROKEN = {name: Failed("broken") for name in WELL}


@pytest.mark.parametrize("ends", [WELL, ILL, BROKEN], ids=["well", "ill", "broken"])
def test_what_the_company_did_for_the_caller_is_replayed(
    ends: Mapping[str, Result], scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recordings, cases, promises, notices, callbacks, transfers: the test goes the way of the call."""
    folder = tmp_path / "deeds"
    folder.mkdir()
    (folder / "main.flow.yaml").write_text(DEEDS_FLOW, encoding="utf-8")
    (folder / "catalogue.yaml").write_text('queues: [billing]\ndestinations: {shop: "1001"}\n')
    scene.flows = load_flows([folder], load_catalogue(folder / "catalogue.yaml"))

    def performed(deeds: Deeds, deed: Deed, **_given: object) -> Result:
        result = ends[type(deed).__name__]
        if isinstance(result, Recorded):  # noted where the file is kept
            deeds._record.caller_recorded(place_in(deeds._conversation, deed.step), tmp_path / "voice.wav")
        return result

    monkeypatch.setattr("ivr.living.deeds.Deeds.perform", performed)
    monkeypatch.setattr(scene.records, "below", lambda file: file.name)
    record = scene.live(
        in_turn(Keyed("1"), heard("cincuenta euros"), heard("el viernes"), heard("sí"), Keyed("1"))
    )
    went = [(step, left) for _flow, step, left in scene.trace.taken]
    assert record.ended_by == "system", record
    text = scene.retell(record)
    (script,) = scripts_of(parse(text, "t.test.yaml"), scene.flows)
    played = play(scene.flows, script)
    assert {(step, left) for _flow, step, left in played.taken} == set(went)
    assert all(
        f"{deed}: " in text for deed in ("record", "case", "promise", "notify", "callback", "transfer")
    )


WRITING_FLOW = """flow: main
languages: [es]
person: person
steps:
  - ask: id_card
    type: dni
    prompt: {es: "¿Su DNI?"}
  - ask: mobile
    type: phone
    prompt: {es: "¿Su teléfono?"}
  - ask: born
    type: date
    prompt: {es: "¿Su fecha de nacimiento?"}
  - ask: visit
    type: date
    prompt: {es: "¿Qué día le va bien?"}
  - ask: zip
    type: postcode
    prompt: {es: "¿Su código postal?"}
  - ask: street
    type: text
    prompt: {es: "¿Su calle?"}
  - confirm: street
    prompt: {es: "¿{street}, con teléfono {mobile:phone} y código {zip:digits}?"}
    no: person
  - ask: ticket
    type: digits
    length: 6
    prompt: {es: "¿Y el número del aviso?"}
  - set: {tail: "{ticket}"}
  - write: address
    with: {street: "{street}", visit: "{visit}", ticket: "{tail}"}
    done: thanks
    refused: person
    later: person
    error: person
  - {id: thanks, say: {es: "Anotado, {address.name}: {street}, {mobile:phone}, {id_card:spell}."}}
  - hangup: normal
  - {id: person, queue: billing, busy: {offer: callback, declined: thanks_all}}
  - {id: thanks_all, hangup: normal}
"""
WRITING_CATALOGUE = """queues: [billing]
writes:
  address: {values: {street: text, visit: date, ticket: digits}, fields: {name: text}}
"""


def test_what_callers_give_is_made_up_though_nothing_was_looked_up(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents, telephones, birthdays, postcodes, streets, and all that a write takes: in no key, no
    sentence, no expected prompt and no answer of the write."""
    folder = tmp_path / "writing"
    folder.mkdir()
    (folder / "main.flow.yaml").write_text(WRITING_FLOW, encoding="utf-8")
    (folder / "catalogue.yaml").write_text(WRITING_CATALOGUE, encoding="utf-8")
    scene.flows = load_flows([folder], load_catalogue(folder / "catalogue.yaml"))
    done = Written({"name": "Lucía Fernández"})
    monkeypatch.setattr("ivr.living.back_end_work.BackEndWork.write", lambda *_, **__: done)
    numbers = "cuatro ocho uno cinco nueve dos seis tres t", "seis seis uno dos tres cuatro cinco seis siete"
    acts: list[Heard | Keyed | None] = [
        heard(numbers[0]),
        heard("siete cinco nueve cero cero cero uno"),  # no such number
        heard(numbers[1]),
        heard("tres de mayo de mil novecientos setenta y uno"),
        *(heard("el viernes"), heard("sí")),
        Keyed("43205"),
        *(heard("calle de la Amargura veintisiete"), heard("sí")),
        *(heard("uno dos"), Keyed("918273")),
    ]
    record = scene.live(in_turn(*acts))
    assert record.ended_by == "system", "\n".join(
        f"{t.step} {t.kind} {t.text} {t.result} {t.heard} {t.keys}" for t in record.turns
    )
    text = scene.retell(record)
    for real in ("cuatro ocho uno", "•••", "48159263", "siete cinco nueve", "seis seis uno", "661234567"):
        assert real not in text
    for real in ("661 234", "mayo", "1971", "viernes", "43205", "Amargura", "uno dos", "918273", "Lucía"):
        assert real not in text
    assert "say: sí" in text
    assert "write: address" in text


def test_a_number_behind_the_choice_of_a_menu_is_made_up(scene: Scene) -> None:
    """Who says it ahead, where only "balance" was asked for, has said it all the same."""
    scene.answers = {"account": account()}
    acts = heard("saldo"), heard("cuatro cinco siete uno seis", 0.6), heard("sí"), Keyed("1")
    record = scene.live(in_turn(*acts, heard("mi saldo cuatro cinco siete uno seis")))
    text = scene.retell(record)
    assert "cuatro cinco siete uno seis" not in text
    assert "say: saldo" in text


@pytest.mark.parametrize(
    ("said", "written", "gone"),
    [
        (
            "soy Lucía Fernández de la calle Amargura y quiero mi saldo",
            "say: saldo",
            "Lucía Fernández Amargura",
        ),
        ("mi correo es lucia arroba ejemplo punto es", "", "lucia arroba ejemplo correo"),
        ("quiero hablar con una persona, soy la señora Puig", "queue: billing", "Puig señora"),
        ("hola, quería saber mi saldo por favor", "say: hola, quería saber mi saldo por favor", ""),
    ],
)
def test_own_words_at_a_menu_are_made_up(scene: Scene, said: str, written: str, gone: str) -> None:
    """Names, streets and mail stay out, whatever came of them; what the menu's phrases hold stays."""
    scene.answers = {"account": account()}
    text = scene.retell(scene.live(in_turn(heard(said), Keyed("1"), Keyed(CUSTOMER), Keyed("2"))))
    assert written in text
    assert ("a made-up answer stands for what the caller gave" in text.split("customer_number")[0]) is bool(
        gone
    )
    for word in gone.split():
        assert word not in text


def test_what_the_catalogue_does_not_declare_is_left_out(scene: Scene) -> None:
    """A back end answers with more than the flows were checked against: they see none of it."""
    scene.answers = {"account": account(several="no", nickname="Lucy")}
    record = scene.live(in_turn(Keyed("1"), Keyed(CUSTOMER), Keyed("2")))
    for with_data in (False, True):
        text = scene.retell(record, with_data=with_data)
        assert "several" not in text
        assert "Lucy" not in text


@pytest.mark.parametrize("seeds", [range(24), pytest.param(range(24, 300), marks=pytest.mark.long)])
def test_calls_of_random_callers_become_tests_that_pass(scene: Scene, seeds: range) -> None:
    """Record, retell, play: whatever callers do, whatever look-ups and queues answer; nobody's data in it."""
    told = 0
    for seed in seeds:
        caller = RandomCaller(seed)
        scene.answers = {
            "account": caller.found,
            "card": lambda caller=caller: caller.random.choice([limit(), Missing()]),  # type: ignore[misc]
        }
        reasons = ["answered", "TIMEOUT", "NO_AGENT_TIMEOUT", "EXIT_WITH_KEY", "BROKEN"]
        scene.queues = caller.random.choices(reasons, k=6)
        gone_at = caller.random.choice(["", "", "", "Saldo o", "Debe", "Deu", "Adi", "Algo", "Su ", "Hola"])
        record = scene.live(caller, language=caller.random.choice(["es", "ca"]), gone_at=gone_at)
        if not [turn for turn in record.turns if turn.kind != "said"]:
            continue  # gone before anything was answered
        assert SECRET not in repr(record), f"seed {seed}"
        try:
            text = scene.retell(record)
        except NotRetold as fault:
            raise AssertionError(f"seed {seed}: {fault}\n" + "\n".join(map(str, record.turns))) from fault
        assert not [real for real in (CUSTOMER, SECRET, "Lucía", "759000101") if real in text], f"seed {seed}"
        told += 1
        answers = [turn for turn in record.turns if turn.who == "caller" and turn.kind != "recorded"]
        does = sum(text.count(f"- {word}:") for word in ("say", "key", "silence", "confidence"))
        assert does >= len(answers), f"seed {seed}"
    assert told > len(seeds) * 0.6
