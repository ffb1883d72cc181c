"""Lines and models as they should not be: what is understood all the same, and what is refused."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dialogs.results import Alternative, Heard, Match
from dialogs.slots.asking import Asking
from dialogs.slots.yes_no import YesNo
from speech.auto import AutoRecognizer, Choice
from speech.endpointing import Endpointer, NothingSaid, SpeechEnded, SpeechStarted, TooLong
from speech.errors import RecognizerLost
from speech.pyttsx3 import Pyttsx3
from speech.recognizer import Recognizer
from speech.sound import FRAME_BYTES, to_pcm, to_samples
from speech.vosk import Vosk
from speech.vosk_models import check_language
from speech.whisper import Whisper
from tests.speech.conftest import _model, noise, silence

YES_NO = ("네", "아니요")
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def _offset(sound: bytes) -> bytes:
    """A line with a DC offset of a tenth of full scale."""
    return to_pcm(to_samples(sound) + 0.1)


def _clipped(sound: bytes) -> bytes:
    """Four times too loud: the tops are cut off."""
    return to_pcm(np.clip(to_samples(sound) * 4, -0.6, 0.6))


def _gapped(sound: bytes) -> bytes:
    """Every tenth packet of 20 ms is lost, and silence stands in its place."""
    frames = np.frombuffer(sound[: len(sound) // 320 * 320], "<i2").reshape(-1, 160).copy()
    frames[7::10] = 0
    return frames.tobytes()


@pytest.mark.parametrize("spoilt", [_offset, _clipped, _gapped])
@pytest.mark.parametrize("text", YES_NO)
def test_a_bad_line_is_understood(vosk: Vosk, speaker: Pyttsx3, text: str, spoilt: object) -> None:
    """End-pointing finds the word, and the engine what it means, by a question's own phrases."""
    assert callable(spoilt)
    heard = _heard(vosk, spoilt(_line(speaker.speak(text, language="ko"))), "ko", YesNo().phrases("ko"))
    answer = YesNo().judge(Heard((Alternative(heard or "", 0.9),)), Asking("ko", NOW))
    assert isinstance(answer, Match) and answer.value == {"네": "yes", "아니요": "no"}[text]


@pytest.mark.parametrize("spoilt", [_offset, _clipped, _gapped])
def test_a_bad_line_is_understood_by_whisper(whisper: Whisper, caller: Pyttsx3, spoilt: object) -> None:
    """The same for the engine that decodes whole utterances."""
    assert callable(spoilt)
    phrases = ("saldo", "quiero saber mi saldo", "pedido", "incidencia", "una persona")
    sound = spoilt(_line(caller.speak("quiero saber mi saldo", language="es")))
    assert _heard(whisper, sound, "es", phrases) == "quiero saber mi saldo"


def _line(words: bytes) -> bytes:
    """Words on a line that hisses a little, before and behind them."""
    return noise(0.6, 20) + words + noise(1.2, 20)


