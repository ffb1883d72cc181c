"""What flows may ask for: each look-up is declared in the catalogue, and answered by one function here.

Rules:
1. A look-up answers `Found`, `Missing` or `Failed`; the session keeps the deadline and says `Slow`.
2. What the caller said is a bound value of a query, never a part of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import gevent

from data.errors import DataError
from data.store import Store
from dialogs.results import Failed, Found, Missing
from ivr.lookups import account

Answer = Found | Missing
Ask = Callable[[Store, Mapping[str, str]], Answer]

LOOKUPS: Mapping[str, Ask] = {"account": account.ask}


class Lookups:
    """The look-ups of the own database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ask(self, name: str, by: Mapping[str, str]) -> Found | Missing | Failed:
        """Asks in gevent's thread pool, so that a slow database holds up only who asked."""
        ask = LOOKUPS.get(name)
        if ask is None:
            return Failed(f"no look-up is called {name}")
        try:
            found: Found | Missing = gevent.get_hub().threadpool.apply(ask, (self._store, by))
        except DataError as fault:
            return Failed(str(fault))
        return found
