"""Rows of a list gathered into customers: what is wrong with a row, and which rows contradict each other.

Rules:
1. A row with a cell that cannot be taken is refused as a whole, with all that is wrong in its cells; the
   others go on.
2. A customer may have several rows (one for each telephone, each account). What they say of the customer must
   agree; if it does not, all of them are refused, because nobody here knows which one is right.
3. Two customers with one DNI are both refused.
4. A number is the same in capitals and small letters. Numbers that differ by zeros in front stay apart, and
   somebody is told: a spreadsheet may have dropped them, or they are two people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from data.errors import SheetWrong
from data.exchange import cells, sheets
from data.exchange.books import Fault, Formula
from data.exchange.cells import Cell, CellWrong
from data.exchange.gathered import (
    Conflict,
    Gathered,
    ListedCustomer,
    RowRefused,
    differing_by_zeros,
    merge,
    refuse_conflicts,
    shared_identities,
)
from data.exchange.mapping import ACCOUNT_FIELDS, FieldName, Mapping, Source

STAGES = ("none", "preventive", "early", "middle", "late", "pre_judicial", "judicial")
WAYS_TO_PAY = ("direct_debit", "card", "transfer", "cash")
_LONGEST_SHOWN = 60
_KEPT = ("customer_number", "name", "language", "zone", "dni", *ACCOUNT_FIELDS)
"""What an empty cell never clears."""
_NEVER_NULL = ("region", "membership")


def gather(
    path: Path, mapping: Mapping, *, today: date, seen: Callable[[int], None] = lambda _: None
) -> Gathered:
    """Reads the list. `today`: the company's; nobody was born later. `seen` is told now and then how many
    rows were read. Raises `SheetWrong`."""
    sheet = sheets.read(path, mapping)
    lines = sheet.rows
    places, width = _places(path, mapping, sheet)
    reader = _Reader(mapping, places, today)
    full = width if sheet.filled else 0
    found = Gathered({}, [], 0, remarks=sheet.remarks)
    conflicts: dict[str, Conflict] = {}
    for number, row in lines:
        found.rows += 1
        if found.rows % 1000 == 0:
            seen(found.rows)
        try:
            _insist_on_width(number, row, width)
            person = reader.person(number, row)
        except _Refused as wrong:
            found.refused.append(wrong.row_refused)
            continue
        if len(row) < full:
            problem = f"has {len(row)} cells, the header {width}: the rest was taken for empty"
            found.doubtful.append(RowRefused(number, "", "", problem))
        found.doubtful += person.doubts
        key = person.customer_number.lower()
        before = found.people.setdefault(key, person)
        if before is not person:
            before.rows.append(number)
            conflict = merge(before, person)
            if conflict is not None:
                conflicts.setdefault(key, conflict)
    refuse_conflicts(found, conflicts, dict(shared_identities(found.people)))
    found.doubtful += differing_by_zeros(found.people)
    found.refused.sort(key=lambda refused: refused.row)
    found.doubtful.sort(key=lambda doubtful: doubtful.row)
    return found


class _Refused(Exception):
    def __init__(self, row_refused: RowRefused) -> None:
        super().__init__(row_refused.problem)
        self.row_refused = row_refused


@dataclass(frozen=True, slots=True)
class _Column:
    """How one field is read."""

    name: FieldName
    places: tuple[int, ...]
    source: Source
    parse: Callable[[Any], Any]
    shown: str
    """The column's name in the list."""
    place: int | None
    """Where it is one column."""
    native: bool
    """Whether Excel's own dates and numbers are of use to it; otherwise it is given text."""


