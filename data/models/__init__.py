"""The tables, in the trade's words. Portable between SQLite and PostgreSQL.

Rules:
1. Keys are UUIDv7, stored natively where the database can. What people say aloud (customer, ticket and
   order numbers) is unique, and never a key.
2. Times are UTC and carry their zone in Python; a naive time is refused before it reaches the database.
3. Money is an integer in minor units with its ISO 4217 currency beside it.
4. Codes that a company may extend (stages, outcomes, states) are text, not database enumerations.
5. A change here needs a migration; tests/data compares both.
6. A table is declared when it is asked for: all of them take a quarter of a second, and whoever stops a
   campaign waits for it. `Base` comes with all tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import configure_mappers

if TYPE_CHECKING:
    from data.models.accounts import AccountRow, DebtRow, MovementRow, PaymentRow, PromiseRow
    from data.models.actions import ActionRow
    from data.models.agents import (
        AgentContactRow,
        AgentPresenceRow,
        AgentStateChangeRow,
        AlertRow,
        SwitchRepairRow,
    )
    from data.models.api import ApiTokenRow
    from data.models.base import Base, UtcDateTime
    from data.models.callbacks import CallbackRow
    from data.models.calls import CallRow, CallStepRow, TurnRow
    from data.models.campaigns import (
        BaseMemberRow,
        CampaignRow,
        ContactRow,
        CustomerBaseRow,
        RegistryLookupRow,
        SampleMemberRow,
        SampleNumberRow,
        SampleRow,
    )
    from data.models.collecting import CollectionHoldRow, PollAnswerRow
    from data.models.dialling import DialAttemptRow, DialEntryRow, PacingTurnRow, PreviewRow, TrunkRow
    from data.models.flows import FlowFileRow, FlowReleaseFileRow, FlowReleaseRow, FlowSwitchRow
    from data.models.outbox import DoneRequestRow, OutboxRow
    from data.models.people import (
        CallerSettingRow,
        CustomerPhoneNumberRow,
        CustomerRow,
        IdentityRow,
        PhoneNumberRow,
        SegmentRow,
    )
    from data.models.protection import (
        AuditRow,
        ConsentRow,
        InstallationRow,
        LockoutRow,
        MessageRow,
        SuppressionRow,
        VerificationTryRow,
    )
    from data.models.queue_visits import MissedOfferRow, QueueVisitRow, WorkItemRow
    from data.models.service import (
        AppointmentChangeRow,
        AppointmentRow,
        AppointmentSlotRow,
        OrderChangeRow,
        OrderRow,
        ShipmentRow,
        TicketNoteRow,
        TicketRow,
        TicketStatusChangeRow,
    )

_ROOMS = {
    "accounts": (
        "AccountRow",
        "DebtRow",
        "MovementRow",
        "PaymentRow",
        "PromiseRow",
    ),
    "actions": ("ActionRow",),
    "agents": (
        "AgentContactRow",
        "AgentPresenceRow",
        "AgentStateChangeRow",
        "AlertRow",
        "SwitchRepairRow",
    ),
    "api": ("ApiTokenRow",),
    "base": (
        "Base",
        "UtcDateTime",
    ),
    "callbacks": ("CallbackRow",),
    "calls": (
        "CallRow",
        "CallStepRow",
        "TurnRow",
    ),
    "campaigns": (
        "BaseMemberRow",
        "CampaignRow",
        "ContactRow",
        "CustomerBaseRow",
        "RegistryLookupRow",
        "SampleMemberRow",
        "SampleNumberRow",
        "SampleRow",
    ),
    "collecting": (
        "CollectionHoldRow",
        "PollAnswerRow",
    ),
    "dialling": (
        "DialAttemptRow",
        "DialEntryRow",
        "PacingTurnRow",
        "PreviewRow",
        "TrunkRow",
    ),
    "flows": (
        "FlowFileRow",
        "FlowReleaseFileRow",
        "FlowReleaseRow",
        "FlowSwitchRow",
    ),
    "outbox": (
        "DoneRequestRow",
        "OutboxRow",
    ),
    "people": (
        "CallerSettingRow",
        "CustomerPhoneNumberRow",
        "CustomerRow",
        "IdentityRow",
        "PhoneNumberRow",
        "SegmentRow",
    ),
    "protection": (
        "AuditRow",
        "ConsentRow",
        "InstallationRow",
        "LockoutRow",
        "MessageRow",
        "SuppressionRow",
        "VerificationTryRow",
    ),
    "queue_visits": (
        "MissedOfferRow",
        "QueueVisitRow",
        "WorkItemRow",
    ),
    "service": (
        "AppointmentChangeRow",
        "AppointmentRow",
        "AppointmentSlotRow",
        "OrderChangeRow",
        "OrderRow",
        "ShipmentRow",
        "TicketNoteRow",
        "TicketRow",
        "TicketStatusChangeRow",
    ),
}
"""Which tables are declared in which module."""
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def declare_all() -> None:
    """All tables, now, in the thread that starts the program: on first use SQLAlchemy finishes them under a
    lock (docs/decisions/data-threads.md)."""
    for room in _ROOMS:
        import_module(f"data.models.{room}")
    configure_mappers()


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Base":
        declare_all()
    found = getattr(import_module(f"data.models.{_ROOM_OF[name]}"), name)
    globals()[name] = found
    return found


__all__ = [
    "AccountRow",
    "ActionRow",
    "AgentContactRow",
    "AgentPresenceRow",
    "AgentStateChangeRow",
    "AlertRow",
    "ApiTokenRow",
    "AppointmentChangeRow",
    "AppointmentRow",
    "AppointmentSlotRow",
    "AuditRow",
    "Base",
    "BaseMemberRow",
    "CallRow",
    "CallStepRow",
    "CallbackRow",
    "CallerSettingRow",
    "CampaignRow",
    "CollectionHoldRow",
    "ConsentRow",
    "ContactRow",
    "CustomerBaseRow",
    "CustomerPhoneNumberRow",
    "CustomerRow",
    "DebtRow",
    "DialAttemptRow",
    "DialEntryRow",
    "DoneRequestRow",
    "FlowFileRow",
    "FlowReleaseFileRow",
    "FlowReleaseRow",
    "FlowSwitchRow",
    "IdentityRow",
    "InstallationRow",
    "LockoutRow",
    "MessageRow",
    "MissedOfferRow",
    "MovementRow",
    "OrderChangeRow",
    "OrderRow",
    "OutboxRow",
    "PacingTurnRow",
    "PaymentRow",
    "PhoneNumberRow",
    "PollAnswerRow",
    "PreviewRow",
    "PromiseRow",
    "QueueVisitRow",
    "RegistryLookupRow",
    "SampleMemberRow",
    "SampleNumberRow",
    "SampleRow",
    "SegmentRow",
    "ShipmentRow",
    "SuppressionRow",
    "SwitchRepairRow",
    "TicketNoteRow",
    "TicketRow",
    "TicketStatusChangeRow",
    "TrunkRow",
    "TurnRow",
    "UtcDateTime",
    "VerificationTryRow",
    "WorkItemRow",
    "declare_all",
]
