"""Long texts are cut where a reader would breathe, and nothing of them is lost."""

from __future__ import annotations

import random

import pytest

from speech.stretches import stretches


@pytest.mark.parametrize(
    ("text", "longest", "wanted"),
    [
        ("", 10, []),
        ("   ", 10, []),
        ("Hola.", 10, ["Hola."]),
        ("Debe 3.50 euros. Gracias.", 17, ["Debe 3.50 euros.", "Gracias."]),
        ("Uno. Dos. Tres.", 10, ["Uno. Dos.", "Tres."]),
        ("¿Es usted Ana? ¡Qué bien! Sigamos.", 26, ["¿Es usted Ana? ¡Qué bien!", "Sigamos."]),
        ("Dijo «vale.» Y se fue.", 12, ["Dijo «vale.»", "Y se fue."]),
        ("primero esto, luego aquello y nada más", 20, ["primero esto,", "luego aquello y nada", "más"]),
        ("una palabra tras otra", 11, ["una palabra", "tras otra"]),
        ("abcdefghij klm", 4, ["abcd", "efgh", "ij", "klm"]),
        ("línea\nlínea", 6, ["línea", "línea"]),
    ],
)
def test_where_a_text_is_cut(text: str, longest: int, wanted: list[str]) -> None:
    """Between sentences if one ends there, else between clauses, else between words."""
    assert stretches(text, longest) == wanted


def test_nothing_is_lost_and_nothing_is_too_long() -> None:
    """Whatever the text: all of its signs but white space, in order, in stretches that may be said."""
    chance = random.Random(7)
    for _ in range(500):
        text = "".join(chance.choice("abc é.,;!?()«» \n-…3") for _ in range(chance.randrange(200)))
        longest = chance.randrange(1, 40)
        cut = stretches(text, longest)
        assert "".join("".join(cut).split()) == "".join(text.split())
        assert all(0 < len(each) <= longest for each in cut)


def test_a_stretch_of_nothing_is_refused() -> None:
    """It would never end."""
    with pytest.raises(ValueError, match="0 signs"):
        stretches("hola", 0)
