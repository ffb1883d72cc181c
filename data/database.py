"""The engine: connections, transactions, and faults turned into errors that say what to do.

Rules:
1. SQLite has one writer. Whoever will write takes the lock at the start (BEGIN IMMEDIATE), so that a
   transaction either has its turn or fails before it has done anything; readers never wait for it (WAL).
2. Nobody waits for their turn longer than `LOCK_SECONDS`, whoever is in the way: another process, or
   another thread of ours.
3. A missing file is never created by looking into it; only `data.schema` creates one.
4. Every exception that leaves `reading()` or `writing()` because of the database is a `DataError`.
5. Blocking and thread-safe; the application calls it from a pool of real threads. One connection reads and
   one writes, each used by one thread at a time, and no lock of gevent's is met (`data.one_at_a_time`).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool, Pool, StaticPool

from data import faults
from data.errors import DatabaseLost, DatabaseUrlWrong, RecordRefused
from data.one_at_a_time import OneAtATime, pause

LOCK_SECONDS = 1.4
"""Seconds to wait for the turn to write; an operator's error message then comes within two."""
_SQLITE_WAITS = 0.2
"""Seconds that SQLite waits by itself; the rest is ours, so that one deadline covers both queues."""
_URL_EXAMPLE = "give a path such as sqlite:////var/lib/ivr/ivr.sqlite3"
Result = TypeVar("Result")


class _Desk:
    """One connection and the queue before it."""

    def __init__(self, engine: Engine, begin: str) -> None:
        self.engine = engine
        self.begin = begin
        self.queue = OneAtATime()
        self.identity: tuple[int, int] | None = None
        """Device and inode of the file that the connection has open."""


class Database:
    """One database. `reading()` and `writing()` give connections inside a transaction."""

    def __init__(self, url: str) -> None:
        self.file = _file_of(_checked_url(url))
        """The SQLite file, absolute."""
        self._reader = _Desk(self._engine(StaticPool), "BEGIN")
        self._writer = _Desk(self._engine(StaticPool), "BEGIN IMMEDIATE")

    @property
    def shown(self) -> str:
        """The address for people."""
        return str(self.file)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a read transaction: one consistent view, rolled back at the end."""
        with self._turn(self._reader) as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; committed at the end, rolled back on any exception."""
        with self._turn(self._writer) as connection:
            yield connection
            connection.commit()

    @contextmanager
    def inspecting(self) -> Iterator[Connection]:
        """A connection of its own for what takes long, so that nobody else waits for it."""
        faults.insist_on_place(self.file, must_exist=True)
        with self._translated(), _lone(self._engine(NullPool)) as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection for schema changes: as `writing()`, but tables may be rebuilt meanwhile.

        Foreign keys are not enforced while SQLite copies a table; they are verified before the commit.
        """
        with (
            self._translated(),
            _lone(self._engine(NullPool, foreign_keys=False)) as connection,
        ):
            _begin(connection, "BEGIN IMMEDIATE", time.monotonic() + LOCK_SECONDS)
            yield connection
            self._insist_on_foreign_keys(connection)
            connection.commit()

    def switch_to_wal(self) -> str:
        """Asks SQLite for write-ahead logging; returns the journal mode that the file has now."""
        deadline = time.monotonic() + LOCK_SECONDS
        with self._translated(), closing(_connect(self.file, foreign_keys=True)) as connection:
            switched = _patiently(
                lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone(), deadline
            )
            return str(switched[0])

    def close(self) -> None:
        """Closes the connections that are free within `LOCK_SECONDS`; SQLite then tidies its `-wal` away."""
        for desk in (self._reader, self._writer):
            ticket = desk.queue.enter(timeout=LOCK_SECONDS)
            if ticket is not None:
                desk.engine.dispose()
                desk.queue.leave(ticket)

    @contextmanager
    def _turn(self, desk: _Desk) -> Iterator[Connection]:
        deadline = time.monotonic() + LOCK_SECONDS
        ticket = desk.queue.enter(timeout=LOCK_SECONDS)
        if ticket is None:
            raise faults.busy(self.shown)
        try:
            self._insist_on_same_file(desk)
            with self._translated(), desk.engine.connect() as connection:
                _begin(connection, desk.begin, deadline)
                yield connection
        finally:
            desk.queue.leave(ticket)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise faults.translated(error, shown=self.shown, file=self.file) from error

    def _insist_on_same_file(self, desk: _Desk) -> None:
        """Without this, records would go on into a file that somebody has removed, and vanish with it."""
        try:
            status = self.file.stat()
        except OSError:
            desk.engine.dispose()
            desk.identity = None
            faults.insist_on_place(self.file, must_exist=True)
            raise DatabaseLost(
                f"the database {self.file} cannot be seen", remedy="look at its disk and folder"
            ) from None
        identity = (status.st_dev, status.st_ino)
        if desk.identity not in (None, identity):
            desk.engine.dispose()
        desk.identity = identity

    @staticmethod
    def _insist_on_foreign_keys(connection: Connection) -> None:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RecordRefused(
                f"the migration would leave a row of {broken[0]} without its parent",
                remedy="nothing was changed; report this, and go on with the old version",
            )

    def _engine(self, pool: type[Pool], *, foreign_keys: bool = True) -> Engine:
        def connect() -> sqlite3.Connection:
            return _connect(self.file, foreign_keys=foreign_keys)

        return create_engine("sqlite://", creator=connect, poolclass=pool)


@contextmanager
def _lone(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _connect(file: Path, *, foreign_keys: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode=rw",
        uri=True,
        timeout=_SQLITE_WAITS,
        isolation_level=None,  # transactions are begun by `_begin`, not guessed by the driver
        check_same_thread=False,  # one thread at a time: `OneAtATime`
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


def _begin(connection: Connection, statement: str, deadline: float) -> None:
    """BEGIN, tried until the deadline (monotonic) if SQLite is busy."""
    _patiently(lambda: connection.exec_driver_sql(statement), deadline)


def _patiently(attempt: Callable[[], Result], deadline: float) -> Result:
    """`attempt`, made again until the deadline while SQLite is busy.

    SQLite itself waits inside one attempt, but in some states (recovery of the WAL, a change of
    journal, another process just closing the file) it reports busy at once.
    """
    wait = 0.002
    while True:
        try:
            return attempt()
        except (DBAPIError, sqlite3.Error) as error:
            if not faults.is_busy(error) or time.monotonic() + wait >= deadline:
                raise
        pause(wait)
        wait = min(wait * 2, 0.1)


def _checked_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUrlWrong("the database's address is not a URL", remedy=_URL_EXAMPLE) from None
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise DatabaseUrlWrong(
            f"this version works with SQLite, not with {parsed.get_backend_name()}", remedy=_URL_EXAMPLE
        )
    return parsed


def _file_of(url: URL) -> Path:
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:") or url.query:
        raise DatabaseUrlWrong("the SQLite database must be a plain file", remedy=_URL_EXAMPLE)
    if "\0" in path:
        raise DatabaseUrlWrong("the database's path holds a NUL character", remedy=_URL_EXAMPLE)
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 -- resolve() would follow links
