"""A list becomes customers: right, once, and with every mistake told by its row."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from data.errors import DataError, MappingWrong, RecordRefused, SheetWrong
from data.exchange import cells, dumping, loading
from data.exchange.gathered import Gathered, all_mistakes
from data.exchange.loading import Loaded, Terms, load
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.models import AccountRow, CustomerRow, IdentityRow
from data.records import OwnData, Request
from data.seeds import seed
from data.store import Store
from ivr.cli.db import commands
from tests.data.conftest import NOW

TERMS = Terms(at=NOW, today=NOW.date(), origin="crm")
MAPPING = """
region: ES
origin: crm
columns:
  customer_number: Nº cliente
  name: [Nombre, Apellidos]
  language: {column: Idioma, map: {CAS: es, CAT: ca}, default: es}
  phones: [Tel1, Móvil]
  dni: DNI
  email: Correo
  birth_date: Nacimiento
  balance: Saldo
  due_on: Vence
"""
HEADER = "Nº cliente;Nombre;Apellidos;Idioma;Tel1;Móvil;DNI;Correo;Nacimiento;Saldo;Vence"
ANA = (
    "1001;Ana;Núñez Peña;CAS;93 411 22 33;600 111 222;"
    "12345678Z;ana@example.org;02/03/1980;1.234,50;01/11/2026"
)
PAU = "1002;Pau;Puig;CAT;;600 111 222;;;;0;"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    file = tmp_path / "mapping.yaml"
    file.write_text(MAPPING)
    return file


def listed(folder: Path, *rows: str, encoding: str = "utf-8") -> Path:
    file = folder / "clients.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding=encoding)
    return file


def gathered(mapping: Path, *rows: str, encoding: str = "utf-8") -> Gathered:
    return gather(listed(mapping.parent, *rows, encoding=encoding), load_mapping(mapping), today=NOW.date())


def imported(store: Store, mapping: Path, *rows: str, terms: Terms = TERMS) -> Loaded:
    found = gathered(mapping, *rows)
    assert found.refused == []
    return load(store, found.people.values(), terms)


def numbers(loaded: Loaded) -> tuple[int, int, int]:
    assert loaded.refused == []
    return loaded.new, loaded.changed, loaded.same


def test_a_list_becomes_customers(store: Store, mapping: Path) -> None:
    """Names, numbers, identities and accounts, as their columns say."""
    assert numbers(imported(store, mapping, ANA, PAU)) == (2, 0, 0)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.name, ana.language, ana.zone, ana.email) == (
        "Ana Núñez Peña",
        "es",
        "Europe/Madrid",
        "ana@example.org",
    )
    assert ana.phone_numbers == ("+34934112233", "+34600111222")
    assert ana.birth_date == date(1980, 3, 2)
    account = store.accounts.by_customer_number("1001")
    assert account is not None
    assert (account.balance_cents, account.currency, account.stage) == (123450, "EUR", "early")
    shared = store.customers.by_phone_number("+34600111222")
    assert [(one.customer_number, one.language) for one in shared] == [("1001", "es"), ("1002", "ca")]
    with store.database.reading() as connection:
        (identity,) = connection.execute(select(IdentityRow)).all()
        origins = connection.scalars(select(CustomerRow.origin)).all()
    assert (identity.customer_id, identity.kind, identity.value) == (ana.id, "dni", "12345678Z")
    assert set(origins) == {"crm"}


def test_done_again_it_changes_nothing(store: Store, mapping: Path) -> None:
    """Idempotent: not one row more, not one moment later."""
    imported(store, mapping, ANA, PAU)
    ana = store.customers.by_number("1001")
    assert numbers(imported(store, mapping, ANA, PAU)) == (0, 0, 2)
    assert store.customers.by_number("1001") == ana


def test_what_differs_is_changed_and_what_is_not_said_stays(store: Store, mapping: Path) -> None:
    """A new balance, a further number first known elsewhere; an empty cell clears nothing."""
    imported(store, mapping, ANA, PAU)
    store.customers.correct("1001", OwnData(town="Vic"), Request(at=NOW))
    again = "1001;Ana;Núñez Peña;;;699 111 222;;;;99,00;01/12/2026"
    assert numbers(imported(store, mapping, again, PAU)) == (0, 1, 1)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.email, ana.town, ana.language) == ("ana@example.org", "Vic", "es")
    assert ana.phone_numbers == ("+34934112233", "+34600111222", "+34699111222")
    account = store.accounts.by_customer_number("1001")
    assert account is not None and (account.balance_cents, account.due_on) == (9900, date(2026, 12, 1))


def test_blank_clears_where_the_mapping_says_so(store: Store, mapping: Path) -> None:
    """For a list that is the whole truth."""
    imported(store, mapping, ANA)
    mapping.write_text(MAPPING + "blank: clear\n")
    assert numbers(imported(store, mapping, "1001;Ana;Puig;;;;;;;;")) == (0, 1, 0)
    ana = store.customers.by_number("1001")
    assert ana is not None
    assert (ana.name, ana.email, ana.birth_date) == ("Ana Puig", None, None)


def test_a_dry_run_writes_nothing(store: Store, mapping: Path) -> None:
    """And tells the same figures."""
    imported(store, mapping, PAU)
    dry = Terms(at=NOW, today=NOW.date(), origin="crm", dry_run=True)
    assert numbers(imported(store, mapping, ANA, PAU, terms=dry)) == (1, 0, 1)
    assert store.customers.by_number("1001") is None


def test_several_rows_of_one_customer_are_one(store: Store, mapping: Path) -> None:
    """A row for each telephone and each account, as many programs write them."""
    mapping.write_text(MAPPING + "  account_label: Correo\n".replace("Correo", "Contrato"))
    file = mapping.parent / "clients.csv"
    file.write_text(
        f"{HEADER};Contrato\n1001;Ana;Puig;;;600111222;;;;10,00;;fibra\n1001;Ana;Puig;;;600111333;;;;5,00;;móvil\n"
    )
    found = gather(file, load_mapping(mapping), today=NOW.date())
    assert found.refused == [] and found.rows == 2
    assert numbers(load(store, found.people.values(), TERMS)) == (1, 0, 0)
    assert [(one.label, one.balance_cents) for one in store.accounts.of_customer("1001")] == [
        ("fibra", 1000),
        ("móvil", 500),
    ]


def test_every_mistake_has_its_row_and_column(mapping: Path) -> None:
    """Each of them is left out, the right ones are taken."""
    found = gathered(
        mapping,
        ANA,
        "1003;Bea;Gil;CAS;12;;;;;;",
        "1004;Cai;Gil;ANG;;;;;;;",
        "1005;Dan;Gil;;;;12345678A;;;;",
        "1006;Eva;Gil;;;;;;31/02/1980;;",
        "1007;Fer;Gil;;;;;;;12.34;",
        "1008;;;;;;;;;;",
        ";Gil;;;;;;;;;",
        "1009;=cmd|' /C calc'!A0;Gil;;;;;;;;",
        PAU,
    )
    assert sorted(found.people) == ["1001", "1002"]
    assert [(one.row, one.column) for one in found.refused] == [
        (3, "Tel1"),
        (4, "Idioma"),
        (5, "DNI"),
        (6, "Nacimiento"),
        (7, "Saldo"),
        (8, "Nombre"),
        (9, "Nº cliente"),
        (10, "Nombre"),
    ]
    assert "CAS, CAT" in found.refused[1].problem


def test_all_that_is_wrong_in_a_row_is_told_at_once(mapping: Path) -> None:
    """Whoever mends it need not import the list once for each cell; it is one row refused all the same."""
    found = gathered(mapping, "1003;=1+1;Gil;ANG;12;13;1A;;31/02/1980;12.34;", PAU)
    (refused,) = found.refused
    wanted = ["Nombre", "Idioma", "Tel1", "Móvil", "DNI", "Nacimiento", "Saldo"]
    told = list(all_mistakes(found.refused))
    assert sorted(one.column for one in told) == sorted(wanted)
    assert {one.row for one in told} == {refused.row}
    assert len({one.problem for one in told}) > 4


def test_rows_that_contradict_each_other_are_all_refused(mapping: Path) -> None:
    """Nobody here knows which one is right; the same twice is no contradiction."""
    found = gathered(
        mapping,
        ANA,
        ANA,
        PAU,
        PAU.replace("Pau;Puig", "Pol;Puig"),
        "1003;Bea;Gil;;;;X1234567L;;;;",
        "1004;Cai;Gil;;;;X1234567L;;;;",
        "1005;Dan;Gil;;;;;;;1,00;",
        "1005;Dan;Gil;;;;;;;2,00;",
    )
    assert sorted(found.people) == ["1001"]
    assert [(one.row, one.problem) for one in found.refused] == [
        (4, "contradicts row 5: another `name`"),
        (5, "contradicts row 4: another `name`"),
        (6, "has the same `dni` as row 7"),
        (7, "has the same `dni` as row 6"),
        (8, "contradicts row 9: the same account with other figures"),
        (9, "contradicts row 8: the same account with other figures"),
    ]


def test_a_contradiction_names_the_row_that_it_is_with(mapping: Path) -> None:
    """Also where a row in between said it first; the third is told of both."""
    found = gathered(
        mapping,
        "1001;Ana;Gil;;;;;;;;",
        "1001;Ana;Gil;;;;12345678Z;;;;",
        "1001;Ana;Gil;;;;X1234567L;;;;",
    )
    assert [(one.row, one.problem) for one in found.refused] == [
        (2, "rows 3 and 4 of this customer contradict each other: another `dni`"),
        (3, "contradicts row 4: another `dni`"),
        (4, "contradicts row 3: another `dni`"),
    ]


def test_capitals_make_no_other_customer(store: Store, mapping: Path) -> None:
    """Neither within a list nor against the database; its own way of writing the number stays."""
    assert numbers(imported(store, mapping, "c2;Ana;Gil;;;;;;;;", "C2;Ana;Gil;;600111222;;;;;;")) == (1, 0, 0)
    assert numbers(imported(store, mapping, "C2;Ana;Gil;;600111333;;;;;;")) == (0, 1, 0)
    ana = store.customers.by_number("c2")
    assert ana is not None and ana.phone_numbers == ("+34600111222", "+34600111333")


def test_what_is_taken_and_doubtful_is_told(mapping: Path) -> None:
    """Numbers that differ by zeros in front; a row that ends early."""
    found = gathered(mapping, "7;Ana;Gil;;;;;;;;", "007;Bea;Gil;;;;;;;;", "8;Cai;Gil")
    assert sorted(found.people) == ["007", "7", "8"]
    assert [(one.row, one.problem) for one in found.doubtful] == [
        (3, "differs from row 2 by zeros in front: two customers, if that is not meant"),
        (4, "has 3 cells, the header 11: the rest was taken for empty"),
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("7;Ana;Gil;;;;;;;;;x", "has 12 cells, the header 11"),
        ("7;Ana;Gil;;;;;;01/01/2031;;", "in the future"),
        ("7;Ana;Gil;;;;;;;£5,00;", "is not in EUR"),
        ("7;Ana;Gil;;;;;;;5,00 $;", "is not in EUR"),
        ("7;Ana;Gil;;;;;;;$5,00;", "is not in EUR"),
        ("7;-2+3;Gil;;;;;;;;", "formula"),
        ("7;＝1+1;Gil;;;;;;;;", "formula"),
        ("7;＋1;Gil;;;;;;;;", "formula"),
    ],
)
def test_what_would_be_taken_for_something_else_is_refused(mapping: Path, row: str, why: str) -> None:
    """Shifted cells, other people's money, births to come, formulas."""
    (refused,) = gathered(mapping, row).refused
    assert why in refused.problem


