"""What happened to a campaign's calls, on all servers, as its pacer is told: read from the database.

Rules:
1. One way for everybody's calls: this server's, another's, and after a restart those of the rule's window. So
   the cap on abandoned calls is one for all.
2. Each thing is told once. A call that is open and not there any more has never left.
3. What is older than an hour is told as sums by hour: answers at its beginning and abandoned calls at its
   end, so that the answers leave a window first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from data.dial_attempts import DialAttempts
from data.records.dialling import Attempt
from ivr.campaigns.pacing.events import (
    Abandoned,
    Answered,
    Connected,
    Counted,
    Dialled,
    Event,
    Talked,
    Unanswered,
    WrappedUp,
)

OVERLAP = timedelta(seconds=30)
"""Clocks of servers differ, and an end is on record some time after its moment: what is read again."""
ONE_BY_ONE = timedelta(hours=1)
HOUR = timedelta(hours=1)
Stage = Literal["dialled", "connected", "over"]


@dataclass
class Happened:
    """One campaign's calls, as far as they were told."""

    campaign_id: UUID
    _stages: dict[UUID, Stage] = field(default_factory=dict)
    _read_until: datetime | None = None

    def before(self, attempts: DialAttempts, *, since: datetime, now: datetime) -> list[Event]:
        """What lies in a window, and is too old to be told one by one. To be asked once, first."""
        newest = (now - ONE_BY_ONE).replace(minute=0, second=0, microsecond=0)
        self._read_until = newest + OVERLAP
        told: list[Event] = []
        for hour in attempts.by_hour(self.campaign_id, since=since, until=newest):
            told.append(Counted(at=hour.begins, live=hour.live, attempts=hour.attempts))
            told.append(Counted(at=hour.begins + HOUR, abandoned=hour.abandoned))
        return told

    def news(self, attempts: DialAttempts, *, now: datetime) -> list[Event]:
        """What has happened since the last time, in the order of the moments."""
        since = min(self._read_until or now, now) - OVERLAP  # a clock may be set back
        found = attempts.lately(self.campaign_id, since=since)
        told = [event for one in found for event in self._of(one)]
        there = {one.id for one in found}
        for call in [call for call, stage in self._stages.items() if call not in there]:
            if self._stages.pop(call) != "over":
                told.append(Unanswered(call=call, at=now))
        self._read_until = now
        return sorted(told, key=lambda event: event.at)

    def _of(self, one: Attempt) -> Iterator[Event]:
        before = self._stages.get(one.id)
        if before == "over":
            return
        if before is None:
            yield Dialled(call=one.id, at=one.dialled_at)
        stage: Stage = "over" if one.ended_at else "connected" if one.agent else "dialled"
        self._stages[one.id] = stage
        if before != "connected" and (one.agent or one.ended_at):
            yield from _answer(one)
        if one.ended_at is None:
            return
        if one.result == "abandoned":
            yield Abandoned(call=one.id, at=one.ended_at)
        elif one.agent and one.answered_at is not None:
            yield Talked(call=one.id, at=one.ended_at)
            yield WrappedUp(call=one.id, at=one.ended_at)


def _answer(one: Attempt) -> Iterator[Event]:
    if one.answered_at is None:
        yield Unanswered(call=one.id, at=one.ended_at or one.dialled_at)
        return
    yield Answered(call=one.id, at=one.answered_at, live=one.result != "machine")
    if one.agent and one.result != "abandoned":
        yield Connected(call=one.id, at=one.answered_at)
