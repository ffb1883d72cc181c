"""`loopback/EXTENSION`: a leg whose far end is another leg of this switch, which meets the dialplan.

On the real switch that is mod_loopback's pair of channels; here each half is the other's far end, so sound,
keys and the answer pass as over a line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from esl.embedded.leg_variables import inbound_variables
from esl.embedded.line import (
    ANSWERED,
    AUDIO,
    EARLY,
    HANGUP,
    KEY,
    RINGING,
    FarEnd,
    audio_frame,
    read_audio,
    read_key,
)
from esl.embedded.profile import CallerProfile, Times
from esl.embedded.session import Session

if TYPE_CHECKING:
    from esl.embedded.called_leg import CalledLeg

_HEAD_BYTES = 3


class _Half:
    """Fulfils `FarEnd`: what this leg's far end is sent, the other leg gets as if a line had brought it."""

    def __init__(self, give: Callable[[bytes, bytes], None]) -> None:
        self._give = give
        self._over = False

    def send(self, kind: bytes, body: bytes = b"") -> None:
        if not self._over:
            self._over = kind == HANGUP
            self._give(kind, body)

    def send_audio(self, position: int, sound: bytes) -> None:
        if not self._over:
            self._give(AUDIO, audio_frame(position, sound)[_HEAD_BYTES:])

    def close(self, _spawn: Callable[..., Any] | None = None) -> None:
        self._over = True


def call_extension(leg: CalledLeg, extension: str) -> FarEnd:
    """The other half begins to live; returns what the placed leg talks to."""
    switch, asking = leg.switch, leg.channel.profile
    uuid, now = str(uuid4()), int(leg.switch.clock.now() * 1_000_000)
    profile = CallerProfile(
        unique_id=uuid,
        channel_name=f"loopback/{extension}-b",
        direction="inbound",
        caller_id_number=asking.caller_id_number,
        caller_id_name=asking.caller_id_name,
        destination_number=extension,
        username=asking.caller_id_number,
        dialplan="XML",
        source="mod_loopback",
        times=Times(profile_created=now, created=now),
    )
    variables = inbound_variables(
        profile, session_id=switch.next_session_id(), media_port=switch.next_media_port()
    )
    other = Session(switch, profile, variables)
    leg.channel.set("other_loopback_leg_uuid", uuid)
    other.channel.set("other_loopback_leg_uuid", leg.uuid)

    def to_placed(kind: bytes, body: bytes) -> None:
        if kind == AUDIO and not leg.media.open:
            leg.got(EARLY, b"")
        if kind in (RINGING, ANSWERED, AUDIO, KEY, HANGUP):
            leg.got(kind, body)

    def to_other(kind: bytes, body: bytes) -> None:
        if kind == AUDIO:
            other.media.hear(read_audio(body)[1])
        elif kind == KEY:
            other.press(*read_key(body))
        elif kind == HANGUP:
            other.channel.hang_up(body.decode("ascii", "replace") or "NORMAL_CLEARING")

    def other_hung_up() -> None:
        cause = other.channel.hangup_cause or "NORMAL_CLEARING"
        if other.media.line is not None:
            other.media.line.send(HANGUP, cause.encode())

    other.media.line = _Half(to_placed)
    other.channel.when_hung_up.append(other_hung_up)
    switch.adopt(other)
    return _Half(to_other)
