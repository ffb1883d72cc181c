"""A statement is compiled once for all connections to a database, and for no other database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, literal, select
from sqlalchemy.sql.elements import ClauseElement

from data.compiled import MOST, Compiled, compiled_for
from data.database import open_database
from tests.data.postgresql import Server


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The dialects for which statements are compiled from now on, with none known."""
    compiled_for.cache_clear()
    found: list[str] = []
    usual = ClauseElement._compiler

    def noted(self: ClauseElement, dialect: Any, **named: Any) -> Any:
        found.append(dialect.name)
        return usual(self, dialect, **named)

    monkeypatch.setattr(ClauseElement, "_compiler", noted)
    return found


def _asked(connection: Connection, n: int) -> int:
    answer: int = connection.execute(select(literal(n).label("answer"))).scalar_one()
    return answer


def test_all_connections_share_it(store_url: str, compiled: list[str]) -> None:
    """Also those of whoever opens the same database again; and each gets the answer to its own question."""
    database, again = open_database(store_url), open_database(store_url)
    doors = (database.reading, database.writing, database.reading, database.inspecting, again.reading)
    for n, door in enumerate(doors):
        with door() as connection:
            assert _asked(connection, n) == n
    database.close()
    again.close()
    assert compiled == [database.backend]


def test_two_at_once_share_it(postgresql_server: Server, compiled: list[str]) -> None:
    """Each connection has an engine of its own."""
    database = open_database(postgresql_server.url("shared"))
    with database.reading() as one, database.reading() as other, database.writing() as third:
        assert [_asked(each, n) for n, each in enumerate((one, other, third))] == [0, 1, 2]
    database.close()
    assert compiled == ["postgresql"]


def test_another_kind_of_database_has_its_own(
    tmp_path: Path, postgresql_server: Server, compiled: list[str]
) -> None:
    for url in (f"sqlite:///{tmp_path / 'one.sqlite3'}", *map(postgresql_server.url, ("shared", "postgres"))):
        database = open_database(url)
        database.create()
        with database.reading() as connection:
            assert _asked(connection, 7) == 7
        database.close()
    assert compiled == ["sqlite", "postgresql", "postgresql"]


def test_there_is_an_end_to_what_is_kept() -> None:
    kept = Compiled()
    for n in range(MOST):
        kept["a dialect", n] = n
    assert len(kept) == MOST and kept.get(("another dialect", 0)) == 0
    kept["a dialect", "one more"] = 1
    assert len(kept) == 1 and kept.get(("a dialect", 0)) is None
