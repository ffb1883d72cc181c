"""What a value does to the words before it, in Catalan: "d'un euro", "d'onze a dues", "de l'onze de gener".

Only numbers do so here: a name may begin with a vowel that takes no apostrophe ("de Yolanda").
"""

from __future__ import annotations

import re

_ELIDING = re.compile(r"(?:un|una|onze)\b|u d(?:e |['’])")
_DAY = re.compile(r"onze d(?:e |['’])|u d(?:e |['’])")
_OF = re.compile(r"\b(d)e\s+$", re.IGNORECASE)
_WITH_ARTICLE = {"el": "l'", "del": "de l'", "al": "a l'", "pel": "per l'"}
_ARTICLE = re.compile(r"\b(el|del|al|pel)\s+$", re.IGNORECASE)


def elided(before: str, value: str, language: str) -> str:
    """The words before a value, as they are said before it."""
    if language != "ca":
        return before
    if _ELIDING.match(value) and (of := _OF.search(before)):
        return f"{before[: of.start()]}{of.group(1)}'"
    if _DAY.match(value) and (article := _ARTICLE.search(before)):
        said = article.group(1)
        joined = _WITH_ARTICLE[said.lower()]
        return before[: article.start()] + (joined.capitalize() if said[0].isupper() else joined)
    return before
