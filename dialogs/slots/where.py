"""A street or a town without the words that callers say around it: "vivo en la calle Mayor", "it's in Leeds".

Rules:
1. What may be a name stays: "La Coruña", "El Ejido", and "Es Castell" or "A Estrada", whose first word is
   elsewhere a verb or a preposition.
2. An article goes only before a word for a street ("la calle Mayor"), where it is no part of a name.
3. If nothing would be left, nothing is taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_BEFORE: Mapping[str, tuple[str, ...]] = {
    "es": (
        "pues|bueno|eh|em|a ver|mire|sí|vale|ahora|es|es en|está en|sería|en|vivo en|vivimos en|se llama",
        "me he mudado a|nos hemos mudado a",
        "(?:la|mi)(?: nueva)? (?:dirección|calle|ciudad|población) (?:nueva )?es",
        "(?:el|mi) (?:pueblo|municipio|domicilio) es",
    ),
    "ca": (
        "doncs|bueno|eh|em|a veure|miri|sí|val|ara|és|és [ae]n?|està [ae]n?|seria|a|en|al|es diu",
        "visc [ae]n?|visc al|vivim [ae]n?|m'he mudat [ae]n?|m'he mudat al|ens hem mudat [ae]n?",
        "(?:la|la meva) (?:nova )?(?:adreça|ciutat|població) (?:nova )?és|l'adreça (?:nova )?és",
        "el (?:carrer|poble|municipi|domicili) és",
    ),
    "en": (
        "well|so|um|er|uh|ok|okay|yes|now|it's|it is|its|in|at|on|that's|that is|it's called",
        "i live|i (?:have )?moved to|i've moved to|we(?:'ve| have)? moved to",
        "(?:the|my)(?: new)? (?:address|street|town|city|village) is",
    ),
}
_ARTICLE: Mapping[str, str] = {
    "es": r"(?:la|el)(?= (?:calle|avenida|plaza|carretera|travesía|ronda|paseo|camino|pasaje)\b)",
    "ca": r"(?:la |el |l')(?=(?:carrer|avinguda|plaça|carretera|travessera|passeig|camí|passatge)\b)",
    "en": r"(?!)",
}
_BEHIND: Mapping[str, str] = {
    "es": "por favor|gracias|muchas gracias|vale|eso es|ya está",
    "ca": "si us plau|sisplau|gràcies|moltes gràcies|val|això és|ja està",
    "en": "please|thanks|thank you|that's it|that's all",
}
_NAMES = re.compile(
    r"(?:es (?:castell|mercadal|migjorn|cubells|canar|caná|pujols|capdellà|grau|caló|codolar)"
    r"|a (?:coruña|corunya|estrada|guarda|pobra|rúa|illa|cañiza|laracha|lama|baña|fonsagrada|gudiña))\b",
    re.IGNORECASE,
)
"""Places whose name begins like one of those words: the islands' article, and Galicia's."""
_AROUND = " ,.;:!?¡¿…"


def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    before, article = "|".join(_BEFORE[language]), _ARTICLE[language]
    return (
        re.compile(rf"(?:(?:{before})\b[\s,.]+|{article}\s*)", re.IGNORECASE),
        re.compile(rf"[\s,.]+(?:{_BEHIND[language]})$", re.IGNORECASE),
    )


_PATTERNS = {language: _patterns(language) for language in _BEFORE}


def place_alone(text: str, language: str) -> str:
    """The street or town alone, as it was written; the text itself if there is nothing else in it."""
    before, behind = _PATTERNS.get(language, _PATTERNS["es"])
    left = text.strip(_AROUND)
    while not _NAMES.match(left) and (opening := before.match(left)):
        left = left[opening.end() :].lstrip(_AROUND)
    while closing := behind.search(left):
        left = left[: closing.start()].rstrip(_AROUND)
    return left or text
