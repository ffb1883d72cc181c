"""What may be said at any question, and how clearly it has to be said."""

from __future__ import annotations

from datetime import datetime

import pytest

from dialogs.results import Alternative, Heard, Match
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.yes_no import YesNo
from dialogs.universals import (
    BACK,
    CLEAR,
    FASTER,
    PERSON,
    REPEAT,
    SLOWER,
    find_universal,
    universal_phrases,
    wanted_instead,
)

LANGUAGES = ("es", "ca", "en")


def _found(text: str, confidence: float) -> str:
    heard = Heard((Alternative(text, confidence),))
    match = find_universal(heard, "es", LANGUAGES, one_key=False)
    return match.value if match else ""


@pytest.mark.parametrize(("confidence", "value"), [(CLEAR - 0.1, ""), (CLEAR, "@language:en")])
def test_another_language_has_to_be_clear(confidence: float, value: str) -> None:
    """A noise that sounds a little like "inglés" must not leave a caller with English."""
    assert _found("inglés", confidence) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("un quart de nou", ""), ("a dos quarts de nou del vespre", ""), ("dos quarts i cinc de nou", ""),
        ("un total de nou euros", ""), ("de nou", REPEAT), ("digui-ho de nou, si us plau", REPEAT),
        ("dos quarts de nou, una persona", PERSON),
    ],
)  # fmt: skip
def test_nine_is_not_again(text: str, value: str) -> None:
    """Catalan "de nou" asks for a repetition where it is no number."""
    match = find_universal(Heard((Alternative(text, 0.9),)), "ca", LANGUAGES, one_key=False)
    assert (match.value if match else "") == value


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "¿Cómo?"), ("es", "¿Qué?"), ("es", "¿Perdón?"), ("es", "perdone, ¿cómo?"), ("es", "¿eh, qué?"),
        ("es", "¿Qué ha dicho?"), ("es", "¿Mande?"), ("es", "¿cómo dijo?"), ("es", "¿qué dice?"),
        ("es", "perdón, no le oigo"), ("ca", "Com?"), ("ca", "Què?"), ("ca", "Perdó?"), ("ca", "Què ha dit?"),
        ("ca", "perdoni, com?"), ("ca", "què diu?"), ("en", "What?"), ("en", "Sorry?"), ("en", "Pardon?"),
        ("en", "Come again?"), ("en", "sorry, what?"), ("en", "I beg your pardon?"), ("en", "what was that?"),
    ],
)  # fmt: skip
def test_who_did_not_hear_hears_it_again(language: str, text: str) -> None:
    """The words that people say without thinking, in each language."""
    match = find_universal(Heard((Alternative(text, CLEAR),)), language, LANGUAGES, one_key=False)
    assert match is not None and match.value == REPEAT
    assert find_universal(Heard((Alternative(text, 0.3),)), language, LANGUAGES, one_key=False) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "¿cómo va mi pedido?"), ("es", "perdón, no"), ("es", "qué horario tienen"), ("es", "eh"),
        ("es", "cómo no"), ("es", "por favor"), ("es", "perdone, el martes"), ("ca", "com va la comanda"),
        ("ca", "perdó, no"), ("ca", "què més"), ("ca", "si us plau"), ("en", "what time do you open"),
        ("en", "sorry, no"), ("en", "pardon, the second one"), ("en", "please"), ("en", "excuse me, yes"),
    ],
)  # fmt: skip
def test_the_same_words_within_others_ask_for_nothing(language: str, text: str) -> None:
    """They begin questions and corrections, and go along with answers."""
    assert find_universal(Heard((Alternative(text, 0.9),)), language, LANGUAGES, one_key=False) is None


def test_what_is_only_a_second_reading_asks_for_nothing() -> None:
    """A recogniser finds "qué" in much."""
    heard = Heard((Alternative("mi factura", 0.6), Alternative("qué", 0.5)))
    assert find_universal(heard, "es", LANGUAGES, one_key=False) is None


