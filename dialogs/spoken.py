"""Numbers, money, dates and digits as a native says them, and as a person reads them.

Rules:
1. Every format gives two texts: the words for the ear, spelt out, so that no synthesiser has to guess,
   and the short form for screens, logs and transcripts.
2. A value that cannot be said raises `ValueUnspeakable`, which names the value and never shows it.
3. What comes from a caller or a database is text to be said: control signs and markup are taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, get_currency_precision
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    parse,
    region_code_for_number,
)

from dialogs.catalogue import ValueType
from dialogs.errors import ValueUnspeakable
from dialogs.spoken_currencies import CURRENCIES, Unit
from dialogs.spoken_days import day, time_of_day, weekday
from dialogs.spoken_letters import letters_of
from dialogs.spoken_numbers import MINUS, Said, say_number
from dialogs.spoken_regions import HOME, locale_of, spaced

DIGITS: Mapping[str, tuple[str, ...]] = {
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "ca": ("zero", "u", "dos", "tres", "quatre", "cinc", "sis", "set", "vuit", "nou"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "ko": ("영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"),
}


_JOIN = {"es": "con", "ca": "amb", "en": "and", "ko": ""}
_PLUS = {"es": "más", "ca": "més", "en": "plus", "ko": "플러스"}


def say_digits(text: str, language: str) -> str:
    """One by one, with a comma after each so that the synthesiser keeps them apart."""
    names = DIGITS[language]
    return ", ".join(names[int(sign)] if sign.isdecimal() else sign for sign in text if sign.isalnum())


def minor_digits(currency: str) -> int:
    """How many digits of minor units a currency has: 2 for the euro, 0 for the Chilean peso."""
    if currency == "COP":
        return 2  # CLDR hides the centavos that ISO 4217 keeps
    return get_currency_precision(currency)


def money(minor: int, currency: str, language: str, *, region: str = HOME) -> Said:
    """`minor` units (cents) of an ISO currency. Zero cents are left out; so is "zero euros" before cents."""
    units = CURRENCIES.get(currency, {})
    if language not in units:
        raise ValueUnspeakable(f"currency {currency[:3]!r} has no words in {language}")
    exponent = minor_digits(currency)
    whole, part = divmod(abs(minor), 10**exponent)
    major, hundredth = units[language]
    amounts = []
    if whole or not part:
        amounts.append(_amount(whole, major, language, region))
    if part:
        amounts.append(_amount(part, hundredth, language, region))
    words = f" {_JOIN[language]} ".join(amounts)
    if minor < 0:
        words = f"{MINUS[language]} {words}"
    amount = Decimal(minor).scaleb(-exponent)
    locale = locale_of(language, region)
    return words, spaced(format_currency(amount, currency, locale=locale, currency_digits=True))


def _amount(count: int, unit: Unit, language: str, region: str) -> str:
    one, several, feminine = unit
    words = say_number(count, language, before_noun=True, feminine=feminine, region=region)
    unit_words = one if count == 1 else several
    if language in ("es", "ca") and count and count % 1_000_000 == 0:
        # "un millón de euros", "un milió d'euros"
        elided = language == "ca" and unit_words[0] in "aeiou"
        unit_words = f"d'{unit_words}" if elided else f"de {unit_words}"
    return f"{words} {unit_words}"


def phone(text: str, language: str, *, region: str = HOME) -> Said:
    """A telephone number in the groups of its country, digit by digit; the plus of a country code is named.

    Spanish numbers go in groups of three; libphonenumber knows those of other countries. `region`: the
    country of a number without a country code.
    """
    digits = re.sub(r"[^0-9]", "", text)
    plus = text.strip().startswith("+")
    country, groups = _phone_groups(digits, plus=plus)
    groups = (None if plus or region == HOME else _national_groups(digits, region)) or groups
    said = [say_digits(group, language) for group in groups]
    if country:
        said.insert(0, say_number(int(country), language))
        groups = [country, *groups]
    sign, shown = (_PLUS[language] + " ", "+") if country else ("", "")
    return sign + ". ".join(said), shown + " ".join(groups)


def _phone_groups(digits: str, *, plus: bool) -> tuple[str, list[str]]:
    """The country code, if it is said, and the groups of the other digits."""
    if plus and not digits.startswith("34"):
        try:
            written = format_number(parse("+" + digits), PhoneNumberFormat.INTERNATIONAL)
        except NumberParseException:
            return "", [digits[at : at + 3] for at in range(0, len(digits), 3)]
        country, *groups = re.findall(r"[0-9]+", written)
        return country, [part for group in groups for part in digit_groups(group)]
    country, rest = ("34", digits[2:]) if plus else ("", digits)
    groups = re.findall(r"[0-9]{1,3}", rest)
    if len(groups) > 1 and len(groups[-1]) == 1:  # no digit is left alone at the end
        groups[-2:] = [groups[-2][:2], groups[-2][2:] + groups[-1]]
    return country, groups


def _national_groups(digits: str, region: str) -> list[str] | None:
    """In the groups of that country: 55 1234 5678 in Mexico, 212 555 0123 in the United States."""
    try:
        written = format_number(parse(digits, region), PhoneNumberFormat.NATIONAL)
    except NumberParseException:
        return None
    first, *rest = re.findall(r"[0-9]+", written)
    prefix = sum(map(len, (first, *rest))) - len(digits)
    # A prefix that the library adds was not said.
    groups = [first[max(prefix, 0) :], *rest]
    if "".join(groups) != digits or not groups[0]:
        return None
    return [part for group in groups for part in ([group] if len(group) < 6 else digit_groups(group))]


def national(number: str, region: str) -> str:
    """An E.164 number as it is dialled within its own country; with its country code in any other."""
    try:
        parsed = parse(number)
    except NumberParseException:
        return number
    if region_code_for_number(parsed) != region:
        return number
    return re.sub(r"[^0-9]", "", format_number(parsed, PhoneNumberFormat.NATIONAL))


def spell(text: str, language: str, *, region: str = HOME) -> str:
    """Letter by letter as they are called in that country, digit by digit in groups: to be written down."""
    names = letters_of(language, region)
    runs = re.findall(r"[0-9]+|[^\W\d_]", unicodedata.normalize("NFC", text))
    said: list[str] = []
    for run in runs:
        if run[0] in "0123456789":
            said += [say_digits(group, language) for group in digit_groups(run)]
        elif said and said[-1].endswith("\0"):
            said[-1] = f"{said[-1][:-1]}, {names.get(run.upper(), run.upper())}\0"
        else:
            said.append(names.get(run.upper(), run.upper()) + "\0")
    return ". ".join(part.removesuffix("\0") for part in said)


def digit_groups(digits: str) -> list[str]:
    """In twos and threes, as people read long numbers out: 12 345 678, 123 45 67; up to four stay whole."""
    if len(digits) <= 4:
        return [digits]
    if len(digits) % 3 == 1:
        return [*digit_groups_of_three(digits[:-4]), digits[-4:-2], digits[-2:]]
    head = len(digits) % 3
    return [part for part in (digits[:head], *digit_groups_of_three(digits[head:])) if part]


def digit_groups_of_three(digits: str) -> list[str]:
    return [digits[at : at + 3] for at in range(0, len(digits), 3)]


_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f<>\[\]{}|\\\u200b-\u200f\u2028-\u202e]+")


LONGEST_VALUE = 200
"""Characters of a value from outside (a look-up, a caller) that are said; a company's whole page is not."""


