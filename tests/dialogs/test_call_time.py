"""When somebody wants to be called: now, another time, or a stretch of the wall clock; es, ca and en."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.window import CallTime
from dialogs.spoken_windows import read_window, said_window

NOW = datetime(2026, 11, 23, 10, 0)
"""A Monday morning."""


def judged(said: str, language: str, now: datetime | None = NOW) -> Match | NoMatch:
    return CallTime().judge(Heard((Alternative(said, 0.95),)), Asking(language, now))


def wall(text: str) -> str:
    """`24 09:00-14:00` of November as a window; `24:00` is the next midnight."""
    day, _, hours = text.partition(" ")
    begin, _, end = hours.partition("-")
    until = f"2026-11-{int(day) + 1:02}T00:00" if end == "24:00" else f"2026-11-{day}T{end}"
    return f"2026-11-{day}T{begin}/{until}"


@pytest.mark.parametrize(
    ("language", "said", "value"),
    [
        *((language, said, value) for language, pairs in CallTime.examples.items() for said, value in pairs),
        ("es", "mañana", wall("24 00:00-24:00")),
        ("es", "mañana a las diez", wall("24 10:00-11:00")),
        ("es", "pues mire, mejor mañana a primera hora", wall("24 08:00-10:30")),
        ("es", "de cinco a siete", wall("23 17:00-19:00")),
        ("es", "entre las cinco y media y las siete", wall("23 17:30-19:00")),
        ("es", "entre las nueve y las diez de la noche", wall("23 21:00-22:00")),
        ("es", "el viernes por la tarde a partir de las cinco", wall("27 17:00-20:00")),
        ("es", "a partir de las seis de la tarde", wall("23 18:00-24:00")),
        ("es", "de las cinco en adelante", wall("23 17:00-24:00")),
        ("es", "pasado mañana antes de las doce", wall("25 00:00-12:00")),
        ("es", "dentro de dos horas", wall("23 12:00-13:00")),
        ("es", "esta tarde", wall("23 15:00-20:00")),
        ("es", "mañana no, el jueves", wall("26 00:00-24:00")),
        ("es", "ahora no, mañana por la tarde", wall("24 15:00-20:00")),
        ("es", "más tarde, a las cinco", wall("23 17:00-18:00")),
        ("es", "más tarde", "later"),
        ("es", "ahora no puedo", "later"),
        ("es", "en cuanto haya alguien libre", "now"),
        ("ca", "demà a dos quarts de deu", wall("24 09:30-10:30")),
        ("ca", "entre dos quarts de cinc i les sis", wall("23 16:30-18:00")),
        ("ca", "el dimarts d'onze a una", wall("24 11:00-13:00")),
        ("ca", "d'aquí a dues hores", wall("23 12:00-13:00")),
        ("ca", "aquesta tarda", wall("23 15:00-20:00")),
        ("ca", "demà passat abans de les dotze", wall("25 00:00-12:00")),
        ("ca", "a una altra hora", "later"),
        ("ca", "quan arribi el meu torn", "now"),
        ("en", "this afternoon", wall("23 12:00-18:00")),
        ("en", "from two to four pm on friday", wall("27 14:00-16:00")),
        ("en", "thursday from ten onwards", wall("26 10:00-24:00")),
        ("en", "tomorrow at half past four", wall("24 16:30-17:30")),
        ("en", "the day after tomorrow before noon", wall("25 00:00-12:00")),
        ("en", "in two hours", wall("23 12:00-13:00")),
        ("en", "another time", "later"),
        ("en", "whenever you can", "now"),
    ],
)
def test_what_callers_say(language: str, said: str, value: str) -> None:
    """The likeliest meaning; it is read back and agreed to before it counts."""
    found = judged(said, language)
    assert isinstance(found, Match), found
    assert found.value == value


@pytest.mark.parametrize(
    ("language", "said", "reason"),
    [
        ("es", "el lunes o el martes", "several"),
        ("es", "ayer por la tarde", "in_the_past"),
        ("es", "esta mañana a las nueve", "in_the_past"),
        ("es", "el perro del vecino", ""),
        ("es", "no", ""),
        ("es", "sí", ""),
        ("ca", "dilluns o dimarts", "several"),
        ("en", "yesterday morning", "in_the_past"),
        ("en", "the dog next door", ""),
    ],
)
def test_what_is_no_time(language: str, said: str, reason: str) -> None:
    """It is asked again, with the reason where there is one."""
    found = judged(said, language)
    assert isinstance(found, NoMatch) and found.reason == reason


def test_without_a_clock_only_now_is_understood() -> None:
    """ "Mañana" of no day is no time."""
    assert judged("mañana por la mañana", "es", now=None) == NoMatch("mañana por la mañana", "no_clock")
    now = judged("cuanto antes", "es", now=None)
    assert isinstance(now, Match) and now.value == "now"


def test_what_has_begun_is_what_is_left_of_it() -> None:
    """And what is nearly over is none any more: it is the next day's."""
    later = NOW.replace(hour=18, minute=20)
    found = judged("por la tarde", "es", later)
    assert isinstance(found, Match) and found.value == "2026-11-23T18:20/2026-11-23T20:00"
    found = judged("por la tarde", "es", NOW.replace(hour=19, minute=55))
    assert isinstance(found, Match) and found.value == wall("24 15:00-20:00")


@pytest.mark.parametrize(
    ("keys", "value"),
    [("1", "now"), ("2", "later"), ("3", None)],
)
def test_by_key_now_or_another_time(keys: str, value: str | None) -> None:
    found = CallTime().judge(Keyed(keys), Asking("es", NOW))
    assert (found.value if isinstance(found, Match) else None) == value


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ("241117", wall("24 17:00-18:00")),
        ("24111730", wall("24 17:30-18:30")),
        ("241125", "no_such_time"),
        ("310217", "no_such_date"),
        ("24111", ""),
    ],
)
def test_by_key_day_month_and_hour(keys: str, value: str) -> None:
    """Two digits each, and minutes if they like."""
    found = CallTime(by_number=True).judge(Keyed(keys), Asking("es", NOW))
    assert (found.value if isinstance(found, Match) else found.reason) == value


@pytest.mark.parametrize(
    ("language", "window", "said"),
    [
        ("es", wall("24 09:00-14:00"), "mañana, entre las nueve de la mañana y las dos de la tarde"),
        ("es", wall("23 17:00-19:00"), "hoy, entre las cinco y las siete de la tarde"),
        (
            "es",
            wall("26 10:00-24:00"),
            "el jueves, veintiséis de noviembre, a partir de las diez de la mañana",
        ),
        ("ca", wall("23 17:00-19:00"), "avui, entre les cinc i les set de la tarda"),
        ("ca", wall("24 00:00-24:00"), "demà, a qualsevol hora"),
        ("en", wall("24 10:00-11:00"), "tomorrow, between ten o'clock and eleven o'clock in the morning"),
        ("en", wall("25 00:00-12:00"), "on Wednesday, November twenty-fifth, before twelve noon"),
    ],
)
def test_how_it_is_read_back(language: str, window: str, said: str) -> None:
    assert said_window(window, language, date(2026, 11, 23))[0] == said


@pytest.mark.parametrize("text", ["", "2026-11-24T09:00", "x/y", "2026-11-24T10:00/2026-11-24T09:00"])
def test_what_is_no_window(text: str) -> None:
    """Nothing that a store or a flow may hold is taken for one."""
    with pytest.raises(ValueError):
        read_window(text)
