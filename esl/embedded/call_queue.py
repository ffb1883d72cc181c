"""Who waits in a queue, who serves it, and who of them comes next (mod_callcenter's tables)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import gevent
from gevent.event import Event

from esl.embedded.config import AgentConfig, QueueConfig

if TYPE_CHECKING:
    from esl.embedded.session import Session


_OFFERED = frozenset({"Ready", "No Answer"})
"""States of a tier in which its agent is asked."""


@dataclass(eq=False)
class Member:
    """A caller in a queue."""

    session: Session
    queue: CallQueue
    joined: int
    """Seconds since the epoch."""
    base_score: int = 0
    uuid: str = field(default_factory=lambda: str(uuid4()))
    state: str = "Waiting"
    serving: str = ""
    cancel_reason: str = ""
    left: Event = field(default_factory=Event)
    looks: list[gevent.Greenlet[..., Any]] = field(default_factory=list)
    """At which somebody of a higher level may have them."""
    cid_name: str = field(init=False)
    """As the leg's variable had it on arrival, else its profile; `cid_number` likewise."""
    cid_number: str = field(init=False)

    def __post_init__(self) -> None:
        self.cid_name = self.session.channel.get("caller_id_name") or ""
        self.cid_number = self.session.channel.get("caller_id_number") or ""

    def lines(self) -> list[tuple[str, str]]:
        """The last lines of every event about the member."""
        return [
            ("CC-Member-UUID", self.uuid),
            ("CC-Member-Session-UUID", self.session.uuid),
            ("CC-Member-CID-Name", self.cid_name),
            ("CC-Member-CID-Number", self.cid_number),
        ]

    def shown(self) -> tuple[str, str]:
        """Name and number that an agent's telephone shows."""
        told = self.session.channel.get
        return (
            told("effective_caller_id_name") or self.cid_name,
            told("effective_caller_id_number") or self.cid_number,
        )

    def score(self, now: float) -> int:
        return int(now) - self.joined + self.base_score


@dataclass(eq=False)
class Agent:
    """A simulated agent and what has become of them today."""

    config: AgentConfig
    status: str
    state: str = "Waiting"
    last_bridge_start: int = 0
    last_bridge_end: int = 0
    last_offered: int = 0
    last_status_change: int = 0
    no_answers: int = 0
    calls_answered: int = 0
    talk_time: int = 0
    ready_time: int = 0
    """Seconds since the epoch: nobody is offered before that."""
    told: Event = field(default_factory=Event)
    """Set when their times after a call have been changed."""
    set_to: dict[str, str] = field(default_factory=dict)
    """What `callcenter_config agent set` wrote that no simulated agent goes by."""

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def contact(self) -> str:
        return self.config.contact or self.name.partition("@")[0]

    @property
    def free(self) -> bool:
        return self.status == "Available" and self.state == "Waiting"


@dataclass(eq=False)
class Tier:
    """That an agent serves a queue."""

    agent: Agent
    level: int = 1
    position: int = 1
    held: str = ""
    """What `tier set state` wrote, if it is not what follows from the agent."""

    @property
    def state(self) -> str:
        return self.held or ("Ready" if self.agent.state == "Waiting" else "Active Inbound")


@dataclass(eq=False)
class CallQueue:
    config: QueueConfig
    tiers: list[Tier] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    answered: list[Member] = field(default_factory=list)
    """For whom an agent has answered, until that call is over: also who has left in the announcement."""

    @property
    def rows(self) -> list[Member]:
        """Everybody whom the module's table has."""
        return [*self.members, *(one for one in self.answered if one not in self.members)]

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def agents(self) -> list[Agent]:
        """Whoever serves it, in the order in which they are asked."""
        return [tier.agent for tier in sorted(self.tiers, key=lambda each: (each.level, each.position))]

    def tier_of(self, agent: str) -> Tier | None:
        return next((tier for tier in self.tiers if tier.agent.name == agent), None)

    def free_for(self, waited: float, now: float) -> Agent | None:
        """The agent who is offered somebody that has waited so long (`agents_callback` in the module)."""
        reached, somebody = 0, False
        for tier in sorted(self.tiers, key=lambda each: (each.level, each.position)):
            if tier.agent.status in {"Logged Out", "On Break"}:
                continue
            after = self.config.overflow_after
            if after and tier.level > reached:
                if somebody and waited < tier.level * after:
                    return None
                reached, somebody = tier.level, False
            somebody = True
            if tier.agent.free and tier.state in _OFFERED and tier.agent.ready_time <= now:
                return tier.agent
        return None
