"""What a caller was told is noted is on a disk: in the own database or, while that is lost, in the spool.

Rules:
1. What goes to the spool is an errand with the key that the work itself goes by: if the database had it after
   all (its answer was lost on the way), it is done once.
2. When the database is back, the spool is drained into the outbox (`data.spool`), and the errand's own
   carrier does the work then, as the call would have done it.
3. A database that hangs is as lost as one that refuses: after `PATIENCE` seconds nobody waits for it, and the
   threads that it holds hold up no spooling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import gevent
import structlog
from gevent.threadpool import ThreadPool

from data.errors import DataError
from data.records import Errand
from data.spool import Spool
from ivr.in_thread import in_thread

log = structlog.get_logger(__name__)
T = TypeVar("T")

PATIENCE = 3.0
"""Seconds; below the 4 that a call waits for what is only noted (`ivr.living.deeds`)."""


class Spooled:
    """It waits on the disk."""


class Answer(Generic[T]):
    """What the database answered."""

    def __init__(self, value: T) -> None:
        self.value = value


class Safekeeping:
    """Of one process; its spool is that of the call records."""

    def __init__(self, spool: Spool, *, patience: float = PATIENCE) -> None:
        self._spool, self._patience = spool, patience
        # Of its own: all others may be held by a database that hangs.
        self._disk = ThreadPool(1)

    def keep(self, work: Callable[[], T], errand: Errand) -> Answer[T] | Spooled:
        """Does the work in a thread, or keeps the errand that stands for it. Blocks cooperatively.

        Raises `SpoolNotWritable` if both are lost.
        """
        late = gevent.Timeout(self._patience)
        try:
            with late:
                return Answer(in_thread(work))
        except gevent.Timeout as over:
            if over is not late:
                raise
            why: object = f"no answer within {self._patience:g} s"
        except DataError as lost:
            why = lost
        log.warning("spooled", kind=errand.kind, call=str(errand.call_id), reason=str(why))
        in_thread(lambda: self._spool.keep(errand), self._disk)
        return Spooled()
