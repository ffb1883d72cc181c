"""What was done and given in a call that becomes a test: deeds are replayed, what callers give is made up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dialogs.catalogue import load_catalogue
from dialogs.effects import Deed
from dialogs.loader import load_flows
from dialogs.play import play
from dialogs.rehearsal import scripts_of
from dialogs.results import (
    CaseOpened,
    Done,
    Failed,
    Heard,
    Keyed,
    NoInput,
    Recorded,
    Refused,
    Result,
    Unreached,
    Written,
)
from dialogs.source import parse
from ivr.call_record import place_in
from ivr.living.deeds import Deeds
from tests.ivr.told_again import CUSTOMER, Scene, account, flows, heard, in_turn, scene

__all__ = ["flows", "scene"]


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
