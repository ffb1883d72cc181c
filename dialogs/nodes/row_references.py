"""What is said of rows without naming what is in them: "las dos", "cualquiera", "la más antigua", "el pedido dos".

Rules:
1. It counts only where nothing else is said.
2. Several at once is no answer, and whoever does not mind which is proposed the first: nothing here is sure but a key
   that is called one.
3. "A las dos" is a time of day, never the second row.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialogs.nodes.row_values import Field, Row
from dialogs.slots.fillers import FILLERS
from dialogs.slots.numerals import readings
from dialogs.slots.words import Words, phrases_of, plain, starts, tokens

_HOUR = (
    r"(?:una|dos|dues|tres|cuatro|quatre|cinco|cinc|seis|sis|siete|set|ocho|vuit|nueve|nou|diez|deu|once|onze|doce|dotze"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})"
)
_AT_A_TIME = re.compile(
    rf"\b(?:a|sobre|per|hacia|cap a) (?:la|las|les) {_HOUR}\b|\bat {_HOUR}\b"
    rf"|\b(?:la|las|les) {_HOUR} (?:de la|del|en punto|y media|y cuarto|i mitja|i quart)\b|\b{_HOUR} (?:o'clock|am|pm)\b"
)


@dataclass(frozen=True)
class _Table:
    several: tuple[Words, ...]
    whichever: tuple[Words, ...]
    earliest: tuple[Words, ...]
    latest: tuple[Words, ...]
    around: frozenset[str]
    key: frozenset[str]
    """Words that call a number a key."""


_TABLES: Mapping[str, _Table] = {
    "es": _Table(
        phrases_of("los dos|las dos|ambos|ambas|los tres|las tres|los cuatro|las cuatro|todos|todas|todos ellos|todas ellas|la una y la otra|uno y otro|las dos cosas|primero y segundo|la primera y la segunda|el primero y el segundo"),
        phrases_of("cualquiera|cualquier|cualquiera de las dos|cualquiera de los dos|cualquiera de las tres|cualquiera de los tres|me da igual|da igual|me da lo mismo|da lo mismo|la que sea|el que sea|la que quiera|el que quiera|lo que sea|la que usted quiera|indiferente|es indiferente|me es indiferente|me es igual|no me importa|no importa"),
        phrases_of("que llega antes|que viene antes|que es antes|llega antes|más temprana|más temprano|más pronto|antes posible|lo antes posible|cuanto antes|más antigua|más antiguo|más vieja|más viejo|más próxima|más próximo|más cercana|más cercano"),
        phrases_of("más tarde|más tardía|más tardío|más reciente|más nueva|más nuevo|más lejana"),
        frozenset(tokens("el la los las lo de del a que quiero quería prefiero deme dame póngame ponme ellas ellos esas esos estas estos usted mismo misma pues me quedo con es sea hora cuál cualquiera cualquier")),
        frozenset(tokens("opción número tecla pulso marco")),
    ),
    "ca": _Table(
        phrases_of("els dos|les dues|ambdós|ambdues|tots dos|totes dues|els tres|les tres|tots tres|totes tres|tots|totes|l'una i l'altra|la primera i la segona"),
        phrases_of("qualsevol|qualsevol de les dues|qualsevol dels dos|qualsevol de les tres|qualsevol dels tres|m'és igual|és igual|tant se val|tant me fa|tant és|la que sigui|el que sigui|la que vulgui|el que vulgui|indiferent|no m'importa|no importa"),
        phrases_of("que arriba abans|arriba abans|que ve abans|més aviat possible|més d'hora|més aviat|al més aviat possible|com més aviat millor|més antiga|més antic|més vella|més vell|més pròxima|més propera|més proper|més primerenca"),
        phrases_of("més tard|més recent|més nova|més nou|més llunyana"),
        frozenset(tokens("el la els les de del a que vull volia prefereixo doni'm posi'm elles ells aquestes aquests vostè mateix mateixa doncs em quedo amb és sigui quina qualsevol")),
        frozenset(tokens("opció número tecla premo")),
    ),
    "en": _Table(
        phrases_of("both|both of them|both of those|both of these|the two|the two of them|all|all of them|all three|all of those|one and two|the first and the second"),
        phrases_of("whichever|any|either of the two|any of the three|any of the two|anyone|any one|either|either one|i don't mind|don't mind|it doesn't matter|doesn't matter|i don't care|whatever|you choose|any of them|any of those|either of them|no preference"),
        phrases_of("that comes first|comes first|arrives first|earliest|soonest|oldest|nearest|as soon as possible"),
        phrases_of("latest|newest|most recent"),
        frozenset(tokens("the one ones a of them those these i want i'd like i'll take would give me please that is it's is for you whichever any either available")),
        frozenset(tokens("option number key press")),
    ),
}  # fmt: skip


def at_a_time(text: str) -> bool:
    """Whether a number that is said is a time of day: "a las dos", "at two"."""
    return bool(_AT_A_TIME.search(plain(text)))


def may_be_a_time(text: str) -> bool:
    """Whether a key that is said may be a time of day: "la una"."""
    return bool(re.search(r"\bla una\b", plain(text)))


def asks_for_several(text: str, language: str, nouns: Sequence[str]) -> bool:
    """Whether more than one is wanted at once."""
    table = _TABLES.get(language)
    return table is not None and _alone(text, table.several, language, nouns)


def minds_not(text: str, language: str, nouns: Sequence[str]) -> bool:
    """Whether any of them will do."""
    table = _TABLES.get(language)
    return table is not None and _alone(text, table.whichever, language, nouns)


def outermost(
    text: str, rows: Sequence[Row], fields: Sequence[Field], language: str, nouns: Sequence[str]
) -> tuple[int, ...]:
    """The places of the first or the last by day and time, if that is all that is said; none without days."""
    table = _TABLES.get(language)
    if table is None or not any(field.kind in ("date", "time") for field in fields):
        return ()
    early = _alone(text, table.earliest, language, nouns)
    if not early and not _alone(text, table.latest, language, nouns):
        return ()
    named = [field.name for kind in ("date", "time") for field in fields if field.kind == kind]
    when = {row.place: tuple(str(row.values.get(name) or "") for name in named) for row in rows}
    dated = {place: at for place, at in when.items() if all(at)}
    if not dated:
        return ()
    wanted = min(dated.values()) if early else max(dated.values())
    return tuple(place for place, at in dated.items() if at == wanted)


def key_called(text: str, language: str, nouns: Sequence[str]) -> str:
    """The key that is called one, or by what a row is called: "la opción dos", "el pedido número dos"."""
    table = _TABLES.get(language)
    if table is None or at_a_time(text):
        return ""
    called = {word for noun in nouns for word in tokens(noun)}
    words = tokens(text)
    if called.isdisjoint(words) and table.key.isdisjoint(words):
        return ""
    known = table.around | table.key | called | FILLERS.get(language, frozenset())
    # "One" is a filler in English, and the key where it is the only number.
    left = [word for word in words if word not in known] or [word for word in words if word == "one"]
    found = readings(" ".join(left), language) if 0 < len(left) <= 1 else ()
    return found[0].digits if found and found[0].cost <= 0.2 and len(found[0].digits) == 1 else ""


def _alone(text: str, phrases: tuple[Words, ...], language: str, nouns: Sequence[str]) -> bool:
    """Whether one of the phrases stands there, and nothing else that tells."""
    table = _TABLES[language]
    words = tokens(text)
    plurals = {
        form for noun in nouns for form in (noun, noun + "s", noun + "es", noun.removesuffix("a") + "es")
    }
    called = {word for form in plurals for word in tokens(form)}
    known = table.around | called | FILLERS.get(language, frozenset())
    at, found = 0, False
    while at < len(words):
        size = starts(words, at, phrases)
        if not size and words[at] not in known:
            return False
        found = found or bool(size)
        at += size or 1
    return found
