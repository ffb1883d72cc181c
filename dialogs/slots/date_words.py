"""How days are named in each language."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.slots.words import Words, phrases_of, tokens

Phrases = tuple[Words, ...]


@dataclass(frozen=True)
class DateWords:
    """Phrases are plain words; each table is looked up at its longest."""

    offsets: Mapping[Words, int]
    """ "pasado mañana" → 2 days from today."""
    day_after: Phrases
    """ "Pasado", which is the day after tomorrow only behind a "mañana" that is turned down."""
    weekdays: Mapping[str, int]
    """Monday is 0."""
    months: Mapping[str, int]
    ordinals: Mapping[str, int]
    """Days of the month that are no plain number: "primero"."""
    articles: Phrases
    of: frozenset[str]
    """Between day, month and year."""
    year: frozenset[str]
    """The word "year" itself: "del año 2027"."""
    this: Phrases
    next_before: Phrases
    next_after: Phrases
    last_before: Phrases
    last_after: Phrases
    week_next: Phrases
    """Behind a weekday: of next week."""
    week_this: Phrases
    week_last: Phrases
    week_later: Phrases
    """Behind a weekday, or before it: a week after that day."""
    fortnight_later: Phrases
    leave_open: frozenset[str]
    """Beside a day, they make it another one, or none."""
    after_next: Phrases
    """Behind a weekday: not the next one, the one behind it."""
    month_this: Phrases
    month_next: Phrases
    month_last: Phrases
    year_this: Phrases
    year_next: Phrases
    year_last: Phrases
    in_: Phrases
    """Before a stretch of time that is still to pass."""
    from_now: Phrases
    """Behind a stretch of time that is still to pass."""
    ago_before: Phrases
    ago_after: Phrases
    units: Mapping[str, str]
    idioms: Mapping[int, int]
    """ "Eight days" are a week, "fifteen days" two."""
    parts: Phrases
    """Parts of the day, which do not change the day."""
    feasts: Mapping[Words, tuple[int, int]]
    """Feasts of a fixed day: (month, day)."""
    moving: Phrases
    """Feasts of no fixed day: understood as such, and refused."""
    month_first: bool = False
    """Whether "March fifteenth" is said as often as "fifteenth of March"."""


def _numbered(text: str) -> dict[str, int]:
    return {
        tokens(word)[0]: int(number) for word, _, number in (item.partition("=") for item in text.split())
    }


def _phrased(text: str) -> dict[Words, int]:
    pairs = (item.rpartition("=") for item in text.split("|"))
    return {tokens(phrase): int(number) for phrase, _, number in pairs}


def _feasts(text: str) -> dict[Words, tuple[int, int]]:
    pairs = (item.rpartition("=") for item in text.split("|"))
    return {tokens(name): (int(day[:2]), int(day[2:])) for name, _, day in pairs}


def _units(text: str) -> dict[str, str]:
    return {tokens(word)[0]: unit for word, _, unit in (item.partition("=") for item in text.split())}


def _words(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


_ENGLISH_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)

DATE_WORDS: Mapping[str, DateWords] = {
    "es": DateWords(
        offsets=_phrased(
            "hoy=0|hoy mismo=0|hoy día=0|esta tarde=0|esta noche=0|esta mañana=0|este mediodía=0|mañana=1"
            "|mañana mismo=1|el día de mañana=1|pasado mañana=2|ayer=-1|anteayer=-2|antes de ayer=-2|antier=-2"
            "|antes ayer=-2|trasanteayer=-3|el día de hoy=0|el día de ayer=-1|anoche=-1"
        ),
        day_after=phrases_of("pasado"),
        weekdays=_numbered("lunes=0 martes=1 miércoles=2 jueves=3 viernes=4 sábado=5 domingo=6"),
        months=_numbered(
            "enero=1 febrero=2 marzo=3 abril=4 mayo=5 junio=6 julio=7 agosto=8 septiembre=9 setiembre=9"
            " octubre=10 noviembre=11 diciembre=12"
        ),
        ordinals=_numbered("primero=1 primer=1 1ro=1 1º=1"),
        articles=phrases_of("el|el día|día|al|para el|para el día"),
        of=frozenset({"de", "del"}),
        year=frozenset({"ano"}),
        this=phrases_of("este|este mismo|el de este"),
        next_before=phrases_of("el próximo|próximo|este próximo|el siguiente"),
        next_after=phrases_of("que viene|próximo|siguiente|que entra|que sigue"),
        last_before=phrases_of("el pasado|el último|este pasado"),
        last_after=phrases_of("pasado|último|que pasó|anterior"),
        week_next=phrases_of(
            "de la semana que viene|de la próxima semana|de la siguiente semana|de la semana próxima"
            "|de la semana que entra|de la semana siguiente|de la otra semana|la semana que viene"
            "|la próxima semana|la semana próxima|la semana siguiente|la siguiente semana|la semana que entra"
            "|la semana entrante|de la semana entrante|la otra semana"
        ),
        week_this=phrases_of("de esta semana|de esta misma semana|esta semana|esta misma semana"),
        week_last=phrases_of("de la semana pasada|de la pasada semana|la semana pasada"),
        week_later=phrases_of("no este el otro|en ocho|en ocho días"),
        fortnight_later=(),
        after_next=(),
        leave_open=_words(
            "semana semanas días meses años quincena finde fin final finales principio principios mediados mitad puente"
            " víspera siguiente anterior después tras pasado segundo tercer tercero cuarto quinto último última primera segunda otro otra cualquier"
            " cualquiera cada"
        ),
        month_this=phrases_of(
            "de este mes|del mes|del corriente|de este mismo mes|del presente mes|del mes en curso"
        ),
        month_next=phrases_of(
            "del mes que viene|del próximo mes|del mes próximo|del mes siguiente|del otro mes|del mes que entra"
            "|del mes entrante|del siguiente mes|de mes que viene|de mes próximo|de mes siguiente|de mes que entra"
            "|de mes entrante"
        ),
        month_last=phrases_of("del mes pasado|del pasado mes"),
        year_this=phrases_of("de este año|este año|de este mismo año"),
        year_next=phrases_of(
            "del año que viene|del próximo año|el año que viene|del año próximo|del otro año"
        ),
        year_last=phrases_of("del año pasado|del pasado año|el año pasado"),
        in_=phrases_of("dentro de|en|de aquí a|de acá a|al cabo de|de hoy en"),
        from_now=phrases_of("a partir de hoy|desde hoy|a contar desde hoy"),
        ago_before=phrases_of("hace|hará"),
        ago_after=phrases_of("atrás"),
        units=_units("día=day días=day semana=week semanas=week mes=month meses=month año=year años=year"),
        idioms={8: 7, 15: 14},
        parts=phrases_of(
            "por la mañana|por la tarde|por la noche|de la mañana|de la tarde|a la mañana|en la mañana"
            "|en la tarde|en la noche|a la tarde|a mediodía|al mediodía|a primera hora|a última hora|temprano"
            "|sin falta|al mediodía|a la noche|por la mañanita"
        ),
        feasts=_feasts(
            "navidad=1225|el día de navidad=1225|nochebuena=1224|nochevieja=1231|fin de año=1231|todos los santos=1101|reyes=0106|el día de reyes=0106"
            "|año nuevo=0101|san juan=0624|san valentín=0214|la inmaculada=1208|el día de la inmaculada=1208|la purísima=1208"
            "|el día de la purísima=1208|el día de la constitución=1206"
        ),
        moving=phrases_of(
            "viernes santo|jueves santo|sábado santo|lunes de pascua|domingo de pascua|domingo de ramos|domingo de resurrección"
            "|martes de carnaval|miércoles de ceniza|semana santa|pascua|carnaval|black friday|viernes negro"
        ),
    ),
    "ca": DateWords(
        offsets=_phrased(
            "avui=0|hui=0|avui mateix=0|hui mateix=0|aquesta tarda=0|aquesta nit=0|aquest vespre=0|esta vesprada=0"
            "|aquest matí=0|aquesta vesprada=0|esta nit=0|demà=1|demà mateix=1|el dia de demà=1|demà passat=2"
            "|passat demà=2|despús-demà=2|despusdemà=2|demà passat mateix=2|ahir=-1|abans-d'ahir=-2"
            "|abans d'ahir=-2|despús-ahir=-2|despusahir=-2|anit=-1|el dia d'avui=0|el dia d'ahir=-1"
        ),
        day_after=phrases_of("passat"),
        weekdays=_numbered("dilluns=0 dimarts=1 dimecres=2 dijous=3 divendres=4 dissabte=5 diumenge=6"),
        months=_numbered(
            "gener=1 febrer=2 març=3 abril=4 maig=5 juny=6 juliol=7 agost=8 setembre=9 octubre=10 novembre=11"
            " desembre=12"
        ),
        ordinals=_numbered("primer=1"),
        articles=phrases_of("el|el dia|dia|al|per al|pel|pel dia|per al dia|per el"),
        of=frozenset({"de", "del"}),
        year=frozenset({"any"}),
        this=phrases_of("aquest|aquest mateix|este|aqueix"),
        next_before=phrases_of("el proper|proper|el pròxim|pròxim|aquest proper|el vinent"),
        next_after=phrases_of("vinent|que ve|que vé|proper|pròxim|següent|que vindrà"),
        last_before=phrases_of("el passat|l'últim|aquest passat"),
        last_after=phrases_of("passat|anterior|últim"),
        week_next=phrases_of(
            "de la setmana que ve|de la setmana vinent|de la propera setmana|de la pròxima setmana"
            "|de la setmana entrant|la setmana que ve|la setmana vinent|de l'altra setmana|la setmana entrant"
            "|la propera setmana|la pròxima setmana|la setmana pròxima|la setmana propera|l'altra setmana"
            "|la setmana següent|de la setmana següent|de la setmana pròxima|de la setmana propera"
        ),
        week_this=phrases_of("d'aquesta setmana|d'esta setmana|aquesta setmana|esta setmana"),
        week_last=phrases_of("de la setmana passada|la setmana passada"),
        week_later=phrases_of("no aquest l'altre"),
        fortnight_later=(),
        after_next=(),
        leave_open=_words(
            "setmana setmanes dies mesos anys quinzena fi final finals principi principis mitjan mitjans meitat pont"
            " vigília després passat endemà sendemà següent anterior segon tercer quart cinquè últim última darrer darrera primera"
            " segona altre altra qualsevol cada"
        ),
        month_this=phrases_of("d'aquest mes|d'este mes|del mes|del mes en curs|del present mes"),
        month_next=phrases_of(
            "del mes que ve|del mes vinent|del proper mes|del pròxim mes|de l'altre mes|del mes entrant|del mes pròxim"
            "|del mes següent|de mes que ve|de mes vinent|de mes entrant"
        ),
        month_last=phrases_of("del mes passat"),
        year_this=phrases_of("d'aquest any|d'enguany|enguany|aquest any"),
        year_next=phrases_of("de l'any que ve|de l'any vinent|del proper any|l'any que ve|de l'any pròxim"),
        year_last=phrases_of("de l'any passat|l'any passat"),
        in_=phrases_of("d'avui en|d'aquí a|d'aquí|dins de|dintre de|en|d'ací a|dins|al cap de"),
        from_now=phrases_of("a partir d'avui|a partir d'ara"),
        ago_before=phrases_of("fa|farà"),
        ago_after=phrases_of("enrere"),
        units=_units("dia=day dies=day setmana=week setmanes=week mes=month mesos=month any=year anys=year"),
        idioms={8: 7, 15: 14},
        parts=phrases_of(
            "al matí|a la tarda|al vespre|a la nit|al migdia|de bon matí|a la vesprada|a primera hora|pel matí"
            "|a última hora|sens falta|per la tarda|de matí|de vesprada|per la vesprada|de nit|a migdia|per la nit"
        ),
        feasts=_feasts(
            "nadal=1225|el dia de nadal=1225|sant esteve=1226|cap d'any=0101|fi d'any=1231|tots sants=1101|reis=0106|el dia de reis=0106"
            "|sant joan=0624|sant jordi=0423|la diada=0911|any nou=0101|la nit de nadal=1224|la puríssima=1208"
            "|el dia de la puríssima=1208|la immaculada=1208|el dia de la immaculada=1208|el dia de la constitució=1206"
        ),
        moving=phrases_of(
            "divendres sant|dijous sant|dissabte sant|dilluns de pasqua|diumenge de pasqua|diumenge de rams|dijous gras"
            "|dimarts de carnaval|dimecres de cendra|setmana santa|pasqua|carnaval|carnestoltes|black friday"
        ),
    ),
    "en": DateWords(
        offsets=_phrased(
            "today=0|tonight=0|this morning=0|this afternoon=0|this evening=0|tomorrow=1|day after tomorrow=2"
            "|the day after tomorrow=2|yesterday=-1|day before yesterday=-2|the day before yesterday=-2"
            "|last night=-1|a week today=7|a week tomorrow=8|today week=7|tomorrow week=8|a fortnight today=14"
        ),
        day_after=phrases_of("day after|the day after"),
        weekdays=_numbered("monday=0 tuesday=1 wednesday=2 thursday=3 friday=4 saturday=5 sunday=6"),
        months=_numbered(
            "january=1 february=2 march=3 april=4 may=5 june=6 july=7 august=8 september=9 october=10"
            " november=11 december=12 jan=1 feb=2 mar=3 apr=4 jun=6 jul=7 aug=8 sept=9 sep=9 oct=10 nov=11 dec=12"
        ),
        ordinals={
            **{word: at for at, word in enumerate(_ENGLISH_ORDINALS.split(), 1)},
            "thirtieth": 30,
        },
        articles=phrases_of("the|on the|on|for the"),
        of=frozenset({"of"}),
        year=frozenset({"year"}),
        this=phrases_of("this|this coming|the coming|coming|on this"),
        next_before=phrases_of("next|the next|on next"),
        next_after=phrases_of("next|coming"),
        last_before=phrases_of("last|the last|this past|past"),
        last_after=phrases_of("last|just gone"),
        week_next=phrases_of("next week|of next week|the week after"),
        week_this=phrases_of("this week|of this week"),
        week_last=phrases_of("last week|of last week"),
        week_later=phrases_of("week"),
        fortnight_later=phrases_of("fortnight"),
        after_next=phrases_of("after next"),
        leave_open=_words(
            "week weeks days month months year years other fortnight fortnights weekend weekends end beginning start middle mid early"
            " late second third fourth fifth last next after any every each eve following previous"
        ),
        month_this=phrases_of("of this month|this month|of the month"),
        month_next=phrases_of("of next month|next month"),
        month_last=phrases_of("of last month|last month"),
        year_this=phrases_of("this year|of this year"),
        year_next=phrases_of("next year|of next year"),
        year_last=phrases_of("last year|of last year"),
        in_=phrases_of("in|within|after"),
        from_now=phrases_of("from now|from today|time"),
        ago_before=(),
        ago_after=phrases_of("ago"),
        units=_units(
            "day=day days=day week=week weeks=week month=month months=month year=year years=year"
            " fortnight=fortnight weeks'=week days'=day"
        ),
        idioms={},
        parts=phrases_of(
            "in the morning|in the afternoon|in the evening|at night|morning|afternoon|evening|night|at noon"
            "|at midday|first thing|at lunchtime|lunchtime"
        ),
        feasts=_feasts(
            "christmas=1225|christmas day=1225|christmas eve=1224|boxing day=1226|new year's day=0101"
            "|new year's eve=1231|halloween=1031|valentine's day=0214|new years day=0101|new years eve=1231"
        ),
        moving=phrases_of(
            "good friday|easter monday|easter sunday|easter|ash wednesday|shrove tuesday|pancake day|black friday"
            "|cyber monday|bank holiday monday|bank holiday|whit monday|palm sunday|maundy thursday|thanksgiving|twelfth night"
        ),
        month_first=True,
    ),
}
