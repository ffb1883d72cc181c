"""What can go wrong when another system is asked: was it reached at all, and may it have acted?"""

from __future__ import annotations


class SystemFault(Exception):
    """The system did not answer as it should. The text is for the log and names no value of the caller's."""


class NotReached(SystemFault):
    """Nothing was sent: it can be tried again without harm."""


class NotAnswered(SystemFault):
    """It was sent, and no whole answer came: whether it was done is not known."""


class OutOfTime(NotAnswered):
    """As `NotAnswered`, because the time was over."""


class AnswerUnusable(SystemFault):
    """An answer came that is not what was agreed: too large, no JSON, a redirect, a value of another type."""
