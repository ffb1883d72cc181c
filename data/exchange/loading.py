"""Customers of a list into the database: what is new is added, what differs is changed, the same stays.

Rules:
1. In portions, each in a transaction of its own: calls get their turn in between, and an import that breaks
   off is simply done again.
2. Nothing is removed: a telephone number or an account that the list does not name stays.
3. A portion that the database refuses is done again one by one, so that one row's fault is one row's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, inspect, literal, select, update

from data.arrears import stage_of
from data.bulk import among, insert_many
from data.errors import DatabaseLocked, RecordRefused
from data.exchange.gathered import ListedCustomer, RowRefused
from data.ids import new_id
from data.models import (
    AccountRow,
    Base,
    BaseMemberRow,
    CustomerPhoneNumberRow,
    CustomerRow,
    IdentityRow,
    PhoneNumberRow,
)
from data.once import insert_new
from data.store import Store

PORTION = 2000
"""Customers in a transaction: well under a second."""
MOST_TRIES = 5
"""Of a portion; each waits its `LOCK_SECONDS`."""
_DEFAULTS = {"language": "es", "zone": "Europe/Madrid"}
_BY = "import"
Row = dict[str, Any]


@dataclass
class Loaded:
    """What an import did, or would do."""

    new: int = 0
    changed: int = 0
    same: int = 0
    joined: int = 0
    """New in the customer base, if one was named."""
    refused: list[RowRefused] = field(default_factory=list)
    """What the database itself refused."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for a whole import."""

    at: datetime
    today: date
    """In the company's zone: how late a debt is."""
    origin: str
    dry_run: bool = False
    base: UUID | None = None
    """The customer base to which everybody of the list belongs afterwards."""


def load(
    store: Store,
    people: Iterable[ListedCustomer],
    terms: Terms,
    *,
    done: Callable[[int], None] = lambda _: None,
) -> Loaded:
    """Brings people into the database. `done` is told how many have been dealt with."""
    loaded, count, rest = Loaded(), 0, iter(people)
    while portion := list(islice(rest, PORTION)):
        try:
            _patiently(store, portion, terms, loaded)
        except RecordRefused:
            for person in portion:
                _alone(store, person, terms, loaded)
        count += len(portion)
        done(count)
    return loaded


def _patiently(store: Store, people: Sequence[ListedCustomer], terms: Terms, loaded: Loaded) -> None:
    """A portion that had no turn in time, or took too long where there is much to do, is done again: its
    transaction has left nothing."""
    for _ in range(MOST_TRIES - 1):
        try:
            return _portion(store, people, terms, loaded)
        except DatabaseLocked:
            continue
    return _portion(store, people, terms, loaded)


def _alone(store: Store, person: ListedCustomer, terms: Terms, loaded: Loaded) -> None:
    try:
        _portion(store, [person], terms, loaded)
    except RecordRefused as refused:
        problem = f"the database refused it: {refused.remedy}"
        loaded.refused += [RowRefused(row, "", person.customer_number, problem) for row in person.rows]


def _portion(store: Store, people: Sequence[ListedCustomer], terms: Terms, loaded: Loaded) -> None:
    opened = store.database.reading() if terms.dry_run else store.database.writing()
    with opened as connection:
        change = _Change(connection, people, terms)
        if not terms.dry_run:
            change.make()
            if terms.base is not None:
                loaded.joined += change.join(terms.base)
    new, touched = len(change.new), len(change.touched)
    loaded.new += new
    loaded.changed += touched
    loaded.same += len(people) - new - touched


