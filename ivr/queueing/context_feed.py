"""What a switch tells of its queues: how they stand, and which agent is offered whom.

Rules:
1. It is kept up for as long as it is wanted, and tried again after at most `LONGEST_PAUSE` seconds; calls do
   not need it, and go on without.
2. Only what agents and callers do together is subscribed to: a few events for each call that waits.
3. What is told while it is lost is not told again: an agent's screen then asks for the call in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import gevent
import structlog

from esl.call_centre import CallCentre
from esl.errors import ConnectionLostError, EslError
from esl.inbound import InboundConnection
from esl.wire import Event
from ivr.queueing.people import People
from ivr.queueing.plan import Plan
from ivr.queueing.sync import in_domain, ours

log = structlog.get_logger(__name__)

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between two tries to connect."""
DEADLINE = 2.0
"""Seconds for the connection, and for each answer."""
MOST_OFFERS = 1000
"""Agents whose latest call is remembered."""

What = Literal["offered", "answered", "missed", "ended"]
_ACTIONS: dict[str, What] = {
    "agent-offering": "offered",
    "bridge-agent-start": "answered",
    "bridge-agent-fail": "missed",
    "bridge-agent-end": "ended",
}


@dataclass(frozen=True)
class AgentNews:
    """What happened between an agent and a caller."""

    what: What
    agent: str
    queue: str
    leg: str
    """The caller's."""
    cause: str = ""
    """Of `missed`: FreeSWITCH's."""


@dataclass(frozen=True)
class QueueNow:
    """A queue as the API tells it; alerts and `ivr queue status` have `ivr.agents.live_state`."""

    name: str
    waiting: int
    longest_wait: int
    """Seconds that the first in line has waited."""
    agents: int
    """Logged in."""
    free: int
    in_calls: int
    expected_wait: int | None
    """Seconds for whoever comes now; `None`: nobody is there."""


def news_of(event: Event) -> AgentNews | None:
    """`None`: the event tells of no agent and caller."""
    what = _ACTIONS.get(event.get("CC-Action", ""))
    agent, leg = event.get("CC-Agent", ""), event.get("CC-Member-Session-UUID", "")
    if what is None or not agent or not leg:
        return None
    queue = event.get("CC-Queue", "")
    return AgentNews(
        what=what,
        agent=ours(agent) or agent,
        queue=ours(queue) or queue,
        leg=leg,
        cause=event.get("CC-Hangup-Cause", "") if what == "missed" else "",
    )


class SwitchFeed:
    """One switch, at (host, port)."""

    def __init__(
        self,
        address: tuple[str, int],
        password: str,
        people: People,
        *,
        tell: Callable[[AgentNews], None] = lambda _news: None,
        epoch: Callable[[], float] = time.time,
    ) -> None:
        """`tell` hears of agents and callers, and must not wait. `epoch`: seconds, as the switch counts."""
        self.address = address
        self._password = password
        self._people = people
        self._tell = tell
        self._epoch = epoch
        self._connection: InboundConnection | None = None
        self._keeper: gevent.Greenlet[[], None] | None = None
        self._in_hand: dict[str, AgentNews] = {}
        self._complaint = ""
        self.reconnects = 0
        """How often it was lost and is back."""

    @property
    def plan(self) -> Plan:
        """The queues as declared."""
        return self._people.plan

    def start(self) -> None:
        """Connects, and stays so."""
        self._keeper = gevent.spawn(self._keep)

    def close(self) -> None:
        """Ends the connection."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.kill()
        if self._connection is not None:
            self._connection.lose("closed by us")
            self._connection = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def in_hand(self, agent: str) -> AgentNews | None:
        """The caller whom the agent is offered, or talks to."""
        return self._in_hand.get(agent)

    # --- queues ---

    def names(self) -> set[str]:
        """Queues that the switch has. Raises `EslError`."""
        return {ours(name) or name for name in self._centre().queues()}

    def states(self, names: list[str]) -> list[QueueNow]:
        """How those queues stand now. Raises `EslError`."""
        centre = self._centre()
        return [self._state(name, centre) for name in names]

    def _state(self, name: str, centre: CallCentre) -> QueueNow:
        queue = self._people.plan.queue(name)
        standing = self._people.standing(queue, centre, leg="", ahead_by=0, waited=0)
        members = [one for one in centre.members(in_domain(name)) if one.waits]
        agents = [one for one in centre.people(in_domain(name)) if one.logged_in]
        joined = min((one.joined for one in members if one.joined), default=None)
        return QueueNow(
            name=name,
            waiting=len(members),
            longest_wait=0 if joined is None else max(0, int(self._epoch()) - joined),
            agents=len(agents),
            free=sum(one.free for one in agents),
            in_calls=sum(one.state == "In a queue call" for one in agents),
            expected_wait=standing.facts.wait if standing is not None and agents else None,
        )

    def _centre(self) -> CallCentre:
        connection = self._connection
        if connection is None:
            raise ConnectionLostError("there is no connection to the switch's event socket")
        return CallCentre(connection.api)

    # --- the connection ---

    def _keep(self) -> None:
        pause, known = SHORTEST_PAUSE, False
        while True:
            connection = InboundConnection(*self.address, self._password, timeout=DEADLINE)
            try:
                connection.connect()
                connection.events_to = self._take
                connection.subscribe_call_centre(_ACTIONS)
            except (EslError, OSError) as fault:
                connection.lose("closed by us")
                self._complain(str(fault))
                gevent.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            self.reconnects += known
            pause, known, self._complaint = SHORTEST_PAUSE, True, ""
            self._connection = connection
            connection.ended.wait()
            self._connection = None
            log.warning("queue_feed_lost", reason=connection.lost_because or "closed")

    def _take(self, event: Event) -> None:
        news = news_of(event)
        if news is None:
            return
        if news.what in ("offered", "answered"):
            self._in_hand[news.agent] = news
            while len(self._in_hand) > MOST_OFFERS:
                del self._in_hand[next(iter(self._in_hand))]
        elif (held := self._in_hand.get(news.agent)) is not None and held.leg == news.leg:
            del self._in_hand[news.agent]
        self._tell(news)

    def _complain(self, reason: str) -> None:
        if reason != self._complaint:
            self._complaint = reason
            log.warning(
                "no_queue_feed", reason=reason, remedy="start the switch, or see switch.event_password"
            )
