"""What a flow does on a live call beyond saying, asking, looking up and queueing: one method for each.

What is not installed answers `Failed`, which every node has a landing for; `ivr/performers.py` names what
is, so that a flow that needs more is not published.
"""

from __future__ import annotations

from pathlib import Path

import gevent
import structlog

from dialogs.effects import Deed, Record, Transfer
from dialogs.engine import Conversation
from dialogs.results import Failed, Handed, NoInput, Recorded, Result
from esl.errors import CommandRefusedError
from esl.switch import Call
from ivr import moments
from ivr.attention import Attention, CallOverError
from ivr.clock import Clock
from ivr.dictation import Dictated, Dictation
from ivr.moments import Watch
from ivr.records import CallRecord, place_in

log = structlog.get_logger(__name__)


class Deeds:
    """The deeds of one call."""

    def __init__(
        self,
        call: Call,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        clock: Clock,
        watch: Watch,
    ) -> None:
        self._call = call
        self._attention = attention
        self._conversation = conversation
        self._record = record
        self._clock = clock
        self._watch = watch
        self.given_away = False
        """The leg is the dialplan's: what the flow says after this, the caller does not hear."""

    def perform(self, deed: Deed, *, listening: bool) -> Result:
        """`listening`: the call's live audio is on, and stays on afterwards.

        Raises `CallEnded`, `CallOverError`, `CallTooLongError`.
        """
        match deed:
            case Transfer(mode="blind"):
                return self._transfer(deed)
            case Record():
                try:
                    return self._take_down(deed)
                finally:
                    if not listening and self._attention.over is None:
                        self._call.stop_listening()
            case _:
                log.error(
                    "not_installed", call=self._record.call_id, step=deed.step, deed=type(deed).__name__
                )
                return Failed(f"{type(deed).__name__} is not installed")

    def _transfer(self, transfer: Transfer) -> Handed | Failed:
        """The leg goes on in the dialplan; our part ends as soon as the switch has taken the order."""
        told = moments.HandedOver(self._record.call_id, transfer.step, transfer.destination, "")
        self._watch(told)
        try:
            self._call.stop_listening()
            self._attention.until_finished(self._call.transfer(transfer.extension))
        except CommandRefusedError as refused:
            log.error("not_transferred", call=self._record.call_id, reason=str(refused))
            return Failed("the switch refuses the transfer")
        except CallOverError as over:
            if over.hung_up.cause != "BLIND_TRANSFER":
                raise
        self.given_away = True
        return Handed()

    def _take_down(self, record: Record) -> Recorded | NoInput | Failed:
        file = self._record.voice_file(record.purpose)
        if file is None:
            return Failed("there is no folder to record to")
        dictation = Dictation(record, call=self._call, attention=self._attention, clock=self._clock)
        try:
            dictated = dictation.take(file)
        except CommandRefusedError as refused:
            log.error("not_recorded", call=self._record.call_id, step=record.step, reason=str(refused))
            return Failed("the switch refuses to record")
        except CallOverError:
            # Most messages end like this: said, and hung up.
            if self._keep(record, file, dictation.so_far) is not None and record.outcome:
                self._conversation.outcome = record.outcome
            raise
        return self._keep(record, file, dictated) or NoInput()

    def _keep(self, record: Record, file: Path, dictated: Dictated) -> Recorded | None:
        """Notes it with the call; what holds no word is thrown away."""
        if not dictated.spoke:
            gevent.get_hub().threadpool.apply(lambda: file.unlink(missing_ok=True))
            return None
        reference = self._record.caller_recorded(place_in(self._conversation, record.step), file)
        self._watch(moments.CallerRecorded(self._record.call_id, record.step, file, dictated.seconds))
        return Recorded(reference, dictated.seconds)
