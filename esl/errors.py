"""What can go wrong on the way to the switch. Every error has a stable code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class EslError(Exception):
    """Base of this package's errors. `code` never changes; the message is one line for people."""

    code = "esl.error"


class WireError(EslError):
    """The peer sent what the protocol does not allow, or more than the limits. The stream is lost.

    `completed` are the messages (or commands) that the same bytes completed before the fault.
    """

    code = "esl.wire"

    def __init__(self, reason: str, *, completed: Sequence[Any] = ()) -> None:
        super().__init__(reason)
        self.completed = tuple(completed)


class UnsafeTextError(EslError):
    """Text that would change the meaning of the command it was meant to be a part of."""

    code = "esl.unsafe_text"
