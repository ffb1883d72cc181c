"""Whole calls by text: what the caller types is understood by the engine itself, in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from ivr.cli import root
from ivr.understanding.built_in import BuiltIn

NO = "/key 2\n"
TWO_MATTERS = {
    "es": (
        "mira llamaba para saber qué horario hacen y de paso cómo puedo pagar la factura",
        "nueve a siete",
    ),
    "ca": ("bon dia voldria saber l'horari i també com puc pagar el rebut", "nou a set"),
    "en": ("hi could you tell me what time you close and also how I can pay my bill", "nine to seven"),
}
BY_CARD = {"es": "con tarjeta", "ca": "amb targeta", "en": "by card"}
BYE = {"es": "Gracias por su llamada", "ca": "Gràcies per la seva trucada", "en": "Thank you for calling"}
MEANWHILE = {
    "es": ("espere que antes quiero saber cuánto les debo", "Seguimos con su cita"),
    "ca": ("esperi que abans vull saber quant els dec", "Seguim amb la seva cita"),
    "en": ("hold on first I want to know how much I owe you", "Back to your appointment"),
}
"""What is said in the middle of a question, and how the call comes back to it."""

MIDWAY = {
    "es": (
        "quiero cancelar el pedido",
        "espere, antes dígame el horario",
        "Seguimos donde estábamos. Antes de darle",
    ),
    "ca": ("vull anul·lar la comanda", "esperi, abans digui'm l'horari", "Seguim on érem. Abans de donar-li"),
    "en": (
        "I want to cancel my order",
        "hold on, first tell me what time you close",
        "Back to where we were. Before I tell",
    ),
}
"""An open question, a wish in the middle of what it leads to, and how the call comes back."""
INSTEAD = {
    "es": "no, quería decir pagar la factura",
    "ca": "no, volia dir pagar la factura",
    "en": "no, I meant pay my bill",
}
"""What is said to take the first wish back."""


@pytest.fixture
def home(built_in: BuiltIn, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose models are the session's."""
    assert built_in.languages() == ("ca", "en", "es")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    monkeypatch.setenv("IVR_UNDERSTANDING__MODELS", str(models))
    return tmp_path


def call(language: str, *typed: str, flow: str = "how_can_i_help") -> str:
    """The call, as it is shown."""
    arguments = ["call", flow, "--text", "--language", language]
    done = CliRunner().invoke(root, [*arguments, "--now", "2026-11-23T10:00"], input="".join(typed))
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_two_matters_in_one_sentence_are_done_and_the_call_is_kept_as_a_test(
    home: Path, language: str
) -> None:
    """The hours, then the ways to pay; what the engine understood is written into the test, which passes."""
    said, hours = TWO_MATTERS[language]
    file = home / "kept.test.yaml"
    shown = call(language, f"{said}\n", NO, NO, NO, f"/save {file}\n")
    told = [shown.find(part) for part in (hours, BY_CARD[language], BYE[language])]
    assert -1 not in told
    assert told == sorted(told)
    assert "opening_hours: " in file.read_text("utf-8")
    assert not (home / "nlu_learning").exists()


def test_between_what_caller_and_system_say_stands_nothing_else(home: Path) -> None:
    """A process that has set up no log, as the command's: none tells that the model is being loaded."""
    structlog.reset_defaults()
    shown = call("es", f"{TWO_MATTERS['es'][0]}\n", "/hangup\n")
    talk = shown.partition("   ivr: ")[2].splitlines()[1:]
    assert any(TWO_MATTERS["es"][1] in line for line in talk)
    assert not [line for line in talk if not re.match("> | *(ivr|system|note|caller): ", line)]


def test_the_designer_sees_what_was_understood_and_how_surely(home: Path) -> None:
    """Of each part of a sentence; what nobody serves is told, too."""
    shown = call("es", "quiero saber cuánto debo y pagar\n", "/hangup\n")
    assert re.search("system: understand reason: “quiero saber cuánto debo” is balance (0[.]9|1[.]00)", shown)
    assert re.search("system: understand reason: “pagar” is pay (0[.]9|1[.]00)", shown)
    assert "“qué tiempo hace” is nothing that is served here" in call("es", "qué tiempo hace\n", "/hangup\n")


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_a_change_of_mind_in_the_middle_of_a_question_comes_back_to_it(home: Path, language: str) -> None:
    """The balance is told, and the same question is asked again."""
    said, back = MEANWHILE[language]
    shown = call(language, "45716\n", "7302\n", f"{said}\n", "/hangup\n", flow="appointments")
    before, _, after = shown.partition(f"> {said}")
    question = before.rstrip().splitlines()[-1].removeprefix("   ivr: ")
    assert "142" in after.partition(back)[0]
    assert question in after.partition(back)[2]


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_behind_an_open_question_a_wish_in_between_comes_back_and_one_instead_does_not(
    home: Path, language: str
) -> None:
    """An order is to be cancelled; the hours in between; and then the ways to pay, instead of the order."""
    first, between, back = MIDWAY[language]
    hours, paying = TWO_MATTERS[language][1], BY_CARD[language]
    shown = call(language, f"{first}\n", f"{between}\n", NO, f"{INSTEAD[language]}\n", "/hangup\n")
    places = [shown.find(part) for part in (hours, back, paying)]
    assert -1 not in places
    assert places == sorted(places)
