"""Look-ups in a company's database: bound values, no write, no query without end."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import gevent
import pytest

from dialogs.results import Failed, Found, Missing, Slow
from ivr.back_ends.declared import SqlSystem
from ivr.back_ends.errors import NotAsAgreed
from ivr.back_ends.port import BackEnds
from ivr.back_ends.queries import bound_names, for_psycopg, parse_query, parse_statement
from ivr.back_ends.sql import open_sql
from tests.back_ends.conftest import Connect

TEXT = """
systems:
  warehouse: {database: {env: WAREHOUSE}, deadline: 1}
lookups:
  parcel:
    system: warehouse
    by: [number]
    query: QUERY
    fields:
      state: code
      expected: {type: date, at: due, optional: true}
      cost: {type: money, currency: currency, written: decimal}
      late: boolean
      carrier: {type: code, codes: {S: seur, M: mrw}}
"""
QUERY = "SELECT state, due, cost, currency, late, carrier FROM parcels WHERE number = :number -- :not_bound"


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    file = tmp_path / "warehouse.sqlite3"
    monkeypatch.setenv("WAREHOUSE", f"sqlite:///{file}")
    connection = sqlite3.connect(file)
    connection.execute(
        "CREATE TABLE parcels (number TEXT, state TEXT, due TEXT, cost, currency, late, carrier)"
    )
    rows = [("4571", "shipped", "2026-11-25", 4.95, "EUR", 0, "S"), ("4572", "lost", None, 0, "EUR", 1, "M")]
    connection.executemany("INSERT INTO parcels VALUES (?, ?, ?, ?, ?, ?, ?)", [*rows, rows[1]])
    connection.commit()
    return connection


def parcel(back_ends: BackEnds, number: str, **how: Any) -> Found | Missing | Slow | Failed:
    return back_ends.ask("parcel", {"number": number}, **{"deadline": 2.0, "sensitive": False, **how})


def test_a_row_is_found_and_none_is_missing(connected: Connect, warehouse: sqlite3.Connection) -> None:
    """Typed as over HTTP; SQLite's 0 and 1 are false and true where that was declared."""
    back_ends = connected(TEXT.replace("QUERY", QUERY))
    record = {
        "state": "shipped",
        "expected": "2026-11-25",
        "cost": 495,
        "cost_currency": "EUR",
        "late": False,
        "carrier": "seur",
    }
    assert parcel(back_ends, "4571") == Found(record)
    assert parcel(back_ends, "9999") == Missing()


def test_two_rows_are_no_answer(connected: Connect, warehouse: sqlite3.Connection) -> None:
    """Which of them is the caller's, nobody knows."""
    answer = parcel(connected(TEXT.replace("QUERY", QUERY)), "4572")
    assert isinstance(answer, Failed)
    assert "more than one row" in answer.reason


def test_a_row_about_another_one_is_none(connected: Connect, warehouse: sqlite3.Connection) -> None:
    """A query that was written for another question; nobody hears what it finds."""
    text = TEXT.replace("QUERY", "SELECT * FROM parcels WHERE number <> :number LIMIT 1")
    assert isinstance(parcel(connected(text), "4572"), Found)
    answer = parcel(connected(text + "    same: {number: number}\n"), "4572")
    assert isinstance(answer, Failed) and "4571" not in answer.reason


@pytest.mark.parametrize(
    "said",
    ["' OR 1=1 --", "4571'; DROP TABLE parcels; --", ":number", "%(number)s", "{number}", "4571 UNION"],
)
def test_what_a_caller_says_is_a_value(connected: Connect, warehouse: sqlite3.Connection, said: str) -> None:
    """There is no such parcel, and the table is as it was."""
    assert parcel(connected(TEXT.replace("QUERY", QUERY)), said) == Missing()
    assert warehouse.execute("SELECT count(*) FROM parcels").fetchone() == (3,)


