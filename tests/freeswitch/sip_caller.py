"""The scripted caller of the embedded switch with a SIP telephone in the hand: same script, real RTP.

A frame is heard from the instant of its arrival, or right after the frame before it; where it came later
than that, `ScriptedCaller` counts it as late in every measurement.
"""

from __future__ import annotations

from contextlib import suppress

import gevent

from esl.embedded.caller import ScriptedCaller
from esl.embedded.sounds import FRAME_SAMPLES
from tests.freeswitch.leg import CallRefused, Frame, Leg
from tests.freeswitch.telephone import telephone

MOST_LATE = 3 * FRAME_SAMPLES
"""Samples (60 ms, a telephone's jitter buffer) beyond which a frame does not continue the one before it."""


class SipScriptedCaller(ScriptedCaller):
    """A `ScriptedCaller` that joins by SIP. Timeline and measurements are the same."""

    def __init__(self, switch: tuple[str, int], *, destination: str, number: str, name: str = "") -> None:
        super().__init__(switch, destination=destination, number=number, name=name)
        self._phone = telephone(switch, number, name=name or None)
        self._leg: Leg | None = None
        self._heard_to = 0
        self._calling: gevent.Greenlet[[], None] | None = None

    def join(self) -> None:
        """Calls, and returns at once: the answer is in `answered`."""
        leg = self._leg = self._phone.__enter__().dial(self.hello.destination)
        leg.source, leg.ear = self._say, self._frame_heard
        self._joined_at = self.clock.now()
        self._offset = 0
        self._calling = gevent.spawn(self._call, leg)

    def _call(self, leg: Leg) -> None:
        host, port = self._address
        try:
            leg.call(f"sip:{self.hello.destination}@{host}:{port}", [], seconds=30)
        except CallRefused as refused:
            self._end(f"SIP {refused.status}")
            return
        self.answered.set()
        leg.over.wait()
        self._end(leg.reason)

    def _say(self) -> bytes:
        # A frame is sent when its 20 ms are over. Before the first one nothing could be said.
        now = (self.position - FRAME_SAMPLES) * 2
        if now - len(self._said) > 2 * FRAME_SAMPLES * 2:
            self._said += bytes((now - len(self._said)) // (2 * FRAME_SAMPLES) * 2 * FRAME_SAMPLES)
        frame = self._next_to_say(len(self._said) // 2)
        self._said += frame
        return frame

    def _frame_heard(self, frame: Frame) -> None:
        arrived = self.position
        place = self._heard_to if arrived - self._heard_to < MOST_LATE else arrived
        self._hear(place, frame.samples)
        self._heard_to = place + FRAME_SAMPLES
        self._changed.set()

    @property
    def heard(self) -> bytes:
        """Everything the caller heard until now. FreeSWITCH sends nothing while nothing plays: silence."""
        silent = self.position - MOST_LATE - len(self._heard) // 2
        return bytes(self._heard) + bytes(2 * max(0, silent))

    def key(self, digits: str, *, gap: float = 0.2, hold: float = 0.1) -> None:
        """Presses keys by RFC 2833, one after the other."""
        assert self._leg is not None
        for digit in digits:
            if self.hung_up.is_set():
                return
            self._leg.press(digit, milliseconds=round(hold * 1000))
            self._mark = self.position
            self.clock.sleep(gap)

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """BYE, and the telephone is put away."""
        if self._leg is None:
            return
        with suppress(TimeoutError, CallRefused):
            if self.answered.is_set():
                self._leg.hang_up()
        self._end(cause)
        self._phone.__exit__(None, None, None)
        self._leg = None
