"""A circuit breaker: a system that does not work is left alone for a while, and nobody waits for it.

Closed: everybody is let through; `failures` in a row open it. Open: nobody is, for `rest` seconds. Half open:
one is let through to see, and closes it or opens it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half open"]


class Breaker:
    """One per system. Greenlets share it; nothing in here waits."""

    def __init__(self, *, failures: int, rest: float, now: Callable[[], float]) -> None:
        """`now`: seconds of a clock that never goes back."""
        self._most, self._rest, self._now = failures, rest, now
        self._failed = 0
        self._opened_at: float | None = None
        self._trial: object | None = None

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return "closed"
        return "half open" if self._now() - self._opened_at >= self._rest else "open"

    def enter(self) -> object | None:
        """A pass, to be told by `succeeded`, `failed` or `left`; `None`: not now."""
        match self.state:
            case "closed":
                return object()
            case "half open" if self._trial is None:
                self._trial = object()
                return self._trial
            case _:
                return None

    def succeeded(self, entered: object) -> None:
        """The system has answered."""
        if self._opened_at is None or entered is self._trial:
            self._failed, self._opened_at, self._trial = 0, None, None

    def failed(self, entered: object) -> None:
        """The system has not answered, or not as agreed."""
        if entered is self._trial:
            self._opened_at, self._trial = self._now(), None
        elif self._opened_at is None:
            self._failed += 1
            if self._failed >= self._most:
                self._opened_at = self._now()

    def left(self, entered: object) -> None:
        """Nobody waited for the answer: it says nothing about the system."""
        if entered is self._trial:
            self._trial = None
