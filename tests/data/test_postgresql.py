"""What is PostgreSQL's own: its faults as errors with a remedy, its pool, its restart, its silence."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import gevent
import psycopg
import pytest
from gevent.threadpool import ThreadPool
from sqlalchemy import insert, select, text

from data import postgresql
from data.call_log import CallLog
from data.errors import (
    DatabaseLocked,
    DatabaseLost,
    DatabaseReadOnly,
    DatabaseUrlWrong,
    DataError,
    RecordRefused,
    SchemaForeign,
    SchemaMissing,
)
from data.ids import new_id
from data.models import CustomerRow, PhoneNumberRow
from data.seeds import seed
from data.spool import Spool
from data.store import Store
from tests.data.conftest import NODE, NOW, begun, ended, turn
from tests.data.postgresql import Server


def refusal(kind: type[DataError], attempt: Callable[[], object]) -> str:
    """The one line that an operator sees."""
    with pytest.raises(kind) as raised:
        attempt()
    line = str(raised.value)
    assert "\n" not in line
    return line


@pytest.fixture
def spare(postgresql_server: Server) -> Iterator[Callable[[str], str]]:
    """Makes databases and roles that go after the test; gives the URL."""
    made: list[str] = []

    def make(options: str = "") -> str:
        name = f"spare{len(made)}"
        postgresql_server.sql(f"CREATE DATABASE {name} {options}")
        made.append(name)
        return postgresql_server.url(name)

    yield make
    for name in made:
        postgresql_server.sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_check_tells_what_the_database_is(postgresql_store: Store, postgresql_server: Server) -> None:
    """Its address without the socket's folder; whole, as the server keeps it."""
    found = postgresql_store.check()
    assert found.database == "postgresql://postgres@/shared"
    assert found.integrity == "kept by the server"


def test_a_database_that_is_not_there(postgresql_server: Server) -> None:
    """Not created by us: its owner and encoding are the administrator's to choose."""
    store = Store(postgresql_server.url("nowhere"))
    for attempt in (store.upgrade, store.check):
        assert "createdb" in refusal(SchemaMissing, attempt)


def test_an_empty_database_asks_for_its_upgrade(spare: Callable[[str], str]) -> None:
    """As on SQLite."""
    store = Store(spare(""))
    assert "ivr db upgrade" in refusal(SchemaMissing, store.check)
    assert "ivr db upgrade" in refusal(SchemaMissing, lambda: store.customers.by_number("45716"))
    store.close()


def test_another_programs_database_is_refused(spare: Callable[[str], str], postgresql_server: Server) -> None:
    """Our tables are not put beside somebody else's."""
    store = Store(spare(""))
    postgresql_server.sql("CREATE TABLE contacts (name text)", "spare0")
    assert "another program" in refusal(SchemaForeign, store.upgrade)
    store.close()


def test_a_database_in_another_encoding_is_refused(spare: Callable[[str], str]) -> None:
    """SQL_ASCII would take names byte by byte, and give back something else."""
    store = Store(spare("ENCODING 'SQL_ASCII' TEMPLATE template0"))
    assert "encoded in SQL_ASCII" in refusal(DatabaseUrlWrong, store.upgrade)
    store.close()


def test_nobody_listens(tmp_path: Path) -> None:
    """At once, with what to look at; the password is not shown."""
    began = time.monotonic()
    line = refusal(DatabaseLost, Store(f"postgresql://ivr:hunter2@/ivr?host={tmp_path}").check)
    assert "PostgreSQL runs" in line and "hunter2" not in line
    assert time.monotonic() - began < 10


def test_an_unknown_user_is_told_so(postgresql_server: Server) -> None:
    """Where to look: user, password, pg_hba.conf."""
    url = postgresql_server.url("shared").replace("postgres@", "stranger@")
    assert "refuses this user" in refusal(DatabaseUrlWrong, Store(url).check)


def test_a_user_who_may_only_read(postgresql_store: Store, postgresql_server: Server) -> None:
    """Look-ups work, and what must be written is told to be impossible."""
    postgresql_server.sql("CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader")
    store = Store(postgresql_server.url("shared").replace("postgres@", "reader@"))
    try:
        assert store.customers.by_number("45716") is None
        assert "not written" in refusal(DatabaseReadOnly, lambda: store.calls.begin(begun()))
    finally:
        store.close()
        postgresql_server.sql("DROP ROLE reader")


def test_a_refused_row_is_told_without_its_values(postgresql_store: Store) -> None:
    """PostgreSQL's own words hold the telephone number: they stay out of every log."""
    number = {"e164": "+34759000101"}
    with pytest.raises(RecordRefused) as raised, postgresql_store.database.writing() as connection:
        connection.execute(insert(PhoneNumberRow), [{"id": new_id(), **number}, {"id": new_id(), **number}])
    assert "759" not in str(raised.value) and raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("name", ["x" * 201, "nul\0"])
