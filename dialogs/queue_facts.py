"""What a flow may ask about a queue while somebody waits in it (`overflow` of a `queue` step)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from dialogs.catalogue import ValueType

BEYOND = 86_400
"""Seconds: stands for a wait that nobody can foretell, because nobody is there."""


@dataclass(frozen=True)
class QueueFacts:
    """A queue as one caller sees it; seconds, and how many people."""

    length: int = 0
    """Who waits on the line, the caller included."""
    position: int = 1
    """Whose turn it is, those who keep their place and are called back included."""
    wait: int = 0
    """Seconds that it will take, most likely; `BEYOND` if nobody is there."""
    waited: int = 0
    """Seconds of waiting so far."""
    agents: int = 0
    """People who are logged in."""
    free: int = 0
    """Of those, who could take the call now."""
    on_time: int = 100
    """Percent of the latest calls that were answered in time: the service level, and its risk."""

    def values(self) -> dict[str, int]:
        return {f"queue.{one.name}": int(getattr(self, one.name)) for one in fields(self)}


QUEUE_TYPES: Mapping[str, ValueType] = {f"queue.{one.name}": "number" for one in fields(QueueFacts)}
