"""The cap on abandoned calls, and how many more calls it has room for.

Rules:
1. The cap holds in each window of the rule: the one that ends now, at every moment, and the windows that
   follow each other from the campaign's first day (for 24 hours: each day). A campaign's first answers are a
   window too: before 34 live answers there is, at 3 %, room for no abandoned call.
2. It is hard: a call is begun beyond the free agents only if the cap would hold even if every call that
   rings, and this one, were answered now and no agent came free meanwhile.
3. What is counted is counted in slices of a window. A slice of which a part has left the window, or will
   while a call rings, still counts with its abandoned calls, and no more with its answers.

Sources: 16 CFR 310.4(b)(4)(i) (3 % of all calls answered by a person, per campaign, over each 30-day period);
Ofcom's policy on persistent misuse (3 % of live calls over 24 hours; practice).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ivr.campaigns.pacing.events import Abandoned, Answered, Counted, Dialled, Event

_SLICES = 1440
_LEAVES = 1 / 24
"""The cap must also hold when this part of the window has gone: answers that leave it break nothing."""
_RINGS = 120.0
"""Seconds for which no call rings."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class AbandonCap:
    """At most so many abandoned."""

    share: float
    """Of 1."""
    window: timedelta = _DAY
    denominator: Literal["live_answers", "attempts"] = "live_answers"


HOUSE = AbandonCap(share=0.03)
"""What a campaign keeps to for which no rule says anything."""


@dataclass(slots=True)
class _Slice:
    begins: float
    of: int = 0
    abandoned: int = 0


class _Trailing:
    """The window that ends now."""

    def __init__(self, length: float, slice_length: float) -> None:
        self._length, self._slice = length, slice_length
        self._whole: deque[_Slice] = deque()
        self._leaving: deque[_Slice] = deque()
        self.of = self.abandoned = 0

    def count(self, at: float, of: int, abandoned: int) -> None:
        begins = at // self._slice * self._slice
        if not self._whole or begins > self._whole[-1].begins:
            self._whole.append(_Slice(begins))
        newest = self._whole[-1]
        newest.of += of
        newest.abandoned += abandoned
        self.of += of
        self.abandoned += abandoned

    def pass_to(self, now: float) -> None:
        begin = now - self._length
        while self._whole and self._whole[0].begins < begin + _RINGS:
            leaving = self._whole.popleft()
            self.of -= leaving.of
            self._leaving.append(leaving)
        while self._leaving and self._leaving[0].begins + self._slice <= begin:
            self.abandoned -= self._leaving.popleft().abandoned


class _Successive:
    """Windows that follow each other from the campaign's first day."""

    def __init__(self, days: int, zone: ZoneInfo) -> None:
        self._days, self._zone = days, zone
        self._first: int | None = None
        self._period = 0
        self.of = self.abandoned = 0

    def count(self, at: float, of: int, abandoned: int) -> None:
        if self._first is None:
            self._first = self._day(at)
        self.pass_to(at)
        self.of += of
        self.abandoned += abandoned

    def pass_to(self, now: float) -> None:
        if self._first is None:
            return
        period = (self._day(now) - self._first) // self._days
        if period > self._period:
            self._period, self.of, self.abandoned = period, 0, 0

    def _day(self, at: float) -> int:
        return datetime.fromtimestamp(at, self._zone).toordinal()


class Abandons:
    """Counts answers (or attempts) and abandoned calls in the windows of a cap."""

    def __init__(self, cap: AbandonCap, *, zone: ZoneInfo) -> None:
        """`zone`: whose days are meant (the site's)."""
        self.cap = cap
        length = cap.window.total_seconds()
        piece = length / _SLICES
        self._windows: list[_Trailing | _Successive] = [
            _Trailing(length, piece),
            _Trailing(length * (1 - _LEAVES), piece),
        ]
        if cap.window >= _DAY:
            self._windows.append(_Successive(cap.window // _DAY, zone))

    def count(self, at: float, *, of: int = 0, abandoned: int = 0) -> None:
        """So many of the denominator, or so many abandoned, at that moment (seconds since 1970)."""
        for window in self._windows:
            window.count(at, of, abandoned)

    def room(self, now: float, *, free_agents: int, ringing: int, waiting: int, of_others: int = 0) -> int:
        """How many calls may be begun at most, so that no cap is broken even if all are answered at once.

        With n new calls answered, (waiting + ringing + n − free) are abandoned of so many more live answers;
        the largest n with abandoned ≤ share × answers. `of_others`: so many of the ringing are another
        campaign's, whose answers are none of this one's.
        """
        for window in self._windows:
            window.pass_to(now)
        beyond = waiting + ringing - free_agents
        to_come = ringing - of_others if self.cap.denominator == "live_answers" else 0
        return min(self._most(window.of + to_come, window.abandoned + beyond) for window in self._windows)

    def bears(self, now: float, *, under_way: int) -> int:
        """How many more may be abandoned if all calls that are under way (ringing, or answered and without an
        agent) were answered; fewer than none if a cap is broken already."""
        for window in self._windows:
            window.pass_to(now)
        to_come = under_way if self.cap.denominator == "live_answers" else 0
        return min(
            math.floor(self.cap.share * (window.of + to_come)) - window.abandoned for window in self._windows
        )

    def observe(self, event: Event) -> None:
        """Counts what the cap counts."""
        of_answers = self.cap.denominator == "live_answers"
        at = event.at.timestamp()
        match event:
            case Dialled() if not of_answers:
                self.count(at, of=1)
            case Answered(live=True) if of_answers:
                self.count(at, of=1)
            case Abandoned():
                self.count(at, abandoned=1)
            case Counted(live=live, attempts=attempts, abandoned=abandoned):
                self.count(at, of=live if of_answers else attempts, abandoned=abandoned)

    def _most(self, of: int, abandoned: int) -> int:
        return max(0, int((self.cap.share * of - abandoned) / (1 - self.cap.share)))

    def shares(self, now: float) -> Iterable[tuple[int, int]]:
        """What is counted in each window: of the denominator, and abandoned."""
        for window in self._windows:
            window.pass_to(now)
            yield window.of, window.abandoned
