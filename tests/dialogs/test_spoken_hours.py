"""Opening hours in words: what is said is what the calendar holds."""

# ruff: noqa: E501 - a table is read by rows

from __future__ import annotations

from datetime import date

import pytest

from dialogs.calendars import Calendar, read_dates, read_days
from dialogs.spoken_hours import spoken_hours

WEEKS = [
    (
        {"mon-thu": "09:00-19:00", "fri": "09:00-15:00"},
        "de lunes a jueves, de nueve a siete, y los viernes, de nueve a tres",
        "de dilluns a dijous, de nou a set, i els divendres, de nou a tres",
        "Monday to Thursday from nine to seven, and Friday from nine to three",
    ),
    (
        {"mon-fri": ["09:30-14:00", "16:00-19:30"], "sat": "10:00-14:00"},
        "de lunes a viernes, de nueve y media a dos y de cuatro a siete y media, y los sábados, de diez a dos",
        "de dilluns a divendres, de nou i mitja a dues i de quatre a set i mitja, i els dissabtes, de deu a dues",
        "Monday to Friday from nine thirty to two and from four to seven thirty, and Saturday from ten to two",
    ),
    (
        {"mon-fri": "08:00-20:00", "sat-sun": "00:00-24:00"},
        "de lunes a viernes, de ocho de la mañana a ocho de la noche, y los sábados y domingos, todo el día",
        "de dilluns a divendres, de vuit del matí a vuit del vespre, i els dissabtes i diumenges, tot el dia",
        "Monday to Friday from eight in the morning to eight in the evening, and Saturday and Sunday all day",
    ),
    (
        {"wed": ["11:00-13:00", "16:00-20:00"]},
        "los miércoles, de once a una y de cuatro a ocho",
        "els dimecres, d'onze a una i de quatre a vuit",
        "Wednesday from eleven to one and from four to eight",
    ),
    (
        {"tue": "22:00-02:00"},
        "los martes, de diez de la noche a dos de la madrugada",
        "els dimarts, de deu de la nit a dues de la matinada",
        "Tuesday from ten at night to two in the morning",
    ),
]


@pytest.mark.parametrize(("days", "es", "ca", "en"), WEEKS)
def test_a_week_in_words(days: dict[str, object], es: str, ca: str, en: str) -> None:
    calendar = Calendar(read_days(days))
    for language, words in (("es", es), ("ca", ca), ("en", en)):
        assert spoken_hours(calendar, language, None, "ES") == words


def test_holidays_and_exceptions_of_the_next_two_weeks_are_told() -> None:
    """With what is then: closed, or other hours; what lies further ahead is not."""
    calendar = Calendar(
        read_days({"mon-fri": "09:00-17:00"}), read_dates({"2026-12-24": "09:00-13:00"}), ("ES-MD",)
    )
    week = "de lunes a viernes, de nueve a cinco"
    assert spoken_hours(calendar, "es", date(2026, 11, 10), "ES") == week
    told = spoken_hours(calendar, "es", date(2026, 12, 1), "ES")
    # In 2026 the sixth is a Sunday, and Madrid has the Monday behind it off.
    closed = "El lunes, siete de diciembre, está cerrado. El martes, ocho de diciembre, está cerrado"
    assert told == f"{week}. {closed}"
    christmas = spoken_hours(calendar, "en", date(2026, 12, 14), "ES")
    assert "On Thursday, December twenty-fourth, from nine to one" in christmas
    assert "On Friday, December twenty-fifth, it is closed" in christmas
    assert "Dijous, vint-i-quatre de desembre, de nou a una" in spoken_hours(
        calendar, "ca", date(2026, 12, 14), "ES"
    )


def test_a_calendar_that_is_never_open_says_so() -> None:
    assert spoken_hours(Calendar(), "es", None, "ES") == "con cita previa"


def test_no_day_of_the_next_two_weeks_is_left_out() -> None:
    """However many are closed: a day that is not told sounds open. Days in a row are told as one stretch."""
    closed = [*range(22, 26), *range(28, 32)]
    dates = {f"2026-12-{day}": "closed" for day in closed} | {"2027-01-02": "10:00-12:00"}
    calendar = Calendar(read_days({"mon-fri": "09:00-17:00"}), read_dates(dates))
    week = "de lunes a viernes, de nueve a cinco"
    told = spoken_hours(calendar, "es", date(2026, 12, 21), "ES")
    assert told == (
        f"{week}. Del martes, veintidós de diciembre al jueves, treinta y uno de diciembre, está cerrado"
        ". El sábado, dos de enero, de diez a doce"
    )
    apart = {f"2026-12-{day}": "closed" for day in (14, 16, 18, 22, 24)}
    five = spoken_hours(
        Calendar(read_days({"mon-fri": "09:00-17:00"}), read_dates(apart)), "en", date(2026, 12, 12), "ES"
    )
    assert five.count("it is closed") == 5
