"""The caller's side of a queue: waiting, leaving, and the conversation with an agent.

Sources: mod_callcenter.c (`callcenter_function`), switch_ivr_bridge.c (`switch_ivr_uuid_bridge`,
`uuid_bridge_on_soft_execute`, `switch_ivr_multi_threaded_bridge`).
"""

from __future__ import annotations

import logging
from itertools import repeat
from typing import TYPE_CHECKING
from uuid import uuid4

from esl.embedded.agent_call import SUBCLASS, AgentCall
from esl.embedded.apps import APPLICATIONS, whole_number
from esl.embedded.call_queue import CallQueue, Member
from esl.embedded.endpoints import NULL
from esl.embedded.errors import SoundError
from esl.embedded.playing import play
from esl.embedded.recording import is_true
from esl.embedded.sounds import Played, Source, open_sound

if TYPE_CHECKING:
    from esl.embedded.session import Session

_log = logging.getLogger(__name__)

_MODULE = "mod_callcenter.c"


@APPLICATIONS.add("callcenter", needs_media=True)
def _callcenter(session: Session, argument: str) -> None:
    """`callcenter QUEUE`: music until an agent answers, a key of `cc_exit_keys`, or time is over."""
    queue = session.switch.call_centre.queues.get(argument)
    if queue is None:
        _log.warning("no queue %r on the embedded switch", argument[:80])
        return
    member = _join(session, queue)
    watch = session.switch.spawn(_watch_time, member)
    try:
        _wait(session, member)
    finally:
        watch.kill(block=False)
        if session.then is None:  # else the member counts until the conversation is over
            session.switch.call_centre.leave(member)
    session.flush()
    channel = session.channel
    if session.then is not None:
        channel.set("cc_agent_found", None)
        channel.set("cc_cause", "answered")
    else:
        _cancel(session, member)
    session.switch.call_centre.tell_count(queue)


def _join(session: Session, queue: CallQueue) -> Member:
    channel = session.channel
    now = int(session.switch.clock.now())
    member = Member(session, queue, now, base_score=whole_number(channel.get("cc_base_score") or ""))
    channel.set("cc_side", "member")
    channel.set("cc_member_uuid", member.uuid)
    channel.set("cc_agent_found", None)
    channel.set("cc_agent_bridged", None)
    channel.set("cc_queue_joined_epoch", str(now))
    channel.set("cc_queue", queue.name)
    channel.fire(
        "CUSTOM",
        [("CC-Queue", queue.name), ("CC-Action", "member-queue-start"), *member.lines()],
        subclass=SUBCLASS,
        origin=(_MODULE, "callcenter_function", 3113),
    )
    session.switch.call_centre.join(member)
    return member


def _watch_time(member: Member) -> None:
    """Takes a member out of the queue when it has taken too long (`cc_member_thread_run`)."""
    clock, config = member.session.switch.clock, member.queue.config
    started = clock.now()
    while config.longest_wait or config.longest_wait_without_agents:
        clock.sleep(0.1)
        if member.state == "Answered":
            return
        waited = clock.now() - started
        someone = any(agent.status != "Logged Out" for agent in member.queue.agents)
        if config.longest_wait and waited >= config.longest_wait:
            member.cancel_reason = "TIMEOUT"
        elif config.longest_wait_without_agents and not someone:
            if waited < config.longest_wait_without_agents:
                continue
            member.cancel_reason = "NO_AGENT_TIMEOUT"
        if member.cancel_reason:
            member.session.interrupt()
            return


def _wait(session: Session, member: Member) -> None:
    audible = True
    pressed: list[str] = []

    def exit_key(key: str) -> bool:
        leaving = key in (session.channel.get("cc_exit_keys") or "")
        if leaving:
            pressed.append(key)
        return leaving

    while session.is_ready() and not member.cancel_reason:
        session.flush()
        if audible:
            audible = play(session, member.queue.config.music, on_key=exit_key) is not Played.MISSING
        else:
            session.take_break()
            session.obey_queued()
            if session.keys and exit_key(session.take_key()):
                pass
            elif not session.keys and session.is_ready() and not member.cancel_reason:
                session.rest()
        if pressed:
            session.channel.set("cc_exit_key", pressed[0])
            member.cancel_reason = "EXIT_WITH_KEY"


def _cancel(session: Session, member: Member) -> None:
    channel, now = session.channel, str(int(session.switch.clock.now()))
    reason = member.cancel_reason or "BREAK_OUT"
    member.state = "Abandoned"
    lines = [
        ("CC-Queue", member.queue.name),
        ("CC-Action", "member-queue-end"),
        ("CC-Member-Leaving-Time", now),
        ("CC-Member-Joined-Time", str(member.joined)),
        ("CC-Cause", "Cancel"),
        ("CC-Cancel-Reason", reason),
        *member.lines(),
    ]
    origin = (_MODULE, "callcenter_function", 3274)
    channel.fire("CUSTOM", lines, subclass=SUBCLASS, origin=origin)
    channel.set("cc_queue_canceled_epoch", now)
    channel.set("cc_cause", "cancel")
    channel.set("cc_cancel_reason", reason)


# --- the conversation --------------------------------------------------------------------------


def connect(session: Session, call: AgentCall) -> None:
    """An agent has answered: the applications let go of the caller's leg, then the two talk."""
    _mark(session, call)
    session.let_go(lambda: converse(session, call))


