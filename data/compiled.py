"""What statements became when they were compiled to SQL: kept for all connections to a database.

SQLAlchemy keeps it for one engine, and each connection of ours has an engine of its own (docs/decisions/
data-threads.md): a server on PostgreSQL compiled each statement six times, in six calls, and a statement
takes longer to compile than to be answered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from typing_extensions import override

MOST = 1000
"""Statements; the product has fewer. Then all are forgotten: conditions of campaigns are new ones."""


class Compiled(dict[Any, Any]):
    """Statements, and what they became. SQLAlchemy asks for `get` and item assignment.

    Threads meet here, so there is no lock: each step is whole (the GIL), and what two compile at once is the
    same. Which engine's dialect compiled it is left out of the key; they are made alike, for one database.
    """

    @override
    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    @override
    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(key[1:], compiled)


@lru_cache(maxsize=8)
def compiled_for(database: str) -> Compiled:  # noqa: ARG001 -- the cache's key
    """Those of a database: its address; of all SQLite files one word, for they have one library."""
    return Compiled()
