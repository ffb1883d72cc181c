"""Days that were read out, at a question that takes any other day as well: "el primero", "el más temprano".

Rules:
1. A day that is told clearly is that day, offered or not.
2. A weekday alone is the one that was read out; a place alone ("el primero") is that among them. Where it may be
   another day as well, it is asked back.
3. What is denied ("el martes no") is never taken: the one day that is left is asked back, of several one is asked
   for.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dialogs.nodes.picking import Offer, those
from dialogs.nodes.question import Judge
from dialogs.nodes.row_values import Field, Row
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.denials import parted
from dialogs.slots.kind import best_said
from dialogs.slots.naming import says_number
from dialogs.slots.places import expected, places
from dialogs.slots.words import plain, tokens

_DAY = "day"
_NOUNS: Mapping[str, tuple[str, ...]] = {"es": ("día", "fecha"), "ca": ("dia", "data"), "en": ("day", "date")}
_PHRASES: Mapping[str, tuple[str, ...]] = {
    "es": (
        "el primero", "el segundo", "el tercero", "el último", "el más temprano", "lo antes posible", "cualquiera",
    ),
    "ca": (
        "el primer", "el segon", "el tercer", "l'últim", "el més aviat possible", "com més aviat millor", "qualsevol",
    ),
    "en": ("the earliest", "as soon as possible", "any of them"),
}  # fmt: skip


def phrases_for(days: Sequence[str], language: str) -> tuple[str, ...]:
    """What a recogniser may expect beside the days."""
    return (*expected(len(days), language), *_PHRASES.get(language, ())) if days else ()


def among(days: Sequence[str], judge: Judge, asking: Asking) -> Judge:
    """Judges as the question does, and knows which days (ISO) were read out, in that order."""
    if not days:
        return judge
    rows = [Row(place, {_DAY: day}) for place, day in enumerate(days, 1)]
    offer = Offer(rows, rows, (Field(_DAY, "date", None),), (), _NOUNS.get(asking.language, ()))

    def judged(answer: Heard | Keyed) -> Match | NoMatch:
        own = judge(answer)
        if isinstance(answer, Keyed) or not answer.alternatives:
            return own
        said = best_said(answer)
        placed = _by_place(answer, asking.language)
        found = _day(offer.judge(placed or answer, asking), days, said)
        told = parted(said, asking.language)
        if told.denied or told.either:
            return _but_the_denied(own, found, elsewhere=bool(told.wanted))
        if isinstance(found, NoMatch):
            return own if isinstance(own, Match) or own.reason or found.reason == "not_offered" else found
        if isinstance(own, NoMatch):
            return found
        alone = placed is not None or not says_number(tokens(said), asking.language)
        return _of_two(own, found, alone=alone)

    return judged


def _by_place(answer: Heard, language: str) -> Heard | None:
    """What tells a place among the days, without the word for a day: "el primer día"."""
    best = answer.alternatives[0]
    nouns = {plain(noun) for noun in _NOUNS.get(language, ())}
    bare = " ".join(word for word in best.text.split() if plain(word) not in nouns)
    return Heard((replace(best, text=bare),)) if places(bare, language) else None


def _of_two(own: Match, found: Match, *, alone: bool) -> Match:
    """The day that was told, or the one that was offered. `alone`: a place or a weekday, and no day of a month."""
    if own.value == found.value:
        return own if own.band == "sure" else found
    if found.value in own.others and own.band == "check":
        return found
    return replace(found, band="check", others=(own.value,)) if alone else own


def _day(found: Match | NoMatch, days: Sequence[str], said: str) -> Match | NoMatch:
    """The row of an answer as its day; several rows are none."""
    if isinstance(found, NoMatch):
        return replace(found, said=said)
    if those(found.value):
        return NoMatch(said, "several_fit")
    others = tuple(days[int(other) - 1] for other in found.others if other.isdecimal())
    return replace(found, value=days[int(found.value) - 1], said=said, others=others)


def _but_the_denied(own: Match | NoMatch, found: Match | NoMatch, *, elsewhere: bool) -> Match | NoMatch:
    """`elsewhere`: something else is wanted, which may be a day that nobody offered."""
    if isinstance(found, Match):
        return replace(found, band="check", others=())
    if elsewhere and isinstance(own, Match):
        return own
    return NoMatch(found.said, "denied" if found.reason in ("", "several_fit") else found.reason)
