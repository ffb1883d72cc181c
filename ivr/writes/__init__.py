"""What flows may have done in the own database: a write is declared in the catalogue, and done by a function.

Rules:
1. Whose it is comes with it: a write names the customer, and touches nothing of anybody else's.
2. With the errand's key it happens once, however often it is asked for (`data.once`).
3. What is not allowed is refused with a code, which flows map to words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from data.records import Request
from dialogs.catalogue import WriteSchema
from dialogs.results import Refused, Written
from ivr.working_days import USUAL, WorkingDays
from ivr.writes import agents, appointments, contacts, orders, people, tickets
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

Values = Mapping[str, str]
Do: TypeAlias = "Callable[[Store, Values, Asked], Written | Refused]"


@dataclass(frozen=True)
class OwnWrite:
    """A write of the own database."""

    schema: WriteSchema
    do: Do


WRITES: Mapping[str, OwnWrite] = {
    agents.NAME: OwnWrite(agents.STATE, agents.change),
    "ticket_note": OwnWrite(tickets.NOTE, tickets.add_note),
    "ticket_voice_note": OwnWrite(tickets.VOICE_NOTE, tickets.add_voice_note),
    "delivery_day": OwnWrite(orders.DELIVERY_DAY, orders.change_delivery_day),
    "order_cancel": OwnWrite(orders.CANCEL, orders.cancel),
    "customer_email": OwnWrite(people.EMAIL, people.correct_email),
    "customer_phone": OwnWrite(people.PHONE, people.put_phone_first),
    "customer_address": OwnWrite(people.ADDRESS, people.correct_address),
    "appointment_book": OwnWrite(appointments.BOOK, appointments.book),
    "appointment_move": OwnWrite(appointments.MOVE, appointments.move),
    "appointment_cancel": OwnWrite(appointments.CANCEL, appointments.cancel),
    "do_not_call": OwnWrite(contacts.DO_NOT_CALL, contacts.do_not_call),
    "wrong_number": OwnWrite(contacts.WRONG_NUMBER, contacts.wrong_number),
    "collection_hold": OwnWrite(contacts.COLLECTION_HOLD, contacts.hold_collection),
    "poll_answer": OwnWrite(contacts.POLL_ANSWER, contacts.answer_poll),
}
SCHEMAS: Mapping[str, WriteSchema] = {name: one.schema for name, one in WRITES.items()}

__all__ = ["SCHEMAS", "WRITES", "Asked", "Do", "OwnWrite", "asked"]


def asked(now: datetime, key: str, call_id: UUID | None, working: WorkingDays = USUAL) -> Asked:
    """Who asks: a caller, in that call, at that time in the company's zone."""
    return Asked(now, Request(at=now, by="caller", key=key, call_id=call_id), working)
