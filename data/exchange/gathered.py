"""What a list says of customers, and which of its rows contradict each other (rules 2 to 4 of `people`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that was not taken."""

    row: int
    """As a spreadsheet counts it."""
    column: str
    value: str
    problem: str
    more: tuple[RowRefused, ...] = ()
    """What else is wrong with the row: whoever mends it need not import it once for each cell."""


def all_mistakes(refused: Sequence[RowRefused]) -> Iterator[RowRefused]:
    """One for each cell, without those behind it."""
    for row in refused:
        for one in (row, *row.more):
            yield replace(one, more=())


@dataclass(slots=True)
class ListedCustomer:
    """What a list says of a customer."""

    customer_number: str
    rows: list[int]
    values: dict[str, Any]
    """Columns of `customers`."""
    phones: list[str] = field(default_factory=list)
    """E.164, in the list's order."""
    identity: tuple[str, str] | None = None
    """Kind and value."""
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By label: columns of `accounts`."""
    said_in: dict[str, int] = field(default_factory=dict)
    """The row of what the first of them did not say."""
    doubts: list[RowRefused] = field(default_factory=list)
    """What was mended in its row, and should be looked at."""


@dataclass
class Gathered:
    """A whole list."""

    people: dict[str, ListedCustomer]
    """By customer number, in small letters."""
    refused: list[RowRefused]
    rows: int
    """With those that were refused."""
    doubtful: list[RowRefused] = field(default_factory=list)
    """Rows that were taken, and that somebody should look at."""
    remarks: Sequence[str] = ()
    """Of the whole list: what whoever has made it may not know."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rows of one customer that say different things."""

    first: int
    second: int
    what: str

    def told(self, row: int) -> str:
        if row in (self.first, self.second):
            other = self.first if row == self.second else self.second
            return f"contradicts row {other}: {self.what}"
        return f"rows {self.first} and {self.second} of this customer contradict each other: {self.what}"


def merge(before: ListedCustomer, more: ListedCustomer) -> Conflict | None:
    """Adds another row of the same customer; what it contradicts, if anything."""
    (row,) = more.rows

    def conflict(name: str, what: str) -> Conflict:
        return Conflict(before.said_in.get(name, before.rows[0]), row, what)

    for name, value in more.values.items():
        known = before.values.get(name)
        if known is not None and value is not None and known != value:
            return conflict(name, f"another `{name}`")
        if known is None and value is not None:
            before.said_in[name] = row
        before.values[name] = value if known is None else known
    if before.identity and more.identity and before.identity != more.identity:
        return conflict("dni", "another `dni`")
    if more.identity and not before.identity:
        before.identity, before.said_in["dni"] = more.identity, row
    before.phones += [phone for phone in more.phones if phone not in before.phones]
    for label, account in more.accounts.items():
        if label not in before.accounts:
            before.accounts[label], before.said_in[f"account {label}"] = account, row
        elif before.accounts[label] != account:
            return conflict(f"account {label}", "the same account with other figures")
    return None


def differing_by_zeros(people: dict[str, ListedCustomer]) -> Iterator[RowRefused]:
    """Numbers that a spreadsheet may have shortened."""
    first: dict[str, ListedCustomer] = {}
    for key, person in people.items():
        before = first.setdefault(key.lstrip("0"), person)
        if before is not person:
            problem = (
                f"differs from row {before.rows[0]} by zeros in front: two customers, if that is not meant"
            )
            yield RowRefused(person.rows[0], "customer_number", person.customer_number, problem)


def shared_identities(people: dict[str, ListedCustomer]) -> Iterator[tuple[str, str]]:
    """Customer numbers, in small letters, and what is wrong with them."""
    owners: dict[tuple[str, str], ListedCustomer] = {}
    for person in people.values():
        if person.identity is None:
            continue
        first = owners.setdefault(person.identity, person)
        if first is not person:
            yield first.customer_number.lower(), f"has the same `dni` as row {person.rows[0]}"
            yield person.customer_number.lower(), f"has the same `dni` as row {first.rows[0]}"


def refuse_conflicts(found: Gathered, conflicts: dict[str, Conflict], shared: dict[str, str]) -> None:
    """All rows of those customers: nobody here knows which one is right."""
    for key in conflicts | shared:
        person = found.people.pop(key)
        for row in person.rows:
            problem = shared[key] if key in shared else conflicts[key].told(row)
            found.refused.append(RowRefused(row, "customer_number", person.customer_number, problem))
