"""A bank's list of payments: one row each, refused with its reason or taken."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import SheetWrong
from data.exchange import cells, sheets
from data.exchange.cells import Cell, CellWrong
from data.exchange.gathered import RowRefused
from data.exchange.mapping import Mapping, Source
from data.promises import PaymentNote


@dataclass(frozen=True, kw_only=True)
class PaymentColumns:
    """Which column is what, and how days and money are written."""

    customer: str
    amount: str
    day: str
    reference: str
    account: str | None
    date: str
    decimal: str
    currency: str
    last: datetime.date | None = None
    """The last day on which money can have come in; of a later one day and month, or columns, are swapped."""


def read_payments(file: Path, columns: PaymentColumns) -> tuple[list[PaymentNote], list[RowRefused]]:
    """The payments, and the rows that were refused. Raises `SheetWrong`."""
    opened = _opening(columns)
    rows = sheets.read(file, opened).rows
    _, header = next(rows, (0, ()))
    places = _places(file, header, columns)
    day = cells.day_until(opened.date, columns.last) if columns.last else cells.day(opened.date)
    amount = cells.amount(columns.decimal, columns.currency)
    notes: list[PaymentNote] = []
    refused: list[RowRefused] = []
    for number, row in rows:
        found = {name: row[place] if place < len(row) else None for name, place in places.items()}
        name = columns.customer
        try:
            customer = cells.customer_number(cells.text_of(found[columns.customer]))
            name = columns.day
            received = day(found[columns.day])
            name = columns.amount
            cents = amount(found[columns.amount])
            if cents <= 0:
                raise CellWrong("is no payment: it must be more than nothing")
            name = columns.reference
            reference = cells.short_text(60)(cells.text_of(found.get(columns.reference)))
            name = columns.account or ""
            label = cells.short_text(80)(cells.text_of(found.get(name))) if name else ""
        except CellWrong as wrong:
            refused.append(RowRefused(number, name, str(found.get(name) or "")[:60], f"{name} {wrong}"))
            continue
        notes.append(
            PaymentNote(
                customer_number=customer,
                amount_cents=cents,
                currency=columns.currency,
                received_on=received,
                label=label,
                reference=reference or None,
                row=number,
            )
        )
    return notes, refused


def _opening(columns: PaymentColumns) -> Mapping:
    """How a file is opened stands in a mapping; what its columns are is asked for here."""
    whose = Source(column=(columns.customer,))
    return Mapping.model_validate(
        {
            "date": columns.date,
            "decimal": columns.decimal,
            "currency": columns.currency,
            "columns": {"customer_number": whose, "name": whose},
        }
    )


def _places(file: Path, header: Sequence[Cell], columns: PaymentColumns) -> dict[str, int]:
    names = ["" if one is None else str(one).strip() for one in header]
    wanted = [columns.customer, columns.amount, columns.day, *([columns.account] if columns.account else [])]
    missing = [one for one in wanted if one not in names]
    if missing:
        raise SheetWrong(
            f"{file} has no column {', '.join(map(repr, missing))}",
            remedy=f"there are {', '.join(filter(None, names))[:300]}",
        )
    # Without a reference each row is a payment of its own.
    also = [columns.reference] if columns.reference in names else []
    return {one: names.index(one) for one in (*wanted, *also)}
