"""What is said around a wish, and is none: greetings, thanks, "mire", "please".

Rules:
1. A sentence of greetings alone is no miss: the caller has said nothing yet that could be misunderstood, and
   hears the question once more.
2. Thanks alone are no greeting: they end a call.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.words import words_of

_GREETINGS: Mapping[str, str] = {
    "es": "hola buenas buenos buen aló oiga oye mire mira dígame diga saludos",
    "ca": "hola bones bon bona escolti escolta miri mira digui'm digui salutacions",
    "en": "hello hi hey good greetings hiya",
}
_COURTESIES: Mapping[str, str] = {
    "es": "días día tardes tarde noches noche por favor perdone perdón disculpe disculpen qué tal está pues"
    " eh em mmm bueno a ver señor señora señorita sí muy",
    "ca": "dia dies tarda tardes nit nits si us plau sisplau perdoni perdó disculpi què tal està doncs eh em"
    " mmm bé a veure senyor senyora senyoreta sí molt",
    "en": "day morning afternoon evening there please sorry excuse me how are you um uh er well so sir"
    " madam yes",
}
_THANKS: Mapping[str, str] = {
    "es": "gracias muchas",
    "ca": "gràcies moltes",
    "en": "thanks thank you very much",
}


def _set_of(table: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    return {language: frozenset(words_of(words)) for language, words in table.items()}


_GREETS, _AROUND, _THANKED = _set_of(_GREETINGS), _set_of(_COURTESIES), _set_of(_THANKS)


def only_greets(text: str, language: str) -> bool:
    """Whether nothing is said but a greeting: "hola, buenos días"."""
    said = set(words_of(text))
    greets = _GREETS.get(language, frozenset())
    return bool(said & greets) and said <= greets | _AROUND.get(language, frozenset())


def without_courtesies(text: str, language: str) -> tuple[str, ...]:
    """The words that tell something, as `words_of` has them."""
    none: frozenset[str] = frozenset()
    empty = _GREETS.get(language, none) | _AROUND.get(language, none) | _THANKED.get(language, none)
    return tuple(word for word in words_of(text) if word not in empty)
