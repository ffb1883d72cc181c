"""Digits as people say them and as recognisers write them, forty and more phrasings per language."""
# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.digits import Digits
from dialogs.slots.numerals import HIGHEST_COST, readings
from dialogs.slots.order_id import OrderId
from dialogs.slots.words import plain
from dialogs.spoken import say_digits
from dialogs.spoken_numbers import say_number

SAID = {
    "es": """45718=45718|45, 71, 8=45718|4-5-7-1-8=45718|45.718=45718|4 5 7 1 8=45718|457 18=45718
        |Cuatro, cinco, siete, uno, ocho.=45718|cuatro cinco siete uno ocho=45718
        |cuarenta y cinco, setenta y uno, ocho=45718|cuarenta y cinco siete dieciocho=45718
        |cuarenta y cinco mil setecientos dieciocho=45718|cuatrocientos cincuenta y siete dieciocho=45718
        |doble cinco siete uno ocho=55718|siete doble cero uno ocho=70018|triple cero uno dos=00012
        |cero cuatro cinco siete uno=04571|mi número es el 45718=45718|es el cuatro cinco siete uno ocho=45718
        |pues mire, es el 4 5 7 1 8, gracias=45718|eh cuatro eh cinco siete uno ocho=45718
        |cuarenta cinco siete uno ocho=45718|veinte veintidós uno=20221|treinta y tres mil tres=33003
        |dos mil veintidós uno=20221|cien doscientos=|noventa noventa nueve=90909|un dos tres cuatro cinco=12345
        |cuatro cinco, no, perdón, cuatro cinco siete uno ocho=45718|el 45 y el 718=45718
        |doble cuatro doble cinco seis=44556|once doce trece=|quince quince uno=15151|diez mil=10000
        |sesenta y seis sesenta y seis seis=66666|cuatro cinco siete uno=|veintiún mil trescientos cuatro=21304
        |número de cliente cuatro cinco siete uno ocho por favor=45718|cero cero cero cero cero=00000
        |CUATRO CINCO SIETE UNO OCHO=45718|tres ceros cuatro cinco=00045|dos cincos dos sietes uno=55771
        |perdone, es el cuatro cinco siete uno ocho=45718|un momento, cuatro cinco siete uno ocho=45718
        |hola, buenas, cuatro cinco siete uno ocho=45718|cuatro cinco siete uno ocho no funciona=
        |no tengo el cuatro cinco siete uno ocho=|todos menos el cuatro cinco siete uno ocho=
        |ni el cuatro cinco siete uno ocho=|del cien al doscientos=|entre cien y doscientos=
        |empieza por cuatro cinco siete uno ocho=|cuatro cinco siete uno o cuatro=|no es el cuatro cinco siete uno ocho, es otro=|no lo tengo a mano=""",
    "ca": """45718=45718|45, 71, 8=45718|4-5-7-1-8=45718|quatre cinc set u vuit=45718|45.718=45718
        |Quatre, cinc, set, u, vuit.=45718|quaranta-cinc, setanta-u, vuit=45718|quaranta-cinc set divuit=45718
        |quaranta-cinc mil set-cents divuit=45718|quatre-cents cinquanta-set divuit=45718
        |doble cinc set u vuit=55718|set doble zero u vuit=70018|triple zero u dos=00012
        |zero quatre cinc set u=04571|el meu número és el 45718=45718|és el quatre cinc set u vuit=45718
        |doncs miri, és el 4 5 7 1 8, gràcies=45718|eh quatre eh cinc set u vuit=45718
        |quaranta cinc set u vuit=45718|vint vint-i-dos u=20221|trenta-tres mil tres=33003
        |dos mil vint-i-dos u=20221|un dos tres quatre cinc=12345|doble quatre doble cinc sis=44556
        |quatre cinc, no, perdó, quatre cinc set u vuit=45718|el 45 i el 718=45718|onze dotze tretze=
        |quinze quinze u=15151|deu mil=10000|seixanta-sis seixanta-sis sis=66666|quatre cinc set u=
        |vint-i-un mil tres-cents quatre=21304|quatre cinc set u huit=45718|quatre cinc set un vuit=45718
        |el número de client quatre cinc set u vuit si us plau=45718|dues tres quatre cinc sis=23456
        |zero zero zero zero zero=00000|vint-i-un trenta-dos quatre=21324|tres zeros quatre cinc=00045
        |perdoni, és el quatre cinc set u vuit=45718|un moment, quatre cinc set u vuit=45718
        |hola, bon dia, quatre cinc set u vuit=45718|quatre cinc set u vuit no funciona=
        |no tinc el quatre cinc set u vuit=|tots menys el quatre cinc set u vuit=|ni el quatre cinc set u vuit=
        |del cent al dos-cents=|comença per quatre cinc set u vuit=|quatre cinc set u o quatre=
        |no és el quatre cinc set u vuit, és un altre=|no el tinc a mà=|dos cincs dos sets u=55771""",
    "en": """45718=45718|45, 71, 8=45718|4-5-7-1-8=45718|four five seven one eight=45718|45,718=45718
        |Four, five, seven, one, eight.=45718|forty-five, seventy-one, eight=45718
        |forty five seven eighteen=45718|forty five thousand seven hundred and eighteen=45718
        |four hundred and fifty seven eighteen=45718|double five seven one eight=55718
        |seven double oh one eight=70018|triple zero one two=00012|oh four five seven one=04571
        |my number is 45718=45718|it's four five seven one eight=45718|well it's 4 5 7 1 8 thanks=45718
        |um four um five seven one eight=45718|for five seven won ate=45718|twenty twenty-two one=20221
        |thirty three thousand and three=33003|two thousand twenty two one=20221|one two three four five=12345
        |double four double five six=44556|four five, no sorry, four five seven one eight=45718
        |45 and 718=45718|eleven twelve thirteen=|fifteen fifteen one=15151|ten thousand=10000
        |sixty six sixty six six=66666|four five seven one=|twenty one thousand three hundred four=21304
        |my customer number is four five seven one eight please=45718|two three four five six=23456
        |nought four five seven one=04571|treble one two three=11123|zero zero zero zero zero=00000
        |three zeros four five=00045|two fives two sevens one=55771|sorry, it's four five seven one eight=45718
        |one moment, four five seven one eight=45718|hello, good morning, four five seven one eight=45718
        |four five seven one eight doesn't work=|I don't have four five seven one eight=|anything but four five seven one eight=
        |starts with four five seven one eight=|four five seven one or four=|neither four five seven one eight=|it isn't four five seven one eight=|I don't have it on me=
        |one two three four=""",
}
TAKEN_BACK = {
    "es": "cuatro cinco siete dos, no, uno ocho=45718|cuatro cinco siete uno nueve, perdón, ocho=45718"
    "|cuatro cinco siete uno nueve, digo, cuatro cinco siete uno ocho=45718|cuatro cinco siete uno ocho, ¿no?=45718"
    "|creo que cuatro cinco siete uno ocho=45718|cuatro cinco siete uno ocho, me parece=45718"
    "|no, es el cuatro cinco siete uno ocho=45718|cuatro cinco, espere, siete uno ocho=45718"
    "|no es cuatro cinco siete uno nueve sino cuatro cinco siete uno ocho=45718",
    "ca": "quatre cinc set dos, no, u vuit=45718|quatre cinc set u nou, perdó, vuit=45718"
    "|quatre cinc set u nou, vull dir, quatre cinc set u vuit=45718|quatre cinc set u vuit, oi?=45718"
    "|crec que quatre cinc set u vuit=45718|quatre cinc set u vuit, em sembla=45718"
    "|no, és el quatre cinc set u vuit=45718|quatre cinc, esperi, set u vuit=45718"
    "|no és quatre cinc set u nou sinó quatre cinc set u vuit=45718",
    "en": "four five seven two, no, one eight=45718|four five seven one nine, sorry, eight=45718"
    "|four five seven one nine, I mean, four five seven one eight=45718|four five seven one eight, isn't it?=45718"
    "|I think four five seven one eight=45718|four five seven one eight, I guess=45718"
    "|no, it's four five seven one eight=45718|four five, hang on, seven one eight=45718"
    "|four five seven one nine, scratch that, four five seven one eight=45718",
}
"""Corrected or doubted: understood, and asked back."""
MISHEARD = {
    "es": "ojo sínco siete uno ceis=85716|cuatro sinco siete uno ocho=45718|cuatro cinco siete uno cerro=45710"
    "|cuatro cinco siete uno ojo=45718|cuatro cinco siette uno ocho=45718|quatro cinco siete uno ocho=45718"
    "|nuebe cinco siete uno ocho=95718|ceis ceis ceis ceis ceis=66666|tres cinco zero uno dos=35012",
    "ca": "quatra cinc set u vuit=45718|quatre sinc set u vuit=45718|cuatro cinco siete uno ocho=45718"
    "|quatre cinc set u buit=45718|zero u dos tres catre=01234",
    "en": "for fife seven won ate=45718|tree five seven one eight=35718|four five seven one ait=45718"
    "|niner five seven one eight=95718|to five seven one eight=25718",
}


