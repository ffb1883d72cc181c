"""What else is read back beside an answer, and which of it a reply corrects: "no, en Alcalá, no en Madrid".

An address is read back whole; what is wrong with it is mostly one piece. Rules:
1. What is denied by its name tells which piece it is: "no en Madrid" is the town's, and what is left of the
   sentence is the right one.
2. So does what the piece is called: "la población es Alcalá", "el código postal es 28801".
3. "No, es …" and "no, en …" are the street where they sound like one, and the town where they do not.
4. A number is only taken with all its digits; what tells that something is wrong, and not what is right, is
   no correction.
5. Whatever comes out is read back again: nothing here is sure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dialogs.nodes.corrected import ReadBack, is_a_piece
from dialogs.nodes.picking import says_in_full
from dialogs.nodes.question import Judge
from dialogs.results import Alternative, Heard, Match
from dialogs.slots.numerals import number_words
from dialogs.slots.words import plain, words_of
from dialogs.slots.yes_no import behind_no, replies_in

MOST_TOWN_WORDS = 6
""" "Sant Feliu de Llobregat", "Alcázar de San Juan"; who says more tells something else."""
PieceKind = Literal["street", "town", "place", "other"]


@dataclass(frozen=True)
class Piece:
    """One of the answers that are read back: its slot, its value, what judges another one."""

    slot: str
    kind: PieceKind
    value: str
    judge: Judge
    told: ReadBack | None = None
    """Of what is no free speech."""


@dataclass(frozen=True)
class _Words:
    denied: str
    """What stands before a value that is not the right one."""
    leads: str
    """What stands before the right one."""
    places: str
    """Prepositions of a town."""
    it_is: str
    verbs: str
    towns: str
    streets: str
    street_words: str
    """What a street is called, wherever it stands."""
    no_names: frozenset[str]
    """What is no name of a place: "no, es otra"."""
    pieces: frozenset[str]
    """What the pieces are called: no town is called so."""


def _no_names(text: str) -> frozenset[str]:
    return frozenset(plain(text).split())


_WORDS: Mapping[str, _Words] = {
    "es": _Words(
        denied=r"(?:y |que )?no(?: es| era| está| vivo)?(?: en| a| la| el| de)?",
        leads=r"no|es|era|sería|está|sino|digo|perdón|en|vivo en|que|pero|y",
        places="en",
        it_is="es|era|sería|está|digo",
        verbs="es|era|sería|se llama",
        towns="población|pueblo|ciudad|municipio|localidad",
        streets="calle|dirección|domicilio",
        street_words=r"calle|avenida|plaza|paseo|camino|carretera|ronda|travesía|pasaje|glorieta"
        r"|urbanización|avinguda|carrer",
        no_names=_no_names(
            "mal otra otro otros así eso esa ese esto incorrecto incorrecta correcto correcta error"
            " falso mentira verdad distinto distinta diferente bien nada aquí allí así lo mismo que me"
            " mi mis un una muy porque he ha hemos tengo quiero usted yo ya ahora vez absoluto"
            " realidad serio fin cambio principio general teoría casa ver"
        ),
        pieces=_no_names("código postal número calle población piso"),
    ),
    "ca": _Words(
        denied=r"(?:i |que )?no(?: és| era| està| visc)?(?: a| en| la| el| de)?",
        leads=r"no|és|es|era|seria|està|sinó|dic|perdó|a|en|visc a|que|però|i",
        places="a|en",
        it_is="és|es|era|seria|està|dic",
        verbs="és|es|era|seria|es diu",
        towns="població|poble|ciutat|municipi|localitat",
        streets="carrer|adreça|domicili",
        street_words=r"carrer|avinguda|plaça|passeig|camí|carretera|ronda|travessera|passatge|rambla|calle|avenida",
        no_names=_no_names(
            "malament altra altre una així això aquesta aquest incorrecte incorrecta correcte correcta"
            " error fals mentida veritat diferent bé res aquí allà mateix que em m'he meva meu un molt"
            " perquè he ha hem tinc vull vostè jo ja ara vegada absolut realitat fi canvi principi"
            " general teoria casa veure"
        ),
        pieces=_no_names("codi postal número carrer població pis"),
    ),
    "en": _Words(
        denied=r"(?:and |it's |it is |its |that's )?not(?: in| at| on| the)?",
        leads=r"no|not|it's|it is|its|that's|but|i mean|sorry|in|i live in|and",
        places="in",
        it_is="it's|it is|its|it was|that's|i mean",
        verbs="is|was|'s|is called",
        towns="town|city|village",
        streets="street|address|road",
        street_words=r"street|road|avenue|lane|drive|close|square|court|way|place|terrace|calle|carrer",
        no_names=_no_names(
            "wrong incorrect right correct another other different that this so error mistake false"
            " true nothing here there same not a an my very because have has i want all fact case"
            " reality general principle"
        ),
        pieces=_no_names("postcode number street town floor"),
    ),
}  # fmt: skip


def corrected_piece(reply: Heard, pieces: Sequence[Piece], language: str) -> tuple[str, Match] | None:
    """The slot that the reply corrects, and its new value; `None` where it is none of these."""
    words = _WORDS.get(language)
    for alternative in reply.alternatives[:1]:
        ways = _ways(alternative.text, pieces, words, language) if words else iter(())
        for piece, text in ways:
            found = piece.judge(Heard((Alternative(text, alternative.confidence),)))
            if isinstance(found, Match) and _fold(found.value) != _fold(piece.value):
                return piece.slot, replace(found, said=alternative.text, band="check")
    if says_in_full(reply, language):
        for piece in pieces:
            again = piece.told.corrected_by(reply) if piece.told else None
            if again is not None:
                return piece.slot, again
    return None


def _ways(text: str, pieces: Sequence[Piece], words: _Words, language: str) -> Iterator[tuple[Piece, str]]:
    """What may be put right, and to what, the plainest first."""
    for piece in pieces:
        if piece.kind == "other":
            continue
        rest = _without_denied(text, piece.value, words)
        if rest and _may_be_a_name(rest, words, language):
            yield piece, rest
            return
    for kind, nouns in (("town", words.towns), ("street", words.streets)):
        named = re.search(
            rf"\b(?:{_fold(nouns)})\b,?(?: que| which| that)? ?(?:{_fold(words.verbs)}) (.+)$", _fold(text)
        )
        for piece in pieces:
            if (
                named
                and piece.kind == kind
                and _may_be_a_name(rest := text[named.start(1) :], words, language)
            ):
                yield piece, rest
                return
    town = next((piece for piece in pieces if piece.kind == "town"), None)
    behind = behind_no(Heard((Alternative(text, 1.0),))).alternatives
    if town is None or not behind or behind[0].text == text:
        return
    opening = re.match(rf"(?:(?:{_fold(words.it_is)})\s+)?(?:(?:{words.places})\s+)?", _fold(behind[0].text))
    rest = behind[0].text[opening.end() :] if opening else ""
    if opening and opening.end() and _may_be_a_town(rest, words, language):
        yield town, rest


def _without_denied(text: str, value: str, words: _Words) -> str:
    """The sentence without the value that it denies; empty if it denies another one, or says nothing else."""
    folded, gone = _fold(text), re.escape(_fold(value))
    denied = re.search(rf"(?<!\w)(?:{_fold(words.denied)}) {gone}(?!\w)", folded) or re.search(
        rf"(?<!\w){gone}[\s,]+(?:no|not)(?!\w)", folded
    )
    if not denied:
        return ""
    before, behind = text[: denied.start()], text[denied.end() :]
    return " ".join(filter(None, (_bare(before, words), _bare(behind, words))))


def _bare(text: str, words: _Words) -> str:
    """Without what stands before a name."""
    left = text.strip(" ,.;")
    lead = re.compile(rf"(?:{_fold(words.leads)})(?:[\s,.]+|$)")
    while opening := lead.match(_fold(left)):
        left = left[opening.end() :].lstrip(" ,.;")
    return left


def _may_be_a_name(text: str, words: _Words, language: str) -> bool:
    said = plain(text).split()
    verbs = {plain(word) for word in words.verbs.split("|")}
    return (
        bool(said)
        and words.no_names.isdisjoint(said)
        and verbs.isdisjoint(said)
        and not replies_in(text, language)
    )


def _may_be_a_town(text: str, words: _Words, language: str) -> bool:
    """A name, and nothing that a street has: a number behind something, or a word for a street."""
    said = words_of(text)
    numbers = {plain(word) for word in number_words(language)}
    # "Tres Cantos" and "Dos Hermanas" are towns; in English the number of a street comes first.
    counted = [at for at, word in enumerate(said) if word in numbers or any(sign.isdigit() for sign in word)]
    first_alone = counted == [0] and language != "en" and len(said) > 1 and not said[0].isdecimal()
    street = re.search(rf"\b(?:{_fold(words.street_words)})\b", _fold(text))
    short = len(said) <= MOST_TOWN_WORDS and (not counted or first_alone) and not is_a_piece(text, language)
    return (
        short
        and not street
        and words.pieces.isdisjoint(plain(text).split())
        and _may_be_a_name(text, words, language)
    )


def _fold(text: str) -> str:
    """In small letters and without accents, sign by sign: places in it are those in the text."""
    return (
        "".join(unicodedata.normalize("NFD", sign)[0] for sign in text.replace("’", "'").lower())
        if text
        else ""
    )
