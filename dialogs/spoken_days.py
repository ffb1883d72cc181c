"""Days and times of day as a native says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from babel.dates import format_date, format_time, get_day_names, get_month_names
from num2words import num2words

from dialogs.errors import ValueUnspeakable
from dialogs.spoken_numbers import Said, say_number
from dialogs.spoken_regions import HOME, american_spanish, british, early_night, locale_of, spaced


def day(value: date, language: str, today: date | None, *, region: str = HOME) -> Said:
    """A date; the year is left out where it is the one that the caller would assume.

    That is a date less than half a year away from `today`.
    """
    near = today is not None and abs((value - today).days) < 183
    months = get_month_names("wide", context="format", locale=language)
    year = say_number(value.year, language) if language != "en" else _english_year(value.year)
    if language == "es":
        first = "primero" if value.day == 1 and american_spanish(region) else say_number(value.day, "es")
        words = f"{first} de {months[value.month]}" + ("" if near else f" de {year}")
    elif language == "ca":
        first = "u" if value.day == 1 else say_number(value.day, "ca")
        words = f"{first} {months[value.month]}" + ("" if near else f" de {year}")
    elif language == "en":
        ordinal, month = num2words(value.day, lang="en", to="ordinal"), months[value.month]
        words = f"the {ordinal} of {month}" if british(region) else f"{month} {ordinal}"
        words += "" if near else f", {year}"
    else:
        words = format_date(value, "long", locale=language)
    locale = locale_of(language, region)
    return words, format_date(value, "long", locale="en_GB" if locale == "en" else locale)


def day_and_weekday(value: date, language: str, today: date | None, *, region: str = HOME) -> Said:
    """A date with its weekday, so that whoever hears or reads it can tell whether it is the right one."""
    words, shown = day(value, language, today, region=region)
    if language not in ("es", "ca", "en"):
        return words, shown
    name = get_day_names("wide", context="format", locale=language)[value.weekday()]
    return f"{name}, {words}", f"{name}, {shown}"


def weekday(value: date, language: str) -> Said:
    """A day of the coming weeks as people offer it: with its weekday, and without the month."""
    if language not in ("es", "ca", "en"):
        return day(value, language, value)
    name = get_day_names("wide", context="format", locale=language)[value.weekday()]
    if language == "en":
        return f"{name} the {num2words(value.day, lang='en', to='ordinal')}", f"{name} {value.day}"
    return f"{name} {say_number(value.day, language)}", f"{name} {value.day}"


def _english_year(year: int) -> str:
    words: str = num2words(year, lang="en", to="year")
    return words.replace(" and ", " ").replace("-", " ")


_PARTS_OF_DAY: Mapping[str, tuple[tuple[int, str], ...]] = {
    "es": (
        (6, "de la madrugada"),
        (12, "de la mañana"),
        (13, "del mediodía"),
        (20, "de la tarde"),
        (24, "de la noche"),
    ),
    "ca": (
        (6, "de la matinada"),
        (12, "del matí"),
        (14, "del migdia"),
        (20, "de la tarda"),
        (22, "del vespre"),
        (24, "de la nit"),
    ),
    "en": ((12, "in the morning"), (18, "in the afternoon"), (21, "in the evening"), (24, "at night")),
}
"""The hour before which each part of the day ends."""


def time_of_day(value: str, language: str, *, region: str = HOME) -> Said:
    """A time such as "17:30" on the twelve-hour clock, with the part of the day; on a screen as their country
    writes it, "5:30 p.m." in Mexico."""
    hour, minute = int(value[:2]), int(value[3:5])
    if language not in _PARTS_OF_DAY or hour > 23 or minute > 59 or len(value) < 5 or value[2] != ":":
        raise ValueUnspeakable("a time is written 17:30")
    part = next(name for until, name in _PARTS_OF_DAY[language] if hour < until)
    shown = _written(hour, minute, locale_of(language, region))
    if language == "en":
        return _english_time(hour, minute, part), shown
    half = hour % 12 or 12
    article = "la" if half == 1 else ("las" if language == "es" else "les")
    words = f"{article} {_hour_word(half, language)}"
    joined, quarter, thirty = {"es": ("y", "cuarto", "media"), "ca": ("i", "quart", "mitja")}[language]
    if minute:
        words += f" {joined} { ({15: quarter, 30: thirty}.get(minute) or say_number(minute, language)) }"
    if hour == 0:
        part = "de la noche" if language == "es" else "de la nit"
    if language == "es" and early_night(region):
        part = {12: "de la tarde" if minute else "del día", 19: "de la noche"}.get(hour, part)
    return f"{words} {part}", shown


def _written(hour: int, minute: int, locale: str) -> str:
    written = spaced(format_time(time(hour, minute), "short", locale=locale)) if "_" in locale else "0"
    # A twenty-four hour clock keeps its leading zero.
    return f"{hour:02}:{minute:02}" if written[-1].isdecimal() else written


def _hour_word(hour: int, language: str) -> str:
    if hour == 1:
        return "una"
    return "dues" if language == "ca" and hour == 2 else say_number(hour, language)


def _english_time(hour: int, minute: int, part: str) -> str:
    if minute == 0 and hour in (0, 12):
        return "midnight" if hour == 0 else "twelve noon"
    said = num2words(hour % 12 or 12)
    if minute:
        said += " oh" if minute < 10 else ""
        said += f" {num2words(minute)}"
    else:
        said += " o'clock"
    return f"{said} {part}"
