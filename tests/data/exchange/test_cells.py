"""Cells as people write them: taken right, or refused with what to do, and never evaluated."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as some

from data.errors import SheetWrong
from data.exchange import cells, sheets
from data.exchange.cells import CellWrong

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@pytest.mark.parametrize(
    ("country", "written", "e164"),
    [
        # In the styles of their countries; the library's own example numbers where it has some.
        ("ES", "600 111 222", "+34600111222"),
        ("ES", "600-11-12-22", "+34600111222"),
        ("ES", "600.111.222", "+34600111222"),
        ("ES", "+34 600 111 222", "+34600111222"),
        ("ES", "0034 600111222", "+34600111222"),
        ("ES", "(93) 411 22 33", "+34934112233"),
        ("ES", "34600111222", "+34600111222"),
        ("ES", "+44 7400 123456", "+447400123456"),
        ("ES", "0044 7400 123456", "+447400123456"),
        ("ES", "900 123 456", "+34900123456"),
        ("GB", "07400 123456", "+447400123456"),
        ("GB", "(020) 7946 0018", "+442079460018"),
        ("MX", "55 1234 5678", "+525512345678"),
        ("AR", "011 15-2345-6789", "+5491123456789"),
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("DE", "030 / 123456", "+4930123456"),
        ("US", "(415) 555-2671", "+14155552671"),
        ("IT", "06 698 12345", "+390669812345"),
        *(
            ("ES", way, "+34600111222")
            for way in ("+34 (0)600 111 222", "0034 (0) 600111222", "(+34)(0)600.111.222")
        ),
        ("ES", "+44 (0)20 7946 0958", "+442079460958"),
        ("ES", "+39 (0)6 698 12345", "+390669812345"),
        ("ES", "600111222;ext=12", "+34600111222"),
        ("ES", "600/111/222", "+34600111222"),
    ],
)
def test_numbers_in_every_national_style(country: str, written: str, e164: str) -> None:
    """Blanks, dots, dashes, brackets, trunk prefixes, country codes."""
    assert cells.telephone(country)(written) == e164


@pytest.mark.parametrize(
    "written",
    [
        *("", "600", "123456789", "600 111 22", "6001112223", "abc", "00", "+", "1" * 40, "+999123456789"),
        *("-600111222", "- 600 111 222", "－600111222", "−600111222", "–34600111222"),
    ],
)
def test_what_is_no_number(written: str) -> None:
    """Too short, too long, not assigned, no number at all."""
    with pytest.raises(CellWrong, match="telephone number"):
        cells.telephone("ES")(written)


@pytest.mark.parametrize(
    "written",
    [
        "+34600111222;600111223",
        "600111222 / 600111223",
        "600111222/600111223",
        "600111222, 93 411 22 33",
        "600 111 222 y 600 111 223",
        "+34 600 111 222\n+34 600 111 223",
    ],
)
def test_two_numbers_in_one_cell_are_not_one(written: str) -> None:
    """The second was lost without a word behind a semicolon."""
    with pytest.raises(CellWrong, match="more than one number: give each a column"):
        cells.telephone("ES")(written)


def test_a_cell_that_is_long_on_purpose_costs_no_time() -> None:
    began = time.process_time()
    with pytest.raises(CellWrong, match="telephone number"):
        cells.telephone("ES")("1234567" + "," * 400_000)
    assert time.process_time() - began < 1


@given(
    some.sampled_from(["ES", "GB", "FR", "IT", "MX", "US", "PT"]),
    some.from_regex(r"[0-9]{5,12}", fullmatch=True),
)
def test_the_short_cut_agrees_with_the_library(country: str, digits: str) -> None:
    """The patterns in one regular expression take exactly what the library takes, as the same number."""
    try:
        number = phonenumbers.parse(digits, country)
        valid = phonenumbers.is_valid_number(number)
    except phonenumbers.NumberParseException:
        valid = False
    try:
        found: str | None = cells.telephone(country)(digits)
    except CellWrong:
        found = None
    wanted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None
    assert found == wanted


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    # 12345678Z and X1234567L are the examples of the Ministry's own description; A58818501 is a company's.
    [
        ("12345678Z", "dni", "12345678Z"),
        ("12.345.678-z", "dni", "12345678Z"),
        ("X-1234567-L", "nie", "X1234567L"),
        ("A58818501", "cif", "A58818501"),
    ],
)
def test_spanish_identities(written: str, kind: str, value: str) -> None:
    """With or without dots and dash; the letter proves the digits."""
    assert cells.spanish_id(written) == (kind, value)


@pytest.mark.parametrize(
    "written", ["12345678A", "1234567Z", "X1234567A", "", "Z", "'; DROP TABLE customers; --"]
)
def test_a_wrong_letter_is_noticed(written: str) -> None:
    """One misread digit and the letter does not fit."""
    with pytest.raises(CellWrong, match="check letter"):
        cells.spanish_id(written)


@pytest.mark.parametrize(
    ("decimal", "currency", "cell", "cents"),
    [
        (",", "EUR", "1.234,50", 123450),
        (",", "EUR", "1234,5", 123450),
        (",", "EUR", "-12,05 €", -1205),
        (",", "EUR", "1 234 567,89 EUR", 123456789),
        (",", "EUR", "0", 0),
        (".", "EUR", "1,234.50", 123450),
        (".", "JPY", "1,234", 1234),
        (".", "TND", "1.234", 1234),
        (",", "EUR", 12.1, 1210),
        (",", "EUR", 0.1 + 0.2, 30),
        (",", "EUR", 7, 700),
        (",", "EUR", 1.1 * 3 * 1_000_000, 330_000_000),
    ],
)
def test_money(decimal: str, currency: str, cell: Any, cents: int) -> None:
    """In the file's style or as Excel's number, to minor units of its currency."""
    assert cells.amount(decimal, currency)(cell) == cents


@pytest.mark.parametrize(
    ("decimal", "cell"),
    [
        (",", "1,234.50"),
        (",", "12.34"),
        (",", "1.23.4"),
        (",", "12,345"),
        (".", "12.345"),
        (",", "doce"),
        (",", "1e5"),
        (",", "NaN"),
        (",", 12.345),
        (",", 0.001),
        (",", 1234567.891),
        (",", float("nan")),
        (",", float("inf")),
        (",", 1e30),
        (",", True),
        (",", "٣"),
        (",", "99999999999999999"),
    ],
)
def test_what_is_no_money(decimal: str, cell: Any) -> None:
    """The other style's signs are a mistake and not a thousandfold debt."""
    with pytest.raises(CellWrong):
        cells.amount(decimal, "EUR")(cell)


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("%d/%m/%Y", "31/12/2026", date(2026, 12, 31)),
        ("%Y-%m-%d", "2026-02-28", date(2026, 2, 28)),
        ("%d/%m/%Y", datetime(2026, 1, 2, 3, 4), date(2026, 1, 2)),
        ("%d/%m/%Y", date(2026, 1, 2), date(2026, 1, 2)),
    ],
)
def test_days(form: str, cell: Any, day: date) -> None:
    """As text of the form that the mapping says, or Excel's own."""
    assert cells.day(form)(cell) == day


