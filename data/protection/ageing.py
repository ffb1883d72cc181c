"""What is old, kind by kind: which rows and files, and how they are forgotten.

Rules:
1. In portions, each in a transaction of its own: calls get as much time in between, and it may be
   broken off.
2. Files first, rows after, as in an erasure.
3. What is still needed is not old: an open call, ticket, debt or errand stays whatever its age, and so does
   a file that a ticket or a consent names.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, or_, select, update
from sqlalchemy.orm import aliased

from data.models import (
    ActionRow,
    AgentContactRow,
    AgentStateChangeRow,
    AlertRow,
    AppointmentRow,
    AppointmentSlotRow,
    AuditRow,
    CallbackRow,
    CallerSettingRow,
    CallRow,
    ConsentRow,
    ContactRow,
    DebtRow,
    DialAttemptRow,
    DoneRequestRow,
    LockoutRow,
    MessageRow,
    MissedOfferRow,
    MovementRow,
    OrderRow,
    OutboxRow,
    PaymentRow,
    PromiseRow,
    QueueVisitRow,
    RegistryLookupRow,
    SampleRow,
    SegmentRow,
    SwitchRepairRow,
    TicketNoteRow,
    TicketRow,
    TurnRow,
    VerificationTryRow,
    WorkItemRow,
)
from data.protection import files
from data.protection.erasing import NAMELESS
from data.protection.files import Folders
from data.spool import Spool
from data.store import Store

PORTION = 200
SHORTEST_PAUSE = 0.02
"""Seconds; a writer of SQLite that waits looks more often than that."""
LONGEST_CALL = timedelta(days=1)
"""A call that began longer ago and has no end was lost with its server, not by its caller."""
_CACHE_FOLDER = 2
"""Characters of a folder's name in `speech.prompt_cache`."""
_SOUNDS = (".wav", ".mp3", ".opus", ".ogg")


