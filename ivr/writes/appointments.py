"""Appointments: taken, moved, given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from data import records
from dialogs.catalogue import ValueType, WriteSchema
from dialogs.results import Refused, Written
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

_GIVES: Mapping[str, ValueType] = {"reference": "digits", "date": "date", "time": "time", "site": "text"}
_TAKING = frozenset({"unknown", "past", "taken", "already"})
_STATES = frozenset({"cancelled", "kept", "missed"})
BOOK = WriteSchema({"customer_number": "code", "slot": "code"}, _TAKING, _GIVES)
"""`slot` is what a look-up of free slots gives."""
MOVE = WriteSchema(
    {"customer_number": "code", "appointment_id": "digits", "slot": "code"}, _TAKING | _STATES, _GIVES
)
CANCEL = WriteSchema(
    {"customer_number": "code", "appointment_id": "digits"}, frozenset({"unknown", "past"}) | _STATES
)


def book(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Refused: somebody was quicker (`taken`), it is `past`, or theirs `already`."""
    slot = _slot(values)
    if slot is None:
        return Refused("unknown")
    return _told(store.appointments.book(values["customer_number"], slot, asked.request))


def move(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """The old place is given back only with the new one taken."""
    slot = _slot(values)
    if slot is None:
        return Refused("unknown")
    return _told(
        store.appointments.move(values["appointment_id"], slot, asked.request, of=values["customer_number"])
    )


def cancel(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    done = store.appointments.cancel(values["appointment_id"], asked.request, of=values["customer_number"])
    return Refused(done.reason) if isinstance(done, records.Refused) else Written()


def _slot(values: Mapping[str, str]) -> UUID | None:
    try:
        return UUID(values["slot"])
    except ValueError:
        return None


def _told(done: records.Appointment | records.Refused) -> Written | Refused:
    if isinstance(done, records.Refused):
        return Refused(done.reason)
    begins = done.begins_at.astimezone(ZoneInfo(done.zone))
    return Written(
        {
            "reference": done.appointment_number,
            "date": begins.date().isoformat(),
            "time": f"{begins:%H:%M}",
            "site": done.site,
        }
    )
