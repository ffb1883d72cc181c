"""PostgreSQL: a bounded number of connections, each wait with a deadline, and a new connection after a loss.

Rules:
1. Statements of the server's own (`statement_timeout`, `lock_timeout`) end what takes too long; the driver's
   wait has a deadline of its own, for a server that is gone or frozen and says nothing any more.
2. A connection that is lost is noticed when its transaction begins, and replaced once: after a restart of
   the server nobody sees an error. What is lost later breaks off, and tells so.
3. Threads wait in C, without gevent's loop and without its locks (docs/decisions/data-postgresql.md).
"""

from __future__ import annotations

import select
import time
from _queue import Empty, SimpleQueue  # `queue.SimpleQueue` is gevent's once patched, this one never
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal, TypeVar

import psycopg
from gevent.monkey import get_original
from psycopg import generators, waiting
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from typing_extensions import override

from data import postgresql_faults as faults
from data.compiled import compiled_for
from data.database import LOCK_SECONDS, URL_EXAMPLE, Database, Integrity
from data.errors import DatabaseLost, DatabaseUrlWrong, RecordRefused

CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 3.0
"""How long one statement of a call may take; the server breaks it off."""
SILENCE_SECONDS = 4.0
"""How long we wait for a server that says nothing at all."""
LONG_SECONDS = 3600.0
"""For imports, migrations and reports, on connections of their own."""
_MIGRATION_LOCK = 0x69767231
"""Names the advisory lock of those who migrate: "ivr1"."""
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

Returned = TypeVar("Returned")
_poll: type[select.poll] = get_original("select", "poll")


class _Patient(psycopg.Connection[Any]):
    """A connection that waits in its own thread, and not for ever."""

    patience: float = SILENCE_SECONDS
    """Seconds without a word from the server, after which it counts as gone."""

    @classmethod
    def to(cls, conninfo: str, *, patience: float) -> _Patient:
        """Connects within `CONNECT_SECONDS`. Raises `psycopg.OperationalError`."""
        pgconn = _waited(generators.connect(conninfo), None, CONNECT_SECONDS)
        connection = cls(pgconn)
        connection.patience = patience
        connection.autocommit = True  # transactions are begun by `_begin`, not guessed by the driver
        return connection

    @override
    def wait(
        self, gen: Generator[Any, Any, Returned], interval: float = 0.0, timeout: float | None = None
    ) -> Returned:
        try:
            return _waited(gen, self.pgconn.socket, self.patience if timeout is None else timeout)
        except (_Silence, KeyboardInterrupt):
            # Whatever it was doing, nobody will read its answer.
            self.pgconn.finish()
            raise


class _Silence(psycopg.OperationalError):
    """The server said nothing for longer than we wait."""


class _Desk:
    """One connection, used by one thread at a time; with an engine of its own, so that no lock is shared."""

    def __init__(self, url: URL, patience: float, statement_seconds: float) -> None:
        self._conninfo = _conninfo(url, statement_seconds)
        self._patience = patience
        self.engine = _engine(self._connect, url.render_as_string(hide_password=True))

    def begun(self, begin: str) -> Connection:
        """A connection inside a transaction; a lost one is replaced once."""
        connection = self.engine.connect()
        try:
            connection.exec_driver_sql(begin)
        except DBAPIError as error:
            connection.close()
            if not faults.is_lost(error):
                raise
            self.engine.dispose()
            connection = self.engine.connect()
            connection.exec_driver_sql(begin)
        return connection

    def _connect(self) -> _Patient:
        return _Patient.to(self._conninfo, patience=self._patience)


