"""The database beside the loop that lives the calls: every method of its parts in gevent's thread pool."""

from __future__ import annotations

from typing import Any, cast

from data.store import Store
from ivr.in_thread import each_in_thread


class _Parts:
    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return each_in_thread(getattr(self._store, name))


def beside(store: Store) -> Store:
    """The store, for greenlets: its parts' methods wait cooperatively."""
    return cast("Store", _Parts(store))
