"""The database beside the loop that lives the calls: every method of its parts in gevent's thread pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from data.store import Store
from ivr.in_thread import in_thread


class _Part:
    def __init__(self, part: object) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._part, name)
        return lambda *words, **named: in_thread(lambda: method(*words, **named))


class _Parts:
    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> _Part:
        return _Part(getattr(self._store, name))


def beside(store: Store) -> Store:
    """The store, for greenlets: its parts' methods wait cooperatively."""
    return cast("Store", _Parts(store))