def _cases(table: dict[str, str]) -> list[tuple[str, str, str]]:
    rows = []
    for language, texts in table.items():
        for item in texts.split("|"):
            text, _, digits = item.strip().rpartition("=")
            rows.append((language, text, digits))
    return rows


def judge(kind: Digits, text: str, language: str = "es", confidence: float = 0.8) -> Match | NoMatch:
    return kind.judge(Heard((Alternative(text, confidence),)), Asking(language))


FIVE = Digits(length=5)
PROVEN = Digits(length=5, check_digit="luhn")


@pytest.mark.parametrize(("language", "text", "digits"), _cases(SAID))
def test_digits_as_people_say_them(language: str, text: str, digits: str) -> None:
    """Each phrasing gives its digits, and those that are no five digits are not bent into five."""
    found = judge(FIVE, text, language)
    assert (found.value if isinstance(found, Match) else "") == digits


@pytest.mark.parametrize(("language", "text", "digits"), _cases(TAKEN_BACK))
def test_what_is_corrected_or_doubted_is_asked_back(language: str, text: str, digits: str) -> None:
    """As the caller means it, and never sure, not even with a check digit that fits."""
    found = judge(FIVE, text, language)
    assert isinstance(found, Match)
    assert (found.value, found.band) == (digits, "check")


