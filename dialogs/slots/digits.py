"""A number that is a name: customer number, ticket, order. Leading zeros count; nothing is computed.

```yaml
- ask: customer_number
  type: digits
  length: 5                 # or `min: 4` and `max: 8`
  check_digit: luhn         # optional: the last digit proves the others
  prompt: {es: "Dígame o teclee su número.", ca: "Digui'm o marqui el número.", en: "Your number, please."}
```
A check digit that fits makes the answer trusted; one that does not makes it not understood. By key, `*`
repeats the question and `*0` asks for a person, because `0` is a digit here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from stdnum import luhn
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.naming import as_told
from dialogs.slots.numerals import number_words, readings
from dialogs.slots.phrasing import Reading, SpokenKind
from dialogs.slots.words import Words, tokens
from dialogs.spoken import say_digits

_Length = Annotated[int, Field(ge=1, le=32)]


class Digits(SpokenKind):
    """A string of digits; the value is text."""

    name: ClassVar[str] = "digits"
    value_type: ClassVar[ValueType] = "digits"
    final_silence: ClassVar[float] = 1.0
    longest_utterance: ClassVar[float] = 15.0
    example_options: ClassVar[Mapping[str, Any]] = {"length": 5}
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("cuatro, cinco, siete, uno, ocho", "45718"),
            ("cuarenta y cinco, setenta y uno, ocho", "45718"),
            ("cero cuatro doble cinco uno", "04551"),
        ),
        "ca": (
            ("quatre, cinc, set, u, vuit", "45718"),
            ("quaranta-cinc, setanta-u, vuit", "45718"),
            ("zero quatre doble cinc u", "04551"),
        ),
        "en": (
            ("four five seven one eight", "45718"),
            ("forty-five, seventy-one, eight", "45718"),
            ("oh four double five one", "04551"),
        ),
    }

    length: _Length | None = Field(None, description="How many digits")
    min: _Length | None = Field(None, description="At least so many digits, with `max`")
    max: _Length | None = Field(None, description="At most so many digits")
    check_digit: Literal["luhn"] | None = Field(None, description="How the last digit proves the others")

    def mistake(self) -> str | None:
        if self.length is None and self.max is None:
            return "how many digits there are is missing: add `length: 5`, or `min: 4` and `max: 8`"
        if self.length is not None and (self.min is not None or self.max is not None):
            return "`length` and `min`/`max` exclude each other: keep one of them"
        if self.longest < self.shortest:
            return "`max` is smaller than `min`: swap them"
        if self.check_digit and self.shortest < 2:
            return "a check digit needs at least two digits: raise `length` or `min`"
        return None

    @property
    def shortest(self) -> int:
        return self.length or self.min or 1

    @property
    def longest(self) -> int:
        return self.length or self.max or self.shortest

    def words(self, language: str) -> tuple[str, ...]:
        return number_words(language)

    def keys(self) -> Keys:
        return Keys(self.shortest, self.longest)

    def fits(self, digits: str) -> bool:
        """Whether the length is right, and the check digit proves it."""
        return self.shortest <= len(digits) <= self.longest and (
            self.check_digit is None or bool(luhn.is_valid(digits))
        )

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if keys.isdecimal() and self.fits(keys):
            yield Reading(keys)

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        def read(words: Words) -> Iterable[Reading]:
            for reading in readings(" ".join(words), asking.language):
                if self.fits(reading.digits):
                    yield Reading(reading.digits, reading.cost, proven=self.check_digit is not None)

        return as_told(tokens(text), asking.language, read)

    def read_back(self, value: str, asking: Asking) -> str:
        return say_digits(value, asking.language)