def test_a_query_that_writes_after_all_is_stopped_by_the_database(tmp_path: Path) -> None:
    """The second fence: the session is read-only, whatever came through the first."""
    file = tmp_path / "own.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (a)")
    (tmp_path / "dsn").write_text(f"sqlite:///{file}")
    link = open_sql(SqlSystem.model_validate({"database": {"file": str(tmp_path / "dsn")}}))
    with pytest.raises(NotAsAgreed, match="may not be written"):
        link.rows("INSERT INTO t VALUES (1) RETURNING a", {}, deadline=1)
    link.close()
    assert sqlite3.connect(file).execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_query_without_end_is_slow_and_holds_up_nobody(
    connected: Connect, warehouse: sqlite3.Connection
) -> None:
    """It is ended in its own thread; the loop that lives the calls turns meanwhile."""
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT 'x' AS state, NULL AS due, 0 AS cost, 'EUR' AS currency, 0 AS late, 'S' AS carrier "
        "FROM n WHERE i = -length(:number)"
    )
    back_ends = connected(TEXT.replace("QUERY", endless))
    turns = 0

    def turn() -> None:
        nonlocal turns
        while True:
            gevent.sleep(0.01)  # the loop's heartbeat, which is what is measured
            turns += 1

    turning = gevent.spawn(turn)
    began = time.monotonic()
    assert parcel(back_ends, "4571", deadline=0.4) == Slow()
    assert time.monotonic() - began < 10  # the query would never end
    assert turns > 3
    turning.kill()


def test_a_database_that_is_not_there_fails(connected: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is created in its place."""
    monkeypatch.setenv("WAREHOUSE", "sqlite:////nowhere/at/all.sqlite3")
    answer = parcel(connected(TEXT.replace("QUERY", QUERY)), "4571")
    assert answer == Failed("warehouse: the database's file cannot be opened")


@pytest.mark.parametrize("url", ["mysql://x/y", "no url", "sqlite://", "sqlite:///a?mode=rwc"])
def test_a_database_of_another_kind_says_so(
    connected: Connect, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """With an example of one that works; the address itself, which holds a password, is not repeated."""
    monkeypatch.setenv("WAREHOUSE", url)
    back_ends = connected(TEXT.replace("QUERY", QUERY))
    assert "postgresql://user:password@host/name" in back_ends.systems["warehouse"].unfit
    assert isinstance(parcel(back_ends, "4571"), Failed)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT a FROM t WHERE n = :n",
        "select a, \"update\" from t where n = :n and b = 'DELETE; :: 12:30 100%' -- drop\n",
        "WITH x AS (SELECT 1) SELECT * FROM x /* insert */;",
        "SELECT n::text FROM t WHERE n = :n",
    ],
)
def test_queries_that_only_read(query: str) -> None:
    """Words in quotes and comments are no commands."""
    assert parse_query(query)
    assert bound_names(query) <= {"n"}


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM t",
        "SELECT 1; DROP TABLE t",
        "WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x",
        "SELECT a INTO b FROM t",
        "SELECT a FROM t WHERE n = '{n}'".replace("'", ""),
        "SELECT a FROM t WHERE n = %(n)s",
        "SELECT a FROM t WHERE n = ?",
        "SELECT a FROM t WHERE n = $1 AND b = $$x$$",
        "SELECT a FROM t WHERE n = ':n'",
        "SELECT a FROM t WHERE n = 'it''s' AND b = 'open",
        "SELECT a FROM t WHERE n = E'\\' ; DELETE FROM t --'",
        "SELECT a FROM t FOR UPDATE",
        "PRAGMA writable_schema = 1",
        "ATTACH DATABASE 'x' AS y",
        "",
        "-- nothing",
    ],
)
def test_queries_that_interpolate_or_write_are_refused(query: str) -> None:
    """At load, with what to do."""
    with pytest.raises(ValueError, match=r"[:,]"):
        parse_query(query)


@pytest.mark.parametrize(
    ("statement", "good"),
    [
        ("UPDATE t SET a = :a WHERE n = :n", True),
        ("INSERT INTO t (a) VALUES (:a)", True),
        ("DELETE FROM t WHERE n = :n", True),
        ("UPDATE t SET a = :a", False),
        ("DELETE FROM t", False),
        ("SELECT 1", False),
        ("DROP TABLE t", False),
        ("UPDATE t SET a = 1 WHERE n = 2; DELETE FROM t WHERE 1 = 1", False),
    ],
)
def test_statements_change_what_they_name(statement: str, good: bool) -> None:
    """One statement, and never a whole table."""
    if good:
        assert parse_statement(statement)
    else:
        with pytest.raises(ValueError, match=r"[:,]|one"):
            parse_statement(statement)


def test_a_query_in_psycopgs_words() -> None:
    """Only bound places change; what is quoted keeps its signs."""
    assert for_psycopg("SELECT a::text FROM t WHERE n = :n AND b LIKE '10% :x'") == (
        "SELECT a::text FROM t WHERE n = %(n)s AND b LIKE '10%% :x'"
    )
