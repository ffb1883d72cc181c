"""How a case (incidencia) stands, by its reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from data.records import TicketStatus
from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day
from ivr.lookups.whose import PROOF, is_theirs

if TYPE_CHECKING:
    from data.store import Store

SCHEMA = LookupSchema(
    ("ticket_id", *PROOF, "caller_number"),
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
    """Days as ISO text, and no name. Missing: there is none, or it is not theirs."""
    ticket = store.tickets.by_number(by.get("ticket_id", ""))
    if ticket is None or not may_hear(store, ticket, by):
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


def may_hear(store: Store, ticket: TicketStatus, by: Mapping[str, str]) -> bool:
    """Whether it is theirs. What a caller has opened who is no customer is told where it was opened from, or
    where they wanted to be called back: there is nothing else that anybody knows of them."""
    if ticket.customer_number:
        return is_theirs(store, ticket.customer_number, by)
    number = by.get("caller_number", "")
    opened_in = None if ticket.call_id is None else store.calls.get(ticket.call_id)
    known = {ticket.about.get("contact"), opened_in.caller_number if opened_in else None}
    return number.startswith("+") and number in known
