"""A day that is always to come: for tests of what the machine's own clock refuses once it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MADRID = ZoneInfo("Europe/Madrid")


def monday_to_come() -> datetime:
    """Ten o'clock in Madrid on February's first Monday of next year."""
    first = datetime(datetime.now(UTC).year + 1, 2, 1, 10, tzinfo=MADRID)
    return first + timedelta(days=-first.weekday() % 7)
