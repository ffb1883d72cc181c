"""A look now and again, for as long as a server is up: whose turn is it, what is there to be done."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import structlog

from data.errors import DataError

log = structlog.get_logger(__name__)


class Looking:
    """A greenlet that looks `every` so many seconds, from `start` to `stop`. One look that fails is told, and
    the next may go well: what there is to do is in the database.
    """

    def __init__(self, step: Callable[[], object], *, every: float, name: str) -> None:
        """`name` begins what the log calls a lost database (`NAME_not_seen`) and a fault (`NAME_fault`)."""
        self._step, self._every, self._name = step, every, name
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Begins; the first look comes after `every` seconds."""
        self._greenlet = gevent.spawn(self._look)

    def stop(self) -> bool:
        """No look after this one. Whether it was looking."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is None:
            return False
        greenlet.kill()
        return True

    def _look(self) -> None:
        while True:
            gevent.sleep(self._every)
            try:
                self._step()
            except DataError as lost:
                log.error(f"{self._name}_not_seen", reason=str(lost))
            except Exception:
                log.exception(f"{self._name}_fault")
