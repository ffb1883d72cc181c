"""Time as the embedded switch sees it: handed in, so that a test can run a call ten times faster."""

from __future__ import annotations

import time
from typing import Protocol

import gevent


class Clock(Protocol):
    """Seconds since the epoch that never go back, and a sleep that is measured in the same seconds."""

    def now(self) -> float:
        """Seconds since the epoch; monotonic."""

    def sleep(self, seconds: float) -> None:
        """Lets other greenlets run for `seconds` of this clock; 0 or less only lets them run."""

    def real(self, seconds: float) -> float:
        """The real seconds that `seconds` of this clock take: what a socket's timeout wants."""


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

    def real(self, seconds: float) -> float:
        return max(seconds, 0.0) / self.speed


class RealClock(ScaledClock):
    """One second is one second."""

    def __init__(self) -> None:
        super().__init__(1.0)
