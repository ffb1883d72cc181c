"""A leg that the switch has placed: somebody's telephone rings, they answer or refuse, and then it is a leg
like any other.

Rules (switch_ivr_originate.c, switch_channel.c, mod_sofia.c; tests/traces/originate-*):
1. It waits (CS_CONSUME_MEDIA), and whoever placed it decides what becomes of it: a bridge, an
   application, an extension.
2. `on_news` is called whenever something happens that decides a dial: it rings, sounds, is answered, fails.
3. What its far end does wrong ends this leg and no other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from esl.embedded import called_variables
from esl.embedded.causes import cause_named
from esl.embedded.config import Action
from esl.embedded.errors import LineError
from esl.embedded.hold import hold
from esl.embedded.line import (
    ANSWERED,
    AUDIO,
    EARLY,
    HANGUP,
    HOLD,
    INFO_KEY,
    KEY,
    RINGING,
    FarEnd,
    read_audio,
    read_hold,
    read_key,
)
from esl.embedded.profile import CallerProfile
from esl.embedded.session import Session

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch


class CalledLeg(Session):
    """A placed leg, from CHANNEL_OUTGOING on."""

    def __init__(
        self,
        switch: EmbeddedSwitch,
        profile: CallerProfile,
        variables: dict[str, str],
        *,
        peer: str,
        codecs: str,
        originator: Session | None,
    ) -> None:
        """`peer` is the far end as SIP names it; `originator` is the leg that is waiting for this one."""
        super().__init__(switch, profile, variables)
        self.peer = peer
        self.codecs = codecs
        self.originator = originator
        self.on_news: Callable[[], None] = lambda: None
        self.reach: Callable[[], None] = lambda: None
        """Makes the far end's telephone ring; set by who places the leg."""
        self._recalled = False
        self._sip_dialog: dict[str, str] = {}
        channel = self.channel
        channel.media_port = int(channel.variables.get("local_media_port", channel.media_port))
        channel.codec_known = False
        if originator is not None:
            channel.partner_type = "originator"
            channel.partner = originator.channel.profile.seen_as_originator()
        channel.when_hung_up.append(self._hung_up)

    # --- what the far end does ------------------------------------------------------------------

    def connect(self, far_end: FarEnd) -> None:
        """The far end is there from now on."""
        self.media.line = far_end

    def got(self, kind: bytes, body: bytes) -> None:
        """A frame of the far end. Raises `LineError` for what is none."""
        if kind == AUDIO:
            self.media.hear(read_audio(body)[1])
        elif kind == RINGING:
            self._ringing()
        elif kind == EARLY:
            self._sounding()
        elif kind == ANSWERED:
            self._answered()
        elif kind in (KEY, INFO_KEY):
            self.press(*read_key(body), source="RTP" if kind == KEY else "ENDPOINT")
        elif kind == HOLD:
            hold(self.channel, read_hold(body))
        elif kind == HANGUP:
            self._far_end_hung_up(body.decode("ascii", "replace"))
        else:
            raise LineError(f"who is called does not send {kind!r}")

    def lost(self, _reason: str) -> None:
        """The far end is gone without a word."""
        self._far_end_hung_up("NORMAL_CLEARING" if self.channel.answered else "NORMAL_TEMPORARY_FAILURE")

    def _ringing(self) -> None:
        channel = self.channel
        if not channel.is_up() or channel.profile.times.progress or self.media.open:
            return
        self._response()
        channel.update(self._dialog())
        channel.profile.times.progress = channel.now()
        if self.originator is not None:
            self.originator.channel.profile.times.progress = channel.now()
        channel.fire("CHANNEL_PROGRESS")
        channel.set_call_state("RINGING")
        self.on_news()

    def _sounding(self) -> None:
        channel = self.channel
        if not channel.is_up() or self.media.open:
            return
        described = called_variables.described(channel.media_port)
        self._response()
        channel.set("ep_codec_string", described["ep_codec_string"])
        channel.update(self._dialog())
        channel.set("switch_r_sdp", described["switch_r_sdp"])
        channel.set("endpoint_disposition", "EARLY MEDIA")
        channel.answer_state = "early"
        channel.profile.times.progress_media = channel.now()
        if self.originator is not None:
            self.originator.channel.profile.times.progress_media = channel.now()
        channel.fire("CHANNEL_PROGRESS_MEDIA")
        channel.set_call_state("EARLY")
        channel.set("ep_codec_string", described["ep_codec_string"])
        channel.update(called_variables.media(channel.media_port, codecs=self.codecs, early=True))
        channel.set("endpoint_disposition", "EARLY MEDIA")
        channel.codec_known = True
        self.media.open = True
        self.on_news()

    def _answered(self) -> None:
        channel = self.channel
        if not channel.is_up() or channel.answered:
            return
        was_early = self.media.open
        self._response()
        channel.update(self._dialog())
        channel.update(called_variables.described(channel.media_port))
        if not was_early:
            channel.update(called_variables.media(channel.media_port, codecs=self.codecs, early=False))
        channel.codec_known = True
        self.media.open = True
        channel.answer_state = "answered"
        channel.profile.times.answered = channel.now()
        channel.fire("CHANNEL_ANSWER")
        channel.set_call_state("ACTIVE")
        channel.set("endpoint_disposition", "ANSWER")
        self.wake()
        self.on_news()

    def _response(self) -> None:
        channel = self.channel
        channel.profile.network_addr = "127.0.0.1"
        channel.update(called_variables.heard_from())

    def _dialog(self) -> dict[str, str]:
        if not self._sip_dialog:
            self._sip_dialog = called_variables.dialog(
                self.channel.profile, peer=self.peer, sequence=self.switch.next_dialog_number()
            )
        return self._sip_dialog

    def _far_end_hung_up(self, cause: str) -> None:
        channel = self.channel
        if not channel.is_up():
            return
        if channel.answered:
            channel.hang_up("NORMAL_CLEARING", by_caller=True)
            return
        refusal = cause_named(cause)
        if refusal == "NORMAL_CLEARING":  # a telephone does not refuse with that
            refusal = "CALL_REJECTED"
        self._recalled = True
        if not self._sip_dialog:
            channel.set("sip_call_id", self._dialog()["sip_call_id"])
        self._response()
        channel.update(called_variables.refused(refusal))
        channel.hang_up(refusal)

    def _hung_up(self) -> None:
        channel, line = self.channel, self.media.line
        if line is not None and not channel.hung_up_by_caller and not self._recalled:
            line.send(HANGUP, (channel.hangup_cause or "NORMAL_CLEARING").encode())
        self.on_news()

    # --- life ------------------------------------------------------------------------------------

    def begin(self) -> None:
        """As far as the far end's telephone, which rings after this."""
        channel = self.channel
        if not channel.is_up():
            return
        channel.enter("CS_INIT")
        channel.state = "CS_ROUTING"
        channel.fire("CHANNEL_CREATE")
        channel.fire("CHANNEL_ORIGINATE")
        channel.running_state = "CS_ROUTING"
        channel.fire("CHANNEL_STATE")
        channel.enter("CS_CONSUME_MEDIA")
        self.reach()

    def live_first(self) -> None:
        """Until whoever placed the leg has decided."""
        while self.is_ready():
            self.obey_queued()
            if self.is_ready():
                self.rest()

    def run_application(self, name: str, argument: str) -> None:
        """`&NAME(ARGUMENT)`: what whoever answers meets."""
        actions: tuple[Action, ...] = ((name, argument),)
        self.let_go(lambda: self._run_given(actions))

    def _run_given(self, actions: tuple[Action, ...]) -> None:
        self.meet_dialplan()
        self.channel.set("call_uuid", self.uuid)
        self.channel.enter("CS_EXECUTE")
        self.run_actions(actions)

    def meet_dialplan(self) -> None:
        """From here on it counts as a caller's: who was called is who calls (`switch_channel_flip_cid`)."""
        channel = self.channel
        if channel.hit_dialplan:
            return
        channel.hit_dialplan = True
        profile = channel.profile
        profile.first_caller_id_name = profile.caller_id_name
        profile.first_caller_id_number = profile.caller_id_number
        if profile.callee_id_name:
            channel.set("pre_transfer_caller_id_name", profile.caller_id_name)
            profile.caller_id_name, profile.callee_id_name = profile.callee_id_name, profile.caller_id_name
        if profile.callee_id_number:
            channel.set("pre_transfer_caller_id_number", profile.caller_id_number)
            profile.caller_id_number, profile.callee_id_number = (
                profile.callee_id_number,
                profile.caller_id_number,
            )
        channel.set("channel_cid_flipped", "yes")
        channel.fire("CALL_UPDATE", first=[("Direction", "RECV")])

    def transfer(self, destination: str) -> bool:
        if self.channel.is_up():
            self.channel.profile.dialplan = self.channel.profile.dialplan or "XML"
        return super().transfer(destination)

    def _run_dialplan(self) -> None:
        if not self.is_leaving():  # nobody has anything left for it to do
            self.channel.hang_up("NORMAL_CLEARING")
            return
        self.meet_dialplan()
        super()._run_dialplan()
