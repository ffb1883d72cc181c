"""Matters of one sentence: several, one after the other, one of two, or one that is taken back for another.

Rules:
1. They are told apart only if every part by itself is sure; else the sentence is understood as a whole.
2. "Quiero anular, no, perdón, quiero pagar" is a wish to pay: what stands before is not asked back and not
   done. A "no" alone takes nothing back ("no me funciona internet"); it needs a word that says so.
3. "Anular el pedido o cambiar la entrega" is one of two, and the caller is asked which.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace

from dialogs.effects import Effect
from dialogs.nodes.matters import LEAST_WORDS, SURE, Ranked, either_of, parts_of
from dialogs.results import Result, Understood
from dialogs.slots.words import words_of

_TAKEN_BACK: Mapping[str, str] = {
    "es": r"(?:(?:ay|uy|bueno|perdon|digo|esper[ea]) )?no[, ]+(?:perdon[ae]?|esper[ea]|mejor dicho|mejor|"
    r"en realidad|me he equivocado|me equivoque|queria decir|quiero decir|digo|miento|que va)|"
    r"mejor dicho|que diga|me he equivocado|me equivoque|no es eso|no era eso|queria decir",
    "ca": r"(?:(?:ai|ui|be|perdo|dic|esperi|espera) )?no[, ]+(?:perdoni|perdona|perdo|esperi|espera|"
    r"millor dit|millor|en realitat|m'he equivocat|volia dir|vull dir|dic|menteixo)|"
    r"millor dit|m'he equivocat|no es aixo|no era aixo|volia dir",
    "en": r"(?:(?:oh|oops|sorry|wait|well) )?no[, ]+(?:wait|sorry|hold on|hang on|actually|rather|i mean|"
    r"i meant|make that)|(?:sorry|wait|actually)[, ]+no|or rather|scratch that|strike that|i meant|"
    r"that's not it|i got it wrong|my mistake",
}
"""What says that something else is wanted than was said before; without accents, as recognisers may write."""

TWO = 2
"""Matters between which a caller is asked to choose."""


@dataclass(frozen=True)
class OneBreath:
    """What a sentence of several parts wants."""

    matters: tuple[str, ...] = ()
    """One after the other; none: it is to be understood as a whole."""
    entities: Mapping[str, str] = field(default_factory=dict)
    either: bool = False
    """Whether only the one or the other of two is wanted."""


Ask = Callable[[str], Generator[Effect, Result, Understood]]
Likely = Callable[[Ranked], list[tuple[str, float]]]


def in_one_breath(text: str, language: str, ask: Ask, likely: Likely) -> Generator[Effect, Result, OneBreath]:
    """`ask` understands a part; `likely` leaves what may be meant."""
    instead = instead_of(text, language)
    if instead:
        found = yield from _all_sure((instead,), ask, likely)
        if found.matters:
            return found
    found = yield from _all_sure(parts_of(text, language), ask, likely)
    if len(found.matters) > 1:
        return found
    found = yield from _all_sure(either_of(text, language), ask, likely)
    return replace(found, either=True) if len(found.matters) == TWO else OneBreath()


def instead_of(text: str, language: str) -> str:
    """What is wanted instead of what was said before it; empty: nothing is taken back."""
    words = _TAKEN_BACK.get(language)
    # Letter by letter, so that places in it are places in the text.
    bare = "".join(unicodedata.normalize("NFD", letter)[0] for letter in text.lower().replace("’", "'"))
    found = list(re.finditer(rf"\b(?:{words})\b[\s,.;:]*", bare)) if words and len(bare) == len(text) else []
    if not found:
        return ""
    before, behind = text[: found[-1].start()], text[found[-1].end() :].strip()
    both = all(len(words_of(part)) >= LEAST_WORDS for part in (before, behind))
    return behind if both else ""


def _all_sure(parts: tuple[str, ...], ask: Ask, likely: Likely) -> Generator[Effect, Result, OneBreath]:
    matters: list[str] = []
    entities: dict[str, str] = {}
    for part in parts:
        result = yield from ask(part)
        ranked = likely(result.intents)
        if not ranked or ranked[0][1] < SURE:
            return OneBreath()
        matters.append(ranked[0][0])
        entities = {**result.entities, **entities}
    return OneBreath(tuple(dict.fromkeys(matters)), entities)
