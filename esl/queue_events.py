"""What mod_callcenter tells of its queues (CUSTOM `callcenter::info`), as things that happened.

Rules:
1. The moment is the event's own (`Event-Date-Timestamp`, microseconds, read to the millisecond); the
   module's `CC-…-Time` are whole seconds, and only used where an earlier event may have been lost.
2. Nothing is guessed: an action that nobody needs here is `None`, one that cannot be read is a fault.

Source: mod_callcenter.c of 1.11, seen in tests/traces/callcenter-*.esl.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from esl.errors import WireError
from esl.wire import Event

SUBCLASS = "callcenter::info"
VISIT = "ivr_visit"
"""The channel variable in which whoever sends a caller to a queue writes what they know of it: any text."""
LEFT_FOR = "ivr_left_for"
"""The channel variable in which whoever takes a caller out of a queue writes why, before they do."""
CALLED_BACK_SINCE = "ivr_callback_since"
"""On the leg of somebody who is called back: since when they have kept their place (ms since the epoch)."""


@dataclass(frozen=True, kw_only=True)
class QueueEvent:
    """Something that happened; `at` in milliseconds since the epoch."""

    at: int


@dataclass(frozen=True, kw_only=True)
class MemberEvent(QueueEvent):
    """It happened to somebody in a queue."""

    queue: str
    member: str
    """The switch's name for this stay in the queue."""
    leg: str


@dataclass(frozen=True, kw_only=True)
class Joined(MemberEvent):
    """They wait from now on."""

    visit: str
    called_back_since: int | None


@dataclass(frozen=True, kw_only=True)
class Offered(MemberEvent):
    """An agent's telephone begins to ring for them."""

    agent: str


@dataclass(frozen=True, kw_only=True)
class NotTaken(MemberEvent):
    """That agent did not take the call."""

    agent: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class Answered(MemberEvent):
    """An agent has answered, and they are brought together."""

    agent: str
    agent_leg: str
    joined_s: int
    """Whole seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class TalkEnded(MemberEvent):
    """The conversation is over; the agent may have work to do after it.

    If they were never connected (the agent hung up in the whisper, or the caller did), mod_callcenter tells
    the same without `CC-Agent-Bridged`, and the caller waits on.
    """

    agent: str
    joined_s: int
    answered_s: int
    held: int
    """Milliseconds for which the agent has put them on hold."""
    talked: bool = True


@dataclass(frozen=True, kw_only=True)
class Left(MemberEvent):
    """They are in the queue no more: after a conversation, or without one."""

    joined_s: int
    answered: bool
    reason: str
    """Without a conversation: `TIMEOUT`, `NO_AGENT_TIMEOUT`, `EXIT_WITH_KEY`, `BREAK_OUT`."""
    hung_up: bool
    key: str
    left_for: str
    visit: str


@dataclass(frozen=True, kw_only=True)
class AgentState(QueueEvent):
    """What an agent is doing has changed: `Waiting`, `Receiving`, `In a queue call`."""

    agent: str
    state: str


def read(event: Event) -> QueueEvent | None:
    """What happened; `None`: nothing of these. Raises `WireError` for an event without what it must have."""
    if event.subclass != SUBCLASS:
        return None
    action = event.get("CC-Action")
    at = _number(event, "Event-Date-Timestamp") // 1000
    if action == "agent-state-change":
        return AgentState(at=at, agent=_text(event, "CC-Agent"), state=_text(event, "CC-Agent-State"))
    return _of_member(event, action, at)


def _of_member(event: Event, action: str, at: int) -> MemberEvent | None:
    reading = _READING.get(action)
    return None if reading is None else reading(event, at)


class _Who:
    """The three things that every member's event has."""

    def __init__(self, event: Event) -> None:
        self.queue = _text(event, "CC-Queue")
        self.member = _text(event, "CC-Member-UUID")
        self.leg = event.get("CC-Member-Session-UUID")


def _joined(event: Event, at: int) -> Joined:
    since = event.variables.get(CALLED_BACK_SINCE, "")
    return Joined(
        at=at,
        **vars(_Who(event)),
        visit=event.variables.get(VISIT, ""),
        called_back_since=int(since) if since.isascii() and since.isdigit() else None,
    )


def _offered(event: Event, at: int) -> Offered:
    return Offered(at=at, **vars(_Who(event)), agent=_text(event, "CC-Agent"))


def _not_taken(event: Event, at: int) -> NotTaken:
    cause = event.get("CC-Hangup-Cause")
    return NotTaken(at=at, **vars(_Who(event)), agent=_text(event, "CC-Agent"), cause=cause)


def _answered(event: Event, at: int) -> Answered:
    return Answered(
        at=at,
        **vars(_Who(event)),
        agent=_text(event, "CC-Agent"),
        agent_leg=event.get("CC-Agent-UUID"),
        joined_s=_number(event, "CC-Member-Joined-Time"),
    )


def _talk_ended(event: Event, at: int) -> TalkEnded:
    return TalkEnded(
        at=at,
        **vars(_Who(event)),
        agent=_text(event, "CC-Agent"),
        joined_s=_number(event, "CC-Member-Joined-Time"),
        answered_s=_number(event, "CC-Agent-Answered-Time"),
        held=_number(event, "Caller-Channel-Hold-Accum", 0) // 1000,
        talked=event.get("CC-Agent-Bridged") == "true",
    )


def _left(event: Event, at: int) -> Left:
    variables = event.variables
    return Left(
        at=at,
        **vars(_Who(event)),
        joined_s=_number(event, "CC-Member-Joined-Time"),
        answered=event.get("CC-Cause") == "Terminated",
        reason=event.get("CC-Cancel-Reason"),
        hung_up=event.get("Answer-State") == "hangup",
        key=variables.get("cc_exit_key", ""),
        left_for=variables.get(LEFT_FOR, ""),
        visit=variables.get(VISIT, ""),
    )


def _text(event: Event, name: str) -> str:
    value = event.get(name)
    if not value:
        raise WireError(f"an event of the call centre without {name}")
    return value


def _number(event: Event, name: str, otherwise: int | None = None) -> int:
    text = event.get(name)
    if not text and otherwise is not None:
        return otherwise
    if not (text.isascii() and text.isdigit()):
        raise WireError(f"an event of the call centre whose {name} is no number: {text[:40]!r}")
    return int(text)


_READING: Mapping[str, Callable[[Event, int], MemberEvent]] = {
    "member-queue-start": _joined,
    "agent-offering": _offered,
    "bridge-agent-fail": _not_taken,
    "bridge-agent-start": _answered,
    "bridge-agent-end": _talk_ended,
    "member-queue-end": _left,
}
ACTIONS = frozenset({*_READING, "agent-state-change"})
"""What `read` understands."""
