"""The rules that turn scores to readings, without an engine: Vosk's and Whisper's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from speech import vosk_readings
from speech.clips import Clip, clips_of, cut
from speech.espeak_phones import EspeakPhones
from speech.expected_phrases import (
    Candidates,
    believed,
    mended,
    ranked,
    respelled,
    sayable,
    similarity,
    verdicts,
    weighed,
)
from speech.in_front import Loudness
from speech.keyword_spotting import Spotted
from speech.phone_alignment import Course
from speech.phonetics import sounded
from speech.pyttsx3 import Pyttsx3
from speech.vosk_readings import Alternative, decoys_for, grammar_for
from speech.whisper_decoding import Scored, Text, plain, said_once
from speech.whisper_readings import Utterance
from speech.written_numbers import with_figures_joined
from tests.speech.conftest import noise, silence, tones


def _vosk(
    *alternatives: tuple[str, float],
    decoys: tuple[str, ...] = (),
    phrases: tuple[str, ...] = (),
    voiced: float = 0.0,
) -> list[tuple[str, float]]:
    stretch = [Alternative(text, score) for text, score in alternatives]
    found = vosk_readings.readings([stretch], decoys, phrases=phrases, voiced=voiced)
    return [(text, round(conf, 2)) for text, conf in found]


def test_a_lone_alternative_is_sure() -> None:
    """Vosk gives one alternative where nothing else comes near: that is certainty."""
    assert _vosk(("sí", 81.0)) == [("sí", 1.0)]


def test_only_differences_of_scores_count() -> None:
    """Scores are log likelihoods of the whole sound: adding a constant changes nothing."""
    assert _vosk(("sí", 81.0), ("no", 80.0)) == _vosk(("sí", 381.0), ("no", 380.0))
    assert _vosk(("sí", 81.0), ("no", 80.0))[0] == ("sí", 0.66)


def test_sound_that_fits_a_decoy_is_no_answer() -> None:
    """What noise was measured to give: decoys and answers close together, a decoy first."""
    assert _vosk(("이", 90.7), ("음", 90.5), ("네", 90.2), decoys=("이", "음")) == []
    assert _vosk(("", 344.7)) == []


def test_a_decoy_beside_an_answer_lowers_it() -> None:
    """ "Eh… sí" is a yes, less surely than "sí"."""
    found = _vosk(("eh sí", 80.0), decoys=("eh",))
    assert found == [("sí", 0.45)]


def test_a_syllable_beside_an_answer_lowers_it_more() -> None:
    """Speech of another language is cut into whatever is expected and scraps: hardly ever an answer."""
    assert _vosk(("싫어요 라", 149.4), decoys=("라",)) == [("싫어요", 0.25)]
    assert _vosk(("라 마 싫어요", 149.4), decoys=("라", "마")) == []


@pytest.mark.parametrize(
    ("seconds", "found"), [(0.65, [("싫어요", 1.0)]), (1.0, [("싫어요", 1.0)]), (2.5, [])]
)
def test_a_word_that_lasts_too_long_is_none(seconds: float, found: list[tuple[str, float]]) -> None:
    """A melody fits one word of the grammar better than any row of syllables: a "no" of two seconds."""
    assert _vosk(("싫어요", 78.9), phrases=("싫어요", "네"), voiced=seconds) == found


def test_phrases_in_a_row_that_nobody_expects_are_doubted() -> None:
    """Two people who talk in the room are "agent, no"; where a row is expected it is one answer."""
    said = ("상담원 아니요", 94.3)
    assert _vosk(said, phrases=("상담원", "아니요"), voiced=0.8) == [("상담원 아니요", 0.6)]
    assert _vosk(said, phrases=("상담원", "아니요", "상담원 아니요"), voiced=0.8) == [("상담원 아니요", 1.0)]
    assert _vosk(("네 네", 78.0), phrases=("네",), voiced=0.5) == [("네 네", 0.6)]


def test_the_words_of_a_number_last_as_long_as_they_like() -> None:
    """Where words come in a row, no phrase is the whole answer."""
    assert _vosk(("uno dos tres", 78.0), voiced=4.0) == [("uno dos tres", 1.0)]


def test_syllables_of_what_is_expected_are_no_decoys() -> None:
    """They are how an expected word begins or ends; the others are decoys of a language that has such."""
    chosen = decoys_for("ko", ("네", "다시 한번"), is_known=lambda _word: True)
    assert not {"다", "시", "한"} & set(chosen)
    assert {"카", "물"} <= set(chosen) and len(chosen) > 80


def test_the_words_of_a_number_stand_beside_no_syllables() -> None:
    """They are as short as those. Where syllables are, what is expected is likelier."""
    number = ("영", "일", "이")
    grammar, decoys = grammar_for("ko", number, is_known=lambda _word: True, in_a_row=True)
    assert "물" not in decoys and grammar == (*number, *decoys)
    grammar, decoys = grammar_for("ko", ("네",), is_known=lambda _word: True, in_a_row=False)
    assert "물" in decoys and grammar.count("네") == 3


def test_stretches_follow_one_another() -> None:
    """Vosk cuts at pauses: a number said in two goes is one reading, with its variants."""
    stretches = [
        [Alternative("cuatro cinco", 50.0), Alternative("cuatro", 49.0)],
        [Alternative("siete uno", 60.0)],
    ]
    texts = [text for text, _confidence in vosk_readings.readings(stretches, ())]
    assert texts == ["cuatro cinco siete uno", "cuatro siete uno"]


def test_decoys_never_resemble_what_is_expected() -> None:
    """A decoy that sounds like an answer would steal it; one the model lacks would be dropped."""
    chosen = decoys_for("es", ("mucho", "agua"), is_known=lambda word: word != "familia")
    assert not {"mucho", "agua", "familia"} & set(chosen)
    assert len(chosen) > 10
    assert decoys_for("xx", ("a",), is_known=lambda word: True) == ()


def test_phrases_take_a_plausible_time() -> None:
    """A second and a half is not "no", and a tenth of a second is not a sentence."""
    assert sayable("no", 0.25) and sayable("no", 0.8) and not sayable("no", 1.5)
    assert sayable("quiero saber mi saldo", 1.4) and not sayable("quiero saber mi saldo", 0.3)


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [
        ("c", "sí", 1.0),
        ("quiero saber mi talmo", "quiero saber mi saldo", 0.85),
        ("ceis", "seis", 1.0),
        ("vale", "bale", 1.0),
    ],
)
def test_what_sounds_alike_is_alike(one: str, other: str, least: float) -> None:
    """Whisper spells what it hears: the spelling is folded before it is compared."""
    assert similarity(one, other) >= least


def test_folding_keeps_different_words_apart() -> None:
    """Folding is not deafness."""
    assert similarity("sí", "no") < 0.3
    assert sounded("dos") != sounded("doce")


def test_free_text_is_plain_words() -> None:
    """The port promises lower case without punctuation; Catalan keeps its middle dot and apostrophe."""
    assert plain("¡Sí, quiero saber mi saldo!") == "sí quiero saber mi saldo"
    assert plain("L’intel·ligència d'aquí.") == "l'intel·ligència d'aquí"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Su saldo es de 142," + "5," * 46, "su saldo es de 142 5"),
        ("12-34-" * 8, "12 34"),
        ("Quiero saber mi saldo. Quiero saber mi saldo.", "quiero saber mi saldo"),
        ("5,5,5,5,5,5,5,5,5", "5 5 5 5 5 5 5 5 5"),
        ("12,12,12", "12 12 12"),
        ("no, no, no", "no no no"),
        ("", ""),
    ],
)
def test_a_loop_is_written_once(written: str, said: str) -> None:
    """Also of figures without blanks; a telephone number of nines is none."""
    assert said_once(written) == said


class ScriptedEar:
    """Hears whatever the test says; counts how often it listened."""

    def __init__(self, free: Text, **scores: list[Scored]) -> None:
        self._free = free
        self._scores = scores
        self.listened = 0
        self.keywords: Spotted | None = None

    def listen(self, pcm: bytes) -> tuple[object, int]:
        """The sound's length is all that this ear keeps."""
        self.listened += 1
        return len(pcm), 100

    def free(self, heard: tuple[object, int], language: str) -> Text:
        """As scripted."""
        return self._free

    def write(self, heard: tuple[object, int], language: str) -> list[Text]:
        """As scripted, and the other readings of a sentence."""
        return [
            self._free,
            *(Text(one.phrase, one.logprob, one.tokens, 0.1) for one in self._scores.get("write", [])),
        ]

    def sounding(self, heard: tuple[object, int], front: tuple[int, int]) -> None:
        """No phones: what is scripted is scores."""

    def spotted(self, heard: tuple[object, int], language: str, loud: Loudness) -> Spotted | None:
        """As scripted; mostly nothing."""
        return self.keywords

    def choose(
        self, heard: tuple[object, int], language: str, phrases: Sequence[str], *, besides: Sequence[str] = ()
    ) -> list[Scored]:
        """As scripted, among what is possible."""
        return [scored for scored in self._scores.get("choose", []) if scored.phrase in phrases]

    def spell(
        self,
        heard: tuple[object, int],
        language: str,
        words: Sequence[str],
        *,
        possible: Callable[[str], bool],
    ) -> list[Scored]:
        """As scripted, if sayable in the time."""
        return [scored for scored in self._scores.get("spell", []) if possible(scored.phrase)]


