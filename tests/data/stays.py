"""Stays in queues, noted for a day that is counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data.records import (
    VisitFacts,
)
from ivr.reports.periods import Period
from ivr.reports.queues import Terms

MADRID = ZoneInfo("Europe/Madrid")
DAY = datetime(2026, 11, 23, 9, 0, tzinfo=MADRID)
PERIOD = Period(date(2026, 11, 23), date(2026, 11, 23), MADRID)
AFTER = DAY + timedelta(days=7)
TERMS = Terms(within=lambda _queue: 20)


def at(minutes: float, seconds: float = 0.0) -> datetime:
    """So long after nine."""
    return DAY + timedelta(minutes=minutes, seconds=seconds)


def visit(name: str, joined: datetime, **facts: Any) -> VisitFacts:
    """`waits`, `talks`, `wraps`: seconds; answered if it talks."""
    waits, talks, wraps = facts.pop("waits", None), facts.pop("talks", None), facts.pop("wraps", 0)
    if talks is not None:
        answered = joined + timedelta(seconds=waits)
        end = answered + timedelta(seconds=talks)
        facts |= {"answered_at": answered, "talk_ended_at": end, "left_at": end, "left_by": "answered"}
        facts |= {"wrapped_up_at": end + timedelta(seconds=wraps)}
    elif waits is not None:
        facts["left_at"] = joined + timedelta(seconds=waits)
    return VisitFacts(
        **{"id": name, "queue": "billing", "leg": f"leg of {name}", "joined_at": joined, **facts}
    )


def only(rows: Any) -> Mapping[str, Any]:
    (row,) = rows
    found: Mapping[str, Any] = row
    return found
