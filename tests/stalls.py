"""When the machine stood still.

Calls go on in real time: on a machine that lets a program wait for a tenth of a second, a telephone's sound
has a hole, and a test that listens to it fails for nothing. Such a test is run again, but only if the machine
did stand still while it ran; a test that fails on a machine that keeps up has found something.
"""

from __future__ import annotations

import time

from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

STALLED = 0.05
"""Seconds late by which sound has a hole: two frames and a half."""
LOOKS = 0.02


class Stalls:
    """How late this process was, at worst, since the last `begin`."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._asleep_since = time.monotonic()
        self._on = True
        self._sleep = get_original("time", "sleep")
        self._thread = ThreadPool(1)
        self._thread.spawn(self._watch)

    def begin(self) -> None:
        """Of another test from here on."""
        self.longest = 0.0

    def stood_still(self) -> bool:
        """Whether the machine let us wait for longer than sound can."""
        return max(self.longest, self._late()) > STALLED

    def end(self) -> None:
        """Watches no more."""
        self._on = False

    def _late(self) -> float:
        return time.monotonic() - self._asleep_since - LOOKS

    def _watch(self) -> None:
        while self._on:
            self._asleep_since = time.monotonic()
            self._sleep(LOOKS)
            self.longest = max(self.longest, self._late())
