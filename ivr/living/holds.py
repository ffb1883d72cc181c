"""Callers who put us on hold: noted in the call's record, where, when and for how long."""

from __future__ import annotations

from dialogs.engine import Conversation
from esl.switch import Held, TakenBack
from ivr.call_record import CallRecord, place_in


class Holds:
    """Of one call."""

    def __init__(self, conversation: Conversation, record: CallRecord) -> None:
        self._conversation = conversation
        self._record = record

    def note(self, what: Held | TakenBack) -> None:
        """As the switch tells it."""
        match what:
            case Held():
                step = self._conversation.position.step
                self._record.held(place_in(self._conversation, step))
            case TakenBack():
                self._record.taken_back()
