"""A real database for every test: what takes `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from data.ids import new_id
from data.records import CallBegun, CallEnded, Turn
from data.store import Store
from tests.data.postgresql import NoPostgreSql, Server, server
from tests.databases import store_at

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NODE = "node-1"
_COUNT = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """One PostgreSQL for all tests of a process; with a database to copy that has the schema."""
    try:
        with server() as running:
            running.sql("CREATE DATABASE upgraded")
            fresh = Store(running.url("upgraded"))
            fresh.upgrade()
            fresh.close()
            running.sql("CREATE DATABASE shared TEMPLATE upgraded")
            yield running
    except NoPostgreSql as lacking:
        if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64"):
            raise  # the workshop's lock installs one here: without it something is broken
        pytest.skip(str(lacking))


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database to copy that has the schema."""
    file = tmp_path_factory.mktemp("upgraded") / "ivr.sqlite3"
    store_at(file).close()
    return file


@contextmanager
def new_database(running: Server, template: str) -> Iterator[str]:
    """A database of its own, as the template is; gone afterwards."""
    name = f"t{next(_COUNT)}"
    running.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield running.url(name)
    running.sql(f"DROP DATABASE {name} WITH (FORCE)")


def _emptied(running: Server) -> str:
    running.empty("shared")
    return running.url("shared")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ivr.sqlite3'}"
    else:
        with new_database(request.getfixturevalue("postgresql_server"), "template0") as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the schema, and nothing in it."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("upgraded_file"), tmp_path / "ivr.sqlite3")
        (tmp_path / "ivr.sqlite3").chmod(0o600)
        yield f"sqlite:///{tmp_path / 'ivr.sqlite3'}"
    else:
        yield _emptied(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url)
    yield store
    store.close()


@pytest.fixture
def postgresql_store(postgresql_server: Server) -> Iterator[Store]:
    store = Store(_emptied(postgresql_server))
    yield store
    store.close()


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "ivr.sqlite3"


@pytest.fixture
def sqlite_store(sqlite_file: Path, upgraded_file: Path) -> Iterator[Store]:
    shutil.copyfile(upgraded_file, sqlite_file)
    sqlite_file.chmod(0o600)
    store = Store(f"sqlite:///{sqlite_file}")
    yield store
    store.close()


def begun(call_id: UUID | None = None, **changes: object) -> CallBegun:
    values: dict[str, object] = {
        "call_id": call_id or new_id(),
        "switch_uuid": "5e1c2a52-4f0e-4a0b-9f0a-000000000001",
        "direction": "inbound",
        "caller_number": "+34759000101",
        "caller_name": "Lucía Fernández",
        "destination": "8000",
        "language": "es",
        "started_at": NOW,
        "node_id": NODE,
        "flow": "balance",
        "flow_version": "1",
    }
    return CallBegun(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


def turn(n: int, **changes: object) -> Turn:
    values: dict[str, object] = {
        "n": n,
        "at_ms": n * 1000,
        "who": "system" if n % 2 else "caller",
        "step": "ask_number",
        "text": f"turno {n}",
        "kind": "said" if n % 2 else "match",
        "confidence": None if n % 2 else 0.87,
        "latency_ms": None if n % 2 else 412,
    }
    return Turn(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


def ended(call_id: UUID, **changes: object) -> CallEnded:
    values: dict[str, object] = {
        "call_id": call_id,
        "at": NOW.replace(minute=2),
        "hangup_cause": "NORMAL_CLEARING",
        "ended_by": "caller",
        "outcome": "balance_told",
    }
    return CallEnded(**{**values, **changes})  # type: ignore[arg-type]  # a table of keyword arguments


@contextmanager
def locked_by_another_process(file: Path) -> Iterator[None]:
    """Holds SQLite's write lock from a process of its own until the block is left."""
    program = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN EXCLUSIVE')\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(10)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user may enter (pytest's own are closed to others)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def as_nobody() -> Callable[[], object]:
    """Gives up root's right to write everywhere for a while; does nothing for other users."""

    @contextmanager
    def nobody() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return nobody