SPANISH: dict[str, Any] = {"phonetics": EspeakPhones(), "language": "es"}
MENU = ("mi saldo", "una persona", "sí", "no")
DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")


def test_a_phrase_that_scores_and_sounds_right_wins(speaker: Pyttsx3) -> None:
    """The forced score and the spelling agree: sure, before the misspelt free text. (Over hiss the phrases
    have -20.3 and -8.6.)"""
    ear = ScriptedEar(
        Text("mi saldho", -2.0, 4, 0.1),
        choose=[Scored("mi saldo", -4.0, 4, -20.3), Scored("sí", -9.0, 2, -8.6)],
    )
    found = Utterance(ear, "es", MENU).readings(speaker.speak("mi saldo", language="es"))
    assert found[0].text == "mi saldo" and found[0].confidence > 0.8
    assert [guess.text for guess in found] == ["mi saldo", "mi saldho"]


def test_what_fits_best_need_not_be_what_was_said() -> None:
    """ "Un gir" in babble, as it was measured: "repetir" fits better, but is rushed through, and the keyword
    spotter, who knows it, has not heard it."""
    free = Text("l'estat d'estat", -9.3, 15, 0.29)
    said = Scored(
        *("un gir", -22.4, 4),
        prior=-24.4,
        fit=-33.0,
        course=Course(brief=0.4, until=0.48, after=0.04, at_once=0.24),
        sense=-0.01,
    )
    other = Scored(
        *("repetir", -10.0, 3),
        prior=-14.6,
        fit=-29.0,
        course=Course(brief=0.67, until=0.46, after=0.06, at_once=0.34),
        keyword=True,
        sense=-6.1,
    )
    found = Candidates([said, other], 0.8, 0.7)
    assert ranked(found.scored, free, prior=found.prior)[0].scored is other
    first, second = verdicts(found, free, phonetics=EspeakPhones(), language="ca")
    assert first.scored is said and first.chance > 5 * second.chance
    guesses = believed([first, second])
    assert [guess.text for guess in guesses] == ["un gir", "repetir"]
    assert guesses[0].confidence > guesses[1].confidence


