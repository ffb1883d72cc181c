"""Time is passed in, so that a test runs a call ten times as fast and a schedule in no time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The time of calls. `speed` > 1 makes a call's second shorter than a second (tests only).

    `begins`: the moment at which a played world begins; without it, the date and time are the machine's.
    """

    def __init__(self, speed: float = 1.0, *, begins: datetime | None = None) -> None:
        self.speed = speed
        self._begins = begins
        self._origin = time.monotonic()

    def now(self) -> float:
        """Seconds of call time since the clock was made; never goes back."""
        return (time.monotonic() - self._origin) * self.speed

    def wait_seconds(self, seconds: float) -> float:
        """How long to wait, in real seconds, for `seconds` of call time."""
        return max(0.0, seconds / self.speed)

    def utc(self) -> datetime:
        """The date and time, in UTC."""
        if self._begins is not None:
            return self._begins.astimezone(UTC) + timedelta(seconds=self.now())
        return datetime.now(UTC)
