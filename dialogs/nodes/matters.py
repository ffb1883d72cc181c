"""What a caller wants, out of one sentence: one thing, one of two, or two things one after the other.

Rules:
1. A sentence is cut at "and" and "also" only where something is left on both sides, and each part is
   understood by itself; they are two matters if both are sure and not the same. Else the sentence is one.
2. From `SURE` on an intent is taken; from `CHECK` on it is asked back; of two within `MARGIN` the caller
   chooses.
3. "No, perdón, quiero …" in the middle of a sentence takes back what stands before it (`one_breath`).
4. Whoever answers "did you want …?" with something else ("no, quiero pagar") is understood anew, and what
   they have denied is not believed a second time. "No, el otro" is the next likely one, asked back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dialogs.results import Alternative, Heard, NoMatch
from dialogs.slots.words import plain, words_of
from dialogs.slots.yes_no import behind_no

SURE = 0.7
"""From this confidence a meaning is taken."""
CHECK = 0.3
"""From this confidence it is asked back; below, it is not understood. Chosen by leaving examples out:
at it, one caller in thirty who has a matter is not understood."""
MARGIN = 0.15
"""Two meanings whose confidences lie closer than this are equally near: the caller chooses."""
MOST_MATTERS = 3
"""Parts of a sentence that are understood by themselves."""
LEAST_WORDS = 2
"""Of a part, and of what is understood anew behind a "no"."""
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
    ),
    "ca": (("el primer", "la primera"), ("el segon", "la segona", "l'altre", "l'altra", "allò altre")),
    "en": (
        ("the first", "the first one", "the former"),
        ("the second", "the second one", "the other", "the other one"),
    ),
}

Ranked = tuple[tuple[str, float], ...]


def parts_of(text: str, language: str) -> tuple[str, ...]:
    """The parts that may be matters of their own; empty if there is but one."""
    return _parted(text, _JOINTS.get(language))


def either_of(text: str, language: str) -> tuple[str, ...]:
    """The parts of which the caller wants the one or the other: "anular el pedido o cambiar la entrega"."""
    return _parted(text, _EITHER.get(language))


def is_the_other(text: str, language: str) -> bool:
    """Whether it says that another is meant, and not which: "el otro"."""
    other = _THE_OTHER.get(language)
    return bool(other and re.fullmatch(other + _POLITE, plain(text)))


def _parted(text: str, joint: str | None) -> tuple[str, ...]:
    parts = [part.strip(" ,.;") for part in re.split(joint, text, flags=re.IGNORECASE)] if joint else []
    parts = [part for part in parts if part]
    whole = len(parts) > 1 and all(len(words_of(part)) >= LEAST_WORDS for part in parts)
    return tuple(parts) if whole and len(parts) <= MOST_MATTERS else ()


def likely(intents: Ranked, known: Sequence[str], denied: Sequence[str]) -> list[tuple[str, float]]:
    """Those that may be meant, the likeliest first."""
    return [(name, sure) for name, sure in intents if name in known and name not in denied and sure >= CHECK]


def ordinals(language: str, place: int) -> tuple[str, ...]:
    """How the first or the second of two is chosen: "el primero", "lo otro"."""
    found = _ORDINALS.get(language, ())
    return found[place] if place < len(found) else ()


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
