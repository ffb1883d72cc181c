"""A call's recording while the call is lived: begun, silenced while something sensitive is asked, and
afterwards where what was said held a secret that nobody had asked for. Better no recording than one with a
secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


class CallRecording:
    """The recording of one call, whose file the record names."""

    def __init__(self, call: Call, record: CallRecord, clock: Clock) -> None:
        self._call, self._record, self._clock = call, record, clock
        self._began: float | None = None
        """Call time; `None`: there is nothing of it."""
        self._goes_on = False
        self._noted = False
        self._lasted: float | None = None
        """Seconds, once the call is over."""

    def begin(self) -> None:
        """From here on, if this call is to be recorded and the switch does it."""
        if self._record.recording is None:
            return
        began = self._clock.now()
        try:
            self._call.start_recording(self._record.recording)
        except CommandRefusedError as refused:
            self._record.recording_refused(str(refused))
            return
        self._began, self._goes_on = began, True
        self._record.recording_begun()

    @contextmanager
    def masked(self) -> Iterator[None]:
        """While something sensitive is said or answered. A switch that refuses to mask ends the recording."""
        if not self._goes_on:
            yield
            return
        try:
            self._call.mask_recording()
        except CommandRefusedError as refused:
            log.error("recording_ended", call=self._record.call_id, reason=str(refused))
            self._goes_on = False
            self._call.stop_recording()
            self._record.recording_ended()
            yield
            return
        try:
            yield
        finally:
            with suppress(CallEnded, CommandRefusedError):
                self._call.unmask_recording()

    def hush(self, began_at: float | None) -> None:
        """What was said since then (call time; `None`: nobody knows) until now must not stay
        (`ivr.recordings.muting`). If that cannot be kept in mind, the recording goes.
        """
        if self._began is not None and not self._note(
            begin=max(0.0, (began_at or self._began) - self._began - EARLIER),
            end=self._clock.now() - self._began,
        ):
            self._give_up()

    def hush_between(self, spans: Sequence[tuple[float, float]]) -> None:
        """The same for spans of call time that are over."""
        for begin, end in spans:
            if self._began is not None and not self._note(
                begin=max(0.0, begin - self._began - EARLIER), end=end - self._began
            ):
                self._give_up()
        if spans and self._lasted is not None:  # what was dictated is understood a moment after the call
            self._note(lasted=self._lasted)

    def over(self) -> None:
        """The call is: what is in its file is all there will be."""
        if self._began is None:
            self._record.not_recorded()
            return
        self._lasted = self._clock.now() - self._began
        if self._noted:
            self._note(lasted=self._lasted)

    def _give_up(self) -> None:
        self._began, self._goes_on = None, False
        with suppress(CallEnded, CommandRefusedError):
            self._call.stop_recording()
        recording = self._record.recording
        if recording is not None:
            with suppress(OSError):
                gevent.get_hub().threadpool.apply(recording.unlink)
        self._record.not_recorded()

    def _note(self, **what: float) -> bool:
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
