"""The studio's list as CSV or as an Excel sheet. Nothing in it is evaluated by a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ivr.studio.wanted import Wanted

COLUMNS = ("file", "language", "text", "kind", "where", "remarks", "state", "seconds")
_WIDTHS = (44, 9, 70, 10, 40, 60, 10, 8)
_EVALUATED = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def row_of(row: Wanted) -> tuple[str, ...]:
    """A row's cells, as text."""
    return (
        f"{row.name}.wav",
        row.language,
        row.text,
        row.kind,
        "; ".join(row.places),
        " ".join(row.remarks),
        row.state,
        f"{row.seconds:.1f}",
    )


def write_csv(rows: Iterable[Wanted], file: Path) -> None:
    """UTF-8 with a mark that Excel needs; cells that a spreadsheet would evaluate begin with an apostrophe.

    Raises OSError.
    """
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([f"'{cell}" if cell.startswith(_EVALUATED) else cell for cell in row_of(row)])


def write_excel(rows: Sequence[Wanted], file: Path) -> None:
    """One sheet, with a filter and a head that stays; every cell is text or a number. Raises OSError."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "recordings"
    sheet.append(COLUMNS)
    for at, row in enumerate(rows, 2):
        *texts, _seconds = row_of(row)
        for column, text in enumerate(texts, 1):
            cell = sheet.cell(at, column)
            cell.value = text
            cell.data_type = "s"  # whatever it begins with
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(at, len(COLUMNS)).value = row.seconds
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{len(rows) + 1}"
    book.save(file)
