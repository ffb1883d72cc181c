"""Number words to digits, in every way that a spoken number can be cut up.

"cuarenta y cinco setenta y uno ocho" is 45 71 8; "forty five" may be 45 or 40 5. All readings are made,
each with a cost that tells how far the words had to be bent; the question chooses among them by length
and check digit. text2num knows neither Catalan nor "doble", "oh", rival readings or mishearings, and
this table serves all languages alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from dialogs.slots.words import LONGEST_UTTERANCE, Words, likeness, plain, words_of

MOST_READINGS = 24
"""Per position of the utterance; bounds the work on any input."""
LONGEST_RESCUE = 16
"""Words; in a longer utterance nothing is rescued by sound."""
HIGHEST_COST = 2.5

ALIKE = 0.6
"""Likeness from which a word may be a misheard number word."""
SKIP_UNKNOWN = 1.0
SPLIT = 0.4
"""For a number that is cut where its language would go on, "mil | uno" as 1000 1: it is asked back."""
MISHEARD = 0.5
"""A word that only sounds like a number word."""
_COUNTED = 0.2
"""For "tres ceros", which may be heard for "tres, cero"."""


@dataclass(frozen=True)
class Reading:
    """Digits, and how far the words had to be bent for them (0: not at all)."""

    digits: str
    cost: float


@dataclass(frozen=True)
class Lexicon:
    """A language's number words, in the plain form of `words.plain`."""

    units: Mapping[str, str]
    teens: Mapping[str, str]
    tens: Mapping[str, str]
    hundreds: Mapping[str, str]
    hundred_after_unit: frozenset[str]
    thousand: frozenset[str]
    joins: frozenset[str]
    repeats: Mapping[str, int]
    fillers: frozenset[str]
    articles: frozenset[str]
    """Before one digit among many: "tres ceros y un uno"."""
    joined_always: bool
    """Whether tens and units need a joining word: "cuarenta y cinco"."""
    joined_twenties: bool
    """Whether the twenties do: "vint-i-cinc"."""
    misheard: Mapping[str, str]
    """What recognisers write for a digit, where the sound alone would not tell."""
    spellings: tuple[str, ...]
    """Number words as they are written, for the recogniser's grammar. People read numbers that are names
    one by one or in pairs: hundreds, and forms that stand before a noun, are understood if they come, but
    to expect them costs time and confuses ("cuatrocientos" for "cuatro, cinco")."""


_BEFORE_NOUNS = frozenset({"un", "una", "veintiún", "veintiuna"})


def _numbered(text: str) -> dict[str, str]:
    """ "cero=0 uno=1" as a table of plain words."""
    table = {}
    for item in text.split():
        word, _, digits = item.partition("=")
        table[plain(word)] = digits
    return table


def _lexicon(  # noqa: PLR0913 - a table with eleven named columns
    *,
    units: str,
    teens: str = "",
    tens: str = "",
    hundreds: str = "",
    hundred: str = "",
    thousand: str = "",
    joins: str = "",
    repeats: Mapping[str, int] | None = None,
    fillers: str = "",
    misheard: str = "",
) -> Lexicon:
    written = [item.partition("=")[0] for table in (units, teens, tens) for item in table.split()]
    written += [*joins.split(), *(repeats or {})]
    return Lexicon(
        units=_numbered(units),
        teens=_numbered(teens),
        tens=_numbered(tens),
        hundreds=_numbered(hundreds),
        hundred_after_unit=frozenset(map(plain, hundred.split())),
        thousand=frozenset(map(plain, thousand.split())),
        joins=frozenset(map(plain, joins.split())),
        repeats={plain(word): times for word, times in (repeats or {}).items()},
        fillers=frozenset(map(plain, fillers.split())),
        articles=frozenset({"un", "una", "a", "one"}),
        joined_always=plain(joins) == "y",
        joined_twenties=plain(joins) == "i",
        misheard=_numbered(misheard),
        spellings=tuple(dict.fromkeys(word for word in written if word not in _BEFORE_NOUNS)),
    )


