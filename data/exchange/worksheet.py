"""The cells of an Excel file, read straight from its XML: much quicker than openpyxl's own reading.

Rules:
1. One pass, a piece at a time: neither a sheet nor a tree of it is ever held.
2. What a cell means (a date, a text among those that all sheets share, a formula) is decided as openpyxl
   decides it; a test compares the two.
3. Files with a document type are refused: a sheet needs none, and it is the way to make a small file large.

ECMA-376, part 1: 18.3.1.4 (c), 18.3.1.73 (row), 18.4.8 (si).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import IO, Any, NamedTuple
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.xml.constants import SHARED_STRINGS

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_PIECE = 1 << 16
_DIGITS = "0123456789"


class Written(NamedTuple):
    """A cell that holds something."""

    column: int
    """The first is 1."""
    value: Any
    kind: str
    """As openpyxl's `data_type`: n, s, b, d, e; f for a formula."""
    style: int


Row = tuple[int, list[Written]]
"""With its number; the first is 1."""


class Sheet(NamedTuple):
    """A sheet of an opened file."""

    title: str
    visible: bool
    part: str
    """Its place in the file."""


class DoctypeFound(Exception):
    """The file declares a document type."""


class Opened:
    """An Excel file: its sheets, and what its cells refer to.

    Raises whatever a broken one makes of openpyxl.
    """

    def __init__(self, file: IO[bytes]) -> None:
        reader = ExcelReader(file, read_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        self._archive, self._styles = reader.archive, reader.wb
        self._epoch = reader.wb.epoch
        self._dates: frozenset[int] = frozenset(reader.wb._date_formats)
        self._spans: frozenset[int] = frozenset(reader.wb._timedelta_formats)
        self._strings: Sequence[str] = ()
        if (part := reader.package.find(SHARED_STRINGS)) is not None:
            with self._archive.open(part.PartName[1:]) as content:
                self._strings = shared_strings(content)
        self.sheets = [
            Sheet(sheet.name, sheet.state == "visible", place.target)
            for sheet, place in reader.parser.find_sheets()
            if place.target in reader.valid_files and "chartsheet" not in place.Type
        ]

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """Rows that hold something. Raises as `Opened`, and `ExpatError`, `ValueError`, `IndexError` …"""
        with self._archive.open(sheet.part) as content:
            found: list[Row] = []
            parser = self._parser(found)
            while piece := content.read(_PIECE):
                parser.Parse(piece, False)
                yield from found
                found.clear()
            parser.Parse(b"", True)
            yield from found

    def number_format(self, style: int) -> str:
        """As Excel has it, such as `00000`."""
        number = self._styles._cell_styles[style].numFmtId
        if number < BUILTIN_FORMATS_MAX_SIZE:
            return str(BUILTIN_FORMATS.get(number, "General"))
        return str(self._styles._number_formats[number - BUILTIN_FORMATS_MAX_SIZE])

    def close(self) -> None:
        self._archive.close()

    def _parser(self, found: list[Row]) -> expat.XMLParserType:
        """Puts rows into `found`. One function for all that begins, one for all that ends: they are called
        some ten million times for 100,000 customers, and a call costs more than what they do."""
        names = _names("row", "c", "v", "f", "t", "is", "rPh")
        letters: list[str] = []
        cells: list[Written] = []
        cell: dict[str, str] = {}
        number = column = 0
        value: str | None = None
        formula: str | None = None
        inline: list[str] | None = None
        phonetic = False

        def start(full: str, attributes: dict[str, str]) -> None:
            nonlocal cells, cell, number, column, value, formula, inline, phonetic
            name = names.get(full)
            if name == "c":
                cell = attributes
                value = formula = inline = None
            elif name in ("v", "t", "f"):
                letters.clear()
            elif name == "is":
                inline = []
            elif name == "row":
                said = attributes.get("r")
                number = number + 1 if said is None else int(said)
                column, cells = 0, []
            elif name == "rPh":
                phonetic = True

        def end(full: str) -> None:
            nonlocal column, value, formula, phonetic
            name = names.get(full)
            if name == "v":
                value = "".join(letters)
            elif name == "t":
                if inline is not None and not phonetic:
                    inline.append("".join(letters))
            elif name == "c":
                place = cell.get("r")
                column = column + 1 if place is None else _column(place.rstrip(_DIGITS))
                inside = "".join(inline) if inline else value
                if formula is not None or inside:
                    cells.append(self._written(column, cell, formula, inside or ""))
            elif name == "f":
                formula = "=" + "".join(letters)
            elif name == "row":
                if cells:
                    found.append((number, cells))
            elif name == "rPh":
                phonetic = False

        return _parser(start, end, letters)

    def _written(self, column: int, cell: dict[str, str], formula: str | None, inside: str) -> Written:
        style = int(cell.get("s", 0))
        if formula is not None:
            return Written(column, formula, "f", style)
        return Written(column, *self._meant(cell.get("t", "n"), inside, style), style)

    def _meant(self, kind: str, written: str, style: int) -> tuple[Any, str]:
        """The value, and what it is."""
        meant: tuple[Any, str] = (written, "s" if kind in ("str", "inlineStr") else kind)
        if kind == "s":
            meant = (self._strings[int(written)], kind)
        elif kind == "n":
            number = float(written) if "." in written or "E" in written or "e" in written else int(written)
            meant = (number, kind) if style not in self._dates else self._day(number, style)
        elif kind == "b":
            meant = (bool(int(written)), kind)
        elif kind == "d":
            meant = (from_ISO8601(written), kind)
        return meant

    def _day(self, number: float, style: int) -> tuple[Any, str]:
        try:
            return from_excel(number, self._epoch, timedelta=style in self._spans), "d"
        except (OverflowError, ValueError):
            return "#VALUE!", "e"


def shared_strings(content: IO[bytes]) -> list[str]:
    """The texts that all sheets share, without how they look."""
    names = _names("si", "t", "rPh")
    strings: list[str] = []
    parts: list[str] = []
    letters: list[str] = []
    phonetic = False

    def start(full: str, _attributes: dict[str, str]) -> None:
        nonlocal phonetic
        name = names.get(full)
        if name == "t":
            letters.clear()
        elif name == "si":
            parts.clear()
        elif name == "rPh":
            phonetic = True

    def end(full: str) -> None:
        nonlocal phonetic
        name = names.get(full)
        if name == "t":
            if not phonetic:
                parts.append("".join(letters))
        elif name == "si":
            strings.append("".join(parts).replace("x005F_", ""))
        elif name == "rPh":
            phonetic = False

    _parser(start, end, letters).ParseFile(content)
    return strings


@lru_cache(maxsize=2000)
def _column(letters: str) -> int:
    return int(column_index_from_string(letters))


def _names(*local: str) -> dict[str, str]:
    """As the parser says them, to what they are here."""
    return {f"{namespace} {name}": name for namespace in _NAMESPACES for name in local}


def _parser(start: Any, end: Any, letters: list[str]) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = letters.append

    def refuse(*_: object) -> None:
        raise DoctypeFound("a document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser
