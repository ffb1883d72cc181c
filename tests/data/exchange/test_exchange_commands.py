"""`ivr db import` and `ivr db export`: what they tell, write, and keep to themselves."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from data.errors import SheetWrong
from data.exchange import dumping
from data.records import OwnData, Request
from data.seeds import seed
from data.store import Store
from ivr.cli.db import commands
from tests.data.conftest import NOW
from tests.data.exchange.customer_list import ANA, HEADER, listed, mapping

__all__ = ["mapping"]


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
