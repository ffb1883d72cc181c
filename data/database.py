"""The engine: connections, transactions, and faults turned into errors that say what to do.

Rules:
1. SQLite has one writer. Whoever will write takes the lock at the start (BEGIN IMMEDIATE), so that a
   transaction either has its turn or fails before it has done anything; readers never wait (WAL).
2. Nobody waits for the lock longer than `LOCK_SECONDS`, however the wait came about.
3. A missing file is never created by looking into it; only `data.schema` creates one.
4. Every exception that leaves `reading()` or `writing()` because of the database is a `DataError`.
5. Blocking and thread-safe; the application calls it from a pool of real threads.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, QueuePool

from data import faults
from data.errors import DatabaseLost, DatabaseUrlWrong, RecordRefused

LOCK_SECONDS = 1.5
"""Seconds to wait for SQLite's write lock; an operator's error message then comes within two."""
_WRITES = "ivr_writes"
Result = TypeVar("Result")
_URL_EXAMPLE = "give a path such as sqlite:////var/lib/ivr/ivr.sqlite3"


class Database:
    """One database. `reading()` and `writing()` give connections inside a transaction."""

    def __init__(self, url: str) -> None:
        self.url = _checked_url(url)
        self.file = _file_of(self.url)
        """The SQLite file, absolute; `None` for a server."""
        self._engine = self._make_engine(foreign_keys=True)
        self._identity: tuple[int, int] | None = None
        self._identity_lock = threading.Lock()

    @property
    def shown(self) -> str:
        """The address for people: a path, or the URL with its password hidden."""
        return str(self.file) if self.file else self.url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.get_backend_name()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a read transaction: one consistent view, rolled back at the end."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; committed at the end, rolled back on any exception."""
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection for schema changes: as `writing()`, but tables may be rebuilt meanwhile.

        Foreign keys are not enforced while SQLite copies a table; they are verified before the commit.
        """
        engine = self._make_engine(foreign_keys=False)
        try:
            with self._translated(), engine.connect() as connection:
                writer = connection.execution_options(**{_WRITES: True})
                with writer.begin():
                    yield writer
                    if self.file:
                        self._insist_on_foreign_keys(writer)
        finally:
            engine.dispose()

    def switch_to_wal(self) -> str:
        """Asks SQLite for write-ahead logging; returns the journal mode that the file has now."""
        assert self.file is not None
        with self._translated(), closing(_connect(self.file, foreign_keys=True)) as connection:
            switched = _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone())
            return str(switched[0])

    def close(self) -> None:
        """Closes the connections that are not in use; SQLite then tidies its `-wal` away."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        self._insist_on_same_file()
        with self._translated(), self._engine.connect() as connection:
            marked = connection.execution_options(**{_WRITES: writes})
            with marked.begin() as transaction:
                yield marked
                if not writes:
                    transaction.rollback()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error, PoolTimeoutError) as error:
            raise faults.translated(error, shown=self.shown, file=self.file) from error

    def _insist_on_same_file(self) -> None:
        """Without this, records would go on into a file that somebody has removed, and vanish with it."""
        if self.file is None:
            return
        try:
            status = self.file.stat()
        except OSError:
            self._engine.dispose()
            self._identity = None
            faults.insist_on_place(self.file, must_exist=True)
            raise DatabaseLost(
                f"the database {self.file} cannot be seen", remedy="look at its disk and folder"
            ) from None
        identity = (status.st_dev, status.st_ino)
        with self._identity_lock:
            changed = self._identity not in (None, identity)
            self._identity = identity
        if changed:
            self._engine.dispose()

    @staticmethod
    def _insist_on_foreign_keys(connection: Connection) -> None:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RecordRefused(
                f"the migration would leave a row of {broken[0]} without its parent",
                remedy="nothing was changed; report this, and go on with the old version",
            )

    def _make_engine(self, *, foreign_keys: bool) -> Engine:
        if self.file is None:
            return _server_engine(self.url)
        file = self.file

        def connect() -> sqlite3.Connection:
            return _connect(file, foreign_keys=foreign_keys)

        # The number of threads bounds the number of connections, so nobody ever waits for one.
        pool = {"poolclass": QueuePool, "pool_size": 8, "max_overflow": -1} if foreign_keys else {}
        engine = create_engine("sqlite://", creator=connect, **(pool or {"poolclass": NullPool}))
        event.listen(engine, "begin", _begin)
        return engine


def _connect(file: Path, *, foreign_keys: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode=rw",
        uri=True,
        timeout=LOCK_SECONDS,
        isolation_level=None,  # transactions are begun by `_begin`, not guessed by the driver
        check_same_thread=False,  # the pool hands a connection to one thread at a time
    )
    try:
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        # In WAL a power cut may take back the last commits, but a crash of ours takes nothing, and
        # the database stays whole. docs/decisions says why that is right for call records.
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    """BEGIN, with the lock where it will be needed."""
    writes = connection.get_execution_options().get(_WRITES)
    _patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN"))


def _patiently(attempt: Callable[[], Result]) -> Result:
    """`attempt`, made again within `LOCK_SECONDS` while SQLite is busy.

    SQLite itself waits inside one attempt, but in some states (recovery of the WAL, a change of
    journal, another process just closing the file) it reports busy at once.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    pause = 0.002
    while True:
        try:
            return attempt()
        except (DBAPIError, sqlite3.Error) as error:
            if not faults.is_busy(error) or time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 0.1)


def _checked_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUrlWrong("the database's address is not a URL", remedy=_URL_EXAMPLE) from None
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise DatabaseUrlWrong(
            f"databases of the kind {parsed.drivername!r} are not supported", remedy=_URL_EXAMPLE
        )
    return parsed


def _file_of(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite":
        return None
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:") or url.query:
        raise DatabaseUrlWrong("the SQLite database must be a plain file", remedy=_URL_EXAMPLE)
    if "\0" in path:
        raise DatabaseUrlWrong("the database's path holds a NUL character", remedy=_URL_EXAMPLE)
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 -- resolve() would follow links


def _server_engine(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise DatabaseUrlWrong(
            "this installation has no driver for PostgreSQL", remedy="use SQLite: " + _URL_EXAMPLE
        ) from None
