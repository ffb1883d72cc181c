"""Rows of an Excel file (.xlsx), and what a reader of them must be told.

Rules:
1. A file is looked through once before it is read: what unpacks to gigabytes in one cell, or claims to, is a
   trap, and whoever reads it would take it all into memory.
2. What people see is what is taken: zeros in front that a number has by its format, and no number that Excel
   has rounded. What they do not see (hidden rows, merged cells, other sheets) is told.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from data.errors import SheetWrong
from data.exchange.cells import Cell
from data.exchange.mapping import Mapping

if TYPE_CHECKING:
    from data.exchange.worksheet import Sheet, Written

_LARGEST = 2_000_000_000
"""Bytes of a file unpacked; one that is small and claims more is a trap."""
_LARGEST_STRINGS = 300_000_000
"""Bytes of the texts that all sheets share, which are held in memory."""
_PIECE = 1 << 16
_LONGEST_TEXT = 8 * _PIECE
"""Bytes between two marks of XML; a cell holds 32,767 characters at most."""
MOST_COLUMNS = 500
_HIDDEN = re.compile(rb"<row\b[^>]{0,400}\bhidden=\"(?:1|true)\"")
_MERGED = re.compile(rb"<mergeCell\b")
_TAIL = 420
"""Bytes of a piece that are looked at again with the next, so that no mark is cut in two."""
_ZEROS = re.compile("0{2,20}")
SAVE_ANEW = "copy the list into a new file, or save it as .csv"


class Formula(str):
    """What stands in a cell that computes something."""


class Fault(str):
    """What stands in a cell whose formula has failed, such as `#N/A`."""


class Book:
    """An opened file."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        """Raises `SheetWrong`."""
        from data.exchange.worksheet import Opened  # noqa: PLC0415 -- slow to load, and seldom needed

        self._path = path
        hidden, merged = _looked_through(path)
        # By its content: the library goes by the name, which may be wrong.
        self._file = path.open("rb")
        try:
            self._book = Opened(self._file)
        except Exception as error:
            self._file.close()
            raise SheetWrong(f"{path} cannot be read ({type(error).__name__})", remedy=SAVE_ANEW) from error
        self._sheet = self._chosen(mapping)
        self._shown_with: dict[int, int] = {}
        self.remarks = list(self._told(mapping, hidden, merged))
        """What whoever has made the list may not know of it."""

    def _chosen(self, mapping: Mapping) -> Sheet:
        found = [
            sheet
            for sheet in self._book.sheets
            if (sheet.visible if mapping.sheet is None else sheet.title == mapping.sheet)
        ]
        if not found:
            self._close()
            named = f"sheet {mapping.sheet!r}" if mapping.sheet else "sheet that is visible"
            there = ", ".join(sheet.title for sheet in self._book.sheets)
            raise SheetWrong(f"{self._path} has no {named}", remedy=f"there are {there}")
        return found[0]

    def _told(self, mapping: Mapping, hidden: int, merged: int) -> Iterator[str]:
        others = [sheet.title for sheet in self._book.sheets if sheet is not self._sheet]
        if others and mapping.sheet is None:
            yield (
                f"only the sheet {self._sheet.title!r} was read, and not {', '.join(map(repr, others[:5]))}:"
                " say which with `sheet`"
            )
        if hidden:
            yield f"{hidden} rows are hidden in the file (by a filter?), and were taken all the same"
        if merged:
            yield f"{merged} cells are merged: only the first row of each has its value, the others are empty"

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """The rows with their numbers. Raises `SheetWrong`."""
        try:
            for number, cells in self._book.rows(self._sheet):
                last = max(cell.column for cell in cells)
                if last > MOST_COLUMNS:
                    raise SheetWrong(
                        f"{self._path}:{number} has something in column {last}",
                        remedy=f"delete what stands beyond column {MOST_COLUMNS}",
                    )
                row: list[Cell] = [None] * last
                for cell in cells:
                    row[cell.column - 1] = self._meant(cell)
                yield number, row
        except SheetWrong:
            raise
        except Exception as error:  # whatever a broken file makes of its library
            raise SheetWrong(
                f"{self._path} cannot be read ({type(error).__name__})", remedy=SAVE_ANEW
            ) from error
        finally:
            self._close()

    def _meant(self, cell: Written) -> Cell:
        value: Cell = cell.value
        if cell.kind == "f":
            return Formula(value)
        if cell.kind == "e":
            return Fault(value)
        if cell.kind == "n" and cell.style and isinstance(value, int):
            return str(value).zfill(zeros) if (zeros := self._zeros(cell.style)) else value
        return value

    def _zeros(self, style: int) -> int:
        """How many digits every number of that style is shown with; 0: as it is."""
        if style not in self._shown_with:
            form = self._book.number_format(style)
            self._shown_with[style] = len(form) if _ZEROS.fullmatch(form) else 0
        return self._shown_with[style]

    def _close(self) -> None:
        self._book.close()
        self._file.close()


def _looked_through(path: Path) -> tuple[int, int]:
    """How many rows are hidden, and how many cells merged, in all sheets. Raises `SheetWrong`."""
    hidden = merged = 0
    try:
        with zipfile.ZipFile(path) as parts:
            _insist_on_modest(path, parts)
            for part in parts.infolist():
                if part.filename.endswith(".xml"):
                    with parts.open(part) as content:
                        some, more = _counted(path, content)
                    hidden, merged = hidden + some, merged + more
    # Damaged, cut off, packed as `zipfile` cannot (NotImplementedError), or encrypted (RuntimeError).
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise SheetWrong(f"{path} is no whole Excel file", remedy=SAVE_ANEW) from error
    return hidden, merged


def _insist_on_modest(path: Path, parts: zipfile.ZipFile) -> None:
    unpacked = sum(part.file_size for part in parts.infolist())
    strings = sum(part.file_size for part in parts.infolist() if "sharedstrings" in part.filename.lower())
    if unpacked > _LARGEST or strings > _LARGEST_STRINGS:
        raise SheetWrong(
            f"{path} unpacks to {unpacked} bytes", remedy="cut it into several files, or give CSV"
        )


def _counted(path: Path, content: IO[bytes]) -> tuple[int, int]:
    hidden = merged = silent = 0
    tail = b""
    while piece := content.read(_PIECE):
        silent = 0 if b"<" in piece else silent + len(piece)
        if silent > _LONGEST_TEXT:
            raise SheetWrong(f"{path} has a cell of more than {silent} bytes", remedy="shorten it")
        seen = tail + piece
        # A mark within the tail was counted with the piece before.
        hidden += sum(1 for found in _HIDDEN.finditer(seen) if found.end() > len(tail))
        merged += sum(1 for found in _MERGED.finditer(seen) if found.end() > len(tail))
        tail = seen[-_TAIL:]
    return hidden, merged
