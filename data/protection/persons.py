"""What belongs to a person, table by table: each is named here, or said to hold nothing of people.

Rules:
1. A telephone number that others share is not taken for one person's: calls from it belong to a person only
   where they turned out to be theirs.
2. Numbers stand in calls as they came, so all the ways to write one are looked for.
3. What names another customer is that customer's, whatever number, address or call it stands beside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, false, func, or_, select

from data.errors import PersonUnknown
from data.models import (
    AccountRow,
    ActionRow,
    AgentContactRow,
    AppointmentChangeRow,
    AppointmentRow,
    AuditRow,
    Base,
    BaseMemberRow,
    CallbackRow,
    CallerSettingRow,
    CallRow,
    CallStepRow,
    CollectionHoldRow,
    ConsentRow,
    ContactRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    DebtRow,
    DialAttemptRow,
    DialEntryRow,
    IdentityRow,
    LockoutRow,
    MessageRow,
    MovementRow,
    OrderChangeRow,
    OrderRow,
    OutboxRow,
    PaymentRow,
    PhoneNumberRow,
    PreviewRow,
    PromiseRow,
    RegistryLookupRow,
    SampleMemberRow,
    SampleNumberRow,
    SegmentRow,
    ShipmentRow,
    TicketNoteRow,
    TicketRow,
    TicketStatusChangeRow,
    TurnRow,
    VerificationTryRow,
    WorkItemRow,
)
from data.numbers import plausible, written_ways

IMPERSONAL = frozenset(
    {
        "flow_files",
        "flow_releases",
        "flow_release_files",
        "flow_switches",
        "appointment_slots",
        "api_tokens",  # whom they were given to, as the operator has named them
        "installation",
        "customer_bases",
        "campaigns",
        "samples",
        "poll_answers",  # whose they were is not kept
        "suppressions",  # hashes that outlive the person on purpose
        "agent_presence",  # agents are not customers
        "agent_state_changes",
        "alerts",
        "switch_repairs",  # a leg's uuid, of a call that is over
        "done_requests",  # references, which lead nowhere once their rows are gone
        "queue_visits",  # figures: whose it was, the call says
        "missed_offers",
        "trunks",
        "pacing_turns",
    }
)
"""Tables that hold nothing by which a person is known."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whose data are meant."""

    customer_id: UUID | None
    customer_number: str
    """Empty for a number that no customer has."""
    email: str | None
    """Theirs alone."""
    numbers: tuple[str, ...]
    """E.164, theirs alone."""
    ways: tuple[str, ...]
    """How those may have been written by a switch."""
    identities: tuple[str, ...]
    """DNI and the like."""

    @property
    def addresses(self) -> frozenset[str]:
        """Where a message to nobody else goes."""
        return frozenset((*self.ways, *((self.email,) if self.email else ())))


def find(connection: Connection, who: str) -> Subject:
    """The person with this customer number, or at this telephone number (E.164).

    Raises `PersonUnknown`, also for a number that several people share.
    """
    if re.fullmatch(r"\+[0-9]{7,15}", who, re.ASCII):
        return _at_number(connection, who)
    row = None
    if plausible(who):
        row = connection.execute(select(CustomerRow).where(CustomerRow.customer_number == who)).one_or_none()
    if row is None:
        raise PersonUnknown(
            f"there is no customer {who[:20]!r}", remedy="give a customer number, or +34600111222"
        )
    return _customer(connection, row.id)


def _at_number(connection: Connection, e164: str) -> Subject:
    owners = connection.scalars(
        select(CustomerPhoneNumberRow.customer_id)
        .join(PhoneNumberRow, PhoneNumberRow.id == CustomerPhoneNumberRow.phone_number_id)
        .where(PhoneNumberRow.e164 == e164)
    ).all()
    if len(owners) > 1:
        raise PersonUnknown(f"{e164} belongs to {len(owners)} customers", remedy="give the customer's number")
    if owners:
        return _customer(connection, owners[0])
    return Subject(
        customer_id=None,
        customer_number="",
        email=None,
        numbers=(e164,),
        ways=written_ways((e164,)),
        identities=(),
    )


