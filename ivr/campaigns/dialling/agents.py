"""How many people are called for the agents of a queue: what is counted, what was observed, and the pacer.

Rules:
1. One server decides at a time, with the turn of all agents (`data.pacing_turns`), and claims by it. So what
   it counted holds until it has claimed, also where an agent serves two queues.
2. Counted over all servers: the switch knows who is free and who waits, the database who was claimed, what
   rings and what waits for an agent. First the calls, then the agents: whoever is put through in between
   leaves too few agents, never too many. All campaigns of a queue share its agents,
   and whoever serves several queues is counted once (`pacing.sharing`).
3. Observed over all servers, from the database (`happened`): the cap on abandoned calls is one for all, and
   survives a restart. A call beyond the free agents is begun only if no campaign of the queue could break its
   cap by it, whichever call the agents are given to.
4. Inbound callers come first (`Blended`): while one waits nobody is dialled, and agents are kept for those
   who will call soon.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from data.dial_attempts import DialAttempts
from data.records.dialling import Attempt
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.written import Rule
from ivr.campaigns.dialling.happened import Happened
from ivr.campaigns.dialling.plan import Plan
from ivr.campaigns.pacing.abandons import AbandonCap, Abandons
from ivr.campaigns.pacing.blended import Blended
from ivr.campaigns.pacing.events import CallerArrived, Event
from ivr.campaigns.pacing.of_rules import cap_of
from ivr.campaigns.pacing.pacer import Pacer, Progressive, Standing, one_each
from ivr.campaigns.pacing.predictive import Predictive
from ivr.campaigns.pacing.sharing import Arriving, Demand, Part, borne, left_to_others, standing_of

LONGEST_READ = timedelta(days=400)
ASKED_AGAIN = timedelta(seconds=10)
"""For so long nothing is kept for a campaign that could not use what there was."""


@dataclass(frozen=True)
class QueueView:
    """A queue as the switch sees it now."""

    free: int = 0
    """Agents who would be offered somebody now."""
    callers: frozenset[str] = frozenset()
    """Legs that wait in it, and were not dialled by campaigns."""
    agents: frozenset[str] = frozenset()
    """Who serves it and is logged in."""
    beside: Mapping[str, QueueView] = field(default_factory=dict)
    """Other queues that some of these agents serve, by name."""


class Floor(Protocol):
    """Who looks at queues."""

    def view(self, queue: str, ours: Collection[str]) -> QueueView:
        """The queue now; nobody is free where it cannot be asked. `ours`: legs of campaigns' calls."""


@dataclass
class _Known:
    """What is known of a campaign."""

    pacer: Pacer
    abandons: Abandons
    happened: Happened

    def observe(self, event: Event) -> None:
        self.pacer.observe(event)
        self.abandons.observe(event)


