"""What orders, tickets and other references have in common: digits, with letters before them or without.

The options are those of `digits`, and:

- `prefix: PED`: letters that never change; callers may say them, spell them or leave them out, and the value
  has them (`PED45718`)
- `letters: 2`: how many letters stand before the digits and change; callers must say them, so such a
  reference cannot be keyed
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.digits import Digits
from dialogs.slots.letters import letter_words
from dialogs.slots.naming import as_told, best_of, digit_strings, names_letter, spelled, taken_apart, without
from dialogs.slots.phrasing import FILLERS, Reading
from dialogs.slots.words import Words, tokens
from dialogs.spoken import spell

_ABOUT = {
    "es": "número referencia código guión barra numero",
    "ca": "número referència codi guió barra",
    "en": "number reference code dash slash my",
}


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
        return (self.prefix.lower(),) if self.prefix else ()

    def keys(self) -> Keys:
        return Keys(0, 0) if self.letters else super().keys()

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if not self.letters and keys.isdecimal() and self.fits(keys):
            yield Reading((self.prefix or "") + keys)

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        language = asking.language
        about = frozenset(tokens(f"{_ABOUT.get(language, '')} {self.called.get(language, '')}"))

        def read(words: Words) -> Iterable[Reading]:
            return best_of(self._digits_of(self._beginnings(without(words, about), language), language))

        return as_told(taken_apart(text), language, read)

    def _digits_of(self, parts: Iterable[tuple[str, Words]], language: str) -> Iterator[Reading]:
        for letters, rest in parts:
            for digits, cost in digit_strings(rest, language):
                if self.fits(digits):
                    yield Reading(letters + digits, cost, proven=self.check_digit is not None)

    def _beginnings(self, words: Words, language: str) -> Iterator[tuple[str, Words]]:
        """The letters, and the words of the digits behind them."""
        if not self.letters:
            yield self.prefix or "", words
        wanted = len(self.prefix or "") or self.letters or 0
        known = FILLERS.get(language, frozenset())
        for at in range(min(len(words), 8)) if wanted else ():
            if any(word not in known for word in words[:at]):
                return
            before = words[at - 1] if at else ""
            if at and names_letter(words, at - 1, language) and (len(before) == 1 or before not in known):
                continue  # that letter belongs to them, too
            for end, letters in spelled(words, at, wanted, language):
                more = names_letter(words, end, language)
                if letters == self.prefix or not (self.prefix or more):
                    yield letters, words[end:]

    def read_back(self, value: str, asking: Asking) -> str:
        return spell(value, asking.language)
