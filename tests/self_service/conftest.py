"""A world on each database: made once with its customers, and copied for whoever changes it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.seeds import seed
from data.store import Store
from tests.data.conftest import postgresql_server
from tests.data.postgresql import Server
from tests.databases import store_at
from tests.self_service.world import World

__all__ = ["postgresql_server"]

CUSTOMERS = 10
_COUNT = itertools.count()


@pytest.fixture(scope="session")
def seeded_postgresql(postgresql_server: Server) -> Server:
    """A server with the database `seeded` to copy."""
    postgresql_server.sql("CREATE DATABASE seeded TEMPLATE upgraded")
    store = Store(postgresql_server.url("seeded"))
    seed(store, customers=CUSTOMERS)
    store.close()
    return postgresql_server


LANGUAGES = ("es", "ca", "en")
PLACES = [
    *(("sqlite", language) for language in LANGUAGES),
    ("postgresql", "es"),
    *(pytest.param(("postgresql", language), marks=pytest.mark.long) for language in LANGUAGES[1:]),
]
"""Databases and languages; what the default run leaves out changes nothing that SQL sees."""


@pytest.fixture(params=PLACES, ids="-".join)
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A database and a language."""
    both: tuple[str, str] = request.param
    return both


@pytest.fixture
def world(request: pytest.FixtureRequest, place: tuple[str, str], tmp_path: Path) -> Iterator[World]:
    """The made-up company, as nobody has changed it yet."""
    with ExitStack() as closing:
        if place[0] == "sqlite":
            store = store_at(tmp_path / "ivr.sqlite3", customers=CUSTOMERS)
        else:
            server: Server = request.getfixturevalue("seeded_postgresql")
            name = f"world{next(_COUNT)}"
            server.sql(f"CREATE DATABASE {name} TEMPLATE seeded")
            closing.callback(server.sql, f"DROP DATABASE {name} WITH (FORCE)")
            store = Store(server.url(name))
        closing.callback(store.close)
        world = World(store, tmp_path / "home")
        closing.callback(world.closing.close)
        yield world


Said = Callable[[str, str, str], str]


@pytest.fixture
def language(place: tuple[str, str]) -> str:
    """The caller's."""
    return place[1]


@pytest.fixture
def said(language: str) -> Said:
    """Chooses the words of the language."""
    return lambda es, ca, en: {"es": es, "ca": ca, "en": en}[language]