POSTCODES = "columns: {customer_number: C, name: N, postal_code: P, region: R}\nregion: ES\n"


@pytest.mark.parametrize(
    ("cell", "region", "kept", "doubts"),
    [
        ("8001", "", "08001", 1),
        (8001, "", "08001", 1),
        (8001, "ES-CT", "08001", 1),
        ("08001", "", "08001", 0),
        ("28 001", "", "28001", 0),
        (28001.0, "", "28001", 0),
        (28001.5, "", None, 0),
        ("28001.5", "", None, 0),
        ("801", "", None, 0),
        ("00123", "", None, 0),
        ("99001", "", None, 0),
        ("SW1A 1AA", "GB-LND", "SW1A 1AA", 0),
        ("1000", "BE-BRU", "1000", 0),
        ("", "", None, 0),
    ],
)
def test_a_postcode_that_lost_its_zero_gets_it_back(
    tmp_path: Path, cell: str | float, region: str, kept: str | None, doubts: int
) -> None:
    """In Spain, and it is told; what is no postcode is refused, and what is none of Spain's is left alone."""
    (tmp_path / "m.yaml").write_text(POSTCODES)
    book = Workbook()
    assert book.active is not None
    for row in (("C", "N", "P", "R"), ("1001", "Ana", cell, region)):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    (tmp_path / "list.csv").write_text(f"C;N;P;R\n1001;Ana;{cell};{region}\n")
    for name in ("list.xlsx", "list.csv"):
        if name == "list.csv" and cell == 28001.0:
            continue  # as text, that is no whole number any more
        found = gather(tmp_path / name, load_mapping(tmp_path / "m.yaml"), today=NOW.date())
        values = [person.values.get("postal_code") for person in found.people.values()]
        refused = kept is None and cell != ""
        assert values == ([] if refused else [kept])
        assert ["is no Spanish postcode" in one.problem for one in found.refused] == [True] * refused
        assert ["was completed to 08001" in one.problem for one in found.doubtful] == [True] * doubts


