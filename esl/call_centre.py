"""The switch's call centre as tables: who waits, who serves, and what each queue goes by.

Rules:
1. Tables are asked for as JSON. The text that `callcenter_config` prints has a caller's name in it as it is:
   with `|` and line ends in the name, a caller would write rows of their own.
2. A row is read by the names of its columns, never by their places: releases of FreeSWITCH add some.
3. A queue, agent or tier that cannot be read is a fault (`WireError`), not a row that is left out: a plan
   that is made from half a table would take the other half away.
4. A member who cannot be read is left out and counted (`Membership.doubted`): the others still wait.

Source: mod_callcenter.c, `json_callcenter_config_function` of 1.11.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog

from esl import commands
from esl.errors import CommandRefusedError, WireError
from esl.wire import Command

AVAILABLE = "Available"
LOGGED_OUT = "Logged Out"
ON_BREAK = "On Break"
MEMBER_STATES = frozenset({"Unknown", "Waiting", "Trying", "Answered", "Abandoned"})

log = structlog.get_logger(__name__)
_TOLD: deque[tuple[str, str]] = deque(maxlen=100)
"""Rows that were told of: each look makes a `CallCentre` of its own."""

Ask = Callable[[Command], str]
"""Sends an `api` command; the text that it printed. Raises `CommandRefusedError` for `-ERR`."""


@dataclass(frozen=True)
class QueueRow:
    """A queue that the switch has loaded; the names are its own, with the domain."""

    name: str
    strategy: str
    music: str
    level_wait: int
    """Seconds of waiting for each level of its tiers; 0: all levels at once."""
    longest_wait: int
    longest_wait_without_agents: int


@dataclass(frozen=True)
class AgentRow:
    """Somebody who may serve queues."""

    name: str
    contact: str
    status: str
    state: str
    max_no_answer: int
    wrap_up: int
    calls_answered: int
    """Since they were last set available."""
    talk_time: int
    """Seconds of those calls."""
    no_answers: int = 0
    """In a row, as the switch counts; refusals are not among them."""
    last_offered: int = 0
    last_bridge_end: int = 0
    ready_time: int = 0
    """Seconds since the epoch: nobody is offered before that."""

    @property
    def logged_in(self) -> bool:
        """Whether they take calls now, or after the one that they are in."""
        return self.status not in (LOGGED_OUT, ON_BREAK)

    @property
    def free(self) -> bool:
        return self.logged_in and self.state == "Waiting"

    def ready_in(self, now: float) -> float | None:
        """In how many seconds they are offered somebody: 0, or what is left of their wrap-up; `None`: nobody
        knows, as they are on a break, are rung, talk, or have not taken a call. `now`: seconds since 1970."""
        if not self.logged_in or self.state not in ("Waiting", "Reserved") or self.ready_time > now:
            return None
        left = max(0.0, self.last_bridge_end + self.wrap_up - now)
        # The embedded switch keeps them `Reserved` meanwhile; else that is somebody's already.
        return left if left or self.state == "Waiting" else None


@dataclass(frozen=True)
class TierRow:
    """That an agent serves a queue, and when their turn comes: the lower level first."""

    queue: str
    agent: str
    level: int
    position: int
    state: str = "Ready"


@dataclass(frozen=True)
class MemberRow:
    """Somebody in a queue, the first who is offered to an agent first."""

    session: str
    """The leg's uuid; empty for who has left and is still kept."""
    joined: int
    """Seconds since the epoch."""
    base_score: int
    score: int
    """Seconds waited and the base score."""
    state: str
    uuid: str = ""
    """The member's own, of this one visit to the queue."""
    serving: str = ""
    """Who is offered to them, or talks with them."""
    bridged: int = 0
    """Seconds since the epoch: when an agent answered; 0: nobody has."""

    @property
    def waits(self) -> bool:
        return self.state in ("Waiting", "Trying")


@dataclass(frozen=True)
class Membership:
    """Who is in a queue."""

    rows: tuple[MemberRow, ...]
    """The one whose turn it is first."""
    doubted: int = 0
    """Rows that could not be understood: somebody may be there, and nothing more is known."""


def read_rows(text: str) -> list[Mapping[str, str]]:
    """The rows of a table that was asked for as JSON; every cell is a text. A cell without a value is absent.

    Raises `WireError` for what is no whole answer, and `CommandRefusedError` for a refusal.
    """
    try:
        answer = json.loads(text)
    except ValueError:
        raise WireError(
            f"no JSON from the call centre (FreeSWITCH 1.10 and later speak it): {text[:80]!r}"
        ) from None
    if not isinstance(answer, dict) or answer.get("status") != "success":
        message = answer.get("message", "") if isinstance(answer, dict) else text
        raise CommandRefusedError("json callcenter_config", f"-ERR {str(message)[:80]}")
    rows = answer.get("response")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise WireError(f"no table from the call centre: {text[-80:]!r}")
    return [{column: str(cell) for column, cell in row.items() if cell is not None} for row in rows]


