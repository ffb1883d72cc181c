"""A cell of somebody's list, as a value; or what is wrong with it.

Nothing in a cell is evaluated: what begins like a formula is refused, in a CSV file as in Excel.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import available_timezones

from babel.core import get_global
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)
from stdnum.es import cif, dni, nie
from stdnum.exceptions import ValidationError

from data.numbers import plausible, without_home_zero
from data.text import clean

Cell = str | int | float | bool | Decimal | date | datetime | None
"""What CSV (always text) and Excel give."""
_LARGEST = 10**15
"""Minor units; more is no amount of money but a mistake."""
_ROUNDED = 10**15
"""From here on Excel does not keep every digit of a number."""
_BETWEEN = re.compile(r"[\s().\-/\u00a0]")
"""What people write between the digits of a telephone number."""
_SEVERAL_NUMBERS = re.compile(r"(?:\d\D*){7}(?:[,|&\n]|[;/](?!ext=)|\s[oyi]\s)\s*(?:\+|00)?(?:\D*\d){7}")
"""Two of seven digits or more, with what people write between two."""
_LONGEST_TELEPHONE = 100
"""Characters of a cell with numbers; a longer one is not looked through."""
_CUSTOMER_NUMBER = re.compile(r"[A-Za-z0-9]+(?:[-./_][A-Za-z0-9]+)*")
"""And a digit at least: a word alone is what a spreadsheet or a database writes beside customers (`Total`,
`Media`, `N/A`, `null`, `Gesamt`), in more languages than a list of words could have."""
_SEVERAL_DIGITS = re.compile(r"[0-9]{2,20}")
_MINUS = ("-", "－", "−", "–")
"""Before a telephone number they are a spreadsheet's arithmetic, and no dash."""
_TAIL = (Decimal("1e-4"), Decimal("1e-12"))
"""Of a minor unit, and of the amount: what binary fractions may be off."""
_COMPUTES = re.compile(r"[A-Za-z]\w*\(|[|!]")
"""A function's call, or a way to another program: no telephone number has that."""
_BEGINS = ("=", "@", "＝", "＠")
"""Of formulas; spreadsheets of East Asia take the full-width signs for the others."""
SIGNS = ("+", "-", "＋", "－")
"""Of formulas as of numbers."""
SUSPECT = frozenset((*_BEGINS, *SIGNS))
"""How a text begins that may be a formula."""
_LOST = "\ufffd"
"""What programs write for a letter that they could not read."""
_TWICE_ENCODED = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)
"""UTF-8 that was read as Windows-1252 and written again: a capital A with tilde or circumflex stands before
a sign, and not before a letter (as in "JO\u00c3O")."""
_MONEY = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "LBP", "SYP", "GIP", "FKP", "SHP"}),
    "$": frozenset(
        {"USD", "MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD"}
    ),
    "¥": frozenset({"JPY", "CNY"}),
}
"""Which currencies write themselves with a sign."""


class CellWrong(Exception):
    """A cell that cannot be taken: what is wrong with it, and what to do."""


def text_of(cell: Cell) -> str:
    """The cell as people see it, on one line. Raises `CellWrong` for what a spreadsheet would evaluate, and
    for its TRUE and FALSE: nothing here is called so, unless the mapping's `map` says what they mean."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell.strip()
        if text.startswith(_BEGINS) or (text.startswith(SIGNS) and _COMPUTES.search(text)):
            raise CellWrong("looks like a formula: paste the value instead")
        return text
    if isinstance(cell, bool):
        raise CellWrong(
            "is Excel's TRUE or FALSE and no text: look at its formula, or add `1` and `0` to `map`"
        )
    if isinstance(cell, int | float) and abs(cell) >= _ROUNDED:
        raise CellWrong("has more than 15 digits, and Excel rounds them: make the column text")
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, date):  # and `datetime`, which is one
        return cell.date().isoformat() if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)


def map_key(cell: Cell) -> str:
    """The cell as a mapping's `map` has it: Excel's TRUE is `1`, FALSE `0`."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    return cell if isinstance(cell, str) else text_of(cell)


