"""Excel and CSV files as people send them: renamed, filtered, merged, protected, broken, and traps."""

from __future__ import annotations

import resource
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from data.errors import SheetWrong
from data.exchange.gathered import Gathered
from data.exchange.mapping import Mapping
from data.exchange.people import gather

HEADER = ("Nº", "Nombre", "Teléfono", "Saldo", "Vence")
MAPPING = Mapping.model_validate(
    {
        "columns": {
            "customer_number": "Nº",
            "name": "Nombre",
            "phones": "Teléfono",
            "balance": "Saldo",
            "due_on": "Vence",
        }
    }
)
TODAY = date(2026, 11, 22)
DAY = datetime(2026, 11, 1)
LINE = "Nº;Nombre;Teléfono;Saldo;Vence\n1;Ana Núñez;600111222;1,5;01/11/2026\n"
Change = Callable[[Workbook, Worksheet], object]


def book(
    folder: Path, *rows: tuple[Any, ...], change: Change = lambda *_: None, name: str = "l.xlsx"
) -> Path:
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    for row in (HEADER, *rows):
        sheet.append(row)
    change(made, sheet)
    made.save(folder / "made.xlsx")
    return (folder / "made.xlsx").rename(folder / name)


def read(file: Path) -> Gathered:
    return gather(file, MAPPING, today=TODAY)


def problems(found: Gathered) -> dict[int, str]:
    return {one.row: one.problem for one in found.refused}


def refusal(file: Path) -> str:
    with pytest.raises(SheetWrong) as raised:
        read(file)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def row(number: object = 1, name: object = "Ana", due: object = DAY) -> tuple[Any, ...]:
    return (number, name, 600111222.0, 12.5, due)


def test_a_number_is_what_people_see(tmp_path: Path) -> None:
    """Floats lose their point, numbers keep the zeros of their format; what Excel has rounded is refused."""

    def with_zeros(_book: Workbook, sheet: Worksheet) -> None:
        sheet["A3"].number_format = "00000"

    found = read(book(tmp_path, row(45716.0), row(451), row(45717.5), row(1.5e15), change=with_zeros))
    assert list(found.people) == ["45716", "00451"]
    assert found.people["45716"].phones == ["+34600111222"]
    assert "no customer number" in problems(found)[4]
    assert "Excel rounds them" in problems(found)[5]


def test_a_cell_that_holds_no_value_is_refused(tmp_path: Path) -> None:
    """Errors of Excel's, formulas, and days that are plain numbers: each says what to do."""
    found = read(book(tmp_path, row(name="#REF!"), row(2, "=A1"), row(3, due=46000), row(4, due=DAY.time())))
    assert found.people == {}
    told = problems(found)
    assert "formula that failed" in told[2] and "holds a formula" in told[3]
    assert "give the column a date's format" in told[4] and "no date" in told[5]


def test_what_nobody_sees_in_a_book_is_told(tmp_path: Path) -> None:
    """Hidden rows are taken, other sheets are not, and merged cells are empty but for the first."""

    def untidy(made: Workbook, sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.merge_cells("E2:E3")
        made.create_sheet("Bajas").append(HEADER)

    found = read(book(tmp_path, row(), row(2), change=untidy))
    assert list(found.people) == ["1", "2"]
    sheets, hidden, merged = found.remarks
    assert "only the sheet 'Sheet'" in sheets and "'Bajas'" in sheets
    assert hidden.startswith("1 rows are hidden") and merged.startswith("1 cells are merged")


def test_a_hidden_sheet_is_not_the_first(tmp_path: Path) -> None:
    """What is taken is what people see when they open it."""

    def hidden(made: Workbook, sheet: Worksheet) -> None:
        sheet.sheet_state = "hidden"
        for one in (HEADER, row(7)):
            made.create_sheet("Clientes") if "Clientes" not in made.sheetnames else None
            made["Clientes"].append(one)

    assert list(read(book(tmp_path, row(1), change=hidden)).people) == ["7"]


def test_a_file_is_what_it_holds_and_not_what_it_is_called(tmp_path: Path) -> None:
    """An Excel file under another name is read; what only bears its name is not, and told for what it is."""
    for name in ("list.xls", "list.csv", "list.xlsm"):
        assert list(read(book(tmp_path, row(), name=name)).people) == ["1"]
    for content, told in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel, or protected by a password"),
        (b"<html><table></table></html>", "a web page"),
        (b"PK\x03\x04" + bytes(600), "no whole Excel file"),
        (b"", "no Excel file"),
    ):
        (tmp_path / "no.xlsx").write_bytes(content)
        assert told in refusal(tmp_path / "no.xlsx")


def with_sheet(folder: Path, *pieces: bytes) -> Path:
    """A book whose sheet is made of these."""
    source = zipfile.ZipFile(book(folder, row()))
    with zipfile.ZipFile(folder / "trap.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        for name in source.namelist():
            if name != "xl/worksheets/sheet1.xml":
                parts.writestr(name, source.read(name))
        with parts.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for piece in pieces:
                sheet.write(piece)
    return folder / "trap.xlsx"


BEGIN = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
    b'<c r="A1" t="inlineStr"><is><t>'
)
END = b"</t></is></c></row></sheetData></worksheet>"
LAUGHS = b"<!DOCTYPE x [" + b"".join(
    b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha") for n in range(10)
)


def test_traps_are_noticed_before_they_are_opened(tmp_path: Path) -> None:
    """A cell of megabytes, entities of entities, a file of the machine's, a cell at the end of the world."""
    assert "a cell of more than" in refusal(with_sheet(tmp_path, BEGIN, *[b"A" * 1_000_000] * 100, END))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "cannot be read" in refusal(with_sheet(tmp_path, LAUGHS + b"]>" + BEGIN + b"&a9;" + END))
    outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    assert "cannot be read" in refusal(with_sheet(tmp_path, outside + BEGIN + b"&e;" + END))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "it was unpacked"
    far = book(tmp_path, row(), change=lambda _book, sheet: sheet.cell(3000, 16384, "x"))
    assert "something in column 16384" in refusal(far)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_every_encoding_of_the_trade(tmp_path: Path, encoding: str) -> None:
    """Also where the file does not say it."""
    (tmp_path / "l.csv").write_bytes(LINE.encode(encoding))
    assert read(tmp_path / "l.csv").people["1"].values["name"] == "Ana Núñez"


def test_a_separator_that_is_said_counts(tmp_path: Path) -> None:
    """Excel's own first line; it is no header, and the rows keep their numbers."""
    (tmp_path / "l.csv").write_text("sep=;\n" + LINE + "2;Pau,Pla,,,,,,;6;1,5;01/11/2026\n", encoding="utf-8")
    found = read(tmp_path / "l.csv")
    assert list(found.people) == ["1"] and list(problems(found)) == [4]


def test_a_zero_byte_is_named_with_its_line(tmp_path: Path) -> None:
    """It is no text, and no encoding that anybody writes."""
    (tmp_path / "l.csv").write_bytes(LINE.encode() + b"2;A\0na;;;\n")
    assert "l.csv:3 holds a zero byte" in refusal(tmp_path / "l.csv")