class _Reader:
    """Turns rows into people, as the mapping says."""

    def __init__(self, mapping: Mapping, places: dict[str, int], today: date) -> None:
        self._keep = mapping.blank == "keep"
        self._currency = mapping.currency
        self._country = mapping.region
        self._names = {
            name: source.column[0] if source.column else name for name, source in mapping.columns.items()
        }
        self._columns_of = {name: source.column or (name,) for name, source in mapping.columns.items()}
        self._columns = [
            _Column(
                name,
                tuple(places[column] for column in source.column),
                source,
                _parser(name, source, mapping, today),
                source.column[0] if source.column else name,
                places[source.column[0]] if len(source.column) == 1 else None,
                name in ("birth_date", "since", "due_on", "balance", "value"),
            )
            for name, source in mapping.columns.items()
        ]

    def person(self, number: int, row: Sequence[Cell]) -> ListedCustomer:
        person = ListedCustomer("", [number], {})
        account: dict[str, Any] = {}
        mistakes: list[RowRefused] = []
        for column in self._columns:
            if column.name == "phones":
                person.phones = self._phones(column, number, row, mistakes)
                continue
            try:
                value = self._value(column, number, row)
            except _Refused as wrong:
                mistakes.append(wrong.row_refused)
                continue
            if value is None and (self._keep or column.name in _KEPT):
                continue
            if value is None and column.name in _NEVER_NULL:
                value = ""
            if column.name == "customer_number":
                person.customer_number = value or ""
            elif column.name == "dni":
                person.identity = value
            elif column.name in ACCOUNT_FIELDS:
                account[column.name.removeprefix("account_")] = value
            else:
                person.values[column.name] = value
        wrong_ones = {one.column for one in mistakes}
        for needed in ("customer_number", "name"):
            there = person.customer_number if needed == "customer_number" else person.values.get(needed)
            if not there and not wrong_ones.intersection(self._columns_of[needed]):
                mistakes.append(RowRefused(number, self._names[needed], "", "is empty, and needed"))
        if mistakes:
            raise _Refused(replace(mistakes[0], more=tuple(mistakes[1:])))
        self._insist_on_order(number, person, account)
        self._settle(person, account)
        self._settle_postcode(number, person)
        return person

    def _insist_on_order(self, number: int, person: ListedCustomer, account: dict[str, Any]) -> None:
        """Nobody owes before they are born: then the columns are swapped."""
        born, due = person.values.get("birth_date"), account.get("due_on")
        if born is not None and due is not None and due <= born:
            problem = f"is not after their birth date ({born.isoformat()}): are the two columns swapped?"
            raise _Refused(RowRefused(number, self._names["due_on"], due.isoformat(), problem))

    def _settle_postcode(self, number: int, person: ListedCustomer) -> None:
        """Whoever lives in Spain has a Spanish one: the list's country, or the row's own `region`."""
        written = person.values.get("postal_code")
        if not written or (person.values.get("region") or self._country)[:2] != "ES":
            return
        name = self._names["postal_code"]
        kept = _parsed(cells.spanish_postcode, name, number, written, native=False)
        person.values["postal_code"] = kept
        if kept != written and len(kept) > len(written):
            problem = (
                f"was completed to {kept}: a spreadsheet has taken the zero in front; make the column text"
            )
            person.doubts.append(RowRefused(number, name, written, problem))

    def _settle(self, person: ListedCustomer, account: dict[str, Any]) -> None:
        if "value" in person.values:
            cents = person.values.pop("value")
            person.values |= {
                "value_cents": cents,
                "value_currency": None if cents is None else self._currency,
            }
        if account.get("balance") is not None:
            label = account.pop("label", None) or ""
            account["balance_cents"] = account.pop("balance")
            person.accounts[label] = account | {"currency": self._currency}

    def _phones(
        self, column: _Column, number: int, row: Sequence[Cell], mistakes: list[RowRefused]
    ) -> list[str]:
        phones: list[str] = []
        for place, name in zip(column.places, column.source.column, strict=True):
            cell = row[place] if place < len(row) else None
            if cell is None or cell == "":
                continue
            try:
                phone = _parsed(column.parse, name, number, cell, native=False)
            except _Refused as wrong:
                mistakes.append(wrong.row_refused)
                continue
            if phone is not None and phone not in phones:
                phones.append(phone)
        return phones

    def _value(self, column: _Column, number: int, row: Sequence[Cell]) -> Any:
        source, name = column.source, column.shown
        if column.place is not None:
            cell = row[column.place] if column.place < len(row) else None
        else:
            cell = self._joined(column, number, row)
        if isinstance(cell, str) and not isinstance(cell, Formula | Fault):
            cell = cell.strip()
        if cell is None or cell == "":
            if source.default is None:
                return None
            return _parsed(column.parse, name, number, source.default, native=False)
        if source.map:
            written = _map_key(name, number, cell)
            if written not in source.map:
                known = ", ".join(list(source.map)[:10])
                raise _Refused(
                    RowRefused(
                        number, name, _shown(cell), f"is none of {known}: add it to the mapping's `map`"
                    )
                )
            cell = source.map[written]
        return _parsed(column.parse, name, number, cell, native=column.native)

    @staticmethod
    def _joined(column: _Column, number: int, row: Sequence[Cell]) -> str:
        parts = (
            _parsed(str, name, number, row[place] if place < len(row) else None, native=False)
            for place, name in zip(column.places, column.source.column, strict=True)
        )
        return " ".join([part for part in parts if part])


