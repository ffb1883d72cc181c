"""What stands against talking of a debt with somebody: from the same instant on nobody dials them for it.

Rules:
1. What somebody says of themselves (they cannot pay, they have a lawyer, they died) holds for all customer
   numbers of that human being; what is about a debt, for that customer.
2. A hold ends on its last day, or when a person lifts it. Nothing else ends it, and none is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, insert, literal, or_, select, update

from data.contacts import PERSONAL
from data.database import Database
from data.ids import new_id
from data.models import CollectionHoldRow, CustomerRow, IdentityRow
from data.numbers import plausible
from data.once import change
from data.people import customer_id_of
from data.records import Refused, Request, utc
from data.records.collecting import Hold, HoldReason
from data.text import clean

_OF_THE_PERSON = frozenset({"hardship", "vulnerable", "deceased", "lawyer"})


class CollectionHolds:
    """Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(
        self, customer_number: str, reason: HoldReason, request: Request, *, until: date | None = None
    ) -> Refused | None:
        """From now on nobody is dialled about that customer's debt. Refused: `unknown`."""

        def make(connection: Connection) -> dict[str, str]:
            customer_id = customer_id_of(connection, customer_number)
            meant = _same_person(connection, customer_id) if reason in _OF_THE_PERSON else [customer_id]
            values = {"reason": reason, "at": request.at, "until": until, "call_id": request.call_id}
            rows = [{"id": new_id(), "customer_id": one, **values} for one in meant]
            connection.execute(insert(CollectionHoldRow), rows)
            return {}

        answer = change(self._database, "collection_hold", request, make)
        return answer if isinstance(answer, Refused) else None

    def of(self, customer_number: str) -> tuple[Hold, ...]:
        """All of a customer, newest first; also those that are over."""
        if not plausible(customer_number):
            return ()
        query = (
            select(CollectionHoldRow)
            .join(CustomerRow, CustomerRow.id == CollectionHoldRow.customer_id)
            .where(CustomerRow.customer_number == customer_number)
            .order_by(CollectionHoldRow.at.desc(), CollectionHoldRow.id.desc())
        )
        with self._database.reading() as connection:
            return tuple(
                Hold(**{name: getattr(row, name) for name in Hold.__dataclass_fields__})
                for row in connection.execute(query)
            )

    def standing(self, customer_id: UUID, *, today: date) -> str:
        """Why a debt is not spoken of with a customer now: the reason of a hold; empty: there is none."""
        with self._database.reading() as connection:
            return connection.scalar(select(held(literal(customer_id), today))) or ""

    def lift(self, customer_number: str, *, by: str, at: datetime) -> int:
        """A person has looked into it: ends what holds now; how many."""
        whose = select(CustomerRow.id).where(CustomerRow.customer_number == customer_number)
        mine = (CollectionHoldRow.customer_id.in_(whose), CollectionHoldRow.lifted_at.is_(None))
        values = {"lifted_at": utc(at), "lifted_by": clean(by, 120)}
        with self._database.writing() as connection:
            return connection.execute(update(CollectionHoldRow).where(*mine).values(**values)).rowcount


def held(customer_id: ColumnElement[Any] | Any, today: date) -> Any:
    """The reason of a hold that stands on that day, the oldest first; null: there is none."""
    standing = (
        CollectionHoldRow.customer_id == customer_id,
        CollectionHoldRow.lifted_at.is_(None),
        or_(CollectionHoldRow.until.is_(None), CollectionHoldRow.until >= today),
    )
    oldest = select(CollectionHoldRow.reason).where(*standing).order_by(CollectionHoldRow.at)
    return oldest.limit(1).scalar_subquery()


def _same_person(connection: Connection, customer_id: UUID) -> Sequence[UUID]:
    """The customer, and those with the same identity of a human being."""
    mine = select(IdentityRow.value).where(
        IdentityRow.customer_id == customer_id, IdentityRow.kind.in_(PERSONAL), IdentityRow.value.is_not(None)
    )
    same = select(IdentityRow.customer_id).where(IdentityRow.value.in_(mine), IdentityRow.kind.in_(PERSONAL))
    return sorted({customer_id, *connection.scalars(same)})
