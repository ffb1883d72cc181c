"""`ivr db`: what an operator types, sees, and can rely on in scripts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from data import schema
from data.models import DebtRow
from data.store import Store
from ivr.cli.context import DATABASE_URL
from ivr.cli.db import commands
from tests.data.conftest import locked_by_another_process


def run(*arguments: str, configured: str | None = None) -> Result:
    """As the root command would: with the configuration's database in `meta`."""

    @click.group()
    @click.pass_context
    def ivr(context: click.Context) -> None:
        context.meta[DATABASE_URL] = configured

    for command in commands:
        ivr.add_command(command)
    return CliRunner().invoke(ivr, ["db", *arguments], env={"IVR_DATABASE__URL": None})


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ivr.sqlite3'}"


def test_upgrade_seed_check(url: str) -> None:
    """The three commands in the order of an installation, and again."""
    assert f"created, schema {schema.newest()}" in run("upgrade", "--database", url).output
    assert "nothing to do" in run("upgrade", "--database", url).output
    seeded = run("seed", "--database", url)
    assert seeded.exit_code == 0
    assert "200 customers added, 200 in all" in seeded.output and "45716" in seeded.output
    assert "0 customers added" in run("seed", "--database", url).output
    checked = run("check", "--database", url)
    assert checked.exit_code == 0 and "fit for work" in checked.output


def rows_of(url: str) -> list[tuple[str, date]]:
    """Every debt, and when it is due."""
    store = Store(url)
    try:
        with store.database.reading() as connection:
            found = connection.execute(select(DebtRow.id, DebtRow.due_on).order_by(DebtRow.id))
            return [(str(row.id), row.due_on) for row in found]
    finally:
        store.close()


def test_the_made_up_debts_lie_around_the_day_of_the_seeding(tmp_path: Path) -> None:
    """However long ago the program was written; the same seed and day give the same rows, and only those."""
    urls = [f"sqlite:///{tmp_path / name}.sqlite3" for name in ("now", "same", "later")]
    before = date.today()
    told = json.loads(run("seed", "--database", urls[0], "--json").output)
    assert before.isoformat() <= told["today"] <= date.today().isoformat()
    run("seed", "--database", urls[1], "--today", told["today"])
    later = date.fromisoformat(told["today"]) + timedelta(days=100)
    run("seed", "--database", urls[2], "--today", later.isoformat())
    now, same, moved = map(rows_of, urls)
    assert now and now == same
    assert moved == [(debt, due + timedelta(days=100)) for debt, due in now]
    assert any(due < date.today() for _, due in now) and any(due > date.today() for _, due in now)
    again = json.loads(run("seed", "--database", urls[0], "--today", later.isoformat(), "--json").output)
    assert again["added"] == 0 and rows_of(urls[0]) == now


def test_the_configurations_database_is_the_default(url: str) -> None:
    """`ivr db` works on the same database as `ivr serve`."""
    assert run("seed", configured=url).exit_code == 0
    assert Store(url).accounts.of_customer("45716") != ()


def test_json_ends_every_report(url: str) -> None:
    """Scripts read the last line."""
    upgraded = json.loads(run("upgrade", "--database", url, "--json").output)
    assert (upgraded["before"], upgraded["after"]) == (None, schema.newest())
    seeded = json.loads(run("seed", "--database", url, "--json").output)
    assert seeded["customers"] == 200
    assert seeded["demo_customers"][0]["balance_cents"] == 14230
    assert json.loads(run("check", "--database", url, "--json").output)["integrity"] == "sound"


@pytest.mark.parametrize("command", ["upgrade", "seed", "check"])
def test_what_cannot_be_done_is_one_line_and_status_2(command: str, tmp_path: Path) -> None:
    """A missing folder, as an example: no stack trace, the remedy beside it."""
    result = run(command, "--database", f"sqlite:///{tmp_path}/missing/ivr.sqlite3")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("ivr: ") and "create it" in line and "database_folder_missing" not in line
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_locked_database_is_status_2(url: str, tmp_path: Path) -> None:
    """Named in the issue: locked gives one clear line with the remedy."""
    run("upgrade", "--database", url)
    with locked_by_another_process(tmp_path / "ivr.sqlite3"):
        result = run("check", "--database", url, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] == "database_locked"
    assert len(result.stderr.splitlines()) == 1


def test_check_answers_no_with_status_1(url: str, tmp_path: Path) -> None:
    """The database could be looked at, and is not fit: missing, or not a database."""
    assert run("check", "--database", url).exit_code == 1
    (tmp_path / "ivr.sqlite3").write_bytes(b"x" * 5000)
    damaged = run("check", "--database", url, "--json")
    assert damaged.exit_code == 1 and damaged.stderr.startswith("ivr: ")
    assert json.loads(damaged.stdout)["error"] == "database_corrupt"


@pytest.mark.parametrize("command", ["upgrade", "seed"])
def test_work_on_a_damaged_database_is_status_2(command: str, url: str, tmp_path: Path) -> None:
    """Only `check` asks a question that can be answered by no; a script tells the two apart by the status."""
    (tmp_path / "ivr.sqlite3").write_bytes(b"x" * 5000)
    damaged = run(command, "--database", url)
    (line,) = damaged.stderr.splitlines()
    assert damaged.exit_code == 2 and line.startswith("ivr: ")


def test_real_customers_need_force(url: str, tmp_path: Path) -> None:
    """The refusal tells the way out, and the way out works."""
    run("seed", "--database", url, "--customers", "7")
    with Store(url).database.writing() as connection:
        connection.exec_driver_sql("UPDATE customers SET origin = 'import' WHERE customer_number = '12807'")
    refused = run("seed", "--database", url)
    assert refused.exit_code == 2 and "--force" in refused.stderr
    assert run("seed", "--database", url, "--force").exit_code == 0


@pytest.mark.parametrize("command", ["upgrade", "seed", "check"])
def test_help_has_examples(command: str) -> None:
    """Every command shows how it is used."""
    result = run(command, "--help")
    assert result.exit_code == 0 and f"ivr db {command}" in result.output and "Examples:" in result.output


def test_help_of_the_group_has_examples() -> None:
    """The group is a command, too; each example stands on a line of its own."""
    lines = run("--help").output.splitlines()
    assert any(line.strip().startswith("ivr db upgrade  ") for line in lines)
    assert any(line.strip().startswith("ivr db check --json  ") for line in lines)
