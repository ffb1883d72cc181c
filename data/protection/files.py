"""Recordings, voice notes and written messages: files beside the database that hold a person's data.

A path from the database is only followed below its folder; a file that is gone already is no error.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, select

from data.errors import FilesNotRemoved
from data.models import CallRow, ConsentRow, TicketNoteRow, TurnRow
from data.protection.persons import Subject, belongings

LONG_ID = 36
"""Characters of a call's id, with which the names of its files begin."""


@dataclass(frozen=True)
class Folders:
    """Where the files lie."""

    recordings: Path
    messages: Path
    """Messages that were written down because there is no provider."""
    spool: Path
    prompts: Path
    """Sounds of what was read out, made once each."""


def recordings_of(connection: Connection, subject: Subject, root: Path) -> tuple[str, ...]:
    """Paths below the recordings folder: calls, answers, voice notes, consents; and what bears the name of
    one of their calls, also if no row tells of it any more."""
    theirs = belongings(subject)
    queries = (
        select(CallRow.recording).where(theirs[CallRow], CallRow.recording.is_not(None)),
        select(TurnRow.text).where(theirs[TurnRow], TurnRow.kind == "recorded"),
        select(TicketNoteRow.recording).where(theirs[TicketNoteRow], TicketNoteRow.recording.is_not(None)),
        select(ConsentRow.clip).where(theirs[ConsentRow], ConsentRow.clip.is_not(None)),
    )
    found = {path for query in queries for path in connection.scalars(query) if path}
    calls = {str(call) for call in calls_among(connection, subject)}
    if calls:
        named = (file for file in root.rglob("*") if file.name[:LONG_ID] in calls and file.is_file())
        found |= {file.relative_to(root).as_posix() for file in named}
    return tuple(sorted(found))


def calls_among(connection: Connection, subject: Subject) -> frozenset[UUID]:
    """Their calls."""
    return frozenset(connection.scalars(select(CallRow.id).where(belongings(subject)[CallRow])))


def written_messages(folder: Path, addresses: Collection[str], calls: Collection[UUID]) -> Iterator[Path]:
    """Messages in files that went to one of these addresses, or were sent in one of these calls."""
    theirs = {str(call) for call in calls}
    for file in sorted(folder.glob("*.json")):
        try:
            told = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(told, dict) and (told.get("to") in addresses or told.get("call_id") in theirs):
            yield file


def older_than(folder: Path, before: datetime, endings: Collection[str]) -> Iterator[Path]:
    """Files with such an ending, also in folders below, that nobody has written or used since."""
    for file in sorted(folder.rglob("*")):
        try:
            found = file.lstat()
        except OSError:
            continue  # somebody else was quicker
        old = found.st_mtime < before.timestamp()
        if old and stat.S_ISREG(found.st_mode) and file.suffix.lower() in endings:
            yield file


def inside(folder: Path, relative: str) -> Path | None:
    """The file at a path of the database; `None` for one that leads out of the folder."""
    root = folder.resolve()
    file = (root / relative).resolve()
    return file if file != root and file.is_relative_to(root) else None


def remove(files: Iterable[Path]) -> int:
    """Deletes files; returns how many were there. Raises `FilesNotRemoved` after having tried them all."""
    gone, left = 0, []
    for file in files:
        try:
            file.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            left.append(f"{file} ({error.strerror})")
        else:
            gone += 1
    if left:
        raise FilesNotRemoved(
            f"{len(left)} files could not be deleted, the first is {left[0]}",
            remedy="give the right to it, then do it again: nothing else was forgotten yet",
        )
    return gone


def copy_into(folder: Path, root: Path, relatives: Iterable[str]) -> list[str]:
    """Copies recordings that are there; returns their paths."""
    copied = []
    for relative in relatives:
        file = inside(root, relative)
        if file is None or not file.is_file():
            continue
        target = folder / relative
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o600)
        copied.append(relative)
    return copied
