"""A wish that is refused, and what is wanted instead: "no quiero anular el pedido, quiero saber dónde está".

An engine hears "anular" and "pedido", and is sure of what the caller does not want.

Rules:
1. Only a wish is refused: "no quiero" before a verb, "no llamo por", "no es por". "No me funciona internet"
   and "ya no quiero el pedido" say what is wanted.
2. What is wanted begins where the sentence begins anew ("quiero", "sino", "es por"); what stands before the
   "no" belongs to it.
3. Who refuses a machine ("no quiero hablar con un robot") wants a person, and who wants nothing more is done.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 1000
"""Letters of a sentence that are looked at, as engines do."""
_INFINITIVE: Mapping[str, str] = {
    "es": r"(?=\w+(?:[aei]r|ir)(?:[mts]e|nos)?(?:l[aeo]s?)?\b)",
    "ca": r"(?=[\w·]+(?:ar|er|ir|re)(?:[-']\w+)*\b)",
    "en": "",
}
_REFUSED: Mapping[str, str] = {
    "es": r"no (?:(?:es que )?(?:quiero|queria|quisiera|querria|deseo|necesito|pretendo|pienso|vengo a|"
    rf"llamo para|llamaba para|es para|era para) {_INFINITIVE['es']}|(?:llamo|llamaba|es|era) por )",
    "ca": r"no (?:(?:es que )?(?:vull|volia|voldria|desitjo|necessito|pretenc|penso|vinc a) "
    rf"{_INFINITIVE['ca']}|(?:truco|trucava|es|era) per )",
    "en": r"(?:(?:i|we|i'?m|i am|we'?re|just) )*"
    r"(?:(?:do not|don'?t|did not|didn'?t|would not|wouldn'?t) (?:want|wish|need|mean|like) to |"
    r"(?:not|never) (?:calling|ringing|phoning|here) (?:about|to|for) |"
    r"(?:is not|isn'?t|it'?s not) (?:about|to) )",
}
_ANEW: Mapping[str, str] = {
    "es": r"(?:sino (?:que )?|pero si (?:que )?|(?=(?:lo que (?:yo )?|yo |solo |solamente )?"
    r"(?:quiero|queria|quisiera|querria|prefiero|necesito|llamo|llamaba|me gustaria|"
    r"es (?:por|para|que)|era (?:por|para))\b))",
    "ca": r"(?:sino (?:que )?|pero si (?:que )?|(?=(?:el que (?:jo )?|jo |nomes )?"
    r"(?:vull|volia|voldria|prefereixo|necessito|truco|trucava|m'agradaria|es (?:per|que)|era per)\b))",
    "en": r"(?:but (?:rather )?|(?=(?:what )?(?:i|i just|i only) (?:want|need|would|am|wanted|prefer)\b|"
    r"i'd\b|i'm\b|it'?s (?:about|to)\b|it is (?:about|to)\b|just want\b))",
}
_BEHIND = r"(?<!\bque )(?<!\bno )(?<!\bwhat )(?<!\bthat )(?<!\bo )(?<!\bor )"
"""What begins so tells of a thing ("algo que quiero"), or is refused, too ("no quiero")."""
_NO_WISH: Mapping[str, str] = {
    "es": r"\b(?:maquinas?|robots?|contestador(?:es)?|grabacion(?:es)?|ordenador(?:es)?|bots?|nada)\b",
    "ca": r"\b(?:maquin(?:a|es)|robots?|contestadors?|gravacio(?:ns)?|ordinadors?|bots?|res|cap)\b",
    "en": r"\b(?:machines?|robots?|recordings?|computers?|bots?|anything|nothing)\b",
}
_JOINT = r"[\s,]*\b(?:y|e|i|and|pero|però|but)$"


@dataclass(frozen=True)
class Halves:
    """A sentence of which one half is not wanted."""

    unwanted: str
    wanted: str = ""
    """Empty: nothing is told but what is not wanted."""


def refused_wish(text: str, language: str) -> Halves | None:
    """The wish that is refused, and what is wanted instead of it; `None`: nobody refuses a wish."""
    refused, again, no_wish = _REFUSED.get(language), _ANEW.get(language), _NO_WISH.get(language)
    bare = bare_letters(text)
    found = re.search(rf"\b{refused}", bare) if refused and bare else None
    if found is None or again is None or no_wish is None:
        return None
    anew = re.compile(rf"[\s,.;:]+{_BEHIND}{again}").search(bare, found.end())
    ends, begins = (anew.start(), anew.end()) if anew else (len(text), len(text))
    unwanted = text[found.end() : ends].strip(" ,.;:")
    if not unwanted or re.search(no_wish, bare[found.end() : ends]):
        return None
    before = re.sub(_JOINT, "", text[: found.start()].strip(" ,.;:"), flags=re.IGNORECASE)
    return Halves(unwanted, f"{before} {text[begins:]}".strip(" ,.;:"))


def bare_letters(text: str) -> str:
    """Small letters without accents, one for each of the text's, so that places in it are places in the text;
    empty where that cannot be, and of more than anybody says in one breath."""
    if len(text) > LONGEST:
        return ""
    bare = "".join(unicodedata.normalize("NFD", letter)[0] for letter in text.lower().replace("’", "'"))
    return bare if len(bare) == len(text) else ""
