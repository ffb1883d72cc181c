"""Rows of CSV and Excel files, in and out, as they are; and never a formula out.

Rules:
1. A file is read once, from its beginning to its end, and never held as a whole.
2. What a spreadsheet would evaluate (`=`, `+`, `-`, `@`, also full width, small, and after blanks or signs
   that nobody sees; a tab or a line end first) is written with an apostrophe before it; so nobody's name can
   become a command on the desk of whoever opens the file.
3. Control characters, which no workbook may hold and CSV readers stumble over, are written as `�`: a row is
   never lost, nor a table, for what stands in one cell. What Excel would cut is refused instead.
"""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from data.errors import SheetWrong
from data.exchange.books import MOST_COLUMNS, Book
from data.exchange.cells import Cell
from data.exchange.mapping import Mapping

_FORMULA = ("=", "+", "-", "\N{MINUS SIGN}", "@")
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Classes of signs that leave no mark in front of a text."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0, of which workbooks are made, has no sign for."""
_EXCEL_ROWS, _EXCEL_TEXT = 1_048_576, 32_767
"""As many rows, with the header, and characters in a cell, as Excel opens."""
_AS_CSV = "Excel takes no more: write it as .csv"
_LINE = ("\t", "\r", "\n")
_SAMPLE = 1 << 20
LONGEST_CELL = 10_000
_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
"""Excel's own first line of a CSV file."""
_BOOK, _OLD_BOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files begin, whatever they are called."""
_PAGE = re.compile(rb"\s*<(?:!doctype|html|table|\?xml)", re.IGNORECASE)


@dataclass
class Sheet:
    """A list that is being read."""

    rows: Iterator[tuple[int, Sequence[Cell]]]
    """With their numbers as a spreadsheet counts them, without blank ones. Raises `SheetWrong`."""
    remarks: Sequence[str] = ()
    """What whoever has made the list may not know of it."""
    filled: bool = True
    """Whether a row that ends early lacks something: in Excel, empty cells at the end are no cells."""


def read(path: Path, mapping: Mapping) -> Sheet:
    """Opens a list; what it is, is seen by how it begins. Raises `SheetWrong`."""
    if path.suffix.lower() not in (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls"):
        raise SheetWrong(f"{path}: {path.suffix or 'no ending'} is not known", remedy="give .csv or .xlsx")
    with _readable(path) as raw:
        begin = raw.read(200)
    if begin.startswith(_BOOK):
        book = Book(path, mapping)
        return Sheet(_told(path, book.rows()), book.remarks, filled=False)
    if begin.startswith(_OLD_BOOK):
        raise SheetWrong(
            f"{path} is of an old Excel, or protected by a password",
            remedy="save it as .xlsx without a password, or as .csv",
        )
    if path.suffix.lower().startswith(".xls"):
        what = "a web page with an Excel file's name" if _PAGE.match(begin) else "no Excel file"
        raise SheetWrong(f"{path} is {what}", remedy="open it and save it as .xlsx or .csv")
    return Sheet(_told(path, _csv_rows(path, mapping)))


def _told(path: Path, found: Iterator[tuple[int, Sequence[Cell]]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    for number, cells in found:
        if len(cells) > MOST_COLUMNS:
            raise SheetWrong(
                f"{path}:{number} has {len(cells)} columns", remedy="see the delimiter and quotes"
            )
        if any(cell.strip() if isinstance(cell, str) else cell is not None for cell in cells):
            yield number, cells


def _csv_rows(path: Path, mapping: Mapping) -> Iterator[tuple[int, Sequence[Cell]]]:
    with _readable(path) as raw:
        sample = raw.read(_SAMPLE)
    encoding = mapping.encoding or _encoding_of(path, sample)
    try:
        text = sample.decode(encoding, "replace").removeprefix("\ufeff")
        said = _SEPARATOR.match(text)
        delimiter = mapping.delimiter or (said[1] if said else _delimiter_of(text))
    except LookupError:
        raise SheetWrong(f"no encoding is called {encoding!r}", remedy="write utf-8 or cp1252") from None
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding=encoding, newline="") as lines:
            # A quote that is never closed would swallow the rest: the limit on a field ends that.
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            if said:
                next(reader)
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
    if sample.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in sample:
        return _wide(path, sample)
    # The whole file, because the first accent may stand in its last row.
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(_SAMPLE):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _wide(path: Path, sample: bytes) -> str:
    """Which UTF-16 it is, although it does not say so: nearly every other byte is none."""
    for encoding, odd in (("utf-16-le", 1), ("utf-16-be", 0)):
        high, low = sample[odd::2], sample[1 - odd :: 2]
        if high.count(0) > len(high) * 0.7 and 0 not in low:
            return encoding
    line = sample.count(b"\n", 0, sample.index(b"\0")) + 1
    raise SheetWrong(f"{path}:{line} holds a zero byte: it is no text", remedy="give a CSV or Excel file")


def _delimiter_of(sample: str) -> str:
    """The sign that stands most often in the first line."""
    first = sample.split("\n", 1)[0]
    return max((";", ",", "\t", "|"), key=first.count)


def tame(value: object) -> object:
    """A value for a cell of an output: as it is, unless a spreadsheet would evaluate it or cannot hold it."""
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)
    return f"'{text}" if text.startswith(_LINE) or _begins_formula(text) else text


def _begins_formula(text: str) -> bool:
    if text[:1].isalnum():
        return False
    first = next((sign for sign in text if unicodedata.category(sign) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first).startswith(_FORMULA)


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
        text = str(tame(value))
        if len(text) > _EXCEL_TEXT:
            raise SheetWrong(f"{path}: a text has more than {_EXCEL_TEXT:,} characters", remedy=_AS_CSV)
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"  # text, whatever it looks like
        return made

    sheet.append([cell(name) for name in header])
    count = 0
    try:
        for count, line in enumerate(lines, 1):
            if count >= _EXCEL_ROWS:
                raise SheetWrong(f"{path}: there are more than {_EXCEL_ROWS:,} rows", remedy=_AS_CSV)
            sheet.append([cell(value) for value in line])
    except SheetWrong:
        sheet.close()  # it stands in a file of its own until the book is saved
        raise
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