@pytest.mark.parametrize(
    ("readings", "value"),
    [
        ((("cómo", 0.9), ("cómo no", 0.8)), REPEAT),
        ((("perdón", 0.8), ("mejor no", 0.5)), REPEAT),
        ((("cómo no", 0.9), ("cómo", 0.8)), "yes"),
        ((("no, perdón, ¿qué ha dicho?", 0.9),), REPEAT),
    ],
)
def test_a_yes_that_is_a_lesser_reading_of_what_is_none(
    readings: tuple[tuple[str, float], ...], value: str
) -> None:
    """Whoever has not heard the question must not have agreed to it."""
    heard = Heard(tuple(Alternative(text, sure) for text, sure in readings))
    own = YesNo().judge(heard, Asking("es", datetime(2026, 11, 23)))
    match = wanted_instead(own, heard, "es", LANGUAGES, one_key=True) or own
    assert isinstance(match, Match) and match.value == value


def test_a_question_keeps_its_own_words() -> None:
    """Where "qué" is a phrase of the question's own, it is that answer."""
    heard = Heard((Alternative("qué", 0.9),))
    own = choose([Choice("which", "1", {"es": ["qué"]})], heard, "es")
    assert isinstance(own, Match) and wanted_instead(own, heard, "es", LANGUAGES, one_key=True) is None


@pytest.mark.parametrize(("text", "value"), [("una persona", PERSON), ("volver atrás", "")])
def test_a_person_needs_less(text: str, value: str) -> None:
    """A person is not refused for want of clearness; nothing else is done at a guess."""
    assert _found(text, 0.3) == value
    assert _found(text, 0.2) == ""


def test_a_person_beside_an_unclear_language_is_a_person() -> None:
    """What is not believed does not hide what is."""
    assert _found("inglés una persona", 0.3) == PERSON


@pytest.mark.parametrize(
    ("language", "text", "wish"),
    [
        ("es", "me han cobrado otra vez", None),
        ("es", "va muy lento internet, más lento que ayer", None),
        ("es", "el mes anterior me cobraron de más", None),
        ("es", "quiero volver a pedir lo mismo", None),
        ("es", "otra vez, por favor", REPEAT),
        ("es", "¿me lo puede decir otra vez?", REPEAT),
        ("es", "hable un poco más lento", SLOWER),
        ("es", "quisiera volver al menú anterior", BACK),
        ("es", "me han cobrado otra vez, repítalo", REPEAT),
        ("ca", "m'han cobrat una altra vegada", None),
        ("ca", "el mes anterior em van cobrar de més", None),
        ("ca", "m'ho pot dir un altre cop, si us plau?", REPEAT),
        ("ca", "parli més lent", SLOWER),
        ("en", "they charged me once more", None),
        ("en", "my internet is slower than before", None),
        ("en", "somebody must call me back", PERSON),
        ("en", "please call me back", None),
        ("en", "one more time please", REPEAT),
        ("en", "could you speak a bit slower", SLOWER),
        ("en", "let's go back", BACK),
    ],
)  # fmt: skip
def test_what_is_said_of_something_else_is_no_wish_to_us(language: str, text: str, wish: str | None) -> None:
    """Who complains of a second charge must not hear the menu again, nor who has a slow line a slow voice."""
    found = find_universal(Heard((Alternative(text, 0.9),)), language, LANGUAGES, one_key=False)
    assert (found.value if found is not None else None) == wish


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "más rápido, por favor"), ("es", "no tan despacio"), ("ca", "parli més de pressa"),
        ("ca", "no tan a poc a poc"), ("en", "normal speed please"), ("en", "not so slowly"),
    ],
)  # fmt: skip
def test_the_usual_pace_is_asked_for_by_whom_we_speak_slowly_to(language: str, text: str) -> None:
    """Elsewhere "más rápido" may be an answer, and the recogniser has no word more to confuse."""
    heard = Heard((Alternative(text, 0.9),))
    slowed = find_universal(heard, language, LANGUAGES, one_key=False, slowed=True)
    assert slowed is not None and slowed.value == FASTER
    usual = find_universal(heard, language, LANGUAGES, one_key=False)
    assert usual is None or usual.value != FASTER
    more = set(universal_phrases(language, LANGUAGES, slowed=True))
    assert more > set(universal_phrases(language, LANGUAGES))