def _customer(connection: Connection, customer_id: UUID) -> Subject:
    row = connection.execute(select(CustomerRow).where(CustomerRow.id == customer_id)).one()
    mine = select(CustomerPhoneNumberRow.phone_number_id).where(
        CustomerPhoneNumberRow.customer_id == customer_id
    )
    alone = (
        select(CustomerPhoneNumberRow.phone_number_id)
        .where(CustomerPhoneNumberRow.phone_number_id.in_(mine))
        .group_by(CustomerPhoneNumberRow.phone_number_id)
        .having(func.count() == 1)
    )
    numbers = connection.scalars(select(PhoneNumberRow.e164).where(PhoneNumberRow.id.in_(alone))).all()
    proofs = select(IdentityRow.value).where(
        IdentityRow.customer_id == customer_id, IdentityRow.kind.in_(("dni", "nie", "cif"))
    )
    others = select(func.count()).where(CustomerRow.email == row.email, CustomerRow.id != customer_id)
    return Subject(
        customer_id=customer_id,
        customer_number=row.customer_number,
        email=None if connection.scalar(others) else row.email,
        numbers=tuple(sorted(numbers)),
        ways=written_ways(tuple(sorted(numbers))),
        identities=tuple(value for value in connection.scalars(proofs) if value),
    )


Belongings = dict[type[Base], ColumnElement[bool]]


def belongings(subject: Subject) -> Mapping[type[Base], ColumnElement[bool]]:
    """What belongs to a person: children before parents."""
    signs = _Signs(subject)
    return {
        **_in_calls(signs),
        **_sent_and_asked(signs),
        **_of_campaigns(signs),
        **_owed(signs),
        **_matters(signs),
        **_themselves(signs),
    }


