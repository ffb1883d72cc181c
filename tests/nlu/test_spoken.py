"""Sentences as they are heard: all readings count, and `ivr nlu test --spoken` measures it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from dialogs.effects import Understand
from dialogs.nodes.matters import CHECK
from dialogs.results import Understood
from ivr.cli import root
from ivr.cli.nlu_spoken import drawn
from ivr.errors import MeasurementImpossible
from ivr.evaluation import talkers as talking
from ivr.evaluation.free_speech import hear, word_errors
from ivr.evaluation.talkers import Talkers
from ivr.understanding.built_in import BuiltIn
from ivr.understanding.examples import OUT_OF_SCOPE, Example, read_apart
from ivr.understanding.port import Entity, Meaning
from ivr.understanding.rasa_place import PARTS
from ivr.understanding.readings import MOST_READINGS, SHARPER, together
from ivr.understanding.settings import SHIPPED
from ivr.understanding.understanding import Understanding
from speech.auto import AutoRecognizer, choose
from speech.models import ModelStore
from tests.models import need_model

WANTED = Example("quiero saber dónde está mi pedido", "order_status", "none.yml", 1)


def test_readings_that_agree_are_as_sure_as_one_and_those_that_do_not_are_less() -> None:
    """Weighted by their place; entities are the first reading's."""
    product = (Entity("product", "router", 0, 6),)
    first = Meaning((("pay", 0.9), ("balance", 0.1)), product, "built-in x")
    other = Meaning((("balance", 0.6), ("pay", 0.4)))
    assert together([first], "es") == first
    assert together([first, first], "es").confidence >= first.confidence
    mixed = together([first, other], "es")
    powers = {"pay": (1.1 / 1.5) ** SHARPER, "balance": (0.4 / 1.5) ** SHARPER}
    whole = sum(powers.values())
    assert dict(mixed.intents) == pytest.approx({intent: power / whole for intent, power in powers.items()})
    assert mixed.confidence < first.confidence
    assert mixed.entities == product
    assert together([other] * MOST_READINGS + [first] * 9, "es").intent == "balance"


def test_misspelt_words_make_no_sentence_one_that_nobody_serves() -> None:
    """Where a recogniser had several readings of a language that it writes badly; what is typed, or clear, is
    judged as it stands."""
    strange = Meaning(((OUT_OF_SCOPE, 0.6), ("pay", 0.24), ("balance", 0.16)))
    assert dict(together([strange], "ca").intents)["pay"] < CHECK
    heard = dict(together([strange, strange], "ca").intents)
    assert heard["pay"] >= CHECK
    assert sum(heard.values()) == pytest.approx(1.0)
    assert dict(together([strange, strange], "en").intents)["pay"] < CHECK
    nobody = Meaning(((OUT_OF_SCOPE, 0.9), ("pay", 0.1)))
    assert dict(together([nobody, nobody], "ca").intents)["pay"] < CHECK
    nothing = Meaning(((OUT_OF_SCOPE, 0.0), ("pay", 0.0)))
    assert together([nothing, nothing], "ca").confidence == 0.0


def test_what_the_first_reading_hides_the_others_may_tell(built_in: BuiltIn) -> None:
    """Whisper writes Catalan badly: one of its readings may still have the words."""
    engine = Understanding(built_in, now=time.monotonic)
    built_in.prepare()
    asked = Understand("reason", "bulsa ve unis", "ca", ("order_status", "pay"), (), "reason")
    beside = ("vull saber on és la meva comanda", "vull saber on és la comanda")
    alone = engine.understand(asked)
    heard = engine.understand(
        Understand("reason", asked.text, "ca", asked.intents, (), "reason", beside=beside)
    )
    assert isinstance(alone, Understood)
    assert isinstance(heard, Understood)
    assert heard.intents[0][0] == "order_status"
    assert dict(heard.intents)["order_status"] > dict(alone.intents)["order_status"] + 0.2


def test_the_sentences_to_speak_are_always_the_same_and_a_third_of_them_is_served_by_nobody() -> None:
    """So that two measurements compare."""
    sentences = read_apart(SHIPPED, "es", "development").sentences
    chosen = drawn(sentences, 30)
    assert chosen == drawn(sentences, 30)
    assert [one.intent == OUT_OF_SCOPE for one in chosen].count(True) == 10
    assert len(set(chosen)) == 40
    assert len(drawn(sentences, 10_000)) == len(sentences)


def test_a_sentence_is_spoken_coded_and_heard() -> None:
    """By espeak-ng and Whisper, with more than one reading."""
    need_model("whisper-base")
    talkers = Talkers("espeak", ModelStore())
    recognizer = AutoRecognizer(choose(("es",), ModelStore(), engine="whisper"))
    try:
        recognizer.wait_ready(120)
        (heard,) = hear(recognizer, talkers.of("es"), [WANTED], "es")
    finally:
        recognizer.close()
        talkers.close()
    assert len(heard.readings) > 1
    assert heard.words == 6
    assert word_errors([heard]) < 1


def test_a_voice_that_does_not_come_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Festival hangs (here: a program of its name that waits for ever), as on a machine at its limit."""
    for name in ("festival", "text2wave"):
        (tmp_path / name).write_text("#!/bin/sh\nexec tail -f /dev/null\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(talking, "_PATIENCE", 0.1)
    with pytest.raises(MeasurementImpossible, match=r"within 0.1 s.*less busy"):
        Talkers("natural", ModelStore()).of("ca")("bon dia", 0)


@pytest.mark.long
def test_callers_that_sound_like_people_are_understood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kokoro in two languages, through the whole command."""
    need_model("kokoro")
    need_model("whisper-base")
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    command = ["nlu", "test", "--spoken", "--set", "development", "--count", "12"]
    done = CliRunner().invoke(root, [*command, "--language", "es", "--language", "en", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output.splitlines()[-1])
    assert found["set"] == "development, spoken by natural callers"
    for language in ("es", "en"):
        assert found["languages"][language]["sentences"] == 12
        assert found["languages"][language]["word_errors"] < 0.3
        assert found["languages"][language]["intent_accuracy"] > 0.7


def test_catalan_is_read_as_something_near_spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the sentence encoder of Rasa's environment; the part runs here, too."""
    monkeypatch.syspath_prepend(str(PARTS))
    from ivr_catalan import as_spanish  # type: ignore[import-not-found] # noqa: PLC0415 - Rasa's, found now

    for catalan, spanish in {
        "Vull saber on és la meva comanda": "quiero saber dónde es la mi pedido",
        "m'han cobrat dues vegades la mateixa factura": "me han cobrado dos veces la misma factura",
        "digui'm l'horari, si us plau": "diga me el horario por favor",
        "una facturació equivocada": "una facturación equivocadas"[:-1],
        "": "",
    }.items():
        assert as_spanish(catalan) == spanish
