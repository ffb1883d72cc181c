"""Matters that an open question knows by phrases, as a menu does: for what no engine has learnt.

Rules:
1. A sentence that is a phrase and what is said around anything ("quería pedir una cita, por favor") is sure.
2. With more in it ("una cita para el dentista") it is asked back, for nobody knows what the rest says, and an
   engine that is sure of something else is believed.
3. Two that are named, one that is denied, and what only sounds alike are the engine's to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from dialogs.flow import Name
from dialogs.nodes.matters import SURE
from dialogs.prompts import Words
from dialogs.results import Alternative, Heard, Match, Understood
from dialogs.slots.choice import Phrases
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.fillers import FILLERS
from dialogs.slots.words import words_of

LIKELY = SURE - 0.1
"""How likely a phrase is that stands in a longer sentence: it is asked back."""
_ASKING: Mapping[str, frozenset[str]] = {
    "es": frozenset(
        words_of(
            "quiero quería querría quisiera necesito necesitaba tengo tendría llamo llamaba por un una"
            " unos hola buenos buenas días tardes noches"
        )
    ),
    "ca": frozenset(
        words_of(
            "vull volia voldria necessito necessitava tinc hauria truco trucava per un una uns hola bon"
            " bona dia tarda nit"
        )
    ),
    "en": frozenset(
        words_of(
            "i'd like i want i need i have to a an some i'm calling about hello good morning"
            " afternoon evening"
        )
    ),
}
"""What else is said around a wish."""


class Intent(BaseModel):
    """Something that callers may want."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Words = Field(description='How it is read back: what the caller wants to do ("cancel an order")')
    then: Name = Field(description="Where to go")
    phrases: dict[str, Phrases] = Field(
        default_factory=dict,
        description="What callers say for it, by language: no engine need have learnt it",
    )


def named(phrases: Mapping[str, Mapping[str, Sequence[str]]], text: str, language: str) -> Understood | None:
    """The matter that the sentence names; `None`: none, or not for certain."""
    choices = [Choice(name, "", by_language) for name, by_language in phrases.items()]
    found = choose(choices, Heard((Alternative(text, 1.0),)), language, rescue=False) if choices else None
    if not isinstance(found, Match) or found.band != "sure":
        return None
    said = words_of(text)
    known = FILLERS.get(language, frozenset()) | _ASKING.get(language, frozenset())
    longest = max(
        (p for c in choices if c.id == found.value for p in c.words(language) if _within(p, said)), key=len
    )
    rest = [word for word in said if word not in longest and word not in known]
    return Understood(((found.value, LIKELY if rest else 1.0),))


def together(named_: Understood | None, understood: Understood) -> Understood:
    """What the engine has understood, and what was named; the engine counts where it is surer."""
    if named_ is None:
        return understood
    ranked = dict(understood.intents)
    for name, sure in named_.intents:
        ranked[name] = max(sure, ranked.get(name, 0.0))
    return Understood(tuple(sorted(ranked.items(), key=lambda one: -one[1])), understood.entities)


def _within(phrase: Sequence[str], said: Sequence[str]) -> bool:
    return any(tuple(said[at : at + len(phrase)]) == tuple(phrase) for at in range(len(said)))
