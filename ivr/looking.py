"""A look now and again, for as long as a server is up: whose turn is it, what is there to be done."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import structlog

from data.errors import DataError

log = structlog.get_logger(__name__)

TELL_AGAIN = 60.0
"""Seconds of looks in vain after which the log is told again: a database that is away for an hour is no ten
thousand lines."""


class Looking:
    """A greenlet that looks `every` so many seconds, from `start` to `stop`. A look that fails is told, and
    the next may go well: what there is to do is in the database. Those that follow in vain are told once a
    minute (`TELL_AGAIN`), and that it went well again.
    """

    def __init__(self, step: Callable[[], object], *, every: float, name: str) -> None:
        """`name` begins what the log calls a lost database (`NAME_not_seen`), a fault (`NAME_fault`), and the
        end of either (`NAME_seen_again`)."""
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
        in_vain, most = 0, max(1, round(TELL_AGAIN / self._every))
        while True:
            gevent.sleep(self._every)
            try:
                self._step()
            except DataError as lost:
                if in_vain % most == 0:
                    log.error(f"{self._name}_not_seen", reason=str(lost), in_vain=in_vain + 1)
                in_vain += 1
            except Exception:
                if in_vain % most == 0:
                    log.exception(f"{self._name}_fault", in_vain=in_vain + 1)
                in_vain += 1
            else:
                if in_vain:
                    log.info(f"{self._name}_seen_again", in_vain=in_vain)
                in_vain = 0
