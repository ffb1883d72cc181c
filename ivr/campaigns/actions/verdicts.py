"""What became of an action that was due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Did:
    """It is done, as far as it is ours: what leaves the house lies in the outbox."""

    why: str = ""


@dataclass(frozen=True)
class PutOff:
    """Not before that moment."""

    until: datetime
    result: str
    """A code."""
    why: str


@dataclass(frozen=True)
class Dropped:
    """It is not done."""

    result: str
    """A code, for reports."""
    why: str
    """For people."""


Verdict = Did | PutOff | Dropped
