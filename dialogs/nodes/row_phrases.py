"""What a recogniser may expect where rows are on offer: how each is read out, and what callers make of it.

They are phrases of their own and may follow one another ("el martes" "a las once"); days and times are also
put together, for a recogniser that looks for whole sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from babel.dates import get_day_names

from dialogs.errors import ValueUnspeakable
from dialogs.nodes.row_values import Field, Row, Scalar
from dialogs.slots.asking import Asking
from dialogs.spoken import say, say_digits
from dialogs.spoken_numbers import say_number

MOST_PHRASES = 160
"""More would cost the recogniser more than it helps."""
_FROM_TODAY: Mapping[str, Mapping[int, str]] = {
    "es": {0: "hoy", 1: "mañana", 2: "pasado mañana", -1: "ayer"},
    "ca": {0: "avui", 1: "demà", 2: "demà passat", -1: "ahir"},
    "en": {0: "today", 1: "tomorrow", -1: "yesterday"},
}
_BEFORE_A_DAY = {
    "es": ("el", "la del", "el del"),
    "ca": ("", "la de", "el de"),
    "en": ("", "on", "the one on"),
}
_BEFORE_A_TIME = {"es": ("a", "", "la de"), "ca": ("a", "", "la de"), "en": ("at", "", "the one at")}
_BEFORE_A_NUMBER = {
    "es": ("", "la que acaba en", "el que acaba en"),
    "ca": ("", "la que acaba en", "el que acaba en"),
    "en": ("", "the one ending in"),
}
_BEFORE_A_NAME = {
    "es": ("", "el de", "la de", "el de la", "la de la"),
    "ca": ("", "el de", "la de"),
    "en": ("", "the", "the one for", "the one with"),
}
_PARTS_BEGIN = {"es": (" de la ", " del "), "ca": (" de la ", " del "), "en": (" in the ", " at night")}


def row_phrases(
    rows: Sequence[Row], fields: Sequence[Field], asking: Asking, nouns: Sequence[str]
) -> tuple[str, ...]:
    """Phrases in lower case, without doubles, the likeliest first."""
    single: dict[str, None] = {}
    joined: dict[str, None] = {}
    for row in rows:
        days, times = [], []
        for field in fields:
            found = list(_of_value(field, row.values.get(field.name), asking))
            single.update(dict.fromkeys(found))
            days += found[:3] if field.kind == "date" else []
            times += found[:2] if field.kind == "time" else []
        joined.update(dict.fromkeys(f"{day} {time}" for day in days for time in times))
    listed = dict.fromkeys((*single, *joined, *(noun.lower() for noun in nouns)))
    return tuple(list(listed)[:MOST_PHRASES])


def _of_value(field: Field, value: Scalar, asking: Asking) -> Iterator[str]:
    language = asking.language
    if value in (None, ""):
        return
    if field.words is not None:
        yield from (name.lower() for name in field.words.get(str(value), ()))
        return
    try:
        match field.kind:
            case "date":
                yield from _led(_BEFORE_A_DAY, language, _days(date.fromisoformat(str(value)), asking))
            case "time":
                yield from _led(_BEFORE_A_TIME, language, _times(str(value)[:5], asking))
            case "digits" | "phone" | "number" | "code":
                ending = str(value)[-4:]
                yield from _led(_BEFORE_A_NUMBER, language, [say_digits(ending, language).replace(",", "")])
            case "money":
                return  # "el de cuarenta euros" is rare: the free text serves
            case _:
                yield from _led(_BEFORE_A_NAME, language, [_readable(str(value))])
    except (ValueUnspeakable, ValueError):
        return


def _led(before: Mapping[str, Sequence[str]], language: str, said: Sequence[str]) -> Iterator[str]:
    """Each with what may lead to it, the barest of each first."""
    for lead in before.get(language, ("",)):
        yield from (f"{lead} {one}".strip() for one in said)


def _days(day: date, asking: Asking) -> list[str]:
    language, today = asking.language, asking.today
    weekday = get_day_names("wide", context="format", locale=language)[day.weekday()].lower()
    found = [weekday]
    if today is not None and (near := _FROM_TODAY.get(language, {}).get((day - today).days)):
        found.append(near)
    whole = say("date", day.isoformat(), name="date", language=language, today=today, region=asking.region)[
        0
    ].lower()
    number = "" if language == "en" else say_number(day.day, language)
    found += [f"{weekday} {number}".strip(), *([number] if number else []), whole]
    return list(dict.fromkeys(found))


def _times(time: str, asking: Asking) -> list[str]:
    language = asking.language
    whole = say("time", time, name="time", language=language, region=asking.region)[0].lower()
    bare = whole
    for part in _PARTS_BEGIN.get(language, ()):
        bare = bare.partition(part)[0]
    hour, minute = int(time[:2]), int(time[3:])
    others = {"ca": _quarters, "en": _past}.get(language)
    return list(dict.fromkeys([bare, whole, *(others(hour, minute) if others else ())]))


def _quarters(hour: int, minute: int) -> list[str]:
    """Catalan quarters count towards the coming hour: 10:30 is "dos quarts d'onze"."""
    quarters = {15: "un quart", 30: "dos quarts", 45: "tres quarts"}.get(minute)
    coming = (hour + 1) % 12 or 12
    name = {1: "una", 2: "dues"}.get(coming, say_number(coming, "ca"))
    return [f"{quarters} {'d' + chr(39) if coming in (1, 11) else 'de '}{name}"] if quarters else []


def _past(hour: int, minute: int) -> list[str]:
    said = say_number(hour % 12 or 12, "en")
    if minute == 30:
        return [f"half past {said}"]
    if minute == 15:
        return [f"quarter past {said}"]
    if minute == 45:
        return [f"quarter to {say_number((hour + 1) % 12 or 12, 'en')}"]
    return [said] if not minute else []


def _readable(text: str) -> str:
    """The words of a text, as a recogniser takes them."""
    return " ".join(
        "".join(sign if sign.isalnum() or sign in "'·-" else " " for sign in text.lower()).split()
    )
