"""Rows of CSV and Excel files, in and out, as they are; and never a formula out.

Rules:
1. A file is read once, from its beginning to its end, and never held as a whole.
2. What a spreadsheet would evaluate (`=`, `+`, `-`, `@`, also full width and after blanks; a tab or a line
   end first) is written with an apostrophe before it; so nobody's name can become a command on the desk of
   whoever opens the file.
"""

from __future__ import annotations

import csv
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from data.errors import SheetWrong
from data.exchange.cells import Cell
from data.exchange.mapping import Mapping

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_LINE = ("\t", "\r", "\n")
_SAMPLE = 1 << 20
LONGEST_CELL = 10_000
MOST_COLUMNS = 500
_LARGEST_BOOK = 2_000_000_000
"""Bytes of an Excel file unpacked; a file that is small and claims more is a trap."""


class Formula(str):
    """What stands in a cell of Excel that computes something."""


def rows(path: Path, mapping: Mapping) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows with their numbers as a spreadsheet counts them, without empty ones. Raises `SheetWrong`."""
    match path.suffix.lower():
        case ".csv" | ".txt" | ".tsv":
            found = _csv_rows(path, mapping)
        case ".xlsx" | ".xlsm":
            found = _excel_rows(path, mapping)
        case ".xls":
            raise SheetWrong(f"{path} is of an old Excel", remedy="save it as .xlsx or .csv")
        case other:
            raise SheetWrong(f"{path}: {other or 'no ending'} is not known", remedy="give .csv or .xlsx")
    for number, cells in found:
        if len(cells) > MOST_COLUMNS:
            raise SheetWrong(
                f"{path}:{number} has {len(cells)} columns", remedy="see the delimiter and quotes"
            )
        if any(cell not in (None, "") for cell in cells):
            yield number, cells


def _csv_rows(path: Path, mapping: Mapping) -> Iterator[tuple[int, Sequence[Cell]]]:
    with _readable(path) as raw:
        sample = raw.read(_SAMPLE)
    encoding = mapping.encoding or _encoding_of(path, sample)
    try:
        delimiter = mapping.delimiter or _delimiter_of(sample.decode(encoding, "replace"))
    except LookupError:
        raise SheetWrong(f"no encoding is called {encoding!r}", remedy="write utf-8 or cp1252") from None
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding=encoding, newline="") as lines:
            # A quote that is never closed would swallow the rest: the limit on a field ends that.
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            for cells in reader:
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise SheetWrong(
            f"{path} is not in {encoding} (byte {error.start} of a part)", remedy="say its `encoding`"
        ) from error
    except csv.Error as error:
        raise SheetWrong(f"{path}:{reader.line_num}: {error}", remedy="see the quotes before it") from error


@contextmanager
def _readable(path: Path) -> Iterator[Any]:
    try:
        with path.open("rb") as raw:
            yield raw
    except OSError as error:
        raise SheetWrong(f"{path} cannot be read ({error.strerror})", remedy="see its path") from error


def _encoding_of(path: Path, sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in sample:
        raise SheetWrong(f"{path} is no text", remedy="give a CSV or Excel file")
    # The whole file, because the first accent may stand in its last row.
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(_SAMPLE):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _delimiter_of(sample: str) -> str:
    """The sign that stands most often in the first line."""
    first = sample.split("\n", 1)[0]
    return max((";", ",", "\t", "|"), key=first.count)


def _excel_rows(path: Path, mapping: Mapping) -> Iterator[tuple[int, Sequence[Cell]]]:
    from openpyxl import load_workbook  # noqa: PLC0415 -- slow to load, and most commands do not need it

    with _readable(path):
        pass
    _insist_on_modest(path)
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise SheetWrong(
            f"{path} is no Excel file ({type(error).__name__})", remedy="save it anew"
        ) from error
    try:
        if mapping.sheet is not None and mapping.sheet not in book.sheetnames:
            raise SheetWrong(
                f"{path} has no sheet {mapping.sheet!r}", remedy=f"there are {', '.join(book.sheetnames)}"
            )
        sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(), 1):
            # Rows are filled up to the sheet's width, which a stray format may have made very wide.
            last = max((place for place, cell in enumerate(cells, 1) if cell.value is not None), default=0)
            yield number, [_excel_cell(cell) for cell in cells[:last]]
    finally:
        book.close()


def _insist_on_modest(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as error:
        raise SheetWrong(f"{path} is no Excel file", remedy="save it as .xlsx or .csv") from error
    if unpacked > _LARGEST_BOOK:
        raise SheetWrong(
            f"{path} unpacks to {unpacked} bytes", remedy="cut it into several files, or give CSV"
        )


def _excel_cell(cell: Any) -> Cell:
    if cell.data_type == "f":
        return Formula(cell.value)
    value: Cell = cell.value
    return value


def tame(value: object) -> object:
    """A value for a cell of an output: as it is, unless a spreadsheet would evaluate it."""
    if isinstance(value, str) and (value.startswith(_LINE) or value.lstrip().startswith(_FORMULA)):
        return f"'{value}"
    return value


def write(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> int:
    """Writes a CSV or Excel file that only its owner reads; returns how many rows. Raises `SheetWrong`."""
    try:
        if path.suffix.lower() == ".xlsx":
            return _write_excel(path, header, lines)
        if path.suffix.lower() == ".csv":
            with _private(path) as file:
                return _write_csv(file, header, lines)
    except OSError as error:
        raise SheetWrong(f"{path} cannot be written ({error.strerror})", remedy="see its folder") from error
    raise SheetWrong(f"{path} is neither .csv nor .xlsx", remedy="name it so")


def _write_csv(file: TextIO, header: Sequence[str], lines: Iterable[Sequence[object]]) -> int:
    writer = csv.writer(file, delimiter=";")
    writer.writerow([tame(name) for name in header])
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007 -- counted
        writer.writerow(["" if value is None else tame(value) for value in line])
    return count


def _write_excel(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> int:
    from openpyxl import Workbook  # noqa: PLC0415 -- as above
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("ivr")

    def cell(value: object) -> Any:
        if not isinstance(value, str):
            return value if isinstance(value, int | float) else None if value is None else str(value)
        made = WriteOnlyCell(sheet, value=tame(value))
        made.data_type = "s"  # text, whatever it looks like
        return made

    sheet.append([cell(name) for name in header])
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007 -- counted
        sheet.append([cell(value) for value in line])
    with _private(path):
        pass
    book.save(path)
    return count


@contextmanager
def _private(path: Path) -> Iterator[TextIO]:
    """A new file for its owner alone: it will hold people's data."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        os.fchmod(descriptor, 0o600)
        yield file
