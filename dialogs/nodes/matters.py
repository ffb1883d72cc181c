"""What a caller wants, out of one sentence: one thing, one of two, or two things one after the other.

Rules:
1. A sentence is cut at "and" and "also" only where something is left on both sides that is no courtesy, and
   each part is understood by itself. Commas join matters in a list that ends with "and" ("mi saldo, pagar y
   el horario"); elsewhere what follows a comma mostly tells more of the same.
2. From `SURE` on an intent is taken; from `CHECK` on it is asked back; of two within `MARGIN` the caller
   chooses.
3. "No, perdón, quiero …" in the middle of a sentence takes back what stands before it (`one_breath`).
4. Whoever answers "did you want …?" with something else ("no, quiero pagar") is understood anew, and what
   they have denied is not believed a second time. "No, el otro" is the next likely one, asked back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dialogs.nodes.courtesies import without_courtesies
from dialogs.results import Alternative, Heard, NoMatch
from dialogs.slots.choosing import NEGATIONS
from dialogs.slots.numerals import number_words
from dialogs.slots.words import plain, words_of
from dialogs.slots.yes_no import behind_no

SURE = 0.7
"""From this confidence a meaning is taken."""
CHECK = 0.3
"""From this confidence it is asked back; below, it is not understood. Chosen by leaving examples out:
at it, one caller in thirty who has a matter is not understood."""
MARGIN = 0.15
"""Two meanings whose confidences lie closer than this are equally near: the caller chooses."""
MOST_MATTERS = 4
"""Parts of a sentence that are understood by themselves."""
LEAST_WORDS = 2
"""Of what is understood anew behind a "no", and on both sides of what is taken back."""
LONGEST_ITEM = 4
"""Words of an item behind a comma; a longer one tells more of what was said before it."""
TWO = 2
ANEW = "@anew:"
"""Marks an answer that is no answer to the question, and is understood as if it had been said at first."""
OTHER = "@other"
"""Marks an answer that only says that another is meant: "no, el otro"."""

_THE_OTHER: Mapping[str, str] = {
    "es": r"(?:es |era |sino )?(?:el|la|lo|los|las) otr[oa]s?(?: cosa)?",
    "ca": r"(?:es |era |sino )?(?:l'altr[ea]|els altres|les altres|l'altra cosa|allo altre)",
    "en": r"(?:it's |it is |it was |but )?(?:the )?other(?: one| ones| thing)?",
}
_POLITE = r"(?: por favor| per favor| si us plau| please| gracias| gracies| thank you| thanks)?"
_EITHER: Mapping[str, str] = {"es": r"\b[ou]\b", "ca": r"\bo\b", "en": r"\bor\b"}
_JOINTS: Mapping[str, str] = {
    "es": r"\b(?:y(?: además| también| luego| después)?|además|también|aparte|e)\b",
    "ca": r"\b(?:i(?: a més| també| després)?|a més|també|a part)\b",
    "en": r"\b(?:and(?: also| then)?|also|besides|as well as)\b",
}
_ORDINALS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "es": (
        ("el primero", "la primera", "lo primero"),
        ("el segundo", "la segunda", "lo segundo", "el otro", "lo otro"),
        ("el tercero", "la tercera", "lo tercero", "el último", "la última", "lo último"),
    ),
    "ca": (
        ("el primer", "la primera"),
        ("el segon", "la segona", "l'altre", "l'altra", "allò altre"),
        ("el tercer", "la tercera", "l'últim", "l'última"),
    ),
    "en": (
        ("the first", "the first one", "the former"),
        ("the second", "the second one", "the other", "the other one"),
        ("the third", "the third one", "the last", "the last one"),
    ),
}

Ranked = tuple[tuple[str, float], ...]


def parts_of(text: str, language: str) -> tuple[str, ...]:
    """The parts that may be matters of their own; empty if there is but one."""
    parts = _parted(text, language, _JOINTS.get(language))
    items = [item for part in parts for item in _items(part, language)]
    return tuple(items) if len(items) <= MOST_MATTERS else ()


def _items(part: str, language: str) -> list[str]:
    """What commas part, if each behind the first is short and denies nothing."""
    items = [item for item in re.split(r"\s*[,;]\s*", part) if without_courtesies(item, language)]
    short = all(
        len(words_of(item)) <= LONGEST_ITEM and NEGATIONS.isdisjoint(words_of(item)) for item in items[1:]
    )
    return items if short else [part]


def either_of(text: str, language: str) -> tuple[str, ...]:
    """The parts of which the caller wants the one or the other: "anular el pedido o cambiar la entrega"."""
    parts = _parted(text, language, _EITHER.get(language))
    return parts if all(len(words_of(part)) >= LEAST_WORDS for part in parts) else ()


def is_the_other(text: str, language: str) -> bool:
    """Whether it says that another is meant, and not which: "el otro"."""
    other = _THE_OTHER.get(language)
    return bool(other and re.fullmatch(other + _POLITE, plain(text)))


def _parted(text: str, language: str, joint: str | None) -> tuple[str, ...]:
    numbers = set(number_words(language))
    parts = [part.strip(" ,.;") for part in re.split(joint, text, flags=re.IGNORECASE)] if joint else []
    telling = [part for part in parts if without_courtesies(part, language)]
    of_numbers = any(numbers.issuperset(words_of(part)) for part in telling)
    return tuple(telling) if 1 < len(telling) <= MOST_MATTERS and not of_numbers else ()


def likely(intents: Ranked, known: Sequence[str], denied: Sequence[str]) -> list[tuple[str, float]]:
    """Those that may be meant, the likeliest first."""
    return [(name, sure) for name, sure in intents if name in known and name not in denied and sure >= CHECK]


def ordinals(language: str, place: int, *, of: int) -> tuple[str, ...]:
    """How one of so many is chosen by its place: "el primero"; of two also "lo otro"."""
    found = _ORDINALS.get(language, ())
    words = found[place] if place < len(found) else ()
    return words if of == TWO else tuple(word for word in words if not is_the_other(word, language))


def anew(answer: Heard, language: str) -> str | NoMatch:
    """What is to be understood anew: all of it, without its "no"; `NoMatch`: that is too little; `OTHER`."""
    heard = behind_no(answer) if answer.alternatives else answer
    said = heard.alternatives[0].text if heard.alternatives else ""
    if is_the_other(said, language):
        return OTHER
    if len(words_of(said)) < LEAST_WORDS:
        return NoMatch(said)
    return ANEW + said


def as_heard(text: str, confidence: float) -> Heard:
    """A sentence as if it had been the answer to another question."""
    return Heard((Alternative(text, confidence),))
