"""Times that are told as a stretch from now: "en media hora", "d'aquí a dues hores", "in half an hour".

The clock goes on while we talk, and who says "in an hour" is not on time to the minute: such a time is always
asked back. What is vague ("en un rato", "dentro de unas horas") is none.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dialogs.slots.quantities import quantities
from dialogs.slots.words import Words, phrases_of, starts, tokens

LONGEST = 12 * 60
"""Minutes: beyond that nobody means an hour of today."""


@dataclass(frozen=True)
class _StretchWords:
    before: tuple[Words, ...]
    """ "Dentro de"."""
    behind: tuple[Words, ...]
    """ "From now"."""
    trailing: tuple[Words, ...]
    """Behind a stretch that has its word before it: "in an hour's time"."""
    whole: Mapping[Words, int]
    """Stretch → minutes."""
    units: Mapping[str, int]
    more: Mapping[Words, int]
    """Behind hours: "y media"."""


def _whole(text: str) -> dict[Words, int]:
    pairs = (item.rpartition("=") for item in text.split("|"))
    return {tokens(phrase): int(minutes) for phrase, _, minutes in pairs}


_WORDS: Mapping[str, _StretchWords] = {
    "es": _StretchWords(
        before=phrases_of("dentro de|en|de aquí a|al cabo de|pasada|pasadas"),
        behind=(),
        trailing=(),
        whole=_whole(
            "media hora=30|media horita=30|un cuarto de hora=15|cuarto de hora=15|tres cuartos de hora=45|una hora=60"
            "|una horita=60|hora y media=90|un par de horas=120"
        ),
        units={"hora": 60, "horas": 60, "horitas": 60, "minuto": 1, "minutos": 1, "minutitos": 1},
        more=_whole("y media=30|y cuarto=15|y pico=-1"),
    ),
    "ca": _StretchWords(
        before=phrases_of(
            "d'aquí a|d'aquí|dins de|dins d'|dintre de|dintre d'|en|al cap de|al cap d'|d'ací a|d'ací"
        ),
        behind=(),
        trailing=(),
        whole=_whole(
            "mitja hora=30|mitja horeta=30|un quart d'hora=15|quart d'hora=15|tres quarts d'hora=45|una hora=60"
            "|una horeta=60|hora i mitja=90|un parell d'hores=120|un parell de hores=120"
        ),
        units={"hora": 60, "hores": 60, "horetes": 60, "minut": 1, "minuts": 1, "minutets": 1},
        more=_whole("i mitja=30|i quart=15|i un quart=15|i pico=-1|i escaig=-1"),
    ),
    "en": _StretchWords(
        before=phrases_of("in|in about|in like|after"),
        behind=phrases_of("from now|from this moment"),
        trailing=phrases_of("time|from now|hours time"),
        whole=_whole(
            "half an hour=30|half hour=30|a half hour=30|a half an hour=30|a quarter of an hour=15|quarter of an hour=15"
            "|three quarters of an hour=45|an hour=60|one hour=60|an hour's=60|half an hour's=30|an hour and a half=90"
            "|one and a half hours=90|a couple of hours=120|a couple hours=120"
        ),
        units={"hour": 60, "hours": 60, "hours'": 60, "minute": 1, "minutes": 1, "mins": 1, "minutes'": 1},
        more=_whole("and a half=30|and a quarter=15"),
    ),
}


def from_now(words: Words, at: int, language: str) -> Iterator[tuple[int, int]]:
    """Each stretch from now that may be meant there: the words that it takes, and its minutes."""
    table = _WORDS.get(language)
    if table is None:
        return
    before = starts(words, at, table.before)
    for end, minutes in _stretches(words, at + before, table, language):
        behind = starts(words, end, table.trailing if before else table.behind)
        if (before or behind) and 0 < minutes <= LONGEST:
            yield end + behind - at, minutes


def _stretches(words: Words, at: int, table: _StretchWords, language: str) -> Iterator[tuple[int, int]]:
    found = []
    size = starts(words, at, table.whole)
    if size:
        found.append((at + size, table.whole[words[at : at + size]]))
    for size, count, _cost in quantities(words, at, language):
        unit = table.units.get(words[at + size]) if at + size < len(words) else None
        if unit and count:
            found.append((at + size + 1, count * unit))
    for end, minutes in found:
        more = starts(words, end, table.more) if minutes % 60 == 0 else 0
        if not more:
            yield end, minutes
        elif table.more[words[end : end + more]] > 0:  # "y pico" leaves it open
            yield end + more, minutes + table.more[words[end : end + more]]
