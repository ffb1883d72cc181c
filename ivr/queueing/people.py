"""What the server knows of its queues while callers wait: how they stand, and how long it will take.

Rules:
1. Figures come from the switch on which the caller waits, by the caller's own connection, and are asked for
   at most once in `FRESH` seconds for each queue, however many wait.
2. A queue that cannot be asked stands as nothing: nothing is told, and no overflow is judged.
3. Whoever keeps a place and is called back is ahead of all who came later, as if they held the line.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from dialogs.queue_facts import BEYOND, QueueFacts
from esl.call_centre import AgentRow, CallCentre, MemberRow
from esl.errors import CommandRefusedError, WireError
from ivr.queueing.foretelling import Foreteller, Foretold, ahead_of
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.sync import in_domain

log = structlog.get_logger(__name__)

FRESH = 1.0
"""Seconds that a look at a queue is good for."""
LATEST = 50
"""Calls by which it is said how many are in time."""


@dataclass(frozen=True)
class Look:
    """A queue at one moment."""

    at: float
    members: tuple[MemberRow, ...]
    agents: tuple[AgentRow, ...]


@dataclass(frozen=True)
class Standing:
    """How a queue stands for one caller."""

    facts: QueueFacts
    foretold: Foretold


@dataclass
class _Known:
    foreteller: Foreteller
    look: Look | None = None
    in_time: deque[bool] = field(default_factory=lambda: deque(maxlen=LATEST))


Kept = Callable[[str, Collection[str]], Sequence[float]]
"""The scores of those who keep a place in a queue, without holding the line on one of these legs."""


class People:
    """The queues of one server."""

    def __init__(
        self,
        plan: Plan,
        *,
        now: Callable[[], float],
        local: Callable[[], datetime],
        kept: Kept = lambda _queue, _legs: (),
    ) -> None:
        """`now`: seconds of the calls' clock; `local`: the site's time; `kept`: by default, nobody."""
        self.plan = plan
        self._kept = kept
        self._now = now
        self._local = local
        self._known: dict[str, _Known] = {}

    def queue(self, name: str, language: str) -> QueuePlan:
        """The queue in which somebody waits for whom a flow names that one."""
        return self.plan.queue(self.plan.queue_for(name, language))

    def closed(self, queue: QueuePlan) -> bool:
        """Whether nobody is there now, by its hours."""
        return queue.at(self._local()) != "open"

    def standing(
        self, queue: QueuePlan, centre: CallCentre, *, leg: str, ahead_by: float, waited: float
    ) -> Standing | None:
        """How the queue stands for the leg, which has waited so long and is `ahead_by` seconds ahead;
        `None`: it cannot be asked."""
        try:
            look = self._look(queue.name, centre)
        except (CommandRefusedError, WireError) as fault:
            log.warning("queue_not_seen", queue=queue.name, reason=str(fault))
            return None
        known = self._of(queue)
        others = [one.score for one in look.members if one.waits and one.session != leg]
        kept = self._kept(queue.name, {one.session for one in look.members})
        # At equal scores the one on the line goes first (`ivr.queueing.turns`).
        ahead = ahead_of(waited + ahead_by, others) + sum(one > waited + ahead_by for one in kept)
        agents = [one for one in look.agents if one.logged_in]
        free = sum(one.free for one in agents)
        known.foreteller.count(look.agents)
        foretold = known.foreteller.foretell(ahead, len(agents), free, now=self._now())
        in_time = known.in_time
        facts = QueueFacts(
            length=len(others) + 1,
            position=ahead + 1,
            wait=min(int(foretold.wait.mean), BEYOND) if agents else BEYOND,
            waited=int(waited),
            agents=len(agents),
            free=free,
            on_time=round(100 * sum(in_time) / len(in_time)) if in_time else 100,
        )
        return Standing(facts, foretold)

    def answered(self, queue: QueuePlan, first: Standing | None, waited: float) -> None:
        """Somebody was answered after so many seconds; `first`: what was foretold as they came."""
        known = self._of(queue)
        known.in_time.append(waited <= queue.written.service_level.within)
        if first is not None:
            known.foreteller.waited(first.foretold, waited, now=self._now())

    def lost(self, queue: QueuePlan, waited: float) -> None:
        """Somebody left without an answer: late, if the promise's time was over by then."""
        if waited > queue.written.service_level.within:
            self._of(queue).in_time.append(False)

    def _look(self, name: str, centre: CallCentre) -> Look:
        known, now = self._of(self.plan.queue(name)), self._now()
        if known.look is None or now - known.look.at >= FRESH:
            members = tuple(centre.members(in_domain(name)))
            known.look = Look(now, members, tuple(centre.people(in_domain(name))))
        return known.look

    def _of(self, queue: QueuePlan) -> _Known:
        known = self._known.get(queue.name)
        if known is None:
            known = _Known(Foreteller(float(queue.written.handling_time)))
            self._known[queue.name] = known
        return known
