"""The queue for real threads: one at a time, in order, with a deadline, in a patched process."""

from __future__ import annotations

import hashlib
import time
from _queue import SimpleQueue
from collections import deque

from gevent.threadpool import ThreadPool

from data.one_at_a_time import OneAtATime


def test_many_threads_enter_one_at_a_time_and_none_is_forgotten() -> None:
    """gevent's own locks fail this: threads wait for ever, or for all of their timeout."""
    queue = OneAtATime()
    inside = entered = most = 0
    longest = 0.0

    def work(_: int) -> None:
        nonlocal inside, entered, most, longest
        for _ in range(200):
            began = time.perf_counter()
            ticket = queue.enter(timeout=20)
            longest = max(longest, time.perf_counter() - began)
            assert ticket is not None
            inside += 1
            most = max(most, inside)
            hashlib.sha256(b"x" * 60_000).digest()  # lets go of the interpreter, as SQLite does
            entered += 1
            inside -= 1
            queue.leave(ticket)

    for _ in ThreadPool(8).imap_unordered(work, range(8)):
        pass
    assert (entered, most) == (1600, 1)
    assert longest < 10


def test_who_came_first_is_served_first() -> None:
    """A call that waits is not overtaken by busier ones."""
    queue = OneAtATime()
    arrived: SimpleQueue[None] = SimpleQueue()

    class Watched(deque[SimpleQueue[None]]):
        """Tells when somebody has taken their place."""

        def append(self, ticket: SimpleQueue[None], /) -> None:
            super().append(ticket)
            arrived.put(None)

    queue._queue = Watched()
    holder = queue.enter(timeout=0)
    arrived.get(timeout=10)
    served: list[int] = []

    def work(index: int) -> None:
        ticket = queue.enter(timeout=10)
        assert ticket is not None
        served.append(index)
        queue.leave(ticket)

    pool = ThreadPool(4)
    jobs = []
    for index in range(4):
        jobs.append(pool.spawn(work, index))
        arrived.get(timeout=10)
    assert holder is not None and served == []
    queue.leave(holder)
    for job in jobs:
        job.get(timeout=10)
    assert served == [0, 1, 2, 3]


def test_a_wait_ends_at_its_deadline_and_leaves_no_hole() -> None:
    """Whoever gives up is out of the queue; the next one still gets their turn."""
    queue = OneAtATime()
    holder = queue.enter(timeout=0)
    assert holder is not None
    began = time.perf_counter()
    assert queue.enter(timeout=0.05) is None
    assert 0.04 < time.perf_counter() - began < 10
    queue.leave(holder)
    ticket = queue.enter(timeout=0)
    assert ticket is not None
    queue.leave(ticket)


def test_giving_up_and_being_called_at_once_do_not_lock_the_door() -> None:
    """The race between a deadline and a turn, many times over: the queue is always usable afterwards."""
    queue = OneAtATime()
    had = inside = most = 0

    def work(index: int) -> None:
        nonlocal had, inside, most
        for _ in range(150):
            ticket = queue.enter(timeout=0.0002 * (index % 4))
            if ticket is not None:
                inside += 1
                most = max(most, inside)
                hashlib.sha256(b"x" * 20_000).digest()
                had += 1
                inside -= 1
                queue.leave(ticket)

    for _ in ThreadPool(8).imap_unordered(work, range(8)):
        pass
    last = queue.enter(timeout=0)
    assert last is not None and had > 100 and most == 1
    queue.leave(last)