def _mark(session: Session, call: AgentCall) -> None:
    """Both legs say that they are meant for each other."""
    channel, agent = session.channel, call.channel
    channel.update(
        {
            "cc_agent_found": "true",
            "cc_agent_uuid": agent.uuid,
            "uuid_bridge": agent.uuid,
            "bridge_channel": agent.profile.channel_name,
            "bridge_uuid": agent.uuid,
            "signal_bond": agent.uuid,
        }
    )
    now = channel.now()
    for leg, partner in ((channel, agent), (agent, channel)):
        source = f"{now // 1_000_000}:{uuid4()}:uuid_br:{partner.uuid}"
        leg.profile.index = "2"
        leg.profile.times.profile_created = now
        leg.profile.transfer_source = source
        leg.update(
            {
                "original_destination_number": leg.profile.destination_number,
                "original_caller_id_name": leg.profile.caller_id_name,
                "original_caller_id_number": leg.profile.caller_id_number,
                "transfer_history": source,
                "transfer_source": source,
            }
        )
    channel.profile.callee_id_name = channel.profile.callee_id_number = agent.profile.destination_number
    channel.partner_type, channel.partner = "originatee", agent.profile.seen_from_partner()
    agent.partner_type, agent.partner = "originator", channel.profile.seen_as_originator()
    channel.state = "CS_HIBERNATE"


def converse(session: Session, call: AgentCall) -> None:
    """The bridge, from the session's greenlet: until the agent or the caller hangs up."""
    channel, agent = session.channel, call.channel
    try:
        for state in ("CS_HIBERNATE", "CS_RESET", "CS_SOFT_EXECUTE"):
            channel.enter(state)
        channel.set("uuid_bridge", None)
        channel.fire(
            "CHANNEL_EXECUTE",
            [("Application", "uuid_bridge"), ("Application-Data", agent.uuid)],
            origin=("switch_ivr_bridge.c", "uuid_bridge_on_soft_execute", 1236),
        )
        channel.profile.times.bridged = agent.profile.times.bridged = channel.now()
        ends = [("Bridge-A-Unique-ID", channel.uuid), ("Bridge-B-Unique-ID", agent.uuid)]
        channel.fire("CHANNEL_BRIDGE", first=ends)
        _remember_bridge(session, call)
        call.in_conversation()
        session.media.voice = _voice(session, call.agent.config.voice)
        # With nobody at the far end there is nothing to say: they wait for whoever is being called.
        talks_for = None if channel.profile.channel_name.startswith(NULL) else call.agent.config.talks_for
        until = None if talks_for is None else session.switch.clock.now() + talks_for
        while _talking(session, call) and (until is None or session.switch.clock.now() < until):
            session.obey_queued()
            if session.keys:
                session.take_key()
                continue
            if _talking(session, call):
                session.rest(until)
        session.media.voice = None
        channel.update(
            {
                "sip_reason": 'Q.850;cause=16;text="NORMAL_CLEARING"',
                "sip_hangup_phrase": "OK",
                "last_bridge_hangup_cause": "NORMAL_CLEARING",
                "last_bridge_proto_specific_hangup_cause": "sip:200",
                "bridge_hangup_cause": "NORMAL_CLEARING",
            }
        )
        channel.fire("CHANNEL_UNBRIDGE", first=ends)
    finally:
        session.media.voice = None
        if call.talks_with is session:
            call.hang_up(by_agent=channel.is_up())
    if not channel.is_up() or session.transfer_to is not None:
        return
    if is_true(channel.get("hangup_after_bridge")):
        channel.hang_up("NORMAL_CLEARING")  # the agent's cause
    else:
        channel.enter("CS_EXECUTE")
        channel.set("call_uuid", channel.uuid)


def _talking(session: Session, call: AgentCall) -> bool:
    return session.channel.is_up() and session.transfer_to is None and call.talks_with is session


def _remember_bridge(session: Session, call: AgentCall) -> None:
    channel, agent = session.channel, call.channel
    callee = agent.profile.destination_number
    for leg, partner in ((channel, agent), (agent, channel)):
        leg.update(
            {
                "last_bridge_to": partner.uuid,
                "bridge_channel": partner.profile.channel_name,
                "bridge_uuid": partner.uuid,
                "signal_bond": partner.uuid,
                "cc_agent_bridged": "true",
            }
        )
    channel.update(
        {
            "cc_agent": call.agent.name,
            "cc_queue_answered_epoch": str(int(session.switch.clock.now())),
            "last_sent_callee_id_name": callee,
            "last_sent_callee_id_number": callee,
        }
    )
    agent.update(
        {
            "last_sent_callee_id_name": channel.profile.caller_id_name,
            "last_sent_callee_id_number": channel.profile.caller_id_number,
        }
    )


def _voice(session: Session, name: str) -> Source:
    """The agent's voice, over and over; silence if it cannot be played."""
    try:
        source = open_sound(name, folder=session.switch.config.sounds)
    except SoundError as fault:
        _log.warning("an agent is silent: %s", fault)
        return open_sound("silence_stream://-1")
    if source.total is None:
        return source
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    return Source(repeat(b"".join(frames)), None) if frames else open_sound("silence_stream://-1")
