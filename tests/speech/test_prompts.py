"""Prompts as files: made once, kept within bounds, replaced by the studio's recordings."""

from __future__ import annotations

import os
import time
import wave
from pathlib import Path

import gevent
import gevent.event
import numpy as np
import pytest

from speech import prompts
from speech.cached_synthesizer import CachedSynthesizer
from speech.errors import SynthesizerLost
from speech.prompt_cache import KEPT
from speech.prompts import PromptLibrary
from speech.pyttsx3 import Pyttsx3, Voice
from speech.sound import read_wav, write_wav
from speech.synthesizer import Waiting
from tests.speech.conftest import noise, tones


class CountingSpeaker:
    """Gives a tone for every text and counts; waits for `allowed` before it does."""

    engine = "counting"

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.allowed = gevent.event.Event()
        self.allowed.set()
        self.fails = False

    def languages(self) -> frozenset[str]:
        """Those that it speaks."""
        return frozenset({"es", "ca"})

    def identity(self, language: str) -> str:
        """The voice of a language."""
        return f"counting {language}"

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes:
        """A second of tone."""
        self.spoken.append(text)
        self.allowed.wait(10)
        if self.fails:
            raise SynthesizerLost("no voice today")
        return tones(300 + len(text), seconds=1.0)

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture
def counting() -> CountingSpeaker:
    """A speaker that counts."""
    return CountingSpeaker()


def test_a_text_is_spoken_once_and_then_is_a_file(counting: CountingSpeaker, tmp_path: Path) -> None:
    """Static prompts cost nothing after the first call, nor after a restart."""
    first = CachedSynthesizer(counting, tmp_path).render("hola", language="es")
    second = CachedSynthesizer(counting, tmp_path).render("hola", language="es")
    assert first == second and counting.spoken == ["hola"]
    assert len(read_wav(first)) == 16000


def test_whatever_changes_the_sound_changes_the_file(counting: CountingSpeaker, tmp_path: Path) -> None:
    """Text, language, pace and voice each have their own file; none is ever stale."""
    cached = CachedSynthesizer(counting, tmp_path)
    files = {
        cached.render("hola", language="es"),
        cached.render("hola", language="ca"),
        cached.render("hola", language="es", pace=0.8),
        cached.render("hola.", language="es"),
    }
    assert len(files) == 4


def test_the_same_text_at_once_is_made_once(counting: CountingSpeaker, tmp_path: Path) -> None:
    """A hundred calls that begin together synthesise the greeting once."""
    cached = CachedSynthesizer(counting, tmp_path)
    counting.allowed.clear()
    calls = [gevent.spawn(cached.render, "buenos días", language="es") for _ in range(20)]
    gevent.idle()
    counting.allowed.set()
    assert len({call.get(timeout=5) for call in calls}) == 1
    assert counting.spoken == ["buenos días"]


@pytest.mark.parametrize("bytes_left", [0, 4, 300])
def test_what_a_power_failure_left_is_made_again(
    counting: CountingSpeaker, tmp_path: Path, bytes_left: int
) -> None:
    """A name without sound would be silence for ever; half a file that nobody wants goes."""
    synthesizer = CachedSynthesizer(counting, tmp_path)
    file = synthesizer.render("hola", language="es")
    whole = file.read_bytes()
    os.truncate(file, bytes_left)
    half = file.with_name(".half.part")
    half.write_bytes(whole[:50])
    os.utime(half, (time.time() - 2 * KEPT,) * 2)
    again = CachedSynthesizer(counting, tmp_path)
    assert not again.has("hola", language="es") and not half.exists()
    assert again.render("hola", language="es").read_bytes() == whole
    assert counting.spoken == ["hola"] * 2 and again.has("hola", language="es")


def test_a_failure_reaches_everyone_and_is_not_kept(counting: CountingSpeaker, tmp_path: Path) -> None:
    """Waiters hear of the fault at once, and the next call tries again."""
    cached = CachedSynthesizer(counting, tmp_path)
    counting.fails = True
    calls = [gevent.spawn(cached.render, "hola", language="es") for _ in range(3)]
    gevent.joinall(calls, timeout=5)
    assert all(isinstance(call.exception, SynthesizerLost) for call in calls)
    counting.fails = False
    assert cached.render("hola", language="es").exists()


