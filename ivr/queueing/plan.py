"""The queues as declared: who serves which, at which level, and what callers are promised. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dialogs.calendars import Calendar, State
from ivr.queueing.written import AgentFile, QueueFile

OWN = 0
"""The level of those who serve a queue first; helpers have 1 and up (`esl.freeswitch.configuration`)."""

_DEFAULTS = QueueFile()


@dataclass(frozen=True)
class QueuePlan:
    """One queue."""

    name: str
    written: QueueFile = _DEFAULTS
    calendar: Calendar | None = None
    """`None`: always open."""

    def at(self, moment: datetime) -> State:
        """Whether its people are there, by the calendar."""
        return "open" if self.calendar is None else self.calendar.at(moment)

    def base_score(self, segment: str, otherwise: int) -> int:
        """Seconds that a caller is ahead: as this queue says for their segment, else `otherwise`."""
        return self.written.priority.get(segment, otherwise)


@dataclass(frozen=True)
class Tier:
    """That somebody serves a queue."""

    queue: str
    agent: str
    level: int
    position: int = 1


@dataclass(frozen=True)
class Plan:
    """All of `queues.yaml`."""

    queues: Mapping[str, QueuePlan] = field(default_factory=dict)
    agents: Mapping[str, AgentFile] = field(default_factory=dict)
    placed: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(queue, agent) → level and position, where somebody has written them down."""
    besides: frozenset[str] = frozenset()
    """Queues that the switch has whether or not a flow names them, such as the one of callers whose server
    was lost: nobody needs to declare them, and people may serve them."""

    @property
    def names(self) -> frozenset[str]:
        """Every queue that somebody may serve."""
        return self.besides | self.queues.keys()

    def queue(self, name: str) -> QueuePlan:
        """A queue; one that is not declared goes by the defaults."""
        return self.queues.get(name) or QueuePlan(name)

    def queue_for(self, name: str, language: str) -> str:
        """Where somebody who speaks that language waits, if a flow names that queue."""
        return {str(key): to for key, to in self.queue(name).written.in_language.items()}.get(language, name)

    def serves(self, agent: str, queue: str) -> bool:
        """Whether somebody serves a queue first: it is named, or they know and speak all that it asks for."""
        theirs, wanted = self.agents[agent], self.queue(queue).written
        if queue in theirs.queues:
            return True
        return (
            bool(wanted.skills)
            and set(wanted.skills) <= set(theirs.skills)
            and set(wanted.languages) <= set(theirs.languages)
        )

    def tiers(self) -> Iterator[Tier]:
        """Everybody who serves a queue, each queue's own people before those who help."""
        for name in (*self.queues, *sorted(self.besides - self.queues.keys())):
            queue = self.queue(name)
            own = [agent for agent in self.agents if self.serves(agent, name)]
            yield from (Tier(name, agent, *self.placed.get((name, agent), (OWN, 1))) for agent in own)
            told = set(own)
            overflow = queue.written.overflow
            for level, helper in enumerate(overflow.to if overflow else (), 1):
                for agent in self.agents:
                    if agent not in told and self.serves(agent, helper) and self._speaks(agent, name):
                        told.add(agent)
                        yield Tier(name, agent, level)

    def _speaks(self, agent: str, queue: str) -> bool:
        return set(self.queue(queue).written.languages) <= set(self.agents[agent].languages)


NO_PLAN = Plan()
