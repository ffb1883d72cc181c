"""Everything that is kept of a person, for that person: a JSON file, and their recordings beside it.

Rules:
1. Nothing of anybody else is in it.
2. What was written as JSON within a column is shown as what it says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select

from data.errors import SheetWrong
from data.exchange.dumping import plain
from data.protection import files
from data.protection.files import Folders
from data.protection.persons import Subject, belongings, find
from data.records import AuditEntry
from data.spool import Spool
from data.store import Store

SECRET = frozenset({"secret_hash", "subject_hash", "text_sha256"})
"""Columns that are no use to the person, and of use to somebody who finds the file."""

_JSON = frozenset({"caller_facts", "detail", "about", "body"})
"""Columns that hold JSON."""


@dataclass(frozen=True)
class Shown:
    """What was written."""

    file: Path
    rows: Mapping[str, int]
    recordings: int
    messages: int
    """Files of messages that were written to the folder."""
    spooled: int
    """Records that wait for the database, or were set aside."""


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
        tables = _tables(connection, subject)
        recordings = files.recordings_of(connection, subject, folders.recordings)
        calls = files.calls_among(connection, subject)
    spooled = Spool(folders.spool).of(calls=calls, numbers=subject.ways, customer_id=subject.customer_id)
    written = list(files.written_messages(folders.messages, subject.addresses, calls))
    told = {
        "person": who,
        "at": plain(entry.at),
        "tables": tables,
        "spool": spooled,
        "messages": [json.loads(file.read_text(encoding="utf-8")) for file in written],
    }
    try:
        folder.mkdir(mode=0o700, parents=True)
        told["recordings"] = copied = files.copy_into(folder / "recordings", folders.recordings, recordings)
        file = folder / "person.json"
        with os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as out:
            json.dump(told, out, ensure_ascii=False, indent=1)
    except OSError as error:
        raise SheetWrong(
            f"{folder} cannot be written ({error.strerror})", remedy="give a folder that is not there yet"
        ) from error
    rows = {name: len(some) for name, some in tables.items()}
    return Shown(file, rows, recordings=len(copied), messages=len(written), spooled=len(spooled))


def _tables(connection: Connection, subject: Subject) -> dict[str, list[dict[str, Any]]]:
    tables = {}
    for table, condition in belongings(subject).items():
        names = [name for name in inspect(table).columns.keys() if name not in SECRET]  # noqa: SIM118 -- SQLAlchemy's own collection
        query = select(*(getattr(table, name) for name in names)).where(condition)
        rows = connection.execute(query.order_by(*inspect(table).primary_key))
        tables[table.__tablename__] = [_told(names, row) for row in rows]
    return tables


def _told(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    told: dict[str, Any] = dict(zip(names, map(plain, row), strict=True))
    for name in _JSON & told.keys():
        with suppress(ValueError, RecursionError):  # a message's `detail` is text
            told[name] = json.loads(told[name])
    return told
