"""How records put themselves in order while they are being made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import get_args

from data.text import clean, clean_text

Scalar = str | int | bool | None
LONGEST_CODE = 120
"""Characters of a step, flow, cause, outcome, node or switch id."""


def utc(time: datetime) -> datetime:
    """The same instant in UTC. Raises `ValueError` for a time without a zone."""
    if time.tzinfo is None or time.utcoffset() is None:
        raise ValueError(f"time without a zone: {time.isoformat()}")
    return time.astimezone(UTC)


def one_of(value: str, allowed: object, name: str) -> None:
    if value not in get_args(allowed):
        raise ValueError(f"{name} must be one of {', '.join(get_args(allowed))}, not {value!r}")


def code(text: str) -> str:
    return clean(text, LONGEST_CODE)


def finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def clean_scalars(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in values.items()}


class Cleaning:
    """Lets a frozen record put itself in order while it is being made."""

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)
