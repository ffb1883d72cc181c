"""Time as the embedded switch sees it: handed in, so that a test can run a call in no time.

`RealClock` is for live calls, `ScaledClock` runs some times as fast, and `VirtualClock` does not wait
at all: it goes on to the next instant at which something is due whenever nothing is left to do.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.event import Event

from esl.later import run_later


class Clock(Protocol):
    """Seconds since the epoch that never go back, and ways to wait that are measured in them."""

    def now(self) -> float:
        """Seconds since the epoch; monotonic."""

    def sleep(self, seconds: float) -> None:
        """Lets other greenlets run for `seconds` of this clock; 0 or less only lets them run."""

    def wait(self, event: Event, seconds: float | None) -> bool:
        """Waits for the event, at most `seconds` of this clock. Whether it is set."""

    def later(self, seconds: float, run: Callable[[], None]) -> gevent.Greenlet[..., Any]:
        """Runs something in `seconds` of this clock, unless the greenlet is killed before."""


class ScaledClock:
    """Runs `speed` times as fast as the wall clock. At `speed` 1 it is real time.

    It starts at the wall clock's time and goes on by the monotonic clock, so that a correction of
    the wall clock in the middle of a call does not make the media stutter.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._start = time.time()
        self._real_start = time.monotonic()

    def now(self) -> float:
        return self._start + (time.monotonic() - self._real_start) * self.speed

    def sleep(self, seconds: float) -> None:
        gevent.sleep(max(seconds, 0.0) / self.speed)

    def wait(self, event: Event, seconds: float | None) -> bool:
        event.wait(None if seconds is None else max(seconds, 0.0) / self.speed)
        return event.is_set()

    def later(self, seconds: float, run: Callable[[], None]) -> gevent.Greenlet[..., Any]:
        return run_later(max(seconds, 0.0) / self.speed, run)


class RealClock(ScaledClock):
    """One second is one second."""

    def __init__(self) -> None:
        super().__init__(1.0)


class VirtualClock:
    """Time that passes only when nothing else is left to do, and then at once to the next due instant.

    Whoever shares the process and its sockets lives on one exact timeline: no frame is ever late, and
    a minute of a call takes as long as its work does. It does not wait for other processes or threads,
    so what they compute must not be part of the call.

    Instants are whole microseconds: two who tick every 20 ms from the same instant stay in the order in
    which they began, whatever sums of binary fractions make of it.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._something_due = Event()
        self._driver = gevent.spawn(self._drive)

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._alarm(seconds).wait()

    def wait(self, event: Event, seconds: float | None) -> bool:
        if seconds is None:
            event.wait()
        elif not event.is_set():
            gevent.wait([event, self._alarm(seconds)], count=1)
        return event.is_set()

    def later(self, seconds: float, run: Callable[[], None]) -> gevent.Greenlet[..., Any]:
        def wait_and_run() -> None:
            self.sleep(seconds)
            run()

        return gevent.spawn(wait_and_run)

    def stop(self) -> None:
        """Time stands still from here on."""
        self._driver.kill()

    def _alarm(self, seconds: float) -> Event:
        alarm = Event()
        due = round(self._now + max(seconds, 0.0), 6)
        heapq.heappush(self._due, (due, next(self._order), alarm))
        self._something_due.set()
        return alarm

    def _drive(self) -> None:
        while True:
            # Twice: what the first round let run may have sent something that is still to be read.
            for _ in range(2):
                gevent.idle()
            if not self._due:
                self._something_due.clear()
                self._something_due.wait()
                continue
            due, _, alarm = heapq.heappop(self._due)
            self._now = max(self._now, due)
            alarm.set()
