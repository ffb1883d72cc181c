"""Things that are named without what is wanted with them: "lo de mi pedido", "una factura".

An engine is sure of what most examples with that word want; the caller has not said it, and is asked.

Rules:
1. Nothing but the thing is said, and what stands around it ("llamo por", "una pregunta sobre"): else the
   sentence is an engine's to tell.
2. All that may be wanted with it is equally near, and the caller chooses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from dialogs.flow import Name
from dialogs.nodes.courtesies import without_courtesies
from dialogs.results import Understood
from dialogs.slots.choice import Phrases
from dialogs.slots.words import words_of

EQUALLY = 0.5
"""How likely each is that may be wanted: asked, and never taken."""
MOST_WAYS = 3
"""Of what may be wanted; nobody keeps more in mind."""
_AROUND: Mapping[str, frozenset[str]] = {
    "es": frozenset(
        words_of(
            "el la los las lo un una unos unas mi mis su sus de del por para sobre con en al es era que yo"
            " llamo llamaba llamando estoy tengo tenía tema asunto cosa consulta duda pregunta preguntar"
            " hablar relacionado quería quisiera"
        )
    ),
    "ca": frozenset(
        words_of(
            "el la els les lo un una uns unes meu meva meus meves seu seva de del dels per sobre amb en al"
            " allò és era que jo truco trucava trucant estic tinc tenia tema assumpte cosa consulta dubte"
            " pregunta preguntar parlar relacionat volia voldria"
        )
    ),
    "en": frozenset(
        words_of(
            "the a an my our your of for with on in it is it's its that i i'm i've am was got have calling"
            " ringing about regarding concerning question query enquiry thing matter talk ask to do"
        )
    ),
}


class Thing(BaseModel):
    """Something with which callers may want one thing or another."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    phrases: dict[str, Phrases] = Field(description="What it is called, by language")
    may_mean: list[Name] = Field(
        min_length=2,
        max_length=MOST_WAYS,
        description="Intents that may be meant by its name alone; the caller chooses",
    )


def thing_named(things: Mapping[str, Thing], text: str, language: str) -> Understood | None:
    """What may be wanted with the thing that is named; `None`: more is said, or something else."""
    said = _bare(without_courtesies(text, language))
    around = _AROUND.get(language, frozenset())
    for thing in things.values():
        for phrase in thing.phrases.get(language, ()):
            if (rest := _beside(said, _bare(words_of(phrase)))) is not None and around.issuperset(rest):
                return Understood(tuple((name, EQUALLY) for name in thing.may_mean))
    return None


def _bare(words: Sequence[str]) -> list[str]:
    """Without an article that is written as one with them: "l'avaria"."""
    return [re.sub(r"^[ld]'", "", word) for word in words]


def _beside(said: Sequence[str], phrase: Sequence[str]) -> list[str] | None:
    """The words around the phrase; `None`: it is not said."""
    size = len(phrase)
    for at in range(len(said) - size + 1):
        if tuple(said[at : at + size]) == tuple(phrase):
            return [*said[:at], *said[at + size :]]
    return None