def clean(text: str, *, longest: int | None = LONGEST_VALUE) -> str:
    """Text from outside, without control signs and what a synthesiser takes for markup, so long at most.

    `longest` is none for what the program has put together itself: half a sentence may say the opposite.
    """
    return " ".join(_UNSAFE.sub(" ", text).split())[:longest]


DEFAULT_FORMAT: Mapping[ValueType, str] = {
    "money": "money",
    "date": "date",
    "number": "number",
    "digits": "digits",
    "phone": "phone",
    "time": "time",
    "code": "spell",
}


def say(
    form: str,
    value: str | int | bool | None,
    *,
    name: str,
    language: str,
    currency: str | None = None,
    today: date | None = None,
    region: str = HOME,
    own: bool = False,
) -> Said:
    """One value in one format, as it is said in that country (ISO 3166).

    `own`: these are the program's words, which are never cut.

    Raises `ValueUnspeakable`, which names `name` and never the value.
    """
    if value is None or isinstance(value, bool):
        raise ValueUnspeakable(f"`{name}` has no value that can be said")
    try:
        text = clean(str(value), longest=None if own else LONGEST_VALUE)
        return _say(form, value, text, language, currency, today, region)
    except ValueUnspeakable as fault:
        raise ValueUnspeakable(f"`{name}`: {fault}") from None
    except (ValueError, TypeError, KeyError, NotImplementedError, ArithmeticError):
        # What babel, num2words and phonenumbers raise for a value or language that they cannot say
        # (num2words: NotImplementedError); whichever it is, the caller gets the flow's way out.
        raise ValueUnspeakable(f"`{name}` cannot be said as {form} in {language}") from None


def _say(
    form: str,
    value: str | int,
    text: str,
    language: str,
    currency: str | None,
    today: date | None,
    region: str,
) -> Said:
    if form == "money":
        if not isinstance(value, int) or not currency:
            raise ValueUnspeakable("money needs whole minor units and a currency")
        return money(value, currency, language, region=region)
    if form in ("date", "weekday"):
        when = date.fromisoformat(str(value))
        return day(when, language, today, region=region) if form == "date" else weekday(when, language)
    if form == "time":
        return time_of_day(text, language, region=region)
    if form == "number":
        shown = format_decimal(int(value), locale=locale_of(language, region))
        return say_number(int(value), language, region=region), spaced(str(shown))
    if form == "phone":
        return phone(text, language, region=region)
    if form == "spell":
        words = spell(text, language, region=region)
    else:
        words = say_digits(text, language) if form == "digits" else text
    return words, text
