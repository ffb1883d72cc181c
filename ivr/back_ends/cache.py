"""Answers that are kept for some seconds, so that a question asked twice in a call is put to the system once.

Nothing that was asked by a sensitive answer ever comes here; see `asking.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping

from dialogs.results import Found

MOST = 10_000
"""Answers in memory; the oldest go first."""

Key = tuple[str, tuple[tuple[str, str], ...]]


def key_of(name: str, by: Mapping[str, str]) -> Key:
    return name, tuple(sorted(by.items()))


class Cache:
    """Found answers, each until its time is over."""

    def __init__(self, now: Callable[[], float], most: int = MOST) -> None:
        self._now, self._most = now, most
        self._kept: OrderedDict[Key, tuple[float, Found]] = OrderedDict()

    def get(self, key: Key) -> Found | None:
        ends_at, found = self._kept.get(key, (0.0, None))
        if found is not None and self._now() >= ends_at:
            del self._kept[key]
            return None
        return found

    def keep(self, key: Key, found: Found, seconds: float) -> None:
        self._kept[key] = (self._now() + seconds, found)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, names: frozenset[str]) -> None:
        """Drops all answers of these look-ups: something was written where they read."""
        for key in [key for key in self._kept if key[0] in names]:
            del self._kept[key]
