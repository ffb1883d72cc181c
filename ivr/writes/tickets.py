"""Notes on a ticket: what was understood, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from data import records
from dialogs.catalogue import WriteSchema
from dialogs.results import Refused, Written
from ivr.writes.occasion import Asked

if TYPE_CHECKING:
    from data.store import Store

NOTE = WriteSchema({"customer_number": "code", "ticket_id": "digits", "text": "text"}, frozenset({"unknown"}))
VOICE_NOTE = WriteSchema(
    {"customer_number": "code", "ticket_id": "digits", "recording": "text"}, frozenset({"unknown"})
)
"""`recording` is what a `record` step has filled."""


def add_note(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Refused: not a ticket of theirs."""
    return _add(store, values, asked, text=values["text"], recording=None)


def add_voice_note(store: Store, values: Mapping[str, str], asked: Asked) -> Written | Refused:
    """Refused: not a ticket of theirs."""
    return _add(store, values, asked, text="", recording=values["recording"])


def _add(
    store: Store, values: Mapping[str, str], asked: Asked, *, text: str, recording: str | None
) -> Written | Refused:
    request = asked.request
    note = records.TicketNote(
        at=request.at, who="caller", text=text, recording=recording, call_id=request.call_id
    )
    done = store.tickets.add_note(values["ticket_id"], note, of=values["customer_number"], key=request.key)
    return Refused(done.reason) if isinstance(done, records.Refused) else Written()
