"""The words of a sentence as understanding compares them: what is run together is taken apart.

Rules:
1. Elisions are undone ("m'ho" is "em ho", "it's" is "it is"): else every verb has a word for each pronoun.
2. Where regions say one thing in two ways, it is one word ("hui" and "avui", "este" and "aquest").
3. Examples, concepts and what callers say go through the same function, or they would not meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dialogs.slots.words import plain

_BEFORE = re.compile(r"^([dlmnst])'(?=\w)")
_BEHIND = re.compile(r"^(\w+)'(m|n|l|ls|ns|t|s)$")
_WHOLE: Mapping[str, str] = {
    "d": "de",
    "l": "el",
    "ls": "els",
    "m": "em",
    "n": "en",
    "ns": "ens",
    "s": "es",
    "t": "et",
}
_REGIONS: Mapping[str, Mapping[str, str]] = {
    "ca": {
        "hui": "avui",
        "este": "aquest",
        "esta": "aquesta",
        "estos": "aquests",
        "estes": "aquestes",
        "eixe": "aquest",
        "eixa": "aquesta",
        "meua": "meva",
        "teua": "teva",
        "seua": "seva",
        "meues": "meves",
        "seues": "seves",
        "vindre": "venir",
        "tindre": "tenir",
        "vore": "veure",
        "aci": "aqui",
        "servici": "servei",
        "vos": "us",
        "mos": "ens",
        "me": "em",
        "te": "et",
        "se": "es",
        "ne": "en",
        "lo": "el",
        "sa": "la",
        "ses": "les",
        "sisplau": "si us plau",
        "xiquet": "nen",
        "xiqueta": "nena",
        "xiquets": "nens",
        "doblers": "diners",
        "duit": "dut",
        "huit": "vuit",
        "vesprada": "tarda",
        "son": "seu",
    },
    "en": {
        "telly": "television",
        "tv": "television",
        "cheque": "check",
        "parcels": "parcel",
        "mum": "mother",
        "mom": "mother",
        "dad": "father",
        "somebody": "someone",
        "anybody": "anyone",
        "nobody": "no one",
        "everybody": "everyone",
    },
    "es": {
        "celular": "movil",
        "computadora": "ordenador",
        "carro": "coche",
        "plata": "dinero",
        "lana": "dinero",
        "aca": "aqui",
        "ahi": "alli",
        "alla": "alli",
        "reclamo": "reclamacion",
        "tique": "ticket",
        "chico": "pequeno",
        "ahorita": "ahora",
        "mercancia": "pedido",
        "tarjetas": "tarjeta",
    },
}


def words_of_speech(text: str, language: str) -> Iterator[str]:
    """The words of a text that `plain` has seen to, or has not."""
    regions = _REGIONS.get(language, {})
    for word in plain(text).split():
        for part in _parts(word, language):
            yield from regions.get(part, part).split()


def _parts(word: str, language: str) -> Iterator[str]:
    if "'" not in word:
        yield word
        return
    if language == "ca":
        before = _BEFORE.match(word)
        if before:
            yield _WHOLE[before.group(1)]
            word = word[2:]
        behind = _BEHIND.match(word)
        if behind:
            yield from (behind.group(1), _WHOLE[behind.group(2)])
            return
    yield word
