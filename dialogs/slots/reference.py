"""What orders, tickets and other references have in common: digits, with letters before them or without.

The options are those of `digits`, and:

- `prefix: PED`: letters that never change; callers may say them, spell them or leave them out, and the value
  has them (`PED45718`)
- `letters: 2`: how many letters stand before the digits and change; callers must say them, so such a
  reference cannot be keyed
"""

from __future__ import annotations

import re
from abc import ABC
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.results import Alternative, Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.denials import parted
from dialogs.slots.digits import Digits
from dialogs.slots.fillers import FILLERS
from dialogs.slots.letters import letter_words
from dialogs.slots.naming import as_told, best_of, digit_strings, names_letter, spelled, taken_apart, without
from dialogs.slots.numerals import lexicon_of
from dialogs.slots.phrasing import UNEXPLAINED, Reading
from dialogs.slots.words import Words, tokens
from dialogs.spoken import spell

_ABOUT = {
    "es": "número números numero letra letras referencia código guión barra",
    "ca": "número números lletra lletres referència codi guió barra",
    "en": "number numbers letter letters reference code dash slash my are",
}


_OTHER_NUMBERS = {
    "es": "cliente teléfono móvil fijo dni nif nie postal tarjeta cuenta factura contrato póliza",
    "ca": "client telèfon mòbil fix dni nif nie postal targeta compte factura contracte pòlissa",
    "en": "customer account phone telephone mobile postcode card invoice bill contract policy",
}
"""Whose number is told instead, unless the reference is called so: asked back."""
_NO_PLAIN_LETTER = re.compile(
    r"\b(?:eñe|ñ|enye|trencada|ç)\b|\b[^\W\d]{0,3}[ñç][^\W\d]{0,3}\d", re.IGNORECASE
)
"""Ñ and Ç stand in no reference: whoever names one is asked again; without its mark it would be N or C."""
_NO_LETTERS = frozenset({"es", "el", "en", "em"})
"""Catalan: "és l'ema …" names one letter."""

_TWO = re.compile(r",|\b(?:y|e|i|o|and|or)\b", re.IGNORECASE)
"""Between two numbers that are said at once."""
MOST_NUMBERS = 4
MOST_TOLD = 20
"""Words; in more, nothing is parted: it must be judged in milliseconds."""

_Beginning = tuple[str, Words, float]


class Reference(Digits, ABC):
    """A number that is a name, with its letters."""

    value_type: ClassVar[ValueType] = "code"
    called: ClassVar[Mapping[str, str]] = {}
    """Language → what callers call it."""

    prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,6}$")] | None = Field(
        None, description="Letters before the digits that never change"
    )
    letters: Annotated[int, Field(ge=1, le=4)] | None = Field(
        None, description="How many letters before the digits change"
    )

    def mistake(self) -> str | None:
        if self.prefix and self.letters:
            return "`prefix` and `letters` exclude each other: keep one of them"
        return super().mistake()

    def words(self, language: str) -> tuple[str, ...]:
        lettered = letter_words(language) if self.prefix or self.letters else ()
        return tuple(dict.fromkeys((*super().words(language), *lettered)))

    @override
    def phrases(self, language: str) -> tuple[str, ...]:
        return (*((self.prefix.lower(),) if self.prefix else ()), *super().phrases(language))

    def keys(self) -> Keys:
        return Keys(0, 0) if self.letters else super().keys()

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if not self.letters and keys.isdecimal() and self.fits(keys):
            yield Reading((self.prefix or "") + keys)

    @override
    def judge(self, answer: Heard | Keyed, asking: Asking) -> Match | NoMatch:
        found = super().judge(answer, asking)
        if isinstance(answer, Keyed) or (isinstance(found, Match) and found.band == "sure"):
            return found
        said = answer.alternatives[0] if answer.alternatives else Alternative("", 0.0)
        if len(said.text.split()) > MOST_TOLD:
            return found

        def read(text: str) -> Match | NoMatch:
            return super(Reference, self).judge(Heard((Alternative(text, said.confidence),)), asking)

        told = parted(said.text, asking.language)
        if told.wanted and told.denied and not told.either:
            # "No es el 780346, es el 780353"
            wanted = read(told.wanted)
            if isinstance(wanted, Match) and any(isinstance(read(one), Match) for one in told.denied):
                return replace(wanted, said=said.text, band="check")
        if isinstance(found, NoMatch) and not found.reason and _TWO.search(said.text):
            each = [read(part) for part in _TWO.split(said.text)[:MOST_NUMBERS]]
            if len({one.value for one in each if isinstance(one, Match)}) > 1:
                return NoMatch(said.text, "two_numbers")
        return found

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        language = asking.language
        if self.letters and _NO_PLAIN_LETTER.search(text):
            return ()
        about = frozenset(tokens(f"{_ABOUT.get(language, '')} {self.called.get(language, '')}"))

        def read(words: Words) -> Iterable[Reading]:
            return best_of(self._digits_of(self._beginnings(without(words, about), language), language))

        words = taken_apart(text)
        found = as_told(words, language, read, lettered=bool(self.prefix or self.letters))
        other = frozenset(tokens(_OTHER_NUMBERS.get(language, ""))) - about
        return found if other.isdisjoint(words) else [replace(one, doubted=True) for one in found]

    def _digits_of(self, parts: Iterable[_Beginning], language: str) -> Iterator[Reading]:
        for letters, rest, extra in parts:
            for digits, cost in digit_strings(rest, language):
                if self.fits(digits):
                    yield Reading(letters + digits, cost + extra, proven=self.check_digit is not None)

    def _beginnings(self, words: Words, language: str) -> Iterator[_Beginning]:
        """The letters, the words of the digits behind them, and the cost of the words before them."""
        if not self.letters:
            yield self.prefix or "", words, 0.0
        wanted = len(self.prefix or "") or self.letters or 0
        known = FILLERS.get(language, frozenset())
        for at in range(min(len(words), 10)) if wanted else ():
            unknown = sum(word not in known for word in words[:at])
            # As many letters stand before these: "a be fa quatre …" is hardly FA.
            run = words[at - wanted : at] if at >= wanted else ()
            unknown += not _NO_LETTERS.issuperset(run) and all(
                names_letter(words, at - n, language) for n in range(1, wanted + 1)
            )
            before = words[at - 1] if at else ""
            if at and names_letter(words, at - 1, language) and (len(before) == 1 or before not in known):
                continue  # that letter belongs to them, too
            for end, letters in spelled(words, at, wanted, language):
                joined = words[end : end + 1] and words[end] in lexicon_of(language).joins
                more = names_letter(words, end, language) and not joined
                if letters == self.prefix or not (self.prefix or more):
                    # "A be i quatre" may be three letters.
                    yield letters, words[end:], UNEXPLAINED * (unknown + bool(joined))

    def read_back(self, value: str, asking: Asking) -> str:
        return spell(value, asking.language, region=asking.region)
