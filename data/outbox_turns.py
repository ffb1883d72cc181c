"""Whose turn it is in the outbox: what may be carried now, and what waits behind another errand.

Rules:
1. Errands to one target that are about the same person, or of the same call, go in the order in which they
   were put in, where their kind asks for it: an older address must not arrive after a newer one. Whoever has
   to wait is due again after the one before; no other errand waits for either.
2. Whoever takes an errand over whose owner never came back notes that: after some such deaths in a row it
   is the errand that kills.
3. No pause and no lease is longer than `FARTHEST`. What is further away is so because the clock was wrong
   when it was set, and has been put right since; it counts from now.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from data.models import OutboxRow
from data.records import Errand

BEGUN = "a try was begun, and nobody knows how it ended"
FARTHEST = timedelta(hours=2)
"""Longer than any pause and any lease."""
BEHIND = timedelta(seconds=1)
"""How long after the one before an errand is looked at again."""
WAITING = and_(OutboxRow.done_at.is_(None), OutboxRow.given_up_at.is_(None))
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_DIED = re.compile(r"its server died with it, ([0-9]{1,4}) times in a row")
Errands = Sequence[Row[Any]]


def deaths(last_error: str) -> int:
    """How many owners in a row never came back from this errand."""
    found = _DIED.fullmatch(last_error)
    return int(found[1]) if found else 0


def free(now: datetime) -> ColumnElement[bool]:
    """Waits, and is nobody's."""
    return and_(WAITING, or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now))


def after_the_others(connection: Connection, errand: Errand) -> datetime:
    """When it was put in, later than any that it goes after: the clock may have been put back meanwhile, or
    be another server's."""
    whose = [column == value for column, value in _whose(errand) if value is not None]
    if not whose:
        return errand.at
    newest = select(func.max(OutboxRow.created_at)).where(
        WAITING,
        OutboxRow.due_at > _EVER,  # so that the index of what waits is used
        OutboxRow.kind == errand.kind,
        OutboxRow.target == errand.target,
        or_(*whose),
    )
    before = connection.scalar(newest)
    return errand.at if before is None else max(errand.at, before + timedelta(microseconds=1))


def _whose(errand: Errand) -> Sequence[tuple[Any, UUID | None]]:
    return (OutboxRow.customer_id, errand.customer_id), (OutboxRow.call_id, errand.call_id)


def behind(connection: Connection, errands: Errands) -> dict[UUID, datetime]:
    """Which of these wait for an earlier one, and until when that is not due."""
    whose = or_(
        OutboxRow.customer_id.in_(_all(errands, "customer_id")),
        OutboxRow.call_id.in_(_all(errands, "call_id")),
    )
    query = select(
        OutboxRow.id,
        OutboxRow.kind,
        OutboxRow.target,
        OutboxRow.customer_id,
        OutboxRow.call_id,
        OutboxRow.created_at,
        OutboxRow.due_at,
    ).where(
        WAITING,
        OutboxRow.due_at > _EVER,  # as above
        OutboxRow.target.in_(_all(errands, "target")),
        whose,
    )
    others = connection.execute(query).all()
    found: dict[UUID, datetime] = {}
    for errand in errands:
        before = [other.due_at for other in others if _goes_before(other, errand)]
        if before:
            found[errand.id] = max(before)
    return found


def _all(errands: Errands, name: str) -> Collection[Any]:
    return {value for one in errands if (value := getattr(one, name)) is not None}


def _goes_before(other: Any, errand: Any) -> bool:
    if (other.kind, other.target) != (errand.kind, errand.target):
        return False
    # The key decides between two of the same instant: it was drawn in that order.
    if (other.created_at, other.id) >= (errand.created_at, errand.id):
        return False
    if None not in (other.customer_id, errand.customer_id):
        return bool(other.customer_id == errand.customer_id)
    return other.call_id is not None and other.call_id == errand.call_id


def put_behind(connection: Connection, waits: dict[UUID, datetime], now: datetime) -> None:
    """Has them wait for the one before."""
    for errand_id, until in waits.items():
        due = min(max(until, now), now + FARTHEST) + BEHIND
        connection.execute(update(OutboxRow).where(OutboxRow.id == errand_id).values(due_at=due))


def note_deaths(connection: Connection, errands: Errands) -> None:
    """Of those that are just taken over from somebody who never came back."""
    for errand in errands:
        if errand.claimed_by is not None and errand.last_error != BEGUN:
            told = f"its server died with it, {deaths(errand.last_error) + 1} times in a row"
            mine = OutboxRow.id == errand.id
            connection.execute(update(OutboxRow).where(mine).values(last_error=told))


def set_right(connection: Connection, now: datetime) -> int:
    """Errands that wait for a moment of a clock that was wrong are due now; returns how many."""
    too_far = now + FARTHEST
    ours = (WAITING, OutboxRow.created_at > too_far), (WAITING, OutboxRow.tries > 0)
    late = [
        update(OutboxRow).where(*ours[0], OutboxRow.due_at > now).values(due_at=now),
        update(OutboxRow).where(*ours[1], OutboxRow.due_at > too_far).values(due_at=now),
        update(OutboxRow).where(WAITING, OutboxRow.lease_until > too_far).values(lease_until=now),
    ]
    return sum(connection.execute(one).rowcount for one in late)
