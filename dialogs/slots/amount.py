"""An amount of money.

```yaml
- ask: payment
  type: amount
  currency: EUR             # default
  at_least: 10              # optional, in euros
  at_most: 500.50
  prompt:
    es: "¿Cuánto quiere pagar? Dígalo, o márquelo con asterisco para los céntimos."
    ca: "Quant vol pagar? Digui-ho, o marqui-ho amb asterisc per als cèntims."
    en: "How much would you like to pay? Say it, or key it in with a star before the cents."
```
The value is money, in the currency's smallest unit: `{payment}` is said as "doce euros con cincuenta
céntimos", and a condition compares cents (`payment > 5000`).

What may mean two amounts is asked back: "doce con cinco" (12,05 or 12,50), "doce cincuenta" (12,50 or 1250).
So is what is said with a reservation ("unos cien"). "Dos mil y medio" and "la mitad de cien" are no amounts.
Written figures are read by their form, whatever the country: two digits behind the last sign are cents,
three are thousands.

By key: digits, `*` for the decimal comma, `#` at the end: `12*50#`. A `*` at the beginning keeps its meaning
(repeat; `*0`: a person).

Reasons of a miss: `too_small`, `too_large`, `other_currency`, `several`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.catalogue import ValueType
from dialogs.effects import Keys
from dialogs.slots.amount_words import (
    AND,
    CENTS,
    FILLERS,
    HALF,
    HALVES,
    HUNDREDS,
    JOIN,
    LEAVE_OPEN,
    MILLION,
    OF,
    OTHER_MONEY,
    POINT,
    ROUND,
    WORDS,
)
from dialogs.slots.asking import Asking
from dialogs.slots.numerals import lexicon_of
from dialogs.slots.phrasing import Meanings, Reading, SpokenKind, understand
from dialogs.slots.quantities import below_hundred, digit_by_digit, quantities, quantity_words
from dialogs.slots.words import Words, tokens
from dialogs.spoken import minor_digits, money
from dialogs.spoken_currencies import currencies

_Limit = Annotated[Decimal, Field(ge=0, le=10**7)]

_WRITTEN = re.compile(r"\d[\d.,'’]*\d(?:\s?€)?|\d\s?€|[€$£]")
_PERCENT = re.compile(r"%|\bpor ?cien(?:to)?\b|\bper ?cent\b", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’]\d{3})+")


class Amount(SpokenKind):
    """Money, in the currency's smallest unit."""

    name: ClassVar[str] = "amount"
    value_type: ClassVar[ValueType] = "money"
    final_silence: ClassVar[float] = 0.9
    longest_utterance: ClassVar[float] = 10.0
    keypad_wording: ClassVar[str] = "keypad_amount"
    examples: ClassVar[Mapping[str, tuple[tuple[str, str], ...]]] = {
        "es": (
            ("doce con cincuenta", "1250"),
            ("ciento cuarenta y dos euros con treinta céntimos", "14230"),
            ("mil doscientos", "120000"),
        ),
        "ca": (
            ("dotze amb cinquanta", "1250"),
            ("cent quaranta-dos euros i trenta cèntims", "14230"),
            ("mil dos-cents", "120000"),
        ),
        "en": (
            ("twelve euros fifty", "1250"),
            ("a hundred and forty-two euros and thirty cents", "14230"),
            ("twelve hundred", "120000"),
        ),
    }

    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code")
    at_least: _Limit | None = Field(None, description="The smallest amount, in whole units: 10, 0.50")
    at_most: _Limit | None = Field(None, description="The largest amount, in whole units")

    def mistake(self) -> str | None:
        if self.currency not in currencies():
            return f"`currency: {self.currency}` has no words: use one of {', '.join(sorted(currencies()))}"
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            return "`at_most` is smaller than `at_least`: swap them"
        return None

    def companions(self) -> Mapping[str, str]:
        return {"currency": self.currency}

    def words(self, language: str) -> tuple[str, ...]:
        units = WORDS.get(self.currency, {}).get(language, "").split()
        small = [*JOIN.get(language, ()), *AND.get(language, ()), *POINT.get(language, ())]
        half = {"es": ["medio"], "ca": ["mig"], "en": ["half", "a"]}.get(language, [])
        cents = CENTS.get(language, "").split()[:2]
        named = [word for word in units if word.isalpha()]
        return tuple(dict.fromkeys([*quantity_words(language), *named, *cents, *small, *half]))

    def keys(self) -> Keys:
        return Keys(1, 11)

    @property
    def _scale(self) -> int:
        return int(10 ** minor_digits(self.currency))

    @override
    def keyed(self, keys: str, asking: Asking) -> Iterable[Reading]:
        whole, star, cents = keys.partition("*")
        if not whole.isdecimal() or (star and not cents.isdecimal()) or len(whole) > 8 or len(cents) > 2:
            return
        if star and self._scale < 100:
            return
        if len(cents) == 1:  # 12*5: half past, or somebody forgot a zero
            yield self._within(int(whole) * self._scale + int(cents) * 10, 0.0)
            yield self._within(int(whole) * self._scale + int(cents), 0.1)
            return
        yield self._within(int(whole) * self._scale + int(cents or "0"), 0.0)

    def readings(self, text: str, asking: Asking) -> Iterable[Reading]:
        language = asking.language
        if language not in JOIN:
            return ()
        words = _counted_out(tokens(text, _WRITTEN), language)
        # "Coma cinco": what stood before it was not heard.
        if words and words[0] in POINT[language]:
            return ()
        if LEAVE_OPEN[language] & set(words) or _PERCENT.search(text):
            return ()
        grammar = _Grammar(self.currency, self._scale, language)

        def read_at(said: Words, at: int) -> Iterator[tuple[int, Meanings]]:
            for size, minor, cost in grammar.at(said, at):
                reading = self._within(minor, cost) if minor >= 0 else Reading("", cost, "other_currency")
                yield size, (replace(reading, bare=grammar.is_bare(said[at : at + size])),)

        return understand(
            words,
            language,
            read_at,
            fillers=_fillers(language),
            leave_open=grammar.units | grammar.others | grammar.cents | HALVES[language] | HUNDREDS[language],
            mend=grammar.mended,
        )

    def _within(self, minor: int, cost: float) -> Reading:
        if self.at_least is not None and minor < self.at_least * self._scale:
            return Reading("", cost, "too_small")
        if self.at_most is not None and minor > self.at_most * self._scale:
            return Reading("", cost, "too_large")
        return Reading(str(minor), cost)

    def read_back(self, value: str, asking: Asking) -> str:
        return money(int(value), self.currency, asking.language, region=asking.region)[0]

    @override
    def shown(self, value: str, asking: Asking) -> str:
        return money(int(value), self.currency, asking.language, region=asking.region)[1]


