"""How many calls may be begun now: what the trunk carries, and what the agents can take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from data.trunks import MOST_FAILURES
from ivr.campaigns.dialling.agents import AgentPacing
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.plan import Plan
from ivr.campaigns.dialling.results import OUR_SIDE
from ivr.campaigns.dialling.retrying import OUR_PAUSE
from ivr.campaigns.dialling.stores import Stores

log = structlog.get_logger(__name__)

OF_ALL_AGENTS = "*"
"""The turn: one for all queues, as an agent may serve several of them."""
TURN = timedelta(seconds=10)
"""How long a server may decide for a queue's agents; it needs milliseconds, and gives the turn back."""
MOST_UNKNOWN = 10
"""Calls of a trunk in a row that come to a number that there is not. Where three of ten numbers are none
that happens once in 170,000 calls."""
AHEAD = 1.0
"""Seconds of a trunk's pace that are begun at a time: the rest can still be stopped."""


@dataclass
class Capacity:
    """For all campaigns of a server."""

    stores: Stores
    now: Callable[[], datetime]
    agents: AgentPacing | None = None
    """Where nobody looks at agents, campaigns that need them are not dialled."""
    _at_work: tuple[Plan, ...] = ()
    _starting: Counter[str] = field(default_factory=Counter)
    """By trunk: people who were claimed here, and whose attempt is not on record yet."""

    @contextmanager
    def turn(self, plan: Plan, owner: str) -> Iterator[bool]:
        """Whether this server may decide now how many are called; it may, where no agents are needed."""
        if not plan.agents_of:
            yield True
            return
        mine = self.stores.pacing_turns.take(OF_ALL_AGENTS, owner, at=self.now(), lease=TURN)
        try:
            yield mine
        finally:
            if mine:
                self.stores.pacing_turns.give_back(OF_ALL_AGENTS, owner)

    def for_campaign(self, plan: Plan) -> int:
        """How many people may be claimed for it now."""
        lines = self.lines(plan)
        if not lines:
            self.cannot_use(plan)
        return min(lines, self._for_agents(plan)) if lines else 0

    def cannot_use(self, plan: Plan) -> None:
        """It has no line, or nobody to call: no agents are kept for it."""
        if self.agents is not None and plan.agents_of:
            self.agents.cannot_use(plan)

    def lines(self, plan: Plan) -> int:
        """How many calls its trunk takes now."""
        trunk = plan.trunk
        if self.stores.trunks.rests_until(trunk.name, at=self.now()) is not None:
            return 0
        starting = self._starting[trunk.name]
        if self.stores.trunks.failures(trunk.name) >= MOST_FAILURES:  # one finds out
            return max(0, 1 - starting)
        free = trunk.channels - self.stores.trunks.under_way(trunk.name) - starting
        pace = max(1, int(trunk.calls_per_second * AHEAD)) - starting
        return max(0, min(free, pace))

    def at_work(self, plans: Sequence[Plan]) -> None:
        """These campaigns are dialled now."""
        self._at_work = tuple(plans)

    def _for_agents(self, plan: Plan) -> int:
        """How many people the agents can take; where none are needed, as many as there are lines."""
        if plan.file.mode == "automated":
            return plan.trunk.channels
        if self.agents is None:
            return 0
        together = [one for one in self._at_work if one.agents_of or one.file.queue == plan.file.queue]
        return self.agents.to_dial(plan, together)

    def begins(self, plan: Plan) -> None:
        """Somebody was claimed, and is about to be called."""
        self._starting[plan.trunk.name] += 1

    def begun(self, plan: Plan) -> None:
        """The attempt is on record, or is not made."""
        self._starting[plan.trunk.name] -= 1

    def believed(self, plan: Plan, ending: Ending) -> Ending:
        """`trunk` in place of `invalid`, where the trunk has known no number for `MOST_UNKNOWN` calls in a
        row, or is ill already: else a wrong prefix would retire the whole list in minutes. Nobody
        has lost anything by these calls."""
        name, trunks = plan.trunk.name, self.stores.trunks
        if ending.result != "invalid":
            return ending
        if trunks.failures(name) < MOST_FAILURES:
            row = trunks.unknown_in_a_row(name, at=self.now())
            if len(row) < MOST_UNKNOWN:
                return ending
            trunks.not_the_numbers(row, due_at=self.now() + OUR_PAUSE)
            for _ in range(MOST_FAILURES):  # it is ill from here on, until it knows a number
                self.refused(plan)
            log.error("trunk_knows_no_number", trunk=name, cause=ending.cause, calls=len(row))
        return replace(ending, result="trunk")

    def ended(self, plan: Plan, ending: Ending) -> bool:
        """A call is over. False: it has only told that a trunk which was ill before still is."""
        name = plan.trunk.name
        if ending.result not in OUR_SIDE:
            self.stores.trunks.took(name)
            return True
        self.refused(plan)
        return self.stores.trunks.failures(name) <= MOST_FAILURES

    def refused(self, plan: Plan) -> None:
        """The trunk, or the switch, did not take a call."""
        name = plan.trunk.name
        if self.stores.trunks.refused(name, at=self.now()):
            log.warning("trunk_rests", trunk=name)
