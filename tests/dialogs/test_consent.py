"""What counts as having agreed: plain words at once, a manner of speaking only when asked back."""

from __future__ import annotations

import pytest

from dialogs.results import Alternative, Heard, Keyed, Match
from dialogs.slots.acceptance import judged
from dialogs.slots.asking import Asking


def heard(text: str, language: str) -> tuple[str, str]:
    found = judged(Heard((Alternative(text, 0.9),)), Asking(language, None, "ES"))
    assert not isinstance(found, Match) or found.said == text
    return (found.value, found.band) if isinstance(found, Match) else ("", "")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(
            ("es", text)
            for text in ("sí", "sí, acepto", "Acepto.", "sí, estoy de acuerdo", "sí, señora", "de acuerdo")
        ),
        *(("ca", text) for text in ("sí", "sí, accepto", "Accepto", "hi estic d'acord", "d'acord")),
        *(("en", text) for text in ("yes", "yes, I accept", "I accept", "I agree", "yes, please")),
    ],
)
def test_a_plain_yes_is_one(language: str, text: str) -> None:
    assert heard(text, language) == ("yes", "sure")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("es", text) for text in ("no", "no acepto", "no estoy de acuerdo", "no lo acepto", "rechazo")),
        *(("ca", text) for text in ("no", "no accepto", "no hi estic d'acord")),
        *(("en", text) for text in ("no", "I do not accept", "I don't agree", "I decline")),
    ],
)
def test_a_plain_no_is_one(language: str, text: str) -> None:
    assert heard(text, language)[0] == "no"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        *(("es", text) for text in ("venga", "no hay problema", "claro", "ok", "por qué no", "sin duda")),
        *(("ca", text) for text in ("som-hi", "és clar", "cap problema")),
        *(("en", text) for text in ("sure", "of course", "why not")),
    ],
)
def test_a_manner_of_speaking_is_never_sure(language: str, text: str) -> None:
    """It may be asked back; it is no evidence by itself."""
    assert heard(text, language) in {("yes", "check"), ("", "")}


@pytest.mark.parametrize(
    "text", ["acepto que no", "si acepto ya veré", "no sé si acepto", "que acepte mi marido", ""]
)
def test_what_is_neither_is_no_yes(text: str) -> None:
    assert heard(text, "es") != ("yes", "sure")


def test_keys_are_as_anywhere() -> None:
    found = judged(Keyed("1"), Asking("es", None, "ES"))
    assert isinstance(found, Match) and (found.value, found.band) == ("yes", "sure")