def test_no_check_digit_proves_what_the_caller_doubts() -> None:
    """One wrong number in ten has a check digit that fits."""
    found = judge(PROVEN, "cuatro cinco siete uno dos, no, seis", confidence=1.0)
    assert isinstance(found, Match)
    assert (found.value, found.band) == ("45716", "check")


@pytest.mark.parametrize(("language", "text", "digits"), _cases(SAID))
def test_what_is_heard_badly_is_never_sure(language: str, text: str, digits: str) -> None:
    """The same words at a low confidence are asked back or not understood."""
    found = judge(FIVE, text, language, 0.2)
    assert not isinstance(found, Match) or found.band == "check"


@pytest.mark.parametrize(("language", "text", "digits"), _cases(MISHEARD))
def test_misheard_digits_are_rescued_but_asked_back(language: str, text: str, digits: str) -> None:
    """What only sounds like a digit counts, and is never taken as sure without a check digit."""
    found = judge(FIVE, text, language)
    assert isinstance(found, Match)
    assert found.value == digits
    assert found.band == "check"


def test_at_least_forty_phrasings_per_language() -> None:
    """The tables stay as large as they were promised."""
    for language, texts in SAID.items():
        rows = {text.strip() for text in texts.split("|")}
        assert len({row for row in rows if not row.endswith("=")}) >= 40, language
        assert len({row for row in rows if row.endswith("=")}) >= 8, language


@pytest.mark.parametrize(
    ("text", "confidence", "value", "band"),
    [
        ("45716", 0.3, "45716", "sure"),
        ("cuatro cinco siete uno seis", 0.15, "45716", "check"),
        ("cuatro cinco siete uno seis", 0.05, None, None),
        ("cuatro sinco siete uno ceis", 0.8, "45716", "sure"),
        ("cuatro sinco siete uno ceis", 0.4, "45716", "check"),
        ("cuatro cinco siete uno ocho", 1.0, None, None),
        ("45718", 1.0, None, None),
    ],
)
def test_a_check_digit_raises_trust_or_refuses(
    text: str, confidence: float, value: str | None, band: str | None
) -> None:
    """A check digit that fits makes a weak hearing sure; one that does not refuses the strongest."""
    found = judge(PROVEN, text, confidence=confidence)
    if value is None:
        assert isinstance(found, NoMatch)
    else:
        assert isinstance(found, Match)
        assert (found.value, found.band) == (value, band)


