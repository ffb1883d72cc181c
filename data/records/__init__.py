"""What goes into the database and what comes out: plain, frozen, without a trace of the ORM.

Rules:
1. Times carry a zone; a time without one is refused (`ValueError`), and everything becomes UTC.
2. Text that a caller can choose is cleaned here, on the way in, so that no other path exists: neither
   the database nor the spool ever sees a control character or a sensitive answer.
3. Money is an integer in minor units of an ISO 4217 currency (`balance_cents` is yen for JPY).
"""

from __future__ import annotations

from data.records.accounts import AccountStatus, Debt, Movement, Payment, Promise
from data.records.agents import (
    AgentContact,
    AgentState,
    Alert,
    Closing,
    Contact,
    ContactResult,
    Presence,
    StateChange,
    StateSource,
    SwitchRepair,
)
from data.records.api import ApiToken, NewToken
from data.records.callbacks import Booking, Callback, CallbackState
from data.records.calls import (
    MOST_READINGS,
    MOST_STEPS,
    SERVER_LOST,
    CallAnswered,
    CallBegun,
    CallEnded,
    CallProved,
    CallRecord,
    CallStep,
    Direction,
    EndedBy,
    Reading,
    Turn,
    TurnKind,
    Who,
)
from data.records.cleaning import LONGEST_CODE, Scalar, utc
from data.records.outbox import Claimed, Errand, LaidDown, OutboxState
from data.records.people import NAMES, AuditEntry, Consent, Customer, Known, OwnData
from data.records.queue_visits import LeftBy, MissedOffer, NeverTalked, OpenVisit, QueueDay, VisitFacts
from data.records.requests import By, Refused, Request
from data.records.service import (
    BEFORE_DISPATCH,
    MOST_DAYS_AHEAD,
    Appointment,
    FreeSlot,
    NewTicket,
    OrderStatus,
    Shipment,
    TicketChange,
    TicketNote,
    TicketStatus,
)
from data.records.work_items import Finished, NewWork, WorkItem, WorkKind, WorkResult

__all__ = [
    "BEFORE_DISPATCH",
    "LONGEST_CODE",
    "MOST_DAYS_AHEAD",
    "MOST_READINGS",
    "MOST_STEPS",
    "NAMES",
    "SERVER_LOST",
    "AccountStatus",
    "AgentContact",
    "AgentState",
    "Alert",
    "ApiToken",
    "Appointment",
    "AuditEntry",
    "Booking",
    "By",
    "CallAnswered",
    "CallBegun",
    "CallEnded",
    "CallProved",
    "CallRecord",
    "CallStep",
    "Callback",
    "CallbackState",
    "Claimed",
    "Closing",
    "Consent",
    "Contact",
    "ContactResult",
    "Customer",
    "Debt",
    "Direction",
    "EndedBy",
    "Errand",
    "Finished",
    "FreeSlot",
    "Known",
    "LaidDown",
    "LeftBy",
    "MissedOffer",
    "Movement",
    "NeverTalked",
    "NewTicket",
    "NewToken",
    "NewWork",
    "OpenVisit",
    "OrderStatus",
    "OutboxState",
    "OwnData",
    "Payment",
    "Presence",
    "Promise",
    "QueueDay",
    "Reading",
    "Refused",
    "Request",
    "Scalar",
    "Shipment",
    "StateChange",
    "StateSource",
    "SwitchRepair",
    "TicketChange",
    "TicketNote",
    "TicketStatus",
    "Turn",
    "TurnKind",
    "VisitFacts",
    "Who",
    "WorkItem",
    "WorkKind",
    "WorkResult",
    "utc",
]