def short_text(longest: int) -> Callable[[str], str]:
    """Text of at most so many characters; a longer one is refused and not cut."""

    def parsed(text: str) -> str:
        if len(text) > longest:
            raise CellWrong(f"is longer than {longest} characters: shorten it")
        if text.startswith(SIGNS) and any(character.isdigit() for character in text):
            raise CellWrong("looks like a formula: paste the value instead")
        if not text.isascii() and (_LOST in text or _TWICE_ENCODED.search(text)):
            raise CellWrong("has letters that another program has spoilt: write the list anew, as UTF-8")
        return clean(text, longest)

    return parsed


def name(text: str) -> str:
    """Of a person or a company, which has a letter. Raises `CellWrong`."""
    if not any(character.isalpha() for character in text):
        raise CellWrong("is no name: it has no letter")
    return _name(text)


_name = short_text(200)


def customer_number(text: str) -> str:
    """What callers will say or key."""
    if _SEVERAL_DIGITS.fullmatch(text):
        return text  # as nearly all are
    if not any(character.isdigit() for character in text):
        raise CellWrong("is no customer number: it has no digit, and looks like a total or a missing value")
    if not plausible(text) or not _CUSTOMER_NUMBER.fullmatch(text) or re.fullmatch(r"[0-9]+\.[0-9]+", text):
        raise CellWrong("is no customer number: up to 20 letters or digits without blanks")
    return text


def one_of(*allowed: str) -> Callable[[str], str]:
    """A code of ours."""

    def parsed(text: str) -> str:
        code = text.lower()
        if code not in allowed:
            raise CellWrong(f"is none of {', '.join(allowed)}: add it to `map`")
        return code

    return parsed


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(text: str) -> str:
    """An IANA time zone."""
    if text not in _zones():
        raise CellWrong("is no time zone: write it as Europe/Madrid")
    return text


def region(text: str) -> str:
    """ISO 3166-1 or -2."""
    code = text.upper()
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        raise CellWrong("is no region: write it as ES-CT")
    return code


def spanish_postcode(text: str) -> str:
    """Five digits, of which the first two are a province. Of four the zero in front is what is missing: that
    is how spreadsheets leave Barcelona's."""
    digits = re.sub(r"\s", "", text)
    if re.fullmatch(r"[0-9]{4}", digits):
        digits = f"0{digits}"
    if not re.fullmatch(r"(?:0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}", digits):
        raise CellWrong("is no Spanish postcode: five digits, as 08001, in a column that is text")
    return digits


def email(text: str) -> str:
    """An address that could exist: one @, no blanks, a domain with a dot."""
    if not re.fullmatch(r"[^@\s\"<>(),;:\\]{1,64}@[A-Za-z0-9.-]{1,185}\.[A-Za-z]{2,}", text):
        raise CellWrong("is no e-mail address")
    return text


def last_digits(text: str) -> str:
    """At most four digits: the whole number of an account or card is nobody's business here."""
    digits = re.sub(r"[\s*.-]", "", text)
    if not re.fullmatch(r"[0-9]{1,4}", digits):
        raise CellWrong("is more than the last four digits: cut it in the list")
    return digits


def spanish_id(text: str) -> tuple[str, str]:
    """(kind, normalised) of a DNI, NIE or CIF with its check character."""
    for kind, module in (("dni", dni), ("nie", nie), ("cif", cif)):
        try:
            return kind, str(module.validate(text.replace(".", "")))
        except ValidationError:
            continue
    raise CellWrong("is no DNI, NIE or CIF: its check letter does not fit")


def amount(decimal: str, currency: str) -> Callable[[Cell], int]:
    """Money in minor units; as text with the file's decimal sign, or as a number of Excel's."""
    digits = get_global("currency_fractions").get(currency, get_global("currency_fractions")["DEFAULT"])[0]
    thousands = "." if decimal == "," else ","
    around = re.compile(rf"^\s*[€$£¥]\s*|\s*(?:[€$£¥]|{currency})\s*$")
    grouping = re.compile(rf"[{re.escape(thousands)} ]")
    foreign = [sign for sign, currencies in _MONEY.items() if currency not in currencies]
    shape = re.compile(rf"[+-]?[0-9]{{1,3}}(?:[{re.escape(thousands)} ][0-9]{{3}})+|[+-]?[0-9]+")

    def parsed(cell: Cell) -> int:
        if isinstance(cell, bool | date):
            raise CellWrong("is no amount")
        try:
            value = _written(cell) if isinstance(cell, str) else Decimal(str(cell))
        except InvalidOperation:
            raise CellWrong("is no amount") from None
        if not value.is_finite() or abs(cents := value.scaleb(digits)) > _LARGEST:
            raise CellWrong("is no amount")
        if isinstance(cell, float):
            whole = cents.quantize(Decimal(1))
            if abs(cents - whole) <= max(_TAIL[0], abs(cents) * _TAIL[1]):
                cents = whole  # what Excel computed has a tail of its own
        if cents != cents.to_integral_value():
            raise CellWrong(f'has more than {digits} decimals: is `decimal: "{decimal}"` right?')
        return int(cents)

    def _written(text: str) -> Decimal:
        for sign in foreign:
            if sign in text:
                raise CellWrong(
                    f"is not in {currency}, as the mapping's `currency` says: give it a list of its own"
                )
        plain = around.sub("", text.strip()).replace("\u00a0", " ")
        whole, sign, rest = plain.partition(decimal)
        if not shape.fullmatch(whole) or (sign and not re.fullmatch("[0-9]+", rest)):
            raise CellWrong(f"is no amount: write it as 1{thousands}234{decimal}50")
        return Decimal(grouping.sub("", whole) + "." + (rest or "0"))

    return parsed


