"""Which of several rows somebody means by what is in them: "el martes a las once", "la que acaba en 4571".

Rules:
1. Days, times, amounts and digits are read by the kinds of answer that ask for them elsewhere; a row's words
   are compared as they are written.
2. What is named must be in the row: who names a day that is there and a time that is not means none of them.
3. A day alone is enough where only one row has it; where several fit, all of them are told.
4. A row is sure only where it is the only one that fits, and nothing was denied, hedged or left open.
5. What was denied has been taken out before (`slots/denials`): a "not" that is left makes it doubtful.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dialogs.nodes.row_values import Field, Reader, Row, places_of, reader_of
from dialogs.nodes.several import answers_in
from dialogs.results import Alternative, Heard, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.choosing import NEGATIONS
from dialogs.slots.fillers import FILLERS
from dialogs.slots.hedges import without_hedges
from dialogs.slots.kind import best_said
from dialogs.slots.numerals import number_words
from dialogs.slots.trust import RIVAL_MARGIN, band
from dialogs.slots.words import Words, phrases_of, plain, starts, tokens

MOST_WORDS = 9
"""Words that say something; who says more tells a story, and what was meant is asked back."""
MOST_ALTERNATIVES = 3
_EITHER = frozenset({"o", "or", "ni", "nor"})
_LEADS: Mapping[str, tuple[Words, ...]] = {
    "es": phrases_of(
        "el de|la de|lo de|los de|las de|el del|la del|lo del|el que es|la que es|el que es de|la que es de"
        "|el que es del|la que es del|el que tiene|la que tiene|el que llega|la que llega|el que viene|la que viene"
        "|pues|quiero|mejor|prefiero|deme|dame|póngame|ponme|cojo|me quedo con|me quedo|para|sí|vale|a ver"
        "|apúnteme|apúntame|resérveme|quisiera|quería"
    ),
    "ca": phrases_of(
        "el de|la de|els de|les de|el del|la del|el que és|la que és|el que és de|la que és de|el que té|la que té"
        "|el que arriba|la que arriba|doncs|vull|millor|prefereixo|doni'm|dona'm|posi'm|agafo|em quedo amb"
        "|em quedo|per|sí|val|a veure|apunti'm|reservi'm|voldria|volia"
    ),
    "en": phrases_of(
        "the one|the one that is|the one that's|the one which is|the one for|the one with|the one about|the one of"
        "|well|i want|i'd like|i would like|i'll take|i will take|give me|i'd rather|i prefer|yes|okay|ok|put me down for"
        "|book me|make it|let's say|let's do"
    ),
}
"""What is said around a row whatever stands in it: "la de las once", "the one on Thursday"."""
_TRAILING_ONE = re.compile(r"^the (.+\w) one(?: please)?[.]?$", re.IGNORECASE)
_BEHIND_NOUN = frozenset({"de", "del", "for", "on", "at", "with"})


@dataclass(frozen=True)
class Meant:
    """The places of the rows that fit what was said. None: it names what is not there."""

    places: tuple[int, ...]
    said: str
    confidence: float
    doubted: bool

    @property
    def sure(self) -> bool:
        """Whether it is one row, and needs no asking back."""
        return len(self.places) == 1 and not self.doubted and band(self.confidence, "exact") == "sure"


def rows_meant(
    rows: Sequence[Row], fields: Sequence[Field], heard: Heard, asking: Asking, nouns: Sequence[str] = ()
) -> Meant | NoMatch | None:
    """The rows that fit; a miss where they were hardly heard; `None` where nothing in them is named.

    `nouns`: what each row is called ("cita", "pedido"), which does not tell one from the other.
    """
    readers = [reader_of(field, rows, asking) for field in fields]
    best: Meant | None = None
    for alternative in heard.alternatives[:MOST_ALTERNATIVES]:
        one = _meant(rows, readers, alternative, asking, nouns)
        if one is not None:
            best = one if best is None else _together(best, one)
    if best is not None and band(best.confidence, "mended") == "unsure" and not best.sure:
        return NoMatch(best_said(heard))
    return best


def _together(best: Meant, other: Meant) -> Meant:
    """The better reading, in doubt where the other is a rival."""
    if not best.places and other.places:
        return replace(other, doubted=True)
    near = best.confidence - other.confidence < RIVAL_MARGIN
    rival = near and bool(other.places) and set(other.places) != set(best.places)
    return replace(best, doubted=True) if rival else best


def _meant(
    rows: Sequence[Row],
    readers: Sequence[Reader],
    alternative: Alternative,
    asking: Asking,
    nouns: Sequence[str],
) -> Meant | None:
    text = alternative.text
    found: tuple[int, ...] | None = None
    doubted = False
    for variant in _variants(text, asking.language, nouns):
        named = _named(readers, variant, alternative.confidence, asking.language)
        if not named:
            continue
        fit = tuple(row.place for row in rows if all(row.place in places for places, _bent in named))
        if found is None or (fit and not found):
            found, doubted = fit, any(bent for _places, bent in named)
        if fit:
            break
    if found is None:
        return None
    words, hedged = without_hedges(tokens(text), asking.language)
    telling = [word for word in words if word not in FILLERS.get(asking.language, ())]
    if not _EITHER.isdisjoint(words):  # "el martes o el jueves": any of them
        return Meant(tuple(row.place for row in rows), text, alternative.confidence, True)
    doubted = doubted or hedged or not NEGATIONS.isdisjoint(words) or len(telling) > MOST_WORDS
    return Meant(found, text, alternative.confidence, doubted)


def _named(
    readers: Sequence[Reader], said: str, confidence: float, language: str
) -> list[tuple[frozenset[int], bool]]:
    """For each field that is named, the places that have it, and whether that is doubtful."""
    judges = {reader.name: reader.judge for reader in readers if reader.judge}
    clock = any(reader.clock for reader in readers)
    numbers = frozenset(plain(word) for word in number_words(language))
    heard = Heard((Alternative(said, confidence),))
    stretches = answers_in(heard, judges, language, numbers, clock=clock) if judges else {}
    found = [(places_of(match.value), match.band != "sure") for match in stretches.values()]
    mentioned = [one for r in readers if r.mentions and (one := r.mentions(said)) is not None]
    # Digits that are no row's may be those of a day or a time.
    return found + [
        (places, bent) for places, bent in mentioned if places or len(mentioned) + len(found) == 1
    ]


def _variants(text: str, language: str, nouns: Sequence[str]) -> Iterator[str]:
    """What was said, first without what is said around any row, then as it is."""
    words = text.split()
    known = tuple(tokens(noun) for noun in nouns)
    bare = _without_leads(_without_nouns(words, known), language)
    whole = " ".join(bare)
    trailing = _TRAILING_ONE.match(text)
    listed = (trailing.group(1) if trailing else "", whole, text)
    yield from dict.fromkeys(one for one in listed if one)


def _without_nouns(words: Sequence[str], nouns: Sequence[Words]) -> list[str]:
    left: list[str] = []
    at = 0
    compared = tuple(plain(word) for word in words)
    while at < len(words):
        size = starts(compared, at, nouns)
        if not size:
            left.append(words[at])
            at += 1
            continue
        at += size
        if at < len(words) and compared[at] in _BEHIND_NOUN:
            # "El pedido de la cafetera" is "el de la cafetera".
            left.append(words[at])
            at += 1
    return left


def _without_leads(words: Sequence[str], language: str) -> Sequence[str]:
    compared, at = tuple(plain(word) for word in words), 0
    while size := starts(compared, at, _LEADS.get(language, ())):
        if at + size >= len(words):
            break
        at += size
    return words[at:]
