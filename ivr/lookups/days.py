"""Days as flows take them: ISO text, in the company's time zone."""

from __future__ import annotations

from datetime import date, datetime


def iso_day(when: date | datetime | None, now: datetime) -> str | None:
    """`2026-11-25`, or nothing. A moment is put into the zone of `now`: 23:30 UTC is tomorrow in Madrid."""
    if isinstance(when, datetime):
        when = when.astimezone(now.tzinfo).date()
    return None if when is None else when.isoformat()
