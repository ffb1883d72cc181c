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

from ivr.campaigns.pacing.abandons import Abandons
from ivr.campaigns.pacing.events import (
    Abandoned,
    Answered,
    CallerArrived,
    Connected,
    Dialled,
    Event,
    Talked,
    Unanswered,
    WrappedUp,
)
from ivr.campaigns.pacing.pacer import Pacer, Standing, one_each
from ivr.campaigns.pacing.sharing import Demand, Part, borne, left_to_others, standing_of
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


class Seats:
    """Agents, and the floors that they sit on: of one campaign, or of several that share them."""

    def __init__(self, agents: int) -> None:
        self.agents = self.free = agents
        self.floors: list[Floor] = []
        self._names = frozenset(map(str, range(agents)))

    def seat(self) -> None:
        """Who waits gets who is free: callers first, and whoever has waited longest."""
        while self.free > 0:
            lines = [one.callers for one in self.floors if one.callers]
            lines = lines or [one.waiting for one in self.floors if one.waiting]
            if not lines:
                return
            line = min(lines, key=lambda one: one[0].since)
            next(one for one in self.floors if line is one.callers or line is one.waiting).talk(
                line.popleft()
            )

    def standing(self, floor: Floor) -> Standing:
        """As the dialler counts it: each campaign has a queue, and all of these agents serve it."""
        demands = {
            str(n): Demand(
                free=self.free,
                agents=self._names,
                ringing=one.ringing,
                waiting=len(one.waiting),
                callers=len(one.callers),
            )
            for n, one in enumerate(self.floors)
        }
        return standing_of(str(self.floors.index(floor)), demands, mine=floor.ringing)

    def room(self, floor: Floor, now: datetime) -> int:
        """How many calls that campaign begins, with what the others on these agents can bear."""
        ours = self.standing(floor)
        most = floor.to_dial(now, ours)
        for one in self.floors:
            if one is not floor:
                theirs = one.ringing + len(one.waiting)
                bears = borne(one.abandons, now, self.standing(one), theirs)
                most = min(most, max(bears, one_each(ours)))
        others = [self._part(one, now) for one in self.floors if one is not floor]
        left = left_to_others(self._part(floor, now), others)
        return most if left is None else max(0, min(most, one_each(ours) - left))

    def _part(self, floor: Floor, now: datetime) -> Part:
        return Part(self._names, floor.talks, wants=floor.wants(now))


class Floor:
    """Where the calls of one campaign meet agents."""

    def __init__(
        self,
        population: Population,
        *,
        seats: Seats,
        pacer: Pacer,
        abandons: Abandons,
        calls: CallList,
        people: People,
        time: VirtualTime,
    ) -> None:
        self._population, self._pacer, self._list = population, pacer, calls
        self._people, self._time = people, time
        self._seats, self.abandons = seats, abandons
        self._agents = 0 if seats.floors else seats.agents
        """Whose time is counted here: the first campaign's of those that share them."""
        # Whoever is asked first after an agent has come free gets them: each is, in turn.
        self._behind = _TICK * len(seats.floors) / (len(seats.floors) + 1)
        seats.floors.append(self)
        self.ringing = self.talks = 0
        self.waiting: deque[_Call] = deque()
        self.callers: deque[_Call] = deque()
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
        if self._behind:
            self._time.at(self._time.now + self._behind, self._tick)
        else:
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
        most = int(self._population.calls_per_second * _TICK)
        for _ in range(min(self._seats.room(self, now), most)):
            callee = self._list.next(now)
            if callee is None:
                break
            self._dial(callee, now)

    def _dial(self, callee: Callee, now: datetime) -> None:
        fate = self._people.fate(callee.minute(now), self._passed)
        call = _Call(self._next_id(), callee, fate.end)
        self.ringing += 1
        self.figures.dialled.append(self._time.now)
        self.figures.at(self._time.now).dialled += 1
        self._observe(Dialled(call=call.id, at=now))
        self._time.at(self._time.now + fate.after, self._ended, call)

    def _ended(self, call: _Call) -> None:
        self.ringing -= 1
        now = self._moment()
        match call.end:
            case "live" | "taken_for_live":
                self._live(call, now)
            case "machine":
                self._observe(Answered(call=call.id, at=now, live=False))
                self._over(call, "machine")
            case other:
                self._observe(Unanswered(call=call.id, at=now))
                self._over(call, str(other))

    def _live(self, call: _Call, now: datetime) -> None:
        self._observe(Answered(call=call.id, at=now))
        self.figures.live.append(self._time.now)
        self.figures.at(self._time.now).live += 1
        call.since = self._time.now
        self.waiting.append(call)
        self._seats.seat()
        if call in self.waiting:
            self._time.at(self._time.now + self._population.threshold, self._give_up, call)

    def _give_up(self, call: _Call) -> None:
        if call not in self.waiting:
            return
        self.waiting.remove(call)
        self.figures.abandoned.append(self._time.now)
        self.figures.at(self._time.now).abandoned += 1
        self._observe(Abandoned(call=call.id, at=self._moment()))
        self._over(call, "dropped")

    def _caller(self) -> None:
        if self._time.now >= self._shift_ends:
            return
        self._observe(CallerArrived(at=self._moment()))
        self.callers.append(_Call(self._next_id(), None, since=self._time.now))
        self._seats.seat()
        self._time.at(self._time.now + self._people.until_next_caller(), self._caller)

    def to_dial(self, now: datetime, standing: Standing) -> int:
        """What its pacer says."""
        return self._pacer.to_dial(now, standing)

    def wants(self, now: datetime) -> bool:
        """Whether there is somebody to call."""
        return self._time.now < self._shift_ends and self._list.any(now)

    def _observe(self, event: Event) -> None:
        self._pacer.observe(event)
        self.abandons.observe(event)

    def talk(self, call: _Call) -> None:
        """An agent has taken it."""
        if call.callee is None:
            self.figures.callers_waited.append(self._time.now - call.since)
        self._seats.free -= 1
        self.talks += call.callee is not None
        self._observe(Connected(call=call.id, at=self._moment()))
        real = call.end != "taken_for_live"
        talk = self._people.talk(self._passed) if real else self._population.machines.talk
        wrap_up = self._people.wrap_up()
        now = self._time.now
        self.figures.busy(now, min(now + talk + wrap_up, max(self._shift_ends, now)))
        self._time.at(now + talk, self._talked, call)
        self._time.at(now + talk + wrap_up, self._wrapped_up, call)

    def _talked(self, call: _Call) -> None:
        self._observe(Talked(call=call.id, at=self._moment()))
        self.talks -= call.callee is not None
        self._over(call, "live" if call.end == "live" else "machine")

    def _wrapped_up(self, call: _Call) -> None:
        self._observe(WrappedUp(call=call.id, at=self._moment()))
        self._seats.free += 1
        self._seats.seat()

    def _over(self, call: _Call, end: str) -> None:
        if call.callee is None:
            return
        self.figures.ends[end] += 1
        refuses = end == "live" and self._people.refuses()
        self._list.ended(call.callee, self._moment(), end, refuses=refuses)
