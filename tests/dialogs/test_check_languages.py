"""Texts under the wrong language: swapped, copied; and what is none of that."""

from __future__ import annotations

import pytest

from dialogs.check_languages import misplaced, reads_like
from dialogs.expressions import parse_template


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Para su saldo, marque uno.", "en", "es"),
        ("Para su saldo, marque uno.", "ca", "es"),
        ("Digui o marqui el seu número.", "es", "ca"),
        ("Please say or key in your number.", "ca", "en"),
        ("Para su saldo, marque uno.", "es", None),
        ("Digui o marqui el seu número.", "ca", None),
        ("Please say your number.", "en", None),
        ("Hola.", "ca", None),
        ("Diga saldo.", "ca", None),
        ("We are at twelve, Calle de los Reyes.", "en", None),
        ("안녕하세요. Please say your number.", "ko", None),
    ],
)
def test_what_a_text_reads_like(text: str, language: str, found: str | None) -> None:
    """Two words of another language, and none of its own."""
    assert reads_like(text, language) == found


def test_two_swapped_texts_are_one_mistake() -> None:
    """Told where the first stands; one that was only copied is told by itself."""
    es, ca = parse_template("Para su saldo, marque uno."), parse_template("Digui o marqui el seu número.")
    assert [at for at, _ in misplaced({"es": ca, "ca": es})] == ["es"]
    assert [at for at, _ in misplaced({"es": es, "ca": ca, "en": es})] == ["en"]
    assert list(misplaced({"es": es, "ca": ca})) == []
