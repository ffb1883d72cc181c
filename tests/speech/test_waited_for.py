"""How long somebody on the line waits for a prompt that is made while they wait: not two seconds."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import gevent
import pytest

from speech.cached_synthesizer import AT_ALL, LEFT_ALONE, SOON, CachedSynthesizer
from speech.errors import SynthesizerLate, SynthesizerLost
from speech.prompts import PromptLibrary
from speech.pyttsx3 import Pyttsx3, Voice
from speech.spawning import Program
from speech.synthesizer import Waiting
from tests.speech.test_prompts import CountingSpeaker

NEVER_READY = Program("tests.speech.echo_worker", {"mode": "never_ready"})


def test_what_takes_the_place_of_a_worker_that_hangs_may_hang_while_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait is over before two seconds of silence are; what is there already is played meanwhile."""
    engine = Pyttsx3(voices={"es": Voice("roa/es")})
    synthesizer = CachedSynthesizer(engine, tmp_path)
    try:
        engine.wait_ready(20)
        synthesizer.render("hola", language="es")
        (hung,) = engine.worker_pids()
        monkeypatch.setattr(engine._pool._pool, "_spawner", NEVER_READY)
        os.kill(hung, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(SynthesizerLate, match=r"nothing within 1\.9 s"):
            synthesizer.render("adiós", language="es")
        assert (
            AT_ALL - 0.1 < time.monotonic() - began < 4.0
        )  # 20 s until its start is given up, 10 for a text
        assert engine.worker_pids() == []
        synthesizer.render("hola", language="es")
        with gevent.Timeout(4.0), pytest.raises(SynthesizerLost):
            synthesizer.speak_into(tmp_path / "secret.wav", "uno", language="es")
        assert not (tmp_path / "secret.wav").exists()
    finally:
        synthesizer.close()


class _Slow(CountingSpeaker):
    """Takes so many seconds of a clock for each text."""

    def __init__(self, engine: str, seconds: float) -> None:
        super().__init__()
        self.engine, self._seconds = engine, seconds
        self.time = 0.0

    def identity(self, language: str) -> str:
        return f"{self.engine} {language}"

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes:
        self.time += self._seconds
        return super().speak(text, language=language, pace=pace)


SENTENCES = tuple(f"frase {number}" for number in range(6))


def test_the_sentences_of_a_prompt_share_the_time_for_the_better_voice(tmp_path: Path) -> None:
    """None is late by itself; when the time is over the other voice says the rest, and the better one is not
    taken to hang."""
    better, usual = _Slow("better", 0.6), CountingSpeaker()
    both = CachedSynthesizer(usual, tmp_path, preferred=better, clock=lambda: better.time)
    library = PromptLibrary(both, recordings=tmp_path / "none", converted=tmp_path / "made")
    waiting = Waiting(lambda: better.time)
    for sentence in SENTENCES:
        library.file_of(sentence, language="es", waiting=waiting)
    assert (tuple(better.spoken), tuple(usual.spoken)) == (SENTENCES[:3], SENTENCES[3:])
    assert SOON <= waiting.seconds < AT_ALL
    library.file_of("otra cosa", language="es", waiting=Waiting(lambda: better.time))
    assert better.spoken[-1] == "otra cosa"


def test_no_prompt_is_waited_for_longer_than_at_all(tmp_path: Path) -> None:
    """However many sentences: those that no time is left for are late, unless they are there already."""
    usual = _Slow("usual", 0.7)
    synthesizer = CachedSynthesizer(usual, tmp_path)
    there = synthesizer.render(SENTENCES[4], language="es")
    waiting = Waiting(lambda: usual.time)
    for sentence in SENTENCES[:3]:
        synthesizer.render(sentence, language="es", waiting=waiting)
    with pytest.raises(SynthesizerLate, match="no time was left"):
        synthesizer.render(SENTENCES[3], language="es", waiting=waiting)
    assert synthesizer.render(SENTENCES[4], language="es", waiting=waiting) == there


def test_what_was_late_is_there_for_whoever_asks_again(tmp_path: Path) -> None:
    """It goes on beside, and is made once."""
    usual = CountingSpeaker()
    synthesizer = CachedSynthesizer(usual, tmp_path, at_all=0.05)
    usual.allowed.clear()
    for _ in range(2):
        with pytest.raises(SynthesizerLate):
            synthesizer.render("hola", language="es")
    usual.allowed.set()
    assert synthesizer.render("hola", language="es", waiting=Waiting(lambda: 0.0)).exists()
    assert usual.spoken == ["hola"]


def test_a_better_voice_that_hangs_takes_no_more_than_its_share(tmp_path: Path) -> None:
    """It has what is left for it. Late with a small rest is not hung; late with all of it is."""
    better, usual = _Slow("better", 0.0), CountingSpeaker()
    both = CachedSynthesizer(usual, tmp_path, preferred=better, soon=0.1, clock=lambda: better.time)
    late = Waiting(lambda: better.time)
    better.time += 0.08
    better.allowed.clear()
    both.render("uno", language="es", waiting=late)
    both.render("dos", language="es")
    assert better.spoken == ["uno", "dos"], "it was asked again at once"
    both.render("tres", language="es")
    assert better.spoken == ["uno", "dos"], "and then left alone"
    better.allowed.set()
    better.time += LEFT_ALONE
    both.render("cuatro", language="es")
    assert (better.spoken, usual.spoken) == (["uno", "dos", "cuatro"], ["uno", "dos", "tres"])
