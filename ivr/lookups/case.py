"""How a case stands that a flow has opened, by the reference that the caller was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from dialogs.catalogue import LookupSchema
from dialogs.results import Found, Missing
from ivr.lookups.days import iso_day
from ivr.lookups.ticket import may_hear
from ivr.lookups.whose import PROOF

if TYPE_CHECKING:
    from data.store import Store

SCHEMA = LookupSchema(
    ("case_reference", *PROOF, "caller_number"),
    {
        "kind": "text",
        "status": "text",
        "opened_date": "date",
        "updated_date": "date",
        "promise": "text",
        "promised_date": "date",
    },
)
"""What it is asked by, and what it gives."""


def ask(store: Store, by: Mapping[str, str], now: datetime) -> Found | Missing:
    """Days as ISO text; no name, nothing of what it is about. Missing: there is none, or it is not theirs."""
    case = store.tickets.by_number(by.get("case_reference", ""))
    if case is None or not may_hear(store, case, by):
        return Missing()
    promised = case.promised_on
    return Found(
        {
            "kind": case.kind,
            "status": case.status,
            "opened_date": iso_day(case.opened_at, now),
            "updated_date": iso_day(case.updated_at, now),
            "promise": "none" if promised is None else "broken" if promised < now.date() else "open",
            "promised_date": iso_day(promised, now),
        }
    )
