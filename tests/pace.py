"""Processor time that a busy machine does not change: measured beside a fixed piece of work.

Where others work, too, caches are cold and clocks are slow: the same code was seen to take twice its time.
What it costs beside a yardstick stays, so a bound in seconds is one on the machine that the yardstick was
read on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    return next(_each([deed]))


def usual_seconds(deeds: list[Callable[[], object]]) -> float:
    """The median of several: one that a collection of garbage fell into does not count."""
    return median(_each(deeds))


def _each(deeds: list[Callable[[], object]]) -> Iterator[float]:
    """The seconds of each. The yardstick behind one is that before the next: it takes as long as they do."""
    before = _yardstick()
    for deed in deeds:
        begun = process_time()
        deed()
        taken = process_time() - begun
        behind = _yardstick()
        yield taken * 2 * _YARDSTICK_SECONDS / (before + behind)
        before = behind