_LEXICONS: Mapping[str, Lexicon] = {
    "es": _lexicon(
        units="cero=0 uno=1 un=1 una=1 dos=2 tres=3 cuatro=4 cinco=5 seis=6 siete=7 ocho=8 nueve=9",
        teens="diez=10 once=11 doce=12 trece=13 catorce=14 quince=15 dieciséis=16 diecisiete=17 dieciocho=18"
        " diecinueve=19 veintiuno=21 veintiún=21 veintiuna=21 veintidós=22 veintitrés=23 veinticuatro=24"
        " veinticinco=25 veintiséis=26 veintisiete=27 veintiocho=28 veintinueve=29",
        tens="veinte=20 treinta=30 cuarenta=40 cincuenta=50 sesenta=60 setenta=70 ochenta=80 noventa=90",
        hundreds="cien=100 ciento=100 doscientos=200 doscientas=200 trescientos=300 trescientas=300"
        " cuatrocientos=400 cuatrocientas=400 quinientos=500 quinientas=500 seiscientos=600 seiscientas=600"
        " setecientos=700 setecientas=700 ochocientos=800 ochocientas=800 novecientos=900 novecientas=900",
        thousand="mil",
        joins="y",
        repeats={"doble": 2, "triple": 3},
        fillers="el la es mi su número de del cliente son a ver eh em mmm pues vale sí mire bueno por favor"
        " gracias que código al final luego después guion coma punto espacio tengo aquí está"
        " una un señorita señor le digo se lo mm ah los las hola buenas buenos días tardes oiga apunte anote",
        misheard="ojo=8 hocho=8 cerro=0 zero=0 cedo=0 sero=0 tras=3 sei=6 seas=6 sieta=7 nuebe=9"
        " nuve=9 nieve=9 huno=1 cuarto=4 cuadro=4 sinco=5 sietes=7 ochos=8 ceros=0 unos=1 doses=2",
    ),
    "ca": _lexicon(
        units="zero=0 u=1 un=1 una=1 dos=2 dues=2 tres=3 quatre=4 cinc=5 sis=6 set=7 vuit=8 huit=8 nou=9",
        teens="deu=10 onze=11 dotze=12 tretze=13 catorze=14 quinze=15 setze=16 disset=17 desset=17 dèsset=17"
        " divuit=18 devuit=18 díhuit=18 dinou=19 dènou=19 denou=19",
        tens="vint=20 trenta=30 quaranta=40 cinquanta=50 seixanta=60 setanta=70 vuitanta=80 huitanta=80"
        " noranta=90",
        hundreds="cent=100",
        hundred="cents centes",
        thousand="mil",
        joins="i",
        repeats={"doble": 2, "triple": 3},
        fillers="el la és meu el número de client són a veure eh em mmm doncs val sí miri bé bo si us plau"
        " sisplau gràcies que codi al final després guió coma punt espai tinc aquí està"
        " un una senyoreta senyor li dic mm ah els les meva hola bon bona dia tarda escolti apunti anoti",
        misheard="cero=0 uno=1 cuatro=4 quatra=4 cuatre=4 cinco=5 sinc=5 sink=5 seis=6 siete=7 ocho=8 nueve=9"
        " vuits=8 buit=8 vui=8 nau=9 sets=7 zeros=0 sero=0 cinquena=5 sic=6 tras=3 dus=2 quart=4",
    ),
    "en": _lexicon(
        units="zero=0 oh=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 nought=0 naught=0",
        teens="ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17"
        " eighteen=18 nineteen=19",
        tens="twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90",
        hundreds="",
        hundred="hundred",
        thousand="thousand",
        joins="and",
        repeats={"double": 2, "triple": 3, "treble": 3},
        fillers="it is it's its my the number customer er um uh well yes okay please that's thanks thank"
        " you so i code dash then at end have here on a"
        " comma point mm ah hmm of this hello hi good morning afternoon yeah right",
        misheard="o=0 hero=0 won=1 want=1 to=2 too=2 tree=3 free=3 for=4 fore=4 fife=5 hive=5 sex=6 sicks=6"
        " ate=8 aid=8 niner=9 mine=9 fourty=40 forteen=14 nein=9 eights=8 sevens=7 ones=1 zeros=0 nines=9",
    ),
    # Only for tests and measurements: digits one by one.
    "ko": _lexicon(units="영=0 공=0 일=1 이=2 삼=3 사=4 오=5 육=6 칠=7 팔=8 구=9"),
}

