"""Members of a base whom a campaign may want: their numbers, and what stands against calling them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, select

from data.base_facts import On, disputed, running
from data.bulk import among
from data.collection_holds import held
from data.models import AccountRow, CustomerPhoneNumberRow, CustomerRow, IdentityRow, PhoneNumberRow

_PERSONAL = ("dni", "nie", "cif")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A member of the base whom a condition meets."""

    customer_id: UUID
    customer_number: str
    zone: str
    region: str
    born: date | None
    account_id: UUID | None
    stage: str
    disputed: bool
    running: bool
    """Whether a promise of theirs is."""
    held: str
    """Why a debt is not spoken of with them (`data.collection_holds`); empty: nothing stands against it."""
    numbers: tuple[str, ...]
    """E.164: those that somebody has verified first, then by rank; without blocked and retired ones."""
    identities: tuple[str, ...]
    same_person: tuple[UUID, ...]
    """Their own key, and those of customers with the same identity."""


def candidate_columns(on: On) -> tuple[Any, ...]:
    """What is selected of a customer and their account, for `candidates_of`."""
    return (
        CustomerRow.id,
        CustomerRow.customer_number,
        CustomerRow.zone,
        CustomerRow.region,
        CustomerRow.birth_date,
        AccountRow.id.label("account_id"),
        func.coalesce(AccountRow.stage, "none").label("stage"),
        disputed().label("disputed"),
        running(on.today).label("running"),
        held(CustomerRow.id, on.today).label("held"),
    )


def candidates_of(connection: Connection, rows: Sequence[Any]) -> list[Candidate]:
    """With their numbers and identities."""
    ids = [row.id for row in rows]
    link = CustomerPhoneNumberRow
    phones = (
        select(link.customer_id, PhoneNumberRow.e164)
        .join(PhoneNumberRow, PhoneNumberRow.id == link.phone_number_id)
        .where(among(connection, link.customer_id, ids), _dialled_at())
        .order_by(link.verified_by.is_(None), link.rank, PhoneNumberRow.e164)
    )
    numbers: dict[UUID, list[str]] = {}
    for customer_id, e164 in connection.execute(phones):
        numbers.setdefault(customer_id, []).append(e164)
    proofs = select(IdentityRow.customer_id, IdentityRow.value).where(
        among(connection, IdentityRow.customer_id, ids),
        IdentityRow.kind.in_(_PERSONAL),
        IdentityRow.value.is_not(None),
    )
    identities: dict[UUID, list[str]] = {}
    for customer_id, value in connection.execute(proofs):
        identities.setdefault(customer_id, []).append(str(value))
    values = {value for theirs in identities.values() for value in theirs}
    behind: dict[str, set[UUID]] = {}
    if values:
        same = select(IdentityRow.value, IdentityRow.customer_id).where(
            among(connection, IdentityRow.value, values), IdentityRow.kind.in_(_PERSONAL)
        )
        for value, customer_id in connection.execute(same):
            behind.setdefault(str(value), set()).add(customer_id)
    return [
        Candidate(
            customer_id=row.id,
            customer_number=row.customer_number,
            zone=row.zone,
            region=row.region,
            born=row.birth_date,
            account_id=row.account_id,
            stage=row.stage,
            disputed=bool(row.disputed),
            running=bool(row.running),
            held=row.held or "",
            numbers=tuple(numbers.get(row.id, ())),
            identities=tuple(identities.get(row.id, ())),
            same_person=tuple(
                sorted({row.id}.union(*(behind[value] for value in identities.get(row.id, ()))))
            ),
        )
        for row in rows
    ]


def _dialled_at() -> ColumnElement[bool]:
    return and_(PhoneNumberRow.blocked_at.is_(None), PhoneNumberRow.retired_at.is_(None))