def test_money_has_the_sign_of_its_currency() -> None:
    """And of no other."""
    assert cells.amount(",", "EUR")("5,00 €") == cells.amount(",", "GBP")("£5,00") == 500
    assert cells.amount(".", "MXN")("$5.00") == 500
    with pytest.raises(cells.CellWrong, match="not in GBP"):
        cells.amount(".", "GBP")("5.00 €")


def test_no_day_is_before_our_time_in_excel_either() -> None:
    """What spreadsheets write for nothing."""
    with pytest.raises(cells.CellWrong, match="outside"):
        cells.day("%d/%m/%Y")(date(1899, 12, 30))


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
    account = store.accounts.by_customer_number("1001")
    assert account is not None and account.balance_cents == 1210


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


def test_a_portion_that_the_database_refuses_is_done_one_by_one(
    store: Store, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the database knows costs that customer, and nobody else."""
    whole = loading.insert_many

    def refusing(connection: object, table: object, rows: list[dict[str, object]]) -> None:
        if any(row.get("customer_number") == "1002" for row in rows):
            raise RecordRefused("refused", remedy="look for a duplicate")
        whole(connection, table, rows)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(loading, "insert_many", refusing)
    found = gathered(mapping, ANA, PAU, "1003;Bea;Gil;;;;;;;;")
    loaded = load(store, found.people.values(), TERMS)
    assert (loaded.new, [one.row for one in loaded.refused]) == (2, [3])
    assert store.customers.by_number("1003") is not None
    assert store.customers.by_number("1002") is None


def test_a_list_of_more_than_one_portion(
    store: Store, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Portions add up, and a telephone number that two of them share is one number."""
    monkeypatch.setattr(loading, "PORTION", 7)
    rows = [f"{n};Ana;Puig;;;600111222;;;;{n - 2000},00;" for n in range(2000, 2030)]
    told: list[int] = []
    found = gathered(mapping, *rows)
    loaded = load(store, found.people.values(), TERMS, done=told.append)
    assert numbers(loaded) == (30, 0, 0)
    assert told == [7, 14, 21, 28, 30]
    assert len(store.customers.by_phone_number("+34600111222")) == 30
    with store.database.reading() as connection:
        assert connection.scalar(select(func.sum(AccountRow.balance_cents))) == sum(range(30)) * 100


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands[0], list(arguments))


