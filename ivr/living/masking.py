"""Silence in a call's recording: while something sensitive is asked, and afterwards where what was said held
a secret that nobody had asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gevent
import structlog

from esl.errors import CallEnded, CommandRefusedError
from esl.switch import Call
from ivr.call_record import CallRecord
from ivr.clock import Clock
from ivr.recordings import muting

log = structlog.get_logger(__name__)

EARLIER = 1.5
"""Seconds before what was said, by which the clock may be behind the recording on a busy machine."""


@contextmanager
def silenced(call: Call, record: CallRecord) -> Iterator[None]:
    """While something sensitive is said or answered.

    If the switch refuses to mask, the recording ends: better no recording than one with the answer.
    """
    try:
        call.mask_recording()
    except CommandRefusedError as refused:
        log.error("recording_ended", call=record.call_id, reason=str(refused))
        call.stop_recording()
        record.recording_ended()
        yield
        return
    try:
        yield
    finally:
        with suppress(CallEnded, CommandRefusedError):
            call.unmask_recording()


class Afterwards:
    """What has to be silenced in the recording once it is written (`ivr.recordings.muting`)."""

    def __init__(self, call: Call, record: CallRecord, clock: Clock) -> None:
        self._call, self._record, self._clock = call, record, clock
        self._since: float | None = None
        self._noted = False

    def begins(self) -> None:
        """The recording is about to begin."""
        self._since = self._clock.now()

    def hush(self, began_at: float | None) -> None:
        """What was said since then (call time; `None`: nobody knows) until now must not stay.

        If that cannot be kept in mind, the recording goes: better none than one with a secret.
        """
        if self._since is not None and not self._noted_down(
            begin=max(0.0, (began_at or self._since) - self._since - EARLIER),
            end=self._clock.now() - self._since,
        ):
            self._since = None
            with suppress(CallEnded, CommandRefusedError):
                self._call.stop_recording()
            recording = self._record.recording
            if recording is not None:
                with suppress(OSError):
                    gevent.get_hub().threadpool.apply(recording.unlink)
            self._record.not_recorded()

    def ends(self) -> None:
        """The call is over."""
        if self._noted and self._since is not None:
            self._noted_down(lasted=self._clock.now() - self._since)

    def _noted_down(self, **what: float) -> bool:
        recording = self._record.recording
        if recording is None:
            return True
        try:
            gevent.get_hub().threadpool.apply(muting.note, (recording,), what)
        except OSError as refused:
            log.error("recording_not_muted", call=self._record.call_id, reason=refused.strerror)
            return False
        self._noted = True
        return True
