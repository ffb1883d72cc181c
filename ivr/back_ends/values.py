"""From what a system answers to what a flow is told: each field of its type, or nothing is taken.

Rules:
1. Nothing is guessed. A value of another type is a fault of the system's answer (`NotAsAgreed`), which the
   flow takes as an error; it is never spoken.
2. Money becomes an integer of minor units: `142.3` of EUR is 14230, `1500` of JPY is 1500, and `1.005` of EUR
   is a fault. How many minor digits a currency has is ISO 4217's (by way of CLDR).
3. Text is cleaned as the text of callers is: nobody's control characters reach a log or a screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision, list_currencies

from data.text import clean
from dialogs.catalogue import ValueType
from ivr.back_ends.errors import NotAsAgreed
from ivr.outside.documents import ABSENT

Scalar = str | int | bool | None
LONGEST_TEXT = 500
"""Characters of one text: more than anybody listens to."""
LARGEST_NUMBER = 10**15

_DIGITS = re.compile(r"[0-9]{1,40}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-/]{0,63}")
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{1,30}")
_MONEY = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?")
"""Money as text: digits and one point. `Decimal` alone would take `1_000` and `1E3`, too."""
_YEARS = range(1900, 2201)
"""Others are no days of customers, but how a system writes "none" (0001-01-01, 9999-12-31) or a slip."""
_CURRENCIES = list_currencies()


def typed(kind: ValueType, raw: Any, zone: tzinfo) -> Scalar:
    """The value as flows have it; `zone` is the company's, for moments that are days there.

    Raises `NotAsAgreed`. Money is `money_of`'s.
    """
    reader = _READERS.get(kind)
    value = None if reader is None else reader(raw, zone)
    if value is None:
        raise NotAsAgreed(f"is {_what(raw)} and no {kind}")
    return value


def money_of(raw: Any, currency: str, *, minor: bool) -> int:
    """Minor units of the currency. Raises `NotAsAgreed` where that is no whole number."""
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | str):
        raise NotAsAgreed(f"is {_what(raw)} and no money")
    if isinstance(raw, str) and not _MONEY.fullmatch(raw):
        raise NotAsAgreed("is text and no money")
    try:
        amount = Decimal(raw)
        if not amount.is_finite() or abs(amount) > LARGEST_NUMBER:
            raise NotAsAgreed("is no amount that anybody owes")
        units = amount if minor else amount.scaleb(get_currency_precision(currency))
    except InvalidOperation:
        raise NotAsAgreed("is no amount that anybody owes") from None
    if units != units.to_integral_value():
        raise NotAsAgreed(f"has more decimals than {currency} has")
    return int(units)


def currency_of(raw: Any) -> str:
    """An ISO 4217 code. Raises `NotAsAgreed`."""
    if isinstance(raw, str) and raw in _CURRENCIES:
        return raw
    raise NotAsAgreed(f"is {_what(raw)} and no currency such as EUR")


def is_currency(code: str) -> bool:
    return code in _CURRENCIES


def translated(raw: Any, codes: Mapping[str, str]) -> str:
    """The company's code for the system's. Raises `NotAsAgreed` for one that is not in the list."""
    known = str(raw).lower() if isinstance(raw, bool) else str(raw)
    if isinstance(raw, str | int) and known in codes:
        return codes[known]
    raise NotAsAgreed("is a code that `codes` does not list")


def _text(raw: Any, _zone: tzinfo) -> str | None:
    if not isinstance(raw, str):
        return None
    if len(raw) > LONGEST_TEXT:
        raise NotAsAgreed(f"has more than {LONGEST_TEXT} characters")
    return clean(raw, LONGEST_TEXT)


def _number(raw: Any, _zone: tzinfo) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        return None
    if isinstance(raw, Decimal) and not raw.is_finite():
        return None
    amount = Decimal(raw)
    return int(raw) if abs(amount) <= LARGEST_NUMBER and amount == amount.to_integral_value() else None


def _boolean(raw: Any, _zone: tzinfo) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _date(raw: Any, zone: tzinfo) -> str | None:
    """`2026-11-25`; a moment is put into the company's zone: 23:30 UTC is tomorrow in Madrid."""
    if isinstance(raw, date) and raw.year not in _YEARS:
        raise NotAsAgreed(
            "is a date that nobody means: if it means that there is none, say so with `none` and `optional`"
        )
    if isinstance(raw, datetime):
        return (raw.astimezone(zone) if raw.tzinfo else raw).date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    if not isinstance(raw, str) or not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        return None
    try:
        return _date(date.fromisoformat(raw) if len(raw) == 10 else datetime.fromisoformat(raw), zone)
    except (ValueError, OverflowError):
        return None


def _time(raw: Any, _zone: tzinfo) -> str | None:
    if isinstance(raw, time):
        return f"{raw:%H:%M}"
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", raw):
        return None
    try:
        return f"{time.fromisoformat(raw):%H:%M}"
    except ValueError:
        return None


def _written(pattern: re.Pattern[str]) -> Callable[[Any, tzinfo], str | None]:
    def read(raw: Any, _zone: tzinfo) -> str | None:
        # Numbers for ids are common, and digits lose nothing by being text.
        text = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
        return text if isinstance(text, str) and pattern.fullmatch(text) else None

    return read


_READERS: Mapping[ValueType, Callable[[Any, tzinfo], Scalar]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
    "digits": _written(_DIGITS),
    "code": _written(_CODE),
    "phone": _written(_PHONE),
}


def _what(raw: Any) -> str:
    kinds: Mapping[type, str] = {
        bool: "true or false",
        int: "a number",
        Decimal: "a number with decimals",
        str: "text",
        list: "a list",
        dict: "an object",
        type(None): "null",
        type(ABSENT): "nothing",
    }
    return kinds.get(type(raw), type(raw).__name__)
