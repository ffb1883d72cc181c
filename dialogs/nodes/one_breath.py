"""Matters of one sentence: several, one after the other, one of two, or one that is taken back for another.

Rules:
1. They are told apart only if every part by itself is sure, or names a thing with which one or another may be
   wanted: the caller is asked about that one when the others are done. Else the sentence is understood as a
   whole; where that tells nobody anything, what its parts tell is done.
2. "Quiero anular, no, perdón, quiero pagar" is a wish to pay: what stands before is not asked back and not
   done, and what stands behind is understood by itself, however sure. A "no" alone takes nothing back ("no me
   funciona internet"); it needs a word that says so.
3. The same holds of a wish that is refused for another ("no quiero anular, quiero pagar"). One that is
   refused and nothing else is never sure: it is asked back, as a "no" is easily heard where none was said.
4. "Anular el pedido o cambiar la entrega" is one of two, and the caller is asked which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace

from dialogs.effects import Effect
from dialogs.nodes.matters import ANEW, LEAST_WORDS, MARGIN, SURE, TWO, Ranked, either_of, parts_of
from dialogs.nodes.refused_wish import Halves, bare_letters, refused_wish
from dialogs.results import Result, Understood
from dialogs.slots.words import words_of

_TAKEN_BACK: Mapping[str, str] = {
    "es": r"(?:ay|uy|huy|ah) no(?=[,.;]| (?:quiero|queria|era|es|mejor)\b)|"
    r"(?:(?:ay|uy|bueno|perdon|digo|esper[ea]) )?no[, ]+(?:perdon[ae]?|esper[ea]|mejor dicho|mejor|"
    r"en realidad|me he equivocado|me equivoque|queria decir|quiero decir|digo|miento|que va)|"
    r"mejor dicho|que diga|me he equivocado|me equivoque|no es eso|no era eso|queria decir",
    "ca": r"(?:ai|ui|ah) no(?=[,.;]| (?:vull|volia|era|es|millor)\b)|"
    r"(?:(?:ai|ui|be|perdo|dic|esperi|espera) )?no[, ]+(?:perdoni|perdona|perdo|esperi|espera|"
    r"millor dit|millor|en realitat|m'he equivocat|volia dir|vull dir|dic|menteixo)|"
    r"millor dit|m'he equivocat|no es aixo|no era aixo|volia dir",
    "en": r"(?:oh|oops|whoops|ah) no(?=[,.;]| (?:i|it)\b)|"
    r"(?:(?:oh|oops|sorry|wait|well) )?no[, ]+(?:wait|sorry|hold on|hang on|actually|rather|i mean|"
    r"i meant|make that)|(?:sorry|wait|actually)[, ]+no|or rather|scratch that|strike that|i meant|"
    r"that's not it|i got it wrong|my mistake",
}
"""What says that something else is wanted than was said before; without accents, as recognisers may write."""

DOUBTED = SURE - MARGIN
"""How sure a wish can be that is refused and nothing is said to be wanted instead."""


@dataclass(frozen=True)
class OneBreath:
    """What a sentence of several parts wants."""

    matters: tuple[str, ...] = ()
    """One after the other; none: it is to be understood as a whole."""
    entities: Mapping[str, str] = field(default_factory=dict)
    open: bool = False
    """Whether one of the matters is not certain; it stands behind those that are, as what was said of it."""
    partly: tuple[str, ...] = ()
    """The matters, if the sentence as a whole tells nobody more than its parts."""
    either: bool = False
    """Whether only the one or the other of two is wanted."""
    instead: Understood | None = None
    """What the sentence means without what is not wanted in it; `None`: nothing is refused or taken back."""


Ask = Callable[[str], Generator[Effect, Result, Understood]]
Likely = Callable[[Ranked], list[tuple[str, float]]]


def in_one_breath(text: str, language: str, ask: Ask, likely: Likely) -> Generator[Effect, Result, OneBreath]:
    """`ask` understands a part; `likely` leaves what may be meant."""
    halves = taken_back(text, language) or refused_wish(text, language)
    if halves is None:
        return (yield from _several(text, language, ask, likely))
    if halves.wanted:
        several = yield from _several(halves.wanted, language, ask, likely)
        if several.matters:
            return several
        wanted = yield from ask(halves.wanted)
        if likely(wanted.intents):
            return OneBreath(instead=wanted)
    unwanted = likely((yield from ask(halves.unwanted)).intents)
    whole = yield from ask(text)
    most = 0.0 if halves.wanted else DOUBTED
    return OneBreath(instead=_weighed(whole, unwanted[0][0], most) if unwanted else whole)


def taken_back(text: str, language: str) -> Halves | None:
    """What is wanted instead of what was said before it; `None`: nothing is taken back."""
    words, bare = _TAKEN_BACK.get(language), bare_letters(text)
    found = list(re.finditer(rf"\b(?:{words})\b[\s,.;:]*", bare)) if words else []
    if not found:
        return None
    halves = Halves(text[: found[-1].start()].strip(" ,.;:"), text[found[-1].end() :].strip())
    both = all(len(words_of(part)) >= LEAST_WORDS for part in (halves.unwanted, halves.wanted))
    return halves if both else None


def _weighed(understood: Understood, name: str, most: float) -> Understood:
    """The same, with one intent no surer than that."""
    ranked = ((one, min(sure, most) if one == name else sure) for one, sure in understood.intents)
    return replace(understood, intents=tuple(sorted(ranked, key=lambda one: -one[1])))


def _several(text: str, language: str, ask: Ask, likely: Likely) -> Generator[Effect, Result, OneBreath]:
    found = yield from _apart(parts_of(text, language), ask, likely)
    if len(found.matters) > 1 or found.partly:
        return found
    found = yield from _apart(either_of(text, language), ask, likely)
    return replace(found, either=True) if len(found.matters) == TWO and not found.open else OneBreath()


def _apart(parts: tuple[str, ...], ask: Ask, likely: Likely) -> Generator[Effect, Result, OneBreath]:
    """The matters of the parts: those that are sure, and behind them those that have to be asked about."""
    sure: dict[str, None] = {}
    nearly: dict[str, str] = {}
    entities: dict[str, str] = {}
    every = True
    for part in parts:
        result = yield from ask(part)
        ranked = likely(result.intents)
        if ranked and ranked[0][1] >= SURE:
            sure[ranked[0][0]] = None
            entities = {**result.entities, **entities}
            continue
        if ranked:
            nearly[part] = ranked[0][0]
        every = every and len(ranked) > 1 and ranked[0][1] - ranked[1][1] < MARGIN
    later = tuple(ANEW + part for part, name in nearly.items() if name not in sure)
    matters = (*sure, *later) if sure else ()
    return (
        OneBreath(matters, entities, open=bool(later))
        if every
        else OneBreath(partly=matters, entities=entities)
    )
