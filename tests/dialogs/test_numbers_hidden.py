"""Numbers that answer nothing are in no record: they may be a PIN that was said in one go with the number."""

from __future__ import annotations

import pytest

from dialogs.numbers_hidden import fit_to_keep, hide_numbers
from dialogs.results import Alternative, Heard, Keyed, Match, NoInput, NoMatch
from dialogs.spoken import say_digits

HIDDEN = [
    "cuatro cinco siete uno seis siete tres cero dos",
    "mi número es 45716 y la clave 7302",
    "45716 7302",
    "cuarenta y cinco setenta y uno seis clave setenta y tres cero dos",
    "mil dos tres cuatro",
    "siete mil trescientos dos",
    "doble siete tres cero",
    "quaranta-cinc setanta-u sis, i la clau és set tres zero dos",
    "four five seven one six and the pin is seven three oh two",
    "7-3-0-2",
    "siete... tres, cero; dos",
    "mi clave es siete, tres, perdón, tres, cero, dos",
]
KEPT = [
    "no lo tengo aquí",
    "quiero dos pedidos",
    "tres días",
    "el dieciocho de marzo",
    "mi tarjeta de veinte euros",
    "cap",
    "no, uno no",
    "the one on the first of May",
    "",
]


@pytest.mark.parametrize("said", HIDDEN)
def test_numbers_that_answer_nothing_are_hidden(said: str) -> None:
    """Not one of their words is left, in whatever language they are."""
    answer, given = fit_to_keep(
        NoMatch(said), Heard((Alternative(said, 0.9), Alternative(said + " eh", 0.5)))
    )
    assert isinstance(answer, NoMatch)
    assert isinstance(given, Heard)
    for text in (answer.said, *(one.text for one in given.alternatives)):
        assert "•••" in text
        assert not any(sign.isdigit() for sign in text)
        left = set(text.lower().replace(",", " ").split())
        for language in ("es", "ca", "en"):
            assert not left & set(say_digits("023456789", language).replace(",", "").split())


@pytest.mark.parametrize("said", KEPT)
def test_other_words_are_kept(said: str) -> None:
    """Designers read what was not understood: only what may be a PIN is taken out."""
    heard = Heard((Alternative(said, 0.9),))
    assert fit_to_keep(NoMatch(said), heard) == (NoMatch(said), heard)


def test_an_answer_keeps_its_own_digits_and_no_more() -> None:
    """A customer number stays as it was said; with a PIN behind it, neither does."""
    number = Match("45716", "mi número es 45716", "voice", 0.9)
    heard = Heard((Alternative("mi número es 45716", 0.9),))
    assert fit_to_keep(number, heard) == (number, heard)
    both = "cuatro cinco siete uno seis, la clave siete tres cero dos"
    kept, given = fit_to_keep(Match("45716", both, "voice", 0.9), Heard((Alternative(both, 0.9),)))
    assert isinstance(kept, Match)
    assert (kept.value, kept.said) == ("45716", "••• la clave •••")
    assert given == Heard((Alternative("••• la clave •••", 0.9),))


def test_a_matter_may_have_a_reference_beside_it_and_no_pin() -> None:
    """A menu's choice, and free speech whose value is what was said."""
    said = "mi incidencia 20264511"
    assert fit_to_keep(Match("ticket", said, "voice"), None) == (Match("ticket", said, "voice"), None)
    heard = Heard((Alternative(said, 0.9),))
    assert fit_to_keep(Match("ticket", said, "voice"), heard)[0] == Match("ticket", said, "voice")
    told = "mi saldo, soy el 45716 y mi clave 7302"
    kept, _given = fit_to_keep(Match(told, told, "voice"), Heard((Alternative(told, 0.9),)))
    assert isinstance(kept, Match)
    assert kept.said == kept.value == "mi saldo, soy el ••• y mi clave •••"


def test_keys_and_silence_are_not_its_matter() -> None:
    """Keys that answer nothing are masked as a whole elsewhere."""
    assert fit_to_keep(NoMatch("4571"), Keyed("4571")) == (NoMatch("4571"), Keyed("4571"))
    assert fit_to_keep(NoInput(), None) == (NoInput(), None)


@pytest.mark.parametrize(("said", "digits"), [("siete tres cero", 3), ("siete tres cero dos", 4)])
def test_from_how_many_digits(said: str, digits: int) -> None:
    assert (hide_numbers(said, from_digits=4) != said) == (digits >= 4)
