"""What the net that spots yes and no is learnt from."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ivr.evaluation.material import VOICES, YES_NO
from ivr.evaluation.menus import MENU
from ivr.evaluation.nothing import FOREIGN as EVALUATED_FOREIGN
from ivr.evaluation.nothing import OTHER_WORDS
from speech.espeak_phones import EspeakPhones
from speech.keyword_spotting import WEIGHTS
from speech.phone_frames import PAUSE
from speech.sound import SAMPLE_RATE
from tests.models import need_model
from tests.speech.keyword_clips import FOREIGN, LEAD, KeywordClip, Labels, longer, telephone
from tests.speech.keyword_noises import noise
from tests.speech.keyword_phrases import COMMON, LONE, near_misses, phrases, sense
from tests.speech.phone_times import Stretch
from tests.speech.train_phones import BASES, LANGUAGES, VARIANTS


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_all_phrases_and_voices_are_none_of_the_evaluation(language: str) -> None:
    """Its courtesies are in the closed list; its menu and other words are not, nor are its voices."""
    said = {*phrases(language), *COMMON[language], *LONE[language]}
    assert {text for text, _value in YES_NO[language]} <= said
    assert said.isdisjoint(OTHER_WORDS[language])
    assert said.isdisjoint(text for choice in MENU.values() for text in choice[language])
    voices = {f"{base}+{variant}" for base in (*BASES[language], *FOREIGN) for variant in VARIANTS}
    assert voices.isdisjoint(VOICES[language])
    assert {voice.split("+")[0] for voice in (*EVALUATED_FOREIGN, *BASES[language])}.isdisjoint(FOREIGN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_common_has_a_sense_and_so_has_what_the_net_knows(language: str) -> None:
    """A phrase that means something else to the question than to the net would be believed in the wrong."""
    assert all(sense(text, language) for text in (*COMMON[language], *LONE[language]))
    assert [sense(text, language) for text in LONE[language]] == ["yes", "no"]
    assert all(sense(text, language) == value for text, value in YES_NO[language])
    with np.load(WEIGHTS) as kept:
        known = json.loads(str(kept["phrases"]))[language]
    assert known == {text: sense(text, language) for text in known}


def test_a_clip_is_labelled_by_what_the_question_would_take_it_for() -> None:
    """What nobody can tell from an answer is no lesson in answers."""
    labels = Labels()
    assert labels.of("said", "sí sí sí", "es") == ("", "yes", True)
    assert labels.of("said", "no gracias", "es") == ("no gracias", "no", True)
    assert labels.of("said", "creo que sí", "es")[1:] == ("yes", True)
    assert labels.of("said", "gracias", "es") == ("gracias", "", True)
    assert labels.of("said", "no lo sé", "es") == ("no lo sé", "", True)
    assert labels.of("said", "no sabría decirle", "es") == ("", "", False)
    assert labels.of("said", "mañana por la tarde", "es") == ("", "", True)
    assert labels.of("said", "una persona", "es") == ("una persona", "@person", True)
    assert labels.of("said", "qué", "es") == ("qué", "@repeat", True)
    assert labels.of("said", "quiero una persona ahora", "es") == ("", "", False)
    assert labels.of("made_up", "noh", "es") == ("", "", False)  # sounds like it
    assert labels.of("made_up", "glai", "es") == ("", "", True)
    assert labels.of("foreign", "no", "en") == ("", "", False)
    assert labels.of("foreign", "yes please", "es") == ("", "", False)
    assert labels.of("foreign", "operator", "ca") == ("", "", False)
    assert labels.of("foreign", "el tren surt tard", "es") == ("", "", True)
    assert labels.of("behind", "", "ca") == labels.of("noise", "", "ca") == ("", "", True)


def test_near_misses_sound_like_a_phrase_and_are_none() -> None:
    """The nearest first: what a net that listens for beginnings would take for an answer."""
    near = near_misses("es", ["noche de perros", "una siesta", "no", "ahí", "xilófono"], EspeakPhones())
    assert near.index("noche") < near.index("xilófono") and "no" not in near and "sí" not in near


def test_another_throat_and_telephone_change_the_sound_and_not_its_times() -> None:
    """A tenth longer is a tenth lower, and so are the times; a telephone takes what lies below its band."""
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    high, low = (np.sin(2 * np.pi * hertz * time) for hertz in (1000, 40))
    slow, stretches = longer(high, [Stretch(0.2, 0.4, "a")], 110)
    assert len(slow) == pytest.approx(1.1 * SAMPLE_RATE, rel=0.01)
    assert np.abs(np.fft.rfft(slow)).argmax() * SAMPLE_RATE / len(slow) == pytest.approx(1000 / 1.1, abs=2)
    assert (stretches[0].begin, stretches[0].end) == pytest.approx((0.22, 0.44))
    heard = telephone(high + low, random.Random(1))
    spectrum = np.abs(np.fft.rfft(heard))
    assert len(heard) == SAMPLE_RATE and spectrum[40] < 0.3 * spectrum[1000]


def test_no_two_noises_are_alike_and_each_is_whole() -> None:
    """At most three seconds, as loud as may be, without a click at either end."""
    draw, chance = random.Random(1), np.random.default_rng(1)
    drawn = [noise(draw, chance) for _noise in range(40)]
    assert len({sound.tobytes() for sound in drawn}) == 40
    for sound in drawn:
        assert 0.1 * SAMPLE_RATE < len(sound) <= 3 * SAMPLE_RATE and np.isfinite(sound).all()
        assert 0 < np.abs(sound).max() <= 1 and sound[0] == sound[-1] == 0


def test_the_program_makes_clips_as_the_recogniser_gets_them(tmp_path: Path) -> None:
    """Each has numbers, loudness and a phone for every frame, and the phones are those of its words."""
    need_model("whisper-base")
    command = ["clips", "--seed", "1", "--count", "8", "--out", str(tmp_path / "clips")]
    program = [sys.executable, "-m", "tests.speech.train_keywords", *command]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    made: list[KeywordClip] = pickle.loads((tmp_path / "clips").read_bytes())
    assert done.stdout.startswith(f"{len(made)} clips") and len(made) >= 5
    assert any(clip.phrase in ("sí", "no") for clip in made)
    for clip in made:
        assert clip.frames.shape[1] == 512 and clip.loudness.shape == (len(clip.frames), 2)
        assert len(clip.phones) == len(clip.frames) and np.all(clip.loudness[:LEAD] == (0, -4))
        assert not clip.phrase or clip.sense == sense(clip.phrase, clip.language)
        if clip.phrase in ("sí", "no"):
            spoken = [phone for phone in clip.phones[LEAD:] if phone != PAUSE]
            assert spoken[0] == {"sí": "s", "no": "n"}[clip.phrase]
