"""Numbers that answer nothing are in no record: they may be a PIN that was said in one go with the number."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.numbers_hidden import fit_to_keep, hide_numbers, pins_among
from dialogs.results import Alternative, Heard, Keyed, Match, NoInput, NoMatch
from dialogs.spoken import say_digits

MISHEARD = {
    "huevos",
    "ous",
    "eggs",
    "sapo",
    "gripau",
    "toad",
    "ojo",
    "tras",
    "nieve",
    "quart",
    "nau",
    "ate",
    "too",
    "for",
    "oh",
    "mil",
}
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


def _table(part: str) -> list[str]:
    """The sentences of one part of the table: a language, and whether they stay whole or are hidden."""
    text = Path(__file__).with_name("hidden_numbers.txt").read_text(encoding="utf-8")
    return text.split(f"# {part}\n")[1].split("\n# ")[0].splitlines()


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_ordinary_sentences_teach_the_system(language: str) -> None:
    """Forty in each language: words that are digits to a tired ear are left where nobody counts."""
    sentences = _table(f"{language} whole")
    assert len(sentences) == 40
    assert [hide_numbers(said) for said in sentences] == sentences


@pytest.mark.parametrize("language", ["es", "ca", "en"])
def test_what_may_be_a_pin_is_hidden(language: str) -> None:
    """Forty in each language: of their digits, also misheard ones, not one word is left."""
    sentences = _table(f"{language} hidden")
    assert len(sentences) == 40
    digits = {
        word for one in ("es", "ca", "en") for word in say_digits("0234567899", one).replace(",", "").split()
    } | MISHEARD
    for said in sentences:
        kept = hide_numbers(said)
        assert "•••" in kept
        assert not any(sign.isdigit() for sign in kept)
        assert not digits & set(kept.lower().replace(",", " ").split()), (said, kept)


def kept(value: str, said: str) -> str:
    """What is kept of an utterance that was understood as that; of its readings nothing else is."""
    heard = Heard((Alternative(said, 0.9), Alternative(f"{said} eh", 0.4)))
    answer, given = fit_to_keep(Match(value, said, "voice", 0.9), heard)
    assert isinstance(answer, Match) and answer.value == value
    assert isinstance(given, Heard) and given.alternatives[0].text == answer.said
    return answer.said


@pytest.mark.parametrize(
    ("value", "said", "stays"),
    [
        ("balance", "quiero saber mi saldo, siete, tres, cero, dos", "quiero saber mi saldo, •••"),
        ("a", "la primera, mi clave 7302", "la primera, mi clave •••"),
        ("person", "operador, mi pin es 7302", "operador, mi pin es •••"),
        ("2026-11-23", "mañana, pin 7302", "mañana, pin •••"),
        ("+34600111222", "600111222 y 7302", "•••"),
        ("+34600111222", "600111222, la clave es 7302", "600111222, la clave es •••"),
        ("45716", "cuatro cinco siete uno seis, la clave siete tres cero dos",
         "cuatro cinco siete uno seis, la clave •••"),
        ("45716", "45716, y siete tres cero", "•••"),
        ("yes", "sí, siete tres cero dos", "sí, •••"),
        ("ticket", "mi incidencia 20264511", "mi incidencia •••"),
    ],
)  # fmt: skip
def test_a_pin_beside_an_answer(value: str, said: str, stays: str) -> None:
    """A menu, a choice, a person, a day, a telephone, a number: what was understood hides nothing else."""
    assert kept(value, said) == stays


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("45716", "mi número es el cuatro cinco siete uno seis"),
        ("45716", "mi código de cliente es 45716, por favor"),
        ("08001", "mi código postal es cero ocho cero cero uno"),
        ("+34600111222", "600 111 222"),
        ("+34600111222", "es el 600 11 12 22"),
        ("12345678Z", "doce millones trescientos cuarenta y cinco mil seiscientos setenta y ocho zeta"),
        ("2026-03-18T17:30", "el dieciocho de marzo de dos mil veintiséis a las cinco treinta"),
        ("1985-03-08", "08/03/1985"),
        ("1985-03-08", "ocho cero tres ochenta y cinco"),
        ("120050", "mil doscientos euros con cincuenta"),
        ("20264511", "two oh two six four five one one"),
    ],
)
def test_an_answer_keeps_its_own_digits(value: str, said: str) -> None:
    """As they were said: whole, in pieces, day before month."""
    assert kept(value, said) == said


def test_the_parts_of_a_form_are_answers_too() -> None:
    """One sentence may have answered several questions; each keeps its digits."""
    said = "el pedido 4571 para el teléfono 600111222, pin 7302"
    parts = {"order": Match("4571", said, "voice"), "phone": Match("+34600111222", said, "voice")}
    answer, _given = fit_to_keep(Match("form", said, "voice", parts=parts), Heard(()))
    assert isinstance(answer, Match)
    assert answer.said == "el pedido 4571 para el teléfono 600111222, pin •••"


def test_free_speech_is_its_own_value() -> None:
    """What was said is the answer, and is hidden with it."""
    told = "mi saldo, soy el 45716 y mi clave 7302"
    answer, _given = fit_to_keep(Match(told, told, "voice"), Heard((Alternative(told, 0.9),)))
    assert isinstance(answer, Match)
    assert answer.said == answer.value == "mi saldo, soy el ••• y mi clave •••"


def test_keys_and_silence_are_not_its_matter() -> None:
    """Keys that answer nothing are masked as a whole elsewhere."""
    assert fit_to_keep(NoMatch("4571"), Keyed("4571")) == (NoMatch("4571"), Keyed("4571"))
    assert fit_to_keep(NoInput(), None) == (NoInput(), None)


@pytest.mark.parametrize(("said", "hidden"), [("siete tres", False), ("siete tres cero", True)])
def test_from_how_many_digits(said: str, hidden: bool) -> None:
    """Three in a row may be what was heard of a PIN."""
    assert (hide_numbers(said) != said) == hidden


@pytest.mark.parametrize(
    ("parts", "secret"),
    [
        ("mi pin es cuatro ocho dos uno", "x"),
        ("no va desde ayer|mi pin es|4821|gracias|600111222", "..x.."),
        ("mi clave|cuatro|ocho|dos|uno|gracias", ".xxxx."),
        ("mi pin|a ver|cuatro ocho dos uno", "..x"),
        ("4821|ese es mi pin", "x."),
        ("my password is for to won ate", "x"),
        ("mi pedido es el 780346|llámenme al 600111222|a partir de las tres", "..."),
        ("quiero un pin nuevo|no va internet|mi pedido es el 780346", "..."),
        ("mi pin no va|llevo así tres días", ".."),
        ("", "."),
    ],
)
def test_where_a_pin_is_in_a_long_speech(parts: str, secret: str) -> None:
    """Behind its word, or right before it, also in pieces; what else is counted is what they tell. Rather a
    word too much than a digit."""
    assert pins_among(parts.split("|")) == tuple(mark == "x" for mark in secret)
