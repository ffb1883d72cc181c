"""A company's PostgreSQL behind `back_ends.yaml` (ivr/back_ends/sql.py); here, where the tests' server is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import gevent
import pytest

from dialogs.results import Failed, Found, Missing, Slow
from ivr.back_ends import declared_in
from ivr.back_ends.carrying import Order, carry_declared
from ivr.back_ends.declared import SqlWrite
from ivr.back_ends.port import BackEnds
from ivr.lookups import Lookups
from ivr.outbox import Arrived, Declined
from tests.data.postgresql import Server

MADRID = ZoneInfo("Europe/Madrid")
TEXT = """
systems:
  warehouse: {database: {env: WAREHOUSE}, deadline: 2}
  stock: {database: {env: WAREHOUSE}, writes: true}
lookups:
  parcel:
    system: warehouse
    by: [number]
    query: SELECT state, due, cost, late, at, '12:30 100%' AS odd FROM parcels WHERE number = :number
    fields:
      state: code
      due: {type: date, optional: true}
      cost: {type: money, currency: EUR, written: decimal}
      late: boolean
      handed: {type: date, at: at}
      odd: text
  sleeper:
    system: warehouse
    by: [number]
    query: SELECT pg_sleep(30)::text AS state WHERE :number <> ''
    fields: {state: text}
  sneak:
    system: warehouse
    by: [number]
    query: SELECT nextval('counter')::text AS state WHERE :number <> ''
    fields: {state: text}
writes:
  hold:
    system: stock
    statement: >
      INSERT INTO holds (number, key) VALUES (:number, :idempotency_key)
      ON CONFLICT (key) DO UPDATE SET key = holds.key
    values: {number: digits}
  release:
    system: stock
    statement: DELETE FROM holds WHERE number = :number
    values: {number: digits}
    nothing: not_held
"""


@pytest.fixture(scope="module")
def warehouse(postgresql_server: Server) -> Iterator[str]:
    """A database of another company's making."""
    postgresql_server.sql("CREATE DATABASE warehouse")
    for statement in (
        "CREATE TABLE parcels"
        " (number text, state text, due date, cost numeric(9,2), late boolean, at timestamptz)",
        "INSERT INTO parcels VALUES ('4571', 'shipped', '2026-11-25', 4.95, false, '2026-11-24T23:30Z')",
        "CREATE TABLE holds (number text, key text UNIQUE)",
        "CREATE SEQUENCE counter",
    ):
        postgresql_server.sql(statement, "warehouse")
    yield postgresql_server.url("warehouse")
    postgresql_server.sql("DROP DATABASE warehouse WITH (FORCE)")


@pytest.fixture
def back_ends(warehouse: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackEnds]:
    monkeypatch.setenv("WAREHOUSE", warehouse)
    file = tmp_path / "back_ends.yaml"
    file.write_text(TEXT)
    own = Lookups.__new__(Lookups)  # nobody asks the own database here
    back_ends = BackEnds(own, declared_in(file), zone=MADRID)
    yield back_ends
    back_ends.close()


def ask(
    back_ends: BackEnds, name: str, number: str, deadline: float = 2.0
) -> Found | Missing | Slow | Failed:
    return back_ends.ask(name, {"number": number}, deadline=deadline, sensitive=False)


def test_every_type_of_a_row(back_ends: BackEnds) -> None:
    """Numbers, days and moments as PostgreSQL has them; what is quoted in the query stays as it is."""
    assert ask(back_ends, "parcel", "4571") == Found(
        {
            "state": "shipped",
            "due": "2026-11-25",
            "cost": 495,
            "cost_currency": "EUR",
            "late": False,
            "handed": "2026-11-25",
            "odd": "12:30 100%",
        }
    )
    assert ask(back_ends, "parcel", "9") == Missing()


@pytest.mark.parametrize(
    "said", ["' OR 1=1 --", "4571'; DROP TABLE parcels; --", "%(number)s", "$1", "{number}"]
)
def test_what_a_caller_says_is_a_value(back_ends: BackEnds, said: str) -> None:
    """There is no such parcel, and the table stands."""
    assert ask(back_ends, "parcel", said) == Missing()
    assert isinstance(ask(back_ends, "parcel", "4571"), Found)


def test_a_statement_without_end_is_slow_and_holds_up_nobody(back_ends: BackEnds) -> None:
    """The loop turns meanwhile, and the next caller is answered on a connection that works."""
    turns = 0

    def turn() -> None:
        nonlocal turns
        while True:
            gevent.sleep(0.01)  # the loop's heartbeat, which is what is measured
            turns += 1

    turning = gevent.spawn(turn)
    began = time.monotonic()
    assert ask(back_ends, "sleeper", "1", 0.4) == Slow()
    assert time.monotonic() - began < 10.0  # it would never end
    assert turns > 3
    turning.kill()
    assert isinstance(ask(back_ends, "parcel", "4571"), Found)


def test_a_query_that_writes_is_stopped_by_the_server(back_ends: BackEnds) -> None:
    """A function with a side effect passes every reader of texts, and not the read-only session."""
    answer = ask(back_ends, "sneak", "1")
    assert answer == Failed("warehouse: the database may not be written in a look-up")


def test_a_write_happens_once_by_its_key(back_ends: BackEnds) -> None:
    """Repeated after a crash it changes nothing; what changes no row is refused with its code."""
    targets = back_ends.targets()
    hold, release = targets["hold"], targets["release"]
    assert isinstance(hold.declared, SqlWrite)
    for _ in range(3):
        ending = carry_declared(hold.declared, hold.system, Order({"number": "4571"}, "k1"), MADRID)
        assert ending == Arrived()
    assert hold.system.sql is not None
    assert len(hold.system.sql.rows("SELECT key FROM holds", {}, deadline=1)) == 1
    for expected in (Arrived(), Declined("not_held")):
        ending = carry_declared(release.declared, release.system, Order({"number": "4571"}, "k2"), MADRID)
        assert ending == expected
