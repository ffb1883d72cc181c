"""How a database goes about what the product itself asks of it: no copy of a statement, which would stay as
it was while the product's own is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from data.store import Store


def plans_of(store: Store, table: str, deed: Callable[[], object]) -> list[str]:
    """The database's plan for each SELECT from that table that `deed` sends, in their order."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and f"FROM {table}" in " ".join(statement.split()):
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        deed()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with store.database.writing() as connection:
        explain = "EXPLAIN QUERY PLAN"
        if connection.dialect.name == "postgresql":
            explain = "EXPLAIN"
            # A small table is read whole, whatever indexes it has; what a large one would have is wanted.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [
            "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            for statement, parameters in asked
        ]
