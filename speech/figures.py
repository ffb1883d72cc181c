"""What has happened in a recogniser or synthesiser since it was made, and what it can bear: for metrics."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

WAIT_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 6.0)
"""Seconds; upper limits of what is told apart."""


@dataclass
class Figures:
    """Counts since the pool was made."""

    opened: int = 0
    answered: int = 0
    refused: int = 0
    """No worker could take it: none is there, or all are busy."""
    repeated: int = 0
    """Said again to another worker, because the first one died."""
    lost: int = 0
    """Without an answer, because the worker died or did not keep up."""
    late: int = 0
    """Without an answer at the deadline."""
    restarts: int = 0
    audio_seconds: float = 0.0
    """Of sound that was given to be recognised."""
    wait_seconds: float = 0.0
    """The sum of all waits for an answer."""
    _in_bucket: list[int] = field(default_factory=lambda: [0] * (len(WAIT_BUCKETS) + 1))

    def answer_came(self, seconds: float) -> None:
        """After so long a wait."""
        self.answered += 1
        self.wait_seconds += seconds
        self._in_bucket[bisect_left(WAIT_BUCKETS, seconds)] += 1

    def waits_up_to(self) -> Iterator[tuple[float, int]]:
        """For each bucket's limit how many waits did not exceed it; the last one, infinity, has all."""
        so_far = 0
        for limit, count in zip((*WAIT_BUCKETS, float("inf")), self._in_bucket, strict=True):
            so_far += count
            yield limit, so_far


@dataclass(frozen=True)
class Room:
    """How much an engine can take, and takes now."""

    workers: int
    """Processes that have started; of vosk-server, addresses that are not left alone."""
    most: int
    """Utterances at a time; beyond, they are refused."""
    busy: int
    """Utterances under way."""
    waiting_bytes: int
    """Sound that is on its way to the workers: they do not keep up if it grows."""
