"""The report on work beside calls: what was done, what waits, and the points of reviews. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from data.records import WorkItem
from ivr.reports.periods import ms_of
from ivr.reports.report import Column, Figure
from ivr.reports.tallies import Durations

KEYS = (Column("agent", "text"),)
COLUMNS = (
    Column("done"),
    Column("done_late"),
    Column("not_possible"),
    Column("took_mean", "seconds"),
    Column("open"),
    Column("overdue"),
    Column("reviews"),
    Column("points_mean", "number"),
)


@dataclass
class WorkTally:
    """One agent's; of nobody: what nobody holds."""

    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("done", "done_late", "not_possible", "open", "overdue", "reviews"), 0
        )
    )
    took: Durations = field(default_factory=Durations)
    """From the assignment to the end."""
    points: int = 0

    def done(self, item: WorkItem) -> None:
        assert item.done_at is not None
        self.counts["done"] += 1
        self.counts["done_late"] += item.overdue(item.done_at)
        self.counts["not_possible"] += item.result == "not_possible"
        self.took.add(ms_of(item.done_at) - ms_of(item.assigned_at or item.created_at))
        if item.scores:
            self.counts["reviews"] += 1
            self.points += sum(item.scores.values())

    def waits(self, item: WorkItem, now: datetime) -> None:
        self.counts["open"] += 1
        self.counts["overdue"] += item.overdue(now)

    def add(self, other: WorkTally) -> None:
        for name, count in other.counts.items():
            self.counts[name] += count
        self.took.extend(other.took)
        self.points += other.points

    def figures(self) -> dict[str, Figure]:
        """The row."""
        reviews = self.counts["reviews"]
        return {
            **self.counts,
            "took_mean": self.took.mean,
            "points_mean": round(self.points / reviews, 2) if reviews else None,
        }
