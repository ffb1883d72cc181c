"""Letters as they are named and spelled: "zeta", "i griega", "be de Barcelona", "Z for zebra"."""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from dialogs.slots.words import Words, phrases_of, plain

_NAMES: Mapping[str, str] = {
    "es": "a=a|b=be,be alta,be larga,be grande|c=ce|d=de|e=e|f=efe|g=ge|h=hache|i=i,i latina|j=jota|k=ka|l=ele"
    "|m=eme|n=ene|ñ=eñe|o=o|p=pe|q=cu|r=erre,ere|s=ese|t=te|u=u|v=uve,ve,ve corta,ve chica,be baja,ve baja"
    "|w=uve doble,doble uve,doble ve,ve doble,doble u|x=equis|y=i griega,y griega,ye,y|z=zeta,ceta,seta,zeda",
    "ca": "a=a|b=be,be alta|c=ce,se|ç=ce trencada|d=de|e=e|f=efa,ef,efe|g=ge|h=hac,hacca|i=i,i llatina|j=jota"
    "|k=ca|l=ela,el,ele|m=ema,em,eme|n=ena,en,ene|o=o|p=pe|q=cu|r=erra,er,erre|s=essa,es,esse|t=te|u=u"
    "|v=ve baixa,ve,uve|w=ve doble,doble ve,uve doble|x=ics,xeix,equis|y=i grega|z=zeta,ceta",
    "en": "a=a,ay|b=b,bee,be|c=c,see,sea|d=d,dee|e=e,ee|f=f,ef,eff|g=g,gee|h=h,aitch,haitch|i=i,eye|j=j,jay"
    "|k=k,kay|l=l,el,ell|m=m,em|n=n,en|o=o,oh|p=p,pee,pea|q=q,cue,queue|r=r,are,ar|s=s,ess,es|t=t,tee,tea"
    "|u=u,you|v=v,vee|w=w,double u,double you,double-u|x=x,ex|y=y,why,wye|z=z,zed,zee",
}
_SPELLED: Mapping[str, str] = {
    "en": "alpha=a alfa=a bravo=b charlie=c delta=d echo=e foxtrot=f golf=g hotel=h india=i juliet=j juliett=j"
    " kilo=k lima=l mike=m november=n oscar=o papa=p quebec=q romeo=r sierra=s tango=t uniform=u victor=v"
    " xray=x whiskey=w whisky=w yankee=y zulu=z",
}
"""The alphabet of aviation, whose words stand for themselves."""

_SUCH_AS = {
    "es": phrases_of("de|como|como en|como de|de la palabra"),
    "ca": phrases_of("de|com|com a|com de|de la paraula"),
    "en": phrases_of("for|as in|like|as in the word"),
}

_ALIKE = ("bpdtvwgcez", "fsxl", "mn", "ñn", "kaq", "jg", "iye", "rl", "çcsz")
"""Letters whose names are mixed up on the telephone."""


@lru_cache(maxsize=8)
def _names(language: str) -> Mapping[Words, str]:
    table: dict[Words, str] = {}
    for item in _NAMES.get(language, "").split("|"):
        letter, _, names = item.partition("=")
        for name in filter(None, names.split(",")):
            # Without its tilde "eñe" is "ene": the far more frequent N comes first.
            table.setdefault(tuple(plain(name).split()), letter)
    for letter in "abcdefghijklmnopqrstuvwxyz":
        table.setdefault((letter,), letter)
    return table


@lru_cache(maxsize=8)
def _spelled(language: str) -> Mapping[str, str]:
    pairs = (item.partition("=") for item in _SPELLED.get(language, "").split())
    return {word: letter for word, _, letter in pairs}


def letters_at(words: Words, at: int, language: str) -> Iterator[tuple[int, str]]:
    """The letters that may be named at that place, each with the words that it takes.

    "Zeta de Zamora" is one letter of three words; the word behind "de" must begin with it, if not with its
    sound ("uve de Barcelona" is heard for "be de Barcelona", and is a B).
    """
    names = _names(language)
    for size in (1, 2):
        letter = names.get(words[at : at + size])
        if letter is None or at + size > len(words):
            continue
        yield size, letter.upper()
        such = max(
            (len(p) for p in _SUCH_AS.get(language, ()) if words[at + size : at + size + len(p)] == p),
            default=0,
        )
        example = words[at + size + such] if such and at + size + such < len(words) else ""
        first = _first(example)
        if first and (first == plain(letter) or alike(first, letter)) and len(example) > 1:
            yield size + such + 1, first.upper() if letter != "ñ" else "Ñ"
    if language == "en" and words[at : at + 2] == ("x", "ray"):
        yield 2, "X"
    spelled = _spelled(language).get(words[at]) if at < len(words) else None
    if spelled:
        yield 1, spelled.upper()


def _first(word: str) -> str:
    return word[0] if word and word[0].isalpha() else ""


def alike(one: str, other: str) -> bool:
    """Whether two letters' names are mixed up on a telephone line."""
    pair = {one.lower(), other.lower()}
    return any(pair <= set(group) for group in _ALIKE)


def letter_words(language: str) -> tuple[str, ...]:
    """The names of letters as words for a recogniser's grammar."""
    accented = {
        "es": "a be ce de e efe ge hache i jota ka ele eme ene eñe o pe cu erre ese te u uve doble equis griega"
        " zeta ve ye",
        "ca": "a be ce de e efa ge hac i jota ca ela ema ena o pe cu erra essa te u ve baixa doble ics grega zeta",
        "en": "a b c d e f g h i j k l m n o p q r s t u v w x y z zed double for as in",
    }
    return (*accented.get(language, "").split(), *_spelled(language))