def test_the_command_tells_what_it_did_and_reports_the_rest(
    store: Store, store_url: str, mapping: Path
) -> None:
    """Status 1 for refused rows; the report has them all, and is safe to open; the audit log knows."""
    file = listed(mapping.parent, ANA, "1003;=1+1;Gil;;;;;;;;", "1004;Cai;Gil;;12;;1A;;;;")
    arguments = ("import", str(file), "--mapping", str(mapping), "--database", store_url, "--json")
    dry = run(*arguments, "--dry-run")
    assert dry.exit_code == 1
    assert store.customers.by_number("1001") is None and store.audit.latest(9) == ()
    done = run(*arguments)
    told = json.loads(done.output.splitlines()[-1])
    assert (done.exit_code, told["new"], told["refused"]) == (1, 1, 2)
    report = Path(told["errors"])
    assert report.stat().st_mode & 0o077 == 0
    rows = list(csv.reader(report.open(encoding="utf-8-sig"), delimiter=";"))
    assert rows[1][:3] == ["3", "Nombre", "'=1+1"] and rows[2][:2] == ["4", "Tel1"]
    assert rows[3][:3] == ["4", "DNI", "1A"] and len(rows) == 4
    assert [(one["row"], one["column"]) for one in told["problems"]][1:] == [(4, "Tel1"), (4, "DNI")]
    (entry,) = store.audit.latest(9)
    assert (entry.action, entry.why) == ("import", "ivr db import clients.csv")
    file.write_text(f"{HEADER}\n{ANA}\n")
    assert run(*arguments).exit_code == 0
    assert not report.exists(), "it told of mistakes that are mended"
    report.write_text("somebody's own notes\n")
    assert run(*arguments).exit_code == 0 and report.read_text() == "somebody's own notes\n"


