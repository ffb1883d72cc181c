"""Numbers that are counted as they come, and what follows from them. Pure (docs/reports.md)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field


class Durations:
    """Many durations, in ms: 8 bytes each."""

    def __init__(self) -> None:
        self._values = array("q")
        self._sorted = True

    def add(self, ms: int) -> None:
        self._values.append(ms)
        self._sorted = False

    def extend(self, others: Durations) -> None:
        self._values.extend(others._values)
        self._sorted = False

    def __len__(self) -> int:
        return len(self._values)

    @property
    def total(self) -> int:
        return sum(self._values)

    @property
    def mean(self) -> float | None:
        """Seconds; `None` of nothing."""
        return seconds(self.total / len(self)) if len(self) else None

    @property
    def longest(self) -> float | None:
        return seconds(max(self._values)) if len(self) else None

    def quantile(self, percent: int) -> float | None:
        """The smallest value that so many percent do not exceed (nearest rank); seconds."""
        if not len(self):
            return None
        return seconds(self._in_order()[-(-percent * len(self) // 100) - 1])

    def below(self, ms: int) -> int:
        """How many are shorter than that."""
        return sum(value < ms for value in self._values)

    def mean_of_least(self, count: int) -> float | None:
        """The mean of so many of the shortest, in seconds; `None` if there are fewer."""
        if not 0 < count <= len(self):
            return None
        return seconds(sum(self._in_order()[:count]) / count)

    def _in_order(self) -> array[int]:
        if not self._sorted:
            self._values = array("q", sorted(self._values))
            self._sorted = True
        return self._values


def seconds(ms: float) -> float:
    """To the millisecond."""
    return round(ms / 1000, 3)


def share(part: float, whole: float) -> float | None:
    """A fraction of one, to four places; `None` of nothing."""
    return round(part / whole, 4) if whole else None


@dataclass
class Ratios:
    """Errors of what was foretold, as fractions of what came."""

    values: array[float] = field(default_factory=lambda: array("d"))

    def add(self, error: float) -> None:
        self.values.append(error)

    @property
    def median(self) -> float | None:
        """The lower one of the two in the middle of an even number."""
        return round(sorted(self.values)[(len(self.values) - 1) // 2], 4) if self.values else None
