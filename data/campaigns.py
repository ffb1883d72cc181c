"""Customer bases, campaigns, and the samples that they work on.

Rules:
1. A sample is cut in portions, under a name that nobody asks for, and gets its own when it is whole: half a
   sample is never worked on, and calls get their turn in between.
2. What is frozen stays: later changes of the base change no sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, literal, select, update

from data.base_facts import Facts, On, Test, members
from data.bulk import among, insert_many
from data.candidates import Candidate, candidate_columns, candidates_of
from data.database import Database
from data.ids import new_id
from data.models import (
    AccountRow,
    BaseMemberRow,
    CampaignRow,
    CustomerBaseRow,
    CustomerRow,
    SampleMemberRow,
    SampleNumberRow,
    SampleRow,
)
from data.once import insert_new
from data.records import utc

PORTION = 2000
_BEING_CUT = " (being cut)"


@dataclass(frozen=True)
class Base:
    """A customer base that something was loaded into."""

    strategy: str
    name: str
    customers: int
    loaded_at: datetime


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as it was created."""

    id: UUID
    strategy: str
    name: str
    base_id: UUID
    purpose: str
    declared: Mapping[str, Any]
    state: str
    """See `data.records.dialling.CampaignState`."""
    created_at: datetime
    created_by: str
    sample_id: UUID | None = None
    """The sample that it works on; `None`: it was never started."""
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What became of a candidate."""

    customer_id: UUID
    account_id: UUID | None
    excluded: str = ""
    """Empty: they are in."""
    rule: str = ""
    why: str = ""
    numbers: tuple[str, ...] = ()
    """In order of chance."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample that is whole."""

    id: UUID
    campaign_id: UUID
    name: str
    condition: str
    rules_version: str
    cut_at: datetime
    cut_by: str