@pytest.mark.parametrize(
    "cell", ["31/02/2026", "2026-12-31", "1/13/2026", "12/31/2026", "1/1/0001", "ayer", "=NOW()"]
)
def test_what_is_no_day(cell: str) -> None:
    """Not in the calendar, or not in that form."""
    with pytest.raises(CellWrong):
        cells.day("%d/%m/%Y")(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(A1)",
        "+SUM(A1:A9)",
        "-2+3+cmd|' /C calc'!A0",
        '  =HYPERLINK("http://x")',
    ],
)
def test_what_a_spreadsheet_would_evaluate_is_refused(cell: str) -> None:
    """Nobody's name begins so."""
    with pytest.raises(CellWrong, match="formula"):
        cells.text_of(cell)


@pytest.mark.parametrize(
    "cell", ["+34 (93) 411 22 33", "-12,50", "C/ Mayor, 1", "O'Brien", "a=b", "{{7*7}}", "%s%n"]
)
def test_what_only_looks_odd_is_text(cell: str) -> None:
    """Numbers with a plus, negative amounts; templates and format strings are letters like others."""
    assert cells.text_of(cell) == cell


@given(some.text(min_size=1))
def test_no_text_leaves_as_a_formula(text: str) -> None:
    """Whatever it is, its first sign starts no formula; and what is harmless stays as it is."""
    written, seen = str(sheets.tame(text)), _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    assert written[0] not in "=+-@\t\r\n"
    assert written in (seen, f"'{seen}")