def day(written_as: str) -> Callable[[Cell], date]:
    """A date, as text of that form or as Excel's own."""

    @lru_cache(maxsize=50_000)
    def of_text(text: str) -> date:
        try:
            # The zone does not matter: only the day is taken.
            found = datetime.strptime(text, written_as).date()
        except ValueError:
            raise CellWrong("is no date of the form that the mapping says") from None
        return _of_our_time(found)

    def parsed(cell: Cell) -> date:
        if isinstance(cell, datetime):
            return _of_our_time(cell.date())
        if isinstance(cell, date):
            return _of_our_time(cell)
        if isinstance(cell, int | float):
            raise CellWrong("is a number and no date: give the column a date's format in Excel")
        return of_text(text_of(cell))

    return parsed


def _of_our_time(found: date) -> date:
    if not 1900 <= found.year <= 2100:
        raise CellWrong("is a date outside of 1900 to 2100")
    return found


def day_until(written_as: str, last: date) -> Callable[[Cell], date]:
    """As `day`, and no later than `last`."""
    any_day = day(written_as)

    def parsed(cell: Cell) -> date:
        found = any_day(cell)
        if found > last:
            raise CellWrong(
                f"is in the future ({found.isoformat()}): are day, month and year where `date` says?"
            )
        return found

    return parsed


def telephone(country: str) -> Callable[[str], str]:
    """E.164 of a number in national style. Whatever the shape, the library decides which numbers exist."""
    known = PhoneMetadata.metadata_for_region(country)
    if known is None:
        raise ValueError(f"no country is called {country}")
    code = str(known.country_code)
    plain = _plain_numbers(known)

    def parsed(text: str) -> str:
        if text.startswith(_MINUS):
            raise CellWrong("is no telephone number: it begins with a minus")
        digits = text if text.isdecimal() else _BETWEEN.sub("", text)
        for prefix in (f"+{code}", f"00{code}", ""):
            if digits.startswith(prefix) and plain.fullmatch(digits[len(prefix) :]):
                return f"+{code}{digits[len(prefix) :]}"
        if len(text) <= _LONGEST_TELEPHONE and _SEVERAL_NUMBERS.search(text):
            raise CellWrong("holds more than one number: give each a column of its own in `phones`")
        try:
            number = parse(text, country)
            if not is_valid_number(number):
                number = parse(without_home_zero(text), country)
        except NumberParseException:
            raise CellWrong(f"is no telephone number of {country}") from None
        if not is_valid_number(number):
            raise CellWrong(f"is a telephone number that does not exist in {country}")
        return format_number(number, PhoneNumberFormat.E164)

    return parsed


def _plain_numbers(known: PhoneMetadata) -> re.Pattern[str]:
    """The library's own patterns for this country, in one: a tenth of the time of asking it each time."""
    kinds = (
        known.fixed_line,
        known.mobile,
        known.toll_free,
        known.premium_rate,
        known.shared_cost,
        known.voip,
        known.personal_number,
        known.uan,
    )
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    national = known.national_prefix_for_parsing
    # What begins with the prefix for calls within the country is the library's to take apart.
    guard = f"(?!{national})" if national else ""
    return re.compile(guard + "(?:" + "|".join(f"(?:{pattern})" for pattern in patterns) + ")")
