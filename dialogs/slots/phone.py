"""A telephone number, of the site's country or with its country code.

```yaml
- ask: callback_number
  type: phone
  line: mobile              # any (default), mobile, fixed
  prompt:
    es: "¿A qué número le llamamos? Puede marcarlo y terminar con almohadilla."
    ca: "A quin número li truquem? El pot marcar i acabar amb coixinet."
    en: "Which number shall we call? You can key it in and end with hash."
```
The value is E.164: `+34612345678`. What is no number of any plan (Google's libphonenumber knows them) is
not understood; how the digits are grouped does not matter ("seis doce, treinta y cuatro, …").

"Este mismo" and "the number I'm calling from" are the caller's own number (`caller.number`), where the call
came with one; "el mismo", which may be another that you know, is asked back.

By key: the digits, `00` for the plus, `#` at the end.

Reasons of a miss: `no_such_number`, `not_mobile`, `not_fixed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import ClassVar, Literal

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_valid_number,
    number_type,
    parse,
    region_code_for_number,
)
from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.naming import as_told, best_of, digit_strings, taken_apart, without
from dialogs.slots.numerals import number_words
from dialogs.slots.own_number import EXPECTED, means_own
from dialogs.slots.phrasing import Reading, SpokenKind
from dialogs.slots.quantities import quantity_words
from dialogs.slots.words import Words, tokens
from dialogs.spoken import national, phone

_ABOUT = {
    "es": "teléfono móvil fijo celular llámeme llamen llamar puede pueden prefijo casa trabajo",
    "ca": "telèfon mòbil fix truqui'm truquin trucar pot poden prefix casa feina",
    "en": "phone telephone mobile cell landline call ring reach you can me on my home work prefix",
}
_PLUS = {"es": frozenset({"mas"}), "ca": frozenset({"mes"}), "en": frozenset({"plus"})}
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_FIXED = (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_SHORTEST, _LONGEST = 6, 17


class Phone(SpokenKind):
    """A telephone number in E.164."""

    name: ClassVar[str] = "phone"
    value_type: ClassVar[ValueType] = "phone"
    final_silence: ClassVar[float] = 1.3
    longest_utterance: ClassVar[float] = 18.0
    keypad_wording: ClassVar[str] = "keypad_phone"
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("seis doce, treinta y cuatro, cincuenta y seis, setenta y ocho", "+34612345678"),
            ("seis uno dos, tres cuatro cinco, seis siete ocho", "+34612345678"),
            ("más treinta y cuatro, nueve tres, cuatrocientos cinco, diez, veinte", "+34934051020"),
        ),
        "ca": (
            ("sis dotze, trenta-quatre, cinquanta-sis, setanta-vuit", "+34612345678"),
            ("sis u dos, tres quatre cinc, sis set vuit", "+34612345678"),
            ("més trenta-quatre, nou tres, quatre zero cinc, deu, vint", "+34934051020"),
        ),
        "en": (
            ("six one two, three four five, six seven eight", "+34612345678"),
            ("six twelve, thirty-four, fifty-six, seventy-eight", "+34612345678"),
            ("plus four four, two oh seven nine four six oh nine five eight", "+442079460958"),
        ),
    }

    line: Literal["any", "mobile", "fixed"] = Field("any", description="Which lines are taken")

    def words(self, language: str) -> tuple[str, ...]:
        plus = {"es": "más", "ca": "més", "en": "plus"}.get(language)
        listed = (*number_words(language), *quantity_words(language), *((plus,) if plus else ()))
        return tuple(dict.fromkeys(listed))

    @override
    def phrases(self, language: str) -> tuple[str, ...]:
        return (*EXPECTED.get(language, ()), *super().phrases(language))

    def keys(self) -> Keys:
        return Keys(_SHORTEST, _LONGEST)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if keys.isdecimal() and _SHORTEST <= len(keys) <= _LONGEST:
            yield self._judged(keys, asking.region, 0.0)

    @override
    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        about = frozenset(tokens(_ABOUT.get(asking.language, "")))

        own = means_own(text, asking.language)
        if own is not None:
            # A withheld number is a plain miss: that it does not exist would be a lie.
            found = _number(asking.own_number, asking.region) and self._judged(
                asking.own_number, asking.region, own
            )
            return (found,) if found else ()

        def read(words: Words) -> Iterable[Reading]:
            return best_of(self._all(without(words, about), asking, written_plus="+" in text))

        return as_told(taken_apart(text), asking.language, read)

    def _all(self, words: Words, asking: Asking, *, written_plus: bool) -> Iterator[Reading]:
        language = asking.language
        plus = next((at for at, word in enumerate(words) if word in _PLUS.get(language, ())), None)
        if plus is not None:
            words = words[plus + 1 :]
        sign = "+" if plus is not None or written_plus else ""
        for digits, cost in digit_strings(words, language):
            if _SHORTEST <= len(digits) <= _LONGEST:
                yield self._judged(sign + digits, asking.region, cost)

    def _judged(self, written: str, region: str, cost: float) -> Reading:
        found = _number(written, region)
        if found is None:
            return Reading("", cost, "no_such_number")
        value, kind = found
        if self.line == "mobile" and kind not in _MOBILE:
            return Reading("", cost, "not_mobile")
        if self.line == "fixed" and kind not in _FIXED:
            return Reading("", cost, "not_fixed")
        return Reading(value, cost)

    def read_back(self, value: str, asking: Asking) -> str:
        number = national(value, asking.region)
        return phone(number, asking.language, region=asking.region)[0]

    @override
    def shown(self, value: str, asking: Asking) -> str:
        return phone(national(value, asking.region), asking.language)[1]


@lru_cache(maxsize=2048)
def _number(written: str, region: str) -> tuple[str, int] | None:
    """E.164 and the type of line, if there can be such a number."""
    try:
        number = parse(written, region)
    except NumberParseException:
        return None
    if not is_valid_number(number) or region_code_for_number(number) is None:
        return None
    return format_number(number, PhoneNumberFormat.E164), number_type(number)
