"""The last four digits of a payment card, to tell cards apart. Never the whole number.

```yaml
- ask: card
  type: card_last4
  prompt:
    es: "Dígame o teclee las cuatro últimas cifras de su tarjeta."
    ca: "Digui'm o marqui les quatre últimes xifres de la targeta."
    en: "Please say or key in the last four digits of your card."
```
The answer is sensitive whether the flow says so or not: masked in logs, transcripts and the recording. A
caller who begins to read out the whole card is not understood, and nothing of it is kept.

Reasons of a miss: `too_many`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.naming import as_told, best_of, digit_strings, taken_apart, without
from dialogs.slots.numerals import number_words
from dialogs.slots.phrasing import Reading, SpokenKind
from dialogs.slots.words import Words, tokens
from dialogs.spoken import say_digits

_ABOUT = {
    "es": "tarjeta cifras dígitos números número en visa mastercard crédito débito banco",
    "ca": "targeta xifres dígits números número en visa mastercard crèdit dèbit banc",
    "en": "card digits numbers number in with visa mastercard credit debit are they my bank",
}
_BEHIND = {
    "es": frozenset(tokens("termina terminada terminan acaba acabada acaban últimos últimas")),
    "ca": frozenset(tokens("acaba acabada acaben últims últimes")),
    "en": frozenset(tokens("ends ending end last")),
}
"""The digits stand behind such a word: "la que termina en …", "the one ending in …"."""
_PHRASES = {
    "es": ("acaba en", "termina en", "los últimos", "las últimas", "mi tarjeta"),
    "ca": ("acaba en", "les últimes", "la meva targeta"),
    "en": ("it ends in", "ending in", "the last", "my card"),
}
_FOUR = {"es": "cuatro", "ca": "quatre", "en": "four"}
""" "The last four are …": no digit of the card."""
_THOUSAND = (("mil",), ("thousand",), ("hundred",))
"""Behind that word the four is one of a number: "acaba en cuatro mil quinientos"."""
_ANOTHER = {
    "es": frozenset(tokens("caduca caducan caducidad vence cvv cvc pin clave año")),
    "ca": frozenset(tokens("caduca caduquen caducitat venç cvv cvc pin clau any")),
    "en": frozenset(tokens("expires expiry valid cvv cvc pin code year")),
}
"""Beside these, other digits of the card are meant."""
_MANY = 8
"""Digits from which somebody is reading out the whole card."""


class CardLast4(SpokenKind):
    """Four digits of a card."""

    name: ClassVar[str] = "card_last4"
    value_type: ClassVar[ValueType] = "digits"
    always_sensitive: ClassVar[bool] = True
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("cuarenta y cinco, setenta y uno", "4571"),
            ("acaba en cuatro cinco siete uno", "4571"),
            ("doble cero doce", "0012"),
        ),
        "ca": (
            ("quaranta-cinc, setanta-u", "4571"),
            ("acaba en quatre cinc set u", "4571"),
            ("doble zero dotze", "0012"),
        ),
        "en": (
            ("forty-five seventy-one", "4571"),
            ("it ends in four five seven one", "4571"),
            ("double oh one two", "0012"),
        ),
    }

    def words(self, language: str) -> tuple[str, ...]:
        return number_words(language)

    def phrases(self, language: str) -> tuple[str, ...]:
        return (*_PHRASES.get(language, ()), *super().phrases(language))

    def keys(self) -> Keys:
        return Keys(4, 4)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if keys.isdecimal() and len(keys) == 4:
            yield Reading(keys)

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        language = asking.language
        about = frozenset(tokens(_ABOUT.get(language, "")))

        def read(words: Words) -> Iterable[Reading]:
            if not _ANOTHER.get(language, frozenset()).isdisjoint(words):
                return ()
            words = without(words, about)
            behind = [at for at, word in enumerate(words) if word in _BEHIND.get(language, ())]
            if behind:
                words = words[behind[-1] + 1 :]
            four = bool(behind) and words[:1] == (_FOUR.get(language),)
            counted = words[1:] if four and words[1:2] not in _THOUSAND else ()
            return best_of(
                reading for row in (words, counted) for reading in self._four(digit_strings(row, language))
            )

        return as_told(taken_apart(text), language, read)

    @staticmethod
    def _four(found: Iterable[tuple[str, float]]) -> Iterator[Reading]:
        for digits, cost in found:
            if len(digits) == 4:
                yield Reading(digits, cost)
            elif len(digits) >= _MANY:
                yield Reading("", cost, "too_many")

    def read_back(self, value: str, asking: Asking) -> str:
        return say_digits(value, asking.language)