def test_the_cache_stays_within_its_limit(counting: CountingSpeaker, tmp_path: Path) -> None:
    """Values make endless texts: what was unused longest goes, what this process gave out stays."""
    before = CachedSynthesizer(counting, tmp_path)
    old = [before.render(f"viejo {n}", language="es") for n in range(10)]
    for age, file in enumerate(old):
        os.utime(file, (1_000_000 + age, 1_000_000 + age))
    size = old[0].stat().st_size
    cached = CachedSynthesizer(counting, tmp_path, limit=size * 12)
    new = [cached.render(f"nuevo {n}", language="es") for n in range(5)]
    assert all(file.exists() for file in new)
    assert not old[0].exists() and old[9].exists()
    assert sum(file.stat().st_size for file in tmp_path.glob("??/*.wav")) <= size * 12


def test_a_folder_that_cannot_be_written_is_said_plainly(counting: CountingSpeaker, tmp_path: Path) -> None:
    """The operator reads the folder's name, not a stack trace."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SynthesizerLost, match="prompts cannot be kept there"):
        CachedSynthesizer(counting, tmp_path / "file" / "prompts")


def test_nothing_in_a_text_reaches_the_file_system(counting: CountingSpeaker, tmp_path: Path) -> None:
    """A caller's name in a prompt is data: the file's name is a hash inside the folder."""
    cached = CachedSynthesizer(counting, tmp_path / "cache")
    for text in ("../../etc/passwd", "\0", "a" * 5000, "\ud800", "$(reboot)"):
        file = cached.render(text, language="es")
        assert file.is_relative_to((tmp_path / "cache").resolve())


def _library(counting: CountingSpeaker, tmp_path: Path) -> PromptLibrary:
    (tmp_path / "studio").mkdir(exist_ok=True)
    return PromptLibrary(
        CachedSynthesizer(
            counting, tmp_path / "cache", at_all=60.0
        ),  # a conversion takes a busy machine seconds
        recordings=tmp_path / "studio",
        converted=tmp_path / "converted",
        patience=30.0,
    )


def _studio_wav(path: Path, seconds: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tone = (np.sin(2 * np.pi * 500 * np.arange(int(44100 * seconds)) / 44100) * 3000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(np.repeat(tone, 2).tobytes())


def test_a_studio_recording_beats_synthesis(counting: CountingSpeaker, tmp_path: Path) -> None:
    """A file of the prompt's name replaces the synthesis, at 8 kHz, per language first."""
    library = _library(counting, tmp_path)
    assert library.file_of("hola", language="es", recording_name="menu/hello").exists()
    assert counting.spoken == ["hola"]
    _studio_wav(tmp_path / "studio" / "menu" / "hello.wav", 1.0)
    shared = library.file_of("hola", language="es", recording_name="menu/hello")
    assert len(read_wav(shared)) == pytest.approx(16000, rel=0.02)
    _studio_wav(tmp_path / "studio" / "es" / "menu" / "hello.wav", 2.0)
    own = library.file_of("hola", language="es", recording_name="menu/hello")
    assert len(read_wav(own)) == pytest.approx(32000, rel=0.02)
    assert library.file_of("hola", language="ca", recording_name="menu/hello") == shared
    assert counting.spoken == ["hola"]


