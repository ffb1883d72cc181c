"""Texts that stand under the wrong language: swapped, or copied and never translated.

By small words that only one of the languages has. Two of another language and none of its own are taken for a
mistake; names, numbers and short answers are never judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialogs.expressions import Template


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS: Mapping[str, frozenset[str]] = {
    "es": _listed(
        "los las y su sus con para por usted diga dígame marque está gracias ahora quiere desea puede tiene"
        " muy pero más hemos le qué cuál dónde cuándo nuestra nuestro sin desde hasta hay ser"
    ),
    "ca": _listed(
        "els amb seu seva seves seus per vostè digui digui'm premi marqui està gràcies ara vol desitja pot té"
        " molt però més hem aquest aquesta què quin quina quan dels nostra nostre sense des fins plau"
    ),
    "en": _listed(
        "the your you please is are and of for with we have press this that it will would shall what which"
        " when not"
    ),
}
"""Small words that none of the others has."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
ENOUGH = 2
"""Words of another language, with none of its own, from which a text is taken for that language's."""


def reads_like(text: str, language: str) -> str | None:
    """The language that the text is most likely in, where it is not in its own."""
    words = set(_WORD.findall(text.lower()))
    if language not in _WORDS or words & _WORDS[language]:
        return None
    counts = {other: len(words & known) for other, known in _WORDS.items() if other != language}
    best = max(counts, key=lambda other: counts[other])
    return best if counts[best] >= ENOUGH else None


def misplaced(words: Mapping[str, Template]) -> Iterator[tuple[str, str]]:
    """(language, what is wrong and what to do); two texts that are swapped are one mistake."""
    found = {
        language: other
        for language, template in words.items()
        if (other := reads_like(" ".join(p for p in template.parts if isinstance(p, str)), language))
    }
    for language, other in found.items():
        if found.get(other) != language:
            yield language, f"the text in `{language}` reads like `{other}`: write it in its own language"
        elif language == min(language, other, key=list(found).index):
            yield (
                language,
                f"the texts in `{language}` and `{other}` are swapped: put each under its language",
            )
