"""What happens in queues, as facts for the database: pure, but for what it remembers of the agents.

Rules:
1. Each event says something of one stay; whatever was said before stands (`data.queue_visits`).
2. Work after a talk ends when the switch says that the agent waits again, or by the agent's wrap-up time if
   that is later: mod_callcenter says so at once, and holds them back in silence.
3. What a server knows of a caller it sends to a queue travels with the leg, in `Note`: whichever server hears
   the event writes all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from data.queue_visits import Told
from data.records import LeftBy, MissedOffer, NeverTalked, VisitFacts
from esl import queue_events
from esl.call_centre import MemberRow
from esl.queue_events import QueueEvent

_REASONS: dict[str, LeftBy] = {"TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "no_agents"}
OVERFLOW = "overflow"
NO_FAULT = frozenset({"ORIGINATOR_CANCEL", "LOSE_RACE", "ORIGINATOR_CANCELLED"})
"""Causes for which the agent can do nothing: the caller had gone, or another telephone was faster."""
AT_ONCE = timedelta(seconds=2)
"""Who is gone so soon after an agent who never spoke has hung up in the whisper themselves."""
GONE_IN_WHISPER = "GONE_BEFORE_THE_CALLER"
"""Our word for an agent who answered and hung up before they were connected: the switch says SUCCESS."""


@dataclass(frozen=True)
class Note:
    """What the server knows as somebody joins a queue."""

    call_id: UUID | None = None
    position: int | None = None
    told_wait: int | None = None

    def written(self) -> str:
        """As it travels on the leg."""
        return "/".join("" if one is None else str(one) for one in vars(self).values())

    @classmethod
    def read(cls, text: str) -> Note:
        """An empty one if it is not ours: a leg can bear anything."""
        parts = text.split("/")
        if len(parts) != 3:
            return cls()
        try:
            call, position, wait = parts
            return cls(
                UUID(call) if call else None, int(position) if position else None, int(wait) if wait else None
            )
        except ValueError:
            return cls()


def plain(name: str) -> str:
    """A queue's or agent's name without the switch's domain."""
    return name.partition("@")[0]


def moment(ms: int) -> datetime:
    """Of milliseconds since the epoch."""
    return datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)


