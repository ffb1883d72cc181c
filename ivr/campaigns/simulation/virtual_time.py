"""Time that passes only when nothing is left to do at a moment."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from typing import Any

Deed = Callable[..., None]


class VirtualTime:
    """Does what is due, in order; of two things at one moment the one that was put down first."""

    def __init__(self) -> None:
        self.now = 0.0
        """Seconds since the simulation began."""
        self._due: list[tuple[float, int, Deed, tuple[Any, ...]]] = []
        self._order = count()

    def at(self, moment: float, deed: Deed, *about: Any) -> None:
        """Puts down what is to be done; not before now."""
        heapq.heappush(self._due, (max(moment, self.now), next(self._order), deed, about))

    def pass_all(self) -> None:
        """Until nothing is due any more."""
        while self._due:
            self.now, _, deed, about = heapq.heappop(self._due)
            deed(*about)
