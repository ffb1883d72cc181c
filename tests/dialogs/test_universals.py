"""What may be said at any question, and how clearly it has to be said."""

from __future__ import annotations

import pytest

from dialogs.results import Alternative, Heard
from dialogs.universals import CLEAR, FASTER, PERSON, REPEAT, find_universal, universal_phrases

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


@pytest.mark.parametrize(("text", "value"), [("una persona", PERSON), ("volver atrás", "")])
def test_a_person_needs_less(text: str, value: str) -> None:
    """A person is not refused for want of clearness; nothing else is done at a guess."""
    assert _found(text, 0.3) == value
    assert _found(text, 0.2) == ""


def test_a_person_beside_an_unclear_language_is_a_person() -> None:
    """What is not believed does not hide what is."""
    assert _found("inglés una persona", 0.3) == PERSON


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
