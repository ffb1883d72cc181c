"""The tables, in the trade's words. Portable between SQLite and PostgreSQL.

Rules:
1. Keys are UUIDv7, stored natively where the database can. What people say aloud (customer, ticket and
   order numbers) is unique, and never a key.
2. Times are UTC and carry their zone in Python; a naive time is refused before it reaches the database.
3. Money is an integer in minor units with its ISO 4217 currency beside it.
4. Codes that a company may extend (stages, outcomes, states) are text, not database enumerations.
5. A change here needs a migration; tests/data compares both.
"""

from __future__ import annotations

from sqlalchemy.orm import configure_mappers

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

# Now, in the thread that starts the program: SQLAlchemy would do it on first use, under a lock.
configure_mappers()

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
]
