"""The words of a sentence as understanding compares them: what is run together is taken apart.

Rules:
1. Elisions are undone ("m'ho" is "em ho", "don't" is "do not"): else every verb has a word for each pronoun.
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
_ENGLISH_BEHIND = re.compile(r"^(\w+)'(s|m|re|ve|ll|d)$|^(\w+)n't$")
_ENGLISH: Mapping[str, str] = {
    "s": "is",
    "m": "am",
    "re": "are",
    "ve": "have",
    "ll": "will",
    "d": "would",
}
_DENIED: Mapping[str, str] = {"ca": "can", "wo": "will", "sha": "shall"}
"""Of "can't", "won't" and "shan't"."""
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
        "eixir": "sortir",
        "ix": "surt",
        "ixen": "surten",
        "isca": "surti",
        "eixit": "sortit",
        "llevar": "treure",
        "lleveu": "traieu",
        "lleva": "treu",
        "trau": "treu",
        "traure": "treure",
        "arrere": "enrere",
        "roi": "dolent",
        "telefonar": "trucar",
        "telefone": "truqui",
        "prompte": "aviat",
        "colp": "cop",
        "colps": "cops",
        "pic": "cop",
        "volta": "vegada",
        "voltes": "vegades",
        "faena": "feina",
        "treball": "feina",
        "iaio": "avi",
        "iaia": "avia",
        "calfa": "escalfa",
        "calfar": "escalfar",
        "aco": "aixo",
        "eixos": "aquests",
        "eixes": "aquestes",
        "voltros": "vosaltres",
        "noltros": "nosaltres",
        "natros": "nosaltres",
        "pos": "doncs",
        "ido": "doncs",
        "pues": "doncs",
        "avant": "endavant",
        "seguisc": "segueixo",
        "seguix": "segueix",
        "preferisc": "prefereixo",
        "siga": "sigui",
        "vaja": "vagi",
        "tinga": "tingui",
        "puga": "pugui",
        "vulga": "vulgui",
        "faca": "faci",
        "estiga": "estigui",
        "diga": "digui",
        "vinga": "vingui",
        "vinguen": "vinguin",
        "tenc": "tinc",
        "venc": "vinc",
        "sebre": "saber",
        "cercar": "buscar",
        "dur": "portar",
        "duis": "porteu",
        "dueu": "porteu",
        "dugueu": "porteu",
        "duguen": "portin",
        "duguin": "portin",
        "duen": "porten",
        "duran": "portaran",
        "vareu": "vau",
        "varen": "van",
        "qualcu": "algu",
        "qualcun": "algun",
        "qualcuna": "alguna",
        "pedido": "comanda",
        "averia": "avaria",
        "tarjeta": "targeta",
        "direccio": "adreca",
        "bueno": "be",
        "plazos": "terminis",
        "recibo": "rebut",
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
        "lift": "elevator",
        "flat": "apartment",
        "fridge": "refrigerator",
        "wanna": "want",
        "gonna": "going",
        "gotta": "have",
        "gimme": "give",
        "lemme": "let",
        "installment": "instalment",
        "installments": "instalments",
        "postcode": "zip",
        "nan": "grandmother",
        "gran": "grandmother",
        "grandma": "grandmother",
        "cell": "mobile",
        "cellphone": "mobile",
        "quid": "pounds",
        "bucks": "dollars",
        "fella": "man",
        "guy": "man",
        "kid": "child",
        "holiday": "vacation",
        "holidays": "vacation",
        "cancelled": "canceled",
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
        "encomienda": "paquete",
        "boleta": "factura",
        "departamento": "piso",
        "apartamento": "piso",
        "heladera": "nevera",
        "refrigerador": "nevera",
        "lavarropas": "lavadora",
        "chamba": "trabajo",
        "laburo": "trabajo",
        "podes": "puedes",
        "queres": "quieres",
        "tenes": "tienes",
        "decime": "dime",
        "elevador": "ascensor",
        "plomero": "fontanero",
        "medidor": "contador",
        "monto": "importe",
        "laptop": "ordenador",
        "portatil": "ordenador",
        "jala": "funciona",
    },
}


def words_of_speech(text: str, language: str) -> Iterator[str]:
    """The words of a text that `plain` has seen to, or has not."""
    regions = _REGIONS.get(language, {})
    for word in plain(text).split():
        for part in _parts(word, language):
            yield from regions.get(part, part).split()


def read_as(language: str) -> Mapping[str, str]:
    """Word → the words that it is read as, for who takes words apart at every apostrophe."""
    return {**(_WHOLE if language == "ca" else {}), **_REGIONS.get(language, {})}


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
    if language == "en":
        behind = _ENGLISH_BEHIND.match(word)
        if behind:
            stem, ending, denied = behind.groups()
            yield from (_DENIED.get(denied, denied), "not") if denied else (stem, _ENGLISH[ending])
            return
    yield word