def test_the_check_digit_chooses_among_alternatives() -> None:
    """The best reading is wrong by one digit; the second one proves itself."""
    answer = Heard(
        (Alternative("cuatro cinco seis uno seis", 0.8), Alternative("cuatro cinco siete uno seis", 0.6))
    )
    found = PROVEN.judge(answer, Asking("es"))
    assert isinstance(found, Match)
    assert (found.value, found.band) == ("45716", "sure")


def test_rival_readings_are_asked_back() -> None:
    """Two alternatives, equally trusted, without a check digit: neither is sure."""
    answer = Heard(
        (Alternative("cuatro cinco siete uno ocho", 0.9), Alternative("cuatro cinco seis uno ocho", 0.9))
    )
    found = FIVE.judge(answer, Asking("es"))
    assert isinstance(found, Match)
    assert found.band == "check"
    assert {found.value, *found.others} == {"45718", "45618"}


def test_keys() -> None:
    """Keys are sure if they fit; stars, letters and wrong lengths do not answer."""
    assert FIVE.judge(Keyed("45718"), Asking("es")) == Match("45718", "45718", "keys")
    for keys in ("4571", "457181", "4571*", "", "٤٥٧١٨", "*0"):
        assert FIVE.judge(Keyed(keys), Asking("es")) == NoMatch(keys)


@pytest.mark.parametrize("language", ["es", "ca", "en"])
@given(digits=st.text("0123456789", min_size=1, max_size=12))
def test_what_we_read_back_we_understand(language: str, digits: str) -> None:
    """Any string of digits, read back by us, is understood as itself."""
    found = judge(Digits(length=len(digits)), say_digits(digits, language), language, 0.9)
    assert isinstance(found, Match)
    assert found.value == digits


@pytest.mark.parametrize("language", ["es", "ca", "en"])
@given(number=st.integers(1, 999_999))
def test_any_whole_number_is_among_the_readings(language: str, number: int) -> None:
    """Whoever says a customer number as one number is understood as well."""
    words = say_number(number, language)
    assert str(number) in [reading.digits for reading in readings(words, language)]


@given(text=st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever a recogniser writes, the answer is digits within bounds or nothing."""
    for language in ("es", "ca", "en", "ko"):
        for reading in readings(text, language):
            assert reading.digits.isdecimal()
            assert reading.cost <= HIGHEST_COST


@given(text=st.text(max_size=200))
def test_plain_is_stable(text: str) -> None:
    """Comparing texts twice made plain gives the same as once."""
    assert plain(plain(text)) == plain(text)


def test_a_clear_number_word_is_never_dropped() -> None:
    """Six digits are not taken for five by leaving one out, even where the check digit would fit."""
    assert isinstance(judge(PROVEN, "cuatro cinco siete uno seis dos", confidence=1.0), NoMatch)


TWO_ORDERS = [
    ("es", "no es el pedido 780346, es el 780353", "780353"),
    ("es", "no es el pedido 780346 es el 780353", "780353"),
    ("es", "el 780346 no, el 780353", "780353"),
    ("es", "pedido 780346 y 780353", "two_numbers"),
    ("es", "mi pedido 780346 o el 780353", "two_numbers"),
    ("ca", "no és la comanda 780346, és la 780353", "780353"),
    ("ca", "comanda 780346 i 780353", "two_numbers"),
    ("en", "not order 780346, order 780353", "780353"),
    ("en", "order 780346 and 780353", "two_numbers"),
]


@pytest.mark.parametrize(("language", "said", "meant"), TWO_ORDERS)
def test_of_two_orders_the_denied_one_is_left_out(language: str, said: str, meant: str) -> None:
    """What is wanted is asked back; of two that are wanted, neither is taken."""
    kind = OrderId.model_validate({"length": 6, "check_digit": "luhn"})
    found = kind.judge(Heard((Alternative(said, 0.9),)), Asking(language, datetime(2026, 11, 23, 10)))
    if isinstance(found, Match):
        assert (found.value, found.band) == (meant, "check")
    else:
        assert found.reason == meant
