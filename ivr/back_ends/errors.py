"""What can go wrong at a system of the company, beside what can at any (`ivr/outside/faults.py`)."""

from __future__ import annotations

from ivr.outside.faults import AnswerUnusable


class NotAsAgreed(AnswerUnusable):
    """This answer, or this query, is wrong in itself: that says nothing against the system as a whole."""


class RowRefused(NotAsAgreed):
    """The database refuses what contradicts its other rows; that will not change by itself."""


class ValueUnfit(Exception):
    """A value of the caller's that the system cannot have meant: `..` in a path, a day that is none."""
