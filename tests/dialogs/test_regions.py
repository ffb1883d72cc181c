"""Values as each country says and writes them, and understood as they are said."""
# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.effects import Collect, Keys
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.results import Alternative, Heard, Match
from dialogs.slots.amount import Amount
from dialogs.slots.asking import Asking
from dialogs.slots.date import Date
from dialogs.slots.kind import EXAMPLE_NOW
from dialogs.slots.time import Time
from dialogs.spoken import money, phone, say
from dialogs.spoken_days import day, time_of_day
from tests.dialogs.flowtext import HEAD, flow_set, spoken

TODAY = EXAMPLE_NOW.date()
PLACES = [("es", "ES", "EUR"), ("es", "MX", "MXN"), ("es", "AR", "ARS"), ("es", "CO", "COP"), ("en", "GB", "GBP"),
          ("en", "US", "USD")]  # fmt: skip

SAID = [
    ("date", "2026-12-01", "es", "ES", "uno de diciembre", "1 de diciembre de 2026"),
    ("date", "2026-12-01", "es", "MX", "primero de diciembre", "1 de diciembre de 2026"),
    ("date", "2026-12-01", "es", "AR", "primero de diciembre", "1 de diciembre de 2026"),
    ("date", "2026-12-01", "es", "CO", "primero de diciembre", "1 de diciembre de 2026"),
    ("date", "2026-12-11", "en", "GB", "the eleventh of December", "11 December 2026"),
    ("date", "2026-12-11", "en", "US", "December eleventh", "December 11, 2026"),
    ("date", "2027-08-21", "en", "GB", "the twenty-first of August, twenty twenty seven", "21 August 2027"),
    ("time", "15:00", "es", "ES", "las tres de la tarde", "15:00"),
    ("time", "15:00", "es", "MX", "las tres de la tarde", "3:00 p.m."),
    ("time", "15:00", "es", "AR", "las tres de la tarde", "3:00 p. m."),
    ("time", "12:00", "es", "ES", "las doce del mediodía", "12:00"),
    ("time", "12:00", "es", "MX", "las doce del día", "12:00 p.m."),
    ("time", "12:30", "es", "CO", "las doce y media de la tarde", "12:30 p. m."),
    ("time", "12:00", "es", "AR", "las doce del mediodía", "12:00 p. m."),
    ("time", "19:30", "es", "ES", "las siete y media de la tarde", "19:30"),
    ("time", "19:30", "es", "MX", "las siete y media de la noche", "7:30 p.m."),
    ("time", "19:30", "es", "CO", "las siete y media de la noche", "7:30 p. m."),
    ("time", "19:30", "es", "AR", "las siete y media de la tarde", "7:30 p. m."),
    ("time", "09:05", "es", "ES", "las nueve y cinco de la mañana", "09:05"),
    ("time", "17:30", "en", "GB", "five thirty in the afternoon", "17:30"),
    ("time", "17:30", "en", "US", "five thirty in the afternoon", "5:30 PM"),
    ("number", 1142, "en", "GB", "one thousand, one hundred and forty-two".replace(",", ""), "1,142"),
    ("number", 1142, "en", "US", "one thousand one hundred forty-two", "1,142"),
    ("number", 12345, "es", "ES", "doce mil trescientos cuarenta y cinco", "12.345"),
    ("number", 12345, "es", "MX", "doce mil trescientos cuarenta y cinco", "12,345"),
    ("number", 12345, "es", "AR", "doce mil trescientos cuarenta y cinco", "12.345"),
    ("phone", "934051020", "es", "ES", "nueve, tres, cuatro. cero, cinco, uno. cero, dos, cero", "934 051 020"),
    ("phone", "5512345678", "es", "MX", "cinco, cinco. uno, dos, tres, cuatro. cinco, seis, siete, ocho",
     "55 1234 5678"),
    ("phone", "1123456789", "es", "AR", "uno, uno. dos, tres, cuatro, cinco. seis, siete, ocho, nueve",
     "11 2345 6789"),
    ("phone", "3001234567", "es", "CO", "tres, cero, cero. uno, dos, tres. cuatro, cinco. seis, siete",
     "300 123 45 67"),
    ("phone", "02079460958", "en", "GB", "zero, two, zero. seven, nine, four, six. zero, nine, five, eight",
     "020 7946 0958"),
    ("phone", "2125550123", "en", "US", "two, one, two. five, five, five. zero, one, two, three", "212 555 0123"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "value", "language", "region", "words", "shown"), SAID)
def test_said_and_shown(
    form: str, value: str | int, language: str, region: str, words: str, shown: str
) -> None:
    """For the ear as people there speak, for the eye as CLDR writes."""
    found = say(form, value, name="x", language=language, today=TODAY, region=region)
    assert found == (words, shown)


