"""Two legs that hear each other: `bridge`, `uuid_bridge`, and what becomes of both afterwards.

Sources: mod_dptools.c (`audio_bridge_function`), switch_ivr_bridge.c (`switch_ivr_multi_threaded_bridge`,
`audio_bridge_thread`, `audio_bridge_on_exchange_media`, `switch_ivr_uuid_bridge`). Rules:
1. Each leg stays in its own greenlet; the originator's tells of the conversation.
2. The conversation ends for both when one hangs up or goes elsewhere. One that goes elsewhere takes nobody
   with it: the other is hung up, unless it was sent somewhere too, or is told to stay
   (`park_after_bridge`, `transfer_after_bridge`; for the originator the dialplan goes on).
3. A command that runs on one leg meanwhile keeps its sound from the other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from esl.embedded.apps import APPLICATIONS
from esl.embedded.causes import CAUSES
from esl.embedded.line import KEY
from esl.embedded.originate import originate
from esl.embedded.recording import is_true

if TYPE_CHECKING:
    from esl.embedded.channel import Channel
    from esl.embedded.session import Session

_log = logging.getLogger(__name__)

_ALWAYS_GOES_ON = frozenset({"NO_ANSWER", "NO_USER_RESPONSE", "ORIGINATOR_CANCEL"})
_PATIENCE = 5.0
"""Seconds for the other leg to take note of the end."""


@dataclass(eq=False)
class Conversation:
    """Two legs, from CHANNEL_BRIDGE to CHANNEL_UNBRIDGE."""

    originator: Session
    originatee: Session
    over: bool = False
    left: bool = False
    """The originatee's greenlet has let go of it."""

    @property
    def ends(self) -> list[tuple[str, str]]:
        return [
            ("Bridge-A-Unique-ID", self.originator.uuid),
            ("Bridge-B-Unique-ID", self.originatee.uuid),
        ]

    def end(self) -> None:
        """Neither hears the other any more."""
        if self.over:
            return
        self.over = True
        for leg in (self.originator, self.originatee):
            leg.conversation = None
            leg.media.far = None
            leg.channel.set("bridge_to", None)
            leg.wake()

    def other(self, leg: Session) -> Session:
        return self.originatee if leg is self.originator else self.originator

    # --- while it lasts ------------------------------------------------------------------------

    def talk(self, leg: Session) -> None:
        """One leg's part of it, in its greenlet."""
        other = self.other(leg)
        while not self.over and leg.is_ready() and other.channel.is_up():
            if leg.channel.answered and not other.channel.answered:
                self._answer(other)
            if leg.has_commands():
                leg.media.suspended = True
                leg.obey_queued()
                leg.media.suspended = False
                continue
            leg.take_break()
            if leg.keys:
                self._pass_key(leg, other)
                continue
            leg.rest()
        self.end()

    def _answer(self, other: Session) -> None:
        """A callee who was only heard so far has answered: so has the switch."""
        if other.channel.profile.direction == "inbound":
            other.channel.answer()

    def _pass_key(self, leg: Session, other: Session) -> None:
        key, samples, _source = leg.keys[0]
        leg.take_key()
        blocked = is_true(leg.channel.get("bridge_filter_dtmf"))
        if key in (leg.channel.get("bridge_terminate_key") or ""):
            self.end()
        elif not blocked and other.media.line is not None:
            other.media.line.send(KEY, key.encode() + samples.to_bytes(2, "big"))

    def talk_as_originatee(self) -> None:
        """The originatee's part, and what becomes of it then."""
        leg = self.originatee
        channel = leg.channel
        try:
            channel.enter("CS_EXCHANGE_MEDIA")
            self.talk(leg)
            if not leg.is_ready():
                return
            if is_true(channel.get("park_after_bridge")):
                leg.let_go(leg.park)
            elif where := channel.get("transfer_after_bridge"):
                channel.set("transfer_after_bridge", None)
                leg.transfer(where.partition(":")[0])
            else:
                channel.hang_up("NORMAL_CLEARING" if channel.answered else "ORIGINATOR_CANCEL")
        finally:
            self.end()
            self.left = True
            self.originator.wake()


