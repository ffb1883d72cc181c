"""Who answers: people and machines by what they say and how long, tones, faxes, silence."""

from __future__ import annotations

import numpy as np
import pytest

from speech.answering import AnswerDetector, Answering, Event, FellSilent, ToneEnded
from speech.pyttsx3 import Pyttsx3
from speech.sound import FRAME_BYTES
from tests.speech.conftest import mixed, noise, silence, tones

MACHINE = "Ha llamado a la familia Pérez. Ahora no podemos atenderle. Deje su mensaje después de la señal."


def _told(sound: bytes) -> list[Event]:
    """All that the detector says about a call."""
    detector = AnswerDetector()
    return detector.push(sound[: len(sound) // FRAME_BYTES * FRAME_BYTES])


def _line(*parts: bytes, hiss: float = 8) -> bytes:
    """The parts in a row, on a line that hisses a little."""
    sound = b"".join(parts)
    return mixed(sound, noise(len(sound) / 16000, hiss))


@pytest.mark.parametrize(
    ("language", "text"),
    [("es", "Hola, buenos días"), ("es", "¿Diga?"), ("ca", "Digui'm"), ("en", "Hello?")],
)
def test_a_person_says_a_word_and_waits(speaker: Pyttsx3, language: str, text: str) -> None:
    """Decided within three seconds of the answer, and before two of the silence are over."""
    (verdict,) = _told(_line(silence(0.5), speaker.speak(text, language=language), silence(3.0)))
    assert isinstance(verdict, Answering) and verdict.kind == "human" and verdict.after_seconds <= 3.0


@pytest.mark.parametrize("hertz", [440.0, 1000.0, 1400.0])
def test_a_machine_goes_on_and_then_beeps(speaker: Pyttsx3, hertz: float) -> None:
    """The verdict comes in the middle of its greeting; the end of its tone is when to speak."""
    greeting = speaker.speak(MACHINE, language="es")
    beep = tones(hertz, seconds=0.4)
    sound = _line(silence(0.4), greeting, silence(0.6), beep, silence(2.0))
    verdict, tone = _told(sound)
    assert isinstance(verdict, Answering) and verdict.kind == "machine" and verdict.after_seconds <= 3.0
    assert isinstance(tone, ToneEnded) and tone.hertz == pytest.approx(hertz, abs=20)
    assert tone.at == pytest.approx(0.4 + len(greeting) / 16000 + 0.6 + 0.4, abs=0.15)


def test_a_machine_that_only_beeps(speaker: Pyttsx3) -> None:
    """A tone without words is a machine's, and the message can begin."""
    verdict, tone = _told(_line(silence(0.5), tones(1000, seconds=0.5), silence(3.0)))
    assert isinstance(verdict, Answering) and verdict.kind == "beep" and isinstance(tone, ToneEnded)


@pytest.mark.parametrize("hertz", [2100.0, 1100.0])
def test_a_fax_is_known_by_its_tone(hertz: float) -> None:
    """2,100 Hz of a fax that is called, 1,100 Hz of one that calls: at once, no words are needed."""
    (verdict,) = _told(_line(silence(0.3), tones(hertz, seconds=2.5)))
    assert isinstance(verdict, Answering) and verdict.kind == "fax" and verdict.after_seconds < 1.0


@pytest.mark.parametrize("sound", [silence(5.0), noise(5.0, 200), noise(5.0, 60, kind="pink")])
def test_nobody_speaks(sound: bytes) -> None:
    """Silence and steady noise are nobody; in three seconds."""
    (verdict,) = _told(sound)
    assert isinstance(verdict, Answering) and (verdict.kind, verdict.after_seconds) == ("unknown", 3.0)


def test_a_late_answer_is_a_person(speaker: Pyttsx3) -> None:
    """Somebody picks up and fumbles: three seconds are over in the middle of a word, and it is a person."""
    sound = _line(silence(2.4), speaker.speak("Sí, dígame", language="es"), silence(2.0))
    (verdict,) = _told(sound)
    assert isinstance(verdict, Answering) and verdict.kind == "human" and verdict.after_seconds == 3.0


def test_a_television_behind_a_person_is_not_the_person(speaker: Pyttsx3) -> None:
    """Speech that goes on far away does not make a machine of who says "diga" close by."""
    far = np.frombuffer(speaker.speak(MACHINE, language="es"), "<i2") // 12
    sound = mixed(_line(silence(0.8), speaker.speak("¿Diga?", language="es"), silence(4.0)), far.tobytes())
    (verdict,) = _told(sound)
    assert isinstance(verdict, Answering) and verdict.kind == "human"


def test_who_begins_softly_is_the_same_speaker_all_along(speaker: Pyttsx3) -> None:
    """An unstressed "the" and a loud "person" behind it are one machine: its time counts from "the"."""
    words = np.frombuffer(speaker.speak(MACHINE, language="es"), "<i2").copy()
    loud = 12 + int(words[12 * 160 : 22 * 160].reshape(-1, 160).std(axis=1).argmax())
    words[: loud * 160] //= 10
    verdict = _told(_line(silence(0.4), words.tobytes(), silence(4.0), hiss=2))[0]
    assert isinstance(verdict, Answering) and verdict.kind == "machine"
    assert verdict.after_seconds < 0.4 + 2.0 + 0.15


def test_keys_and_speech_are_no_tone(speaker: Pyttsx3) -> None:
    """Two tones at once are a key; a vowel is no steady line."""
    detector = AnswerDetector()
    vowels = speaker.speak("Aaaaaa, eeeeee, iiiiii, oooooo, uuuuuu.", language="es")
    found = detector.push(_line(silence(0.3), tones(770, 1336, seconds=0.5), vowels, silence(2.0))[:96000])
    (verdict,) = found
    assert isinstance(verdict, Answering) and verdict.kind not in ("beep", "fax")


def test_the_tone_is_not_awaited_for_ever(speaker: Pyttsx3) -> None:
    """A machine without a tone: after its time there is nothing more to hear."""
    detector = AnswerDetector(tone_within=6.0)
    sound = _line(silence(0.3), speaker.speak(MACHINE, language="es"), silence(6.0))
    detector.push(sound[: len(sound) // FRAME_BYTES * FRAME_BYTES])
    assert detector.done and detector.position == pytest.approx(6.0, abs=0.1)


def test_a_firm_that_answers_with_a_sentence_falls_silent(speaker: Pyttsx3) -> None:
    """It is taken for a machine; no tone comes, and two seconds and a half of silence tell so."""
    words = speaker.speak(
        "Ferretería López, buenos días, le atiende Ana, ¿en qué puedo ayudarle?", language="es"
    )
    verdict, silent = _told(_line(silence(0.4), words, silence(5.0)))
    assert isinstance(verdict, Answering) and verdict.kind == "machine"
    assert isinstance(silent, FellSilent)
    assert silent.at == pytest.approx(0.4 + len(words) / 16000 + 2.5, abs=0.3)


def test_a_fax_behind_a_greeting_is_a_fax(speaker: Pyttsx3) -> None:
    """A machine that switches over: what is said to it would be said to nobody."""
    greeting = speaker.speak(MACHINE, language="es")
    first, second = _told(_line(silence(0.4), greeting, silence(0.5), tones(2100, seconds=2.0)))
    assert isinstance(first, Answering) and isinstance(second, Answering)
    assert (first.kind, second.kind) == ("machine", "fax")


@pytest.mark.parametrize("first", [0.16, 0.24, 0.34])
def test_a_fax_whose_tone_breaks_off_at_its_beginning_is_a_fax(first: float) -> None:
    """A fifth of a second lost on the line: it goes on, and a machine's tone would be over."""
    pieces = (silence(0.3), tones(2100, seconds=first), silence(0.2), tones(2100, seconds=1.0))
    verdict = _told(_line(*pieces))[0]
    assert isinstance(verdict, Answering) and verdict.kind == "fax"


@pytest.mark.parametrize("hertz", [1100.0, 2100.0])
def test_a_short_tone_at_a_fax_s_frequency_is_a_machine_s(hertz: float) -> None:
    """Half a second later than another one is."""
    verdict, ended = _told(_line(silence(0.3), tones(hertz, seconds=0.3), silence(2.0)))[:2]
    assert isinstance(verdict, Answering) and verdict.kind == "beep"
    assert isinstance(ended, ToneEnded) and ended.at == pytest.approx(0.6 + 0.5, abs=0.1)
