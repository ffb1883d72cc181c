"""More calls than free agents, so that one is answered when an agent comes free: under a hard cap.

Rules:
1. The formula (`overdial`) says how many, from what was learned (`estimates`): the chance that each ringing
   call is answered, and that each busy agent is free by the time at which a call begun now would be answered.
2. A feedback loop corrects what the formula leaves out: the share that it is given goes down with each
   abandoned call and up with each that was not, until so many are abandoned as are aimed at. It aims below
   the cap, and never spends what earlier hours have saved, or a window that forgets them would be broken.
3. The hard cap (`abandons`) has the last word, and whatever it says one call for each free agent is begun.
4. As long as too little is known it is progressive.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.campaigns.pacing.abandons import HOUSE, AbandonCap, Abandons
from ivr.campaigns.pacing.estimates import Durations, Ringing
from ivr.campaigns.pacing.events import (
    Abandoned,
    Answered,
    CallerArrived,
    Connected,
    Counted,
    Dialled,
    Event,
    Talked,
    Unanswered,
    WrappedUp,
)
from ivr.campaigns.pacing.overdial import Shortage, calls_to_begin
from ivr.campaigns.pacing.pacer import Standing, one_each

_AIM = 0.8
"""Part of the cap that is aimed at."""
_GAIN = 0.35
"""How strongly one abandoned call lowers the share that the formula is given (natural logarithm)."""
_UTC = ZoneInfo("UTC")
_LEAST_SEEN = 30
"""Calls whose end was seen, and talks, before anything is foretold."""
_LOWEST, _HIGHEST = 0.002, 0.25
_CALLS, _TALKS = 200, 300
"""What is remembered."""
_MOST_AT_ONCE = 200
_LOST = 4 * 3600.0
"""Seconds after which a call of which no more was told is forgotten."""


class Predictive:
    """Begins so many calls that the agents talk, and the abandon cap holds."""

    def __init__(self, cap: AbandonCap = HOUSE, *, zone: ZoneInfo = _UTC) -> None:
        """`cap`: the strictest of the rules in force. `zone`: whose days count (the site's)."""
        self._abandons = Abandons(cap, zone=zone)
        self._aim = cap.share * _AIM
        self._share = self._aim
        self._ringing_since: dict[Hashable, float] = {}
        self._busy_since: dict[Hashable, float] = {}
        self._wrapping_since: dict[Hashable, float] = {}
        self._ringing = Ringing(memory=_CALLS)
        self._handling = Durations(memory=_TALKS)
        self._wrap_up = Durations(memory=_TALKS)

    def observe(self, event: Event) -> None:
        """Learns from what happened, and counts what the cap counts."""
        self._abandons.observe(event)
        match event:
            case CallerArrived() | Counted():
                return
            case Dialled(call=call, at=at):
                self._ringing_since[call] = at.timestamp()
            case Unanswered(call=call, at=at):
                self._end_ringing(call, at.timestamp(), live=False)
            case Answered(call=call, at=at, live=live):
                self._end_ringing(call, at.timestamp(), live=live)
                if live:
                    self._correct(_GAIN * self._aim)
            case Abandoned():
                self._correct(-_GAIN)
            case Connected(call=call, at=at):
                self._busy_since[call] = at.timestamp()
            case Talked(call=call, at=at):
                self._wrapping_since[call] = at.timestamp()
            case WrappedUp(call=call, at=at):
                self._free(call, at.timestamp())

    def to_dial(self, now: datetime, standing: Standing) -> int:
        """The formula's number of calls, within the hard cap; one for each free agent at least."""
        at_least = one_each(standing)
        if standing.callers_waiting or self._ringing.ended < _LEAST_SEEN or len(self._handling) < _LEAST_SEEN:
            return at_least
        at = now.timestamp()
        room = self._abandons.room(
            at,
            free_agents=standing.free_agents,
            ringing=standing.ringing,
            waiting=standing.waiting,
            of_others=standing.of_others,
        )
        if room <= at_least:
            return at_least
        answered = self._ringing.answered()
        if answered <= 0:
            return at_least
        most = min(room, _MOST_AT_ONCE)
        return max(at_least, calls_to_begin(self._foretold(at, standing), answered, self._share, most=most))

    def _foretold(self, at: float, standing: Standing) -> Shortage:
        """What is under way: answers to come, less agents who are free by then."""
        rung = sorted(at - since for since in self._ringing_since.values())
        # Calls that were begun elsewhere are as good as new.
        rung = [*rung[: standing.ringing], *([0.0] * (standing.ringing - len(rung)))]
        calls = [*([1.0] * standing.waiting), *map(self._ringing.answered, rung)]
        within = self._ringing.until_answer()
        soon = [self._free_within(call, at, within) for call in self._busy_since]
        return Shortage(standing.free_agents, calls=calls, soon=soon)

    def _free_within(self, call: Hashable, at: float, seconds: float) -> float:
        wrapping = self._wrapping_since.get(call)
        if wrapping is not None:
            return self._wrap_up.over_within(at - wrapping, seconds)
        return self._handling.over_within(at - self._busy_since[call], seconds)

    def _end_ringing(self, call: Hashable, at: float, *, live: bool) -> None:
        since = self._ringing_since.pop(call, None)
        if since is not None:
            self._ringing.end(at - since, live=live)

    def _correct(self, by: float) -> None:
        """In the mean nothing changes when as many are abandoned as are aimed at."""
        self._share = min(max(self._share * math.exp(by), _LOWEST), _HIGHEST)

    def _free(self, call: Hashable, at: float) -> None:
        busy, wrapping = self._busy_since.pop(call, None), self._wrapping_since.pop(call, None)
        if busy is not None:
            self._handling.add(at - busy)
        if wrapping is not None:
            self._wrap_up.add(at - wrapping)
        for lost in [call for call, since in self._busy_since.items() if at - since > _LOST]:
            del self._busy_since[lost]
            self._wrapping_since.pop(lost, None)
