"""Everything that is kept of a person, for that person: a JSON file, and their recordings beside it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, select

from data.errors import SheetWrong
from data.exchange.dumping import plain
from data.protection import files
from data.protection.files import Folders
from data.protection.persons import belongings, find
from data.records import AuditEntry
from data.store import Store

SECRET = frozenset({"secret_hash", "subject_hash", "text_sha256", "body"})
"""Columns that are no use to the person, and of use to somebody who finds the file."""


@dataclass(frozen=True)
class Shown:
    """What was written."""

    file: Path
    rows: Mapping[str, int]
    recordings: int


def show(store: Store, who: str, folder: Path, folders: Folders, entry: AuditEntry) -> Shown:
    """Writes all that belongs to a person into a new folder. Raises `PersonUnknown`, `SheetWrong`."""
    with store.database.reading() as connection:
        subject = find(connection, who)
    # Before: a copy that is not on record must not exist.
    store.audit.note(
        AuditEntry(
            **{**vars(entry), "customer_id": subject.customer_id, "what": "all that is kept of a person"}
        )
    )
    with store.database.inspecting() as connection:
        tables = {}
        for table, condition in belongings(subject).items():
            names = [name for name in inspect(table).columns.keys() if name not in SECRET]  # noqa: SIM118 -- SQLAlchemy's own collection
            query = select(*(getattr(table, name) for name in names)).where(condition)
            rows = connection.execute(query.order_by(*inspect(table).primary_key))
            tables[table.__tablename__] = [dict(zip(names, map(plain, row), strict=True)) for row in rows]
        recordings = files.recordings_of(connection, subject)
    try:
        folder.mkdir(mode=0o700, parents=True)
        copied = files.copy_into(folder / "recordings", folders.recordings, recordings)
        told = {"person": who, "at": plain(entry.at), "recordings": copied, "tables": tables}
        file = folder / "person.json"
        with os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as out:
            json.dump(told, out, ensure_ascii=False, indent=1)
    except OSError as error:
        raise SheetWrong(
            f"{folder} cannot be written ({error.strerror})", remedy="give a folder that is not there yet"
        ) from error
    return Shown(file, {name: len(rows) for name, rows in tables.items()}, len(copied))