def test_all_recordings_of_a_prompt_are_waited_for_together(
    counting: CountingSpeaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conversions that hang: who has waited for one of them waits for no other, and hears the voice."""
    never = gevent.event.Event()
    monkeypatch.setattr(prompts, "_run", lambda _conversions: never.wait())
    for name in ("one", "two", "three"):
        _studio_wav(tmp_path / "studio" / f"{name}.wav")
    library = PromptLibrary(
        CachedSynthesizer(counting, tmp_path / "cache", at_all=90.0),
        recordings=tmp_path / "studio",
        converted=tmp_path / "converted",
        patience=60.0,
    )
    now = [0.0]
    waiting = Waiting(clock=lambda: now[0])
    now[0] = 60.0  # gone by with the first one
    with gevent.Timeout(20):
        for name in ("two", "three"):
            library.file_of(name, language="es", recording_name=name, waiting=waiting)
    assert counting.spoken == ["two", "three"]


def test_a_new_take_replaces_the_old_one(counting: CountingSpeaker, tmp_path: Path) -> None:
    """The studio overwrites its file: the next call hears the new one."""
    library = _library(counting, tmp_path)
    _studio_wav(tmp_path / "studio" / "a.wav", 1.0)
    first = library.file_of("hola", language="es", recording_name="a")
    _studio_wav(tmp_path / "studio" / "a.wav", 2.0)
    assert library.file_of("hola", language="es", recording_name="a") != first


@pytest.mark.parametrize("content", [b"", b"RIFF", b"nothing that sounds"])
def test_a_broken_recording_falls_back_to_synthesis(
    counting: CountingSpeaker, tmp_path: Path, content: bytes
) -> None:
    """A bad upload costs the studio's voice, never the prompt."""
    library = _library(counting, tmp_path)
    (tmp_path / "studio" / "a.wav").write_bytes(content)
    assert library.file_of("hola", language="es", recording_name="a").is_relative_to(tmp_path / "cache")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../secret", "secret\0", "../studio2/x"])
def test_a_recording_name_stays_in_its_folder(counting: CountingSpeaker, tmp_path: Path, name: str) -> None:
    """Not even a designer's slip leads out of the prompts folder."""
    library = _library(counting, tmp_path)
    _studio_wav(tmp_path / "secret.wav")
    _studio_wav(tmp_path / "studio2" / "x.wav")
    assert library.recording_of(name, "es") is None


def test_a_link_out_of_the_folder_is_not_followed(counting: CountingSpeaker, tmp_path: Path) -> None:
    """A symbolic link cannot make the switch play any file of the machine."""
    library = _library(counting, tmp_path)
    write_wav(tmp_path / "secret.wav", noise(0.5, 500))
    (tmp_path / "studio" / "a.wav").symlink_to(tmp_path / "secret.wav")
    assert library.recording_of("a", "es") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Su saldo pendiente es de ciento cuarenta y dos euros con treinta céntimos."),
        ("es-419", "Su saldo pendiente es de cien pesos."),
        ("ca", "El seu saldo pendent és de cent euros."),
        ("en", "You owe one hundred euros."),
    ],
)
def test_every_language_is_audible(speaker: Pyttsx3, tmp_path: Path, language: str, text: str) -> None:
    """Spanish of both sides of the ocean, Catalan and English: as long as people take to say it."""
    pcm = read_wav(CachedSynthesizer(speaker, tmp_path).render(text, language=language))
    assert 0.04 < len(pcm) / 16000 / len(text) < 0.12


def test_texts_spoken_at_once_do_not_mix(speaker: Pyttsx3) -> None:
    """pyttsx3 has one save slot: side by side, each text still gets its own sound."""
    texts = [
        "uno",
        "ciento cuarenta y dos euros con treinta céntimos",
        "dos",
        "no le he oído, dígame su número",
    ]
    alone = [speaker.speak(text, language="es") for text in texts]
    together = [gevent.spawn(speaker.speak, text, language="es") for text in texts]
    for before, call in zip(alone, together, strict=True):
        assert abs(len(call.get(timeout=20)) - len(before)) <= 320


@pytest.mark.parametrize("text", ["[[xx", "<speak>hola</speak>", "hola\0mundo", "😀 hola", "a" * 3000, "½ §"])
def test_odd_texts_harm_nothing(speaker: Pyttsx3, text: str) -> None:
    """Whatever a name or a ticket's title holds, the worker lives and says the next text."""
    speaker.speak(text, language="es")
    assert len(speaker.speak("hola", language="es")) > 3200


def test_a_text_without_words_is_no_sound(speaker: Pyttsx3) -> None:
    """An empty prompt is an empty file, not a fault and not a wait."""
    for text in ("", "   ", "...", "\0"):
        assert speaker.speak(text, language="es") == b""


def test_slower_is_longer(speaker: Pyttsx3) -> None:
    """`pace` 0.8 gives an elderly caller a fifth more time."""
    text = "Su saldo pendiente es de cien euros"
    usual, slow = (len(speaker.speak(text, language="es", pace=pace)) for pace in (1.0, 0.8))
    assert 1.12 < slow / usual < 1.4


def test_a_language_without_a_voice_is_refused(speaker: Pyttsx3) -> None:
    """The message names the voices that there are."""
    with pytest.raises(SynthesizerLost, match=r"no voice for 'xx'.*ca.*en.*es"):
        speaker.speak("hola", language="xx")


def test_a_voice_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A misspelt voice in the configuration is one clear line."""
    engine = Pyttsx3(voices={"es": Voice("roa/klingon")})
    try:
        with pytest.raises(SynthesizerLost, match="klingon"):
            engine.speak("hola", language="es")
    finally:
        engine.close()
