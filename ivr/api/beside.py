"""Work of the API that blocks, in threads of its own: look-ups and records of calls do not wait behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gevent.threadpool import ThreadPool

T = TypeVar("T")


class Beside:
    """A few threads."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPool(threads)

    def do(self, work: Callable[[], T]) -> T:
        """Does it, and waits cooperatively; what it raises is raised here. It must log nothing: gevent's
        locks break among real threads (docs/decisions/data-threads.md)."""

        def tried() -> tuple[T] | Exception:
            try:
                return (work(),)
            except Exception as fault:  # noqa: BLE001 - carried over and raised below; the pool would print it
                return fault

        done: tuple[T] | Exception = self._pool.apply(tried)
        if isinstance(done, Exception):
            raise done
        return done[0]

    def close(self) -> None:
        """Waits for nobody any more."""
        self._pool.kill()
