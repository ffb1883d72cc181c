"""SQLite databases for tests: made once a process, and copied, for migrations take longer than most tests."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from data.seed_rows import REFERENCE_DAY
from data.seeds import seed
from data.store import Store


@cache
def _content(customers: int, today: date) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ivr.sqlite3"
        store = Store(f"sqlite:///{file}")
        store.upgrade()
        if customers:
            seed(store, customers=customers, today=today)
        store.close()
        return file.read_bytes()


def store_at(file: Path, *, customers: int = 0, today: date = REFERENCE_DAY) -> Store:
    """The database in `file`: made with its schema and so many made-up customers, if it is not there.

    `today`: the day around which their debts and tickets lie; for what looks at the machine's own clock.
    """
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(_content(customers, today))
    return Store(f"sqlite:///{file}")
