"""The call centre: queues, simulated agents, and who is offered to whom (mod_callcenter).

Rules:
1. The member with the highest score comes first: seconds waited plus `cc_base_score`.
2. An agent has one call at a time, in whichever of the queues they serve.
3. Every change is told as CUSTOM `callcenter::info`, in the real module's words and order.
4. A member who leaves is forgotten at once, and whoever was ringing for them is free again.
5. Agents serve a queue at a level (its tiers). The lower level comes first; with `overflow_after`, a level is
   offered nobody who has not waited that long times the level, unless no agent below it is logged in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from gevent.event import Event

from esl.embedded.call_queue import Agent, CallQueue, Member, Tier
from esl.embedded.channel import Channel
from esl.embedded.config import AgentConfig, QueueConfig
from esl.embedded.events import Origin
from esl.embedded.profile import CallerProfile, Times, agent_variables

if TYPE_CHECKING:
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)

SUBCLASS = "callcenter::info"
SYSTEM = "single_box"
_AFTER_NO_ANSWER = 1.0
"""Seconds until an agent who did not answer is offered somebody again."""
_MODULE = "mod_callcenter.c"
_AGENT_THREAD = "outbound_agent_thread_run"


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
        origin: Origin = (_MODULE, *place)
        self.switch.board.fire("CUSTOM", lambda: lines, subclass=SUBCLASS, origin=origin)

    # --- agents --------------------------------------------------------------------------------

    def set_status(self, agent: Agent, status: str) -> None:
        """Checks an agent in or out."""
        if agent.status == status:
            return
        agent.status = status
        agent.last_status_change = self._now()
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

    def _set_state(self, agent: Agent, state: str) -> None:
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
            agent = member.queue.free_for(now - member.joined)
            if agent is not None:
                member.state, member.serving = "Trying", agent.name
                agent.state = "Reserved"
                self.switch.spawn(self._offer, member, agent)

    def _offer(self, member: Member, agent: Agent) -> None:
        """One agent, one member: rings, answers, talks, and is free again."""
        try:
            self._set_state(agent, "Receiving")
            agent.last_offered = self._now()
            lines = [
                ("CC-Queue", member.queue.name),
                ("CC-Action", "agent-offering"),
                ("CC-Agent", agent.name),
                ("CC-Agent-Type", "Callback"),
                ("CC-Agent-System", SYSTEM),
            ]
            self.fire([*lines, *member.lines()], (_AGENT_THREAD, 1717))
            answers = agent.config.answers_after
            ringing = agent.config.ring_time if answers is None else answers
            gone = self.switch.clock.wait(member.left, ringing)
            if answers is None or gone or not member.session.is_ready():
                self._fail(member, agent, "ORIGINATOR_CANCEL" if gone else "NO_ANSWER")
            else:
                AgentCall(self, member, agent).live()
                agent.state = "Reserved"
                self.switch.clock.sleep(agent.config.wrap_up)
        finally:
            self._set_state(agent, "Waiting")
            self.dispatch()

    def _fail(self, member: Member, agent: Agent, cause: str) -> None:
        agent.no_answers += cause == "NO_ANSWER"
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
        self.fire(lines, (_AGENT_THREAD, 2202))
        if not member.left.is_set():
            member.state, member.serving = "Waiting", ""
            self.switch.clock.sleep(_AFTER_NO_ANSWER)


class AgentCall:
    """The leg to an agent who has answered, from the bridge to its end."""

    def __init__(self, centre: CallCentre, member: Member, agent: Agent) -> None:
        self.centre = centre
        self.switch = centre.switch
        self.member = member
        self.agent = agent
        self.over = Event()
        self.channel = self._answered_leg()

    def _answered_leg(self) -> Channel:
        caller = self.member.session.channel.profile
        uuid, user = str(uuid4()), self.agent.contact
        now = int(self.switch.clock.now() * 1_000_000)
        profile = CallerProfile(
            unique_id=uuid,
            channel_name=f"sofia/internal/{user}@127.0.0.1:5062",
            direction="outbound",
            caller_id_number=caller.caller_id_number,
            caller_id_name=caller.caller_id_name,
            destination_number=user,
            callee_id_name=user,
            callee_id_number=user,
            source="src/switch_ivr_originate.c",
            context="default",
            times=Times(profile_created=now, created=now, answered=now),
        )
        origin = (_MODULE, _AGENT_THREAD, 1755)
        asked = {
            **self.switch.board.core_lines("REQUEST_PARAMS", origin=origin),
            "cc_queue": self.member.queue.name,
            "cc_queue_joined_epoch": str(self.member.joined),
            "cc_member_uuid": self.member.uuid,
            "cc_member_session_uuid": self.member.session.uuid,
            "cc_agent": self.agent.name,
            "cc_agent_type": "Callback",
            "cc_side": "agent",
        }
        variables = agent_variables(
            profile,
            session_id=self.switch.next_session_id(),
            media_port=self.switch.next_media_port(),
            asked=asked,
        )
        channel = Channel(self.switch, profile, variables)
        channel.state = channel.running_state = "CS_CONSUME_MEDIA"
        channel.answer_state = "answered"
        channel.call_state = "ACTIVE"
        channel.media.open = True
        channel.fire("CHANNEL_CREATE")
        channel.fire("CHANNEL_ANSWER")
        return channel

    def lines(self, action: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
        return [("CC-Queue", self.member.queue.name), ("CC-Action", action), *more]

    def live(self) -> None:
        """Bridges, talks, ends. Runs in the agent's greenlet."""
        member, agent, session = self.member, self.agent, self.member.session
        agent.calls_answered += 1
        now = str(int(self.switch.clock.now()))
        who = [("CC-Agent", agent.name), ("CC-Agent-System", SYSTEM), ("CC-Agent-UUID", self.channel.uuid)]
        times = [("CC-Agent-Called-Time", str(agent.last_offered)), ("CC-Agent-Answered-Time", now)]
        joined = ("CC-Member-Joined-Time", str(member.joined))
        self.channel.fire(
            "CUSTOM",
            [*self.lines("bridge-agent-start", *who, *times, joined), *member.lines()],
            subclass=SUBCLASS,
            origin=(_MODULE, _AGENT_THREAD, 1934),
        )
        member.state = "Answered"
        agent.last_bridge_start = int(self.switch.clock.now())
        self.centre.connect(session, self)
        self.over.wait()
        self.centre.leave(member)
        agent.last_bridge_end = int(self.switch.clock.now())
        agent.talk_time += agent.last_bridge_end - agent.last_bridge_start
        hung_up = [("CC-Hangup-Cause", "SUCCESS")]
        bridged = [("CC-Agent-Bridged", "true"), *times, joined]
        ended = ("CC-Bridge-Terminated-Time", str(agent.last_bridge_end))
        self.channel.fire(
            "CUSTOM",
            [*self.lines("bridge-agent-end", *hung_up, *who, *bridged, ended), *member.lines()],
            subclass=SUBCLASS,
            origin=(_MODULE, _AGENT_THREAD, 2062),
        )
        session.channel.set("cc_queue_terminated_epoch", str(agent.last_bridge_end))
        leaving = [("CC-Member-Leaving-Time", str(agent.last_bridge_end)), joined]
        cause = ("CC-Cause", "Terminated")
        session.channel.fire(
            "CUSTOM",
            [
                *self.lines("member-queue-end", *hung_up, cause, *who, *times, *leaving),
                *member.lines(),
            ],
            subclass=SUBCLASS,
            origin=(_MODULE, _AGENT_THREAD, 2098),
        )

    def in_conversation(self) -> None:
        """The two hear each other now."""
        self.centre._set_state(self.agent, "In a queue call")

    def hang_up(self, *, by_agent: bool) -> None:
        """Ends the agent's leg and lets the agent's greenlet go on."""
        self.channel.hang_up("NORMAL_CLEARING", by_caller=by_agent)
        self.channel.set("last_bridge_role", "originatee")
        for name in ("sip_user_agent", "sip_hangup_disposition"):  # read from the BYE only after that
            self.channel.set(name, self.channel.variables.get(name))
        self.channel.report(last_application=None)
        self.channel.set("call_uuid", self.channel.uuid)
        self.channel.destroy()
        self.over.set()
