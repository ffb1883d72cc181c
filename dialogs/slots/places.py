"""Which of the things on offer somebody means by its place: "la segunda", "the last one"; or that it is none.

Rules:
1. A place counts only where nothing else is said: "la primera vez que llamo" names none.
2. What is last, at the top or in the middle is seen from where the caller stopped listening, so it is asked back.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dialogs.slots.fillers import FILLERS
from dialogs.slots.hedges import NO, corrects, cuts, without_hedges
from dialogs.slots.words import Words, phrases_of, starts, tokens

LAST = -1
MIDDLE = 0
"""Of three."""
MOST_EXPECTED = 4
"""Things on offer; where there are more, nobody counts them."""


@dataclass(frozen=True)
class _Places:
    ordinals: Mapping[Words, int]
    looser: Mapping[Words, int]
    """Places that depend on where one stops, or looks."""
    around: frozenset[str]
    """What may stand beside a place, and beside "none"."""
    of_all: tuple[Words, ...]
    """ "De las tres"."""
    none: frozenset[str]
    beside_none: frozenset[str]
    any_of: frozenset[str]
    """Behind a "not" they are none: "not any of those"."""
    expected: tuple[str, ...]
    """For a recogniser's grammar, in the order of the places; the last one is "none"."""


def _numbered(text: str) -> dict[Words, int]:
    pairs = (item.rpartition("=") for item in text.split("|"))
    return {tokens(phrase): int(place) for phrase, _, place in pairs}


_PLACES: Mapping[str, _Places] = {
    "es": _Places(
        ordinals=_numbered(
            "primera=1|primero=1|primer=1|segunda=2|segundo=2|tercera=3|tercero=3|tercer=3|cuarta=4|cuarto=4"
            "|quinta=5|quinto=5"
        ),
        looser=_numbered(
            "última=-1|último=-1|de arriba=1|de arriba del todo=1|de abajo=-1|de abajo del todo=-1|del medio=0|de en medio=0"
            "|del centro=0"
        ),
        around=frozenset(
            tokens("opción opciones posibilidad ofrecido ha has dicho dijo mencionado prefiero escojo elijo quedo con esa ese")
        ),
        of_all=phrases_of("de las dos|de las tres|de las cuatro|de los dos|de los tres|de los cuatro|de todas|de todos"),
        none=frozenset(tokens("ninguna ninguno ningún")),
        beside_none=frozenset(
            tokens("no esas esos estas estos ellas ellos anteriores las los interesa sirve gusta va bien vale me opción opciones")
        ),
        any_of=frozenset(),
        expected=("la primera", "la segunda", "la tercera", "la cuarta", "la última", "ninguna"),
    ),
    "ca": _Places(
        ordinals=_numbered(
            "primera=1|primer=1|segona=2|segon=2|tercera=3|tercer=3|quarta=4|quart=4|cinquena=5|cinquè=5"
        ),
        looser=_numbered("última=-1|últim=-1|darrera=-1|darrer=-1|de dalt=1|de baix=-1|del mig=0|d'enmig=0"),
        around=frozenset(
            tokens("opció opcions possibilitat ofert ha has dit prefereixo escullo trio quedo amb aquesta aquest")
        ),
        of_all=phrases_of("de les dues|de les tres|de les quatre|dels dos|dels tres|dels quatre|de totes|de tots"),
        none=frozenset({"cap"}),
        beside_none=frozenset(
            tokens("no n'hi ni una aquestes aquests aquelles aquells elles ells anteriors les els interessa serveix agrada va bé m'interessa"
                   " m'agrada opció")
        ),
        any_of=frozenset(),
        expected=("la primera", "la segona", "la tercera", "la quarta", "l'última", "cap"),
    ),
    "en": _Places(
        ordinals=_numbered("first=1|second=2|third=3|fourth=4|fifth=5|1st=1|2nd=2|3rd=3"),
        looser=_numbered("last=-1|final=-1|latter=-1|former=1|top=1|bottom=-1|middle=0"),
        around=frozenset(tokens("one thing option choice give said you me mentioned gave i'll take prefer go with that")),
        of_all=phrases_of(
            "of the two|of the three|of the four|of them|of those|of these|of all|on the list|in the list"
        ),
        none=frozenset({"none", "neither"}),
        beside_none=frozenset(
            tokens("of them those these that above either one is are suits suit me any work works do no thank thanks")
        ),
        any_of=frozenset({"any", "either"}),
        expected=("the first one", "the second one", "the third one", "the fourth one", "the last one", "none of them"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A thing by its place, from 1; `LAST` and `MIDDLE` are none of these."""

    at: int
    counted: bool
    """Whether the caller counted: "the second"."""
    hedged: bool

    def among(self, count: int) -> int | None:
        """Its place among so many, from 0; `None` where there is no such place."""
        if self.at == LAST:
            return count - 1
        if self.at == MIDDLE:
            return 1 if count == 3 else None
        return self.at - 1 if self.at <= count else None


@lru_cache(maxsize=512)
def places(text: str, language: str) -> tuple[Place, ...]:
    """The places that are named, if nothing else is."""
    table = _PLACES.get(language)
    if table is None:
        return ()
    words, hedged = without_hedges(tokens(text), language)
    if cuts(words, language) and not corrects(words, language):  # "un segundo"
        return ()
    known = FILLERS[language] | table.around | NO[language]
    found: list[Place] = []
    at = 0
    while at < len(words):
        size = starts(words, at, table.of_all) if found else 0
        for phrases, counted in ((table.ordinals, True), (table.looser, False)):
            named = starts(words, at, phrases)
            if named > size:
                size = named
                found.append(Place(phrases[words[at : at + named]], counted, hedged))
        if not size and words[at] not in known and words[at] not in _OR.get(language, ""):
            return ()
        at += size or 1
    if not NO[language].isdisjoint(words):  # "la segunda no, la tercera"; "no la tercera" may mean either
        return (replace(found[1], hedged=True),) if len(found) == 2 else ()
    return tuple(found)


_OR = {"es": ("o",), "ca": ("o",), "en": ("or",)}


@lru_cache(maxsize=512)
def refuses_all(text: str, language: str) -> bool:
    """Whether it is said that none of them is wanted."""
    table = _PLACES.get(language)
    if table is None:
        return False
    words = tokens(text)
    left = [word for word in words if word not in table.none]
    said = len(left) < len(words) or (
        not table.any_of.isdisjoint(words) and not NO[language].isdisjoint(words)
    )
    numbers = {word for phrase in table.of_all for word in phrase}
    known = FILLERS[language] | table.around | table.beside_none | NO[language] | numbers
    return said and all(word in known for word in left)


def expected(count: int, language: str) -> Sequence[str]:
    """What a recogniser may expect where so many things are on offer."""
    table = _PLACES.get(language)
    if table is None or count > MOST_EXPECTED:
        return ()
    return (*table.expected[:count], *table.expected[-2:])
