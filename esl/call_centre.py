"""The switch's call centre as tables: who waits, who serves, and what each queue goes by.

Rules:
1. A table is read by the names of its columns, never by their places: releases of FreeSWITCH add some.
2. A row that cannot be read is a fault (`WireError`), not a row that is left out: a plan that is made from
   half a table would take the other half away.

Source: mod_callcenter.c, `cc_config_api_function` of 1.11; a table without rows has no header line either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from esl import commands
from esl.errors import CommandRefusedError, WireError
from esl.wire import Command

AVAILABLE = "Available"
LOGGED_OUT = "Logged Out"
ON_BREAK = "On Break"

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


def read_table(text: str) -> Iterator[Mapping[str, str]]:
    """The rows of a table with `|` between its columns. Raises `WireError`."""
    lines = [line for line in text.splitlines() if line]
    if not lines or lines[-1] != "+OK":
        raise WireError(f"a table of the call centre that does not end with +OK: {text[-80:]!r}")
    if len(lines) == 1:
        return
    columns = lines[0].split("|")
    for line in lines[1:-1]:
        cells = line.split("|")
        if len(cells) != len(columns):
            raise WireError(f"a row of {len(cells)} cells below {len(columns)} columns: {line[:80]!r}")
        yield dict(zip(columns, cells, strict=True))


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
        """Who is in a queue, the one whose turn it is first; empty for a queue that is not there."""
        text = self._ask(commands.call_centre("queue", "list", "members", queue))
        return [_member(row) for row in read_table(text)]

    def people(self, queue: str) -> list[AgentRow]:
        """Who serves a queue, logged in or not."""
        text = self._ask(commands.call_centre("queue", "list", "agents", queue))
        return [_agent(row) for row in read_table(text)]

    def tell(self, command: Command) -> str:
        """Makes one change. Empty: it is made; else the switch's refusal."""
        try:
            answer = self._ask(command).strip()
        except CommandRefusedError as refused:
            answer = refused.answer.strip()
        return "" if answer.startswith("+OK") else answer or "no answer"

    def _rows(self, section: str) -> list[Mapping[str, str]]:
        match section:
            case "queue":
                command = commands.call_centre("queue", "list")
            case "agent":
                command = commands.call_centre("agent", "list")
            case _:
                command = commands.call_centre("tier", "list")
        return list(read_table(self._ask(command)))


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
    return MemberRow(
        session=row.get("session_uuid", ""),
        joined=_whole(row.get("joined_epoch", "")),
        base_score=_whole(row.get("base_score", "")),
        score=_whole(row.get("score", "")),
        state=row.get("state", ""),
        uuid=row.get("uuid", ""),
        serving=row.get("serving_agent", ""),
        bridged=_whole(row.get("bridge_epoch", "")),
    )
