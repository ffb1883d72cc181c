"""What several servers do at the same moment.

`threading` is gevent's in these tests, as in the server: its threads are greenlets, and one that asks a
database gives way to no other. What is to happen at once would happen one after the other. So here are real
ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

T = TypeVar("T")


def side_by_side(*deeds: Callable[[], T]) -> list[T]:
    """Does all of them in threads that begin together; what each returns. Raises what one of them raises."""
    sleep: Callable[[float], None] = get_original("time", "sleep")
    ready: list[None] = []

    def begin(deed: Callable[[], T]) -> T:
        ready.append(None)
        while len(ready) < len(deeds):
            sleep(0)  # until the last of them has begun
        return deed()

    pool = ThreadPool(len(deeds))
    try:
        return list(pool.map(begin, deeds))
    finally:
        pool.kill()