class PostgreSql(Database):
    """A database on a PostgreSQL server."""

    backend: ClassVar[Literal["sqlite", "postgresql"]] = "postgresql"

    def __init__(self, url: URL, *, connections: int) -> None:
        if not url.database:
            raise DatabaseUrlWrong("the address names no database", remedy=URL_EXAMPLE)
        self._url = url
        self._shown = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self._desks = [_Desk(url, SILENCE_SECONDS, STATEMENT_SECONDS) for _ in range(max(1, connections))]
        self._free: SimpleQueue[_Desk] = SimpleQueue()
        for desk in self._desks:
            self._free.put(desk)

    @property
    @override
    def shown(self) -> str:
        return self._shown

    @contextmanager
    @override
    def reading(self) -> Iterator[Connection]:
        with self._turn(_READ) as connection:
            yield connection
            # There is nothing to take back, and after a rollback the driver forgets its prepared statements.
            connection.commit()

    @contextmanager
    @override
    def writing(self) -> Iterator[Connection]:
        with self._turn(_WRITE) as connection:
            yield connection
            connection.commit()

    @contextmanager
    @override
    def inspecting(self) -> Iterator[Connection]:
        with self._lone(_READ) as connection:
            yield connection
            connection.rollback()

    @contextmanager
    @override
    def scrubbing(self) -> Iterator[Connection]:
        # Dead rows are the server's to clear away (autovacuum), like its logs and backups.
        with self._lone(_WRITE) as connection:
            yield connection
            connection.commit()

    @contextmanager
    @override
    def migrating(self) -> Iterator[Connection]:
        with self._lone(_WRITE) as connection:
            # The others wait here, and then find the work done.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            yield connection
            connection.commit()

    @override
    def insist_on_place(self) -> None:
        """A server's place is known when it is asked: by whatever is done next."""

    @override
    def create(self) -> None:
        """A database is the administrator's to create; here it is only looked at."""
        with self.reading() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise DatabaseUrlWrong(
                f"the database {self.shown} is encoded in {encoding}",
                remedy="create one with `createdb --encoding UTF8`: names of people need it",
            )

    @override
    def settle(self) -> None:
        """Nothing: a server's properties are its administrator's."""

    @override
    def integrity(self, *, thorough: bool) -> Integrity:
        return "kept by the server"

    @override
    def close(self) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        free: list[_Desk] = []
        for _ in self._desks:
            try:
                free.append(self._free.get(timeout=max(0.0, deadline - time.monotonic())))
            except Empty:
                break
        for desk in free:
            desk.engine.dispose()
            self._free.put(desk)

    @contextmanager
    def _turn(self, begin: str) -> Iterator[Connection]:
        try:
            desk = self._free.get(timeout=LOCK_SECONDS)
        except Empty:
            raise faults.busy(self.shown) from None
        try:
            with self._at(desk, begin) as connection:
                yield connection
        finally:
            self._free.put(desk)

    @contextmanager
    def _lone(self, begin: str) -> Iterator[Connection]:
        desk = _Desk(self._url, LONG_SECONDS, LONG_SECONDS)
        try:
            with self._at(desk, begin) as connection:
                yield connection
        finally:
            desk.engine.dispose()

    @contextmanager
    def _at(self, desk: _Desk, begin: str) -> Iterator[Connection]:
        try:
            with desk.begun(begin) as connection:
                yield connection
        except (DBAPIError, psycopg.Error) as error:
            fault = faults.translated(error, shown=self.shown)
            if isinstance(fault, DatabaseLost):
                desk.engine.dispose()
            if isinstance(fault, RecordRefused):
                raise fault from None  # the server's words hold the row's values
            raise fault from error


def _engine(connect: Any, database: str) -> Engine:
    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=StaticPool,
        hide_parameters=True,
        query_cache_size=0,
        execution_options={"compiled_cache": compiled_for(database)},
        use_native_hstore=False,  # would ask the server about a type that we have not, at each connection
    )


def _conninfo(url: URL, statement_seconds: float) -> str:
    """libpq's words for a URL, with what every session of ours is told."""
    words = url.translate_connect_args(username="user", database="dbname")
    statement = int(statement_seconds * 1000)
    lock = int(min(LOCK_SECONDS, statement_seconds) * 1000) if statement_seconds < LONG_SECONDS else 30_000
    settings = {
        "TimeZone": "UTC",
        "client_encoding": "UTF8",
        "statement_timeout": statement,
        "lock_timeout": lock,
        "idle_in_transaction_session_timeout": int(LONG_SECONDS * 1000),
    }
    told: dict[str, Any] = {
        "application_name": "ivr",
        "connect_timeout": 2,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 5000,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
    try:
        return make_conninfo(
            "", **{**told, **words, **{name: _one(value) for name, value in url.query.items()}}
        )
    except psycopg.ProgrammingError as wrong:
        raise DatabaseUrlWrong(
            f"the database's address says what PostgreSQL does not know ({wrong})", remedy=URL_EXAMPLE
        ) from None


def _one(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else value[-1]


def _waited(gen: Generator[Any, Any, Returned], fileno: int | None, seconds: float) -> Returned:
    """What a generator of the driver's returns, waiting for its socket in this thread alone.

    Raises `_Silence` when the socket is not ready for longer than `seconds`. While it connects, the
    generator names the socket itself, because libpq may change it.
    """
    try:
        wanted = next(gen)
        while True:
            socket, way = wanted if fileno is None else (fileno, wanted)
            wanted = gen.send(_ready(socket, way, seconds))
    except StopIteration as end:
        returned: Returned = end.value
        return returned


def _ready(socket: int, way: int, seconds: float) -> waiting.Ready:
    asked = (select.POLLIN if way & waiting.WAIT_R else 0) | (select.POLLOUT if way & waiting.WAIT_W else 0)
    poll = _poll()
    poll.register(socket, asked)
    events = poll.poll(int(seconds * 1000))
    if not events:
        raise _Silence(f"no answer within {seconds:g} seconds")
    happened = events[0][1]
    # Broken connections are ready for both: libpq then finds out what is wrong.
    reads = bool(happened & ~select.POLLOUT) and bool(way & waiting.WAIT_R)
    writes = bool(happened & ~select.POLLIN) and bool(way & waiting.WAIT_W)
    return waiting.Ready((waiting.READY_R if reads else 0) | (waiting.READY_W if writes else 0))
