"""What may stand at the keys of a test: times, zones, countries, keys of a telephone, silences.

Each raises `ValueError` with what is wrong and what to do.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from phonenumbers import SUPPORTED_REGIONS

from dialogs.calendars import known_zone
from dialogs.misread import short
from dialogs.outside import seconds
from dialogs.plain_values import as_text
from dialogs.source import nearest

YEARS = range(2000, 2100)
"""In which a test may play: nobody rehearses a call of another time on purpose."""
LONGEST_SILENCE = 600.0
"""Seconds; no question waits longer than thirty."""


def scalar(value: Any) -> Any:
    """A value of a record. Raises `ValueError`."""
    if value is not None and not isinstance(value, (str, int, float, bool)):
        raise ValueError("a value is a text, a number, or true or false: write one of them")
    return value


def wall_clock(value: Any) -> str:
    """A time without a zone. Raises `ValueError`."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as fault:
        raise ValueError(f"unknown time `{short(value)}`: write it as `2026-11-23T10:00`") from fault
    if found.tzinfo is not None:
        raise ValueError("`now` is the clock on the wall: write it without a zone, and the zone as `zone`")
    if found.year not in YEARS:
        raise ValueError(
            f"`now: {short(value)}` is out of range: write a year from {YEARS[0]} to {YEARS[-1]}"
        )
    return str(value)


def zone(value: Any) -> str:
    """An IANA time zone. Raises `ValueError`."""
    return known_zone(short(value) if not isinstance(value, str) else value)


def region(value: Any) -> str:
    """A country whose numbers are known. Raises `ValueError`."""
    if not isinstance(value, str) or value not in SUPPORTED_REGIONS:
        remedy = nearest(str(value), SUPPORTED_REGIONS)
        raise ValueError(f"unknown country `{short(value)}`, write its ISO 3166 code such as `ES`: {remedy}")
    return str(value)


def lasts(value: Any) -> float:
    """A silence, in seconds. Raises `ValueError`."""
    found = seconds(value)
    if not 0 < found <= LONGEST_SILENCE:
        raise ValueError(f"`silence: {short(value)}` is out of range: write at most `{LONGEST_SILENCE:.0f}s`")
    return found


def pressed(value: Any) -> Any:
    """Keys of a telephone. Raises `ValueError`."""
    keys = as_text(value)
    if not isinstance(keys, str) or not re.fullmatch("[0-9*#]{1,64}", keys):
        raise ValueError(f"`key: {short(value)}` cannot be pressed: write digits, `*` and `#`, in quotes")
    return keys


def keyed(value: Any) -> Any:
    """A mapping whose keys are text."""
    if isinstance(value, dict):
        return {str(key): answer for key, answer in value.items()}
    return value