def test_what_nobody_expected_stays_unsure(speaker: Pyttsx3) -> None:
    """ "Tengo hambre" is not yes: the free text is there below one half, the phrases are gone."""
    ear = ScriptedEar(
        Text("tengo hambre", -0.5, 4, 0.1), choose=[Scored("sí", -13.0, 2), Scored("no", -13.5, 2)]
    )
    found = Utterance(ear, "es", MENU).readings(speaker.speak("tengo hambre", language="es"))
    assert [guess.text for guess in found] == ["tengo hambre"]
    assert found[0].confidence < 0.5


def test_free_speech_is_taken_as_it_comes(speaker: Pyttsx3) -> None:
    """Without expectations the confidence is the mean probability of the tokens."""
    ear = ScriptedEar(Text("quiero cambiar la dirección", -0.6, 5, 0.0))
    found = Utterance(ear, "es", ()).readings(speaker.speak("quiero cambiar", language="es"))
    assert found[0].confidence == pytest.approx(2.718281828 ** (-0.1), rel=1e-3)


@pytest.mark.parametrize(
    "sound",
    [b"", silence(2.0), noise(2.0, 800), noise(1.0, 3000, kind="pink"), tones(770, 1336, seconds=0.6)],
)
def test_no_voice_no_words(sound: bytes) -> None:
    """The ear is not even asked: on noise a decoder says whatever it may."""
    ear = ScriptedEar(Text("no", -0.1, 1, 0.0), choose=[Scored("no", -0.5, 2)])
    assert Utterance(ear, "es", MENU).readings(sound) == ()
    assert ear.listened == 0


