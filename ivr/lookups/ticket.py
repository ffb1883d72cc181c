"""How a case (incidencia) stands, by its reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from data.store import Store
from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day

SCHEMA = LookupSchema(
    ("ticket_id",),
    {
        "status": "text",
        "topic": "text",
        "subject": "text",
        "opened_date": "date",
        "updated_date": "date",
        "promise": "text",
        "promised_date": "date",
    },
)
"""What it is asked by, and what it gives."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Days as ISO text. No name: whoever knows a reference is not yet known to be its owner."""
    ticket = store.tickets.by_number(by.get("ticket_id", ""))
    if ticket is None:
        return Missing()
    promised = ticket.promised_on
    return Found(
        {
            "status": ticket.status,
            "topic": ticket.topic,
            "subject": ticket.subject,
            "opened_date": iso_day(ticket.opened_at, now),
            "updated_date": iso_day(ticket.updated_at, now),
            # A promise that was not kept is no news to tell: flows apologise instead.
            "promise": "none" if promised is None else "broken" if promised < now.date() else "open",
            "promised_date": iso_day(promised, now),
        }
    )
