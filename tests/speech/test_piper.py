"""Piper as the better voice: a real one where it is installed, and what happens where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import speech.piper
from ivr.config import Settings
from ivr.voice import open_prompts
from speech.errors import SynthesizerLost
from speech.models import ModelStore
from speech.piper import Piper
from speech.prompts import CachedSynthesizer
from speech.sound import seconds_of, to_samples
from tests.models import need_model
from tests.speech.test_prompts import CountingSpeaker


@pytest.fixture(scope="module")
def voice() -> Path:
    """An English voice's file."""
    pytest.importorskip("piper", reason="piper-tts is not installed (the extra `piper`)")
    need_model("piper-en")
    return ModelStore().ensure("piper-en").folder / "en_US-joe-medium.onnx"


@pytest.fixture(scope="module")
def piper(voice: Path) -> Iterator[Piper]:
    """Piper with that voice."""
    engine = Piper({"en": voice}, timeout=30)
    engine.wait_ready(60)
    yield engine
    engine.close()


def test_a_sentence_is_spoken(piper: Piper) -> None:
    """At telephone level, as long as people take for it; slower is longer."""
    text = "You owe one hundred and forty-two euros. Goodbye."
    pcm = piper.speak(text, language="en")
    assert 0.04 < seconds_of(pcm) / len(text) < 0.12
    assert 0.03 < float(np.std(to_samples(pcm))) < 0.3
    assert 1.1 < len(piper.speak(text, language="en", pace=0.8)) / len(pcm) < 1.45


@pytest.mark.long
def test_a_long_text_is_said_to_its_end(voice: Path) -> None:
    """Five thousand signs; they were once cut at two thousand without a word."""
    sentence = "You owe one hundred and forty-two euros. "
    engine = Piper({"en": voice}, timeout=300)
    try:
        once, often = (engine.speak(sentence * times, language="en") for times in (10, 120))
    finally:
        engine.close()
    assert len(often) / len(once) == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("text", ["", "...", "\0", "[[xx", "😀", "<speak>hello</speak>"])
def test_odd_texts_harm_nothing(piper: Piper, text: str) -> None:
    """Whatever a name or a ticket's title holds, the worker lives and says the next text."""
    piper.speak(text, language="en")
    assert len(piper.speak("hello", language="en")) > 3200


def test_a_damaged_voice_is_said(voice: Path, tmp_path: Path) -> None:
    """Half a download is one line, not a hang."""
    broken = tmp_path / voice.name
    broken.write_bytes(voice.read_bytes()[:10_000])
    (tmp_path / f"{voice.name}.json").write_text(voice.with_name(f"{voice.name}.json").read_text())
    engine = Piper({"en": broken})
    try:
        with pytest.raises(SynthesizerLost, match="voice cannot be loaded"):
            engine.wait_ready(60)
    finally:
        engine.close()


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package, or the voice's file: one line with the remedy."""
    monkeypatch.setattr(speech.piper, "find_spec", lambda _name: None)
    with pytest.raises(SynthesizerLost, match="pip install piper-tts"):
        Piper({"en": tmp_path / "a.onnx"})
    monkeypatch.setattr(speech.piper, "find_spec", lambda _name: object())
    with pytest.raises(SynthesizerLost, match=r"a\.onnx: the Piper voice for en is not there"):
        Piper({"en": tmp_path / "a.onnx"})


def test_calls_go_on_without_it(tmp_path: Path) -> None:
    """A voice that cannot be had is told, and espeak-ng speaks."""
    told: list[str] = []
    settings = Settings.model_validate({"home": tmp_path, "speech": {"piper": {"en": "gone.onnx"}}})
    prompts, synthesizer = open_prompts(settings, tell=told.append)
    try:
        assert synthesizer.engine == "pyttsx3"
        assert len(told) == 1 and told[0].startswith("espeak-ng speaks instead of Piper: ")
        assert prompts.prepare_recordings() == 0
    finally:
        synthesizer.close()


def test_the_preferred_voice_speaks_what_it_can(tmp_path: Path) -> None:
    """Its languages; and the other voice while it is lost, without leaving the wrong sound behind."""
    better, usual = CountingSpeaker(), CountingSpeaker()
    better.engine = "better"
    better.identity = lambda language: f"better {language}"  # type: ignore[method-assign] # its own sounds
    both = CachedSynthesizer(usual, tmp_path, preferred=better)
    better.languages = lambda: frozenset({"es"})  # type: ignore[method-assign] # one language only
    both.render("hola", language="es-419")
    better.fails = True
    first = both.render("adiós", language="es")
    assert (better.spoken, usual.spoken) == (["hola", "adiós"], ["adiós"])
    better.fails = False
    assert not both.has("adiós", language="es")
    assert both.render("adiós", language="es") != first
