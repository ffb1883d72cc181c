"""How alike words sound, and what makes an expected phrase sure."""

from __future__ import annotations

from functools import partial

import pytest

from speech.espeak_phones import EspeakPhones
from speech.evidence import DECODED, KEYWORDS, NAMES, PHRASES, confidence, evidence, probability
from speech.phone_alignment import Course
from speech.phonetics import Spelling, cost, likeness, shared, symbols
from speech.whisper_decoding import Scored, Text

ESPEAK = EspeakPhones()


def _alike(language: str, one: str, other: str) -> float:
    return likeness(ESPEAK.phones(one, language), ESPEAK.phones(other, language))


@pytest.mark.parametrize(
    ("language", "heard", "meant", "other"),
    [
        ("es", "ojo", "ocho", "cero"),
        ("es", "cerro", "cero", "sí"),
        ("es", "sínco", "cinco", "siete"),
        ("es", "salvo", "saldo", "pedido"),
        ("es", "no raca", "no gracias", "de acuerdo"),
        ("ca", "vui", "vuit", "set"),
        ("ca", "sis plau", "si us plau", "sisplau gràcies"),
        ("en", "tree", "three", "two"),
        ("en", "bounce", "balance", "order"),
    ],
)
def test_what_was_misheard_is_nearest_to_what_was_meant(
    language: str, heard: str, meant: str, other: str
) -> None:
    """The Spanish ones were written by Whisper; the spelling of some has little in common."""
    near = _alike(language, heard, meant)
    assert near > 0.5
    assert near > _alike(language, heard, other) + 0.1


def test_the_same_sound_is_the_same_whatever_the_spelling() -> None:
    """Spanish of America says z as s; Catalan's unstressed o is u."""
    assert _alike("es", "vaca", "baca") == 1.0
    assert _alike("es", "casa", "caza") == 1.0
    assert _alike("ca", "portar", "purtar") == 1.0
    assert _alike("en", "write", "right") == 1.0


@pytest.mark.parametrize(("one", "other"), [("p", "b"), ("s", "θ"), ("e", "i"), ("j", "i"), ("p", "a")])
def test_costs_have_no_direction(one: str, other: str) -> None:
    """And lie between nothing and everything."""
    assert cost(one, other) == cost(other, one)
    assert 0.0 < cost(one, other) <= 1.0
    assert cost(one, one) == 0.0


def test_near_phones_cost_less_than_far_ones() -> None:
    """Voice, then place, then the manner; a vowel is no consonant."""
    assert cost("p", "b") < cost("p", "k") < cost("p", "l") < cost("p", "a") == 1.0
    assert cost("e", "i") < cost("e", "u")


def test_silence_is_like_nothing() -> None:
    """No division by nothing, and no likeness out of it."""
    assert likeness((), ()) == 1.0
    assert likeness((), ("n", "o")) == 0.0
    assert shared((), ()) == 0.0
    assert ESPEAK.phones("네", "ko") == () == ESPEAK.phones("", "es")


def test_phones_are_plain_symbols() -> None:
    """Stress, length and ties are gone, diphthongs are in halves."""
    assert symbols("ɹ_ˈaɪ_t") == ("ɹ", "a", "ɪ", "t")
    assert symbols("ˈo_tʃ_o") == ("o", "tʃ", "o")
    assert symbols("") == ()


def test_brackets_are_letters_not_phonemes() -> None:
    """What a decoder writes is text: espeak-ng reads [[…]] as phonemes, which nobody may choose."""
    assert ESPEAK.phones("[[sI]]", "es") == ESPEAK.phones("sI", "es")


def test_without_espeak_the_spelling_stands_in() -> None:
    """Rougher, and still nearer to what was meant."""
    phones = Spelling().phones
    assert likeness(phones("sínco", "es"), phones("cinco", "es")) == 1.0
    assert likeness(phones("salvo", "es"), phones("saldo", "es")) > 0.7


FREE = Text("qué bonito", logprob=-4.0, tokens=4, no_speech=0.2)


def _chance(free: Text, **changed: float) -> float:
    facts = {"logprob": -6.0, "tokens": 4, "prior": -14.0} | changed
    laid = {name: facts[name] for name in ("brief", "until", "after", "at_once") if name in facts}
    course = Course(**{"brief": 0.0, "until": 1.0, "after": 0.0, "at_once": 0.0} | laid)
    one = Scored(
        "quiero mi saldo", facts["logprob"], int(facts["tokens"]), facts["prior"], facts.get("fit"), course
    )
    found = evidence(one, facts.get("share", 0.6), free, 1.2, phonetics=ESPEAK, language="es")
    return probability(found)


def test_what_speaks_for_a_phrase() -> None:
    """The free text says it, its phones lie there, the sound says it more than hiss, it is spelt easily."""
    same = Text("quiero mi saldo", -5.0, 4, 0.2)
    assert _chance(same) > 0.9 > _chance(FREE, prior=-6.0, fit=-120.0)
    assert _chance(FREE, fit=-20.0) > _chance(FREE, fit=-60.0) > _chance(FREE, fit=-120.0)
    assert _chance(FREE, logprob=-3.0) > _chance(FREE) > _chance(FREE, logprob=-9.0)
    assert _chance(FREE, prior=-20.0) > _chance(FREE) > _chance(FREE, prior=-6.0)
    assert _chance(FREE, share=1.0) > _chance(FREE, share=0.0)
    assert {len(one.weights) for one in (PHRASES, KEYWORDS, DECODED)} == {len(NAMES)}


def test_what_is_rushed_through_or_a_piece_of_more_is_believed_less() -> None:
    """Phones that are hardly there, somebody in front who speaks long before it, or on after it."""
    laid = partial(_chance, FREE, fit=-40.0)
    assert laid() > laid(brief=0.3) > laid(brief=0.6)
    assert laid() > laid(until=2.0)
    assert laid() > laid(after=0.5) > laid(after=0.5, at_once=1.0)


def test_what_is_usual_of_right_phrases_is_believed_and_of_others_not() -> None:
    """Medians of 512 right phrases, and of the likeliest ones of 184 other sounds (tuning half)."""
    right = {"logprob": -12.0, "prior": -22.0, "fit": -22.0, "share": 0.99}
    others = {"logprob": -20.0, "prior": -20.0, "fit": -108.0, "share": 0.36}
    wrote = Text("quero mi salo", logprob=-5.0, tokens=4, no_speech=0.2)
    assert _chance(wrote, **right, brief=0.12, until=0.78, after=0.04, at_once=0.2) > 0.95
    assert _chance(FREE, **others, brief=0.5, until=1.36, after=0.07, at_once=0.36) < 0.05


def test_confidence_grows_with_the_chance() -> None:
    """From nothing to certainty, and even odds are where it begins to be believed."""
    steps = [confidence(at / 100) for at in range(101)]
    assert steps == sorted(steps) and (steps[0], steps[-1]) == (0.0, 1.0)
    assert 0.15 < confidence(0.45) < 0.4 < confidence(0.51)
