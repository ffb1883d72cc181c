"""A server in the test's own process that dies at a chosen instant: each statement and commit of its
database, and whatever else a test has passed for one.

tests/campaigns/actions/mortal.py kills a real process instead, where messages leave it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import Engine, event


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


class Mortal:
    """Counts the instants at which a server may be killed, and kills it at those that are chosen."""

    def __init__(self, *kill_at: int) -> None:
        self.instants, self.kill_at = 0, set(kill_at)
        self._connections: list[Any] = []

    def instant(self, *_: object) -> None:
        """One has come."""
        self.instants += 1
        if self.instants in self.kill_at:
            raise Killed

    def hang_up(self) -> None:
        """What the kernel does for a process that is gone: what was not committed was never there."""
        while self._connections:
            connection = self._connections.pop()
            with suppress(sqlite3.Error, psycopg.Error):  # closed by the pool already
                connection.rollback()
                connection.close()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every statement and every commit of the database is such an instant."""
        events: tuple[tuple[str, Callable[..., None]], ...] = (
            ("before_cursor_execute", self.instant),
            ("commit", self.instant),
            ("connect", self._connected),
        )
        for name, heard in events:
            event.listen(Engine, name, heard)
        try:
            yield
        finally:
            for name, heard in events:
                event.remove(Engine, name, heard)

    def _connected(self, connection: Any, _record: object) -> None:
        self._connections.append(connection)