class CallCentre:
    """mod_callcenter of one switch, asked and told over a connection."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def queues(self) -> dict[str, QueueRow]:
        """Every queue by its name. This and the other methods raise `CommandRefusedError`, `WireError`."""
        return {row["name"]: _queue(row) for row in self._rows("queue")}

    def agents(self) -> dict[str, AgentRow]:
        return {row["name"]: _agent(row) for row in self._rows("agent")}

    def tiers(self) -> dict[tuple[str, str], TierRow]:
        """By queue and agent."""
        rows = [
            TierRow(
                row["queue"],
                row["agent"],
                _whole(row["level"]),
                _whole(row["position"]),
                row.get("state", "Ready"),
            )
            for row in self._rows("tier")
        ]
        return {(row.queue, row.agent): row for row in rows}

    def members(self, queue: str) -> list[MemberRow]:
        """Who is in a queue, the one whose turn it is first; empty for a queue that is not there. Whoever
        must not act on half a table asks for `membership`."""
        return list(self.membership(queue).rows)

    def membership(self, queue: str) -> Membership:
        """Who is in a queue, and how many rows are left out as they could not be understood."""
        rows: list[MemberRow] = []
        doubted = 0
        for row in read_rows(self._ask(commands.call_centre_queue("members", queue))):
            try:
                rows.append(_member(row))
            except WireError as fault:
                doubted += 1
                _tell_once(queue, row, fault)
        return Membership(tuple(rows), doubted)

    def people(self, queue: str) -> list[AgentRow]:
        """Who serves a queue, logged in or not."""
        return [_agent(row) for row in read_rows(self._ask(commands.call_centre_queue("agents", queue)))]

    def tell(self, command: Command) -> str:
        """Makes one change. Empty: it is made; else the switch's refusal."""
        try:
            answer = self._ask(command).strip()
        except CommandRefusedError as refused:
            answer = refused.answer.strip()
        return "" if answer.startswith("+OK") else answer or "no answer"

    def _rows(self, section: Literal["queue", "agent", "tier"]) -> list[Mapping[str, str]]:
        match section:
            case "queue":
                command = commands.call_centre_table("queue list")
            case "agent":
                command = commands.call_centre_table("agent list")
            case _:
                command = commands.call_centre_table("tier list")
        return read_rows(self._ask(command))


def _tell_once(queue: str, row: Mapping[str, str], fault: WireError) -> None:
    """One line for a row, however often it is read."""
    which = (queue, row.get("uuid", "")[:64])
    if which in _TOLD:
        return
    _TOLD.append(which)
    log.error(
        "queue_row_not_read",
        queue=queue,
        reason=str(fault),
        remedy="it is left alone; if it stays, see `callcenter_config queue list members` on the switch",
    )


def _whole(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError:
        raise WireError(f"not a number in a table of the call centre: {text[:40]!r}") from None


def _queue(row: Mapping[str, str]) -> QueueRow:
    applies = row.get("tier_rules_apply") == "true"
    return QueueRow(
        name=row["name"],
        strategy=row.get("strategy", ""),
        music=row.get("moh_sound", ""),
        level_wait=_whole(row.get("tier_rule_wait_second", "")) if applies else 0,
        longest_wait=_whole(row.get("max_wait_time", "")),
        longest_wait_without_agents=_whole(row.get("max_wait_time_with_no_agent", "")),
    )


def _agent(row: Mapping[str, str]) -> AgentRow:
    return AgentRow(
        name=row["name"],
        contact=row.get("contact", ""),
        status=row.get("status", ""),
        state=row.get("state", ""),
        max_no_answer=_whole(row.get("max_no_answer", "")),
        wrap_up=_whole(row.get("wrap_up_time", "")),
        calls_answered=_whole(row.get("calls_answered", "")),
        talk_time=_whole(row.get("talk_time", "")),
        no_answers=_whole(row.get("no_answer_count", "")),
        last_offered=_whole(row.get("last_offered_call", "")),
        last_bridge_end=_whole(row.get("last_bridge_end", "")),
        ready_time=_whole(row.get("ready_time", "")),
    )


def _member(row: Mapping[str, str]) -> MemberRow:
    session, uuid, state = row.get("session_uuid", ""), row.get("uuid", ""), row.get("state", "")
    if state not in MEMBER_STATES:
        raise WireError(f"not a state of a member: {state[:40]!r}")
    for identity in (session, uuid):
        if identity and not commands.is_token(identity):
            raise WireError(f"not the identity of a leg or member: {identity[:40]!r}")
    return MemberRow(
        session=session,
        joined=_whole(row.get("joined_epoch", "")),
        base_score=_whole(row.get("base_score", "")),
        score=_whole(row.get("score", "")),
        state=state,
        uuid=uuid,
        serving=row.get("serving_agent", ""),
        bridged=_whole(row.get("bridge_epoch", "")),
    )
