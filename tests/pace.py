"""Processor time that a busy machine does not change: measured beside a fixed piece of work.

Where others work, too, caches are cold and clocks are slow: the same code was seen to take twice its time.
What it costs beside a yardstick stays, so a bound in seconds is one on the machine that the yardstick was
read on.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import process_time

_YARDSTICK_SECONDS = 0.0019
"""Of `_yardstick` on the machine of docs/measurements.md, with nothing beside it."""


def _yardstick() -> float:
    begun = process_time()
    table = {}
    for at in range(6_000):
        word = f"{at % 97}-{at}"
        table[word] = table.get(word[::-1], 0) + len(word)
    return process_time() - begun


def quiet_seconds(deed: Callable[[], object]) -> float:
    """Processor seconds that `deed` would take on that quiet machine. Runs it once."""
    before = _yardstick()
    begun = process_time()
    deed()
    taken = process_time() - begun
    return taken * 2 * _YARDSTICK_SECONDS / (before + _yardstick())


def usual_seconds(deeds: list[Callable[[], object]]) -> float:
    """The median of several: one that a collection of garbage fell into does not count."""
    return median(quiet_seconds(deed) for deed in deeds)
