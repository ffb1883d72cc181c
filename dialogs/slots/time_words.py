"""How times of day are said in each language."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.slots.words import Words, phrases_of, tokens

Phrases = tuple[Words, ...]

GUESS = 0.4
"""The cost of what is only probably a time: "a mediodía" may be any time between twelve and three."""


@dataclass(frozen=True)
class TimeWords:
    """Phrases are plain words."""

    lead: Phrases
    """Before the hour: "a las"."""
    hours: frozenset[str]
    """Behind the hour: "horas"."""
    exactly: Phrases
    past: Phrases
    to_after: Phrases
    """Between the hour and what is missing to it: "menos"."""
    to_before: Phrases
    """Between what is missing and the hour: "para las", "to"."""
    still: Phrases
    """Before what is missing: "faltan diez para las cinco"."""
    quarter: Phrases
    half: Phrases
    morning: Phrases
    noon: Phrases
    afternoon: Phrases
    night: Phrases
    small_hours: Phrases
    fixed: Mapping[Words, tuple[int, float]]
    """ "Mediodía" → minutes, cost."""


def _fixed(text: str) -> dict[Words, tuple[int, float]]:
    table = {}
    for item in text.split("|"):
        phrase, _, hour = item.partition("=")
        table[tokens(phrase.strip())] = (int(hour.strip("?")) * 60, GUESS if hour.endswith("?") else 0.0)
    return table


TIME_WORDS: Mapping[str, TimeWords] = {
    "es": TimeWords(
        lead=phrases_of(
            "a las|a la|las|la|para las|para la|a eso de las|sobre las|hacia las|desde las|desde la"
        ),
        hours=frozenset({"hora", "horas", "h", "hs", "hrs"}),
        exactly=phrases_of("en punto|clavadas"),
        past=phrases_of("y|con"),
        to_after=phrases_of("menos"),
        to_before=phrases_of("para las|para la|pa las"),
        still=phrases_of("faltan|falta|son|un"),
        quarter=phrases_of("cuarto|un cuarto"),
        half=phrases_of("media"),
        morning=phrases_of("de la mañana|por la mañana|en la mañana|am|a m|de mañana"),
        noon=phrases_of("del mediodía|de mediodía|al mediodía|del medio día|del día"),
        afternoon=phrases_of("de la tarde|por la tarde|en la tarde|pm|p m|de tarde"),
        night=phrases_of("de la noche|por la noche|en la noche"),
        small_hours=phrases_of("de la madrugada|de madrugada"),
        fixed=_fixed(
            "mediodía=12?|a mediodía=12?|al mediodía=12?|el mediodía=12?|medianoche=0|a medianoche=0"
            "|la medianoche=0|a la medianoche=0|a medio día=12?|al medio día=12?|a media noche=0"
        ),
    ),
    "ca": TimeWords(
        lead=phrases_of("a les|a la|les|la|per les|cap a les|sobre les|a l'|a|l'|el"),
        hours=frozenset({"hora", "hores", "h"}),
        exactly=phrases_of("en punt"),
        past=phrases_of("i|amb"),
        to_after=phrases_of("menys"),
        to_before=phrases_of("per a les|per les"),
        still=phrases_of("falten|manquen"),
        quarter=phrases_of("quart|un quart"),
        half=phrases_of("mitja"),
        morning=phrases_of("del matí|al matí|pel matí|de matí|am"),
        noon=phrases_of("del migdia|de migdia|al migdia"),
        afternoon=phrases_of("de la tarda|a la tarda|de la vesprada|a la vesprada|de vesprada|pm|de tarda"),
        night=phrases_of("del vespre|al vespre|de la nit|a la nit|de nit|de vespre"),
        small_hours=phrases_of("de la matinada|de matinada"),
        fixed=_fixed(
            "migdia=12?|al migdia=12?|a migdia=12?|mitjanit=0|a mitjanit=0|la mitjanit=0|a la mitjanit=0"
            "|el migdia=12?"
        ),
    ),
    "en": TimeWords(
        lead=phrases_of("at|the|at about|around"),
        hours=frozenset({"o'clock", "oclock", "hours", "clock"}),
        exactly=phrases_of("sharp|on the dot|exactly"),
        past=phrases_of("past|after|minutes past|minutes after"),
        to_after=(),
        to_before=phrases_of("to|till|til|of|before|minutes to|minutes before"),
        still=(),
        quarter=phrases_of("quarter|a quarter"),
        half=phrases_of("half|half past"),
        morning=phrases_of("in the morning|am|a m|this morning|morning"),
        noon=phrases_of("at noon|noon"),
        afternoon=phrases_of("in the afternoon|in the evening|pm|p m|afternoon|this afternoon|this evening"),
        night=phrases_of("at night|tonight"),
        small_hours=(),
        fixed=_fixed(
            "noon=12|at noon=12|midday=12|at midday=12|midnight=0|at midnight=0|twelve noon=12"
            "|twelve midnight=0|at twelve noon=12|at twelve midnight=0"
        ),
    ),
}

FILLERS: Mapping[str, frozenset[str]] = {
    "es": frozenset(
        tokens("llámeme llamen llámenme prefiero mejor hoy hora horas mañana bien cuando a las la")
    ),
    "ca": frozenset(
        tokens("truqui'm truquin prefereixo millor avui hora hores demà bé quan a les la trucar")
    ),
    "en": frozenset(tokens("call ring me prefer best today tomorrow time at the good")),
}
LEAVE_OPEN: Mapping[str, frozenset[str]] = {
    "es": frozenset({"minuto", "minutos", "media", "cuarto", "cuartos", "cada", "rato"}),
    "ca": frozenset({"minut", "minuts", "mitja", "quart", "quarts", "cada", "estona"}),
    "en": frozenset({"minute", "minutes", "half", "quarter", "hour", "past", "every"}),
}
"""Beside a time they make it another one, or none: "media hora antes de las cinco", "quarts de cinc"."""
CLOCK_LEADS: Mapping[str, Phrases] = {
    "es": phrases_of("a las|a la|sobre las|hacia las|a eso de las"),
    "ca": phrases_of("a les|a la|cap a les|sobre les|a dos quarts|a un quart|a tres quarts"),
    "en": phrases_of("at|at about"),
}
ABOUT: Mapping[str, frozenset[str]] = {
    "es": frozenset({"eso", "sobre", "hacia", "desde"}),
    "ca": frozenset({"cap", "sobre", "quarts"}),
    "en": frozenset({"about", "around", "after", "before"}),
}


def time_vocabulary(language: str) -> tuple[str, ...]:
    """The words of times that are no numbers, as they are written."""
    listed = {
        "es": "a las la y menos cuarto media en punto de mañana tarde noche madrugada mediodía medianoche horas"
        " para del",
        "ca": "a les la i menys quart quarts mitja en punt de d' del matí tarda vespre nit matinada migdia mitjanit"
        " hores vesprada d'una d'onze falten minuts per",
        "en": "at past to quarter half o'clock in the morning afternoon evening night noon midday midnight a m p m"
        " oh hundred hours",
    }
    return tuple(listed.get(language, "").split())