@lru_cache(maxsize=8)
def _fillers(language: str) -> frozenset[str]:
    return frozenset(tokens(FILLERS[language]))


def _counted_out(words: Words, language: str) -> Words:
    """ "Un cuarto de millón de euros" as two hundred and fifty thousand, where nothing is added to it."""
    for said, meant in ROUND[language]:
        for at in range(len(words) - len(said) + 1):
            end = at + len(said)
            if words[at:end] == said and (not at or words[at - 1] not in AND[language]):
                of = words[end : end + 1] and words[end] in OF[language]
                return (*words[:at], *meant, *words[end + bool(of) :])
    return words


_Amount = tuple[int, int, float]
"""Words taken, minor units (negative: another currency), cost."""


class _Grammar:
    """How amounts are said in one language and currency."""

    def __init__(self, currency: str, scale: int, language: str) -> None:
        self.language, self.scale = language, scale
        self.units = frozenset(tokens(" ".join(WORDS[currency][language].split()), _WRITTEN))
        self.others = (
            frozenset(word for table in WORDS.values() for word in tokens(table[language], _WRITTEN))
            - self.units
        )
        self.others |= frozenset(tokens(OTHER_MONEY[language])) - self.units
        self.cents = frozenset(tokens(CENTS[language]))
        if scale == 1:
            self.others |= self.cents

    def is_bare(self, said: Words) -> bool:
        """Whether nothing says that it is money."""
        money = self.units | self.others | self.cents
        return not any(word in money or word[0] in "€$£" or word[-1] in "€$£" for word in said if word)

    def mended(self, before: Words, last: Words) -> Words | None:
        """ "Cien con veinte, no, treinta": the cents are corrected."""
        cents = last[:-1] if last[-1] in self.cents else last
        joins = JOIN[self.language] | POINT[self.language] | self.units
        inner = max((at for at, word in enumerate(before[:-1]) if word in joins), default=-1)
        if inner < 0 or before[-1] in self.units or not self._is_below_hundred(cents):
            return None
        anded = before[inner + 1] in AND[self.language] | JOIN[self.language]
        return (*before[: inner + 1 + anded], *cents)

    def _is_below_hundred(self, words: Words) -> bool:
        return any(size == len(words) for size, _value, _cost in below_hundred(words, 0, self.language))

    def at(self, words: Words, at: int) -> Iterator[_Amount]:
        sign = at < len(words) and words[at] in ("€", "$", "£")
        if sign:
            yield from self._whole(words, at + 1, lead=1, unit=words[at])
            return
        yield from self._whole(words, at)
        yield from self._half(words, at)
        for size, cents, cost in below_hundred(words, at, self.language):
            if words[at + size : at + size + 1] and words[at + size] in self.cents and self.scale == 100:
                yield size + 1, cents, cost

    def _half(self, words: Words, at: int) -> Iterator[_Amount]:
        """ "medio euro", "mig euro", "half a euro"; "medio millón de pesos"."""
        half = HALF[self.language][0]
        end = at + len(half)
        if words[at:end] != half or not words[end : end + 1]:
            return
        if self.scale == 100 and words[end] in self.units:
            yield end + 1 - at, 50, 0.0
        if words[end] in MILLION:
            named, other = self._unit(words, end + 1)
            yield end + 1 + named - at, -1 if other else 500_000 * self.scale, 0.0

    def _whole(self, words: Words, at: int, *, lead: int = 0, unit: str = "") -> Iterator[_Amount]:
        for size, minor, cost, exact in self._numbers(words, at):
            end = at + size
            named, other = self._unit(words, end)
            if other or (unit and unit not in self.units):
                yield lead + size + named, -1, cost
                continue
            yield lead + size + named, minor, cost
            if exact or minor % self.scale or self.scale != 100:
                continue
            for more, cents, extra in self._rest(
                words, end + named, whole=minor // self.scale, named=bool(named or unit)
            ):
                yield lead + size + named + more, minor + cents, cost + extra
            if not named and not unit:
                yield from self._side_by_side(words, at, size, minor, cost)

    def _numbers(self, words: Words, at: int) -> Iterator[tuple[int, int, float, bool]]:
        """Words, minor units, cost, and whether the cents are in it already."""
        written = _figures(words[at]) if at < len(words) else None
        if written is not None:
            whole, cents = written
            if not cents or self.scale == 100:
                # "250 mil" and "1,2 millones" are read below or not at all
                yield 1, whole * self.scale + cents, 0.0, bool(cents) or "€" in words[at]
        for size, value, cost in quantities(words, at, self.language):
            yield size, value * self.scale, cost, False
        if self.language == "en" and words[at : at + 1] == ("a",) and self._unit(words, at + 1)[0]:
            yield 1, self.scale, 0.0, False
        for size, digits in digit_by_digit(words, at, self.language):
            if digits[0] != "0" and len(digits) <= 6:
                yield size, int(digits) * self.scale, 0.5, False

    def _unit(self, words: Words, at: int) -> tuple[int, bool]:
        """Words that the currency takes, and whether it is another one."""
        skipped = at < len(words) and words[at] in OF[self.language]
        word = words[at + skipped] if at + skipped < len(words) else ""
        if word in self.units:
            return skipped + 1, False
        return (skipped + 1, True) if word in self.others else (0, False)

    def _rest(self, words: Words, at: int, *, whole: int, named: bool) -> Iterator[_Amount]:
        """What stands behind the whole units: cents, a half, a decimal."""
        half = max((len(h) for h in HALF[self.language][1:] if words[at : at + len(h)] == h), default=0)
        if half and (named or whole < 100):  # "dos mil y medio" may be 2500
            yield half + self._unit(words, at + half)[0], 50, 0.0
        word = words[at] if at < len(words) else ""
        if word in POINT[self.language]:
            for size, cents, cost in self._decimals(words, at + 1):
                yield 1 + size, cents, cost
            return
        joined = word in JOIN[self.language]
        anded = word in AND[self.language]
        for size, cents, cost in self._cents(words, at + (joined or anded)):
            end = at + (joined or anded) + size
            said = end < len(words) and words[end] in self.cents
            taken = (joined or anded) + size + said
            again = 0 if said else self._unit(words, at + taken)[0]  # "doce con cincuenta euros"
            if again and named:
                continue  # "cien euros y veinte euros" are a hundred and twenty
            if said and (joined or anded or named):
                # "treinta y un céntimos" are 31 of them, not thirty and one
                yield taken, cents, cost + (0.0 if joined or named else 0.45)
            elif not said and (joined or named):
                yield from _cents_unnamed(taken + again, cents, cost, words[end - size : end])

    def _cents(self, words: Words, at: int) -> Iterator[_Amount]:
        zero = lexicon_of(self.language).units
        if zero.get(words[at] if at < len(words) else "") == "0":
            for size, value, cost in below_hundred(words, at + 1, self.language):
                if value < 10:
                    yield 1 + size, value, cost
        yield from below_hundred(words, at, self.language)

    def _decimals(self, words: Words, at: int) -> Iterator[_Amount]:
        """Behind a comma: "cinco" is five tenths, "cero cinco" five hundredths."""
        for size, value, cost in self._cents(words, at):
            single = size == 1 and value < 10 and not words[at].startswith("0")
            end = at + size
            named = end < len(words) and words[end] in self.units
            yield size + named, value * 10 if single else value, cost
        for size, digits in digit_by_digit(words, at, self.language):
            if size == 2:
                named = at + size < len(words) and words[at + size] in self.units
                yield size + named, int(digits), 0.0

    def _side_by_side(self, words: Words, at: int, size: int, minor: int, cost: float) -> Iterator[_Amount]:
        """ "doce cincuenta": 12,50 or 1250, so both are rivals; "mil veinte" is a number and stays one."""
        end = at + size
        for more, cents, extra in self._cents(words, end):
            said = end + more < len(words) and words[end + more] in self.cents
            named, other = self._unit(words, end + more)
            if said:
                yield size + more + 1, minor + cents, cost + extra + 0.3
            elif not other and (cents >= 10 or more > 1) and minor:
                yield size + more + named, minor + cents, cost + extra + 0.45
                together = minor // self.scale * 100 + cents
                if minor < 100 * self.scale:
                    yield size + more + named, together * self.scale, cost + extra + 0.47


