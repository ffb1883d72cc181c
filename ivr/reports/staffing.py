"""The report on staffing: how many people each hour needs for the promised service level. Pure.

Offered calls of that hour, averaged over the period's days, make the load; Erlang C says how many people
answer the promised share in time, and shrinkage how many must be planned so that so many are there.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from data.figures import Visit
from ivr.queueing import erlang
from ivr.reports.queues import refused
from ivr.reports.report import Column, Figure
from ivr.reports.tallies import share

COLUMNS = (
    Column("hours"),
    Column("offered_per_hour", "number"),
    Column("handling_mean", "seconds"),
    Column("load", "number"),
    Column("needed"),
    Column("planned"),
    Column("expected_level", "share"),
    Column("expected_wait", "seconds"),
    Column("expected_occupancy", "share"),
    Column("there_mean", "number"),
)


@dataclass(frozen=True)
class Goal:
    """What is promised, and how much of a paid hour nobody is there."""

    share: float
    within: int
    """Seconds."""
    shrinkage: float = 0.0
    """Breaks, training, illness: a part of paid time, from 0 to below 1."""

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and self.within >= 0 and 0 <= self.shrinkage < 1):
            raise ValueError("a share is above 0 and below 1, seconds are not negative, shrinkage is below 1")


def is_load(visit: Visit, only: Collection[str] = ()) -> bool:
    """Whether a stay is one more call to be answered. Not: who never joined, who is called back (they count
    where they came first), and who went on to another of the queues that are asked for before anybody
    answered: they count there. `only`: these queues; empty: all."""
    if visit.kept_since is not None or refused(visit):
        return False
    goes_on = visit.next_queue is not None and (not only or visit.next_queue in only)
    return visit.answered_at is not None or not goes_on


def figures(
    *, hours: int, offered: int, handling: float | None, there: float, goal: Goal
) -> dict[str, Figure]:
    """One hour of the day. `hours`: how often it came; `handling`: seconds, `None` if nobody was answered;
    `there`: agent-hours that were there in all of them."""
    row: dict[str, Figure] = {
        "hours": hours,
        "offered_per_hour": round(offered / hours, 2),
        "handling_mean": handling,
        "there_mean": round(there / hours, 2),
    }
    if handling is None or not offered:
        return {**dict.fromkeys(column.name for column in COLUMNS), **row}
    load = offered / hours / 3600 * handling
    needed = erlang.people_needed(load, handling, answered=goal.share, within=goal.within)
    return row | {
        "load": round(load, 3),
        "needed": needed,
        "planned": math.ceil(round(needed / (1 - goal.shrinkage), 9)),
        "expected_level": round(erlang.answered_within(goal.within, load, needed, handling), 4),
        "expected_wait": round(erlang.mean_wait(load, needed, handling), 3),
        "expected_occupancy": share(load, needed),
    }
