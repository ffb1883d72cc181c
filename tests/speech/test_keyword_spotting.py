"""Keyword spotting: yes and no by their sense, on a real encoder's frames."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from dialogs.slots.yes_no import YesNo
from dialogs.universals import universal_phrases
from ivr.evaluation.spoiling import babble
from speech.clips import Clip, clips_of, cut
from speech.in_front import loudness
from speech.keyword_spotting import KeywordNet, Spotted
from speech.pyttsx3 import Pyttsx3
from speech.sound import Samples, to_pcm, to_samples
from speech.whisper_decoding import Ear, Scored, Text, plain
from speech.whisper_readings import Utterance
from tests.speech.conftest import _model
from tests.speech.test_readings import SPANISH, ScriptedEar


@pytest.fixture(scope="module")
def ear() -> Ear:
    """One model for all of them."""
    return Ear(_model("whisper-base"), parallel=1)


def _spotted(ear: Ear, sound: Samples, language: str) -> Spotted | None:
    """As on a call: cut out of a line with a little hiss."""
    hiss = np.random.default_rng(3).normal(size=len(sound) + 4800) * 3e-4
    pcm = to_pcm(hiss + np.pad(sound, (1600, 3200)))
    (first, *_), last = clips_of(pcm), clips_of(pcm)[-1]
    span = Clip(first.start, last.end)
    return ear.spotted(ear.listen(cut(pcm, span)), language, partial(loudness, pcm, span.start, span.end))


def _heard(ear: Ear, sound: Samples, language: str) -> Spotted:
    found = _spotted(ear, sound, language)
    assert found is not None
    return found


def _said(speaker: Pyttsx3, text: str, language: str) -> Samples:
    return to_samples(speaker.speak(text, language=language))


@pytest.mark.parametrize(
    ("language", "text", "sense"),
    [
        *(("es", "sí", "yes"), ("es", "claro que sí", "yes"), ("es", "no", "no"), ("es", "no gracias", "no")),
        *(("ca", "sí", "yes"), ("ca", "d'acord", "yes"), ("ca", "no", "no")),
        *(("es", "una persona", "@person"), ("es", "repita", "@repeat"), ("ca", "ajuda", "@help")),
        *(("en", "operator", "@person"), ("en", "say that again", "@repeat"), ("en", "help", "@help")),
    ],
)
def test_an_answer_is_told_by_its_sense(
    ear: Ear, speaker: Pyttsx3, language: str, text: str, sense: str
) -> None:
    """On a clean line, in a voice that the net never met."""
    found = _heard(ear, _said(speaker, text, language), language)
    assert found.chances[sense] > 0.7
    assert found.chance(text) == found.chances[sense]


OTHER = (
    *("quiero saber mi saldo", "el gato duerme", "cuatro cinco siete", "cierra la puerta"),
    *("me llamo Juan", "el tren sale tarde", "mañana por la tarde", "me gusta el café"),
    *("quiero pagar una factura", "cuatro cinco siete ocho", "necesito un recibo", "vivo en Sevilla"),
)


def test_other_words_are_something_else(ear: Ear, speaker: Pyttsx3) -> None:
    """Neither a yes nor a no, but for one in four at most: the decoder and the phones decide, too."""
    found = [_heard(ear, _said(speaker, text, "es"), "es") for text in OTHER]
    assert sum(one.other > 0.7 for one in found) >= 0.75 * len(OTHER)
    assert {one.chance(text) for one, text in zip(found, OTHER, strict=True)} == {None}


def test_people_behind_who_say_no_are_not_the_caller(ear: Ear, speaker: Pyttsx3) -> None:
    """A hum that is loud, and people 10 dB below it: whatever they say, the caller said nothing."""
    chance = np.random.default_rng(5)
    others = [
        np.tile(_said(speaker, text, "es"), 8) for text in ("no no", "sí", "no", "que no", "vale", "no")
    ]
    hum = 0.3 * np.sin(2 * np.pi * 220 * np.arange(12000) / 8000)
    assert _heard(ear, babble(10)(hum, chance, others), "es").other > 0.7


def test_chances_make_one(ear: Ear, speaker: Pyttsx3) -> None:
    """Of all senses and of anything else; a language that the net never heard has none."""
    sound = _said(speaker, "sí", "es")
    found = _heard(ear, sound, "es")
    assert sum(found.chances.values()) + found.other == pytest.approx(1.0, abs=1e-5)
    assert _spotted(ear, sound, "ko") is None


def test_rows_of_one_sense_have_that_sense() -> None:
    """ "No no no" is a no; a yes beside a no, and words that are not known, are nothing known."""
    found = Spotted(
        {"yes": 0.1, "no": 0.8}, 0.1, {"sí": "yes", "no": "no", "claro": "yes", "no gracias": "no"}
    )
    assert [found.chance(text) for text in ("no no no", "sí claro", "no gracias")] == [0.8, 0.1, 0.8]
    assert [found.chance(text) for text in ("sí no", "no lo sé", "")] == [None, None, None]


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_the_net_knows_what_flows_expect(language: str) -> None:
    """What was added to yes, no and universals since is not spotted: learn the net anew if it is much."""
    known = KeywordNet()._phrases[language]
    asked = universal_phrases(language, ("es", "ca", "en"), slowed=True)
    expected = {plain(phrase) for phrase in (*YesNo().phrases(language), *asked)}
    assert len(expected & set(known)) >= 0.9 * len(expected)


NO = [Scored("no", -0.5, 2), Scored("sí", -9.0, 2)]


def test_a_no_that_was_not_spotted_is_not_believed(speaker: Pyttsx3) -> None:
    """Whisper writes what somebody in the room said as clearly as the caller's words.

    Its text alone counts no more than what the net makes of it.
    """
    pcm = speaker.speak("no", language="es")

    def heard(chance: float) -> float:
        ear = ScriptedEar(Text("no", -0.1, 1, 0.0), choose=NO)
        ear.keywords = Spotted({"yes": 0.001, "no": chance}, 0.999 - chance, {"sí": "yes", "no": "no"})
        found = Utterance(ear, "es", ("sí", "no"), phonetics=SPANISH["phonetics"]).readings(pcm)
        return max((guess.confidence for guess in found if guess.text == "no"), default=0.0)

    assert heard(0.95) > 0.6 and heard(0.002) < 0.35
