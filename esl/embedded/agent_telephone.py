"""An agent of a queue who has a telephone on this switch: it rings, they answer, and both sides are heard.

Source: mod_callcenter.c, `outbound_agent_thread_run`: the agent's contact is dialled with the queue's
variables, then the two legs are brought together as by `uuid_bridge`.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from esl.embedded.agent_call import AgentCall, exported
from esl.embedded.bridge import bring_together
from esl.embedded.call_queue import Agent, Member
from esl.embedded.called_leg import CalledLeg
from esl.embedded.dial_string import read_dial_string
from esl.embedded.endpoints import CallerId
from esl.embedded.errors import DialStringError, SoundError
from esl.embedded.originate import Outcome, originate
from esl.embedded.sounds import open_sound
from esl.switch import FRAME_SECONDS

if TYPE_CHECKING:
    from esl.embedded.channel import Channel
    from esl.embedded.queues import CallCentre
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)


def contact_of(agent: Agent) -> str:
    """The dial string that reaches the agent."""
    contact = agent.set_to.get("contact", agent.contact)
    return contact if "/" in contact else f"user/{contact}"


def has_telephone(switch: EmbeddedSwitch, agent: Agent) -> bool:
    """Whether anybody whom the contact names can be called; else the agent is simulated."""
    try:
        turns = read_dial_string(contact_of(agent)).turns
    except DialStringError:
        return False
    users = {re.sub(r"^.*/", "", target.address).partition("@")[0] for turn in turns for target in turn}
    return any(switch.callees.exists(user) for user in users)


def call_telephone(switch: EmbeddedSwitch, member: Member, agent: Agent) -> Outcome:
    """Rings until the agent answers, `ring_time` is over, or the member leaves."""
    return originate(
        switch,
        contact_of(agent),
        caller_id=CallerId(*member.shown()),
        timeout=agent.config.ring_time,
        cancelled=member.left,
        variables={
            **exported(member),
            "cc_queue": member.queue.name,
            "cc_queue_joined_epoch": str(member.joined),
            "cc_member_uuid": member.uuid,
            "cc_member_session_uuid": member.session.uuid,
            "cc_agent": agent.name,
            "cc_agent_type": "Callback",
            "cc_side": "agent",
            "ignore_early_media": "true",
        },
    )


class TelephoneCall(AgentCall):
    """The leg to an agent whose telephone was answered."""

    def __init__(self, centre: CallCentre, member: Member, agent: Agent, leg: CalledLeg) -> None:
        self.leg = leg
        super().__init__(centre, member, agent)

    def _answered_leg(self) -> Channel:
        return self.leg.channel

    def whisper(self) -> bool:
        """`cc_outbound_announce`, which counts as it stands now."""
        announced = self.member.session.channel.get("cc_outbound_announce")
        if not announced:
            return self.leg.channel.is_up()
        try:
            source = open_sound(announced, folder=self.switch.config.sounds)
        except SoundError as fault:
            _log.info("cannot whisper: %s", fault)
            return self.leg.channel.is_up()
        media = self.leg.media
        media.play(source)
        while media.source is source and self.leg.channel.is_up() and not self.member.left.is_set():
            self.switch.clock.sleep(FRAME_SECONDS)
        media.stop_playing()
        return self.leg.channel.is_up()

    def connect(self) -> None:
        """Both legs say that they are meant for each other, and talk until one of them has had enough."""
        session, agent = self.member.session, self.leg.channel
        agent.when_hung_up.append(self.over.set)
        session.channel.update(
            {
                "cc_agent_found": "true",
                "cc_agent_uuid": agent.uuid,
                "cc_agent": self.agent.name,
                "cc_queue_answered_epoch": str(int(self.switch.clock.now())),
            }
        )
        if agent.is_up() and bring_together(session, self.leg):
            session.channel.set("cc_agent_bridged", "true")
            agent.set("cc_agent_bridged", "true")
            self.in_conversation()
        else:
            agent.hang_up("ORIGINATOR_CANCEL")
            self.over.set()