MONEY = [
    ("es", "ES", "EUR", "mil doscientos treinta y cuatro euros con cincuenta céntimos", "1.234,50 €"),
    ("es", "MX", "MXN", "mil doscientos treinta y cuatro pesos con cincuenta centavos", "$1,234.50"),
    ("es", "AR", "ARS", "mil doscientos treinta y cuatro pesos con cincuenta centavos", "$1.234,50"),
    ("es", "CO", "COP", "mil doscientos treinta y cuatro pesos con cincuenta centavos", "$1.234,50"),
    ("en", "GB", "GBP", "one thousand two hundred and thirty-four pounds and fifty pence", "£1,234.50"),
    ("en", "US", "USD", "one thousand two hundred thirty-four dollars and fifty cents", "$1,234.50"),
]


@pytest.mark.parametrize(("language", "region", "currency", "words", "shown"), MONEY)
def test_money(language: str, region: str, currency: str, words: str, shown: str) -> None:
    """The comma and the point change places, and only some say "and"."""
    said, written = money(123450, currency, language, region=region)
    assert said == words
    assert written.replace("$ ", "$") == shown


@pytest.mark.parametrize("written", ["1.250,50", "1,250.50", "1250,50", "1250.50"])
@pytest.mark.parametrize(("language", "region", "currency"), PLACES)
def test_written_cents_are_read_by_their_form(
    language: str, region: str, currency: str, written: str
) -> None:
    """A recogniser trained elsewhere writes the point where the comma belongs: the amount is the same."""
    found = Amount(currency=currency).judge(_heard(written), Asking(language, EXAMPLE_NOW, region))
    assert isinstance(found, Match)
    assert found.value == "125050"


def _heard(text: str) -> Heard:
    return Heard((Alternative(text, 0.9),))


@pytest.mark.parametrize(("language", "region", "currency"), PLACES)
@settings(max_examples=25, deadline=None)
@given(minor=st.integers(0, 10**9), minutes=st.integers(0, 24 * 60 - 1), days=st.integers(0, 182))
def test_what_is_said_there_is_understood_there(
    language: str, region: str, currency: str, minor: int, minutes: int, days: int
) -> None:
    """Amounts, times and days to come, read back as that country says them, are themselves and sure."""
    asking = Asking(language, EXAMPLE_NOW, region)
    for kind, value in (
        (Amount(currency=currency), str(minor)),
        (Time(), f"{minutes // 60:02}:{minutes % 60:02}"),
        (Date(range="future"), (TODAY + timedelta(days=days)).isoformat()),
    ):
        words = kind.read_back(value, asking)
        found = kind.judge(_heard(words), asking)
        assert isinstance(found, Match), words
        assert (found.value, found.band) == (value, "sure"), words


def test_figures_of_a_date_go_by_the_country() -> None:
    """Americans write the month first; elsewhere it is asked back that they might."""
    for region, value in (("US", "2027-03-04"), ("GB", "2027-04-03")):
        found = Date(range="future").judge(_heard("3/4/2027"), Asking("en", EXAMPLE_NOW, region))
        assert isinstance(found, Match)
        assert (found.value, found.band) == (value, "check")


def test_a_country_that_is_not_known_is_no_fault() -> None:
    """English in Spain and Spanish in Germany are said without a country; a wrong number in threes."""
    assert day(date(2026, 12, 11), "en", TODAY, region="ES") == ("December eleventh", "11 December 2026")
    assert day(date(2026, 12, 1), "es", TODAY, region="DE")[0] == "uno de diciembre"
    assert time_of_day("17:30", "en", region="ES")[1] == "17:30"
    assert phone("12", "es", region="MX")[1] == "12"
    assert phone("", "es", region="MX") == ("", "")


def test_a_call_speaks_as_its_country_does() -> None:
    """The country of the call reaches prompts and read-backs."""
    flow = HEAD + (
        "  - ask: when\n    type: date\n    range: future\n    prompt: {es: '¿Qué día?'}\n"
        "  - confirm: when\n    prompt: {es: 'El {when}.'}\n    no: when\n"
        "  - id: end\n    hangup: normal\n"
    )
    for region, words in (("ES", "El uno de diciembre"), ("MX", "El primero de diciembre")):
        call = Conversation(flow_set(flow), "trial", Facts("es", {}, EXAMPLE_NOW, region))
        question = call.start()
        assert isinstance(question, Collect)
        assert words in spoken(call.send(question.judge(_heard("el uno de diciembre"))))


@pytest.mark.parametrize(("region", "digits"), [("ES", 5), ("AR", 4), ("CO", 6), ("CL", 7), ("GB", 5)])
def test_who_keys_a_postcode_waits_for_no_key_that_their_country_does_not_have(
    region: str, digits: int
) -> None:
    """The question takes as many as a postcode has there, and not up to seven, with a pause to end it."""
    flow = HEAD + "  - ask: code\n    type: postcode\n    prompt: {es: ¿Código postal?}\n"
    flow += "  - id: end\n    hangup: normal\n"
    call = Conversation(flow_set(flow), "trial", Facts("es", {}, EXAMPLE_NOW, region))
    question = call.start()
    assert isinstance(question, Collect) and question.keys == Keys(digits, digits)
