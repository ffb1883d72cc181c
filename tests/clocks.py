"""Clocks that go on when the test says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivr.clock import Clock


class HandClock(Clock):
    """The moment is the test's; what a call waits goes by as always."""

    def __init__(self, today: datetime = datetime(2026, 11, 23, 10, tzinfo=UTC)) -> None:
        super().__init__()
        self.today = today

    def utc(self) -> datetime:
        return self.today

    def go_on(self, **span: float) -> None:
        """By so many `seconds`, `minutes`, `days`."""
        self.today += timedelta(**span)


class LaterClock(Clock):
    """The machine's, and so much later as the test says."""

    later = timedelta(0)

    def utc(self) -> datetime:
        return super().utc() + self.later


@dataclass
class Seconds:
    """Seconds that pass when told; for what asks `time.monotonic`."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now
