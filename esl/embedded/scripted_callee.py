"""A callee made of code: waits on a line to be called, rings, answers or refuses, and then speaks, hears and
presses keys as a `ScriptedCaller` does.

    callee = ScriptedCallee(switch.line_address, number="34600333444")
    callee.join()                          # from here on the number can be called
    callee.wait_for_call()
    callee.ring(); callee.answer()
    callee.speak(samples)
    callee.hang_up()

One line takes one call; to be called again, make another one.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.event import Event
from pydantic import ValidationError

from esl.embedded.caller import ScriptedCaller
from esl.embedded.clock import Clock
from esl.embedded.errors import LineError
from esl.embedded.line import ANSWERED, CALL, EARLY, HANGUP, RINGING, Invitation, Line, Waiting, join


class ScriptedCallee(ScriptedCaller):
    """Somebody who is called. It belongs to the greenlet that drives it."""

    def __init__(
        self,
        address: tuple[str, int],
        *,
        number: str,
        clock: Clock | None = None,
        ear: Callable[[bytes], None] | None = None,
    ) -> None:
        """`number` is the one under which they can be called."""
        super().__init__(address, destination=number, number=number, clock=clock, ear=ear)
        self.number = number
        self.called = Event()
        self.invitation: Invitation | None = None
        """Who calls, and how; None before."""

    def join(self) -> None:
        """Waits to be called from here on. Raises `LineRefusedError`."""
        connection, _number, rest = join(self._address, Waiting(takes=self.number))
        self._line = Line(connection, got=self._got, lost=self._lost, rest=rest)

    def wait_for_call(self, timeout: float = 30.0) -> Invitation:
        """Who calls. Raises `ScriptError` after `timeout` seconds."""
        self._wait(self.called.is_set, timeout, "nobody called")
        if self.invitation is None:
            raise LineError("the line ended before anybody called")
        return self.invitation

    def ring(self) -> None:
        """The telephone rings, and the caller is told."""
        self._send(RINGING)

    def sound_early(self) -> None:
        """Opens the sound before the answer, as an announcement does; `speak` is heard from here on."""
        self._send(EARLY)
        self._start_ticking()

    def answer(self) -> None:
        """Picks up."""
        self._send(ANSWERED)
        self.answered.set()
        self._start_ticking()

    def refuse(self, cause: str = "CALL_REJECTED") -> None:
        """Does not take the call: USER_BUSY, CALL_REJECTED, UNALLOCATED_NUMBER..."""
        self._send(HANGUP, cause.encode())
        self._end(cause)

    def _send(self, kind: bytes, body: bytes = b"") -> None:
        if self._line is not None and not self.hung_up.is_set():
            self._line.send(kind, body)

    def _start_ticking(self) -> None:
        if self._ticker is None:
            self._joined_at = self.clock.now()
            self._ticker = gevent.spawn(self._tick)

    def _got(self, kind: bytes, body: bytes) -> None:
        if kind != CALL:
            super()._got(kind, body)
            return
        try:
            self.invitation = Invitation.model_validate_json(body)
        except ValidationError as fault:
            raise LineError(f"no invitation: {fault.errors(include_url=False)[0]['msg']}") from None
        self.uuid = self.invitation.uuid
        self.called.set()
        self._changed.set()