def test_the_command_without_a_database(mapping: Path, tmp_path: Path) -> None:
    """Status 2 and one line."""
    file = listed(mapping.parent, ANA)
    url = f"sqlite:///{tmp_path / 'none.sqlite3'}"
    done = run("import", str(file), "--mapping", str(mapping), "--database", url)
    assert done.exit_code == 2 and "ivr db upgrade" in done.output


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_an_export_is_text_for_a_spreadsheet(
    store: Store, store_url: str, tmp_path: Path, ending: str
) -> None:
    """A name that somebody chose is no formula on the desk of whoever opens it; the export is on record."""
    seed(store, customers=10)
    store.customers.correct("45716", OwnData(address='=HYPERLINK("http://x")', town="+34"), Request(at=NOW))
    file = tmp_path / f"out.{ending}"
    done = run("export", "customers", str(file), "--database", store_url)
    assert done.exit_code == 0 and "10 rows" in done.output
    assert file.stat().st_mode & 0o077 == 0
    if ending == "csv":
        rows = list(csv.DictReader(file.open(encoding="utf-8-sig"), delimiter=";"))
    else:
        sheet = load_workbook(file).worksheets[0]
        (names, *lines) = sheet.iter_rows()
        assert all(cell.data_type != "f" for line in lines for cell in line)
        rows = [dict(zip([c.value for c in names], [c.value for c in line], strict=True)) for line in lines]
    lucia = next(row for row in rows if row["customer_number"] == "45716")
    assert (lucia["address"], lucia["town"]) == ('\'=HYPERLINK("http://x")', "'+34")
    assert lucia["name"] == "Lucía Fernández Ortega"
    (entry,) = store.audit.latest(9)
    assert (entry.action, entry.what) == ("export", "customers: all rows")


def test_secrets_are_not_written_out(store: Store, tmp_path: Path) -> None:
    """Hashes of PINs and the salt stay where they are; what is no table is told."""
    assert "installation" not in dumping.tables() and "suppressions" not in dumping.tables()
    file = tmp_path / "identities.csv"
    dumping.dump(store, "identities", file)
    assert "secret_hash" not in file.read_text(encoding="utf-8-sig")
    with pytest.raises(SheetWrong, match="no table"):
        dumping.dump(store, "installation", tmp_path / "x.csv")
    with pytest.raises(SheetWrong, match=r"neither \.csv nor \.xlsx"):
        dumping.dump(store, "customers", tmp_path / "x.pdf")
