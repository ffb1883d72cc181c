"""Words of a wish to us that are said of something else: "me han cobrado otra vez" asks for no repetition.

Only phrases that people use for their affairs as well are looked at. They are a wish to us where nothing but
small words and words of talking stands beside them: "¿me lo dice otra vez, por favor?", "hable más lento".
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.slots.words import Words, phrases_of, starts, tokens

_AMBIGUOUS: Mapping[str, str] = {
    "es": "otra vez|de nuevo|más lento|más rápido|más deprisa|más de prisa|volver|anterior|atrás|despacio",
    "ca": "una altra vegada|un altre cop|de nou|més lent|més ràpid|més de pressa|tornar|anterior|enrere",
    "en": "again please|once more|one more time|slower|more slowly|slowly|faster|more quickly|back"
    "|go back|previous",
}
_BESIDE: Mapping[str, str] = {
    "es": "por favor|puede|puedes|podría|podrías|me|lo|la|le|les|se|te|nos|usted|un|una|poco|poquito"
    "|que|a|al|ver|si|quiero|quisiera|querría|necesito|gustaría|prefiero|hable|habla|hablar"
    "|hablarme|hablas|diga|di|dígame|dime|dígalo|dígamelo|dímelo|dice|decir|decirme|decirlo"
    "|decírmelo|oiga|oye|mire|perdón|perdona|perdone|disculpe|no|he|oído|entendido|entiendo"
    "|entendí|escuchado|escucho|oigo|bien|nada|ha|has|dicho|todavía|aún|mucho|muy|más|ahora|y|o"
    "|es|el|de|paso|menú|opción|pregunta|pantalla|principio|inicio|empezar|repetir|señor|señora"
    "|señorita|vamos|vaya|ve|ir|tan|va|vas|explique|explíqueme|explicar|explicármelo|gracias|eh"
    "|ay|ah|uy|bueno|sí|vale|hacia|esa|eso|esto|última|frase|parte|lea|leer|lee|número|opciones"
    "|escuchar|oír|ponga|poner",
    "ca": "si us plau|sisplau|pot|pots|podria|em|m'ho|ho|li|us|en|el|la|l'|un|una|mica|poc|que|a|al"
    "|si|vull|voldria|necessito|prefereixo|parli|parla|parlar|digui|digues|digui'm|digui'm-ho"
    "|dir|dir-m'ho|diu|escolti|perdó|perdona|perdoni|disculpi|no|he|l'he|sentit|entès|entenc"
    "|escoltat|bé|res|ha|has|dit|encara|molt|més|ara|i|o|és|de|pas|menú|opció|opcions|pregunta"
    "|principi|inici|començar|repetir|repeteixi|senyor|senyora|senyoreta|vagi|va|anar|tan"
    "|expliqui|explicar|gràcies|eh|ah|ai|bueno|d'acord|això|última|frase|part|número|tornar|cap"
    "|llegeixi",
    "en": "please|can|could|you|would|me|that|this|the|it|i|i'd|i'll|to|a|bit|little|much|say|speak"
    "|talk|tell|read|hear|repeat|want|need|like|prefer|sorry|pardon|didn't|didn|t|don't|don"
    "|can't|catch|get|understand|what|did|said|just|okay|ok|yes|no|oh|um|uh|menu|question|step"
    "|option|options|let's|let|us|go|one|more|time|even|still|so|too|and|my|your|for|from|start"
    "|beginning|explain|again|once|last|part|number|thanks|thank|sir|madam|miss|in|at|do|is|be"
    "|not",
}
_PHRASES = {language: phrases_of(phrases) for language, phrases in _AMBIGUOUS.items()}
_SMALL = {language: phrases_of(phrases) for language, phrases in _BESIDE.items()}


def said_of_things(said: str, wish: str, language: str) -> bool:
    """Whether the words of a wish stand in `said` for something else. `wish`: its phrases ("a b|c")."""
    ambiguous = _PHRASES.get(language, ())
    words = tokens(said)
    plain_wishes = tuple(phrase for phrase in phrases_of(wish) if phrase not in ambiguous)
    if _places(words, plain_wishes) or not _places(words, ambiguous):
        return False
    known, at = (*ambiguous, *_SMALL[language]), 0
    while at < len(words):
        size = starts(words, at, known)
        if not size:
            return True
        at += size
    return False


def _places(words: Words, phrases: tuple[Words, ...]) -> bool:
    return any(starts(words, at, phrases) for at in range(len(words)))
