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


class ConnectionLostError(EslError):
    """The connection to the switch is gone: closed by it, broken, or given up because it fell silent."""

    code = "esl.connection_lost"


class CommandTimeoutError(ConnectionLostError):
    """The switch did not answer a command in time. The connection is given up with it."""

    code = "esl.command_timeout"


class CommandRefusedError(EslError):
    """The switch answered `-ERR` or `-USAGE`."""

    code = "esl.command_refused"

    def __init__(self, command: str, answer: str) -> None:
        super().__init__(f"the switch refused {command!r}: {answer}")
        self.answer = answer


class LoginRefusedError(EslError):
    """The switch did not let an inbound connection in: wrong password, or address not on its list."""

    code = "esl.login_refused"


class AddressTakenError(EslError):
    """Another program listens on the address."""

    code = "esl.address_taken"


class AddressUnusableError(EslError):
    """The address cannot be listened on: not this machine's, or not allowed to this user."""

    code = "esl.address_unusable"


class CallEnded(EslError):  # noqa: N818 - the port's name: it tells what happened, it is no fault
    """The leg is gone; nothing can be done to it any more."""

    code = "esl.call_ended"
