"""`eavesdrop UUID`: a supervisor hears both sides of a leg, and may whisper to either or join in.

Source: switch_ivr_async.c (`switch_ivr_eavesdrop_session`), mod_dptools.c (`eavesdrop_function`). Keys of
the supervisor: 2 speaks to the leg, 1 to whom it talks with, 3 to both, 0 only listens again, * leaves.
Variables of the supervisor's leg: `eavesdrop_enable_dtmf` (whether keys count), `eavesdrop_whisper_aleg`,
`eavesdrop_whisper_bleg`: the first is mixed into what is read from the leg (ED_MUX_READ), so its partner
hears it; the second is written to the leg (ED_MUX_WRITE).

Rules:
1. Nobody's recording holds what was whispered.
2. The conversation does not notice: it begins, goes on and ends as without a supervisor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from esl.embedded.apps import APPLICATIONS
from esl.embedded.recording import is_true

if TYPE_CHECKING:
    from esl.embedded.session import Session

_LOOK = 0.1
"""Seconds after which a leg that has ended is noticed at the latest."""


@APPLICATIONS.add("eavesdrop", needs_media=True)
def _eavesdrop(session: Session, argument: str) -> None:
    """`eavesdrop UUID`; an unknown leg, or one without sound, ends it at once."""
    target = session.switch.sessions.get(argument.strip())
    if target is None or target is session or not target.media.open:
        return
    keys_count = session.channel.get("eavesdrop_enable_dtmf")
    listening = _Listening(session, target)
    listening.speak(
        to_leg=is_true(session.channel.get("eavesdrop_whisper_bleg")),
        to_partner=is_true(session.channel.get("eavesdrop_whisper_aleg")),
    )
    clock = session.switch.clock
    session.media.far = target.media.overheard
    try:
        while session.is_ready() and target.channel.is_up() and not session.take_break():
            session.obey_queued()
            if not session.keys:
                session.rest(clock.now() + _LOOK)
                continue
            key = session.take_key()
            if keys_count is not None and not is_true(keys_count):
                continue
            if key == "*":
                break
            listening.press(key)
    finally:
        session.media.far = None
        listening.speak(to_leg=False, to_partner=False)


class _Listening:
    """To whom the supervisor speaks."""

    def __init__(self, supervisor: Session, target: Session) -> None:
        self._mouth = supervisor.media
        self._target = target.media

    def speak(self, *, to_leg: bool, to_partner: bool) -> None:
        for ears, wanted in ((self._target.whispers, to_leg), (self._target.joins, to_partner)):
            if wanted:
                ears[self._mouth] = self._mouth
            else:
                ears.pop(self._mouth, None)

    def press(self, key: str) -> None:
        if key in "0123":
            self.speak(to_leg=key in "23", to_partner=key in "13")