@dataclass
class VisitBook:
    """One switch's queues. `wrap_up`: seconds after a talk, by agent."""

    switch: str
    wrap_up: Callable[[str], int] = lambda _agent: 0
    _working: dict[str, VisitFacts] = field(default_factory=dict)
    """Agent → the stay after which they have work to do."""
    _brought: dict[str, str] = field(default_factory=dict)
    """Member → agent: who has answered for somebody who is still there."""
    _unmet: dict[str, MissedOffer] = field(default_factory=dict)
    """By member: an agent who was gone before they were connected, until it is known whose doing that was."""

    def facts(self, event: QueueEvent) -> list[Told]:
        """What is known by that event."""
        return [*self._settled(event), *self._facts(event)]

    def _facts(self, event: QueueEvent) -> list[Told]:
        if isinstance(event, queue_events.AgentState):
            return self._waits_again(plain(event.agent), event.at) if event.state == "Waiting" else []
        told: Told | None = None
        match event:
            case queue_events.Joined():
                told = self._joined(event)
            case queue_events.Answered():
                agent = plain(event.agent)
                self._working.pop(agent, None)
                self._brought[event.member] = agent
                told = self._visit(event, event.joined_s * 1000, answered_at=moment(event.at), agent=agent)
            case queue_events.TalkEnded() if not event.talked:
                return self._never_talked(event)
            case queue_events.TalkEnded():
                told = self._talked(event)
            case queue_events.Left():
                told = self._left(event)
            case queue_events.NotTaken() if event.cause not in NO_FAULT:
                told = MissedOffer(
                    visit_id=event.member,
                    at=moment(event.at),
                    agent=plain(event.agent),
                    queue=plain(event.queue),
                    cause=event.cause,
                )
        return [] if told is None else [told]

    def _joined(self, event: queue_events.Joined) -> VisitFacts:
        since = event.called_back_since
        kept_since = None if since is None else moment(since)
        return self._visit(event, event.at, kept_since=kept_since, **vars(Note.read(event.visit)))

    def _visit(self, event: queue_events.MemberEvent, joined: int, **known: object) -> VisitFacts:
        return VisitFacts(
            id=event.member,
            switch=self.switch,
            queue=plain(event.queue),
            leg=event.leg,
            joined_at=moment(joined),
            **known,  # type: ignore[arg-type]  # facts by their names
        )

    def _talked(self, event: queue_events.TalkEnded) -> VisitFacts:
        agent = plain(event.agent)
        self._brought.pop(event.member, None)
        facts = self._visit(
            event,
            event.joined_s * 1000,
            agent=agent,
            answered_at=moment(event.answered_s * 1000),
            talk_ended_at=moment(event.at),
            held_ms=event.held,
        )
        self._working[agent] = facts
        return facts

    def _never_talked(self, event: queue_events.TalkEnded) -> list[Told]:
        """An agent was gone before the two were connected. Whose doing it was shows in what follows: if the
        caller is offered to somebody again, it was the agent's."""
        missed = MissedOffer(
            visit_id=event.member,
            at=moment(event.at),
            agent=plain(event.agent),
            queue=plain(event.queue),
            cause=GONE_IN_WHISPER,
        )
        if self._brought.pop(event.member, None) is not None:  # else they have left meanwhile
            self._unmet[event.member] = missed
        return [NeverTalked(visit_id=event.member, at=missed.at)]

    def _settled(self, event: QueueEvent) -> list[Told]:
        """The miss of the agent before, now that the caller is seen to wait on."""
        if not isinstance(event, queue_events.MemberEvent) or isinstance(event, queue_events.TalkEnded):
            return []
        missed = self._unmet.pop(event.member, None)
        if missed is None:
            return []
        gave_up = isinstance(event, queue_events.Left) and event.hung_up
        return [] if gave_up and moment(event.at) - missed.at < AT_ONCE else [missed]

    def _left(self, event: queue_events.Left) -> VisitFacts:
        self._brought.pop(event.member, None)
        left_by, left_for = _how(event)
        return self._visit(
            event,
            event.joined_s * 1000,
            left_at=moment(event.at),
            left_by=left_by,
            left_for=left_for,
            **vars(Note.read(event.visit)),
        )

    def _waits_again(self, agent: str, at: int) -> list[Told]:
        before = self._working.pop(agent, None)
        if before is None or before.talk_ended_at is None:
            return []
        declared = before.talk_ended_at + timedelta(seconds=self.wrap_up(agent))
        until = max(moment(at), declared)
        return [
            VisitFacts(
                id=before.id,
                queue=before.queue,
                leg=before.leg,
                joined_at=before.joined_at,
                wrapped_up_at=until,
            )
        ]

    # --- after a gap --------------------------------------------------------------------------------

    def there(self, queue: str, row: MemberRow) -> VisitFacts:
        """Somebody whom the switch lists in a queue; that they have joined may have been told to nobody."""
        return VisitFacts(
            id=row.uuid,
            switch=self.switch,
            queue=plain(queue),
            leg=row.session,
            joined_at=moment(row.joined * 1000),
        )

    def gone(self, visit_id: str, queue: str, leg: str, joined_at: datetime, *, at: datetime) -> VisitFacts:
        """Somebody whom the switch lists no more, without a word that they have left."""
        return VisitFacts(
            id=visit_id,
            switch=self.switch,
            queue=queue,
            leg=leg,
            joined_at=joined_at,
            left_at=at,
            left_by="unknown",
        )


def _how(event: queue_events.Left) -> tuple[LeftBy, str]:
    if event.answered:
        return "answered", ""
    if event.hung_up:
        return "abandoned", ""
    word, _, to = event.left_for.partition(" ")
    if word == OVERFLOW:
        return "overflow", to
    if event.reason == "EXIT_WITH_KEY":
        return "key", to or event.key
    return _REASONS.get(event.reason, "moved"), ""
