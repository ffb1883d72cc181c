"""The records of all calls, written beside the calls: no caller waits for the database.

Rules:
1. Writes go in order, by one greenlet, through gevent's thread pool: the hub is never blocked, and a
   call's begin is always before its turns.
2. What the database refuses is spooled (`data.call_log`), and brought in later; nothing is lost.
3. What it does not answer for `PATIENCE` is spooled as well, with all that comes behind it: whenever this
   process is killed, what is older than that is on a disk.
4. A call's record is complete even if the process dies: the next start closes what it left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import gevent
import structlog
from gevent.event import AsyncResult, Event
from gevent.pool import Group
from gevent.queue import Queue
from gevent.threadpool import ThreadPool

from data.call_log import CallLog
from data.errors import DataError
from data.ids import new_id
from data.records import (
    CallBegun,
    Direction,
    Scalar,
)
from esl.switch import Call
from ivr.call_record import CallRecord
from ivr.clock import Clock
from ivr.in_thread import Refusal, in_thread, tried
from ivr.recordings_disk import RecordingsDisk

log = structlog.get_logger(__name__)

DRAIN_EVERY = 3.0
"""Seconds between two tries to bring the spool into the database."""
PATIENCE = 1.0
"""Seconds that the records behind it wait for one that the database does not answer."""
HANGING = 4
"""Writes that may hang at a time: each gives up by itself after some seconds, and none is begun before
`data.call_log.PAUSE_SECONDS` have passed."""


@dataclass(frozen=True)
class Basis:
    """What a call begins on: a flow of one version, and what it is told of the caller."""

    flow: str
    flow_version: str
    release: int | None = None
    """`None`: the flows came from a folder."""
    caller_facts: Mapping[str, Scalar] = field(default_factory=dict)
    """Beside number and name."""
    at: datetime | None = None
    """The moment that the flow takes for now; `None`: this one."""


class Records:
    """Writes the records of all calls of this process, behind the calls."""

    def __init__(
        self,
        call_log: CallLog,
        *,
        node: str,
        dead: Sequence[str] = (),
        clock: Clock,
        recordings: Path | None,
        messages: Path | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """`dead` names other nodes that are provably gone (`data.nodes`).

        `recordings`: where calls are recorded to; None: they are not. `messages`: where callers leave
        messages, also if calls are not recorded; as `recordings`.
        """
        self.node = node
        self._dead = tuple(dead)
        self.clock = clock
        self._call_log = call_log
        self._recordings = recordings
        self._messages = messages or recordings
        self._disk = None if recordings is None else RecordingsDisk(recordings)
        self._writes: Queue[Callable[[], object] | Event | None] = Queue()
        self._started_at = clock.utc()
        self._patience = patience
        self._late = Group()
        self._lost = False
        self._pool = ThreadPool(HANGING + 1)
        self._draining = ThreadPool(1)
        self._writer = gevent.spawn(self._write_all)
        self._drainer = gevent.spawn(self._drain_now_and_then)

    def begin(
        self, call: Call, basis: Basis, *, language: str, direction: Direction = "inbound"
    ) -> CallRecord:
        """Opens the record of a call that has just arrived."""
        began_at = basis.at or self.clock.utc()
        call_id = new_id()
        recording = self._place_for(call_id, began_at, self._recordings)
        if self._disk is not None:
            self._disk.look_beside()
        record = CallRecord(self, call_id, began_at, recording, call.uuid)
        begun = CallBegun(
            call_id=call_id,
            switch_uuid=call.uuid,
            sip_call_id=call.variables.get("sip_call_id", ""),
            direction=direction,
            caller_number=call.caller_number,
            caller_name=call.caller_name,
            destination=call.destination,
            language=language,
            started_at=began_at,
            node_id=self.node,
            flow=basis.flow,
            flow_version=basis.flow_version,
            release=basis.release,
            caller_facts=basis.caller_facts,
            recording=None if recording is None else self.below(recording),
        )
        self.write(lambda: self._call_log.begin(begun))
        return record

    def message_place(self, call_id: UUID, began_at: datetime) -> Path | None:
        """A file for what a caller leaves, its folder made; None if there can be none."""
        return self._place_for(call_id, began_at, self._messages)

    def _place_for(self, call_id: UUID, began_at: datetime, below: Path | None) -> Path | None:
        """The file to record to, its folder made; None if there is none, or it cannot be written."""
        if below is None:
            return None
        folder = below / f"{began_at:%Y/%m/%d}"
        try:
            gevent.get_hub().threadpool.apply(lambda: folder.mkdir(parents=True, exist_ok=True))
        except OSError as refused:
            if self._disk is None or not self._disk.look():
                log.error("not_recorded", folder=str(folder), reason=refused.strerror)
            return None
        return folder / f"{call_id}.wav"

    def recording_refused(self, call_id: str, file: Path, reason: str) -> None:
        """The switch does not record that call."""
        if self._disk is not None:
            self._disk.refused(call_id, file, reason)

    def recording_over(self) -> None:
        """A recorded call has ended: was there room for it?"""
        if self._disk is not None:
            self._disk.look_beside()

    def below(self, recording: Path) -> str:
        """Its path below the recordings folder."""
        folder = self._recordings or self._messages
        assert folder is not None
        return str(recording.relative_to(folder))

    def write(self, work: Callable[[], object]) -> None:
        """Takes a write; never blocks."""
        self._writes.put(work)

    def wait_until_written(self) -> None:
        """Waits until everything that was to be written until now has been, or waits in the spool for a
        database that is lost."""
        done = Event()
        self._writes.put(done)
        done.wait()
        self._late.join()
        if self._call_log.spool_waits:
            self._drain()

    def close(self, deadline: float = 10.0) -> None:
        """Writes what is left, at most `deadline` seconds."""
        self._drainer.kill()
        self._writes.put(None)
        self._writer.join(timeout=deadline)
        if not self._writer.ready():
            log.error("records_unwritten", waiting=self._writes.qsize())
            self._writer.kill()
        self._late.join(timeout=deadline)
        if self._disk is not None:
            self._disk.settle(deadline)
        if self._call_log.spool_waits and self._call_log.database_lost is None:
            self._drain()
        self._pool.kill()
        self._draining.kill()

    @property
    def call_log(self) -> CallLog:
        """Where the writes go."""
        return self._call_log

    def _write_all(self) -> None:
        while (work := self._writes.get()) is not None:
            if isinstance(work, Event):
                work.set()
                continue
            written = self._pool.spawn(tried(work))
            written.wait(timeout=self._patience)
            if written.ready():
                _tell(written)
                continue
            self._late.spawn(_tell, written)
            _tell(self._pool.spawn(tried(self._call_log.give_up_waiting)))

    def _drain_now_and_then(self) -> None:
        while True:
            gevent.sleep(DRAIN_EVERY)
            self._drain()

    def _drain(self) -> None:
        """Beside the writes: a database that hangs would hold them up, too."""
        try:
            in_thread(self.recover, self._draining)
        except DataError as lost:
            if not self._lost:
                log.error("records_wait", reason=str(lost))
            self._lost = True
        except Exception:
            # It must be tried again, whatever broke this time.
            log.exception("drain_fault")
        else:
            self._lost = False

    def recover(self) -> int:
        """Brings in what was spooled, and ends the calls that died with their server: with an earlier one of
        this name, or with another that is provably gone. How many. Raises `DataError`."""
        ended = 0
        for node in (self.node, *self._dead):
            ended += len(self._call_log.recover(node, self._started_at, self._recorded_until).completed)
        self._dead = ()
        return ended

    def _recorded_until(self, recording: str) -> datetime | None:
        """The last change of a call's recording; None if it is not there."""
        if self._recordings is None:
            return None
        try:
            return datetime.fromtimestamp((self._recordings / recording).stat().st_mtime, UTC)
        except (OSError, ValueError):
            return None


def _tell(written: AsyncResult[Any]) -> None:
    """Waits for a write, and tells what became of it: the others go on, whatever broke this one.

    Logged here, not in the pool: gevent's locks break among real threads (data-threads.md).
    """
    written.wait()
    if written.exception is not None:
        log.error("record_lost", exc_info=written.exc_info)
    elif isinstance(refusal := written.value, Refusal):
        log.error("record_not_written", reason=str(refusal))
