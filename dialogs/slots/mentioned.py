"""Whether an answer is only mentioned: asked about, quoted, supposed, given as an example, or somebody else's.

Rules:
1. What is only mentioned is asked back, never taken for sure: "¿por qué por la tarde?", "ojalá fuera …". A check
   digit proves a number, and not that the caller gives it.
2. Whose number it is counts for numbers only: "a mi mujer le va mejor por la tarde" answers.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.words import Words, phrases_of, starts

_Phrases = tuple[Words, ...]

_MENTIONED: Mapping[str, _Phrases] = {
    "es": phrases_of(
        "por qué|ha dicho|has dicho|me ha dicho|me han dicho|me dijo|me dijeron|me dijiste|nos dijeron|si digo"
        "|si dijera|si le digo|quiere que le diga|imagínese|imagínate|imagine|suponga|supongamos|pongamos"
        "|por ejemplo|parecido a|parecida a|similar a|algo como|dudo|dudo que|ojalá|olvide|olvídese|olvida"
        "|olvídate|borre|bórreme|borra|quite|quíteme|quita|elimine|es mentira|es incorrecto|es incorrecta"
        "|está equivocado|está equivocada|era antes|antes era|antes por|antes a|hace tiempo fue|hace tiempo era|o qué"
    ),
    "ca": phrases_of(
        "per què|ha dit|has dit|m'ha dit|m'han dit|em va dir|em van dir|ens van dir|si dic|si digués|si li dic"
        "|vol que li digui|imagini's|imagina't|imagini|suposi|suposem|posem que|per exemple|semblant a|similar a"
        "|alguna cosa com|dubto|dubto que|tant de bo|oblidi|oblidi's|oblida|esborri|esborra|tregui|treu|elimini"
        "|és mentida|és incorrecte|és incorrecta|està equivocat|està equivocada|era abans|abans era|abans a|abans al"
        "|fa temps era|fa temps va ser|o què|vaig pagar|vam pagar|vàrem pagar"
    ),
    "en": phrases_of(
        "why|did you say|you said|you told me|you told us|told me|they said|what if|if i say|if i said|suppose it's"
        "|suppose it is|suppose|imagine|for example|for instance|similar to|i doubt|i doubt it's|doubt|i wish"
        "|if only|delete|remove|forget|is wrong|is incorrect|used to be|was before"
    ),
}
_OF_OTHERS: Mapping[str, _Phrases] = {
    "es": phrases_of(
        "mi mujer|mi marido|mi esposa|mi esposo|mi hijo|mi hija|mi hermano|mi hermana|mi padre|mi madre|mi suegra"
        "|mi suegro|mi vecino|mi vecina|mi novio|mi novia|mi pareja|mi amigo|mi amiga|mi jefe|mi jefa|casi"
        "|pasaporte|tipo"
    ),
    "ca": phrases_of(
        "la meva dona|el meu marit|el meu home|el meu fill|la meva filla|el meu germà|la meva germana|el meu pare"
        "|la meva mare|el meu veí|la meva veïna|el veí|la veïna|el meu xicot|la meva xicota|la meva parella"
        "|el meu amic|la meva amiga|gairebé|quasi|passaport|del meu marit|del meu fill|del meu germà|del meu pare"
    ),
    "en": phrases_of(
        "my wife|my wife's|my husband|my husband's|my son|my son's|my daughter|my daughter's|my brother|my brother's"
        "|my sister|my sister's|my father|my father's|my mother|my mother's|my dad's|my mum's|my neighbour"
        "|my neighbour's|my neighbor|my neighbor's|my partner|my partner's|my friend|my friend's|my boss|almost"
        "|passport"
    ),
}

_RELATIVE = (("que",), ("which",), ("one",), ("that",))


def mentioned(words: Words, language: str) -> bool:
    """Whether the utterance only mentions what it names."""
    return _found(words, _MENTIONED.get(language, ()))


def of_others(words: Words, language: str) -> bool:
    """Whether a number in the utterance is only mentioned, or is somebody else's, or of another kind."""
    return mentioned(words, language) or _found(words, _OF_OTHERS.get(language, ()))


def _found(words: Words, phrases: _Phrases) -> bool:
    # "La primera que ha dicho" answers.
    return any(starts(words, at, phrases) and words[at - 1 : at] not in _RELATIVE for at in range(len(words)))
