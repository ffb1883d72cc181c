"""The report on agents: when they were there, how much of it they worked, what they took and missed. Pure.

Rules:
1. Time counts in the interval in which it passed: a talk over the hour is cut at the hour.
2. Whoever talks is there, whatever their status says: they check out after the call that they are in.
3. Work is talk (hold included) and work after it; ringing and waiting are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from data.figures import State, Talk
from ivr.reports.periods import Clock, ms_of
from ivr.reports.report import Column, Figure
from ivr.reports.tallies import Durations, seconds, share

Stretch = tuple[int, int]

COLUMNS = (
    Column("answered"),
    Column("missed"),
    Column("there", "seconds"),
    Column("on_break", "seconds"),
    Column("talking", "seconds"),
    Column("wrapping_up", "seconds"),
    Column("occupancy", "share"),
    Column("talk_mean", "seconds"),
    Column("handling_mean", "seconds"),
    Column("handling_max", "seconds"),
    Column("transferred"),
)


class Pause(NamedTuple):
    """Why somebody pauses, and whether that time counts as work."""

    reason: str
    counts_as_work: bool


@dataclass
class AgentTally:
    """One row's."""

    there: int = 0
    on_break: int = 0
    talking: int = 0
    wrapping_up: int = 0
    working: int = 0
    missed: int = 0
    transferred: int = 0
    talks: Durations = field(default_factory=Durations)
    handling: Durations = field(default_factory=Durations)

    def add(self, other: AgentTally) -> None:
        for name in ("there", "on_break", "talking", "wrapping_up", "working", "missed", "transferred"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.talks.extend(other.talks)
        self.handling.extend(other.handling)

    def figures(self) -> dict[str, Figure]:
        """The row."""
        return {
            "answered": len(self.talks),
            "missed": self.missed,
            "there": seconds(self.there),
            "on_break": seconds(self.on_break),
            "talking": seconds(self.talking),
            "wrapping_up": seconds(self.wrapping_up),
            "occupancy": share(self.working, self.there),
            "talk_mean": self.talks.mean,
            "handling_mean": self.handling.mean,
            "handling_max": self.handling.longest,
            "transferred": self.transferred,
        }


@dataclass
class AgentDay:
    """One agent's time from `since` to `until` in ms; of a period that is not over, `until` is now."""

    since: int
    until: int
    available: list[Stretch] = field(default_factory=list)
    breaks: list[tuple[int, int, Pause]] = field(default_factory=list)
    talks: list[tuple[int, int, int]] = field(default_factory=list)
    """Answered, ended, wrapped up."""
    passed_on: list[int] = field(default_factory=list)
    """When those talks began after which the caller came to a queue again."""
    missed: list[int] = field(default_factory=list)

    def states(self, changes: Iterable[State]) -> None:
        """What they were, in order; the last one goes on to `until`."""
        at, state, pause = self.since, "out", Pause("", False)
        for moment, new, reason in [
            *((ms_of(one.at), one.state, Pause(one.reason, one.counts_as_work)) for one in changes),
            (self.until, "out", pause),
        ]:
            begin, end = max(at, self.since), min(moment, self.until)
            if end > begin and state == "paused":
                self.breaks.append((begin, end, pause))
            elif end > begin and state == "in":
                self.available.append((begin, end))
            at, state, pause = moment, new, reason

    def talk(self, talk: Talk) -> None:
        """A conversation that is over."""
        ended = ms_of(talk.talk_ended_at)
        wrapped = ended if talk.wrapped_up_at is None else max(ms_of(talk.wrapped_up_at), ended)
        if talk.passed_on:
            self.passed_on.append(ms_of(talk.answered_at))
        self.talks.append((ms_of(talk.answered_at), ended, wrapped))

    def tallies(self, clock: Clock) -> dict[int, AgentTally]:
        """By the beginnings of the clock's intervals."""
        found: dict[int, AgentTally] = {}

        def of(begin: int) -> AgentTally:
            return found.setdefault(begin, AgentTally())

        work = merged([(answered, wrapped) for answered, _, wrapped in self.talks])
        for name, stretches in (
            ("there", merged([*self.available, *work])),
            ("on_break", without([(begin, end) for begin, end, _ in self.breaks], work)),
            ("working", work),
            ("talking", [(answered, ended) for answered, ended, _ in self.talks]),
            ("wrapping_up", [(ended, wrapped) for _, ended, wrapped in self.talks]),
        ):
            for begin, part in self._parts(stretches, clock):
                tally = of(begin)
                setattr(tally, name, getattr(tally, name) + part)
        for answered, ended, wrapped in self.talks:
            if self.since <= answered < self.until:
                tally = of(clock.begin(answered))
                tally.talks.add(ended - answered)
                tally.handling.add(wrapped - answered)
        for at in self.missed:
            of(clock.begin(at)).missed += 1
        for at in self.passed_on:
            if self.since <= at < self.until:
                of(clock.begin(at)).transferred += 1
        return found

    def pauses(self, clock: Clock) -> Iterator[tuple[int, Pause, int, bool]]:
        """Interval's beginning, why, how long (ms), and whether the pause began there. Talk and work after it
        are no pause, as in `tallies`."""
        work = merged([(answered, wrapped) for answered, _, wrapped in self.talks])
        for begin, end, pause in self.breaks:
            first = True
            for start, part in self._parts(without([(begin, end)], work), clock):
                yield start, pause, part, first
                first = False

    def _parts(self, stretches: Iterable[Stretch], clock: Clock) -> Iterator[tuple[int, int]]:
        for begin, end in stretches:
            yield from clock.parts(max(begin, self.since), min(end, self.until))


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time, each moment once, in order."""
    found: list[Stretch] = []
    for begin, end in sorted(stretches):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def without(stretches: Iterable[Stretch], taken: Iterable[Stretch]) -> list[Stretch]:
    """The time of the first that is none of the second (which is in order, without overlaps)."""
    taken = list(taken)
    left: list[Stretch] = []
    for begin, end in merged(stretches):
        at = begin
        for other_begin, other_end in taken:
            if other_end <= at or other_begin >= end:
                continue
            if other_begin > at:
                left.append((at, other_begin))
            at = max(at, other_end)
        if at < end:
            left.append((at, end))
    return left
