"""Tables as CSV or Excel files. Secrets stay: no hash, no salt, no published flow leaves this way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from data.errors import SheetWrong
from data.exchange import sheets
from data.models import Base
from data.store import Store

_KEPT_BACK = frozenset(
    {"installation", "suppressions", "verification_tries", "flow_files", "done_requests", "outbox"}
)
_SECRET = frozenset({"secret_hash", "subject_hash", "text_sha256"})


def tables() -> tuple[str, ...]:
    """What can be written out."""
    return tuple(sorted(name for name in Base.metadata.tables if name not in _KEPT_BACK))


def insist_on(name: str) -> None:
    """Raises `SheetWrong` for what is no table, or is not written out."""
    if name not in tables():
        raise SheetWrong(
            f"{name} is no table that can be written out", remedy=f"there are {', '.join(tables())}"
        )


def dump(store: Store, name: str, path: Path) -> int:
    """Writes a table; returns how many rows. Raises `SheetWrong`."""
    insist_on(name)
    table = Base.metadata.tables[name]
    columns = [column for column in table.columns if column.name not in _SECRET]
    # On a connection of its own: calls go on being recorded while a large table is written.
    with store.database.inspecting() as connection:
        found = connection.execution_options(yield_per=2000).execute(
            select(*columns).order_by(*_order(table))
        )
        return sheets.write(path, [column.name for column in columns], _lines(found))


def _order(table: Table) -> list[Any]:
    return list(table.primary_key.columns)


def _lines(found: Any) -> Iterator[list[object]]:
    for row in found:
        yield [plain(value) for value in row]


def plain(value: object) -> object:
    """A value as people and other programs read it."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case bool():
            return "yes" if value else "no"
        case bytes():
            return value.hex()
        case _:
            return value
