"""One declared query or statement on a database of the company.

Rules:
1. Values are bound by the driver; the text that runs is the operator's, letter for letter.
2. Look-ups run in a read-only session with a time limit that the database keeps itself.
3. SQLite blocks, so it runs in real threads of its own; PostgreSQL's driver waits cooperatively.
4. A look-up reads at most two rows: the second only tells that the answer is not one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import gevent
from gevent.threadpool import ThreadPool
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ivr.back_ends.declared import SqlSystem
from ivr.back_ends.errors import NotAsAgreed, RowRefused
from ivr.back_ends.queries import for_psycopg
from ivr.errors import BackEndUnfit
from ivr.outside.faults import NotAnswered, NotReached, OutOfTime

Values = Mapping[str, str | int | bool]
Row = Mapping[str, Any]
_EXAMPLE = "Write it as postgresql://user:password@host/name or sqlite:////path/to/file.sqlite3"


class SqlLink(Protocol):
    """The connections to one database."""

    def rows(self, query: str, values: Values, *, deadline: float) -> list[Row]:
        """At most two rows. Raises `NotReached`, `NotAnswered`, `OutOfTime`, `NotAsAgreed`."""

    def change(self, statement: str, values: Values, *, deadline: float) -> int:
        """How many rows it has changed. Raises as `rows`."""

    def close(self) -> None: ...


def open_sql(declared: SqlSystem) -> SqlLink:
    """Raises `BackEndUnfit`; connects when it is asked."""
    try:
        url = make_url(declared.database.read())
    except ArgumentError:
        raise BackEndUnfit("its database's address is not a URL", _EXAMPLE) from None
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:" and not url.query:
            return _Sqlite(Path(url.database), declared)
        case "postgresql":
            return _Postgresql(url, declared)
        case other:
            raise BackEndUnfit(f"a database of the kind {other} cannot be asked", _EXAMPLE)


class _Sqlite:
    def __init__(self, file: Path, declared: SqlSystem) -> None:
        self._address = f"file:{quote(str(file.absolute()))}?mode={'rw' if declared.writes else 'ro'}"
        self._threads = ThreadPool(declared.connections)

    def close(self) -> None:
        self._threads.kill()

    def rows(self, query: str, values: Values, *, deadline: float) -> list[Row]:
        return self._beside(query, values, deadline, reads=True)[0]

    def change(self, statement: str, values: Values, *, deadline: float) -> int:
        return self._beside(statement, values, deadline, reads=False)[1]

    def _beside(self, text: str, values: Values, deadline: float, *, reads: bool) -> tuple[list[Row], int]:
        ends_at = time.monotonic() + deadline
        done = None
        # The thread ends by itself at the deadline; if it is later than that, it hangs in the disk.
        quietly: Any = False  # gevent's word for a time that ends the block and raises nothing
        with gevent.Timeout(deadline + 0.5, quietly):
            done = self._threads.spawn(self._run, text, dict(values), ends_at, reads).get()
        if done is None:
            raise NotAnswered("the database does not come back from its disk")
        if isinstance(done, Exception):
            raise done
        rows, changed = done
        return rows, changed

    def _run(self, text: str, values: Values, ends_at: float, reads: bool) -> Any:
        # Faults are returned: gevent prints what a thread of its pool raises.
        late = False

        def out_of_time() -> bool:
            nonlocal late
            late = time.monotonic() >= ends_at
            return late

        try:
            left = max(0.001, ends_at - time.monotonic())
            with closing(sqlite3.connect(self._address, uri=True, timeout=left)) as connection:
                connection.set_progress_handler(out_of_time, 1000)
                if reads:
                    connection.execute("PRAGMA query_only = 1")
                connection.row_factory = sqlite3.Row
                with connection:
                    cursor = connection.execute(text, dict(values))
                    return [_plain(row) for row in cursor.fetchmany(2)] if reads else [], cursor.rowcount
        except sqlite3.Error as fault:
            return OutOfTime("the database was not done in time") if late else _of_sqlite(fault)


def _plain(row: sqlite3.Row) -> Row:
    return {
        name: Decimal(str(row[name])) if isinstance(row[name], float) else row[name]
        for name in row.keys()  # noqa: SIM118 - a row iterates over its values
    }


def _of_sqlite(fault: sqlite3.Error) -> Exception:
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_CANTOPEN:
            return NotReached("the database's file cannot be opened")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return NotReached("the database is locked by another program")
        case sqlite3.SQLITE_READONLY:
            return NotAsAgreed("the database may not be written")
        case sqlite3.SQLITE_CONSTRAINT:
            return RowRefused("the database refuses a row that contradicts another")
    return NotAsAgreed(f"the database cannot run it ({getattr(fault, 'sqlite_errorname', 'no code')})")


class _Postgresql:
    def __init__(self, url: URL, declared: SqlSystem) -> None:
        most = round(declared.deadline * 1000)
        limits = f"-c statement_timeout={most} -c lock_timeout={most // 2}"
        if not declared.writes:
            limits += " -c default_transaction_read_only=on"
        try:
            self._engine = create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=declared.connections,
                max_overflow=0,
                pool_timeout=declared.deadline,
                pool_pre_ping=True,
                connect_args={"options": limits, "connect_timeout": max(2, round(declared.deadline))},
                hide_parameters=True,
            )
        except (ImportError, SQLAlchemyError) as fault:
            raise BackEndUnfit(
                f"PostgreSQL cannot be asked ({fault})", "pip install 'psycopg[binary]'"
            ) from fault

    def close(self) -> None:
        self._engine.dispose()

    def rows(self, query: str, values: Values, *, deadline: float) -> list[Row]:
        return self._run(query, values, deadline, reads=True)[0]

    def change(self, statement: str, values: Values, *, deadline: float) -> int:
        return self._run(statement, values, deadline, reads=False)[1]

    def _run(self, text: str, values: Values, deadline: float, *, reads: bool) -> tuple[list[Row], int]:
        out_of_time = gevent.Timeout(deadline)
        connected = False
        try:
            with out_of_time, self._engine.connect() as connection:
                connected = True
                connection.execution_options(postgresql_readonly=reads)
                with connection.begin():
                    result = connection.exec_driver_sql(for_psycopg(text), dict(values))
                    rows: list[Row] = [dict(row) for row in result.mappings().fetchmany(2)] if reads else []
                    return rows, result.rowcount
        except gevent.Timeout as timeout:
            if timeout is not out_of_time:
                raise
            raise OutOfTime("the database was not done in time") from None
        except PoolTimeout:
            raise NotReached("all connections to it are in use") from None
        except DBAPIError as fault:
            raise _of_postgresql(fault, connected=connected) from None


def _of_postgresql(fault: DBAPIError, *, connected: bool) -> Exception:
    state = getattr(fault.orig, "sqlstate", None) or ""
    if state == "57014":
        return OutOfTime("the database was not done in time")
    if state in ("40001", "40P01", "55P03"):
        return NotReached("the database is busy with the same rows")
    if not connected:
        return NotReached("no connection to the database")
    if fault.connection_invalidated or state.startswith(("08", "57P")) or not state:
        return NotAnswered("the connection to the database broke off")
    return _of_statement(state)


def _of_statement(state: str) -> NotAsAgreed:
    if state.startswith("23"):
        return RowRefused("the database refuses a row that contradicts another")
    if state == "25006":
        return NotAsAgreed("the database may not be written in a look-up")
    return NotAsAgreed(f"the database cannot run it (SQLSTATE {state})")