@dataclass
class AgentPacing:
    """The pacers of campaigns that need agents."""

    attempts: DialAttempts
    floor: Floor
    rulebook: Rulebook
    now: Callable[[], datetime]
    zone: ZoneInfo
    """The company's, whose days count."""
    _known: dict[tuple[UUID, str], _Known] = field(default_factory=dict)
    _arriving: Arriving = field(default_factory=Arriving)
    _sated: dict[UUID, datetime] = field(default_factory=dict)
    """Campaigns that cannot use agents, and until when that is believed."""
    _callers: dict[str, frozenset[str]] = field(default_factory=dict)
    """By queue: who was seen waiting there the last time."""

    def to_dial(self, plan: Plan, at_work: Sequence[Plan]) -> int:
        """How many people may be called now; to be asked with the turn. `at_work`: all campaigns at work that
        agents are needed for."""
        queue = plan.file.queue
        assert queue is not None, "checked where the campaign is read"
        plans = {one.running.id: one for one in (*at_work, plan)}
        claimed, calls = self.attempts.for_agents([one.running.sample_id for one in plans.values()])
        view = self.floor.view(queue, {str(call.id) for call in calls})
        without = [call for call in calls if not call.agent]
        demands = {
            name: _demand(name, seen, without, _claimed(name, plans.values(), claimed))
            for name, seen in {queue: view, **view.beside}.items()
        }
        now = self.now()
        everybody = {key: self._of(one) for key, one in plans.items() if one.file.queue in demands}
        self._tell_callers({queue: view, **view.beside}, plans, everybody, demands)
        for one in everybody.values():
            for event in one.happened.news(self.attempts, now=now):
                one.observe(event)

        def standing(of: UUID) -> Standing:
            mine = sum(1 for call in without if call.campaign_id == of and call.answered_at is None)
            return standing_of(plans[of].file.queue or queue, demands, mine=mine)

        ours = standing(plan.running.id)
        most = everybody[plan.running.id].pacer.to_dial(now, ours)
        for campaign, one in everybody.items():
            if campaign != plan.running.id:
                theirs = sum(1 for call in without if call.campaign_id == campaign)
                bears = borne(one.abandons, now, standing(campaign), theirs)
                most = min(most, max(bears, one_each(ours)))
        parts = {
            key: self._part(one, demands, calls) for key, one in plans.items() if one.file.queue in demands
        }
        mine = parts.pop(plan.running.id)
        left = left_to_others(mine, list(parts.values()))
        return most if left is None else max(0, min(most, one_each(ours) - left))

    def _part(self, plan: Plan, demands: Mapping[str, Demand], calls: Sequence[Attempt]) -> Part:
        talks = sum(1 for call in calls if call.agent and call.campaign_id == plan.running.id)
        wants = self._sated.get(plan.running.id, self.now()) <= self.now()
        return Part(demands[plan.file.queue or ""].agents, talks, wants=wants)

    def cannot_use(self, plan: Plan) -> None:
        """It has nobody to call now, or no line: nothing is kept for it for a while."""
        self._sated[plan.running.id] = self.now() + ASKED_AGAIN

    def _tell_callers(
        self,
        views: Mapping[str, QueueView],
        plans: Mapping[UUID, Plan],
        everybody: Mapping[UUID, _Known],
        demands: Mapping[str, Demand],
    ) -> None:
        """New callers of a queue to its campaigns, and their part to those that share its agents."""
        for name, seen in views.items():
            new = len(seen.callers - self._callers.get(name, frozenset()))
            self._callers[name] = seen.callers
            for campaign, one in everybody.items():
                here = plans[campaign].file.queue
                theirs = new
                if here is not None and here != name:
                    theirs = self._arriving.come((campaign, name), new, demands[here], demands[name])
                for _ in range(theirs):
                    one.pacer.observe(CallerArrived(at=self.now()))

    def counted(self, campaign: UUID) -> list[tuple[int, int]]:
        """In each window of a campaign's cap: what it counts of, and how many were abandoned."""
        at = self.now().timestamp()
        return [
            pair for key, one in self._known.items() if key[0] == campaign for pair in one.abandons.shares(at)
        ]

    def wait_of(self, plan: Plan) -> float:
        """Seconds within which an agent must be there: the campaign's, or those of a stricter rule. Where the
        flow alone talks, a rule's for whoever has asked for a person; 0: none has any."""
        rules = self._rules(plan)
        found = [float(rule.max_wait_s) for rule in rules if rule.max_wait_s is not None]
        if plan.agents_of:
            found += [rule.abandon.threshold_s for rule in rules if rule.abandon is not None]
            found.append(plan.file.agent_within)
        return min(found, default=0.0)

    def _of(self, plan: Plan) -> _Known:
        key = plan.running.id, plan.file.mode
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(plan)
        return known

    def _made(self, plan: Plan) -> _Known:
        cap = self.cap_of(plan)
        mode: Pacer = Predictive(cap, zone=self.zone) if plan.file.mode == "predictive" else Progressive()
        known = _Known(Blended(mode), Abandons(cap, zone=self.zone), Happened(plan.running.id))
        now = self.now()
        # Windows of several days follow each other from the campaign's first one.
        since = now - (cap.window if cap.window <= timedelta(days=1) else LONGEST_READ)
        for event in known.happened.before(self.attempts, since=since, now=now):
            known.observe(event)
        return known

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


def _claimed(queue: str, plans: Iterable[Plan], claimed: Mapping[UUID, int]) -> int:
    return sum(claimed.get(one.running.sample_id, 0) for one in plans if one.file.queue == queue)


def _demand(queue: str, seen: QueueView, without: Sequence[Attempt], claimed: int) -> Demand:
    """`without`: calls that have no agent."""
    theirs = [call for call in without if call.queue == queue]
    waiting = sum(1 for call in theirs if call.answered_at is not None)
    return Demand(
        free=seen.free,
        agents=seen.agents,
        ringing=claimed + len(theirs) - waiting,
        waiting=waiting,
        callers=len(seen.callers),
    )
