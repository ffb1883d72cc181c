"""What is known of a call once it is over, for whoever else keeps a record of it: the company's CRM.

Rules:
1. It is told in the transaction that notes the end: whoever dies in between has noted neither.
2. It is told again where the end was a guess (`SERVER_LOST`) and the real one turns up.
3. Nothing that was said stands in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from data.models import CallRow, CustomerRow
from data.records import SERVER_LOST


@dataclass(frozen=True, kw_only=True)
class EndedCall:
    """A call that is over. What is not known is empty."""

    call_id: UUID
    direction: str
    number: str
    """The caller's, or whom we have called; as the switch wrote it."""
    customer_id: UUID | None
    customer_number: str
    """Of whom it turned out to be."""
    verified: str
    """Which proof they passed."""
    began: datetime
    answered: datetime | None
    ended: datetime
    ended_by: str
    hangup_cause: str
    """FreeSWITCH's, or `SERVER_LOST`."""
    outcome: str
    flow: str
    language: str
    segment: str

    @property
    def guessed(self) -> bool:
        """Nobody saw the end: it is the last sign of the call."""
        return self.hangup_cause == SERVER_LOST


Told = Callable[[Connection, EndedCall], None]
"""Gets each call that ends, and the transaction that notes so. Blocks, and logs nothing."""


def ended_call(connection: Connection, call_id: UUID) -> EndedCall:
    """The call, which has ended in this transaction or before."""
    number = select(CustomerRow.customer_number).where(CustomerRow.id == CallRow.customer_id)
    query = select(CallRow, number.scalar_subquery().label("customer_number")).where(CallRow.id == call_id)
    row = connection.execute(query).one()
    return EndedCall(
        call_id=row.id,
        direction=row.direction,
        number=row.caller_number if row.direction == "inbound" else row.destination,
        customer_id=row.customer_id,
        customer_number=row.customer_number or "",
        verified=row.verified or "",
        began=row.started_at,
        answered=row.answered_at,
        ended=row.ended_at,
        ended_by=row.ended_by,
        hangup_cause=row.hangup_cause,
        outcome=row.outcome or "",
        flow=row.flow,
        language=row.language,
        segment=row.segment or "",
    )