class Campaigns:
    """Bases, campaigns and samples. Every method blocks for as long as the database takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- bases ------------------------------------------------------------------------------------

    def base(self, strategy: str, name: str) -> UUID | None:
        """The base's key; `None`: nothing was loaded into it yet."""
        mine = (CustomerBaseRow.strategy == strategy, CustomerBaseRow.name == name)
        with self._database.reading() as connection:
            return connection.scalar(select(CustomerBaseRow.id).where(*mine))

    def load(self, strategy: str, name: str, customer_numbers: Iterable[str], *, at: datetime) -> int:
        """Puts customers into a base, which is made if it is not there; how many are new in it."""
        base = self.open_base(strategy, name, at=at)
        added, rest = 0, iter(customer_numbers)
        while portion := list(islice(rest, PORTION)):
            with self._database.writing() as connection:
                theirs = select(literal(base), CustomerRow.id).where(
                    among(connection, CustomerRow.customer_number, portion)
                )
                new = insert_new(connection, BaseMemberRow).from_select(["base_id", "customer_id"], theirs)
                added += connection.execute(new).rowcount
        return added

    def open_base(self, strategy: str, name: str, *, at: datetime) -> UUID:
        """The base that is loaded now, made if it is not there: for a list that is imported into it."""
        key = {"strategy": strategy, "name": name}
        mine = (CustomerBaseRow.strategy == strategy, CustomerBaseRow.name == name)
        with self._database.writing() as connection:
            connection.execute(
                insert_new(connection, CustomerBaseRow).values(id=new_id(), **key, loaded_at=utc(at))
            )
            connection.execute(update(CustomerBaseRow).where(*mine).values(loaded_at=utc(at)))
            return connection.scalars(select(CustomerBaseRow.id).where(*mine)).one()

    def bases(self) -> tuple[Base, ...]:
        """Every base with its size, by strategy and name."""
        base, member = CustomerBaseRow, BaseMemberRow
        query = (
            select(
                base.strategy, base.name, base.loaded_at, func.count(member.customer_id).label("customers")
            )
            .outerjoin(member, member.base_id == base.id)
            .group_by(base.id, base.strategy, base.name, base.loaded_at)
            .order_by(base.strategy, base.name)
        )
        with self._database.inspecting() as connection:
            return tuple(
                Base(row.strategy, row.name, row.customers, row.loaded_at)
                for row in connection.execute(query)
            )

    def size(self, base_id: UUID) -> int:
        """How many customers a base has."""
        with self._database.reading() as connection:
            return _count(connection, BaseMemberRow.customer_id, BaseMemberRow.base_id == base_id)

    # --- campaigns --------------------------------------------------------------------------------

    def create(self, campaign: Campaign) -> bool:
        """False: there is one of that name in the strategy already."""
        values = {**vars(campaign), "declared": json.dumps(campaign.declared, ensure_ascii=False)}
        with self._database.writing() as connection:
            return bool(connection.execute(insert_new(connection, CampaignRow).values(**values)).rowcount)

    def of_name(self, strategy: str, name: str) -> Campaign | None:
        query = select(CampaignRow).where(CampaignRow.strategy == strategy, CampaignRow.name == name)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _campaign(row)

    def get(self, campaign_id: UUID) -> Campaign | None:
        with self._database.reading() as connection:
            row = connection.execute(select(CampaignRow).where(CampaignRow.id == campaign_id)).one_or_none()
        return None if row is None else _campaign(row)

    def all(self) -> tuple[Campaign, ...]:
        """Every campaign, the newest first."""
        query = select(CampaignRow).order_by(CampaignRow.created_at.desc(), CampaignRow.id.desc())
        with self._database.reading() as connection:
            return tuple(_campaign(row) for row in connection.execute(query))

    # --- samples ----------------------------------------------------------------------------------

    def count(self, base_id: UUID, test: Test, on: On) -> dict[str, int]:
        """How many members the condition meets, in all and by stage of arrears; by the database alone."""
        met = members(base_id).where(Facts(self._database.backend, on).condition(test))
        stage = func.coalesce(AccountRow.stage, "none")
        query = met.with_only_columns(stage.label("stage"), func.count().label("people")).group_by(stage)
        with self._database.inspecting() as connection:
            return {row.stage: row.people for row in connection.execute(query.order_by(stage))}

    def candidates(self, base_id: UUID, test: Test, on: On) -> Iterator[list[Candidate]]:
        """Those whom the condition meets, in portions, all as of one moment."""
        met = members(base_id).where(Facts(self._database.backend, on).condition(test))
        query = met.with_only_columns(*candidate_columns(on)).order_by(BaseMemberRow.customer_id)
        last: UUID | None = None
        with self._database.inspecting() as connection:
            while True:
                after = query if last is None else query.where(BaseMemberRow.customer_id > last)
                rows = connection.execute(after.limit(PORTION)).all()
                if not rows:
                    return
                last = rows[-1].id
                yield candidates_of(connection, [*rows])

    def freeze(self, sample: Sample, chosen: Iterable[Chosen]) -> bool:
        """Keeps a sample with everybody's reason. False: the campaign has one of that name."""
        with self._database.writing() as connection:
            same = (SampleRow.campaign_id == sample.campaign_id, SampleRow.name == sample.name)
            if _count(connection, SampleRow.id, *same):
                return False
            torn = (SampleRow.campaign_id == sample.campaign_id, SampleRow.name == sample.name + _BEING_CUT)
            connection.execute(delete(SampleRow).where(*torn))
            values = {**vars(sample), "name": sample.name + _BEING_CUT, "cut_at": utc(sample.cut_at)}
            connection.execute(insert(SampleRow).values(**values))
        rest = iter(chosen)
        while portion := list(islice(rest, PORTION)):
            with self._database.writing() as connection:
                _keep(connection, sample.id, portion)
        with self._database.writing() as connection:
            mine = update(SampleRow).where(SampleRow.id == sample.id)
            connection.execute(mine.values(name=sample.name))
        return True

    def samples(self, campaign_id: UUID) -> tuple[Sample, ...]:
        """The samples of a campaign that are whole, the newest first."""
        mine = (SampleRow.campaign_id == campaign_id, SampleRow.name.not_like(f"%{_BEING_CUT}"))
        query = select(SampleRow).where(*mine).order_by(SampleRow.cut_at.desc(), SampleRow.id.desc())
        with self._database.reading() as connection:
            return tuple(_sample(row) for row in connection.execute(query))

    def figures(self, sample_id: UUID) -> dict[str, int]:
        """How many were left out for each reason; how many are in, as the empty reason."""
        member = SampleMemberRow
        query = (
            select(member.excluded, func.count().label("people"))
            .where(member.sample_id == sample_id)
            .group_by(member.excluded)
        )
        with self._database.reading() as connection:
            return {row.excluded: row.people for row in connection.execute(query)}

    def left_out(self, sample_id: UUID) -> Iterator[tuple[str, str, str, str]]:
        """Customer number, reason, rule and words of everybody who was left out, by customer number."""
        member = SampleMemberRow
        query = (
            select(CustomerRow.customer_number, member.excluded, member.rule, member.why)
            .join(CustomerRow, CustomerRow.id == member.customer_id)
            .where(member.sample_id == sample_id, member.excluded != "")
            .order_by(CustomerRow.customer_number)
        )
        with self._database.inspecting() as connection:
            for row in connection.execute(query):
                yield tuple(row)  # type: ignore[misc]  # four texts, as selected

    def numbers(self, sample_id: UUID, customer_id: UUID) -> tuple[str, ...]:
        """At which numbers a member may be called, the likeliest first."""
        mine = (SampleNumberRow.sample_id == sample_id, SampleNumberRow.customer_id == customer_id)
        query = select(SampleNumberRow.e164).where(*mine).order_by(SampleNumberRow.rank)
        with self._database.reading() as connection:
            return tuple(connection.scalars(query))

    def first_numbers(self, sample_id: UUID, *, most: int) -> list[tuple[str, str, str]]:
        """Key, region and likeliest number of those who are in a sample; at most so many."""
        number = SampleNumberRow
        query = (
            select(CustomerRow.id, CustomerRow.region, number.e164)
            .join(number, number.customer_id == CustomerRow.id)
            .where(number.sample_id == sample_id, number.rank == 1)
            .order_by(CustomerRow.id)
            .limit(most)
        )
        with self._database.reading() as connection:
            return [(str(row.id), row.region or "", row.e164) for row in connection.execute(query)]


def _keep(connection: Connection, sample_id: UUID, chosen: Sequence[Chosen]) -> None:
    people = [
        {
            "sample_id": sample_id,
            "customer_id": one.customer_id,
            "account_id": one.account_id,
            "excluded": one.excluded,
            "rule": one.rule,
            "why": one.why[:200],
        }
        for one in chosen
    ]
    insert_many(connection, SampleMemberRow, people)
    numbers = [
        {"sample_id": sample_id, "customer_id": one.customer_id, "rank": rank, "e164": e164}
        for one in chosen
        for rank, e164 in enumerate(one.numbers, 1)
    ]
    if numbers:
        insert_many(connection, SampleNumberRow, numbers)


def _count(connection: Connection, column: Any, *where: Any) -> int:
    return connection.scalar(select(func.count(column)).where(*where)) or 0


def _campaign(row: Row[Any]) -> Campaign:
    values = {name: getattr(row, name) for name in Campaign.__dataclass_fields__}
    return Campaign(**{**values, "declared": json.loads(row.declared)})


def _sample(row: Row[Any]) -> Sample:
    return Sample(**{name: getattr(row, name) for name in Sample.__dataclass_fields__})
