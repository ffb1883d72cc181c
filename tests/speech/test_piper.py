"""Piper as the better voice: a real one where it is installed, and what happens where it is not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import gevent
import gevent.event
import numpy as np
import pytest

import speech.piper
from ivr.config import Settings
from ivr.voice import open_prompts
from speech.cached_synthesizer import LEFT_ALONE, CachedSynthesizer
from speech.errors import SynthesizerLost
from speech.models import ModelStore
from speech.piper import Piper
from speech.pyttsx3 import SYSTEM_VOICES, Pyttsx3
from speech.sound import seconds_of, to_samples
from speech.speaking import Patience
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


def test_a_piper_that_hangs_costs_no_caller_a_second_and_a_half(voice: Path, tmp_path: Path) -> None:
    """espeak-ng speaks instead, at once for the next caller; and Piper again when it is back."""
    now = [0.0]
    usual, better = Pyttsx3(voices=SYSTEM_VOICES), Piper({"en": voice}, patience=Patience(4.0), timeout=60)
    both = CachedSynthesizer(usual, tmp_path, preferred=better, clock=lambda: now[0])
    try:
        usual.wait_ready(20)
        better.wait_ready(60)
        by_piper = both.make("hello", language="en")
        os.kill(better.worker_pids()[0], signal.SIGSTOP)
        with gevent.Timeout(4.0):  # 1.5 s, and a little for espeak-ng
            first = both.render("good morning", language="en")
        with gevent.Timeout(1.4):
            second = both.render("good evening", language="en")
        assert both.render("hello", language="en") == by_piper, "what is there already is played"
        assert not both.has("good evening", language="en")
        again = both.make("good evening", language="en")
        assert again not in (first, second) and both.has("good evening", language="en")
        assert both.render("good morning", language="en") != first, "it was said again to the next worker"
    finally:
        both.close()


class _HangingSpeaker(CountingSpeaker):
    """Says nothing until it is let go."""

    engine = "better"

    def __init__(self) -> None:
        super().__init__()
        self.may = gevent.event.Event()

    def identity(self, language: str) -> str:
        return f"better {language}"

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes:
        self.may.wait()
        return super().speak(text, language=language, pace=pace)


def test_a_preferred_voice_that_is_late_is_left_alone_for_a_while(tmp_path: Path) -> None:
    """Nobody waits for it meanwhile, and what it was asked for is there when it is back."""
    now = [0.0]
    better, usual = _HangingSpeaker(), CountingSpeaker()
    both = CachedSynthesizer(usual, tmp_path, preferred=better, soon=0.05, clock=lambda: now[0])
    late = both.render("hola", language="es")
    both.render("adiós", language="es")
    both.speak_into(tmp_path / "secret.wav", "uno", language="es")
    assert (better.spoken, usual.spoken) == ([], ["hola", "adiós", "uno"])
    better.may.set()
    kept = both.make("hola", language="es")
    assert kept != late and better.spoken == ["hola"]
    now[0] = LEFT_ALONE - 0.1
    both.render("gracias", language="es")
    assert better.spoken == ["hola"], "it is left alone, though it would answer"
    assert both.render("hola", language="es") == kept, "but what it has said before is played"
    now[0] = LEFT_ALONE
    both.render("bien", language="es")
    assert better.spoken == ["hola", "bien"]


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
