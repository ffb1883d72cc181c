"""Blocking work, away from the loop that lives the calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import gevent
from gevent.threadpool import ThreadPool

from data.errors import DataError
from ivr.errors import IvrError

T = TypeVar("T")
Refusal = DataError | IvrError | OSError


def in_thread(work: Callable[[], T], pool: ThreadPool | None = None) -> T:
    """Does it in a thread of the pool (default: gevent's own), and waits cooperatively. It must not log there
    (data-threads.md)."""
    # Not `pool or`: a pool without threads is false.
    chosen = gevent.get_hub().threadpool if pool is None else pool
    result = chosen.apply(tried(work))
    if isinstance(result, Refusal):
        raise result
    return result


def tried(work: Callable[[], T]) -> Callable[[], T | Refusal]:
    """The work, which returns what the database or the disk refuses: a pool prints what is raised in it, as
    if it were a surprise."""

    def trying() -> T | Refusal:
        try:
            return work()
        except (DataError, IvrError, OSError) as fault:
            return fault

    return trying


class _EachInThread:
    def __init__(self, part: object) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._part, name)
        return lambda *words, **named: in_thread(lambda: method(*words, **named))


def each_in_thread(part: T) -> T:
    """A part of the database for greenlets: each of its methods waits cooperatively."""
    return cast("T", _EachInThread(part))
