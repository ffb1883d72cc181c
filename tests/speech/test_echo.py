"""Our own prompt on the caller's line is told from the caller."""

from __future__ import annotations

import numpy as np
import pytest

from speech.echo import ECHO, echo_likeness
from speech.pyttsx3 import Pyttsx3
from speech.sound import to_pcm, to_samples
from tests.speech.conftest import noise

PROMPT = "Diga saldo, pedido o incidencia. Para hablar con una persona, diga operador."
ANSWERS = ("saldo", "quiero saber mi saldo", "sí, por favor", "una persona", "cuatro, cinco, siete, uno")


@pytest.fixture(scope="module")
def prompt(speaker: Pyttsx3) -> bytes:
    """A prompt."""
    return speaker.speak(PROMPT, language="es")


@pytest.mark.parametrize("decibels", [6, 20, 26])
@pytest.mark.parametrize("milliseconds", [20, 120, 400])
@pytest.mark.parametrize("seconds", [0.5, 0.8])
def test_an_echo_is_known(prompt: bytes, decibels: int, milliseconds: int, seconds: float) -> None:
    """Weaker, later, dulled by a loudspeaker and a room, and on a line that hisses."""
    samples = to_samples(prompt)
    room = np.zeros(400)
    room[[0, 37, 90, 210, 333]] = (1.0, -0.45, 0.3, -0.2, 0.1)
    dull = np.convolve(np.convolve(samples, np.hanning(6) / np.hanning(6).sum()), room)[: len(samples)]
    start = 12_000
    length = round(seconds * 8000)
    back = dull[start : start + length] * 10 ** (-decibels / 20)
    heard = to_pcm(back + to_samples(noise(seconds, 8))[: len(back)])
    delay = milliseconds * 8
    played = prompt[max(0, (start + delay - 8000) * 2) : (start + delay + length) * 2]
    assert echo_likeness(heard, played) >= ECHO


@pytest.mark.parametrize("text", ANSWERS)
def test_a_caller_is_no_echo(prompt: bytes, speaker: Pyttsx3, caller: Pyttsx3, text: str) -> None:
    """Other words, in another voice and in the prompt's own."""
    for engine in (caller, speaker):
        said = engine.speak(text, language="es")
        for length in (0.5, 0.8):
            beginning = said[: round(length * 8000) * 2]
            for start in (0, 8000, 16_000):
                played = prompt[start * 2 : (start + 8000) * 2 + len(beginning)]
                assert echo_likeness(beginning, played) < ECHO


def test_too_little_tells_nothing(prompt: bytes) -> None:
    """A third of a second, silence, no prompt: no echo."""
    assert echo_likeness(prompt[:5200], prompt) == 0.0
    assert echo_likeness(bytes(8000), prompt) == echo_likeness(prompt[:8000], b"") == 0.0
