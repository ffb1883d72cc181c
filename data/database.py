"""The door to a database, whichever it is: transactions, and faults turned into errors that say what to do.

Rules:
1. Nobody waits for their turn longer than `LOCK_SECONDS`, whoever is in the way.
2. Every exception that leaves a transaction because of the database is a `DataError`.
3. Blocking and thread-safe; the application calls it from a pool of real threads, and no lock of gevent's
   is met there (docs/decisions/data-threads.md).
4. A transaction is not begun inside another one: it may wait for itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, Literal

from sqlalchemy import Connection, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from data.errors import DatabaseUrlWrong

LOCK_SECONDS = 1.4
"""Seconds to wait for the turn to write; an operator's error message then comes within two."""
CONNECTIONS = 6
"""How many connections a process keeps to a server, if it is not told."""
URL_EXAMPLE = "give a path such as sqlite:////var/lib/ivr/ivr.sqlite3, or a server such as postgresql://ivr@db.example/ivr"
Integrity = Literal["sound", "not read to the end", "kept by the server"]


class Database(ABC):
    """One database. `reading()` and `writing()` give connections inside a transaction."""

    backend: ClassVar[Literal["sqlite", "postgresql"]]

    @property
    @abstractmethod
    def shown(self) -> str:
        """The address for people; without a password."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection in a read transaction: one consistent view, rolled back at the end."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Connection]:
        """A connection that may write; committed at the end, rolled back on any exception.

        On SQLite it holds the one write lock; on PostgreSQL others write at the same time, and what must not
        happen twice is said by the statement itself (a condition, a lock on the row, a unique key).
        """

    @abstractmethod
    def inspecting(self) -> AbstractContextManager[Connection]:
        """A connection of its own for reading what takes long, so that nobody else waits for it."""

    @abstractmethod
    def scrubbing(self) -> AbstractContextManager[Connection]:
        """As `writing()`, for an erasure: where it is ours to do, nothing stays readable in the files."""

    @abstractmethod
    def migrating(self) -> AbstractContextManager[Connection]:
        """A connection for schema changes: one transaction, and one process at a time."""

    def upgrading(self) -> AbstractContextManager[None]:
        """The turn to upgrade, among processes that start together; not for use inside itself.

        Here nothing: a server keeps the turn itself, when `migrating()` asks.
        """
        return nullcontext()

    @abstractmethod
    def insist_on_place(self) -> None:
        """Raises the `DataError` that tells why there can be no database at this address."""

    @abstractmethod
    def create(self) -> None:
        """Makes an empty database where that is ours to do; what is there already stays."""

    @abstractmethod
    def settle(self) -> None:
        """Gives a database of ours the lasting properties that it works with."""

    @abstractmethod
    def integrity(self, *, thorough: bool) -> Integrity:
        """Looks whether what is stored is whole. Raises `DatabaseCorrupt`."""

    @abstractmethod
    def close(self) -> None:
        """Closes the connections that are free within `LOCK_SECONDS`. It may be used again afterwards."""


def open_database(url: str, *, connections: int = CONNECTIONS) -> Database:
    """The database at a SQLAlchemy URL; nothing is opened until it is needed. Raises `DatabaseUrlWrong`."""
    parsed = _parsed(url)
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite":
            from data.sqlite import Sqlite  # noqa: PLC0415 -- both build on this module, and one is enough

            return Sqlite(parsed)
        case "postgresql" | "postgresql+psycopg" | "postgres":
            from data.postgresql import PostgreSql  # noqa: PLC0415

            return PostgreSql(parsed, connections=connections)
        case _:
            raise DatabaseUrlWrong(
                f"this version works with SQLite and PostgreSQL, not with {parsed.get_backend_name()}",
                remedy=URL_EXAMPLE,
            )


def with_password(url: str, password: str) -> str:
    """The address with the password that is kept apart from it. Raises `DatabaseUrlWrong`."""
    return _parsed(url).set(password=password).render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUrlWrong("the database's address is not a URL", remedy=URL_EXAMPLE) from None
