"""One leg of a call: its state, its variables, and the events that tell of both.

Rules:
1. Setting a variable puts it last, as the real switch does: the order in events is the order of
   setting. An empty value takes the variable away.
2. `Channel-State` is what the leg is doing, `Channel-State-Number` what it has been told to do
   (switch_channel.c, running state and state). They differ between a hang-up and its execution.
3. A hang-up is told once, at the instant it happens, whatever else is going on; what follows from
   it (recordings, the last events) is the session's to do, in its own greenlet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from esl.embedded.accounts import account_for_media, account_for_times
from esl.embedded.causes import CAUSES
from esl.embedded.events import Origin
from esl.embedded.leg_variables import dialog_variables, ended_by_caller, media_variables
from esl.embedded.media import Media
from esl.embedded.profile import CallerProfile

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

STATES = {
    "CS_NEW": 0,
    "CS_INIT": 1,
    "CS_ROUTING": 2,
    "CS_SOFT_EXECUTE": 3,
    "CS_EXECUTE": 4,
    "CS_EXCHANGE_MEDIA": 5,
    "CS_PARK": 6,
    "CS_CONSUME_MEDIA": 7,
    "CS_HIBERNATE": 8,
    "CS_RESET": 9,
    "CS_HANGUP": 10,
    "CS_REPORTING": 11,
    "CS_DESTROY": 12,
}
_WITHOUT_VARIABLES = frozenset(
    {"CHANNEL_STATE", "CHANNEL_CALLSTATE", "CHANNEL_OUTGOING", "DTMF", "CHANNEL_DESTROY"}
)
_VARIABLE_NAME = re.compile(r"[!-9;-~]{1,256}")


class Channel:
    """A leg. `on_change` is called whenever an application that waits on the leg should look."""

    def __init__(
        self,
        switch: EmbeddedSwitch,
        profile: CallerProfile,
        variables: dict[str, str],
        *,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.switch = switch
        self.profile = profile
        self.uuid = profile.unique_id
        self.variables = {name: value for name, value in variables.items() if value}
        self.media = Media(wake=on_change)
        self.partner: CallerProfile | None = None
        self.partner_type = ""
        self.state = "CS_NEW"
        self.running_state = "CS_NEW"
        self.call_state = "DOWN"
        self.answer_state = "ringing"
        self.hangup_cause: str | None = None
        self.hung_up_by_caller = False
        self.reported = False
        self.media_port = switch.next_media_port()
        self.remote_port = self.variables.get("remote_media_port", "0")
        self.digits_taken: list[str] = []
        self.holds: list[tuple[int, int]] = []  # beginnings and ends
        self.codec_known = True
        self.hit_dialplan = profile.direction == "inbound"
        self.bridge_role = ""
        """`originator` or `originatee` while the leg talks with another."""
        self.when_hung_up: list[Callable[[], None]] = []
        self._on_change = on_change

    # --- variables -----------------------------------------------------------------------------

    def get(self, name: str) -> str | None:
        """A variable, or what the caller profile has under that name."""
        value = self.variables.get(name)
        return value if value is not None else self.profile.field(name) or None

    def set(self, name: str, value: str | None) -> None:
        """Sets a variable; None or "" removes it. A name that could break a header line is ignored."""
        self.variables.pop(name, None)
        if value and _VARIABLE_NAME.fullmatch(name):
            self.variables[name] = value

    def push(self, name: str, value: str) -> None:
        """Adds to a variable that holds several: `ARRAY::A|:B` from the second on."""
        held = self.variables.get(name)
        if held is None:
            self.set(name, value)
        else:
            self.set(name, f"{held if held.startswith('ARRAY::') else f'ARRAY::{held}'}|:{value}")

    def update(self, variables: dict[str, str]) -> None:
        for name, value in variables.items():
            self.set(name, value)

    # --- state ---------------------------------------------------------------------------------

    def is_up(self) -> bool:
        """Not hung up."""
        return STATES[self.state] < STATES["CS_HANGUP"]

    @property
    def answered(self) -> bool:
        return self.profile.times.answered > 0

    def now(self) -> int:
        """Microseconds since the epoch."""
        return int(self.switch.clock.now() * 1_000_000)

    def enter(self, state: str) -> None:
        """The leg is in `state` from here on, and says so. Once hung up it does not live again."""
        if not self.is_up() and STATES[state] < STATES["CS_HANGUP"]:
            return
        self.state = self.running_state = state
        self.fire("CHANNEL_STATE")

    def begin(self) -> None:
        """The leg's first steps, unless its line has ended before them."""
        if self.is_up():
            self.enter("CS_INIT")
            self.state = "CS_ROUTING"
            self.fire("CHANNEL_CREATE")
            self.running_state = "CS_ROUTING"
            self.set_call_state("RINGING")
            self.fire("CHANNEL_STATE")

    def set_call_state(self, call_state: str) -> None:
        before, self.call_state = self.call_state, call_state
        self.fire("CHANNEL_CALLSTATE", [("Original-Channel-Call-State", before)])

    def pre_answer(self) -> bool:
        """Opens the media without answering, if they are not open yet. False if the leg is down."""
        if not self.is_up():
            return False
        if not self.media.open:
            self.update(media_variables(self.media_port, self.remote_port))
            self.media.open = True
            self.answer_state = "early"
            self.profile.times.progress_media = self.now()
            self.set("endpoint_disposition", "EARLY MEDIA")
            self.fire("CHANNEL_PROGRESS_MEDIA")
            self.set_call_state("EARLY")
        return True

    def answer(self) -> None:
        """Answers, if that has not happened yet."""
        if not self.is_up() or self.answered:
            return
        if not self.media.open:
            self.update(media_variables(self.media_port, self.remote_port))
        self.media.open = True
        self.answer_state = "answered"
        self.profile.times.answered = self.now()
        self.fire("CHANNEL_ANSWER")
        self.set_call_state("ACTIVE")
        self.set("endpoint_disposition", "ANSWER")
        if self.media.line is not None:
            self.media.on_tick = self._acknowledged
            self.media.line.send(b"W")

    def _acknowledged(self) -> None:
        """The caller's end has confirmed the answer, one tick later."""
        if self.is_up():
            self.update(dialog_variables(self.variables, sequence=self.switch.next_dialog_number()))

    def hang_up(self, cause: str, *, by_caller: bool = False) -> None:
        """Hangs up, at once and once. Safe from any greenlet."""
        if not self.is_up():
            return
        cancelled = by_caller and not self.answered
        if cancelled and cause == "NORMAL_CLEARING":
            cause = "ORIGINATOR_CANCEL"
        self.state = "CS_HANGUP"
        self.hangup_cause = cause
        self.hung_up_by_caller = by_caller
        self.answer_state = "hangup"
        if by_caller:
            self.update(ended_by_caller(cause, CAUSES.get(cause, 16), cancelled=cancelled))
            if self.bridge_role:
                self.set("last_bridge_role", self.bridge_role)
        self.fire("CHANNEL_HANGUP")
        if by_caller and not cancelled:  # the BYE that was received is read after it has been told
            self.set("sip_user_agent", self.variables.get("sip_user_agent"))
            self.set("sip_hangup_disposition", "recv_bye")
        for told in tuple(self.when_hung_up):
            told()
        self._on_change()

    # --- events --------------------------------------------------------------------------------

    def lines(self) -> Iterator[tuple[str, str]]:
        """What every event of the leg says (switch_channel.c, `switch_channel_event_set_basic_data`)."""
        direction = self.profile.direction
        yield "Channel-State", self.running_state
        yield "Channel-Call-State", self.call_state
        yield "Channel-State-Number", str(STATES[self.state])
        yield "Channel-Name", self.profile.channel_name
        yield "Unique-ID", self.uuid
        yield "Call-Direction", direction
        yield "Presence-Call-Direction", direction
        yield "Channel-HIT-Dialplan", "true" if self.hit_dialplan else "false"
        yield "Channel-Call-UUID", self.variables.get("call_uuid", self.uuid)
        yield "Answer-State", self.answer_state
        if self.hangup_cause:
            yield "Hangup-Cause", self.hangup_cause
        if self.codec_known:
            for way in ("Read", "Write"):
                yield f"Channel-{way}-Codec-Name", "PCMU"
                yield f"Channel-{way}-Codec-Rate", "8000"
                yield f"Channel-{way}-Codec-Bit-Rate", "64000"
        yield from self.profile.lines("Caller")
        if self.partner is not None:
            yield "Other-Type", self.partner_type
            yield from self.partner.lines("Other-Leg")

    def variable_lines(self) -> Iterator[tuple[str, str]]:
        for name, value in self.variables.items():
            yield f"variable_{name}", value

    def fire(
        self,
        kind: str,
        more: Iterable[tuple[str, str]] = (),
        *,
        first: Iterable[tuple[str, str]] = (),
        subclass: str = "",
        origin: Origin | None = None,
    ) -> None:
        """Fires an event of this leg; `first` and `more` are the lines that only this kind has."""

        def lines() -> Iterator[tuple[str, str]]:
            yield from first
            yield from self.lines()
            if kind not in _WITHOUT_VARIABLES:
                yield from self.variable_lines()
            yield from more

        self.switch.board.fire(kind, lines, subclass=subclass, origin=origin)

    def connect_lines(self) -> Iterator[tuple[str, str]]:
        """What answers `connect`: the leg with all it has, the profile under two names."""
        yield from self.switch.board.core_lines("CHANNEL_DATA").items()
        yield from self.profile.lines("Channel")
        yield from self.lines()
        yield from self.variable_lines()

    # --- the end -------------------------------------------------------------------------------

    def report(self, *, last_application: tuple[str, str] | None) -> None:
        """The leg's account of itself: times, counts, CHANNEL_HANGUP_COMPLETE."""
        if self.reported:
            return
        self.reported = True
        cause = self.hangup_cause or "NORMAL_CLEARING"
        self.set("hangup_cause", cause)
        number = CAUSES.get(cause, 16)
        self.set("hangup_cause_q850", str(number if number <= 127 else 16))
        self.profile.times.hangup = self.now()
        self.set_call_state("HANGUP")
        self.enter("CS_REPORTING")
        self.set("digits_dialed", "".join(self.digits_taken) or "none")
        account_for_times(self, last_application)
        if not self.hung_up_by_caller and "sip_hangup_disposition" not in self.variables:
            unanswered = "send_refuse" if self.profile.direction == "inbound" else "send_cancel"
            self.set("sip_hangup_disposition", "send_bye" if self.answered else unanswered)
        if self.media.open:
            account_for_media(self)
        self.fire("CHANNEL_HANGUP_COMPLETE", first=[("Hangup-Cause", cause)])

    def destroy(self) -> None:
        """Nobody looks at the leg any more."""
        if self.state != "CS_DESTROY":
            self.state = "CS_DESTROY"
            self.fire("CHANNEL_DESTROY")