def _parsed(parse: Callable[[Any], Any], column: str, number: int, cell: Cell, *, native: bool) -> Any:
    try:
        # Nearly all are plain text that begins with a letter or a digit, and take the short way.
        text = cell.strip() if type(cell) is str else ""
        if not text or text[0] in cells.SUSPECT:
            if isinstance(cell, Formula):
                raise CellWrong("holds a formula: paste its value instead")
            if isinstance(cell, Fault):
                raise CellWrong("holds a formula that failed: paste a value instead")
            text = cells.text_of(cell)
        if text == "":
            return None
        return parse(cell if native and not isinstance(cell, str) else text)
    except CellWrong as wrong:
        raise _Refused(RowRefused(number, column, _shown(cell), str(wrong))) from None


def _map_key(column: str, number: int, cell: Cell) -> str:
    try:
        return cells.map_key(cell)
    except CellWrong as wrong:
        raise _Refused(RowRefused(number, column, _shown(cell), str(wrong))) from None


def _shown(cell: Cell) -> str:
    return "" if cell is None else str(cell)[:_LONGEST_SHOWN]


def _parser(name: FieldName, source: Source, mapping: Mapping, today: date) -> Callable[[Any], Any]:
    day = cells.day(source.date or mapping.date)
    amount = cells.amount(mapping.decimal, mapping.currency)
    parsers: dict[FieldName, Callable[[Any], Any]] = {
        "customer_number": cells.customer_number,
        "name": cells.name,
        "language": cells.one_of("es", "ca", "en"),
        "zone": cells.zone,
        "phones": cells.telephone(mapping.region),
        "email": cells.email,
        "address": cells.short_text(200),
        "postal_code": cells.short_text(16),
        "town": cells.short_text(100),
        "region": cells.region,
        "birth_date": cells.day_until(source.date or mapping.date, today),
        "membership": cells.short_text(40),
        "value": amount,
        "since": day,
        "dni": cells.spanish_id,
        "account_label": cells.short_text(80),
        "account_last_digits": cells.last_digits,
        "balance": amount,
        "due_on": day,
        "stage": cells.one_of(*STAGES),
        "pays_by": cells.one_of(*WAYS_TO_PAY),
    }
    return parsers[name]


def _places(path: Path, mapping: Mapping, sheet: sheets.Sheet) -> tuple[dict[str, int], int]:
    """Where each column is, by the names in the header row; and how many the row has."""
    for number, row in sheet.rows:
        if number < mapping.header:
            continue
        names = ["" if cell is None else str(cell).strip() for cell in row]
        missing = [column for column in mapping.wanted if column not in names]
        if missing:
            raise SheetWrong(
                f"{path}:{number} has no column {', '.join(map(repr, missing))}",
                remedy=f"there are {', '.join(filter(None, names))[:300]}; is `header` right?",
            )
        twice = [column for column in mapping.wanted if names.count(column) > 1]
        if twice:
            raise SheetWrong(f"{path}:{number} has two columns {twice[0]!r}", remedy="name them apart")
        return {column: names.index(column) for column in mapping.wanted}, len(names)
    remedy = "; ".join(("see whether it is the right file, and `header`", *sheet.remarks))
    raise SheetWrong(f"{path} is empty", remedy=remedy)


def _insist_on_width(number: int, row: Sequence[Cell], width: int) -> None:
    """A cell too many is a delimiter within a value: all that follows would stand in the wrong column."""
    if any(cell not in (None, "") for cell in row[width:]):
        problem = f"has {len(row)} cells, the header {width}: see the quotes around what holds a delimiter"
        raise _Refused(RowRefused(number, "", "", problem))