def _heard(engine: Recognizer, sound: bytes, language: str, phrases: Sequence[str]) -> str | None:
    """The best reading of what end-pointing cuts out."""
    endpointer, utterance, found = Endpointer(), None, None
    for place in range(0, len(sound) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
        frame = sound[place : place + FRAME_BYTES]
        if utterance is not None:
            utterance.feed(frame)
        for event in endpointer.push(frame):
            if isinstance(event, SpeechStarted):
                utterance = engine.open(language=language, phrases=phrases)
                utterance.feed(event.audio)
            elif isinstance(event, SpeechEnded) and utterance is not None:
                found = utterance.finish(20)
    return found.readings[0].text if found is not None and found.readings else None


def test_an_offset_alone_is_no_speech() -> None:
    """A broken line card hums nobody's answer: silence stays silence."""
    endpointer = Endpointer(initial_timeout=3.0)
    events = endpointer.push(_offset(noise(4.0, 20)))
    assert [type(event) for event in events] == [NothingSaid]


def test_a_minute_without_a_pause_is_cut_and_judged(vosk: Vosk, speaker: Pyttsx3) -> None:
    """The question's longest time ends the utterance; the answer is there well within two seconds."""
    word = speaker.speak("네", language="ko")
    sound = word * (60 * 16000 // len(word) + 1)
    endpointer, utterance = Endpointer(longest=8.0), None
    for place in range(0, len(sound) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES):
        frame = sound[place : place + FRAME_BYTES]
        if utterance is not None:
            utterance.feed(frame)
        (event, *_), at = endpointer.push(frame) or [None], place / 16000
        if isinstance(event, SpeechStarted):
            utterance = vosk.open(language="ko", phrases=YES_NO)
            utterance.feed(event.audio)
        elif isinstance(event, TooLong):
            break
    assert isinstance(event, TooLong) and at == pytest.approx(8.0, abs=0.5) and utterance is not None
    heard = utterance.finish(20)
    assert {text for reading in heard.readings for text in reading.text.split()} <= set(YES_NO)


def _fails(engine: Vosk | Whisper, language: str) -> str:
    """Why the engine does not start with its model."""
    began = time.monotonic()
    try:
        with pytest.raises(RecognizerLost) as lost:
            engine.wait_ready(60)
        with pytest.raises(RecognizerLost):
            engine.open(language=language, phrases=YES_NO)
    finally:
        engine.close()
    assert time.monotonic() - began < 60
    return str(lost.value)


def test_a_model_of_another_language_is_refused() -> None:
    """A Korean model would hear Korean in every Spanish word: the start says so, and calls go by keys."""
    assert "is no model for 'es'" in _fails(Vosk({"es": _model("vosk-ko")}, workers=1), "es")


@dataclass(frozen=True)
class Vocabulary:
    """Of a model that nobody has here: what it answers when it is asked for a word."""

    words: frozenset[str]

    def vosk_model_find_word(self, word: str) -> int:
        """As the library does."""
        return 7 if word in self.words else -1


@pytest.mark.parametrize(
    ("language", "words", "fits"),
    [
        ("es", "gracias cinco sí saldo", True),
        ("es", "gràcies cinc sí saldo", False),
        ("ca", "gràcies cinc sí saldo", True),
        ("ca", "gracias cinco sí saldo", False),
        ("en", "thanks five yes", True),
    ],
)
def test_neighbours_are_told_apart(language: str, words: str, fits: bool) -> None:
    """Spanish and Catalan share words: a folder that somebody mixed up must not listen."""
    with nullcontext() if fits else pytest.raises(ValueError, match=f"is no model for '{language}'"):
        check_language(Vocabulary(frozenset(words.split())), language, "/models/vosk")


def _damaged(folder: Path, name: str, damage: str) -> Path:
    """The Korean model with one of its files half there, or missing."""
    broken = folder / "model"
    shutil.copytree(_model("vosk-ko"), broken, copy_function=lambda src, dst: Path(dst).symlink_to(src))
    file = broken / name
    content = file.read_bytes()
    file.unlink()
    if damage == "half":
        file.write_bytes(content[: len(content) // 2])
    return broken


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("am/final.mdl", "half"),
        ("am/final.mdl", "gone"),
        ("graph/HCLr.fst", "half"),
        ("conf/mfcc.conf", "half"),
        ("ivector/final.ie", "gone"),
    ],
)
def test_a_damaged_model_is_refused(tmp_path: Path, name: str, damage: str) -> None:
    """Half a download, or a file that is missing: one line, no crash of ours, no worker left behind. Some of
    them load, and only decoding fails, or kills the process that does it."""
    assert "worker_vosk" in _fails(Vosk({"ko": _damaged(tmp_path, name, damage)}, workers=1), "ko")


def test_a_damaged_model_takes_no_other_language_with_it(tmp_path: Path) -> None:
    """Korean is listened to, Spanish goes by keys, and its reason is told."""
    broken = _damaged(tmp_path, "graph/HCLr.fst", "half")
    recognizer = AutoRecognizer(Choice({"ko": _model("vosk-ko"), "es": broken}, reasons={"ko": "", "es": ""}))
    try:
        recognizer.wait_ready(120)
        assert recognizer.languages() == {"ko"} and recognizer.engine_of("es") == "keys"
        assert recognizer.reasons["es"].startswith("keys only: ")
        with pytest.raises(RecognizerLost, match="keys only"):
            recognizer.open(language="es", phrases=("sí", "no"))
        recognizer.open(language="ko", phrases=YES_NO).cancel()
    finally:
        recognizer.close()


@pytest.mark.parametrize(
    ("file", "damage"), [("model.bin", "half"), ("model.bin", "gone"), ("tokenizer.json", "half")]
)
def test_a_damaged_whisper_is_refused(tmp_path: Path, file: str, damage: str) -> None:
    """One line that says that the model cannot be loaded; the calls go on by keys."""
    whole, broken = _model("whisper-base"), tmp_path / "model"
    broken.mkdir()
    for each in whole.iterdir():
        (broken / each.name).symlink_to(each)
    (broken / file).unlink()
    if damage == "half":
        with (whole / file).open("rb") as source:
            (broken / file).write_bytes(source.read((whole / file).stat().st_size // 2))
    reason = _fails(Whisper(broken, languages=("es",), parallel=1), "es")
    assert "the Whisper model cannot be loaded" in reason and "\n" not in reason


def test_a_model_of_another_rate_is_used(vosk: Vosk, speaker: Pyttsx3) -> None:
    """The Korean model is one for 16 kHz, up to 7,600 Hz; our lines have 8 kHz, and are converted."""
    assert "--high-freq=7600" in (_model("vosk-ko") / "conf" / "mfcc.conf").read_text().split()
    assert _heard(vosk, _line(speaker.speak("네", language="ko")), "ko", YES_NO) == "네"


def test_silence_after_the_offset_still_ends_the_words(speaker: Pyttsx3) -> None:
    """The end of speech is found on a line with an offset as soon as on a clean one."""
    clean = silence(0.4) + speaker.speak("sí", language="es") + silence(1.5)
    ends = [
        [event.at for event in Endpointer().push(sound) if isinstance(event, SpeechEnded)]
        for sound in (clean[: len(clean) // 320 * 320], _offset(clean)[: len(clean) // 320 * 320])
    ]
    assert len(ends[0]) == len(ends[1]) == 1
    assert ends[1][0] == pytest.approx(ends[0][0], abs=0.06)
