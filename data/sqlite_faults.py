"""From what SQLite and the file system report to an error with a remedy.

The cause is looked for in the file system first, because SQLite's own words ("unable to open database
file") are the same for six different mistakes.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from data.common_faults import empty, full, older, refused
from data.errors import (
    UPGRADE,
    DatabaseCorrupt,
    DatabaseLocked,
    DatabaseLost,
    DatabaseReadOnly,
    DataError,
    FolderMissing,
    FolderNotWritable,
    SchemaMissing,
)

_EFFECTIVE = os.access in os.supports_effective_ids


def insist_on_place(file: Path, *, must_exist: bool) -> None:
    """Raises the `DataError` that tells why `file` cannot be a database; nothing is created."""
    folder = file.parent
    if not folder.is_dir():
        raise FolderMissing(
            f"the folder {folder} for the database is not there",
            remedy="create it, or give another path in the database's address",
        )
    if file.is_dir():
        raise DatabaseCorrupt(f"{file} is a folder", remedy="give the path of a file")
    exists = file.exists()
    if must_exist and not exists:
        raise SchemaMissing(f"there is no database at {file}", remedy=UPGRADE)
    if exists and not os.access(file, os.W_OK, effective_ids=_EFFECTIVE):
        raise DatabaseReadOnly(
            f"the database {file} is read-only",
            remedy="give the server's user the right to write it, or mount its disk for writing",
        )
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=_EFFECTIVE):
        raise FolderNotWritable(
            f"the folder {folder} is not writable",
            remedy="SQLite needs to create files beside the database: give the server's user that right",
        )


def is_busy(error: Exception) -> bool:
    """Whether SQLite refused only because somebody else is at it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return _primary_code(cause) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def translated(error: Exception, *, shown: str, file: Path) -> DataError:
    """The `DataError` for a driver's exception; `shown` is the database's address for people."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause, file)
    return DatabaseLost(f"the database {shown} does not answer", remedy="look at its disk and folder")


def busy(shown: str) -> DatabaseLocked:
    """Our own threads keep each other waiting: the disk is too slow, or something takes too long."""
    return DatabaseLocked(
        f"the database {shown} is busy with this program's own work",
        remedy="look for a slow disk, or a long import in the same program, then try again",
    )


def locked(shown: str) -> DatabaseLocked:
    return DatabaseLocked(
        f"the database {shown} is locked by another process",
        remedy="end the program that writes to it (a database browser, a backup), then try again",
    )


def corrupt(shown: str, detail: str) -> DatabaseCorrupt:
    return DatabaseCorrupt(
        f"the database {shown} is damaged ({detail})",
        remedy="move it away and restore the last backup, or start anew with `ivr db upgrade`",
    )


def _from_sqlite(error: sqlite3.Error, file: Path) -> DataError:
    match _primary_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return locked(str(file))
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return corrupt(str(file), str(error))
        case sqlite3.SQLITE_FULL:
            return full(str(file))
        case sqlite3.SQLITE_CONSTRAINT:
            return refused(str(file))
        case code:
            return _from_place(error, code, file)


def _from_place(error: sqlite3.Error, code: int | None, file: Path) -> DataError:
    try:
        insist_on_place(file, must_exist=True)
    except DataError as place:
        return place
    words = str(error)
    if code == sqlite3.SQLITE_READONLY:
        return DatabaseReadOnly(
            f"the database {file} is read-only", remedy="see whether its disk is mounted for writing"
        )
    if words.startswith("no such table"):
        return empty(str(file))
    if "no such column" in words or "has no column" in words:
        return older(str(file))
    return DatabaseLost(f"the database {file} cannot be used ({words})", remedy="look at its disk and folder")


def _primary_code(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF
