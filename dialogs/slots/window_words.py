"""How callers name a stretch of time in which they want to be called, in each language."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.slots.words import Words, phrases_of, tokens

Phrases = tuple[Words, ...]


@dataclass(frozen=True)
class Part:
    """A part of a day: minutes since its midnight."""

    begin: int
    end: int
    today: bool = False
    """Whether it is this day's: "esta tarde"."""


@dataclass(frozen=True)
class WindowWords:
    """Phrases are plain words."""

    parts: Mapping[Words, Part]
    between: Phrases
    """Before a range whose ends are joined by `and_`."""
    and_: Phrases
    from_: Phrases
    """Before a range whose ends are joined by `to`."""
    to: Phrases
    after: Phrases
    onwards: Phrases
    """Behind a time: from then on."""
    before: Phrases
    now: Phrases
    later: Phrases
    fillers: frozenset[str]
    written: str
    """The words that are no numbers, as they are written: for a recogniser's grammar."""


def _parts(text: str) -> dict[Words, Part]:
    table = {}
    for line in text.strip().splitlines():
        phrases, _, hours = line.partition("=")
        begin, _, end = hours.strip().partition("-")
        for phrase in phrases.split("|"):
            name = phrase.strip()
            plain = name.removeprefix("!")
            table[tokens(plain)] = Part(_minutes(begin), _minutes(end), today=plain != name)
    return table


def _minutes(clock: str) -> int:
    hour, _, minute = clock.strip().partition(":")
    return int(hour) * 60 + int(minute or 0)


WINDOW_WORDS: Mapping[str, WindowWords] = {
    "es": WindowWords(
        parts=_parts(
            """
            por la mañana|de mañana|en la mañana|a la mañana|a media mañana|de la mañana|!esta mañana = 8-14
            a primera hora|a primera hora de la mañana|temprano|muy temprano|pronto por la mañana = 8-10:30
            a última hora de la mañana = 12-14
            a mediodía|al mediodía|de mediodía|a la hora de comer|!este mediodía = 12-15
            por la tarde|de tarde|en la tarde|a la tarde|a media tarde|de la tarde|!esta tarde = 15-20
            a primera hora de la tarde|después de comer = 15-17
            a última hora|a última hora de la tarde|a última hora del día = 18-21
            por la noche|de noche|en la noche|a la noche|!esta noche = 20-22
            a cualquier hora|en cualquier momento|todo el día|a la hora que sea|a la hora que quieran = 0-24
            """
        ),
        between=phrases_of("entre"),
        and_=phrases_of("y"),
        from_=phrases_of("de|desde|a partir de"),
        to=phrases_of("a|hasta"),
        after=phrases_of("a partir de|después de|desde|pasadas|más tarde de|de"),
        onwards=phrases_of("en adelante|para adelante"),
        before=phrases_of("antes de|hasta|como muy tarde|como mucho"),
        now=phrases_of(
            "ahora|ahora mismo|cuanto antes|lo antes posible|lo más pronto posible|en cuanto puedan|en cuanto pueda"
            "|cuando puedan|cuando pueda|en cuanto llegue mi turno|cuando llegue mi turno|cuando me toque|en mi turno"
            "|cuando sea mi turno|en cuanto sea mi turno|en cuanto haya alguien|cuando haya alguien|cuando haya alguien libre"
            "|en cuanto haya alguien libre|en cuanto se pueda|enseguida|en seguida|inmediatamente|ya|ya mismo|mi turno"
        ),
        later=phrases_of(
            "a otra hora|otra hora|en otro momento|otro momento|más tarde|luego|otro día|después|más adelante|ahora no"
            "|ahora no puedo|ahora no me va bien|ahora mismo no|a una hora concreta|a otra"
        ),
        fillers=frozenset(tokens("llámeme llamen llámenme llamar prefiero mejor bien va iría ahora mismo pueden turno hora horas")),
        written=(
            "por la mañana tarde noche primera última hora mediodía entre las y de a partir después antes hasta desde"
            " en adelante esta ahora mismo cuanto otra otro momento más luego cuando llegue mi turno posible media menos"
            " cuarto punto cualquier todo el día"
        ),
    ),
    "ca": WindowWords(
        parts=_parts(
            """
            al matí|pel matí|de matí|a mig matí|del matí|!aquest matí = 8-14
            a primera hora|a primera hora del matí|d'hora|ben d'hora = 8-10:30
            a última hora del matí = 12-14
            al migdia|a migdia|del migdia|a l'hora de dinar|!aquest migdia = 12-15
            a la tarda|de tarda|per la tarda|a mitja tarda|de la tarda|a la vesprada|de vesprada|!aquesta tarda|!esta vesprada = 15-20
            a primera hora de la tarda|després de dinar = 15-17
            a última hora|a última hora de la tarda|a última hora del dia = 18-21
            al vespre|de vespre|!aquest vespre = 19-21
            a la nit|de nit|per la nit|!aquesta nit = 20-22
            a qualsevol hora|en qualsevol moment|tot el dia|a l'hora que sigui|a l'hora que vulguin = 0-24
            """
        ),
        between=phrases_of("entre"),
        and_=phrases_of("i"),
        from_=phrases_of("de|des de|a partir de"),
        to=phrases_of("a|fins a|fins"),
        after=phrases_of("a partir de|després de|des de|passades|més tard de|de"),
        onwards=phrases_of("en endavant|endavant"),
        before=phrases_of("abans de|fins a|com a molt tard"),
        now=phrases_of(
            "ara|ara mateix|com més aviat millor|el més aviat possible|al més aviat possible|quan puguin|quan pugui|tan aviat com puguin"
            "|quan arribi el meu torn|quan em toqui|quan sigui el meu torn|tan bon punt puguin|quan hi hagi algú"
            "|quan hi hagi algú lliure|de seguida|immediatament|ja|en el meu torn|el meu torn"
        ),
        later=phrases_of(
            "a una altra hora|una altra hora|en un altre moment|un altre moment|més tard|després|un altre dia|més endavant"
            "|ara no|ara no puc|ara no em va bé|ara mateix no|a una hora concreta|a una altra"
        ),
        fillers=frozenset(tokens("truqui'm truquin truquin-me trucar prefereixo millor bé va aniria ara mateix poden torn hora hores")),
        written=(
            "al matí a la tarda vespre nit primera última hora migdia entre les i de partir després abans fins des en"
            " endavant aquesta aquest ara mateix una altra un altre moment més tard quan arribi el meu torn possible aviat"
            " mitja quart quarts punt qualsevol tot dia"
        ),
    ),
    "en": WindowWords(
        parts=_parts(
            """
            in the morning|morning|mid morning|during the morning|!this morning = 8-12
            first thing|first thing in the morning|early|early in the morning|early morning = 8-10
            late morning|late in the morning = 10:30-12
            at lunchtime|lunchtime|at lunch|around noon|at midday = 12-14
            in the afternoon|afternoon|during the afternoon|!this afternoon = 12-18
            early afternoon|early in the afternoon|after lunch = 13-15
            late afternoon|late in the afternoon|end of the day|at the end of the day = 16-19
            in the evening|evening|!this evening|!tonight|at night = 18-22
            any time|anytime|at any time|all day = 0-24
            """
        ),
        between=phrases_of("between"),
        and_=phrases_of("and"),
        from_=phrases_of("from"),
        to=phrases_of("to|until|till|til"),
        after=phrases_of("after|from|any time after|anytime after|any time from|later than|past"),
        onwards=phrases_of("onwards|onward|on"),
        before=phrases_of("before|until|till|by|no later than"),
        now=phrases_of(
            "now|right now|right away|as soon as possible|as soon as you can|whenever you can|when you can|when it's my turn"
            "|when it is my turn|on my turn|when my turn comes|when somebody is free|when someone is free|immediately|straight away"
            "|as soon as it's my turn|as soon as somebody is free|asap|my turn"
        ),
        later=phrases_of(
            "at another time|another time|some other time|a different time|later|later on|another day|not now|not right now"
            "|at a different time|at some other time|a specific time|other time"
        ),
        fillers=frozenset(tokens("call ring me back prefer best better would now right can could works work suits turn time o'clock")),
        written=(
            "in the morning afternoon evening night first thing between and from to after before until onwards this at"
            " now right away another time later when it's my turn as soon possible half past quarter o'clock any day noon"
        ),
    ),
}  # fmt: skip