class _Change:
    """What a portion adds and changes, worked out before anything is written."""

    def __init__(self, connection: Connection, people: Sequence[ListedCustomer], terms: Terms) -> None:
        self._connection = connection
        self._terms = terms
        self.inserts: dict[type[Base], list[Row]] = {
            table: []
            for table in (CustomerRow, PhoneNumberRow, CustomerPhoneNumberRow, IdentityRow, AccountRow)
        }
        """Parents before children."""
        self.updates: list[tuple[type[Base], Row]] = []
        self.new: set[UUID] = set()
        self.touched: set[UUID] = set()
        self._said = ["id", "customer_number", *dict.fromkeys(name for one in people for name in one.values)]
        ids = self._customers(people)
        self.everybody = set(ids.values())
        self._phones(people, ids)
        self._identities(people, ids)
        self._accounts(people, ids)

    def make(self) -> None:
        """Writes it all."""
        for table, rows in self.inserts.items():
            if rows:
                insert_many(self._connection, table, rows)
        for (table, names), rows in _alike(self.updates).items():
            statement = (
                update(table)
                .where(inspect(table).columns["id"] == bindparam("_id"))
                .values({name: bindparam(f"_{name}") for name in names})
            )
            self._connection.execute(
                statement, [{f"_{name}": value for name, value in row.items()} for row in rows]
            )

    def join(self, base: UUID) -> int:
        """Puts everybody into a customer base; how many are new in it. Who is new at all surely is."""
        connection = self._connection
        if self.new:
            insert_many(
                connection, BaseMemberRow, [{"base_id": base, "customer_id": one} for one in self.new]
            )
        if not (old := self.everybody - self.new):
            return len(self.new)
        theirs = select(literal(base), CustomerRow.id).where(among(connection, CustomerRow.id, old))
        missing = insert_new(connection, BaseMemberRow).from_select(["base_id", "customer_id"], theirs)
        return len(self.new) + connection.execute(missing).rowcount

    def _touch(self, customer_id: UUID) -> None:
        if customer_id not in self.new:
            self.touched.add(customer_id)

    def _customers(self, people: Sequence[ListedCustomer]) -> dict[str, UUID]:
        known = self._known([person.customer_number for person in people])
        ids: dict[str, UUID] = {}
        for person in people:
            before = known.get(person.customer_number) or known.get(person.customer_number.lower())
            if before is None:
                ids[person.customer_number] = self._new_customer(person)
                continue
            ids[person.customer_number] = before["id"]
            differing = _differing(before, person.values)
            if differing:
                self.updates.append(
                    (CustomerRow, {"id": before["id"], **differing, "updated_at": self._terms.at})
                )
                self._touch(before["id"])
        return ids

    def _known(self, numbers: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """By their numbers as they are stored, and in small letters."""
        column = CustomerRow.customer_number
        known: dict[str, Mapping[str, Any]] = {}
        lettered = [number.lower() for number in numbers if not number.isdigit()]
        asked = [among(self._connection, column, numbers)]
        if lettered:
            asked.append(func.lower(column).in_(lettered))
        columns = [getattr(CustomerRow, name) for name in self._said]
        for condition in asked:
            for row in self._connection.execute(select(*columns).where(condition)):
                known[row.customer_number] = dict(row._mapping)
        for number in list(known):
            known.setdefault(number.lower(), known[number])
        return known

    def _new_customer(self, person: ListedCustomer) -> UUID:
        customer_id = new_id()
        self.new.add(customer_id)
        row = dict.fromkeys(("email", "address", "postal_code", "town", "birth_date", "since"))
        row |= {"value_cents": None, "value_currency": None, "region": "", "membership": ""}
        said = {name: value for name, value in person.values.items() if value is not None}
        self.inserts[CustomerRow].append(
            {
                **row,
                **_DEFAULTS,
                **said,
                "id": customer_id,
                "customer_number": person.customer_number,
                "origin": self._terms.origin,
                "updated_at": self._terms.at,
            }
        )
        return customer_id

    def _phones(self, people: Sequence[ListedCustomer], ids: Mapping[str, UUID]) -> None:
        known = self._known_phones(ids.values()) if any(person.phones for person in people) else {}
        fresh = [(person.customer_number, person.phones) for person in people if person.phones]
        if known:
            has = {number: known.get(ids[number], {}) for number, _ in fresh}
            fresh = [(number, [one for one in theirs if one not in has[number]]) for number, theirs in fresh]
        wanted = {phone for _, theirs in fresh for phone in theirs}
        if not wanted:
            return
        query = select(PhoneNumberRow.e164, PhoneNumberRow.id).where(
            among(self._connection, PhoneNumberRow.e164, wanted)
        )
        phones: dict[str, UUID] = {row.e164: row.id for row in self._connection.execute(query)}
        numbers, links = self.inserts[PhoneNumberRow], self.inserts[CustomerPhoneNumberRow]
        for phone in sorted(wanted - phones.keys()):
            phones[phone] = new_id()
            numbers.append({"id": phones[phone], "e164": phone})
        for number, theirs in fresh:
            if not theirs:
                continue
            customer_id = ids[number]
            last = max(known[customer_id].values()) if customer_id in known else 0
            links += [
                {"customer_id": customer_id, "phone_number_id": phones[phone], "rank": rank}
                for rank, phone in enumerate(theirs, last + 1)
            ]
            self._touch(customer_id)

    def _known_phones(self, ids: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
        """The numbers of those who are not new, with their ranks."""
        if not (old := [one for one in ids if one not in self.new]):
            return {}
        link = CustomerPhoneNumberRow
        query = (
            select(link.customer_id, PhoneNumberRow.e164, link.rank)
            .join(PhoneNumberRow, PhoneNumberRow.id == link.phone_number_id)
            .where(among(self._connection, link.customer_id, old))
        )
        known: dict[UUID, dict[str, int]] = {}
        for customer_id, e164, rank in self._connection.execute(query):
            known.setdefault(customer_id, {})[e164] = rank
        return known

    def _identities(self, people: Sequence[ListedCustomer], ids: Mapping[str, UUID]) -> None:
        proving = [person for person in people if person.identity is not None]
        if not proving:
            return
        known = {(row.customer_id, row.kind): row for row in self._of(IdentityRow, ids.values())}
        for person in proving:
            assert person.identity is not None
            customer_id, (kind, value) = ids[person.customer_number], person.identity
            fresh = {"value": value, "set_at": self._terms.at, "set_by": _BY}
            before = known.get((customer_id, kind))
            if before is None:
                row = {"id": new_id(), "customer_id": customer_id, "kind": kind, "secret_hash": None, **fresh}
                self.inserts[IdentityRow].append(row)
                self._touch(customer_id)
            elif before.value != value:
                self.updates.append((IdentityRow, {"id": before.id, **fresh}))
                self._touch(customer_id)

    def _accounts(self, people: Sequence[ListedCustomer], ids: Mapping[str, UUID]) -> None:
        owing = [person for person in people if person.accounts]
        if not owing:
            return
        known: dict[UUID, dict[str, Mapping[str, Any]]] = {}
        for row in self._of(AccountRow, ids.values()):
            known.setdefault(row.customer_id, {})[row.label] = dict(row._mapping)
        for person in owing:
            customer_id = ids[person.customer_number]
            theirs = known.get(customer_id, {})
            for label, account in person.accounts.items():
                self._account(customer_id, label, account, theirs)

    def _account(
        self, customer_id: UUID, label: str, account: Row, theirs: dict[str, Mapping[str, Any]]
    ) -> None:
        said = {name: value for name, value in account.items() if value is not None or name == "due_on"}
        before = theirs.get(label)
        if "stage" not in said and ("due_on" in said or before is None):
            said["stage"] = self._stage(said)
        if before is not None:
            differing = _differing(before, said)
            if differing:
                self.updates.append((AccountRow, {"id": before["id"], **differing}))
                self._touch(customer_id)
            return
        row = {"due_on": None, "last_digits": "", "pays_by": "", **said}
        row |= {"id": new_id(), "customer_id": customer_id, "label": label, "rank": len(theirs) + 1}
        theirs[label] = row
        self.inserts[AccountRow].append(row)
        self._touch(customer_id)

    def _stage(self, account: Row) -> str:
        due = account.get("due_on")
        if due is None or account["balance_cents"] <= 0:
            return "none"
        return stage_of((self._terms.today - due).days)

    def _of(self, table: Any, customer_ids: Iterable[UUID]) -> list[Any]:
        """What belongs to these customers; nothing is asked for those who are new."""
        old = [one for one in customer_ids if one not in self.new]
        if not old:
            return []
        return list(
            self._connection.execute(select(table).where(among(self._connection, table.customer_id, old)))
        )


def _differing(before: Mapping[str, Any], said: Row) -> Row:
    # What is empty there and here is the same, whether NULL or a text without letters.
    return {name: value for name, value in said.items() if (before[name] or None) != (value or None)}


def _alike(updates: Iterable[tuple[type[Base], Row]]) -> dict[tuple[type[Base], tuple[str, ...]], list[Row]]:
    """Changes of the same columns together: each group is one statement."""
    groups: dict[tuple[type[Base], tuple[str, ...]], list[Row]] = {}
    for table, row in updates:
        names = tuple(name for name in row if name != "id")
        groups.setdefault((table, names), []).append(row)
    return groups
