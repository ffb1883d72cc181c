"""A caller who was asked for a number and does not have it: "no lo tengo", "no me lo sé".

Rules:
1. That is an answer, and no mistake: it is not told that it is wrong, and it is no miss.
2. The first time the caller hears that it does not matter, where the number stands (the step's first help),
   and how to get a person; and has time to look for it. The second time the question is given up.
3. The question's own answers and the universals come first: "no lo sé, creo que es 45716" is an answer.
4. "Where is it" asks for the number, "where is my order" for the order: that is no question for help.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from dialogs.results import Heard, Keyed, Match
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.words import within, words_of
from dialogs.universals import HELP, NOT_AT_HAND

LOOKED_UP = frozenset({"digits", "code", "phone"})
"""What a value is that stands written somewhere, and that callers may not have at hand."""
TIME_TO_LOOK = 15.0
"""Seconds of silence that such a caller is given; a bill lies in a drawer."""

_PHRASES: Mapping[str, Mapping[str, str]] = {
    NOT_AT_HAND: {
        "es": "no lo tengo|no la tengo|no los tengo|no tengo el número|no tengo ese número|no tengo número"
        "|no tengo mi número|no tengo ningún número|no tengo la referencia|no tengo referencia"
        "|no tengo ninguna referencia|no tengo mi referencia|no tengo el código|no tengo ni idea|ni idea"
        "|no lo sé|no la sé|no me lo sé|no me la sé|no sé|no sabría|no lo recuerdo|no la recuerdo|no recuerdo"
        "|no me acuerdo|no lo encuentro|no la encuentro|no encuentro|lo he perdido|la he perdido"
        "|no lo llevo encima|no la llevo encima|no lo conozco|lo desconozco|la desconozco|no dispongo"
        "|no me lo han dado|no me la han dado|no me lo dieron|no me la dieron",
        "ca": "no el tinc|no la tinc|no tinc el número|no tinc aquest número|no tinc número|no en tinc"
        "|no tinc el meu número|no tinc cap número|no tinc la referència|no tinc referència"
        "|no tinc cap referència|no tinc el codi|no en tinc ni idea|ni idea|no ho sé|no el sé|no la sé"
        "|no me'l sé|no me la sé|no sé|no sabria|no el recordo|no la recordo|no ho recordo|no recordo"
        "|no me'n recordo|no el trobo|no la trobo|no trobo|l'he perdut|l'he perduda|no el porto a sobre"
        "|no el conec|no la conec|no en disposo|no me l'han donat|no me'l van donar|no me la van donar",
        "en": "i don't have it|i do not have it|don't have it|haven't got it|i don't have one|don't have one"
        "|don't have the number|don't have my number|don't have that number|don't have a number"
        "|don't have the reference|don't have a reference|don't have any|i don't know|i do not know"
        "|don't know|no idea|don't remember|do not remember|can't remember|cannot remember|i forgot"
        "|i've forgotten|can't find it|cannot find it|can't find|i lost it|i've lost it|i'm not sure|not sure"
        "|wasn't given|was not given|never got one",
        "ko": "몰라요|모르겠어요|없어요",
    },
    HELP: {
        "es": "qué número|qué número es ese|cuál es mi número|dónde lo encuentro|dónde la encuentro"
        "|dónde está|dónde viene|dónde lo veo|dónde la veo|de dónde lo saco|dónde pone",
        "ca": "quin número|quin número és aquest|quin és el meu número|on el trobo|on la trobo|on és"
        "|on surt|on el veig|on la veig|d'on el trec|on ho posa",
        "en": "what number|which number|what is my number|what's my number|where do i find it|where is it"
        "|where do i find|where can i find|where does it say",
        "ko": "무슨 번호|어디에",
    },
}


_ITS = frozenset(
    word
    for words in (
        "mi mis el la los las ese esa este esta un una",
        "el la els les meu meva meus meves aquest aquesta un una",
        "my the that our a an",
    )
    for word in words.split()
)
"""What stands before the thing that is looked for."""
_NUMBERS = frozenset(
    word
    for words in (
        "número números referencia código cifra cifras",
        "número números referència codi xifra xifres",
        "number numbers reference code digit digits",
    )
    for word in words_of(words)
)


@cache
def _choices(language: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(value, "", {language: phrases.get(language, "").split("|")})
        for value, phrases in _PHRASES.items()
    )


@cache
def not_at_hand_phrases(language: str) -> tuple[str, ...]:
    """For the recogniser's grammar."""
    return tuple(phrase for choice in _choices(language) for phrase in choice.phrases[language] if phrase)


def find_not_at_hand(answer: Heard | Keyed, language: str) -> Match | None:
    """Whether the caller says that they do not have it, or asks where it stands."""
    if isinstance(answer, Keyed):
        return None
    for alternative in answer.alternatives:
        found = choose(_choices(language), Heard((alternative,)), language, rescue=False)
        if isinstance(found, Match):
            if found.value == HELP and _looks_for_something_else(alternative.text, language):
                continue
            return Match(found.value, found.said, "voice", found.confidence, "sure")
    return None


def _looks_for_something_else(text: str, language: str) -> bool:
    """Whether "where is" has another thing behind it than the number: "dónde está mi pedido"."""
    said = words_of(text)
    for phrase in _PHRASES[HELP].get(language, "").split("|"):
        words = words_of(phrase)
        at = within(words, said) if words else -1
        behind = said[at + len(words) :]
        if at >= 0 and behind and behind[0] in _ITS and _NUMBERS.isdisjoint(behind[:4]):
            return True
    return False
