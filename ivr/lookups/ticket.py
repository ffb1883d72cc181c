"""How a case (incidencia) stands, by its reference."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from data.records import TicketStatus
from dialogs.catalogue import LookupSchema, ValueType
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day
from ivr.lookups.whose import POSTCODE, PROOF, is_theirs, same_postcode

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


MOST_TOLD = 3
"""Tickets in one answer: nobody remembers a fourth."""
_NAMED: Mapping[str, ValueType] = {"ticket_id": "code", "topic": "text", "opened_date": "date"}
ALL = LookupSchema(
    ("customer_number",),
    {
        "count": "number",
        **{f"{name}_{n}": kind for n in range(1, MOST_TOLD + 1) for name, kind in _NAMED.items()},
    },
)
"""Open tickets of whoever has proved who they are, by what tells them apart; `count` is that of all."""


def ask_all(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """The open ones, the last opened first. Missing: there is none."""
    tickets = store.tickets.of_customer(by.get("customer_number", ""), open_only=True)
    if not tickets:
        return Missing()
    record: dict[str, str | int | bool | None] = dict.fromkeys(ALL.fields)
    record["count"] = len(tickets)
    for n, one in enumerate(tickets[:MOST_TOLD], start=1):
        record |= {
            f"ticket_id_{n}": one.ticket_number,
            f"topic_{n}": one.topic,
            f"opened_date_{n}": iso_day(one.opened_at, now),
        }
    return Found(record)


def may_hear(store: Store, ticket: TicketStatus, by: Mapping[str, str]) -> bool:
    """Whether it is theirs. What a caller has opened who is no customer is told to whoever knows the postcode
    that was given with it. The telephone that it was opened from opens nothing: it is easily forged."""
    if ticket.customer_number:
        return is_theirs(store, ticket.customer_number, by)
    return same_postcode(ticket.about.get(POSTCODE, ""), by.get("home_postcode", ""))
