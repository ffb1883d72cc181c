"""The leg to an agent of a queue who has answered: from the bridge to its end, and what is told of it.

This one is simulated: no telephone rings, and the caller hears the agent's `voice`. An agent who can be
called has a real one (`agent_telephone`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from gevent.event import Event

from esl.embedded.call_queue import Agent, Member
from esl.embedded.channel import Channel
from esl.embedded.leg_variables import agent_variables
from esl.embedded.profile import CallerProfile, Times

if TYPE_CHECKING:
    from esl.embedded.queues import CallCentre
    from esl.embedded.session import Session

SUBCLASS = "callcenter::info"
SYSTEM = "single_box"
MODULE = "mod_callcenter.c"
AGENT_THREAD = "outbound_agent_thread_run"


def exported(member: Member) -> dict[str, str]:
    """What the caller's leg hands on to the agent's (`cc_export_vars`)."""
    channel = member.session.channel
    names = (channel.get("cc_export_vars") or "").split(",")
    return {name: value for name in names if name and (value := channel.get(name))}


class AgentCall:
    """The leg to an agent who has answered, from the bridge to its end."""

    def __init__(self, centre: CallCentre, member: Member, agent: Agent) -> None:
        self.centre = centre
        self.switch = centre.switch
        self.member = member
        self.agent = agent
        self.over = Event()
        self.talks_with = member.session
        """Whom they talk with: the member, until somebody brings them together with another leg."""
        self.channel = self._answered_leg()

    def _answered_leg(self) -> Channel:
        name, number = self.member.shown()
        uuid, user = str(uuid4()), self.agent.contact
        now = int(self.switch.clock.now() * 1_000_000)
        profile = CallerProfile(
            unique_id=uuid,
            channel_name=f"sofia/internal/{user}@127.0.0.1:5062",
            direction="outbound",
            caller_id_number=number,
            caller_id_name=name,
            destination_number=user,
            callee_id_name=user,
            callee_id_number=user,
            source="src/switch_ivr_originate.c",
            context="default",
            times=Times(profile_created=now, created=now, answered=now),
        )
        origin = (MODULE, AGENT_THREAD, 1755)
        asked = {
            **exported(self.member),
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
        agent.no_answers = 0
        now = str(int(self.switch.clock.now()))
        who = [("CC-Agent", agent.name), ("CC-Agent-System", SYSTEM), ("CC-Agent-UUID", self.channel.uuid)]
        times = [("CC-Agent-Called-Time", str(agent.last_offered)), ("CC-Agent-Answered-Time", now)]
        joined = ("CC-Member-Joined-Time", str(member.joined))
        self.channel.fire(
            "CUSTOM",
            [*self.lines("bridge-agent-start", *who, *times, joined), *member.lines()],
            subclass=SUBCLASS,
            origin=(MODULE, AGENT_THREAD, 1934),
        )
        if not self.whisper():
            self._gone(who, [*times, joined])
            return
        member.state = "Answered"
        agent.last_bridge_start = int(self.switch.clock.now())
        self.connect()
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
            origin=(MODULE, AGENT_THREAD, 2062),
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
            origin=(MODULE, AGENT_THREAD, 2098),
        )

    def whisper(self) -> bool:
        """The agent hears who comes, the caller the music meanwhile; False: the agent has hung up in it. A
        simulated one hears nothing."""
        return True

    def _gone(self, who: list[tuple[str, str]], times: list[tuple[str, str]]) -> None:
        """They were never connected: the caller waits on. (Seen on FreeSWITCH 1.11.2: a bridge that never was
        ends with SUCCESS.)"""
        member = self.member
        hung_up = [("CC-Hangup-Cause", "SUCCESS")]
        self.channel.fire(
            "CUSTOM",
            [*self.lines("bridge-agent-end", *hung_up, *who, *times), *member.lines()],
            subclass=SUBCLASS,
            origin=(MODULE, AGENT_THREAD, 2062),
        )
        if not member.left.is_set():
            member.state, member.serving = "Waiting", ""

    def connect(self) -> None:
        """Brings the two together."""
        self.centre.connect(self.member.session, self)

    def in_conversation(self) -> None:
        """The two hear each other now."""
        self.centre.set_state(self.agent, "In a queue call")

    def talk_with(self, session: Session) -> None:
        """`uuid_bridge`: they leave whom they talk with for somebody else."""
        before, self.talks_with = self.talks_with, session
        before.wake()
        self.centre.connect(session, self)

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
