"""How many people are called for the agents of a queue: what is counted, what was observed, and the pacer.

Rules:
1. Counted over all servers: the switch knows who is free and who waits, the database what rings and what
   waits for an agent. All campaigns of a queue share its agents.
2. Observed by this server, and at its start read back from the database for as long as the rule's window: the
   cap on abandoned calls survives a restart. Each server keeps it for its own calls; two that see the same
   free agents in the same instant may call for them twice (docs/campaigns.md).
3. Inbound callers come first (`Blended`): while one waits nobody is dialled, and agents are kept for those
   who will call soon.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from data.dial_attempts import DialAttempts
from data.records.dialling import Attempt
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Rule
from ivr.campaigns.dialling.plan import Plan
from ivr.campaigns.pacing.abandons import AbandonCap
from ivr.campaigns.pacing.blended import Blended
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
from ivr.campaigns.pacing.of_rules import cap_of
from ivr.campaigns.pacing.pacer import Pacer, Progressive, Standing
from ivr.campaigns.pacing.predictive import Predictive

LONGEST_READ = timedelta(days=30)


@dataclass(frozen=True)
class QueueView:
    """A queue as the switch sees it now."""

    free: int = 0
    """Agents who would be offered somebody now."""
    callers: frozenset[str] = frozenset()
    """Legs that wait in it, and were not dialled by campaigns."""


class Floor(Protocol):
    """Who looks at queues."""

    def view(self, queue: str, ours: Collection[str]) -> QueueView:
        """The queue now; nobody is free where it cannot be asked. `ours`: legs of campaigns' calls."""


@dataclass
class AgentPacing:
    """The pacers of this server's campaigns that need agents."""

    attempts: DialAttempts
    floor: Floor
    rulebook: Rulebook
    now: Callable[[], datetime]
    zone: ZoneInfo
    """The company's, whose days count."""
    _pacers: dict[UUID, Pacer] = field(default_factory=dict)
    _callers: dict[str, frozenset[str]] = field(default_factory=dict)
    """By queue: who was seen waiting there the last time."""

    def to_dial(self, plan: Plan, on_the_queue: Sequence[Plan]) -> int:
        """How many people may be called now. `on_the_queue`: all campaigns at work for its agents."""
        queue = plan.file.queue
        assert queue is not None, "checked where the campaign is read"
        pacer = self._pacer(plan)
        calls = [call for one in on_the_queue for call in self.attempts.under_way(one.running.sample_id)]
        view = self.floor.view(queue, {str(call.id) for call in calls})
        now = self.now()
        for _ in view.callers - self._callers.get(queue, frozenset()):
            pacer.observe(CallerArrived(at=now))
        self._callers[queue] = view.callers
        standing = Standing(
            free_agents=view.free,
            ringing=sum(1 for call in calls if call.answered_at is None),
            waiting=sum(1 for call in calls if call.answered_at is not None and not call.agent),
            callers_waiting=len(view.callers),
        )
        return pacer.to_dial(now, standing)

    def observe(self, plan: Plan, event: Event) -> None:
        """What happened to a call of this server."""
        if plan.file.mode != "automated":
            self._pacer(plan).observe(event)

    def wait_of(self, plan: Plan) -> float:
        """Seconds within which an agent must be there: the campaign's, or those of a stricter rule."""
        found = [rule.abandon.threshold_s for rule in self._rules(plan) if rule.abandon is not None]
        return min([plan.file.agent_within, *found])

    def _pacer(self, plan: Plan) -> Pacer:
        known = self._pacers.get(plan.running.id)
        if known is None:
            known = self._pacers[plan.running.id] = self._made(plan)
        return known

    def _made(self, plan: Plan) -> Pacer:
        if plan.file.mode != "predictive":
            return Blended(Progressive())
        cap = self.cap_of(plan)
        pacer = Blended(Predictive(cap, zone=self.zone))
        since = self.now() - min(cap.window, LONGEST_READ)
        for event in retold(self.attempts.since(plan.running.id, since=since)):
            pacer.observe(event)
        return pacer

    def cap_of(self, plan: Plan) -> AbandonCap:
        """The strictest cap of the rules in force."""
        return cap_of(self._rules(plan))

    def _rules(self, plan: Plan) -> list[Rule]:
        today = self.now().astimezone(self.zone).date()
        return [
            rule
            for country in plan.file.countries
            for rule in self.rulebook.holding(country, plan.file.purpose, plan.actor, "call", (today,))
        ]


def retold(attempts: Sequence[Attempt]) -> list[Event]:
    """What happened, as it was told when it did; of talks only that they were."""
    told: list[Event] = []
    for one in attempts:
        told.append(Dialled(call=one.id, at=one.dialled_at))
        if one.ended_at is None:
            continue
        if one.answered_at is None:
            told.append(Unanswered(call=one.id, at=one.ended_at))
            continue
        told.append(Answered(call=one.id, at=one.answered_at, live=one.result != "machine"))
        if one.result == "abandoned":
            told.append(Abandoned(call=one.id, at=one.ended_at))
        elif one.agent:
            told.append(Connected(call=one.id, at=one.answered_at))
            told.append(Talked(call=one.id, at=one.ended_at))
            told.append(WrappedUp(call=one.id, at=one.ended_at))
    return sorted(told, key=lambda event: event.at)
