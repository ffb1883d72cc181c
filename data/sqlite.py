"""SQLite: one file, one writer, any number of readers.

Rules:
1. SQLite has one writer. Whoever will write takes the lock at the start (BEGIN IMMEDIATE), so that a
   transaction either has its turn or fails before it has done anything; readers never wait for it (WAL).
2. Nobody waits for their turn longer than `LOCK_SECONDS`, whoever is in the way: another process, or
   another thread of ours.
3. A missing file is never created by looking into it; only an upgrade creates one.
4. One connection reads and one writes, each used by one thread at a time (`data.one_at_a_time`).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Literal, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, Pool, StaticPool
from typing_extensions import override

from data import sqlite_faults as faults
from data.compiled import compiled_for
from data.database import LOCK_SECONDS, URL_EXAMPLE, Database, Integrity
from data.errors import DatabaseLost, DatabaseUrlWrong, RecordRefused
from data.one_at_a_time import OneAtATime, pause

QUICK_CHECK_SECONDS = 1.0
"""A large file is not read through at every start; a thorough check takes the time."""
UPGRADE_SECONDS = 30.0
"""How long an upgrade waits for another one. On a busy machine the first one of all holds the file for
longer than `LOCK_SECONDS`, and a second server that starts meanwhile has only to wait."""
_SQLITE_WAITS = 0.2
"""Seconds that SQLite waits by itself; the rest is ours, so that one deadline covers both queues."""
Result = TypeVar("Result")


class _Desk:
    """One connection and the queue before it."""

    def __init__(self, engine: Engine, begin: str) -> None:
        self.engine = engine
        self.begin = begin
        self.queue = OneAtATime()
        self.identity: tuple[int, int] | None = None
        """Device and inode of the file that the connection has open."""
        self.kept_out = False
        """Whether the last who tried to begin here was refused by SQLite: somebody else has the file. Whoever
        then waits in the queue in vain waits for that, and not for our own work."""


class Sqlite(Database):
    """A database in a file."""

    backend: ClassVar[Literal["sqlite", "postgresql"]] = "sqlite"

    def __init__(self, url: URL) -> None:
        self.file = _file_of(url)
        """The SQLite file, absolute."""
        self._reader = _Desk(self._engine(StaticPool), "BEGIN")
        self._writer = _Desk(self._engine(StaticPool), "BEGIN IMMEDIATE")

    @property
    @override
    def shown(self) -> str:
        return str(self.file)

    @contextmanager
    @override
    def reading(self) -> Iterator[Connection]:
        """A connection in a read transaction: one consistent view, rolled back at the end."""
        with self._turn(self._reader) as connection:
            yield connection
            connection.rollback()

    @contextmanager
    @override
    def writing(self) -> Iterator[Connection]:
        """A connection that holds the write lock; committed at the end, rolled back on any exception."""
        with self._turn(self._writer) as connection:
            yield connection
            connection.commit()

    @contextmanager
    @override
    def inspecting(self) -> Iterator[Connection]:
        """A connection of its own for what takes long, so that nobody else waits for it."""
        faults.insist_on_place(self.file, must_exist=True)
        with self._translated(), _lone(self._engine(NullPool)) as connection:
            yield connection

    @contextmanager
    @override
    def scrubbing(self) -> Iterator[Connection]:
        """What is deleted is overwritten, and the write-ahead log, which still has it, is emptied."""
        with self._turn(self._writer) as connection:
            driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            driver.execute("PRAGMA secure_delete = ON")
            try:
                yield connection
                connection.commit()
            finally:
                driver.execute("PRAGMA secure_delete = OFF")
        # A reader that is in the middle of something holds the log: the next checkpoint empties it then.
        with self._translated(), closing(_connect(self.file, foreign_keys=True)) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    @contextmanager
    @override
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

    @contextmanager
    @override
    def upgrading(self) -> Iterator[None]:
        """A turn by flock(2) on the folder, so that nothing is left behind and a killed process lets go.

        Not on the file: to close it here would give away the locks that SQLite has on it in this process.
        Whose turn does not come goes on all the same: SQLite's own lock then says what is to be said. So does
        who may not read the folder, or whose disk knows no such locks.
        """
        faults.insist_on_place(self.file, must_exist=False)
        with ExitStack() as held:
            with suppress(OSError):
                folder = os.open(self.file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                held.callback(os.close, folder)
                _take_turn(folder, time.monotonic() + UPGRADE_SECONDS)
                held.callback(fcntl.flock, folder, fcntl.LOCK_UN)  # at once: gevent may put the closing off
            yield

    @override
    def insist_on_place(self) -> None:
        faults.insist_on_place(self.file, must_exist=True)

    @override
    def create(self) -> None:
        """An empty file that only the server's user reads: it will hold people's data."""
        faults.insist_on_place(self.file, must_exist=False)
        try:
            os.close(os.open(self.file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise DatabaseLost(
                f"the database {self.file} cannot be created ({error.strerror})",
                remedy="look at its disk and folder",
            ) from error

    @override
    def settle(self) -> None:
        """Write-ahead logging is a property of the file: set once, kept for ever."""
        if self.switch_to_wal() != "wal":
            raise DatabaseLost(
                f"the disk of {self.shown} does not allow write-ahead logging",
                remedy="put the database on a local disk (not on a network share)",
            )

    @override
    def integrity(self, *, thorough: bool) -> Integrity:
        # On a connection of its own: calls go on being recorded while a large file is read through.
        with self.inspecting() as connection:
            driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            return self._quick_check(driver, thorough=thorough)

    def _quick_check(self, driver: sqlite3.Connection, *, thorough: bool) -> Integrity:
        deadline = time.monotonic() + QUICK_CHECK_SECONDS
        if not thorough:
            driver.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        try:
            found = driver.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return "not read to the end"
            raise
        finally:
            driver.set_progress_handler(None, 0)
        if found != "ok":
            raise faults.corrupt(self.shown, str(found).replace("\n", " "))
        return "sound"

    def switch_to_wal(self) -> str:
        """Asks SQLite for write-ahead logging; returns the journal mode that the file has now."""
        deadline = time.monotonic() + LOCK_SECONDS
        with self._translated(), closing(_connect(self.file, foreign_keys=True)) as connection:
            switched = _patiently(
                lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone(), deadline
            )
            return str(switched[0])

    @override
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
            raise faults.locked(self.shown) if desk.kept_out else faults.busy(self.shown)
        try:
            self._insist_on_same_file(desk)
            with self._translated(), desk.engine.connect() as connection:
                self._begin_at(desk, connection, deadline)
                yield connection
        finally:
            desk.queue.leave(ticket)

    @staticmethod
    def _begin_at(desk: _Desk, connection: Connection, deadline: float) -> None:
        def attempt() -> None:
            try:
                connection.exec_driver_sql(desk.begin)
            except DBAPIError as error:
                desk.kept_out = faults.is_busy(error)
                raise
            desk.kept_out = False

        _patiently(attempt, deadline)

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

        return create_engine(
            "sqlite://",
            creator=connect,
            poolclass=pool,
            hide_parameters=True,
            query_cache_size=0,
            execution_options={"compiled_cache": compiled_for("sqlite")},
        )


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


def _take_turn(folder: int, deadline: float) -> None:
    """flock(2) on an open folder, asked for until the deadline (monotonic). Raises `OSError` without it."""
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            pause(_SQLITE_WAITS)
        else:
            return


def _file_of(url: URL) -> Path:
    path = url.database
    if not path or path == ":memory:" or path.startswith("file:") or url.query:
        raise DatabaseUrlWrong("the SQLite database must be a plain file", remedy=URL_EXAMPLE)
    if "\0" in path:
        raise DatabaseUrlWrong("the database's path holds a NUL character", remedy=URL_EXAMPLE)
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 -- resolve() would follow links