def connect(originator: Session, originatee: Session) -> None:
    """Bridges two legs, from the originator's greenlet, until it is over. The originatee must wait for it."""
    a, b = originator.channel, originatee.channel
    conversation = Conversation(originator, originatee)
    if b.answered and not a.answered:
        a.answer()
    if not a.is_up():
        b.hang_up("ORIGINATOR_CANCEL")
        return
    b.set("call_uuid", a.uuid)
    a.profile.times.bridged = b.profile.times.bridged = a.now()
    a.bridge_role, b.bridge_role = "originator", "originatee"
    a.fire("CHANNEL_BRIDGE", first=conversation.ends)
    _remember(conversation)
    originator.conversation = originatee.conversation = conversation
    originator.media.far, originatee.media.far = originatee.media.tell, originator.media.tell
    hung_up = (lambda: _note_hang_up(a, b)), (lambda: _note_hang_up(b, a))
    a.when_hung_up.append(hung_up[0])
    b.when_hung_up.append(hung_up[1])
    originatee.when_over.append(originator.wake)
    try:
        originatee.let_go(conversation.talk_as_originatee)
        conversation.talk(originator)
        _wait_for_originatee(conversation)
    finally:
        conversation.end()
        originatee.when_over.remove(originator.wake)
        a.when_hung_up.remove(hung_up[0])
        b.when_hung_up.remove(hung_up[1])
        a.bridge_role = b.bridge_role = ""
    b.set("bridge_hangup_cause", a.hangup_cause)
    a.set("bridge_hangup_cause", b.hangup_cause or a.variables.get("bridge_hangup_cause"))
    b.set("call_uuid", b.uuid)
    a.fire("CHANNEL_UNBRIDGE", first=conversation.ends)
    _after(originator, originatee)


def _wait_for_originatee(conversation: Conversation) -> None:
    """Until the other leg has told its end, or has gone on elsewhere."""
    clock, other = conversation.originator.switch.clock, conversation.originatee.channel
    deadline = clock.now() + _PATIENCE
    while clock.now() < deadline and not other.reported and not (conversation.left and other.is_up()):
        conversation.originator.rest(deadline)


def _remember(conversation: Conversation) -> None:
    """Both legs say with whom they talk."""
    a, b = conversation.originator.channel, conversation.originatee.channel
    for leg, partner in ((a, b), (b, a)):
        leg.update(
            {
                "bridge_to": partner.uuid,
                "last_bridge_to": partner.uuid,
                "bridge_channel": partner.profile.channel_name,
                "bridge_uuid": partner.uuid,
                "signal_bond": partner.uuid,
            }
        )
    seen = b.profile.callee_id_name, b.profile.callee_id_number
    if a.profile.callee_id_number != b.profile.callee_id_number:  # brought together by `uuid_bridge`
        seen = b.profile.caller_id_name, b.profile.caller_id_number
    a.update({"last_sent_callee_id_name": seen[0], "last_sent_callee_id_number": seen[1]})
    b.update(
        {
            "last_sent_callee_id_name": a.profile.caller_id_name,
            "last_sent_callee_id_number": a.profile.caller_id_number,
        }
    )


def _note_hang_up(leg: Channel, partner: Channel) -> None:
    """What mod_sofia leaves on the other leg when a BYE comes in."""
    if not leg.hung_up_by_caller or not partner.is_up():
        return
    partner.set("sip_hangup_phrase", "OK")
    partner.set("last_bridge_hangup_cause", leg.hangup_cause)
    partner.set("last_bridge_proto_specific_hangup_cause", "sip:200")


def _after(originator: Session, originatee: Session) -> None:
    """What becomes of the originator. If it was sent elsewhere, it goes there."""
    a, b = originator.channel, originatee.channel
    if not originator.is_ready() or not a.is_up():
        return
    cause = b.hangup_cause or "NORMAL_CLEARING"
    wish = a.get("hangup_after_bridge") or ""
    if not b.answered:
        handle_failure(originator, cause)
    elif wish.lower() == "explicit":
        a.hang_up(cause)
    elif is_true(a.get("park_after_bridge")):
        originator.park()
    elif where := a.get("transfer_after_bridge"):
        a.set("transfer_after_bridge", None)
        originator.transfer(where.partition(":")[0])
    elif is_true(wish):
        a.hang_up(cause)


def handle_failure(session: Session, cause: str) -> None:
    """A bridge that failed: the leg goes on, goes elsewhere, or is hung up with the cause, as
    `continue_on_fail`, `failure_causes` and `transfer_on_fail` say (`switch_channel_handle_cause`)."""
    channel = session.channel
    if not channel.is_up():
        return
    goes_on, fails = channel.get("continue_on_fail") or "", channel.get("failure_causes") or ""
    if fails and not _listed(fails, cause):
        return
    if goes_on and (is_true(goes_on) or _listed(goes_on, cause)):
        return
    if not goes_on and not fails and cause in _ALWAYS_GOES_ON:
        return
    causes, _, where = (channel.get("transfer_on_fail") or "").partition(" ")
    if causes and (is_true(causes) or _listed(causes, cause)):
        if is_true(causes):
            return
        session.transfer(where.partition(" ")[0] or cause)
        return
    channel.hang_up(cause)


