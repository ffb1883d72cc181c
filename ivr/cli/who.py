"""Who sits at the keyboard, for the audit log."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from data.store import Store
from ivr.config import Settings


def operator() -> str:
    """Their name on this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli"


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The database, found sound. Raises `DataError`."""
    store = Store(settings.database_url)
    try:
        store.check()
        yield store
    finally:
        store.close()
