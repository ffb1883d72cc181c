"""Silence in a call's recording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from esl.errors import CallEnded, CommandRefusedError
from esl.switch import Call
from ivr.call_record import CallRecord

log = structlog.get_logger(__name__)


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
