"""What an agent has filled in, as people read it and as programs are told. Pure.

Rules:
1. Who reads a message or a case reads `142,30 €` and `1 de diciembre de 2026`, as flows write them.
2. A program gets what it can compute with: minor units and the currency, ISO 8601, each by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from dialogs.errors import ValueUnspeakable
from dialogs.spoken import minor_digits, money
from dialogs.spoken_days import day, time_of_day
from dialogs.spoken_regions import locale_of
from ivr.agents.outcomes_written import FieldType

_TRUTH: Mapping[str, tuple[str, str]] = {"es": ("no", "sí"), "ca": ("no", "sí"), "en": ("no", "yes")}
_LANGUAGE = "es"
"""Of whoever has none that can be written."""


@dataclass(frozen=True)
class House:
    """How the site writes."""

    currency: str = "EUR"
    region: str = "ES"
    zone: str = "Europe/Madrid"


def as_read(value: Any, kind: FieldType, language: str, house: House) -> str:
    """A value as a person reads it in that language."""
    language = language if language in _TRUTH else _LANGUAGE
    try:
        match kind:
            case "money":
                return money(int(value), house.currency, language, region=house.region)[1]
            case "date" | "moment":
                return _when(datetime.fromisoformat(str(value)), kind, language, house)
            case "boolean":
                return _TRUTH[language][bool(value)]
            case "number":
                return str(format_decimal(value, locale=locale_of(language, house.region)))
    except (ValueUnspeakable, ValueError):  # a currency without words
        if kind == "money":
            return f"{Decimal(int(value)).scaleb(-minor_digits(house.currency))} {house.currency}"
    return str(value)


def _when(at: datetime, kind: FieldType, language: str, house: House) -> str:
    if kind == "date":
        return day(at.date(), language, None, region=house.region)[1]
    here = at.astimezone(ZoneInfo(house.zone))
    written = day(here.date(), language, None, region=house.region)[1]
    return f"{written}, {time_of_day(f'{here:%H:%M}', language, region=house.region)[1]}"


def as_told(
    fields: Mapping[str, Any], kinds: Mapping[str, FieldType], house: House
) -> Iterator[tuple[str, str | int]]:
    """Fields as programs are told them: money as `NAME_minor` and the `currency`, days and moments in ISO."""
    for name, value in fields.items():
        if kinds.get(name) == "money":
            yield f"{name}_minor", int(value)
            yield "currency", house.currency
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