_NO_LEXICON = _lexicon(units="")

_NUMBERED = {
    language: {**lexicon.units, **lexicon.teens, **lexicon.tens} for language, lexicon in _LEXICONS.items()
}


def lexicon_of(language: str) -> Lexicon:
    """The language's number words, plain; without entries for a language that has no table."""
    return _LEXICONS.get(language, _NO_LEXICON)


def number_words(language: str) -> tuple[str, ...]:
    """The words to expect in a number that is a name, as written; empty for a language without a table."""
    lexicon = _LEXICONS.get(language)
    return lexicon.spellings if lexicon else ()


def readings(text: str, language: str) -> tuple[Reading, ...]:
    """All readings of an utterance as a string of digits, cheapest first; none if it holds no number."""
    words = words_of(text)
    lexicon = _LEXICONS.get(language)
    if len(words) > LONGEST_UTTERANCE:
        return ()
    if lexicon is None:
        digits = "".join(words)
        return (Reading(digits, 0.0),) if digits.isascii() and digits.isdecimal() else ()
    found = list(_parse(words, language))
    best: dict[str, float] = {}
    for reading in found:
        if reading.digits and reading.cost <= HIGHEST_COST:
            best[reading.digits] = min(reading.cost, best.get(reading.digits, 9.0))
    return tuple(sorted((Reading(d, c) for d, c in best.items()), key=lambda r: (r.cost, r.digits)))


@lru_cache(maxsize=1024)
def _parse(words: Words, language: str) -> tuple[Reading, ...]:
    """From the end to the start: the readings of each tail are made of the readings of shorter tails."""
    tails: list[dict[str, float]] = [{} for _ in words] + [{"": 0.0}]
    for at in range(len(words) - 1, -1, -1):
        here: dict[str, float] = {}
        for size, digits, cost in _blocks(words, at, language):
            for tail, tail_cost in tails[at + size].items():
                whole = digits + tail
                if len(whole) <= 40 and cost + tail_cost < here.get(whole, HIGHEST_COST + 1):
                    here[whole] = cost + tail_cost
        tails[at] = dict(sorted(here.items(), key=lambda item: item[1])[:MOST_READINGS])
    return tuple(Reading(digits, round(cost, 3)) for digits, cost in tails[0].items())


_Block = tuple[int, str, float]
"""Words taken, digits made, cost."""


def _blocks(words: Words, at: int, language: str) -> Iterator[_Block]:
    lexicon = _LEXICONS[language]
    word = words[at]
    if word.isascii() and word.isdecimal():
        yield 1, word, 0.0
        return
    found = list(_whole_numbers(words, at, lexicon))
    yield from found
    yield from _counted(words, at, lexicon)
    times = lexicon.repeats.get(word)
    if times and at + 1 < len(words):
        after = words[at + 1]
        if after.isascii() and after.isdecimal() and len(after) == 1:
            yield 2, after * times, 0.0
        for size, digits, cost in _below_hundred(words, at + 1, lexicon):
            yield 1 + size, digits * times, cost
    if word in lexicon.misheard:
        yield 1, lexicon.misheard[word], 0.4
    known = bool(found) or bool(times) or word in lexicon.misheard
    if word in lexicon.fillers:
        yield 1, "", 0.0 if not known else 0.3
    elif word in lexicon.joins:
        # "Cuarenta y | setenta": a unit was lost.
        yield 1, "", SPLIT if at and words[at - 1] in lexicon.tens else 0.2
    elif not found and not times:  # a clear number word is never dropped
        if not known and len(words) <= LONGEST_RESCUE:
            yield from _by_sound(word, language)
        yield 1, "", SKIP_UNKNOWN


def _counted(words: Words, at: int, lexicon: Lexicon) -> Iterator[_Block]:
    """ "Tres ceros", "two sevens", and the single one that may follow: "… y un uno"."""
    count = lexicon.units.get(words[at], "0")
    digit = _singular(words[at + 1], lexicon) if at + 1 < len(words) else None
    if digit is None or int(count) < 2:
        return
    yield 2, digit * int(count), _COUNTED
    joined = at + 2 + (at + 2 < len(words) and words[at + 2] in lexicon.joins)
    last = lexicon.units.get(words[joined + 1]) if joined + 1 < len(words) else None
    if last and words[joined] in lexicon.articles:
        yield joined + 2 - at, digit * int(count) + last, _COUNTED


