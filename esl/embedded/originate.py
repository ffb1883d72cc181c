"""Dialling: turns one after the other, the targets of a turn at once, the first to answer wins.

Source: switch_ivr_originate.c, `switch_ivr_originate`. Rules:
1. Before the answer counts early media too, unless `ignore_early_media` says otherwise.
2. Whoever loses is hung up with LOSE_RACE; whoever is still ringing when the time is over, with NO_ANSWER;
   when the caller goes, with ORIGINATOR_CANCEL.
3. A turn that nobody answered in time is the last one, unless `originate_continue_on_timeout` is set.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gevent.event import Event

from esl.embedded.called_leg import CalledLeg
from esl.embedded.dial_string import DialString, Target, read_dial_string
from esl.embedded.endpoints import CALLEE_NAME, CallerId, place
from esl.embedded.errors import DialStringError, NotPlacedError, SoundError
from esl.embedded.line import RINGING
from esl.embedded.recording import is_true
from esl.embedded.sounds import open_sound

if TYPE_CHECKING:
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)

TIMEOUT = 60.0
"""Seconds for a turn, if nothing else is said."""
_NOT_THERE = ("group_confirm_key", "group_confirm_file", "leg_delay_start", "originate_retries")
_DIAL_STATUS = {
    "ORIGINATOR_CANCEL": "CANCEL",
    "USER_BUSY": "BUSY",
    "NO_ANSWER": "NOANSWER",
    "DESTINATION_OUT_OF_ORDER": "INVALIDARGS",
    "INVALID_PROFILE": "INVALIDARGS",
    "CALL_REJECTED": "DONTCALL",
}
"""`DIALSTATUS` by cause; any other cause stands there by its own name."""


@dataclass(frozen=True)
class Outcome:
    """Who answered, or why nobody did (`SUCCESS` if somebody did)."""

    leg: CalledLeg | None
    cause: str


@dataclass
class _Turn:
    """Those who are called at once."""

    legs: list[CalledLeg] = field(default_factory=list)
    winner: CalledLeg | None = None
    cause: str = ""
    timed_out: bool = False


def originate(
    switch: EmbeddedSwitch,
    text: str,
    *,
    caller: Session | None = None,
    caller_id: CallerId | None = None,
    timeout: float = 0.0,
    variables: Mapping[str, str] | None = None,
    cancelled: Event | None = None,
) -> Outcome:
    """Calls whom the dial string names, and waits for the first answer. `caller` is the leg that waits;
    then this runs in its greenlet. `timeout` is in seconds, 0 for what the variables say, or 60.
    `variables` are for every leg, before those of the dial string. Setting `cancelled` ends it.
    """
    dial = _Dial(switch, caller, caller_id or CallerId(), timeout, variables or {}, cancelled)
    outcome = dial.run(text)
    if caller is not None:
        dial.tell_caller(outcome)
    return outcome


class _Dial:
    def __init__(
        self,
        switch: EmbeddedSwitch,
        caller: Session | None,
        caller_id: CallerId,
        timeout: float,
        variables: Mapping[str, str],
        cancelled: Event | None,
    ) -> None:
        self.given = variables
        self.cancelled = cancelled
        if cancelled is not None:
            cancelled.rawlink(lambda _event: self._tell())
        self.switch = switch
        self.caller = caller
        self.caller_id = caller_id
        self.timeout = timeout
        self.legs: list[CalledLeg] = []
        self.causes: list[str] = []
        self._news = Event()

    def run(self, text: str) -> Outcome:
        """All turns."""
        try:
            dial_string = read_dial_string(text)
        except DialStringError as fault:
            _log.info("cannot dial: %s", fault)
            return Outcome(None, "DESTINATION_OUT_OF_ORDER")
        variables = self._variables(dial_string)
        caller = self.caller
        waiting = caller is not None and caller.channel.answered
        if caller is not None:
            for name in ("originated_legs", "originate_causes", "originate_disposition", "DIALSTATUS"):
                caller.channel.set(name, None)
            if waiting:
                caller.channel.set_call_state("RING_WAIT")
        cause = ""
        for targets in dial_string.turns:
            turn = self._take_turn(targets, variables)
            self._account_for(turn)
            if turn.winner is not None:
                return Outcome(turn.winner, "SUCCESS")
            cause = turn.cause
            again = is_true(variables.get("originate_continue_on_timeout"))
            if cause == "ORIGINATOR_CANCEL" or (turn.timed_out and not again):
                break
        return Outcome(None, cause)

    def _variables(self, dial_string: DialString) -> dict[str, str]:
        variables = {**self.given, **dial_string.variables}
        for name in _NOT_THERE:
            if name in variables or any(
                name in each.variables for turn in dial_string.turns for each in turn
            ):
                _log.warning("%s is not in the embedded switch: the call goes on without it", name)
        caller = self.caller
        if caller is not None:
            for name in ("ignore_early_media", "originate_continue_on_timeout", "ringback"):
                held = caller.channel.variables.get(name)
                if held and name not in variables:
                    variables[name] = held
        return variables

    def _seconds(self, variables: Mapping[str, str]) -> float:
        said = variables.get("originate_timeout") or variables.get("call_timeout")
        if not said and self.caller is not None and not self.timeout:
            said = self.caller.channel.variables.get("call_timeout")
        if said and said.isdigit() and 0 < int(said) < 100_000:
            return float(said)
        return self.timeout or TIMEOUT

    # --- a turn ---------------------------------------------------------------------------------

    def _take_turn(self, targets: tuple[Target, ...], variables: Mapping[str, str]) -> _Turn:
        turn = _Turn()
        for target in targets:
            try:
                leg = place(
                    self.switch,
                    target,
                    {**variables, **target.variables},
                    originator=self.caller,
                    caller_id=self.caller_id,
                )
            except NotPlacedError as fault:
                _log.info("a leg could not be placed: %s", fault)
                turn.cause = fault.cause
                continue
            leg.on_news = self._tell
            turn.legs.append(leg)
            self._remember(leg)
        if turn.legs:
            self._wait_for_answer(turn, variables)
        return turn

    def _remember(self, leg: CalledLeg) -> None:
        self.legs.append(leg)
        if self.caller is not None:
            profile, channel = leg.channel.profile, self.caller.channel
            channel.set("originate_signal_bond", leg.uuid)
            channel.push("originated_legs", f"{leg.uuid};{CALLEE_NAME};{profile.destination_number}")

    def _tell(self) -> None:
        self._news.set()
        if self.caller is not None:
            self.caller.wake()

    def _wait_for_answer(self, turn: _Turn, variables: Mapping[str, str]) -> None:
        clock = self.switch.clock
        began = clock.now()
        until = began + self._seconds(variables)
        sounds = not is_true(variables.get("ignore_early_media"))
        single = variables.get("fail_on_single_reject", "")
        ringing = False
        try:
            while True:
                turn.winner = next((leg for leg in turn.legs if _has_answered(leg, sounds=sounds)), None)
                down = [leg for leg in turn.legs if not leg.channel.is_up()]
                if turn.winner is not None:
                    self._end(turn, "LOSE_RACE")
                    return
                ending = ""
                if self._is_cancelled():
                    ending = "ORIGINATOR_CANCEL"
                elif len(down) == len(turn.legs) or (down and single and _counts(single, down)):
                    ending = down[0].channel.hangup_cause or "NORMAL_CLEARING"
                elif clock.now() >= until:
                    ending, turn.timed_out = "NO_ANSWER", True
                if ending:
                    turn.cause = ending
                    self._end(turn, ending)
                    return
                if not ringing and any(leg.channel.profile.times.progress for leg in turn.legs):
                    ringing = True
                    self._ring_caller(variables.get("ringback", ""))
                self._wait(self._next_instant(turn, began, until))
        finally:
            if ringing and self.caller is not None:
                self.caller.media.stop_playing()

    def _is_cancelled(self) -> bool:
        if self.caller is not None and not self.caller.is_ready():
            return True
        return self.cancelled is not None and self.cancelled.is_set()

    def _next_instant(self, turn: _Turn, began: float, until: float) -> float:
        """The next time limit: the turn's, or that of a leg (`leg_timeout`), which ends with it."""
        now = self.switch.clock.now()
        for leg in turn.legs:
            said = leg.channel.variables.get("leg_timeout", "")
            if not (said.isdigit() and leg.channel.is_up()):
                continue
            limit = began + int(said)
            if now >= limit:
                leg.channel.hang_up("NO_ANSWER")
            until = min(until, max(limit, now))
        return until

    def _wait(self, until: float) -> None:
        if self.caller is not None:
            self.caller.rest(until)
        else:
            self.switch.clock.wait(self._news, until - self.switch.clock.now())
            self._news.clear()

    def _end(self, turn: _Turn, cause: str) -> None:
        for leg in turn.legs:
            if leg is not turn.winner:
                leg.channel.hang_up(cause)

    def _ring_caller(self, ringback: str) -> None:
        """The caller's telephone rings too, or hears `ringback`."""
        if self.caller is None or not self.caller.channel.is_up():
            return
        channel, media = self.caller.channel, self.caller.media
        if not channel.answered:
            ringback = ringback or channel.variables.get("ringback", "")
            if ringback and not media.open:
                channel.pre_answer()
        elif not ringback:
            ringback = channel.variables.get("transfer_ringback", "")
        if media.open:
            if ringback:
                try:
                    media.play(open_sound(ringback, folder=self.switch.config.sounds))
                except SoundError as fault:
                    _log.warning("the ringback cannot be played: %s", fault)
            return
        channel.fire("CHANNEL_PROGRESS")
        if media.line is not None:
            media.line.send(RINGING)

    # --- what became of it -----------------------------------------------------------------------

    def _account_for(self, turn: _Turn) -> None:
        if self.caller is None:
            return
        channel = self.caller.channel
        for leg in turn.legs:
            cause = leg.channel.hangup_cause
            channel.push("originate_causes", f"{leg.uuid};{cause or 'NONE'}")
            if cause and channel.is_up():
                self._pass_on_failure(leg, cause)

    def _pass_on_failure(self, leg: CalledLeg, cause: str) -> None:
        assert self.caller is not None
        channel, held = self.caller.channel, leg.channel.variables
        phrase = held.get("sip_invite_failure_phrase")
        if phrase:
            channel.set("sip_invite_failure_status", held["sip_invite_failure_status"])
            channel.set("sip_invite_failure_phrase", phrase)
            channel.set("sip_hangup_phrase", phrase)
        channel.set("last_bridge_hangup_cause", cause)
        channel.set("last_bridge_proto_specific_hangup_cause", held.get("proto_specific_hangup_cause"))

    def tell_caller(self, outcome: Outcome) -> None:
        """The caller's variables, and whom it is connected with."""
        assert self.caller is not None
        channel, leg = self.caller.channel, outcome.leg
        causes = channel.variables.pop("originate_causes", None)
        if leg is not None:
            for name, value in (
                ("switch_m_sdp", leg.channel.variables.get("switch_r_sdp")),
                ("video_media_flow", "inactive"),
                ("text_media_flow", "inactive"),
                ("audio_media_flow", "sendrecv"),
            ):
                channel.set(name, value)
            _pass_callee(self.caller, leg)
            if leg.channel.answered:
                channel.answer()
            else:
                channel.pre_answer()
        channel.set("originate_disposition", outcome.cause)
        channel.set("DIALSTATUS", _DIAL_STATUS.get(outcome.cause, outcome.cause))
        channel.set("originate_causes", causes)
        if leg is not None:
            channel.set("signal_bond", leg.uuid)
            channel.set("originate_signal_bond", None)
            channel.partner_type, channel.partner = "originatee", leg.channel.profile.seen_from_partner()
        if channel.call_state == "RING_WAIT" and channel.is_up():
            channel.set_call_state("ACTIVE")


def _has_answered(leg: CalledLeg, *, sounds: bool) -> bool:
    return leg.channel.is_up() and (leg.channel.answered or (sounds and leg.media.open))


def _counts(single: str, down: list[CalledLeg]) -> bool:
    """Whether one refusal ends the turn (`fail_on_single_reject`: true, or causes, or !causes)."""
    if is_true(single):
        return True
    wanted = single.lstrip("!")
    return any(((leg.channel.hangup_cause or "") in wanted) != single.startswith("!") for leg in down)


def _pass_callee(caller: Session, leg: CalledLeg) -> None:
    caller.channel.profile.callee_id_name = leg.channel.profile.callee_id_name
    caller.channel.profile.callee_id_number = leg.channel.profile.callee_id_number
