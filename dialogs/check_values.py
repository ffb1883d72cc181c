"""The values that a test's data give: of the type that the catalogue names, and such as can be said.

On a call a look-up's answer is checked the same way, so a test with an impossible value would test nothing.
"""

from __future__ import annotations

import re
from datetime import date

from dialogs.catalogue import ValueType
from dialogs.source import nearest
from dialogs.spoken_currencies import currencies

LARGEST_AMOUNT = 1_000_000_000_000
"""Of a number, and of money in minor units."""
_YEARS = (1900, 2100)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def value_mistake(field: str, kind: ValueType, value: object) -> str | None:
    """What is wrong with a value of that kind, and what to do; `null` stands for no value."""
    if value is None:
        return None
    match kind:
        case "boolean":
            right, remedy = isinstance(value, bool), "write true or false"
        case "money" | "number":
            return _number_mistake(field, kind, value)
        case "date":
            return _date_mistake(field, value)
        case "time":
            right, remedy = bool(_TIME.fullmatch(str(value))), "write a time as `17:30`"
        case _:
            right, remedy = isinstance(value, (str, int)) and not isinstance(value, bool), "put it in quotes"
    return None if right else f"`{field}: {_shown(value)}` is no {_NAMES.get(kind, 'text')}: {remedy}"


_NAMES = {"boolean": "yes or no", "time": "time"}


def currency_mistake(field: str, value: object) -> str | None:
    """Whether amounts in that currency can be said."""
    if value is None or value in currencies():
        return None
    return f"`{field}: {_shown(value)}` is no currency that can be said: {nearest(str(value), currencies())}"


def _number_mistake(field: str, kind: ValueType, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        remedy = (
            "write the cents as a whole number, 14230 for 142.30" if kind == "money" else "write a number"
        )
        what = "amount" if kind == "money" else "whole number"
        return f"`{field}: {_shown(value)}` is no {what}: {remedy}"
    if abs(value) > LARGEST_AMOUNT:
        return f"`{field}: {_shown(value)}` is out of range: write at most {LARGEST_AMOUNT}"
    return None


def _date_mistake(field: str, value: object) -> str | None:
    remedy = "write a day as `2026-12-11`"
    try:
        found = date.fromisoformat(str(value)) if _DAY.fullmatch(str(value)) else None
    except ValueError:
        return f"`{field}: {_shown(value)}` is a day that no calendar has: {remedy}"
    if found is None:
        return f"`{field}: {_shown(value)}` is no day: {remedy}"
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        return f"`{field}: {_shown(value)}` is out of range: write a year from {_YEARS[0]} to {_YEARS[1]}"
    return None


def _shown(value: object) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return text if len(text) <= 30 else text[:29] + "…"
