"""Real engines, started once for the whole suite, and sounds to feed them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from speech.models import ModelStore
from speech.pyttsx3 import CALLER_VOICES, Pyttsx3
from speech.vosk import Vosk
from speech.whisper import Whisper
from tests.models import need_model


@pytest.fixture(scope="session")
def speaker() -> Iterator[Pyttsx3]:
    """espeak-ng through pyttsx3, the system's voices."""
    engine = Pyttsx3(timeout=20.0, patience=20.0)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def caller() -> Iterator[Pyttsx3]:
    """Who calls: another voice than the system's."""
    engine = Pyttsx3(voices=CALLER_VOICES, timeout=20.0, patience=20.0)
    yield engine
    engine.close()


def _model(name: str) -> Path:
    need_model(name)
    return ModelStore().ensure(name).folder


@pytest.fixture(scope="session")
def whisper() -> Iterator[Whisper]:
    """Whisper base, loaded."""
    engine = Whisper(_model("whisper-base"), languages=("es", "ca", "en"))
    engine.wait_ready(60)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def vosk() -> Iterator[Vosk]:
    """Vosk with the Korean model, two workers forked from one template."""
    engine = Vosk({"ko": _model("vosk-ko")}, workers=2)
    engine.wait_ready(60)
    yield engine
    engine.close()


def noise(seconds: float, rms: float, *, kind: str = "white", seed: int = 1) -> bytes:
    """White or pink noise, 8 kHz; `rms` in 16-bit units."""
    x = np.random.default_rng(seed).normal(size=int(seconds * 8000))
    if kind == "pink":
        spectrum = np.fft.rfft(x)
        x = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(x))
        x /= x.std()
    return np.clip(x * rms, -32768, 32767).astype("<i2").tobytes()


def tones(*hertz: float, seconds: float, peak: float = 6000.0) -> bytes:
    """Sine waves added together, 8 kHz."""
    t = np.arange(int(seconds * 8000)) / 8000
    return sum(peak * np.sin(2 * np.pi * h * t) for h in hertz).astype("<i2").tobytes()


def mixed(one: bytes, other: bytes) -> bytes:
    """Two sounds at once; the shorter one is followed by silence."""
    a, b = np.frombuffer(one, "<i2").astype(int), np.frombuffer(other, "<i2").astype(int)
    whole = np.zeros(max(len(a), len(b)), int)
    whole[: len(a)] += a
    whole[: len(b)] += b
    return np.clip(whole, -32768, 32767).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    """Digital silence, 8 kHz."""
    return bytes(int(seconds * 8000) * 2)