class Ageing:
    """Each method forgets one kind of what is older than a moment; it returns how much that is."""

    def __init__(
        self, store: Store, folders: Folders, *, dry_run: bool, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`pause`: waits so many seconds between two portions."""
        self._pause = pause
        self._store, self._folders, self._dry_run = store, folders, dry_run
        self._silenced: ColumnElement[bool] = false()
        """Recorded answers whose files a dry run would have removed by now."""

    def recordings(self, before: datetime) -> int:
        """Files of calls; the call's row stays, without its path."""
        old = (*_over(before), CallRow.recording.is_not(None))

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

        return self._again(forget, CallRow.id, *old) + self._spoken(before) + self._nobodys(before)

    def _spoken(self, before: datetime) -> int:
        """Answers that were recorded; the turn stays, without its path."""
        needed = (
            select(TicketNoteRow.recording).where(TicketNoteRow.recording.is_not(None)),
            select(ConsentRow.clip).where(ConsentRow.clip.is_not(None)),
        )
        old = (
            TurnRow.call_id.in_(select(CallRow.id).where(*_over(before))),
            TurnRow.kind == "recorded",
            TurnRow.text != "",
            *(TurnRow.text.not_in(paths) for paths in needed),
            ~_in_a_case(),
        )
        if self._dry_run:
            self._silenced = and_(*old)

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

    def _nobodys(self, before: datetime) -> int:
        """Files that no row names: left by a server that was killed, or by a row that is gone."""
        named = self._named()
        root = self._folders.recordings
        left = files.older_than(root, before, _SOUNDS)
        return self._unlink(file for file in left if file.relative_to(root).as_posix() not in named)

    def _named(self) -> set[str]:
        queries = (
            select(CallRow.recording).where(CallRow.recording.is_not(None)),
            select(TurnRow.text).where(TurnRow.kind == "recorded", TurnRow.text != ""),
            select(TicketNoteRow.recording).where(TicketNoteRow.recording.is_not(None)),
            select(ConsentRow.clip).where(ConsentRow.clip.is_not(None)),
        )
        cases = select(TicketRow.about).where(TicketRow.call_id.is_not(None), TicketRow.about.contains("/"))
        with self._store.database.inspecting() as connection:
            named = {path for query in queries for path in connection.scalars(query) if path}
            return named.union(*map(_recordings_in, connection.scalars(cases)))

    def transcripts(self, before: datetime) -> int:
        """Turns of calls; recordings that are kept longer keep their turn."""
        calls = select(CallRow.id).where(*_over(before))
        old = (
            TurnRow.call_id.in_(calls),
            or_(TurnRow.kind != "recorded", TurnRow.text == "", self._silenced),
        )

        def forget() -> int:
            with self._store.database.writing() as connection:
                some = connection.scalars(select(TurnRow.call_id).where(*old).distinct().limit(PORTION)).all()
                gone = delete(TurnRow).where(TurnRow.call_id.in_(some), *old[1:])
                return connection.execute(gone).rowcount

        return self._again(forget, TurnRow.n, *old)

    def callers(self, before: datetime) -> int:
        """Numbers, names and facts in calls; what numbers have asked for."""
        named = or_(CallRow.caller_number != "", CallRow.caller_name != "", CallRow.customer_id.is_not(None))
        old = (*_over(before), named)
        values = {name: value for name, value in NAMELESS.items() if name != "recording"}

        def forget() -> int:
            with self._store.database.writing() as connection:
                some = connection.scalars(select(CallRow.id).where(*old).limit(PORTION)).all()
                connection.execute(update(CallRow).where(CallRow.id.in_(some)).values(**values))
            return len(some)

        settings = self._rows(CallerSettingRow, CallerSettingRow.e164, CallerSettingRow.at < before)
        return self._again(forget, CallRow.id, *old) + settings

    def messages(self, before: datetime) -> int:
        """Rows, and files in the folder."""
        written = files.older_than(self._folders.messages, before, (".json",))
        return self._rows(MessageRow, MessageRow.id, MessageRow.at < before) + self._unlink(written)

    def callbacks(self, before: datetime) -> int:
        """Those that are over."""
        return self._rows(CallbackRow, CallbackRow.id, CallbackRow.ended_at < before)

    def queues(self, before: datetime) -> int:
        """Stays in queues, and calls that agents missed."""
        visits = self._rows(QueueVisitRow, QueueVisitRow.id, QueueVisitRow.joined_at < before)
        missed = self._rows(MissedOfferRow, MissedOfferRow.at, MissedOfferRow.at < before)
        return visits + missed

    def work(self, before: datetime) -> int:
        """Work items that are done."""
        return self._rows(WorkItemRow, WorkItemRow.id, WorkItemRow.done_at < before)

    def agents(self, before: datetime) -> int:
        """What agents did, and with whom; alerts that are over; repairs. The latest state stays."""
        newer = aliased(AgentStateChangeRow)
        replaced = exists(
            select(newer.id).where(
                newer.agent == AgentStateChangeRow.agent,
                newer.at > AgentStateChangeRow.at,
                newer.at < before,
            )
        )
        return (
            self._rows(AgentContactRow, AgentContactRow.id, AgentContactRow.closed_at < before)
            + self._rows(AgentStateChangeRow, AgentStateChangeRow.id, replaced)
            + self._rows(AlertRow, AlertRow.id, AlertRow.cleared_at < before)
            + self._rows(SwitchRepairRow, SwitchRepairRow.id, SwitchRepairRow.at < before)
        )

    def contacts(self, before: datetime) -> int:
        """The ledger of contacts, what registries said, samples with their people, attempts to call
        them, actions that are over; campaigns stay."""
        asked = self._rows(RegistryLookupRow, RegistryLookupRow.e164, RegistryLookupRow.at < before)
        samples = self._rows(SampleRow, SampleRow.id, SampleRow.cut_at < before)
        dialled = self._rows(DialAttemptRow, DialAttemptRow.id, DialAttemptRow.dialled_at < before)
        acted = self._rows(ActionRow, ActionRow.id, ActionRow.ended_at < before)
        made = self._rows(ContactRow, ContactRow.id, ContactRow.at < before)
        return asked + samples + dialled + acted + made

    def segments(self, before: datetime) -> int:
        return self._rows(SegmentRow, SegmentRow.id, SegmentRow.at < before)

    def verification(self, before: datetime) -> int:
        """Tries, and locks that are over."""
        tries = self._rows(VerificationTryRow, VerificationTryRow.id, VerificationTryRow.at < before)
        over = or_(LockoutRow.until < before, LockoutRow.lifted_at < before)
        return tries + self._rows(LockoutRow, LockoutRow.id, over)

    def consents(self, before: datetime) -> int:
        """Those after which a newer one came, and those of nobody who could be asked for."""
        newer = aliased(ConsentRow)
        nobodys = (ConsentRow.customer_id.is_(None), ConsentRow.e164.is_(None))
        same = or_(
            newer.customer_id == ConsentRow.customer_id,
            and_(ConsentRow.customer_id.is_(None), newer.e164 == ConsentRow.e164),
        )
        past = exists(select(newer.id).where(newer.kind == ConsentRow.kind, same, newer.at > ConsentRow.at))
        old = (ConsentRow.at < before, or_(and_(*nobodys), past))

        def clips(connection: Connection, some: Sequence[UUID]) -> Iterable[str]:
            kept = select(ConsentRow.clip).where(ConsentRow.id.in_(some), ConsentRow.clip.is_not(None))
            yield from connection.scalars(kept)  # type: ignore[misc]  # none is empty

        return self._with_files(ConsentRow, ConsentRow.id, clips, *old)

    def tickets(self, before: datetime) -> int:
        """Those that are over, with their notes and what was said when they were opened."""
        old = (TicketRow.status.in_(("resolved", "closed")), TicketRow.updated_at < before)

        def recordings(connection: Connection, some: Sequence[UUID]) -> Iterable[str]:
            noted = select(TicketNoteRow.recording).where(
                TicketNoteRow.ticket_id.in_(some), TicketNoteRow.recording.is_not(None)
            )
            yield from connection.scalars(noted)  # type: ignore[misc]  # none is empty
            opened = select(TicketRow.about).where(TicketRow.id.in_(some), TicketRow.call_id.is_not(None))
            for about in connection.scalars(opened):
                yield from _recordings_in(about)

        return self._with_files(TicketRow, TicketRow.id, recordings, *old)

    def orders(self, before: datetime) -> int:
        """Those that are over, with their parcels and changes."""
        over = OrderRow.status.in_(("delivered", "cancelled"))
        return self._rows(OrderRow, OrderRow.id, over, OrderRow.updated_at < before)

    def accounts(self, before: datetime) -> int:
        """What stands in accounts and is settled."""
        day = before.date()
        promises = (PromiseRow.status != "open", PromiseRow.promised_for < day)
        return (
            self._rows(MovementRow, MovementRow.id, MovementRow.at < before)
            + self._rows(PaymentRow, PaymentRow.id, PaymentRow.received_on < day)
            + self._rows(DebtRow, DebtRow.id, DebtRow.status == "paid", DebtRow.due_on < day)
            + self._rows(PromiseRow, PromiseRow.id, *promises)
        )

    def appointments(self, before: datetime) -> int:
        """Appointments of that time, and the times themselves."""
        past = AppointmentSlotRow.begins_at < before
        slots = select(AppointmentSlotRow.id).where(past)
        gone = self._rows(AppointmentRow, AppointmentRow.id, AppointmentRow.slot_id.in_(slots))
        return gone + self._rows(AppointmentSlotRow, AppointmentSlotRow.id, past)

    def outbox(self, before: datetime) -> int:
        """What has been carried, and the keys of changes."""
        keys = self._rows(DoneRequestRow, DoneRequestRow.idempotency_key, DoneRequestRow.at < before)
        return self._rows(OutboxRow, OutboxRow.id, OutboxRow.done_at < before) + keys

    def given_up(self, before: datetime) -> int:
        """What nobody took up again."""
        return self._rows(OutboxRow, OutboxRow.id, OutboxRow.given_up_at < before)

    def spool(self, before: datetime) -> int:
        """Lines that were set aside; what waits for the database is never old."""
        return Spool(self._folders.spool).forget_set_aside(before, dry_run=self._dry_run)

    def prompts(self, before: datetime) -> int:
        """Sounds that were not asked for since."""
        found = files.older_than(self._folders.prompts, before, (".wav",))
        # Those of the cache lie in folders named by two signs; what lies beside them is a server's own.
        return self._unlink(file for file in found if len(file.parent.name) == _CACHE_FOLDER)

    def audit(self, before: datetime) -> int:
        return self._rows(AuditRow, AuditRow.id, AuditRow.at < before)

    def _rows(self, table: Any, key: Any, *old: ColumnElement[bool]) -> int:
        """Whole rows, with what hangs on them."""

        def forget() -> int:
            with self._store.database.writing() as connection:
                some = connection.scalars(select(key).where(*old).limit(PORTION)).all()
                connection.execute(delete(table).where(key.in_(some), *old))
            return len(some)

        return self._again(forget, key, *old)

    def _with_files(
        self,
        table: Any,
        key: Any,
        paths: Callable[[Connection, Sequence[UUID]], Iterable[str]],
        *old: ColumnElement[bool],
    ) -> int:
        """Whole rows, after the files that these keys name."""

        def forget() -> int:
            with self._store.database.reading() as connection:
                some = connection.scalars(select(key).where(*old).limit(PORTION)).all()
                self._remove(list(paths(connection, some)))
            with self._store.database.writing() as connection:
                connection.execute(delete(table).where(key.in_(some), *old))
            return len(some)

        return self._again(forget, key, *old)

    def _again(self, forget: Callable[[], int], key: Any, *old: ColumnElement[bool]) -> int:
        if self._dry_run:
            with self._store.database.inspecting() as connection:
                return connection.scalar(select(func.count(key)).where(*old)) or 0
        total, began = 0, time.monotonic()
        while some := forget():
            total += some
            # SQLite gives the next writer no turn by itself: half of the time is the calls'.
            self._pause(max(SHORTEST_PAUSE, time.monotonic() - began))
            began = time.monotonic()
        return total

    def _remove(self, paths: Iterable[str]) -> None:
        found = (files.inside(self._folders.recordings, path) for path in paths)
        files.remove(file for file in found if file is not None)

    def _unlink(self, found: Iterable[Path]) -> int:
        return sum(1 for _ in found) if self._dry_run else files.remove(found)


def _over(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Calls that began before that moment and are over, or were lost."""
    lost = CallRow.started_at < before - LONGEST_CALL
    return (CallRow.started_at < before, or_(CallRow.ended_at.is_not(None), lost))


def _in_a_case() -> ColumnElement[bool]:
    """Whether a recorded answer is what a case was opened with: it goes with the case."""
    return exists(
        select(TicketRow.id).where(
            TicketRow.call_id == TurnRow.call_id, TicketRow.about.contains(TurnRow.text)
        )
    )


def _recordings_in(about: str) -> set[str]:
    """The recordings among what a flow has noted in a case."""
    return {value for value in json.loads(about).values() if str(value).endswith(_SOUNDS)}