def _cents_unnamed(taken: int, cents: int, cost: float, said: Words) -> Iterator[_Amount]:
    """ "doce con cinco" is 12,05 to some and 12,50 to others."""
    yield taken, cents, cost
    if cents < 10 and len(said) == 1 and cents and not said[0].startswith("0"):
        yield taken, cents * 10, cost + 0.1


@lru_cache(maxsize=1024)
def _figures(word: str) -> tuple[int, int] | None:
    """Written figures as whole units and cents; `None` if they are no amount."""
    plain = word.replace("€", "").strip()
    if not plain or not plain[0].isdecimal() or not plain.isascii():
        return None
    if plain.isdecimal():
        return (int(plain), 0) if len(plain) <= 8 else None
    if _GROUPED.fullmatch(plain) and plain[0] != "0":
        return int(re.sub(r"\D", "", plain)), 0
    whole, _, cents = re.sub(r"[,'’]", ".", plain).rpartition(".")
    if len(cents) not in (1, 2) or not cents.isdecimal():
        return None
    sign = plain[len(whole)]
    if not (
        whole.isdecimal() or (_GROUPED.fullmatch(plain[: len(whole)]) and sign not in plain[: len(whole)])
    ):
        return None
    digits = re.sub(r"\D", "", whole)
    return (int(digits), int(cents.ljust(2, "0"))) if len(digits) <= 8 else None
