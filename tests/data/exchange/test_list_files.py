"""The files that lists come in: encodings, Excel, what is none, and mistakes in their mapping."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.errors import DataError, MappingWrong, SheetWrong
from data.exchange.loading import load
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.store import Store
from tests.data.conftest import NOW
from tests.data.exchange.customer_list import ANA, HEADER, TERMS, gathered, mapping, numbers

__all__ = ["mapping"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_are_found_out(mapping: Path, encoding: str) -> None:
    """What Windows, Excel and others write; the accents prove it."""
    found = gathered(mapping, ANA, encoding=encoding)
    assert found.people["1001"].values["name"] == "Ana Núñez Peña"


def test_an_accent_in_the_last_row_decides_the_encoding(mapping: Path) -> None:
    """More plain letters than are looked at first proves nothing."""
    many = [f"{n};{'Ana' * 20};Puig;;;;;;;;" for n in range(100_000, 128_000)]
    found = gathered(mapping, *many, "9;Begoña;Ibáñez;;;;;;;;", encoding="cp1252")
    assert found.people["9"].values["name"] == "Begoña Ibáñez"


def test_excel_gives_its_own_dates_and_numbers(store: Store, mapping: Path) -> None:
    """Numbers of customers as numbers, dates as dates; a formula is refused, also as a name."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(";"))
    sheet.append(
        [
            1001,
            "Ana",
            "Puig",
            "CAT",
            934112233,
            "600 111 222",
            "12345678Z",
            None,
            date(1980, 3, 2),
            12.1,
            None,
        ]
    )
    sheet.append([1002, "=1+1", "Puig", *[None] * 8])
    sheet.append([None] * 11)
    file = mapping.parent / "clients.xlsx"
    book.save(file)
    found = gather(file, load_mapping(mapping), today=NOW.date())
    assert [(one.row, one.column, one.problem) for one in found.refused] == [
        (3, "Nombre", "holds a formula: paste its value instead")
    ]
    assert numbers(load(store, found.people.values(), TERMS)) == (1, 0, 0)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.birth_date, ana.phone_numbers) == (date(1980, 3, 2), ("+34934112233", "+34600111222"))
    (account,) = store.accounts.of_customer("1001")
    assert account.balance_cents == 1210


def refusal(kind: type[DataError], mapping: Path, file: Path) -> str:
    with pytest.raises(kind) as raised:
        gather(file, load_mapping(mapping), today=NOW.date())
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_files_that_are_none(mapping: Path) -> None:
    """Each with what to do: missing, empty, another kind, another list, a quote that never ends, a bomb."""
    folder = mapping.parent

    def file(name: str, content: bytes) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    assert "cannot be read" in refusal(SheetWrong, mapping, folder / "none.csv")
    assert "is empty" in refusal(SheetWrong, mapping, file("a.csv", b""))
    assert "no text" in refusal(SheetWrong, mapping, file("b.csv", b"\x7fELF\0\0"))
    assert "no column 'Nombre'" in refusal(SheetWrong, mapping, file("c.csv", "Nº cliente;Name\n".encode()))
    assert "no Excel file" in refusal(SheetWrong, mapping, file("d.xls", b"x"))
    assert "no Excel file" in refusal(SheetWrong, mapping, file("e.xlsx", b"x"))
    assert "not known" in refusal(SheetWrong, mapping, file("f.pdf", b"x"))
    opened = f'{HEADER}\n1;"Ana;Puig;{"x" * 20_000}'.encode()
    assert "quotes" in refusal(SheetWrong, mapping, file("g.csv", opened))
    twice = f"{HEADER};Nombre\n".encode()
    assert "two columns 'Nombre'" in refusal(SheetWrong, mapping, file("h.csv", twice))
    with zipfile.ZipFile(folder / "i.xlsx", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("nothing.xml", "x")
    assert "cannot be read" in refusal(SheetWrong, mapping, folder / "i.xlsx")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("columns: {customer_number: N}", 1, "`name` is needed"),
        ("region: XX\ncolumns: {customer_number: N, name: M}", 1, "no such country"),
        ("columns:\n  customer_number: N\n  name: M\n  nmae: X\n", 4, "no such field: is `name` meant?"),
        ("columns:\n  customer_number: N\n  name: M\n  phone: X\n", 4, "is `phones` meant?"),
        (
            "columns:\n  customer_number: N\n  name: M\n  phones: {colum: X}\n",
            4,
            "key: is `column` meant?",
        ),
        ("date: d/m/y\ncolumns: {customer_number: N, name: M}", 1, "dd/mm/yyyy"),
        ("columns:\n  customer_number: N\n  name: M\n  due_on: V\n", 1, "`balance`"),
        ("columns: [", 1, ""),
        ("- a\n- b\n", 1, ""),
        ("", 1, ""),
        ("columns: !!python/object/apply:os.system ['id']", 1, ""),
    ],
)
def test_mistakes_in_a_mapping_are_told_with_their_line(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    """One line of text each, with the place; nothing in it is executed."""
    file = tmp_path / "m.yaml"
    file.write_text(text)
    with pytest.raises(MappingWrong) as raised:
        load_mapping(file)
    told = str(raised.value)
    assert f"{file}:{line}" in told and what in told and "\n" not in told
