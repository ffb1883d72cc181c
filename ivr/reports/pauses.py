"""The report on pauses: how often and how long agents paused, by reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.reports.report import Column, Figure
from ivr.reports.tallies import seconds

REASON = Column("reason", "text")
COLUMNS = (Column("pauses"), Column("paused", "seconds"), Column("paused_as_work", "seconds"))


@dataclass
class PauseTally:
    """One row's; times in ms."""

    pauses: int = 0
    paused: int = 0
    as_work: int = 0

    def add(self, milliseconds: int, *, began: bool, counts_as_work: bool) -> None:
        self.pauses += began
        self.paused += milliseconds
        self.as_work += milliseconds * counts_as_work

    def figures(self) -> dict[str, Figure]:
        """The row."""
        return {
            "pauses": self.pauses,
            "paused": seconds(self.paused),
            "paused_as_work": seconds(self.as_work),
        }
