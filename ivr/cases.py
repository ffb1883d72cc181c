"""Performs `case`: opens a case, and gives its reference (8 digits, the last of which proves the others).

A case is a ticket: what a flow opens, callers can ask for later, and agents see beside all others.
"""

from __future__ import annotations

from uuid import uuid5

import structlog

from data.errors import DataError
from data.records import NewTicket, Refused
from data.store import Store
from dialogs.effects import OpenCase
from dialogs.results import CaseOpened, Failed
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.occasion import Occasion

log = structlog.get_logger(__name__)


class Cases:
    """Cases of all calls of this process."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def open(self, case: OpenCase, occasion: Occasion) -> CaseOpened | Failed:
        """Blocks cooperatively. Asked twice for the same in one call, it is one case.

        It belongs to the caller only if they have proved who they are.
        """
        person = occasion.person
        said = "\0".join((case.name, *(f"{name}={value}" for name, value in sorted(case.about.items()))))
        new = NewTicket(
            topic=case.about.get("topic", "other"),
            subject=case.name,
            kind=case.name,
            at=self._clock.utc(),
            customer_number=person.customer_number if person else None,
            about=dict(case.about),
            call_id=occasion.call_id,
        )
        key = f"case:{uuid5(occasion.call_id, said)}"
        try:
            opened = in_thread(lambda: self._store.tickets.open(new, key=key))
        except DataError as lost:
            log.error("case_not_opened", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"cases cannot be kept ({lost.code})")
        if isinstance(opened, Refused):
            log.error("case_not_opened", call=str(occasion.call_id), reason=opened.reason)
            return Failed(f"no case can be opened ({opened.reason})")
        return CaseOpened(opened)
