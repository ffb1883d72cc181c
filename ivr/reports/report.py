"""A report: rows of figures by some keys, with what they were computed by. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ivr.reports.periods import Period

Unit = Literal["text", "count", "seconds", "share", "number"]
Figure = str | int | float | None


@dataclass(frozen=True)
class Column:
    """One figure of a row, or one of its keys (`text`)."""

    name: str
    unit: Unit = "count"


@dataclass(frozen=True)
class Report:
    """All rows; what is not defined (a mean of nothing) is `None`."""

    name: str
    period: Period
    keys: tuple[Column, ...]
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Figure]]
    total: Mapping[str, Figure] = field(default_factory=dict)
    """Over all rows, where that has a meaning."""
    terms: Mapping[str, Figure] = field(default_factory=dict)
    """What it was computed by: the service level's formula, thresholds."""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        return (*self.keys, *self.columns)