def vowel(seconds: float) -> bytes:
    """A voice that says "aaa": harmonics of 130 Hz. The same each time, as no synthesiser's word is."""
    at = np.arange(round(seconds * 8000)) / 8000
    sound = sum(np.sin(2 * np.pi * 130 * k * at) / k for k in range(1, 20))
    return (np.asarray(sound) * 4000).astype("<i2").tobytes()


def test_words_parted_by_pauses_are_recognised_while_the_caller_speaks() -> None:
    """Each clip is decoded once, early; at the end only the last one and the whole are left."""
    word = silence(0.05) + vowel(0.4) + silence(0.3)
    ear = ScriptedEar(Text("4 4", -9.0, 2, 0.0), choose=[Scored("cuatro", -3.0, 3)])
    utterance = Utterance(ear, "es", (), DIGITS)
    assert not utterance.early(word)  # its last clip may still grow
    while utterance.early(word * 3):
        pass
    assert ear.listened == 2
    found = utterance.readings(word * 3)
    assert ear.listened == 4
    assert found[0].text == "cuatro cuatro cuatro"


def test_clips_are_cut_at_pauses(speaker: Pyttsx3) -> None:
    """Five digits with commas are five clips; the cut holds the whole word."""
    sound = silence(0.3) + speaker.speak("cuatro, cinco, siete, uno, ocho", language="es") + silence(0.5)
    clips = clips_of(sound)
    assert len(clips) == 5
    assert all(0.15 < clip.seconds < 0.9 for clip in clips)
    assert len(cut(sound, clips[0])) == (clips[0].end - clips[0].start + 6) * 320
    assert clips_of(b"") == [] and clips_of(silence(1.0)) == []
    assert cut(bytes(3200), Clip(0, 10)) == bytes(3200)


def test_an_expected_phrase_is_put_where_the_free_text_sounds_like_it() -> None:
    """The decoder is then asked about the whole sentence; the likest place is the only one tried."""
    assert mended("quiero saber mi palmo", ["saldo", "gracias"], **SPANISH)[0] == "quiero saber mi saldo"
    assert mended("que voy a saber cuánto nevo", ["cuánto debo"], **SPANISH) == [
        "que voy a saber cuánto debo"
    ]


