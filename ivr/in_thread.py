"""Blocking work, away from the loop that lives the calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import gevent

from data.errors import DataError
from ivr.errors import IvrError

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> T:
    """Does it in gevent's thread pool, and waits cooperatively.

    What the database or the disk refuses is raised here: the pool would print it, as if it were a surprise.
    """

    def tried() -> T | DataError | IvrError | OSError:
        try:
            return work()
        except (DataError, IvrError, OSError) as fault:
            return fault

    result: T | DataError | IvrError | OSError = gevent.get_hub().threadpool.apply(tried)
    if isinstance(result, DataError | IvrError | OSError):
        raise result
    return result
