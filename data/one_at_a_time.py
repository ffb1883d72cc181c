"""A queue for real threads in a process that gevent has patched.

Rules:
1. `threading.Lock` and `RLock` are gevent's here. Fought over by several real threads they lose wake-ups
   (gevent 26.9: waits that never end, and now and then a crash), so nothing in `data` lets threads meet
   at one. docs/decisions/data-threads.md has the measurement.
2. What does not go through gevent is the interpreter's own `SimpleQueue`; it is all that is used here.
3. First come, first served, because a call that waits for its turn must not be overtaken for ever.
"""

from __future__ import annotations

from _queue import Empty, SimpleQueue  # `queue.SimpleQueue` is gevent's once patched, this one never
from collections import deque


class OneAtATime:
    """A lock with a deadline. Whoever is at the head of the queue has it."""

    def __init__(self) -> None:
        # Appending, removing and looking at the head are each one step for all threads (the GIL).
        self._queue: deque[SimpleQueue[None]] = deque()

    def enter(self, *, timeout: float) -> SimpleQueue[None] | None:
        """Waits for the turn at most `timeout` seconds. Returns the ticket to leave with, or `None`."""
        ticket: SimpleQueue[None] = SimpleQueue()
        self._queue.append(ticket)
        if self._queue[0] is not ticket:
            try:
                ticket.get(timeout=max(0.0, timeout))
            except Empty:
                self.leave(ticket)
                return None
        return ticket

    def leave(self, ticket: SimpleQueue[None]) -> None:
        """Gives the turn to the next. Being woken twice does no harm: a ticket is used once."""
        self._queue.remove(ticket)
        try:
            self._queue[0].put(None)
        except IndexError:
            return


def pause(seconds: float) -> None:
    """Sleeps in this thread alone, without gevent's loop."""
    try:
        SimpleQueue[None]().get(timeout=seconds)
    except Empty:
        return