def _listed(causes: str, cause: str) -> bool:
    wanted = {each.strip().upper() for each in causes.split(",")}
    return cause in wanted or str(CAUSES.get(cause, -1)) in wanted


@APPLICATIONS.add("bridge")
def _bridge(session: Session, argument: str) -> None:
    """`bridge DIAL_STRING`: calls somebody, and connects the caller with whoever answers first."""
    if not argument:
        return
    outcome = originate(session.switch, argument, caller=session)
    if outcome.leg is None:
        session.channel.set("originate_failed_cause", outcome.cause)
        handle_failure(session, outcome.cause)
        return
    connect(session, outcome.leg)


def bring_together(originator: Session, originatee: Session) -> bool:
    """`uuid_bridge`: both let go of what they do, and talk. False if neither has sound, or one is down.

    A leg brought together with itself waits for its partner until it hangs up, as on FreeSWITCH 1.11.2.
    """
    if not (originator.channel.is_up() and originatee.channel.is_up()):
        return False
    if not originator.media.open:
        originator, originatee = originatee, originator
        if not originator.media.open:
            return False
    _mark(originator, originatee)
    if originator is originatee:
        originator.let_go(lambda: _wait_for_nobody(originator))
        return True
    waiting = _Meeting(originator, originatee)
    originator.let_go(waiting.as_originator)
    originatee.let_go(waiting.as_originatee)
    return True


def _wait_for_nobody(leg: Session) -> None:
    for state in ("CS_HIBERNATE", "CS_RESET", "CS_SOFT_EXECUTE"):
        leg.channel.enter(state)
    leg.channel.set("uuid_bridge", None)
    while leg.is_ready():
        leg.rest()


class _Meeting:
    """Each leg comes when it has let go of what it did; with the second the conversation begins."""

    def __init__(self, originator: Session, originatee: Session) -> None:
        self._originator = originator
        self._originatee = originatee
        self._there = False

    def as_originatee(self) -> None:
        leg = self._originatee
        self._pass_through(leg, self._originator.uuid)
        self._there = True
        self._originator.wake()
        while leg.is_ready() and self._originator.channel.is_up():
            leg.rest()
        if leg.is_ready():
            leg.channel.hang_up("NORMAL_CLEARING")

    def as_originator(self) -> None:
        leg, other = self._originator, self._originatee
        self._pass_through(leg, other.uuid)
        leg.channel.set("uuid_bridge", None)
        while leg.is_ready() and other.channel.is_up() and not self._there:
            leg.rest(leg.switch.clock.now() + 0.1)
        if leg.is_ready() and self._there and other.is_ready():
            connect(leg, other)
        if leg.channel.is_up() and not leg.is_leaving():
            leg.channel.enter("CS_EXECUTE")
            leg.channel.set("call_uuid", leg.uuid)

    def _pass_through(self, leg: Session, other: str) -> None:
        for state in ("CS_HIBERNATE", "CS_RESET", "CS_SOFT_EXECUTE"):
            leg.channel.enter(state)
        leg.channel.fire(
            "CHANNEL_EXECUTE",
            [("Application", "uuid_bridge"), ("Application-Data", other)],
            origin=("switch_ivr_bridge.c", "uuid_bridge_on_soft_execute", 1236),
        )


def _mark(originator: Session, originatee: Session) -> None:
    """Both legs say that they are meant for each other (`switch_ivr_uuid_bridge`)."""
    a, b = originator.channel, originatee.channel
    a.set("uuid_bridge", b.uuid)
    now = a.now()
    for leg, partner in ((a, b), (b, a)):
        source = f"{now // 1_000_000}:{uuid4()}:uuid_br:{partner.uuid}"
        leg.update(
            {
                "bridge_channel": partner.profile.channel_name,
                "bridge_uuid": partner.uuid,
                "signal_bond": partner.uuid,
                "original_destination_number": leg.profile.destination_number,
                "original_caller_id_name": leg.profile.caller_id_name,
                "original_caller_id_number": leg.profile.caller_id_number,
                "transfer_history": source,
                "transfer_source": source,
            }
        )
        leg.profile.index = str(int(leg.profile.index or "1") + 1)
        leg.profile.times.profile_created = now
        leg.profile.transfer_source = source
        leg.state = "CS_HIBERNATE"
    a.partner_type, a.partner = "originatee", b.profile.seen_from_partner()
    b.partner_type, b.partner = "originator", a.profile.seen_as_originator()