def test_a_value_that_does_not_fit_is_refused(postgresql_store: Store, name: str) -> None:
    """SQLite would take it; here it is an error like any other."""
    row = {
        "id": new_id(),
        "customer_number": "1",
        "name": name,
        "language": "es",
        "zone": "UTC",
        "origin": "",
    }
    with pytest.raises(RecordRefused), postgresql_store.database.writing() as connection:
        connection.execute(insert(CustomerRow).values(**row))


def test_a_locked_row_is_not_waited_for_longer_than_agreed(
    postgresql_store: Store, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody at the console holds a row: the server's own timeout ends the wait."""
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.2)
    store = Store(postgresql_server.url("shared"))
    call = begun()
    postgresql_store.calls.begin(call)
    with psycopg.connect(postgresql_server.url("shared")) as console:
        console.execute("UPDATE calls SET flow = 'x'")
        line = refusal(DatabaseLocked, lambda: store.calls.finish(ended(call.call_id)))
    assert "a row was locked" in line
    assert store.calls.finish(ended(call.call_id))
    store.close()


def test_no_more_connections_than_agreed(postgresql_server: Server, postgresql_store: Store) -> None:
    """Twelve threads share three connections, and all are served."""
    store = Store(postgresql_server.url("shared"), connections=3)
    counted = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ivr' AND pid <> :mine")

    def ask(_: int) -> int:
        with store.database.reading() as connection:
            mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            connection.exec_driver_sql("SELECT pg_sleep(0.01)")
            return connection.execute(counted, {"mine": mine}).scalar_one() + 1

    pool = ThreadPool(12)
    most = max(pool.map(ask, range(24)))
    pool.kill()
    store.close()
    assert most == 3


def test_when_all_connections_are_busy_it_is_told(
    postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread does not wait for ever for those that hang."""
    monkeypatch.setattr(postgresql, "LOCK_SECONDS", 0.05)
    store = Store(postgresql_server.url("shared"), connections=1)
    with store.database.reading():
        line = refusal(DatabaseLocked, lambda: store.customers.by_number("45716"))
    assert "database.connections" in line
    assert store.customers.by_number("45716") is None
    store.close()


def test_a_restart_of_the_server_is_not_noticed(postgresql_server: Server, postgresql_store: Store) -> None:
    """Every connection is replaced when it is needed next; no call sees an error."""
    store = Store(postgresql_server.url("shared"), connections=2)
    seed(store, customers=10)
    for _ in range(2):
        assert store.customers.by_number("45716") is not None
    postgresql_server.stop("fast")
    postgresql_server.start()
    for _ in range(4):
        assert store.customers.by_number("45716") is not None
    store.close()


def test_a_call_goes_on_while_the_server_is_away(
    postgresql_server: Server, postgresql_store: Store, tmp_path: Path
) -> None:
    """Begun in the database, continued in the spool, complete after the server's return."""
    seconds = iter(range(0, 100, 10))
    calls = CallLog(postgresql_store, Spool(tmp_path / "spool"), clock=lambda: next(seconds))
    call = begun()
    assert calls.begin(call) == "stored"
    postgresql_server.stop("fast")
    try:
        assert calls.add_turn(call.call_id, turn(1)) == "spooled"
        assert isinstance(calls.database_lost, DatabaseLost)
        refusal(DatabaseLost, lambda: postgresql_store.customers.by_number("45716"))
        assert calls.finish(ended(call.call_id)) == "spooled"
    finally:
        postgresql_server.start()
    assert calls.recover(NODE, NOW + timedelta(hours=1)).drained.written == 2
    record = postgresql_store.calls.get(call.call_id)
    assert record is not None and record.finished and record.turns == (turn(1),)


def test_a_server_that_freezes_is_given_up(
    postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No error and no end of the connection, just silence: our own deadline ends it."""
    monkeypatch.setattr(postgresql, "SILENCE_SECONDS", 0.2)
    store = Store(postgresql_server.url("shared"), connections=1)
    with store.database.reading() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with pytest.raises(DatabaseLost), store.database.reading() as connection:
        os.kill(backend, signal.SIGSTOP)
        try:
            connection.execute(select(CustomerRow))
        finally:
            os.kill(backend, signal.SIGCONT)
    assert store.customers.by_number("45716") is None
    store.close()


def test_waiting_holds_up_nobody_else(postgresql_store: Store) -> None:
    """A slow statement in the thread pool: the loop that lives the calls turns all the while."""
    longest, last = 0.0, time.perf_counter()

    def slow(_: int) -> None:
        with postgresql_store.database.reading() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(0.3)")

    pool = ThreadPool(3)
    working = pool.map_async(slow, range(3))
    turns = 0
    while not working.ready():
        gevent.sleep(0.005)  # the loop's heartbeat, which is what is measured
        now = time.perf_counter()
        longest, last, turns = max(longest, now - last), now, turns + 1
    working.get()
    pool.kill()
    # A loaded machine may hold one turn up; a wait on the loop would hold up all of them.
    assert turns > 10 and longest < 0.25
