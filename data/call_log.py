"""What the session tells about its call: into the database, or into the spool while that is lost.

Rules:
1. A record is safe when the method returns, and the call never stops for it: a lost database costs one
   bounded wait, then everything goes straight to the spool for `PAUSE_SECONDS`.
2. A database that hangs is as lost as one that refuses: whoever waits for it may `give_up_waiting`. What was
   under way may then be written twice, which changes nothing.
3. A call whose beginning went to the spool continues there, until it has been drained: the database
   refuses turns of unknown calls, and order does not matter, because every record may come twice or late.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from data.errors import CallUnknown, DataError, RecordRefused
from data.records import AuditEntry, CallAnswered, CallBegun, CallEnded, CallProved, Turn, VisitFacts
from data.records.callers import TakenFor
from data.spool import Drained, Record, Spool, TurnAdded
from data.store import Store

PAUSE_SECONDS = 5.0
Where = Literal["stored", "spooled"]


@dataclass(frozen=True)
class Recovered:
    """What was made good after a crash or a loss of the database."""

    drained: Drained
    completed: tuple[UUID, ...]
    """Calls that got the ending `SERVER_LOST`."""


class CallLog:
    """The same methods as `store.calls`, but a lost database is no error; each tells where it went.

    They raise `SpoolNotWritable` only if database and spool are both lost.
    """

    def __init__(self, store: Store, spool: Spool, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._spool = spool
        self._clock = clock
        self._try_again_at = float("-inf")
        self._lost: DataError | None = None
        self._under_way: dict[object, tuple[Record, ...]] = {}

    @property
    def database_lost(self) -> DataError | None:
        """Why the database was last given up, `None` while it works."""
        return self._lost

    @property
    def spool_waits(self) -> bool:
        """Whether anything waits in the spool."""
        return self._spool.waiting

    def give_up_waiting(self) -> None:
        """Spools what the database is being told and does not answer; for `PAUSE_SECONDS` it is told nothing.

        For another thread than that which waits. Raises `SpoolNotWritable`.
        """
        self._try_again_at = self._clock() + PAUSE_SECONDS
        for write, records in tuple(self._under_way.items()):
            self._spool.keep(*records)
            self._under_way.pop(write, None)

    def begin(self, call: CallBegun) -> Where:
        return self._write(lambda: self._store.calls.begin(call), call)

    def answered(self, answer: CallAnswered) -> Where:
        return self._write(lambda: self._store.calls.answered(answer), answer)

    def proved(self, proof: CallProved) -> Where:
        return self._write(lambda: self._store.calls.proved(proof), proof)

    def add_turn(self, call_id: UUID, turn: Turn) -> Where:
        return self.add_turns(call_id, (turn,))

    def add_turns(self, call_id: UUID, turns: Iterable[Turn]) -> Where:
        kept = tuple(turns)
        return self._write(
            lambda: self._store.calls.add_turns(call_id, kept), *(TurnAdded(call_id, turn) for turn in kept)
        )

    def finish(self, end: CallEnded) -> Where:
        return self._write(lambda: self._store.calls.finish(end), end)

    def audit(self, entry: AuditEntry) -> Where:
        return self._write(lambda: self._store.audit.note(entry), entry)

    def taken_for(self, taken: TakenFor) -> None:
        """Notes a caller's segment. It is not spooled: the call's ending tells it, too."""
        if self._clock() < self._try_again_at:
            return
        try:
            self._store.callers.note(taken)
        except DataError as error:
            self._give_up(error)

    def visit(self, facts: VisitFacts) -> None:
        """Notes a stay in a queue that no switch tells of. It is not spooled: it is only a figure."""
        if self._clock() < self._try_again_at:
            return
        try:
            self._store.queue_visits.learn((facts,))
        except DataError as error:
            self._give_up(error)

    def recover(
        self,
        node_id: str,
        at: datetime,
        recorded_until: Callable[[str], datetime | None] = lambda _recording: None,
    ) -> Recovered:
        """Brings what waits in the spool into the database, then ends what a crash of `node_id` left open.

        To be called at start and now and then, always with the moment at which this process began, so
        that its own calls are left alone. In this order, because the real ending of a call may wait in
        the spool. `recorded_until` as in `Calls.complete_unfinished`. Raises the `DataError` of a database
        that is still lost.
        """
        drained = self._spool.drain(self._store)
        completed = self._store.calls.complete_unfinished(node_id, at, recorded_until)
        self._found_again()
        return Recovered(drained, completed)

    def _write(self, write: Callable[[], object], *records: Record) -> Where:
        if self._clock() < self._try_again_at:
            self._spool.keep(*records)
            return "spooled"
        mark = object()
        self._under_way[mark] = records
        try:
            write()
        except DataError as error:
            if not isinstance(error, CallUnknown | RecordRefused):
                self._give_up(error)
            if mark in self._under_way:
                self._spool.keep(*records)
            return "spooled"
        finally:
            self._under_way.pop(mark, None)
        self._found_again()
        return "stored"

    def _give_up(self, error: DataError) -> None:
        # No lock: threads that come here together set the same thing.
        self._lost = error
        self._try_again_at = self._clock() + PAUSE_SECONDS

    def _found_again(self) -> None:
        self._lost = None
        self._try_again_at = float("-inf")
