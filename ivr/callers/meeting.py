"""A caller within a call: noted when it begins, and known better as it goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from dialogs.effects import Effect
from dialogs.engine import Conversation
from dialogs.results import Result
from ivr.call_record import CallRecord
from ivr.callers.knowing import DEADLINE, Acquaintance
from ivr.living.attention import Attention, DeadlineError
from ivr.occasion import ServedCustomer


class Meeting:
    """One call's caller, between what is known of them, the dialog, and the record."""

    def __init__(
        self,
        caller: Acquaintance | None,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        proved: Callable[[], ServedCustomer | None],
    ) -> None:
        """`caller`: `None` where nobody asks who calls; `proved` tells who they have proved to be by now."""
        self._caller, self._attention = caller, attention
        self._conversation, self._record, self._proved = conversation, record, proved

    def note(self) -> None:
        """Tells the record who the caller is taken for now."""
        taken = None if self._caller is None else self._caller.taken_for(self._conversation)
        if taken is not None:
            self._record.taken_for(taken)

    def after(self, effect: Effect, result: Result) -> None:
        """What was done may have changed who the caller is taken for: the steps that come go by it.

        Raises `CallOverError`, `CallTooLongError`.
        """
        if self._caller is None or not self._caller.outdated_by(effect, result):
            return
        person = self._proved()
        self._caller.customer_number = None if person is None else person.customer_number
        with suppress(DeadlineError):
            if self._attention.during(self._caller.look, DEADLINE):
                self._conversation.learn(self._caller.facts or {})
                self.note()
