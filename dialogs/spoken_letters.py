"""The names of letters, for codes that are spelled.

In America a V that is only "ve" would be a "be" to the ear. Where it is called by its size, so is B;
elsewhere it is "uve", which the academies recommend and everybody understands. W is what they say there
(Diccionario panhispánico de dudas: b, v, w).
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.spoken_regions import HOME, doubled_u, sized_v


def _letters(names: str) -> dict[str, str]:
    return {letter: name for letter, _, name in (item.partition("=") for item in names.split("|"))}


LETTERS: Mapping[str, Mapping[str, str]] = {
    "es": _letters(
        "A=a|B=be|C=ce|Ç=ce cedilla|D=de|E=e|F=efe|G=ge|H=hache|I=i|J=jota|K=ka|L=ele|M=eme|N=ene|Ñ=eñe|O=o"
        "|P=pe|Q=cu|R=erre|S=ese|T=te|U=u|V=uve|W=uve doble|X=equis|Y=i griega|Z=zeta"
    ),
    "ca": _letters(
        "A=a|B=be|C=ce|Ç=ce trencada|D=de|E=e|F=efa|G=ge|H=hac|I=i|J=jota|K=ca|L=ela|M=ema|N=ena|Ñ=enya|O=o"
        "|P=pe|Q=cu|R=erra|S=essa|T=te|U=u|V=ve baixa|W=ve doble|X=ics|Y=i grega|Z=zeta"
    ),
}
"""How a letter is said. English synthesisers say single letters by their names, so they stay letters."""


def letters_of(language: str, region: str = HOME) -> Mapping[str, str]:
    """The names in that country (ISO 3166); none for a language whose letters stay as they are."""
    names = LETTERS.get(language, {})
    if language == "es" and sized_v(region):
        return {**names, "B": "be larga", "V": "ve corta", "W": "doble ve"}
    if language == "es" and doubled_u(region):
        return {**names, "W": "doble u"}
    return names
