"""A real database for every test. PostgreSQL joins as a second value of `database_url`."""

from __future__ import annotations

import os
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

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NODE = "node-1"


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"sqlite": f"sqlite:///{tmp_path / 'ivr.sqlite3'}"}[request.param]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    store.upgrade()
    yield store
    store.close()


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    return tmp_path / "ivr.sqlite3"


@pytest.fixture
def sqlite_store(sqlite_file: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{sqlite_file}")
    store.upgrade()
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