def test_a_table_is_written_whatever_its_cells_hold(tmp_path: Path) -> None:
    """A control character in a name ended a whole export in a traceback. What Excel would cut is refused."""
    held = ["ring\x07", "\x00=1", "\x1f@a", "a\tb\nc", "\ud800", "ñ"]
    told = ["ring�", "�=1", "�@a", "a\tb\nc", "�", "ñ"]
    sheets.write(tmp_path / "t.xlsx", ["name"], [[text] for text in held])
    rows = openpyxl.load_workbook(tmp_path / "t.xlsx").active.iter_rows(values_only=True, min_row=2)
    assert [row[0] for row in rows] == told
    sheets.write(tmp_path / "t.csv", ["name"], [[text] for text in held])
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file, delimiter=";")][1:] == told
    with pytest.raises(SheetWrong, match=r"32,767 characters.*\.csv"):
        sheets.write(tmp_path / "long.xlsx", ["name"], [["x" * 32_768]])
    assert not (tmp_path / "long.xlsx").exists()


@pytest.mark.parametrize(
    "written",
    [
        *("N/A", "n/a", "NA", "null", "NULL", "None", "-", "--", "?", ".", "nan", "Total", "TOTAL:", "Suma"),
        *(
            "Media",
            "Mitjana",
            "Promedio",
            "Resultado",
            "Gesamt",
            "Durchschnitt",
            "Subtotal",
            "Moyenne",
            "TRUE",
        ),
    ],
)
def test_words_of_spreadsheets_are_no_customers(written: str) -> None:
    """A list's last line, a gap of a database, in whatever language: no digit, no customer."""
    with pytest.raises(CellWrong, match="no digit"):
        cells.customer_number(written)


@pytest.mark.parametrize("written", ["-5", "+5", "12 34", "C#1", "1.5", "4571-", "/1", "1E+21", "a\n1", "٣"])
def test_signs_are_no_part_of_a_customer_number(written: str) -> None:
    """Letters or digits, and what joins them."""
    with pytest.raises(CellWrong, match="customer"):
        cells.customer_number(written)


@pytest.mark.parametrize("cell", [True, False])
def test_true_and_false_are_no_text(cell: bool) -> None:
    """Excel's TRUE was customer 1. Only a `map` can say what it means."""
    with pytest.raises(CellWrong, match="TRUE or FALSE"):
        cells.text_of(cell)
    assert cells.map_key(cell) == ("1" if cell else "0")


@pytest.mark.parametrize(
    ("parse", "good", "bad"),
    [
        (cells.customer_number, "AB-1234", "12 34"),
        (cells.customer_number, "45716", "1" * 21),
        (cells.customer_number, "ES/2026.001_a", "ES//2026"),
        (cells.short_text(5), "ñandú", "ñandús"),
        (cells.zone, "Atlantic/Canary", "Madrid"),
        (cells.email, "ana.puig@correu.example.cat", "ana@@example.org"),
        (cells.email, "a@b.es", "a@b\nBcc: c@d.es"),
        (cells.last_digits, "1234", "4929 1034 5566 7788"),
    ],
)
def test_each_kind_takes_its_own(parse: Callable[[str], str], good: str, bad: str) -> None:
    """And refuses the nearest wrong one."""
    assert parse(good) == good
    with pytest.raises(CellWrong):
        parse(bad)


@pytest.mark.parametrize(
    "text",
    [
        "＝1+1",
        "＋1",
        "－2＋3",
        "＠SUM(A1)",
        " =1+1",
        "\u00a0=1",
        "﹢1",
        "−1",
        "\u200b=1",
        "\ufeff=1",
        "\u202e=1",
    ],
)
def test_formulas_in_full_width_or_after_blanks_are_tamed(text: str) -> None:
    """Spreadsheets of East Asia take the full-width signs; some take blanks away first."""
    assert sheets.tame(text) == f"'{text}"
