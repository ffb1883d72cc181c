"""Whether somebody is on the telephone with us now, on whichever server: nobody is dialled then.

Rules:
1. Asked in the transaction that notes a new call, with the rows of their numbers held: of two servers that
   call the same people at two of their telephones, one comes second.
2. Known are calls to us and from us that are not over, callbacks under way, and campaigns' calls that ring. A
   number may be several people's: if one of them talks there, nobody of them is dialled at another.
3. A call that was never ended on record (its server is gone for good) counts for `LONGEST`.
4. Whoever asks to be called is still on the line then, until they hang up: their own call is no reason to
   find them busy. A server that is gone for good keeps nobody waiting for that longer than `HANGS_UP_WITHIN`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, literal, or_, select

from data.models import CallbackRow, CallRow, CustomerPhoneNumberRow, DialAttemptRow, PhoneNumberRow
from data.numbers import written_ways
from data.records import utc

LONGEST = timedelta(hours=4)
HANGS_UP_WITHIN = timedelta(minutes=10)
"""From asking to be called, or from the beginning of another call of theirs."""
_TRIED = ("claimed", "dialled", "answered")
"""States of a callback of which a try is under way."""


def on_the_telephone(
    connection: Connection, customer_ids: Collection[UUID], number: str, *, at: datetime
) -> bool:
    """Whether one of these customers, who are one person, or whoever shares a number with them, talks with us
    or is being called. `number`: where they are to be called, perhaps one that is not on record as theirs."""
    numbers = _numbers(connection, customer_ids, number)
    open_calls = (CallRow.ended_at.is_(None), CallRow.started_at >= utc(at) - LONGEST)
    asked = (
        select(literal(1)).where(CallRow.caller_number.in_(written_ways(numbers)), *open_calls),
        select(literal(1)).where(CallRow.customer_id.in_(customer_ids), *open_calls),
        select(literal(1)).where(DialAttemptRow.number.in_(numbers), DialAttemptRow.ended_at.is_(None)),
        select(literal(1)).where(
            CallbackRow.ended_at.is_(None),
            CallbackRow.state.in_(_TRIED),
            or_(CallbackRow.number.in_(numbers), CallbackRow.customer_id.in_(customer_ids)),
        ),
    )
    return any(connection.scalar(one.limit(1)) is not None for one in asked)


def _numbers(connection: Connection, customer_ids: Collection[UUID], number: str) -> tuple[str, ...]:
    """All their numbers, held until the transaction is over."""
    theirs = (
        select(PhoneNumberRow.e164)
        .join(CustomerPhoneNumberRow, CustomerPhoneNumberRow.phone_number_id == PhoneNumberRow.id)
        .where(CustomerPhoneNumberRow.customer_id.in_(customer_ids))
    )
    found = sorted({number, *connection.scalars(theirs)})
    held = select(PhoneNumberRow.id).where(PhoneNumberRow.e164.in_(found)).order_by(PhoneNumberRow.e164)
    connection.execute(held.with_for_update())
    return tuple(found)


def holds_the_line(connection: Connection, number: str, asked_in: UUID | None, *, at: datetime) -> bool:
    """Whether somebody who is to be called back is in a call to us from that number, or still in the one in
    which they asked for it: they would be found busy."""
    began = utc(at) - HANGS_UP_WITHIN
    asked = [
        select(literal(1)).where(
            CallRow.caller_number.in_(written_ways([number])),
            CallRow.direction == "inbound",
            CallRow.started_at >= began,
            CallRow.ended_at.is_(None),
        )
    ]
    if asked_in is not None:
        asked.append(
            select(literal(1))
            .select_from(CallRow)
            .join(CallbackRow, CallbackRow.call_id == CallRow.id)
            .where(
                CallRow.id == asked_in,
                CallRow.ended_at.is_(None),
                # Who asks again keeps the time at which they first asked.
                or_(CallbackRow.booked_at >= began, CallRow.started_at >= began),
            )
        )
    return any(connection.scalar(one.limit(1)) is not None for one in asked)
