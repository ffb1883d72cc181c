"""Where a conversation stands, and what broke there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Position(NamedTuple):
    """Where a conversation stands."""

    flow: str
    step: str


@dataclass(frozen=True)
class Fault:
    """Something broke. `reason` holds no value of the caller's."""

    flow: str
    step: str
    reason: str
