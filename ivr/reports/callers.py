"""The report on callers: how many call, and how many of them call again. Pure.

A call repeats if the same person had called within so many days before it; a person is a customer, or a
number that is no customer's. Calls of withheld numbers are nobody's: they count as
calls, and never as repeated.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivr.reports.report import Column, Figure
from ivr.reports.tallies import share

COLUMNS = (
    Column("calls"),
    Column("people"),
    Column("withheld"),
    Column("repeated"),
    Column("repeat_share", "share"),
)


@dataclass
class CallerTally:
    """One row's. Calls come person by person: so people are counted without being remembered."""

    calls: int = 0
    people: int = 0
    withheld: int = 0
    repeated: int = 0
    _last: str = ""

    def call(self, who: str, *, again: bool) -> None:
        """One call; `who` is empty for a withheld number."""
        self.calls += 1
        if not who:
            self.withheld += 1
            return
        self.people += who != self._last
        self._last = who
        self.repeated += again

    def figures(self) -> dict[str, Figure]:
        """The row."""
        known = self.calls - self.withheld
        return {
            "calls": self.calls,
            "people": self.people,
            "withheld": self.withheld,
            "repeated": self.repeated,
            "repeat_share": share(self.repeated, known),
        }
