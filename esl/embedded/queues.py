"""The call centre: queues, simulated agents, and who is offered to whom (mod_callcenter).

Rules:
1. The member with the highest score comes first: seconds waited plus `cc_base_score`.
2. An agent has one call at a time, in whichever of the queues they serve.
3. Every change is told as CUSTOM `callcenter::info`, in the real module's words and order.
4. A member who leaves is forgotten at once, and whoever was ringing for them is free again.
5. An agent whose number can be called is called there (`agent_telephone`); the others are simulated.
6. Agents serve a queue at a level (its tiers). The lower level comes first; with `overflow_after`, a level is
   offered nobody who has not waited that long times the level, unless no agent below it is logged in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from esl.embedded.agent_call import AGENT_THREAD, MODULE, SUBCLASS, SYSTEM, AgentCall
from esl.embedded.agent_telephone import TelephoneCall, call_telephone, has_telephone
from esl.embedded.call_queue import Agent, CallQueue, Member, Tier
from esl.embedded.config import AgentConfig, QueueConfig
from esl.embedded.events import Origin

if TYPE_CHECKING:
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)

_AFTER_NO_ANSWER = 1.0
"""Seconds until an agent who did not answer is offered somebody again."""


class CallCentre:
    """All queues and agents of a switch."""

    def __init__(
        self,
        switch: EmbeddedSwitch,
        queues: Iterable[QueueConfig],
        *,
        connect: Callable[[Session, AgentCall], None],
    ) -> None:
        """`connect` brings a caller and the agent who has answered together."""
        self.switch = switch
        self.connect = connect
        self.agents: dict[str, Agent] = {}
        self.calls: dict[str, AgentCall] = {}
        """Simulated agents who talk, by their leg."""
        self.queues: dict[str, CallQueue] = {}
        now = self._now()
        for config in queues:
            tiers = []
            for position, written in enumerate(config.agents, 1):
                agent = self.agents.get(written.name)
                if agent is None:
                    agent = Agent(written, written.status, last_status_change=now)
                    self.agents[written.name] = agent
                tiers.append(Tier(agent, position=position))
            self.queues[config.name] = CallQueue(config, tiers)

    def _now(self) -> int:
        return int(self.switch.clock.now())

    # --- members -------------------------------------------------------------------------------

    def join(self, member: Member) -> None:
        """The member waits from now on."""
        member.queue.members.append(member)
        self._tell_count(member.queue)
        self.dispatch()
        after = member.queue.config.overflow_after
        for level in {tier.level for tier in member.queue.tiers} if after else ():
            member.looks.append(self.switch.clock.later(level * after, self.dispatch))

    def leave(self, member: Member) -> None:
        """The member waits no longer, whatever the reason."""
        if member in member.queue.members:
            member.queue.members.remove(member)
        member.left.set()
        while member.looks:
            member.looks.pop().kill(block=False)

    def tell_count(self, queue: CallQueue) -> None:
        """How many wait, after somebody stopped waiting."""
        self._tell_count(queue)

    def _tell_count(self, queue: CallQueue) -> None:
        lines = [
            ("CC-Queue", queue.name),
            ("CC-Action", "members-count"),
            ("CC-Count", str(len(queue.members))),
            ("CC-Selection", "Single-Queue"),
        ]
        self.fire(lines, ("cc_queue_count", 878))

    def fire(self, lines: list[tuple[str, str]], place: tuple[str, int]) -> None:
        """An event that belongs to no leg."""
        origin: Origin = (MODULE, *place)
        self.switch.board.fire("CUSTOM", lambda: lines, subclass=SUBCLASS, origin=origin)

    # --- agents --------------------------------------------------------------------------------

    def set_status(self, agent: Agent, status: str) -> None:
        """Checks an agent in or out."""
        if agent.status == status:
            return
        agent.status = status
        agent.last_status_change = self._now()
        if status == "Available":
            agent.talk_time = agent.calls_answered = agent.no_answers = 0
        lines = [("CC-Agent", agent.name), ("CC-Action", "agent-status-change"), ("CC-Agent-Status", status)]
        self.fire(lines, ("cc_agent_update", 1037))
        self.dispatch()

    def add_agent(self, name: str) -> Agent | None:
        """A new simulated agent, logged out; None: there is one of that name."""
        if name in self.agents:
            return None
        config = AgentConfig(name=name, status="Logged Out")
        agent = self.agents[name] = Agent(config, config.status, last_status_change=self._now())
        self.fire(
            [("CC-Agent", name), ("CC-Agent-Type", "Callback"), ("CC-Action", "agent-add")],
            ("cc_agent_add", 920),
        )
        return agent

    def remove_agent(self, name: str) -> None:
        """Forgets an agent and all their tiers; one who talks ends that call first."""
        self.agents.pop(name, None)
        for queue in self.queues.values():
            queue.tiers = [tier for tier in queue.tiers if tier.agent.name != name]

    def load(self, name: str) -> bool:
        """Takes a queue from the configuration, its tiers stay; False: it is not written there."""
        config = self.switch.config.queue(name)
        if config is None:
            return False
        before = self.queues.get(name)
        queue = CallQueue(config) if before is None else replace(before, config=config)
        if before is None:
            for position, written in enumerate(config.agents, 1):
                agent = self.agents.setdefault(written.name, Agent(written, written.status))
                queue.tiers.append(Tier(agent, position=position))
        for member in queue.members:
            member.queue = queue
        self.queues[name] = queue
        self.dispatch()
        return True

    def unload(self, name: str) -> None:
        """Nobody may join it any more, and whoever waits there is offered to nobody."""
        self.queues.pop(name, None)

    def set_state(self, agent: Agent, state: str) -> None:
        """What the agent is doing, told."""
        agent.state = state
        lines = [("CC-Agent", agent.name), ("CC-Action", "agent-state-change"), ("CC-Agent-State", state)]
        self.fire(lines, ("cc_agent_update", 1067))

    def dispatch(self) -> None:
        """Offers waiting members to free agents, the longest-waiting first."""
        now = self.switch.clock.now()
        waiting = [
            member
            for queue in self.queues.values()
            for member in queue.members
            if member.state == "Waiting" and member.session.is_ready()
        ]
        for member in sorted(waiting, key=lambda each: -each.score(now)):
            agent = member.queue.free_for(now - member.joined, now)
            if agent is not None:
                member.state, member.serving = "Trying", agent.name
                agent.state = "Reserved"
                self.switch.spawn(self._offer, member, agent)

    def _offer(self, member: Member, agent: Agent) -> None:
        """One agent, one member: rings, answers, talks, and is free again."""
        try:
            self.set_state(agent, "Receiving")
            agent.last_offered = self._now()
            lines = [
                ("CC-Queue", member.queue.name),
                ("CC-Action", "agent-offering"),
                ("CC-Agent", agent.name),
                ("CC-Agent-Type", "Callback"),
                ("CC-Agent-System", SYSTEM),
            ]
            self.fire([*lines, *member.lines()], (AGENT_THREAD, 1717))
            if has_telephone(self.switch, agent):
                self._ring_telephone(member, agent)
                return
            answers = agent.config.answers_after
            ringing = agent.config.ring_time if answers is None else answers
            gone = self.switch.clock.wait(member.left, ringing)
            if answers is None or gone or not member.session.is_ready():
                self._fail(member, agent, "ORIGINATOR_CANCEL" if gone else "NO_ANSWER")
            else:
                call = AgentCall(self, member, agent)
                self.calls[call.channel.uuid] = call
                try:
                    self._serve(call)
                finally:
                    del self.calls[call.channel.uuid]
                self._wrap_up(agent)
        finally:
            self.set_state(agent, "Waiting")
            self.dispatch()

    def _ring_telephone(self, member: Member, agent: Agent) -> None:
        """An agent who can be called is: their telephone rings until they answer, or for `ring_time`."""
        outcome = call_telephone(self.switch, member, agent)
        if outcome.leg is None:
            self._fail(member, agent, outcome.cause)
        elif not member.session.is_ready():
            outcome.leg.channel.hang_up("ORIGINATOR_CANCEL")
            self._fail(member, agent, "ORIGINATOR_CANCEL")
        else:
            self._serve(TelephoneCall(self, member, agent, outcome.leg))
            self._wrap_up(agent)

    def _serve(self, call: AgentCall) -> None:
        answered = call.member.queue.answered
        answered.append(call.member)
        try:
            call.live()
        finally:
            answered.remove(call.member)

    def _wrap_up(self, agent: Agent) -> None:
        """Until their `wrap_up_time` is over and their `ready_time` has come; both may change meanwhile."""
        agent.state = "Reserved"
        clock, began = self.switch.clock, self.switch.clock.now()
        while self.agents.get(agent.name) is agent:
            agent.told.clear()
            left = max(began + agent.config.wrap_up, agent.ready_time) - clock.now()
            if left <= 0:
                return
            clock.wait(agent.told, left)

    def _leave_alone(self, agent: Agent, member: Member, cause: str) -> None:
        """For how long, by the cause; after too many calls that nobody answered they are put on a break."""
        if cause in {"ORIGINATOR_CANCEL", "LOSE_RACE"}:
            return
        kept = agent.set_to
        if cause in {"USER_BUSY", "NORMAL_CIRCUIT_CONGESTION"}:
            seconds = int(kept.get("busy_delay_time", 0))
        elif cause == "CALL_REJECTED":
            seconds = int(kept.get("reject_delay_time", 0))
        elif cause == "USER_NOT_REGISTERED":
            seconds = 5
        else:
            seconds = int(kept.get("no_answer_delay_time", 0))
            agent.no_answers += 1
            most = int(kept.get("max_no_answer", 0))
            if 0 < most <= agent.no_answers:
                lines = [
                    ("CC-Agent", agent.name),
                    ("CC-Action", "agent-max-no-answer"),
                    ("CC-Agent-No-Answer-Count", str(most)),
                    ("CC-Agent-No-Answer-Status", "On Break"),
                ]
                self.fire([*lines, *member.lines()[:2]], (AGENT_THREAD, 2175))
                self.set_status(agent, "On Break")
        if seconds:
            agent.ready_time = self._now() + seconds
            self.switch.clock.later(seconds + 1, self.dispatch)

    def start_anew(self) -> None:
        """As the module does when it is loaded: no members, and nobody is in a call."""
        for queue in self.queues.values():
            for member in list(queue.members):
                self.leave(member)
            for tier in queue.tiers:
                tier.held = ""
        for agent in self.agents.values():
            agent.state = "Waiting"

    def _fail(self, member: Member, agent: Agent, cause: str) -> None:
        self._leave_alone(agent, member, cause)
        lines = [
            ("CC-Queue", member.queue.name),
            ("CC-Action", "bridge-agent-fail"),
            ("CC-Hangup-Cause", cause),
            ("CC-Agent", agent.name),
            ("CC-Agent-System", SYSTEM),
            ("CC-Agent-Called-Time", str(agent.last_offered)),
            ("CC-Agent-Aborted-Time", str(self._now())),
            *member.lines(),
            ("CC-Member-Joined-Time", str(member.joined)),
        ]
        self.fire(lines, (AGENT_THREAD, 2202))
        if not member.left.is_set():
            member.state, member.serving = "Waiting", ""
            self.switch.clock.sleep(_AFTER_NO_ANSWER)
