"""Opening hours as people say them: "de lunes a jueves, de nueve a siete, y los viernes, de nueve a tres".

They are made from the calendar, so that what is told is what the flows go by. Days of the next two weeks on
which it is otherwise (holidays, exceptions) are told behind the week.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

from babel.dates import get_day_names

from dialogs.calendars import Calendar, Hours
from dialogs.spoken_days import day_and_weekday, time_of_day
from dialogs.spoken_elisions import elided

AHEAD_DAYS = 14
SHORTEST_RUN = 3
"""Days one after the other that are told by the first and the last."""
_DAY = 24 * 60
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Words:
    one: str
    two: str
    row: str
    """From one day to another."""
    hours: str
    and_: str
    closed: str
    whole_day: str
    on: str
    run: str
    """Days one after the other."""
    plural: Mapping[str, str]
    never: str


_WORDS: Mapping[str, _Words] = {
    "es": _Words(
        "los {0}", "los {0} y {1}", "de {0} a {1}", "de {0} a {1}", "y", "está cerrado", "todo el día", "el {0}", "del {0} al {1}",
        {"sábado": "sábados", "domingo": "domingos"}, "con cita previa",
    ),
    "ca": _Words(
        "els {0}", "els {0} i {1}", "de {0} a {1}", "de {0} a {1}", "i", "és tancat", "tot el dia", "{0}", "de {0} a {1}",
        {"dissabte": "dissabtes", "diumenge": "diumenges"}, "amb cita prèvia",
    ),
    "en": _Words(
        "{0}", "{0} and {1}", "{0} to {1}", "from {0} to {1}", "and", "it is closed", "all day", "on {0}", "from {0} to {1}", {},
        "by appointment",
    ),
}  # fmt: skip


def spoken_hours(calendar: Calendar, language: str, today: date | None, region: str) -> str:
    """The week, and what is otherwise soon; without a full stop at its end. Empty for a language without words."""
    words = _WORDS.get(language)
    if words is None:
        return ""
    week = [_days(first, last, words, language) + ("" if language == "en" else ",") + " " + _hours(
        hours, words, language, region
    ) for first, last, hours in _rows(calendar)]  # fmt: skip
    told = _joined(week, f", {words.and_} ", ", ") or words.never
    exceptions = [] if today is None else _exceptions(calendar, words, language, today, region)
    return ". ".join([told, *exceptions])


def _rows(calendar: Calendar) -> list[tuple[int, int, Sequence[Hours]]]:
    """Neighbouring weekdays with the same hours; days that are closed are left out."""
    rows: list[tuple[int, int, Sequence[Hours]]] = []
    for day in range(7):
        hours = calendar.days.get(day, ())
        if not hours:
            continue
        if rows and rows[-1][1] == day - 1 and rows[-1][2] == hours:
            rows[-1] = (rows[-1][0], day, hours)
        else:
            rows.append((day, day, hours))
    return rows


def _days(first: int, last: int, words: _Words, language: str) -> str:
    names = _day_names(language)
    if last - first > 1:
        return words.row.format(names[first], names[last])
    one, other = (words.plural.get(names[day], names[day]) for day in (first, last))
    return words.one.format(one) if first == last else words.two.format(one, other)


@cache
def _day_names(language: str) -> Mapping[int, str]:
    return dict(get_day_names("wide", context="format", locale=language))


def _hours(hours: Sequence[Hours], words: _Words, language: str, region: str) -> str:
    return _joined([_stretch(one, words, language, region) for one in hours], f" {words.and_} ", ", ")


def _stretch(hours: Hours, words: _Words, language: str, region: str) -> str:
    if (hours.begin, hours.end) == (0, _DAY):
        return words.whole_day
    # "De nueve a siete" is clear; "de ocho a ocho", or what begins in the afternoon, is not.
    clear = 5 * 60 <= hours.begin < 12 * 60 and hours.end - hours.begin < 12 * 60
    clear = clear or (hours.begin >= 12 * 60 and hours.end <= 22 * 60)
    begin, end = (_clock(minute % _DAY, language, region, bare=clear) for minute in (hours.begin, hours.end))
    before, between = words.hours.format("\0", end).split("\0")
    return elided(before, begin, language) + begin + between


_PARTS = (" de la ", " del ", " in the ", " at night", " o'clock")


@lru_cache(maxsize=1024)
def _clock(minute: int, language: str, region: str, *, bare: bool) -> str:
    said = time_of_day(f"{minute // 60:02}:{minute % 60:02}", language, region=region)[0]
    said = said.split(" ", 1)[1] if language in ("es", "ca") else said
    if not bare:
        return said.replace(" o'clock", "")
    for part in _PARTS:
        said = said.partition(part)[0]
    return said.removesuffix(" noon")


def _exceptions(calendar: Calendar, words: _Words, language: str, today: date, region: str) -> list[str]:
    """The next days on which it is not as in every week."""
    runs: list[tuple[date, date, Sequence[Hours]]] = []
    closed = True
    for ahead in range(AHEAD_DAYS + 1):
        day = today + timedelta(days=ahead)
        hours = calendar.hours_on(day)
        if tuple(hours) == tuple(calendar.days.get(day.weekday(), ())):
            # A Sunday that is closed in any week parts no holidays.
            closed = closed and not hours
            continue
        if runs and runs[-1][2] == hours and (day - runs[-1][1] == _ONE_DAY or (closed and not hours)):
            runs[-1] = (runs[-1][0], day, hours)
        else:
            runs.append((day, day, hours))
        closed = True
    found = []
    for first, last, told in runs:
        how = _hours(told, words, language, region) if told else words.closed
        found += [
            f"{name[0].upper()}{name[1:]}, {how}"
            for name in _named(first, last, words, language, today, region)
        ]
    return found


def _named(first: date, last: date, words: _Words, language: str, today: date, region: str) -> list[str]:
    """A few days one by one, more of them by the first and the last."""
    count = (last - first).days + 1
    said = [
        day_and_weekday(first + timedelta(days=at), language, today, region=region)[0] for at in range(count)
    ]
    return (
        [words.run.format(said[0], said[-1])] if count >= SHORTEST_RUN else [words.on.format(d) for d in said]
    )


def _joined(parts: Sequence[str], last: str, others: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return others.join(parts[:-1]) + last + parts[-1]
