"""Who sits at the keyboard, and what the audit log is told of them."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from uuid import UUID

from data.records import AuditEntry


def operator() -> str:
    """Their name on this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli"


def noted(
    action: str, *, what: str, why: str, customer_id: UUID | None = None, call_id: UUID | None = None
) -> AuditEntry:
    """That they looked at somebody's data, or changed it, now."""
    return AuditEntry(
        at=datetime.now(UTC),
        who=operator(),
        action=action,
        what=what,
        why=why,
        customer_id=customer_id,
        call_id=call_id,
    )