class _Signs:
    """By what rows are known to be a person's."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.calls = calls_of(subject)
        self.call_ids = select(CallRow.id).where(self.calls).scalar_subquery()

    def theirs(self, column: Any) -> ColumnElement[bool]:
        """By name."""
        customer = self.subject.customer_id
        mine: ColumnElement[bool] = false() if customer is None else column == customer
        return mine

    def ids(self, table: type[Base]) -> ScalarSelect[UUID]:
        mine = table.customer_id == self.subject.customer_id  # type: ignore[attr-defined]  # only tables that have both
        return select(table.id).where(mine).scalar_subquery()  # type: ignore[attr-defined]  # likewise

    def also(self, column: Any, *signs: ColumnElement[bool]) -> ColumnElement[bool]:
        """Theirs by name, or by one of these signs where nobody is named."""
        return or_(self.theirs(column), and_(column.is_(None), or_(*signs)))

    def at_number(self, column: Any) -> ColumnElement[bool]:
        """A number that is theirs alone."""
        at_theirs: ColumnElement[bool] = column.in_(self.subject.numbers)
        return at_theirs

    def in_call(self, column: Any) -> ColumnElement[bool]:
        in_theirs: ColumnElement[bool] = column.in_(self.call_ids)
        return in_theirs


def _in_calls(signs: _Signs) -> Belongings:
    """What was said in calls, and what was tried in them."""
    ways = signs.subject.ways
    return {
        TurnRow: signs.in_call(TurnRow.call_id),
        CallStepRow: signs.in_call(CallStepRow.call_id),
        VerificationTryRow: or_(
            signs.in_call(VerificationTryRow.call_id), VerificationTryRow.caller_number.in_(ways)
        ),
        LockoutRow: and_(LockoutRow.scope == "caller", LockoutRow.subject.in_(ways)),
    }


def _sent_and_asked(signs: _Signs) -> Belongings:
    """What was sent to them, what they agreed to and asked for, and who was in contact with them."""
    also, in_call, at_number = signs.also, signs.in_call, signs.at_number
    addresses = signs.subject.addresses
    return {
        OutboxRow: also(OutboxRow.customer_id, in_call(OutboxRow.call_id)),
        MessageRow: also(
            MessageRow.customer_id, MessageRow.recipient.in_(addresses), in_call(MessageRow.call_id)
        ),
        ConsentRow: also(ConsentRow.customer_id, at_number(ConsentRow.e164), in_call(ConsentRow.call_id)),
        CallbackRow: also(
            CallbackRow.customer_id,
            at_number(CallbackRow.number),
            at_number(CallbackRow.caller),
            in_call(CallbackRow.call_id),
        ),
        WorkItemRow: also(WorkItemRow.customer_id, in_call(WorkItemRow.call_id)),
        AgentContactRow: also(AgentContactRow.customer_id, in_call(AgentContactRow.call_id)),
        ContactRow: also(
            ContactRow.customer_id, ContactRow.address.in_(addresses), in_call(ContactRow.call_id)
        ),
        RegistryLookupRow: at_number(RegistryLookupRow.e164),
    }


def _of_campaigns(signs: _Signs) -> Belongings:
    """Their places on lists, and what was done about them."""
    theirs = signs.theirs
    return {
        ActionRow: theirs(ActionRow.customer_id),
        DialEntryRow: theirs(DialEntryRow.customer_id),
        PreviewRow: theirs(PreviewRow.customer_id),
        DialAttemptRow: signs.also(DialAttemptRow.customer_id, signs.at_number(DialAttemptRow.number)),
        SampleNumberRow: theirs(SampleNumberRow.customer_id),
        SampleMemberRow: theirs(SampleMemberRow.customer_id),
        BaseMemberRow: theirs(BaseMemberRow.customer_id),
        SegmentRow: signs.also(SegmentRow.customer_id, signs.at_number(SegmentRow.e164)),
        CallerSettingRow: signs.at_number(CallerSettingRow.e164),
    }


def _owed(signs: _Signs) -> Belongings:
    """Accounts, and all that was billed, paid and promised."""
    theirs, accounts = signs.theirs, signs.ids(AccountRow)
    return {
        DebtRow: DebtRow.account_id.in_(accounts),
        PaymentRow: PaymentRow.account_id.in_(accounts),
        MovementRow: MovementRow.account_id.in_(accounts),
        PromiseRow: theirs(PromiseRow.customer_id),
        CollectionHoldRow: theirs(CollectionHoldRow.customer_id),
        AccountRow: theirs(AccountRow.customer_id),
    }


def _matters(signs: _Signs) -> Belongings:
    """Tickets, orders and appointments."""
    addresses = sorted(signs.subject.addresses)
    told_at = (TicketRow.about.contains(f'"{way}"', autoescape=True) for way in addresses)
    opened = signs.also(TicketRow.customer_id, signs.in_call(TicketRow.call_id), *told_at)
    tickets = select(TicketRow.id).where(opened).scalar_subquery()
    orders, appointments = signs.ids(OrderRow), signs.ids(AppointmentRow)
    return {
        TicketStatusChangeRow: TicketStatusChangeRow.ticket_id.in_(tickets),
        TicketNoteRow: TicketNoteRow.ticket_id.in_(tickets),
        TicketRow: opened,
        OrderChangeRow: OrderChangeRow.order_id.in_(orders),
        ShipmentRow: ShipmentRow.order_id.in_(orders),
        OrderRow: signs.theirs(OrderRow.customer_id),
        AppointmentChangeRow: AppointmentChangeRow.appointment_id.in_(appointments),
        AppointmentRow: signs.theirs(AppointmentRow.customer_id),
    }


def _themselves(signs: _Signs) -> Belongings:
    """The person, their proofs, numbers and calls, and who has read of them."""
    theirs = signs.theirs
    return {
        IdentityRow: theirs(IdentityRow.customer_id),
        CustomerPhoneNumberRow: theirs(CustomerPhoneNumberRow.customer_id),
        PhoneNumberRow: signs.at_number(PhoneNumberRow.e164),
        CustomerRow: theirs(CustomerRow.id),
        CallRow: signs.calls,
        AuditRow: theirs(AuditRow.customer_id),
    }


def calls_of(subject: Subject) -> ColumnElement[bool]:
    """Their calls: those that turned out to be theirs, and those of their number that are nobody else's."""
    at_number = or_(CallRow.caller_number.in_(subject.ways), CallRow.destination.in_(subject.ways))
    if subject.customer_id is None:
        return and_(at_number, CallRow.customer_id.is_(None))
    mine = CallRow.customer_id == subject.customer_id
    return or_(mine, and_(at_number, CallRow.customer_id.is_(None)))