@pytest.mark.parametrize(
    ("wrote", "said"),
    [
        ("siento 89 dólares", "ciento 89 dólares"),
        ("sinco cerro zeis", "cinco cero seis"),
        ("ojo", "ojo"),  # only about like "ocho": the question rescues it, and asks back
        ("una persona", "una persona"),
        ("me voy a casa", "me voy a casa"),
        ("", ""),
    ],
)
def test_number_words_that_whisper_spelt_otherwise(wrote: str, said: str) -> None:
    """The same sound is the same word; another one stays what it is."""
    words = ("cero", "cinco", "seis", "ocho", "ciento", "dólares")
    assert respelled(wrote, words, {*words, "una", "persona"}, **SPANISH) == said


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("saldo", ["saldo"]),  # no sentence around it
        ("mañana voy al campo", ["agente"]),  # nothing sounds like it
        ("món raca", ["no", "sí"]),  # too short to be found anywhere
        ("", ["saldo"]),
    ],
)
def test_nothing_is_mended_where_nothing_sounds_alike(text: str, phrases: list[str]) -> None:
    """A sentence about something else stays what it is."""
    assert mended(text, phrases, **SPANISH) == []


def test_what_the_model_expects_by_itself_is_taken_off() -> None:
    """A phrase that Whisper has read often loses its advantage over the one that was said."""
    often = Scored("no", logprob=-6.0, tokens=2, prior=-4.0)
    said = Scored("no gracias", logprob=-7.5, tokens=3, prior=-14.0)
    without = weighed([often, said], None)
    taken_off = weighed([often, said], None, prior=0.5)
    assert taken_off[0].text == "no gracias"
    rank = {guess.text: guess.confidence for guess in without}
    assert rank["no gracias"] / rank["no"] < taken_off[0].confidence / taken_off[1].confidence


@pytest.mark.parametrize(
    ("language", "wrote", "said"),
    [
        ("es", "340 y 5 dólares", "345 dólares"),
        ("es", "80 y ocho euros", "88 euros"),
        ("es", "6 745 dólares", "6745 dólares"),
        ("es", "6 740 y 5 dólares", "6745 dólares"),
        ("es", "mil ochocientos 60 y 1 dólares", "mil ochocientos sesenta y uno dólares"),
        ("es", "cinco mil 680 y ocho", "cinco mil seiscientos ochenta y ocho"),
        ("ca", "80 i cinc euros", "85 euros"),
        ("es", "600 111 222", "600 111222"),
        ("es", "45 y 7", "45 y 7"),
        ("es", "100 y 20", "100 y 20"),
        ("es", "cuatro 5 siete", "cuatro cinco siete"),
        ("en", "7 hundred", "7 hundred"),
        ("es", "una persona", "una persona"),
    ],
)
def test_numbers_that_whisper_half_wrote_in_figures(language: str, wrote: str, said: str) -> None:
    """Eight of ten Spanish amounts came back like this; none of them was understood."""
    words = ("mil", "ochocientos", "cuatro", "cinco", "siete", "y", "cien")
    assert with_figures_joined(wrote, language, words) == said


@pytest.mark.parametrize(
    ("wrote", "amount", "digits"),
    [
        ("680 4 dollars", "684 dollars", "680 4 dollars"),
        ("200 50 3", "253", "200 50 3"),
        ("2000 300 50", "2350", "2000 300 50"),
        ("20 30", "20 30", "20 30"),
        ("45 71 8", "45 71 8", "45 71 8"),
        ("100", "100", "100"),
    ],
)
def test_quantities_in_several_figures(wrote: str, amount: str, digits: str) -> None:
    """Where hundreds are expected they are one number; a row of digits stays as it was said."""
    assert with_figures_joined(wrote, "en", ("hundred", "dollars")) == amount
    assert with_figures_joined(wrote, "en", ("one", "two")) == digits


def test_a_sentence_without_expectations_has_every_reading_of_the_search(speaker: Pyttsx3) -> None:
    """Whoever understands free speech may weigh them against each other."""
    ear = ScriptedEar(Text("bull pagar", -2.0, 3, 0.1), write=[Scored("vull pagar", -2.4, 3)])
    found = Utterance(ear, "ca", []).readings(speaker.speak("vull pagar", language="ca"))
    assert [guess.text for guess in found] == ["bull pagar", "vull pagar"]
    assert found[0].confidence > found[1].confidence > 0.4
