"""A stretch of time as people agree on it: "mañana, entre las cinco y las siete de la tarde"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from dialogs.errors import ValueUnspeakable
from dialogs.spoken_days import day_and_weekday, time_of_day
from dialogs.spoken_numbers import Said
from dialogs.spoken_regions import HOME

_WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "today": "hoy",
        "tomorrow": "mañana",
        "on": "el {day}",
        "between": "{day}, entre {begin} y {end}",
        "from": "{day}, a partir de {begin}",
        "until": "{day}, antes de {end}",
        "whole": "{day}, a cualquier hora",
    },
    "ca": {
        "today": "avui",
        "tomorrow": "demà",
        "on": "{day}",
        "between": "{day}, entre {begin} i {end}",
        "from": "{day}, a partir de {begin}",
        "until": "{day}, abans de {end}",
        "whole": "{day}, a qualsevol hora",
    },
    "en": {
        "today": "today",
        "tomorrow": "tomorrow",
        "on": "on {day}",
        "between": "{day}, between {begin} and {end}",
        "from": "{day}, from {begin} on",
        "until": "{day}, before {end}",
        "whole": "{day}, at any time",
    },
}
_PARTS = (" de la ", " del ", " in the ", " at night")
_MIDNIGHT = "00:00"


def read_window(value: str) -> tuple[datetime, datetime]:
    """`2026-11-24T09:00/2026-11-24T14:00` as two moments of the wall clock. Raises `ValueError`."""
    begin, slash, end = value.partition("/")
    if not slash:
        raise ValueError("a stretch of time is written 2026-11-24T09:00/2026-11-24T14:00")
    found = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    if found[0] >= found[1] or found[0].tzinfo or found[1].tzinfo:
        raise ValueError("a stretch of time ends after it has begun, by the wall clock")
    return found


def said_window(value: str, language: str, today: date | None, *, region: str = HOME) -> Said:
    """Said aloud, and as it is written on a screen. Raises `ValueUnspeakable`."""
    try:
        begin, end = read_window(value)
    except ValueError as wrong:
        raise ValueUnspeakable(str(wrong)) from None
    words = _WORDS.get(language)
    if words is None:
        raise ValueUnspeakable(f"no stretch of time is said in {language}")
    sides = (f"{begin:%H:%M}", f"{end:%H:%M}")
    first = _MIDNIGHT if begin.hour * 60 + begin.minute == 0 else sides[0]
    last = _MIDNIGHT if end.date() > begin.date() else sides[1]
    frame = words[_FRAMES[first == _MIDNIGHT, last == _MIDNIGHT]]
    starts, ends = (
        time_of_day(sides[0], language, region=region),
        time_of_day(sides[1], language, region=region),
    )
    day = _day(begin.date(), language, today, words, region)
    spoken = frame.format(day=day[0], begin=_bare(starts[0], ends[0]), end=ends[0])
    return spoken, frame.format(day=day[1], begin=starts[1], end=ends[1])


_FRAMES = {
    (False, False): "between",
    (False, True): "from",
    (True, False): "until",
    (True, True): "whole",
}


def _day(day: date, language: str, today: date | None, words: Mapping[str, str], region: str) -> Said:
    apart = None if today is None else (day - today).days
    if apart in (0, 1):
        return (words["today" if apart == 0 else "tomorrow"],) * 2
    spoken, shown = day_and_weekday(day, language, today, region=region)
    return words["on"].format(day=spoken), words["on"].format(day=shown)


def _bare(begin: str, end: str) -> str:
    """Without its part of the day, where the end has the same: "entre las cinco y las siete de la tarde"."""
    for part in _PARTS:
        head, found, name = begin.partition(part)
        if found and end.endswith(f"{part}{name}"):
            return head
    return begin
