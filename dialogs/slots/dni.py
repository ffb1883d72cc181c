"""The number of a Spanish identity document, with its letter.

A DNI is eight digits and a letter; a NIE, which foreigners have, is X, Y or Z, seven digits and a letter.

```yaml
- ask: document
  type: dni
  documents: [dni, nie]     # default: both
  letter: required          # or `computed`: eight digits are enough, and are asked back with their letter
  sensitive: true
  prompt:
    es: "Dígame su DNI o NIE con la letra, o teclee los ocho números."
    ca: "Digui'm el DNI o NIE amb la lletra, o marqui els vuit números."
    en: "Please say your DNI or NIE with its letter, or key in the eight digits."
```
The value is upper case without signs: `12345678Z`, `X1234567L`. The letter proves the digits: where it fits,
the answer is trusted even if it was heard badly; a letter that is easily mixed up with the right one ("be"
for "de") is asked back; any other is a miss. A DNI of seven digits gets its leading zero, and is asked back.

By key: the eight digits of a DNI; there are no letters on a telephone, so the letter is computed. A NIE is
said; with `documents: [nie]` it is keyed with 0, 1 or 2 for X, Y or Z, as its check letter is computed.

Reasons of a miss: `check_letter`, `letter_missing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field
from stdnum.es import dni
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.asking import Asking
from dialogs.slots.fillers import FILLERS
from dialogs.slots.letters import alike, letter_words, letters_at
from dialogs.slots.naming import as_told, best_of, digit_strings, taken_apart, without
from dialogs.slots.numerals import number_words
from dialogs.slots.phrasing import Reading, SpokenKind
from dialogs.slots.quantities import quantity_words
from dialogs.slots.words import Words, tokens
from dialogs.spoken import spell

Document = Literal["dni", "nie"]

_NIE_LETTERS = "XYZ"
"""Their place is the digit that they count as in the check letter (Orden INT/2058/2008)."""
_ABOUT = {
    "es": "dni nie nif documento carné carnet cédula identidad letra número con acaba acabado termina "
    " terminado guión y barra nacional extranjero extranjera tarjeta residencia",
    "ca": "dni nie nif document carnet identitat lletra número amb acaba acabat guió i barra nacional"
    " d'identitat estranger targeta",
    "en": "dni nie nif document id identity letter number with ending ends dash and card national my",
}
_ALSO_LETTERS = frozenset({"y", "i", "de"})
_BY_VOICE_ONLY = 0.5
"""The cost of digits that no letter proves: they are asked back."""
_SHORT = 0.4


class Dni(SpokenKind):
    """A Spanish identity number with its check letter."""

    name: ClassVar[str] = "dni"
    value_type: ClassVar[ValueType] = "code"
    final_silence: ClassVar[float] = 1.2
    longest_utterance: ClassVar[float] = 15.0
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("doce, trescientos cuarenta y cinco, seiscientos setenta y ocho, zeta", "12345678Z"),
            ("uno dos tres cuatro cinco seis siete ocho, zeta de Zamora", "12345678Z"),
            ("equis, uno dos tres, cuatro cinco seis, siete, ele", "X1234567L"),
        ),
        "ca": (
            ("dotze, trenta-quatre, cinquanta-sis, setanta-vuit, zeta", "12345678Z"),
            ("u dos tres quatre cinc sis set vuit, zeta de Zamora", "12345678Z"),
            ("ics, u dos tres, quatre cinc sis, set, ela", "X1234567L"),
        ),
        "en": (
            ("one two three four five six seven eight zed", "12345678Z"),
            ("twelve, thirty-four, fifty-six, seventy-eight, Z for zebra", "12345678Z"),
            ("X, one two three, four five six, seven, L", "X1234567L"),
        ),
    }

    documents: tuple[Document, ...] = Field(
        ("dni", "nie"), min_length=1, description="Which of them are taken"
    )
    letter: Literal["required", "computed"] = Field("required", description="Whether it must be said")

    def words(self, language: str) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys((*number_words(language), *quantity_words(language), *letter_words(language)))
        )

    def keys(self) -> Keys:
        return Keys(8, 8)

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        if not keys.isdecimal():
            return
        if "dni" in self.documents:
            if len(keys) == 8:
                yield Reading(_complete(keys))
            elif len(keys) == 7:
                yield Reading(_complete("0" + keys), _SHORT)
        elif len(keys) == 8 and keys[0] in "012":
            yield Reading(_complete(_NIE_LETTERS[int(keys[0])] + keys[1:]))

    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        language = asking.language
        about = frozenset(tokens(_ABOUT.get(language, ""))) - _ALSO_LETTERS

        def read(words: Words) -> Iterable[Reading]:
            return best_of(self._all(without(words, about), language, about))

        return as_told(taken_apart(text), language, read)

    def _all(self, words: Words, language: str, about: frozenset[str]) -> Iterator[Reading]:
        if len(words) > 40:
            return
        known = FILLERS.get(language, frozenset()) | about
        for body, said in _endings(words, language, known):
            if "dni" in self.documents:
                for digits, cost in digit_strings(body, language):
                    short = len(digits) == 7
                    if len(digits) == 8 or short:
                        yield self._judged(digits.zfill(8), said, cost + (_SHORT if short else 0.0))
            if "nie" in self.documents:
                for first, rest in _beginnings(body, language, known):
                    for digits, cost in digit_strings(rest, language):
                        if len(digits) == 7:
                            yield self._judged(first + digits, said, cost)

    def _judged(self, number: str, said: str, cost: float) -> Reading:
        """The number with its letter, against the letter that was said (empty: none was)."""
        whole = _complete(number)
        if said == whole[-1]:
            # Seven digits may be eight of which one was not heard: the letter proves too little then.
            return Reading(whole, cost, proven=cost < _SHORT or number[0] != "0")
        if not said:
            if self.letter == "required":
                return Reading("", cost, "letter_missing")
            return Reading(whole, cost + _BY_VOICE_ONLY)
        if alike(said, whole[-1]):
            return Reading(whole, cost + _BY_VOICE_ONLY)
        return Reading("", cost, "check_letter")

    def read_back(self, value: str, asking: Asking) -> str:
        return spell(value, asking.language, region=asking.region)


def _complete(number: str) -> str:
    """With its check letter, which DNI and NIE compute alike."""
    digits = str(_NIE_LETTERS.index(number[0])) + number[1:] if number[0] in _NIE_LETTERS else number
    return number + str(dni.calc_check_digit(digits))


def _endings(words: Words, language: str, known: frozenset[str]) -> Iterator[tuple[Words, str]]:
    """The words without the letter at their end, and that letter; last, the whole without one."""
    for at in range(len(words) - 1, max(-1, len(words) - 8), -1):
        for size, letter in letters_at(words, at, language):
            if all(word in known for word in words[at + size :]):
                yield words[:at], letter
    yield words, ""


def _beginnings(words: Words, language: str, known: frozenset[str]) -> Iterator[tuple[str, Words]]:
    """The X, Y or Z that a NIE begins with, and the words behind it."""
    for at in range(min(len(words), 8)):
        for size, letter in letters_at(words, at, language):
            if letter in _NIE_LETTERS and all(word in known for word in words[:at]):
                yield letter, words[at + size :]
