"""A postcode of digits.

```yaml
- ask: postcode
  type: postcode
  country: ES               # default: the site's country
  prompt:
    es: "¿Cuál es su código postal?"
    ca: "Quin és el seu codi postal?"
    en: "What is your postcode?"
```
Spanish postcodes begin with a province from 01 to 52, which makes them trusted a little more than bare
digits; one that is said without its leading zero ("ocho mil uno") is asked back as 08001. Countries with
letters in their postcodes are not offered.

Reasons of a miss: `no_such_postcode`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.naming import as_told, best_of, digit_strings, taken_apart, without
from dialogs.slots.numerals import number_words
from dialogs.slots.phrasing import Reading, SpokenKind
from dialogs.slots.quantities import quantity_words
from dialogs.slots.words import Words, tokens
from dialogs.spoken import spell

_FORMS: Mapping[str, str] = {
    "ES": r"(?:0[1-9]|[1-4]\d|5[0-2])\d{3}",
    "AR": r"[1-9]\d{3}",
    "CL": r"[1-9]\d{6}",
    "CO": r"(?:0[58]|1[1357-9]|2[0357]|4[147]|5[0247]|6[368]|7[036]|8[1568]|9[14579])\d{4}",
    "DE": r"\d{5}",
    "FR": r"\d{5}",
    "IT": r"\d{5}",
    "MX": r"(?:0[1-9]|[1-9]\d)\d{3}",
    "PE": r"(?:0[1-9]|1\d|2[0-5])\d{3}",
    "PT": r"[1-9]\d{6}",
    "US": r"\d{5}",
}
_ABOUT = {
    "es": "código postal cp distrito zona vivo en",
    "ca": "codi postal cp districte zona visc a",
    "en": "postcode post zip code postal area live my is",
}
_WITHOUT_ZERO = 0.4


class Postcode(SpokenKind):
    """The digits of a postcode, as text."""

    name: ClassVar[str] = "postcode"
    value_type: ClassVar[ValueType] = "digits"
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("cero ocho cero cero uno", "08001"),
            ("veintiocho cero trece", "28013"),
            ("veintiocho mil trece", "28013"),
        ),
        "ca": (
            ("zero vuit zero zero u", "08001"),
            ("vint-i-vuit zero tretze", "28013"),
            ("vint-i-vuit mil tretze", "28013"),
        ),
        "en": (
            ("oh eight oh oh one", "08001"),
            ("two eight oh one three", "28013"),
            ("twenty-eight oh thirteen", "28013"),
        ),
    }

    country: str | None = Field(None, pattern=r"^[A-Z]{2}$", description="ISO 3166; default: the site's")

    def mistake(self) -> str | None:
        if self.country and self.country not in _FORMS:
            offered = ", ".join(sorted(_FORMS))
            return f"`country: {self.country}` is not offered: use one of {offered}, or `digits`"
        return None

    def words(self, language: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*number_words(language), *quantity_words(language))))

    def keys(self) -> Keys:
        length = _length(self.country) if self.country else 0
        return Keys(length, length) if length else Keys(4, 7)

    @override
    def keys_in(self, asking: Asking) -> Keys:
        length = _length(self._country(asking))
        return Keys(length, length)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        country = self._country(asking)
        if keys.isdecimal() and len(keys) == _length(country):
            yield _judged(keys, country, 0.0)

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        about = frozenset(tokens(_ABOUT.get(asking.language, "")))
        country = self._country(asking)

        def read(words: Words) -> Iterable[Reading]:
            return best_of(_all(digit_strings(without(words, about), asking.language), country))

        return as_told(taken_apart(text), asking.language, read)

    def _country(self, asking: Asking) -> str:
        """The country asked for; Spain where the site's own has a form that is not offered."""
        country = self.country or asking.region
        return country if country in _FORMS else "ES"

    def read_back(self, value: str, asking: Asking) -> str:
        return spell(value, asking.language, region=asking.region)


def _length(country: str) -> int:
    return {"AR": 4, "CL": 7, "PT": 7, "CO": 6}.get(country, 5)


def _judged(digits: str, country: str, cost: float) -> Reading:
    if re.fullmatch(_FORMS[country], digits):
        return Reading(digits, cost)
    return Reading("", cost, "no_such_postcode")


def _all(found: Iterable[tuple[str, float]], country: str) -> Iterator[Reading]:
    length = _length(country)
    for digits, cost in found:
        if len(digits) == length:
            yield _judged(digits, country, cost)
        elif len(digits) == length - 1 and country in ("ES", "MX", "FR", "DE", "IT", "PE"):
            yield _judged("0" + digits, country, cost + _WITHOUT_ZERO)