def _singular(word: str, lexicon: Lexicon) -> str | None:
    """The digit whose plural the word is: "ceros", "cincos", "zeroes"."""
    for ending in ("s", "es"):
        if word.endswith(ending) and word not in lexicon.units:
            digit = lexicon.units.get(word.removesuffix(ending))
            if digit:
                return digit
    return {"sixes": "6", "vuits": "8", "cincs": "5"}.get(word)


def _by_sound(word: str, language: str) -> Iterator[_Block]:
    for known, digits in _NUMBERED[language].items():
        like = likeness(word, known, language, ALIKE)
        if like >= ALIKE and min(len(word), len(known)) >= 3:
            yield 1, digits, MISHEARD + (1.0 - like)


def _below_hundred(words: Words, at: int, lexicon: Lexicon) -> Iterator[_Block]:
    if at >= len(words):
        return
    word = words[at]
    if word in lexicon.units:
        yield 1, lexicon.units[word], 0.0
    if word in lexicon.teens:
        yield 1, lexicon.teens[word], 0.0
    if word in lexicon.tens:
        tens = lexicon.tens[word]
        follows = at + 1 < len(words) and words[at + 1] in lexicon.units
        # "Cuarenta cinco" is 40 5 as well as 45; "forty five" and "quaranta-cinc" are whole numbers.
        careless = lexicon.joined_always or (tens == "20" and lexicon.joined_twenties)
        yield 1, tens, (0.1 if careless else SPLIT) if follows else 0.0
        joined = at + 1 < len(words) and words[at + 1] in lexicon.joins
        unit_at = at + 1 + joined
        after = words[unit_at] if unit_at < len(words) else ""
        unit = lexicon.units.get(after)
        if unit and unit != "0":
            yield 2 + joined, tens[0] + unit, 0.0
        elif joined and unit is None and lexicon.misheard.get(after, "0") != "0":
            yield 2 + joined, tens[0] + lexicon.misheard[after], 0.4


def _below_thousand(words: Words, at: int, lexicon: Lexicon) -> Iterator[_Block]:
    yield from _below_hundred(words, at, lexicon)
    if at >= len(words):
        return
    heads: list[tuple[int, str]] = []
    if words[at] in lexicon.hundreds:
        heads.append((1, lexicon.hundreds[words[at]]))
    unit = lexicon.units.get(words[at])
    if unit and unit != "0" and at + 1 < len(words) and words[at + 1] in lexicon.hundred_after_unit:
        heads.append((2, unit + "00"))
    for size, hundred in heads:
        goes_on = any(True for _ in _below_hundred(words, at + size, lexicon))
        yield size, hundred, SPLIT if goes_on else 0.0
        joined = at + size < len(words) and words[at + size] in lexicon.joins
        for more, digits, cost in _below_hundred(words, at + size + joined, lexicon):
            if digits.strip("0"):
                yield size + joined + more, hundred[0] + digits.zfill(2), cost


def _whole_numbers(words: Words, at: int, lexicon: Lexicon) -> Iterator[_Block]:
    yield from _below_thousand(words, at, lexicon)
    heads: list[_Block] = [(0, "1", 0.0)]
    heads += [block for block in _below_thousand(words, at, lexicon) if block[1] != "0"]
    for size, thousands, cost in heads:
        mil = at + size
        if mil >= len(words) or words[mil] not in lexicon.thousand:
            continue
        goes_on = any(True for _ in _below_thousand(words, mil + 1, lexicon))
        yield size + 1, thousands + "000", cost + (SPLIT if goes_on else 0.0)
        joined = mil + 1 < len(words) and words[mil + 1] in lexicon.joins
        for more, digits, rest in _below_thousand(words, mil + 1 + joined, lexicon):
            if digits.strip("0"):
                yield size + 1 + joined + more, thousands + digits.zfill(3), cost + rest
