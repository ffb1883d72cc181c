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
from data.records import LeftBy, MissedOffer, StatusChange, VisitFacts
from esl import queue_events
from esl.call_centre import AgentRow, MemberRow
from esl.queue_events import QueueEvent

_REASONS: dict[str, LeftBy] = {"TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "no_agents"}
OVERFLOW = "overflow"
GONE_BEFORE = "ORIGINATOR_CANCEL"
"""Why an agent did not take a call that was no more: no fault of theirs."""


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

    def facts(self, event: QueueEvent) -> list[Told]:
        """What is known by that event."""
        if isinstance(event, queue_events.AgentState):
            return self._waits_again(plain(event.agent), event.at) if event.state == "Waiting" else []
        told: Told | None = None
        match event:
            case queue_events.Joined():
                told = self._joined(event)
            case queue_events.Answered():
                agent = plain(event.agent)
                self._working.pop(agent, None)
                told = self._visit(event, event.joined_s * 1000, answered_at=moment(event.at), agent=agent)
            case queue_events.TalkEnded():
                told = self._talked(event)
            case queue_events.Left():
                told = self._left(event)
            case queue_events.NotTaken() if event.cause != GONE_BEFORE:
                told = MissedOffer(
                    visit_id=event.member,
                    at=moment(event.at),
                    agent=plain(event.agent),
                    queue=plain(event.queue),
                    cause=event.cause,
                )
            case queue_events.AgentStatus():
                told = StatusChange(agent=plain(event.agent), at=moment(event.at), status=event.status)
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

    def _left(self, event: queue_events.Left) -> VisitFacts:
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

    @staticmethod
    def status(row: AgentRow, *, at: datetime) -> StatusChange:
        """An agent whose status may have been changed while nobody listened."""
        return StatusChange(agent=plain(row.name), at=at, status=row.status)


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
