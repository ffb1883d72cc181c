"""Performs `case`: opens a case, and gives its reference (8 digits, the last of which proves the others).

Rules:
1. A case is a ticket: what a flow opens, callers can ask for later, and agents see beside all others.
2. The reference follows from the call and from what was said: it is the same however often it is asked for,
   and known without the database. While that is lost the case waits in the spool, under the reference that
   the caller was told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import structlog

from data.errors import DataError
from data.numbers import reference_of
from data.records import Claimed, Errand, NewTicket, Refused
from data.store import Store
from dialogs.effects import OpenCase
from dialogs.results import CaseOpened, Failed
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.occasion import Occasion
from ivr.outbox import Arrived, Declined, Ending, NotYet
from ivr.safekeeping import Answer, Safekeeping

log = structlog.get_logger(__name__)

CASE = "case"
"""Of these errands in the outbox."""


class Cases:
    """Cases of all calls of this process."""

    def __init__(self, store: Store, clock: Clock, safe: Safekeeping) -> None:
        self._store, self._clock, self._safe = store, clock, safe

    def open(self, case: OpenCase, occasion: Occasion) -> CaseOpened | Failed:
        """Blocks cooperatively. Asked twice for the same in one call, it is one case.

        It belongs to the caller only if they have proved who they are.
        """
        said = "\0".join((case.name, *(f"{name}={value}" for name, value in sorted(case.about.items()))))
        key = f"case:{uuid5(occasion.call_id, said)}"
        person = occasion.person
        new = NewTicket(
            topic=case.about.get("topic", "other"),
            subject=case.name,
            kind=case.name,
            at=self._clock.utc(),
            customer_number=person.customer_number if person else None,
            about=dict(case.about),
            call_id=occasion.call_id,
        )
        reference = reference_of(hashlib.sha256(key.encode()).digest())
        errand = errand_of(new, key, reference, person.customer_id if person else None)
        try:
            kept = self._safe.keep(
                lambda: self._store.tickets.open(new, key=key, reference=reference), errand
            )
        except DataError as lost:
            log.error("case_not_opened", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"cases cannot be kept ({lost.code})")
        if not isinstance(kept, Answer):
            return CaseOpened(reference)
        if isinstance(kept.value, Refused):
            log.error("case_not_opened", call=str(occasion.call_id), reason=kept.value.reason)
            return Failed(f"no case can be opened ({kept.value.reason})")
        return CaseOpened(kept.value)

    def carry(self, errand: Claimed) -> Ending:
        """Opens one that waited in the spool."""
        try:
            new, told = _opened_later(errand)
            opened = in_thread(
                lambda: self._store.tickets.open(new, key=errand.idempotency_key, reference=told)
            )
        except DataError as lost:
            return NotYet(str(lost))
        if isinstance(opened, Refused):
            return Declined(opened.reason)
        if opened != told:
            # One in millions: somebody has that number. A person who looks for it must find this one.
            log.error("case_under_another_reference", told=told, reference=opened)
        return Arrived({"reference": opened})


def errand_of(new: NewTicket, key: str, reference: str, customer_id: UUID | None) -> Errand:
    """A case that is opened as soon as it can be, under that reference if nobody has it."""
    body: Mapping[str, Any] = {
        "reference": reference,
        "topic": new.topic,
        "kind": new.kind,
        "about": dict(new.about),
        "customer_number": new.customer_number,
        "at": new.at.isoformat(),
    }
    return Errand(
        kind=CASE,
        target=new.kind or CASE,
        body=body,
        idempotency_key=key,
        at=new.at,
        call_id=new.call_id,
        customer_id=customer_id,
    )


def _opened_later(errand: Claimed) -> tuple[NewTicket, str]:
    """The case, and the reference that the caller was told."""
    body = errand.body
    about = {str(name): str(value) for name, value in body["about"].items()}
    told = str(body["reference"])
    new = NewTicket(
        topic=str(body["topic"]),
        subject=str(body["kind"]),
        kind=str(body["kind"]),
        at=datetime.fromisoformat(body["at"]),
        customer_number=body["customer_number"],
        about=about,
        call_id=errand.call_id,
    )
    return new, told
