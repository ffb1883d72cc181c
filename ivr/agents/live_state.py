"""How the queues and the agents stand now: what supervisors look at, and what alerts are judged by.

Rules:
1. Who waits and who talks is the switch's word; who is there and why not is the database's.
2. What cannot be known is `None`, and never 0.
3. The service level is of the local day: answered in time, of all who were answered or left late.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from data.records import Contact, Presence, QueueDay
from data.store import Store
from esl.call_centre import AgentRow, CallCentre, MemberRow
from ivr.agents.roster import Roster
from ivr.queueing.foretelling import Foreteller, likely
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.sync import in_domain


@dataclass(frozen=True)
class Waiting:
    """Somebody in a queue."""

    leg: str
    seconds: int
    score: int
    state: str


@dataclass(frozen=True)
class QueueState:
    """One queue now."""

    queue: str
    open: bool
    waiting: int
    longest_wait: int
    """Seconds; 0: nobody waits."""
    expected_wait: tuple[float, float] | None
    """Of whoever would come now, as a range in seconds; `None`: it cannot be told."""
    agents: int
    """Logged in."""
    free: int
    busy: int
    paused: int
    today: QueueDay
    callers: tuple[Waiting, ...]


@dataclass(frozen=True)
class AgentLive:
    """One agent now."""

    agent: str
    name: str
    state: str
    """in, paused, out."""
    reason: str
    since: datetime | None
    doing: str
    """free, ringing, talking, wrap_up; empty: nothing, or the switch does not know them."""
    queue: str
    """Of the contact in hand."""
    answered: int
    missed: int
    contact: str
    on_switch: bool


class LiveState:
    """Of one switch. Every method blocks for as long as the switch and the database take."""

    def __init__(
        self,
        store: Store,
        plan: Plan,
        roster: Roster,
        centre: CallCentre,
        *,
        now: Callable[[], datetime],
        zone: ZoneInfo,
    ) -> None:
        self._store, self._plan, self._roster, self._centre = store, plan, roster, centre
        self._now, self._zone = now, zone

    @property
    def names(self) -> tuple[str, ...]:
        """Every declared queue's."""
        return tuple(self._plan.queues)

    def queues(self) -> tuple[QueueState, ...]:
        """Every declared queue. Raises `EslError`, `DataError`."""
        paused = self._paused()
        return tuple(self._queue(queue, paused) for queue in self._plan.queues.values())

    def agents(self) -> tuple[AgentLive, ...]:
        """Every declared agent. Raises `EslError`, `DataError`."""
        rows = self._centre.agents()
        return agents_now(self._store, self._roster, rows, now=self._now(), zone=self._zone)

    def midnight(self) -> datetime:
        """When the local day began, in UTC."""
        return _midnight(self._now(), self._zone)

    def _paused(self) -> frozenset[str]:
        presences = self._store.agents.presences().values()
        return frozenset(one.agent for one in presences if one.state == "paused")

    def _queue(self, queue: QueuePlan, paused: frozenset[str]) -> QueueState:
        now = self._now()
        members = [one for one in self._centre.members(in_domain(queue.name)) if one.waits]
        people = self._centre.people(in_domain(queue.name))
        there = [one for one in people if one.logged_in]
        free = [one for one in there if one.free and not _wraps_up(one, now)]
        within = queue.written.service_level.within
        return QueueState(
            queue=queue.name,
            open=queue.at(now.astimezone(self._zone)) == "open",
            waiting=len(members),
            longest_wait=max((_waited(one, now) for one in members), default=0),
            expected_wait=self._expected(queue, len(members), there, len(free)),
            agents=len(there),
            free=len(free),
            busy=len(there) - len(free),
            paused=sum(one.name.partition("@")[0] in paused for one in people),
            today=self._store.queue_visits.queue_day(queue.name, since=self.midnight(), within=within),
            callers=tuple(
                Waiting(one.session, _waited(one, now), one.score, one.state)
                for one in sorted(members, key=lambda one: -one.score)
            ),
        )

    def _expected(
        self, queue: QueuePlan, ahead: int, there: list[AgentRow], free: int
    ) -> tuple[float, float] | None:
        if not there:
            return None
        foreteller = Foreteller(float(queue.written.handling_time))
        foreteller.count(there)
        return likely(foreteller.foretell(ahead, len(there), free, now=self._now().timestamp()).wait)


def agents_now(
    store: Store, roster: Roster, rows: Mapping[str, AgentRow], *, now: datetime, zone: ZoneInfo
) -> tuple[AgentLive, ...]:
    """Every declared agent; `rows`: the switch's table, empty where there is none. Raises `DataError`."""
    presences = store.agents.presences()
    in_hand = {one.agent: one for one in store.agents.all_in_hand()}
    counts = store.queue_visits.counts(since=_midnight(now, zone))
    return tuple(
        _agent(
            roster,
            agent,
            rows.get(in_domain(agent)),
            presences.get(agent),
            in_hand.get(agent),
            counts.get(agent, (0, 0)),
            now,
        )
        for agent in sorted(roster.agents)
    )


def _agent(
    roster: Roster,
    agent: str,
    row: AgentRow | None,
    presence: Presence | None,
    contact: Contact | None,
    counts: tuple[int, int],
    now: datetime,
) -> AgentLive:
    answered, missed = counts
    telephone = presence.telephone if presence else ""
    return AgentLive(
        agent=agent,
        name=roster.agents[agent].name,
        state=presence.state if presence else "out",
        reason=presence.reason if presence else "",
        since=presence.since if presence else None,
        doing=_doing(row, contact, now),
        queue=contact.queue if contact else "",
        answered=answered,
        missed=missed,
        contact=roster.contact(agent, telephone),
        on_switch=row is not None,
    )


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the local day began, in UTC."""
    local = now.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _doing(row: AgentRow | None, contact: Contact | None, now: datetime) -> str:
    if row is None:
        return ""
    if row.state == "In a queue call":
        return "talking"
    if contact is not None and contact.ended_at is not None:
        return "wrap_up"
    if row.state == "Receiving":
        return "ringing"
    if row.logged_in:
        return "wrap_up" if row.state == "Reserved" or _wraps_up(row, now) else "free"
    return ""


def _wraps_up(row: AgentRow, now: datetime) -> bool:
    return now.timestamp() < max(row.last_bridge_end + row.wrap_up, row.ready_time)


def _waited(member: MemberRow, now: datetime) -> int:
    return max(int(now.timestamp()) - member.joined, 0)


def as_record(states: tuple[QueueState, ...]) -> Mapping[str, object]:
    """What programs are told of the queues."""
    return {
        one.queue: {
            "open": one.open,
            "waiting": one.waiting,
            "longest_wait": one.longest_wait,
            "expected_wait": None if one.expected_wait is None else [round(end) for end in one.expected_wait],
            "agents": one.agents,
            "free": one.free,
            "busy": one.busy,
            "paused": one.paused,
            "offered_today": one.today.offered,
            "answered_today": one.today.answered,
            "lost_today": one.today.lost,
            "service_level_today": one.today.service_level,
            "callers": [
                {"leg": caller.leg, "seconds": caller.seconds, "state": caller.state}
                for caller in one.callers
            ],
        }
        for one in states
    }
