"""The quick reading of Excel files gives what openpyxl's own reading gives, cell by cell."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from data.errors import SheetWrong
from data.exchange.books import Book
from data.exchange.mapping import Mapping
from data.exchange.worksheet import Opened

MAPPING = Mapping.model_validate({"columns": {"customer_number": "a", "name": "b"}})
VALUES: tuple[Any, ...] = (
    *(0, 7, -3, 12345678901234, 1.5, -0.25, 1e21, 3.0, True, False),
    *("Núñez", " a\tb ", "x" * 500, "<&>\"'", "línea\r\nnueva", "0012", "=1+1", "#N/A", "日本", "e\u0301"),
    *(date(2026, 11, 22), datetime(2026, 11, 22, 10, 30), time(9, 5), timedelta(hours=30), None),
)
FORMATS = ("General", "00000", "0.00", "dd/mm/yyyy", "[h]:mm", "@", "mm-dd-yy", '"n"0')
SHEET = "xl/worksheets/sheet1.xml"


def book(file: Path, chance: random.Random) -> Path:
    """A book of random cells, with holes, formats, and rows that are left out."""
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    for row in range(1, 60):
        for column in range(1, chance.randrange(1, 30)):
            if chance.random() < 0.7 and row % 7:
                cell = sheet.cell(row, column, chance.choice(VALUES))
                cell.number_format = chance.choice(FORMATS)
    made.save(file)
    return file


def by_openpyxl(file: Path) -> Iterator[tuple[int, int, Any, str, str]]:
    for row in load_workbook(file, read_only=True).worksheets[0].iter_rows():
        for cell in row:
            if cell.value not in (None, ""):
                yield cell.row, cell.column, cell.value, cell.data_type, cell.number_format


def by_us(file: Path) -> Iterator[tuple[int, int, Any, str, str]]:
    with file.open("rb") as content:
        opened = Opened(content)
        for number, cells in opened.rows(opened.sheets[0]):
            for cell in cells:
                yield number, cell.column, cell.value, cell.kind, opened.number_format(cell.style)


@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
@pytest.mark.parametrize("seed", range(8))
def test_cell_by_cell(tmp_path: Path, seed: int) -> None:
    """Numbers, dates, texts among the shared ones, formulas, faults, gaps."""
    file = book(tmp_path / "l.xlsx", random.Random(seed))
    ours = list(by_us(file))
    assert len(ours) > 100
    assert ours == list(by_openpyxl(file))


def rewritten(folder: Path, sheet: str, **parts: str) -> Path:
    """A book with a sheet of one's own XML."""
    Workbook().save(folder / "plain.xlsx")
    file = folder / "l.xlsx"
    with zipfile.ZipFile(folder / "plain.xlsx") as plain, zipfile.ZipFile(file, "w") as made:
        for part in plain.infolist():
            content = plain.read(part) if part.filename != SHEET else sheet.encode()
            made.writestr(part.filename, parts.get(part.filename, content))
    return file


NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    ("inside", "cells"),
    [
        ('<row><c><v>1</v></c><c t="str"><v>a</v></c></row>', [(1, 1, 1), (1, 2, "a")]),
        ('<row r="5"><c r="C5"><v>1</v></c><c><v>2</v></c></row><row/>', [(5, 3, 1), (5, 4, 2)]),
        (
            '<row r="1"><c t="inlineStr"><is><r><t>An</t></r><r><t>a</t></r><rPh sb="0" eb="1"><t>x</t></rPh>'
            "</is></c></row>",
            [(1, 1, "Ana")],
        ),
        (
            '<row r="1"><c><f>A2&amp;B2</f><v>7</v></c><c t="b"><v>1</v></c></row>',
            [(1, 1, "=A2&B2"), (1, 2, True)],
        ),
        ('<row r="1"><c t="inlineStr"><is><t><![CDATA[<row>]]></t></is></c></row>', [(1, 1, "<row>")]),
    ],
)
@pytest.mark.parametrize("prefix", ["", "x"])
def test_as_other_programs_write(
    tmp_path: Path, inside: str, cells: list[tuple[int, int, Any]], prefix: str
) -> None:
    """Without places, with texts in pieces, with formulas that have a result, with a prefix for each name."""
    names = f"xmlns:{prefix}" if prefix else "xmlns"
    sheet = f'<worksheet {names}="{NAMESPACE}"><sheetData>{inside}</sheetData></worksheet>'
    if prefix:
        for name in ("worksheet", "sheetData", "row", "c", "v", "f", "is", "t", "r", "rPh"):
            for sign in (">", " ", "/"):
                sheet = sheet.replace(f"<{name}{sign}", f"<{prefix}:{name}{sign}")
            sheet = sheet.replace(f"</{name}>", f"</{prefix}:{name}>")
        sheet = sheet.replace("<![CDATA[<x:row>]]>", "<![CDATA[<row>]]>")
    assert [one[:3] for one in by_us(rewritten(tmp_path, sheet))] == cells


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(9))
FILE = '<!ENTITY f SYSTEM "file:///etc/passwd">'


def sheet_with(cell: str, *, before: str = "", after: str = "</sheetData></worksheet>") -> str:
    return f'{before}<worksheet xmlns="{NAMESPACE}"><sheetData><row>{cell}</row>{after}'


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_with('<c t="str"><v>&a8;</v></c>', before=f"<!DOCTYPE x [{BOMB}]>"),
        sheet_with('<c t="str"><v>&f;</v></c>', before=f"<!DOCTYPE x [{FILE}]>"),
        sheet_with('<c t="s"><v>99</v></c>'),
        sheet_with("<c><v>ten</v></c>"),
        sheet_with("<c><v>1</v></c>", after=""),
        "no XML",
    ],
    ids=["bomb", "file", "no such text", "no number", "cut off", "no XML"],
)
def test_what_is_broken_or_a_trap_is_one_line(tmp_path: Path, sheet: str) -> None:
    """And nothing of another file comes in."""
    file = rewritten(tmp_path, sheet)
    with pytest.raises(SheetWrong) as raised:
        list(Book(file, MAPPING).rows())
    assert str(raised.value).startswith(f"{file} cannot be read") and "\n" not in str(raised.value)
