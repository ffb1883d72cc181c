"""The place where calls and agents meet: a dialler without a switch, in virtual time.

Rules:
1. The pacer is asked each second, and told everything as the dialler would tell it: it sees no draw before it
   has happened.
2. A live answer takes a free agent when its `hello?` is over, or the first that comes free within the
   threshold; then it is abandoned. Inbound callers come before.
3. When a shift ends nothing more is dialled; what rings then is carried to its end, and is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivr.campaigns.pacing.events import (
    Abandoned,
    Answered,
    CallerArrived,
    Connected,
    Dialled,
    Talked,
    Unanswered,
    WrappedUp,
)
from ivr.campaigns.pacing.pacer import Pacer, Standing
from ivr.campaigns.simulation.figures import Figures
from ivr.campaigns.simulation.lists import Callee, CallList
from ivr.campaigns.simulation.people import End, People
from ivr.campaigns.simulation.population import Population
from ivr.campaigns.simulation.virtual_time import VirtualTime

_TICK = 1.0


@dataclass
class _Call:
    """One that was dialled, or a caller's."""

    id: Hashable
    callee: Callee | None
    end: End | None = None
    since: float = 0.0


class Floor:
    """Agents of one campaign."""

    def __init__(
        self,
        population: Population,
        *,
        agents: int,
        pacer: Pacer,
        calls: CallList,
        people: People,
        time: VirtualTime,
    ) -> None:
        self._population, self._pacer, self._list = population, pacer, calls
        self._people, self._time = people, time
        self._agents = self._free = agents
        self._ringing = 0
        self._waiting: deque[_Call] = deque()
        self._callers: deque[_Call] = deque()
        self._shifts = population.shifts()
        self._begin = self._shifts[0][0]
        self._length = max((self._shifts[-1][1] - self._begin).total_seconds(), 1.0)
        self._shift_ends = 0.0
        self._last_id = 0
        self.figures = Figures()
        for begin, end in self._shifts:
            time.at(self._second(begin), self._shift, self._second(end))

    def _second(self, moment: datetime) -> float:
        return (moment - self._begin).total_seconds()

    def _moment(self) -> datetime:
        return self._begin + timedelta(seconds=self._time.now)

    @property
    def _passed(self) -> float:
        return min(self._time.now / self._length, 1.0)

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _shift(self, ends: float) -> None:
        self._shift_ends = ends
        self.figures.there(self._time.now, ends, self._agents)
        self._tick()
        if self._population.callers_per_hour:
            self._time.at(self._time.now + self._people.until_next_caller(), self._caller)

    def _tick(self) -> None:
        if self._time.now >= self._shift_ends:
            return
        now = self._moment()
        if self._list.any(now):
            self._begin_calls(now)
        self._time.at(self._time.now + _TICK, self._tick)

    def _begin_calls(self, now: datetime) -> None:
        standing = Standing(
            free_agents=self._free,
            ringing=self._ringing,
            waiting=len(self._waiting),
            callers_waiting=len(self._callers),
        )
        most = int(self._population.calls_per_second * _TICK)
        for _ in range(min(self._pacer.to_dial(now, standing), most)):
            callee = self._list.next(now)
            if callee is None:
                break
            self._dial(callee, now)

    def _dial(self, callee: Callee, now: datetime) -> None:
        fate = self._people.fate(callee.minute(now), self._passed)
        call = _Call(self._next_id(), callee, fate.end)
        self._ringing += 1
        self.figures.dialled.append(self._time.now)
        self.figures.at(self._time.now).dialled += 1
        self._pacer.observe(Dialled(call=call.id, at=now))
        self._time.at(self._time.now + fate.after, self._ended, call)

    def _ended(self, call: _Call) -> None:
        self._ringing -= 1
        now = self._moment()
        match call.end:
            case "live" | "taken_for_live":
                self._live(call, now)
            case "machine":
                self._pacer.observe(Answered(call=call.id, at=now, live=False))
                self._over(call, "machine")
            case other:
                self._pacer.observe(Unanswered(call=call.id, at=now))
                self._over(call, str(other))

    def _live(self, call: _Call, now: datetime) -> None:
        self._pacer.observe(Answered(call=call.id, at=now))
        self.figures.live.append(self._time.now)
        self.figures.at(self._time.now).live += 1
        call.since = self._time.now
        self._waiting.append(call)
        self._seat()
        if call in self._waiting:
            self._time.at(self._time.now + self._population.threshold, self._give_up, call)

    def _give_up(self, call: _Call) -> None:
        if call not in self._waiting:
            return
        self._waiting.remove(call)
        self.figures.abandoned.append(self._time.now)
        self.figures.at(self._time.now).abandoned += 1
        self._pacer.observe(Abandoned(call=call.id, at=self._moment()))
        self._over(call, "dropped")

    def _caller(self) -> None:
        if self._time.now >= self._shift_ends:
            return
        self._pacer.observe(CallerArrived(at=self._moment()))
        self._callers.append(_Call(self._next_id(), None, since=self._time.now))
        self._seat()
        self._time.at(self._time.now + self._people.until_next_caller(), self._caller)

    def _seat(self) -> None:
        """Who waits gets who is free."""
        while self._free > 0 and (self._callers or self._waiting):
            inbound = bool(self._callers)
            call = self._callers.popleft() if inbound else self._waiting.popleft()
            if inbound:
                self.figures.callers_waited.append(self._time.now - call.since)
            self._talk(call)

    def _talk(self, call: _Call) -> None:
        self._free -= 1
        self._pacer.observe(Connected(call=call.id, at=self._moment()))
        real = call.end != "taken_for_live"
        talk = self._people.talk(self._passed) if real else self._population.machines.talk
        wrap_up = self._people.wrap_up()
        now = self._time.now
        self.figures.busy(now, min(now + talk + wrap_up, max(self._shift_ends, now)))
        self._time.at(now + talk, self._talked, call)
        self._time.at(now + talk + wrap_up, self._wrapped_up, call)

    def _talked(self, call: _Call) -> None:
        self._pacer.observe(Talked(call=call.id, at=self._moment()))
        self._over(call, "live" if call.end == "live" else "machine")

    def _wrapped_up(self, call: _Call) -> None:
        self._pacer.observe(WrappedUp(call=call.id, at=self._moment()))
        self._free += 1
        self._seat()

    def _over(self, call: _Call, end: str) -> None:
        if call.callee is None:
            return
        self.figures.ends[end] += 1
        refuses = end == "live" and self._people.refuses()
        self._list.ended(call.callee, self._moment(), end, refuses=refuses)
