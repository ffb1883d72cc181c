"""A number corrected at one place: "no, el último es un uno", "the second one is a three", "acaba en ocho".

Rules:
1. One digit at one place is put in; anything less plain is refused whole: a wrong place is a wrong number.
2. The words that tell the place are no digits, nor is the article: "el segundo es un uno" holds one digit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.slots.numerals import lexicon_of
from dialogs.slots.words import tokens

_PLACES: Mapping[str, Mapping[str, int]] = {
    "es": {
        "primero": 0, "primer": 0, "primera": 0, "segundo": 1, "segunda": 1, "tercero": 2, "tercer": 2,
        "tercera": 2, "cuarto": 3, "cuarta": 3, "quinto": 4, "quinta": 4, "ultimo": -1, "ultima": -1,
        "penultimo": -2, "penultima": -2,
    },
    "ca": {
        "primer": 0, "primera": 0, "segon": 1, "segona": 1, "tercer": 2, "tercera": 2, "quart": 3,
        "quarta": 3, "cinque": 4, "cinquena": 4, "ultim": -1, "ultima": -1, "darrer": -1, "darrera": -1,
        "penultim": -2, "penultima": -2,
    },
    "en": {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1},
}  # fmt: skip
_IS: Mapping[str, str] = {
    "es": r"(?: digito| numero| cifra)? (?:es|era|seria)(?: el| la| un| una)?",
    "ca": r"(?: digit| numero| xifra)? (?:es|era|seria)(?: el| la| un| una)?",
    "en": r"(?: one| digit| number| figure)?(?:'s| is| was| should be)(?: the| a| an)?",
}
_ENDS: Mapping[str, str] = {
    "es": r"(?:acaba|termina) (?:en|con)(?: el| un)?",
    "ca": r"(?:acaba|termina) (?:en|amb)(?: el| un)?",
    "en": r"(?:it )?(?:ends|finishes) (?:in|with)(?: an?)?",
}
_BEFORE: Mapping[str, str] = {
    "es": r"(?:(?:no|perdon|que|pero|el|la) )*",
    "ca": r"(?:(?:no|perdo|que|pero|el|la) )*",
    "en": r"(?:(?:no|sorry|but|the) )*",
}
_A_NUMBER = re.compile(r"(?!\d{4}-\d\d-\d\d)[A-Z0-9+-]*\d[A-Z0-9+-]*")


def _pattern(language: str) -> re.Pattern[str]:
    digits = "|".join((*sorted(lexicon_of(language).units, key=len, reverse=True), r"\d"))
    place = f"(?P<place>{'|'.join(_PLACES[language])}){_IS[language]}"
    return re.compile(rf"\b(?:{place}|(?P<end>{_ENDS[language]})) (?P<digit>{digits})(?!\S)")


_PATTERNS = {language: _pattern(language) for language in _PLACES}
_WHOLE = {
    language: re.compile(_BEFORE[language] + pattern.pattern) for language, pattern in _PATTERNS.items()
}


def put_in(value: str, reply: str, language: str) -> str | None:
    """The number with the digit at the place that the reply tells.

    `None` if the reply tells no place; empty if it does, and it is not plain what is meant.
    """
    pattern = _PATTERNS.get(language)
    said = " ".join(tokens(reply))
    if pattern is None or not _A_NUMBER.fullmatch(value) or not pattern.search(said):
        return None
    found = _WHOLE[language].fullmatch(said)
    if found is None:
        return ""
    at = -1 if found["end"] else _PLACES[language][found["place"]]
    if at >= 0 and value.startswith("+"):  # nobody counts the country's code
        return ""
    place = at % len(value) if -len(value) <= at < len(value) else -1
    if place < 0 or not value[place].isdecimal():
        return ""
    digit = lexicon_of(language).units.get(found["digit"], found["digit"])
    return value[:place] + digit + value[place + 1 :]
