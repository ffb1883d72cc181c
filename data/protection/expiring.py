"""What is old is forgotten, each kind of data after its own time.

Rules:
1. In portions, each in a transaction of its own: calls get their turn in between, and it may be broken off.
2. Files first, rows after, as in an erasure.
3. What is still needed is not old: an open call, ticket, debt or errand stays whatever its age.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from data.models import (
    AuditRow,
    CallbackRow,
    CallRow,
    DoneRequestRow,
    MessageRow,
    OutboxRow,
    SegmentRow,
    TurnRow,
    VerificationTryRow,
)
from data.protection import files
from data.protection.erasing import NAMELESS
from data.protection.files import Folders
from data.records import utc
from data.store import Store

PORTION = 500


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How many days each kind of data is kept; `None`: for ever."""

    recordings: int | None = 90
    """Recorded calls, and answers that callers left as messages."""
    transcripts: int | None = 365
    """What was said and keyed, word for word."""
    callers: int | None = 730
    """Who a call was from; the call itself stays as a figure."""
    messages: int | None = 365
    callbacks: int | None = 90
    """Who was called back; one that is still open stays."""
    segments: int | None = 365
    verification: int | None = 90
    """Tries to prove who one is."""
    outbox: int | None = 30
    """What has been carried, and keys of changes that were made."""
    audit: int | None = 1825


def expire(
    store: Store, retention: Retention, folders: Folders, *, at: datetime, dry_run: bool = False
) -> Mapping[str, int]:
    """Forgets what is older than its time at that moment; how many of each kind were, or would be, forgotten.

    Raises `FilesNotRemoved`, or the database's `DataError`; what was done until then stays done.
    """
    work = _Expiry(store, folders, dry_run)
    todo: dict[str, tuple[int | None, Callable[[datetime], int]]] = {
        "recordings": (retention.recordings, work.recordings),
        "transcripts": (retention.transcripts, work.transcripts),
        "callers": (retention.callers, work.callers),
        "messages": (retention.messages, work.rows(MessageRow, MessageRow.at, MessageRow.id)),
        "callbacks": (
            retention.callbacks,
            work.rows(CallbackRow, CallbackRow.ended_at, CallbackRow.id),
        ),
        "segments": (retention.segments, work.rows(SegmentRow, SegmentRow.at, SegmentRow.id)),
        "verification": (
            retention.verification,
            work.rows(VerificationTryRow, VerificationTryRow.at, VerificationTryRow.id),
        ),
        "outbox": (retention.outbox, work.outbox),
        "audit": (retention.audit, work.rows(AuditRow, AuditRow.at, AuditRow.id)),
    }
    return {
        kind: 0 if days is None else forget(utc(at) - timedelta(days=days))
        for kind, (days, forget) in todo.items()
    }


class _Expiry:
    def __init__(self, store: Store, folders: Folders, dry_run: bool) -> None:
        self._store, self._folders, self._dry_run = store, folders, dry_run

    def recordings(self, before: datetime) -> int:
        """Files of calls; the call's row stays, without its path."""
        old = (CallRow.started_at < before, CallRow.ended_at.is_not(None), CallRow.recording.is_not(None))

        def forget() -> int:
            with self._store.database.reading() as connection:
                rows = connection.execute(
                    select(CallRow.id, CallRow.recording).where(*old).limit(PORTION)
                ).all()
            self._remove(row.recording for row in rows)
            with self._store.database.writing() as connection:
                ids = [row.id for row in rows]
                connection.execute(update(CallRow).where(CallRow.id.in_(ids)).values(recording=None))
            return len(rows)

        return self._again(forget, CallRow.id, *old) + self._spoken(before)

    def _spoken(self, before: datetime) -> int:
        """Answers that were recorded; the turn stays, without its path."""
        calls = select(CallRow.id).where(CallRow.started_at < before, CallRow.ended_at.is_not(None))
        old = (TurnRow.call_id.in_(calls), TurnRow.kind == "recorded", TurnRow.text != "")

        def forget() -> int:
            with self._store.database.reading() as connection:
                rows = connection.execute(
                    select(TurnRow.call_id, TurnRow.n, TurnRow.text).where(*old).limit(PORTION)
                ).all()
            self._remove(row.text for row in rows)
            with self._store.database.writing() as connection:
                for row in rows:
                    mine = (TurnRow.call_id == row.call_id, TurnRow.n == row.n)
                    connection.execute(update(TurnRow).where(*mine).values(text=""))
            return len(rows)

        return self._again(forget, TurnRow.n, *old)

    def transcripts(self, before: datetime) -> int:
        """Turns of calls; recordings that are kept longer keep their turn."""
        calls = select(CallRow.id).where(CallRow.started_at < before, CallRow.ended_at.is_not(None))
        old = (TurnRow.call_id.in_(calls), or_(TurnRow.kind != "recorded", TurnRow.text == ""))

        def forget() -> int:
            with self._store.database.writing() as connection:
                some = connection.scalars(select(TurnRow.call_id).where(*old).distinct().limit(PORTION)).all()
                gone = delete(TurnRow).where(TurnRow.call_id.in_(some), *old[1:])
                return connection.execute(gone).rowcount

        return self._again(forget, TurnRow.n, *old)

    def callers(self, before: datetime) -> int:
        """Numbers, names and facts in calls."""
        named = or_(CallRow.caller_number != "", CallRow.caller_name != "", CallRow.customer_id.is_not(None))
        old = (CallRow.started_at < before, CallRow.ended_at.is_not(None), named)
        values = {name: value for name, value in NAMELESS.items() if name != "recording"}

        def forget() -> int:
            with self._store.database.writing() as connection:
                some = connection.scalars(select(CallRow.id).where(*old).limit(PORTION)).all()
                connection.execute(update(CallRow).where(CallRow.id.in_(some)).values(**values))
            return len(some)

        return self._again(forget, CallRow.id, *old)

    def outbox(self, before: datetime) -> int:
        """What has been carried, and the keys of changes. What waits or was given up stays for a person."""
        carried = self.rows(OutboxRow, OutboxRow.done_at, OutboxRow.id)(before)
        return carried + self.rows(DoneRequestRow, DoneRequestRow.at, DoneRequestRow.idempotency_key)(before)

    def rows(self, table: Any, at: Any, key: Any) -> Callable[[datetime], int]:
        """Forgets whole rows by a moment of theirs."""

        def older(before: datetime) -> int:
            def forget() -> int:
                with self._store.database.writing() as connection:
                    some = connection.scalars(select(key).where(at < before).limit(PORTION)).all()
                    connection.execute(delete(table).where(key.in_(some)))
                return len(some)

            return self._again(forget, key, at < before)

        return older

    def _again(self, forget: Callable[[], int], key: Any, *old: ColumnElement[bool]) -> int:
        if self._dry_run:
            with self._store.database.inspecting() as connection:
                return connection.scalar(select(func.count(key)).where(*old)) or 0
        total = 0
        while some := forget():
            total += some
        return total

    def _remove(self, paths: Any) -> None:
        found = (files.inside(self._folders.recordings, path) for path in paths)
        files.remove(file for file in found if file is not None)
