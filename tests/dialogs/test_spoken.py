"""Values in words, as a native says them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.errors import ValueUnspeakable
from dialogs.expressions import parse_template
from dialogs.prompts import render
from dialogs.results import Alternative, Heard, Match
from dialogs.slots import KINDS
from dialogs.slots.asking import Asking
from dialogs.slots.letters import letters_at
from dialogs.spoken import clean, money, phone, say, say_digits, spell
from dialogs.spoken_currencies import currencies
from dialogs.spoken_days import day, time_of_day
from dialogs.spoken_elisions import elided
from dialogs.spoken_numbers import say_number

MONEY = [
    ("es", 14230, "EUR", "ciento cuarenta y dos euros con treinta céntimos", "142,30 €"),
    ("es", 100, "EUR", "un euro", "1,00 €"),
    ("es", 2100, "EUR", "veintiún euros", "21,00 €"),
    ("es", 3101, "EUR", "treinta y un euros con un céntimo", "31,01 €"),
    ("es", 0, "EUR", "cero euros", "0,00 €"),
    ("es", 50, "EUR", "cincuenta céntimos", "0,50 €"),
    ("es", -1250, "EUR", "menos doce euros con cincuenta céntimos", "-12,50 €"),
    ("es", 2100000, "EUR", "veintiún mil euros", "21.000,00 €"),
    ("es", 100000000, "EUR", "un millón de euros", "1.000.000,00 €"),
    ("es", 20100, "GBP", "doscientas una libras", None),
    ("es", 5000, "CLP", "cinco mil pesos", None),
    ("es", 5000, "COP", "cincuenta pesos", None),
    ("es", 2101, "MXN", "veintiún pesos con un centavo", None),
    ("ca", 14230, "EUR", "cent quaranta-dos euros amb trenta cèntims", "142,30 €"),
    ("ca", 100, "EUR", "un euro", "1,00 €"),
    ("ca", 2100, "EUR", "vint-i-un euros", "21,00 €"),
    ("ca", 201, "EUR", "dos euros amb un cèntim", "2,01 €"),
    ("ca", 2200, "GBP", "vint-i-dues lliures", None),
    ("ca", 50100, "GBP", "cinc-centes una lliures", None),
    ("ca", 2100000, "GBP", "vint-i-una mil lliures", None),
    ("ca", 20200000, "GBP", "dues-centes dues mil lliures", None),
    ("ca", 200000200, "GBP", "dos milions dues lliures", None),
    ("ca", 100000000, "EUR", "un milió d'euros", None),
    ("es", 2101, "UYU", "veintiún pesos con un centésimo", None),
    ("es", 100, "VES", "un bolívar", None),
    ("es", 21, "PYG", "veintiún guaraníes", None),
    ("en", 14230, "EUR", "one hundred forty-two euros and thirty cents", "€142.30"),
    ("en", 100, "EUR", "one euro", "€1.00"),
    ("en", 101, "GBP", "one pound and one penny", "£1.01"),
    ("en", 120100, "USD", "one thousand two hundred one dollars", None),
]


@pytest.mark.parametrize(("language", "minor", "currency", "words", "shown"), MONEY)
def test_money(language: str, minor: int, currency: str, words: str, shown: str | None) -> None:
    """Gender, shortened forms, cents left out where there are none, and the currency's own cents."""
    said = money(minor, currency, language)
    assert said[0] == words
    assert shown is None or said[1] == shown


@pytest.mark.parametrize("language", ["es", "ca", "en"])
@settings(deadline=None)  # a busy machine is no counter-example
@given(minor=st.integers(-(10**9), 10**9), currency=st.sampled_from(sorted(currencies())))
def test_any_amount_can_be_said(language: str, minor: int, currency: str) -> None:
    """Every amount has words, without a figure in them."""
    words, shown = money(minor, currency, language)
    assert words
    assert not any(sign.isdigit() for sign in words)
    assert shown


TODAY = date(2026, 11, 23)
DATES = [
    ("es", date(2026, 12, 11), "once de diciembre"),
    ("es", date(2026, 12, 1), "uno de diciembre"),
    ("es", date(2027, 8, 21), "veintiuno de agosto de dos mil veintisiete"),
    ("ca", date(2026, 12, 11), "onze de desembre"),
    ("ca", date(2027, 8, 21), "vint-i-u d'agost de dos mil vint-i-set"),
    ("en", date(2026, 12, 11), "December eleventh"),
    ("en", date(2027, 8, 21), "August twenty-first, twenty twenty seven"),
]


@pytest.mark.parametrize(("language", "value", "words"), DATES)
def test_dates(language: str, value: date, words: str) -> None:
    """The year is said only where the caller could not guess it."""
    assert day(value, language, TODAY)[0].replace("’", "'") == words


def test_without_a_clock_the_year_is_said() -> None:
    """Not knowing today, nothing is assumed."""
    assert day(date(2026, 12, 11), "es", None)[0] == "once de diciembre de dos mil veintiséis"


def test_digits_phone_spell() -> None:
    """One by one, in groups, by letters; each kept apart for the synthesiser."""
    assert say_digits("045", "ca") == "zero, quatre, cinc"
    assert phone("+34600123456", "es") == (
        "más treinta y cuatro. seis, cero, cero. uno, dos, tres. cuatro, cinco, seis",
        "+34 600 123 456",
    )
    assert phone("9123456780", "en")[1] == "912 345 67 80"
    assert spell("B4", "es") == "be. cuatro"
    assert spell("12345678Z", "es") == "uno, dos. tres, cuatro, cinco. seis, siete, ocho. zeta"
    assert spell("X1234567L", "ca") == "ics. u, dos, tres. quatre, cinc. sis, set. ela"
    assert spell("AB12", "en") == "A, B. one, two"


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ("ES", "be, uve, uve doble. uno"),
        ("MX", "be, uve, doble u. uno"),
        ("CO", "be, uve, doble u. uno"),
        ("AR", "be larga, ve corta, doble ve. uno"),
        ("CL", "be larga, ve corta, doble ve. uno"),
    ],
)
def test_letters_are_named_as_in_the_country(region: str, words: str) -> None:
    """Nobody in Mexico says "uve doble"; and what we call a letter, callers may call it, too."""
    assert say("spell", "BVW1", name="code", language="es", region=region)[0] == words
    known = [letter for name in words.split(". ", maxsplit=1)[0].split(", ") for letter in _letter(name)]
    assert known == ["B", "V", "W"]


def _letter(name: str) -> list[str]:
    said = tuple(name.split())
    return [letter for size, letter in letters_at(said, 0, "es") if size == len(said)][:1]


@pytest.mark.parametrize(
    ("before", "value", "said"),
    [
        ("és de ", "un euro", "és d'un euro"),
        ("és de ", "onze euros amb un cèntim", "és d'onze euros amb un cèntim"),
        ("De ", "una lliura", "D'una lliura"),
        ("és de ", "dos euros", "és de dos euros"),
        ("la del ", "onze de gener", "la de l'onze de gener"),
        ("fins al ", "u d’abril", "fins a l'u d’abril"),
        ("El ", "u de març", "L'u de març"),
        ("al ", "u, dos, tres", "al u, dos, tres"),
        ("la cita de ", "Onofre", "la cita de Onofre"),
    ],
)
def test_catalan_words_before_a_number_are_elided(before: str, value: str, said: str) -> None:
    """ "De un euro" is heard as a mistake; digits that are read out, and names, change nothing."""
    assert elided(before, value, "ca") + value == said
    assert elided(before, value, "es") + value == before + value


def test_a_sentence_is_elided_and_its_recorded_parts_are_not() -> None:
    """What the studio recorded still says what the flow says."""
    template = parse_template("El seu saldo és de {balance:money}. Adéu.")
    first, _bye = render(
        template, language="ca", recording="f", pace=1.0, say=lambda _value: ("un euro", "1,00 €")
    )
    assert (first.text, first.shown) == ("El seu saldo és d'un euro.", "El seu saldo és de 1,00 €.")
    assert first.pieces[0].text == "El seu saldo és de"


TIMES = [
    ("es", "00:00", "las doce de la noche"),
    ("es", "12:30", "las doce y media del mediodía"),
    ("es", "13:30", "la una y media de la tarde"),
    ("ca", "00:30", "les dotze i mitja de la nit"),
    ("ca", "12:00", "les dotze del migdia"),
    ("ca", "13:30", "la una i mitja del migdia"),
    ("ca", "14:00", "les dues de la tarda"),
    ("ca", "19:45", "les set i quaranta-cinc de la tarda"),
    ("ca", "20:00", "les vuit del vespre"),
    ("ca", "21:59", "les nou i cinquanta-nou del vespre"),
    ("ca", "22:00", "les deu de la nit"),
    ("en", "00:00", "midnight"),
    ("en", "12:00", "twelve noon"),
]


@pytest.mark.parametrize(("language", "value", "words"), TIMES)
def test_times(language: str, value: str, words: str) -> None:
    """With the part of the day that people name; and whoever says it back is understood."""
    assert time_of_day(value, language)[0] == words
    heard = Heard((Alternative(words, 0.9),))
    found = KINDS["time"]().judge(heard, Asking(language, datetime(2026, 11, 23, 9)))
    assert isinstance(found, Match) and found.value == value


@pytest.mark.parametrize(
    ("number", "words"), [(21, "veintiuno"), (21000, "veintiún mil"), (31021, "treinta y un mil veintiuno")]
)
def test_spanish_shortens_before_thousand(number: int, words: str) -> None:
    """num2words says "veintiuno mil"; nobody else does."""
    assert say_number(number, "es") == words


@pytest.mark.parametrize(
    ("form", "value", "currency"),
    [("money", "abc", "EUR"), ("money", 100, None), ("money", 100, "XYZ"), ("date", "2026-13-01", None),
     ("date", 5, None), ("number", "secret", None), ("text", None, None), ("text", True, None)],
)  # fmt: skip
def test_what_cannot_be_said_names_the_value_and_never_shows_it(
    form: str, value: str | int | None, currency: str | None
) -> None:
    """The message goes to the log: it tells which value, not what was in it."""
    with pytest.raises(ValueUnspeakable) as fault:
        say(form, value, name="account.balance", language="es", currency=currency)
    assert "account.balance" in str(fault.value)
    assert "secret" not in str(fault.value)


def test_text_from_outside_is_made_harmless() -> None:
    """Markup, phoneme brackets and control signs never reach the synthesiser."""
    assert clean("Ana <break/> [[hola]]\x00\n{x} \\ \u202eLuz") == "Ana break/ hola x Luz"
    assert len(clean("a" * 5000)) == 200


def test_what_the_program_says_itself_is_never_cut() -> None:
    """A holiday at the end of long opening hours is said; a value from outside has its longest."""
    hours = "de lunes a viernes, de nueve a dos y de cuatro a siete, " * 6 + "El lunes está cerrado"
    assert say("text", hours, name="hours.office", language="es", own=True)[0].endswith("está cerrado")
    assert len(say("text", hours, name="ticket.note", language="es")[0]) == 200
