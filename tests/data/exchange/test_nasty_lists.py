"""Lists as people really send them: the right customers, or one clear line; nothing lost, nothing half.

For each list: every row is either a customer's or refused with its column and what to do; what is refused
leaves no trace; and the second time nothing changes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from data.errors import SheetWrong
from data.exchange.loading import Terms, load
from data.exchange.mapping import Mapping
from data.exchange.people import gather
from data.models import AccountRow, CustomerPhoneNumberRow, CustomerRow
from data.store import Store

HEADER = "Nº;Nombre;Teléfono;Saldo;Vence"
COLUMNS: dict[str, Any] = {
    **{"customer_number": "Nº", "name": "Nombre", "phones": "Teléfono"},
    **{"balance": "Saldo", "due_on": "Vence"},
}
ANA, PAU = "1001;Ana Núñez;600 11 12 22;1.234,50;05/11/2026", "1002;Pau Mas;93 411 22 33;0;"
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Nasty:
    """A list and what must come of it."""

    what: str
    content: bytes
    customers: dict[str, str] = field(default_factory=dict)
    """Number → name."""
    refused: dict[int, str] = field(default_factory=dict)
    """Row → part of what is said of it."""
    wrong: str = ""
    """Part of the line by which the whole list is refused."""
    doubtful: dict[int, str] = field(default_factory=dict)
    remark: str = ""
    mapping: dict[str, Any] = field(default_factory=dict)
    ending: str = ".csv"
    phones: int | None = None
    """Numbers in all."""
    cents: Sequence[int] | None = None
    """Balances in all, sorted."""
    due: Sequence[date | None] | None = None


def text(*rows: str, header: str = HEADER, encoding: str = "utf-8", end: str = "\n") -> bytes:
    return (end.join([header, *rows]) + end).encode(encoding)


def book(*rows: Sequence[Any], change: Callable[[Any], object] = lambda _: None) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(list(row))  # type: ignore[union-attr]  # a new book has a sheet
    change(made.active)
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


BOTH = {"1001": "Ana Núñez", "1002": "Pau Mas"}
H = HEADER.split(";")
LISTS = [
    Nasty(
        "as it should be", text(ANA, PAU), BOTH, phones=2, cents=[0, 123450], due=[date(2026, 11, 5), None]
    ),
    *(
        Nasty(f"in {encoding}", text(ANA, PAU, encoding=encoding), BOTH)
        for encoding in ("utf-8-sig", "cp1252", "utf-16", "utf-16-be")
    ),
    Nasty("in the letters of an old Mac", text(ANA, PAU, encoding="mac_roman"), wrong="no column"),
    Nasty("the same, told", text(ANA, PAU, encoding="mac_roman"), BOTH, mapping={"encoding": "mac_roman"}),
    Nasty("with commas", text(ANA.replace(";", "|"), header=HEADER.replace(";", "|")), {"1001": "Ana Núñez"}),
    Nasty(
        "with tabs, called .txt",
        text(ANA.replace(";", "\t"), header=HEADER.replace(";", "\t")),
        {"1001": "Ana Núñez"},
        ending=".txt",
    ),
    Nasty(
        "commas that are decimals, too",
        text("1001,Ana,600111222,1.234,50,05/11/2026", header=HEADER.replace(";", ",")),
        refused={2: "6 cells"},
    ),
    Nasty("lines of an old Mac", text(ANA, PAU, end="\r"), BOTH),
    Nasty("lines of Windows, and Excel's own first one", b"sep=;\r\n" + text(ANA, PAU, end="\r\n"), BOTH),
    Nasty(
        "a name over two lines",
        text('1001;"Ana\nNúñez";600111222;0;', PAU),
        BOTH,
    ),
    Nasty("a quote that never ends", text('1001;"Ana;600111222;0;', PAU), wrong="quotes"),
    Nasty("quotes within", text('1001;"Ana ""la"" Núñez";600111222;0;'), {"1001": 'Ana "la" Núñez'}),
    Nasty(
        "columns in another order",
        text("Ana Núñez;600111222;1001;05/11/2026;1,5", header="Nombre;Teléfono;Nº;Vence;Saldo"),
        {"1001": "Ana Núñez"},
        cents=[150],
    ),
    Nasty(
        "two columns swapped",
        text("1001;600111222;Ana Núñez;0;", "1002;Pau;934112233;0;"),
        {"1002": "Pau"},
        refused={2: "no name"},
    ),
    Nasty(
        "without a header",
        text("1001;Ana;600111222;0;", header="1000;Eva;600111223;0;"),
        wrong="no column 'Nº'",
    ),
    Nasty(
        "a title above",
        text(ANA, header=f"Clientes de noviembre;;;;\n;;;;\n{HEADER}"),
        {"1001": "Ana Núñez"},
        mapping={"header": 3},
    ),
    Nasty(
        "the title not told", text(ANA, header=f"Clientes de noviembre\n{HEADER}"), wrong="is `header` right"
    ),
    Nasty(
        "the header twice",
        text(HEADER, ANA),
        {"1001": "Ana Núñez"},
        refused={2: "no customer number"},
    ),
    Nasty("a column twice", text(ANA + ";x", header=HEADER + ";Nombre"), wrong="two columns 'Nombre'"),
    Nasty("blank lines between", text("", ";;;;", ANA, "", " ; ;;;", PAU, ""), BOTH),
    Nasty(
        "a total at the end",
        text(ANA, PAU, "TOTAL;2 clientes;;1.234,50;", ";;;1.234,50;"),
        BOTH,
        refused={4: "looks like a total", 5: "is empty, and needed"},
        cents=[0, 123450],
    ),
    Nasty(
        "telephones in every style",
        text(
            *(
                "1;A;+34 600-11-12-22;0;",
                "2;B;0034934112233;0;",
                "3;C;(93) 411.22.34;0;",
                "4;D;600111223/;0;",
            ),
            *("5;E;+33 6 12 34 56 78;0;", "6;F;tel. 600111225;0;", "7;G;12345;0;", "8;H;6,00112E+08;0;"),
        ),
        {"1": "A", "2": "B", "3": "C", "4": "D", "5": "E", "6": "F"},
        refused={8: "telephone number", 9: "telephone number"},
        phones=6,
    ),
    Nasty(
        "formulas",
        text('1001;"=HYPERLINK(""http://x"")";600111222;0;', "1002;@SUM(A1);;0;", "1003;Eva;=1+1;0;", PAU),
        {"1002": "Pau Mas"},
        refused={2: "formula", 3: "formula", 4: "formula"},
    ),
    Nasty("the same row twice", text(ANA, ANA, PAU), BOTH, phones=2),
    Nasty(
        "one customer, two telephones",
        text(ANA, "1001;Ana Núñez;600111223;1.234,50;05/11/2026"),
        {"1001": "Ana Núñez"},
        phones=2,
    ),
    Nasty(
        "rows that contradict each other",
        text(ANA, "1001;Eva Puig;600111223;0;", PAU),
        {"1002": "Pau Mas"},
        refused={2: "contradicts row 3", 3: "contradicts row 2"},
    ),
    Nasty(
        "half a row",
        text("1001;Ana", PAU),
        {"1001": "Ana", "1002": "Pau Mas"},
        doubtful={2: "2 cells"},
    ),
    Nasty(
        "cut off in the middle",
        text(ANA, PAU)[:-8],
        {"1001": "Ana Núñez"},
        refused={3: "telephone number"},
    ),
    Nasty(
        "one number with and without zeros",
        text(ANA, "001001;Ana Núñez;;0;"),
        {"1001": "Ana Núñez", "001001": "Ana Núñez"},
        doubtful={3: "zeros in front"},
    ),
    Nasty(
        "days in American order",
        text("1;A;;5;12/31/2026", "2;B;;5;05/11/2026"),
        {"2": "B"},
        refused={2: "date"},
    ),
    Nasty(
        "the same, told",
        text("1;A;;5;12/31/2026", "2;B;;5;05/11/2026"),
        {"1": "A", "2": "B"},
        mapping={"date": "mm/dd/yyyy"},
        due=[date(2026, 5, 11), date(2026, 12, 31)],
    ),
    Nasty(
        "amounts of two countries",
        text("1;A;;1.234,50;", "2;B;;1,234.50;", "3;C;;1234.5;", "4;D;;$ 5;", "5;E;;5 €;"),
        {"1": "A", "5": "E"},
        refused={3: "no amount", 4: "no amount", 5: "EUR"},
        cents=[500, 123450],
    ),
    Nasty("nothing but a header", text()),
    Nasty("nothing at all", b"", wrong="is empty"),
    Nasty(
        "letters nobody sees",
        text("1001;A\u200bna\u202e Núñez;600111222;0;", "\u200b1002;Pau;;0;"),
        {"1001": "Ana Núñez"},
        refused={3: "no customer number"},
    ),
    Nasty(
        "Excel's own types",
        book(
            H,
            [1001, "Ana Núñez", 600111222, 1234.5, datetime(2026, 11, 5)],
            ["1002", "Pau Mas", None, 0, None],
        ),
        BOTH,
        ending=".xlsx",
        cents=[0, 123450],
        due=[date(2026, 11, 5), None],
    ),
    Nasty(
        "merged header cells",
        book(
            ["Clientes"],
            H,
            [1001, "Ana Núñez", 600111222, 5, None],
            change=lambda sheet: sheet.merge_cells("A1:E1"),
        ),
        {"1001": "Ana Núñez"},
        mapping={"header": 2},
        remark="merged",
        ending=".xlsx",
    ),
    Nasty(
        "a customer's cells merged over two rows",
        book(
            H,
            [1001, "Ana", 600111222, 5, None],
            [None, None, 600111223, 5, None],
            change=lambda sheet: sheet.merge_cells("A2:A3"),
        ),
        {"1001": "Ana"},
        refused={3: "is empty, and needed"},
        remark="merged",
        ending=".xlsx",
    ),
    Nasty(
        "formulas in Excel",
        book(
            H,
            ["=A1", "Ana", 600111222, 5, None],
            [1002, "Pau", 600111223, "=SUM(D1:D2)", None],
            [1003, "Eva", None, "#N/A", None],
        ),
        refused={2: "formula", 3: "formula", 4: "formula"},
        ending=".xlsx",
    ),
    Nasty("a web page called .xls", b"<html><table><tr><td>1001", wrong="web page", ending=".xls"),
    Nasty("an Excel file called .csv", book(H, [1001, "Ana Núñez", None, 5, None]), {"1001": "Ana Núñez"}),
]


@pytest.mark.parametrize("nasty", LISTS, ids=[one.what for one in LISTS])
def test_a_nasty_list(sqlite_store: Store, tmp_path: Path, nasty: Nasty) -> None:
    """Right, or told; whole, or not at all; and the second time nothing changes."""
    file = tmp_path / f"list{nasty.ending}"
    file.write_bytes(nasty.content)
    mapping = Mapping.model_validate({"columns": COLUMNS, **nasty.mapping})
    if nasty.wrong:
        with pytest.raises(SheetWrong) as raised:
            gather(file, mapping, today=AT.date())
        assert nasty.wrong in str(raised.value) and "\n" not in str(raised.value)
        assert str(raised.value).startswith(str(file))
        return
    terms = Terms(at=AT, today=AT.date(), origin="import")
    found = gather(file, mapping, today=AT.date())
    refused = {one.row: one for one in found.refused}
    taken = sorted(row for person in found.people.values() for row in person.rows)
    assert (
        sorted([*taken, *refused]) == sorted({*taken, *refused}) and len(taken) + len(refused) == found.rows
    )
    assert {
        row: one.problem for row, one in refused.items() if nasty.refused.get(row, "\0") not in one.problem
    } == {}
    assert refused.keys() == nasty.refused.keys()
    doubtful = {one.row: one.problem for one in found.doubtful}
    assert doubtful.keys() == nasty.doubtful.keys()
    assert all(part in doubtful[row] for row, part in nasty.doubtful.items())
    assert any(nasty.remark in remark for remark in found.remarks) or not nasty.remark
    loaded = load(sqlite_store, found.people.values(), terms)
    assert (loaded.new, loaded.changed, loaded.refused) == (len(nasty.customers), 0, [])
    again = load(sqlite_store, gather(file, mapping, today=AT.date()).people.values(), terms)
    assert (again.new, again.changed, again.same) == (0, 0, len(nasty.customers))
    _insist_on(sqlite_store, nasty)


def _insist_on(store: Store, nasty: Nasty) -> None:
    """What the database holds, read without the code that imports."""
    with store.database.reading() as connection:
        rows = connection.execute(select(CustomerRow.customer_number, CustomerRow.name)).all()
        assert {row.customer_number: row.name for row in rows} == nasty.customers
        if nasty.phones is not None:
            assert connection.scalar(select(func.count()).select_from(CustomerPhoneNumberRow)) == nasty.phones
        accounts = connection.execute(select(AccountRow.balance_cents, AccountRow.due_on)).all()
        if nasty.cents is not None:
            assert sorted(row.balance_cents for row in accounts) == list(nasty.cents)
        if nasty.due is not None:
            assert sorted((row.due_on for row in accounts), key=str) == sorted(nasty.due, key=str)
