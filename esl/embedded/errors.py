"""What can go wrong in the embedded switch. Codes are stable; messages are one line with the remedy."""

from __future__ import annotations

from esl.errors import EslError


class EmbeddedSwitchError(EslError):
    """Base of the embedded switch's errors."""

    code = "esl.embedded"


class ConfigurationError(EmbeddedSwitchError):
    """The switch's configuration does not make sense."""

    code = "esl.embedded.configuration"


class AddressTakenError(EmbeddedSwitchError):
    """A port that the switch should listen on cannot be had."""

    code = "esl.embedded.address_taken"


class LineRefusedError(EmbeddedSwitchError):
    """The switch did not take the call. `cause` is FreeSWITCH's hang-up cause."""

    code = "esl.embedded.line_refused"

    def __init__(self, reason: str, *, cause: str = "CALL_REJECTED") -> None:
        super().__init__(reason)
        self.cause = cause


class LineError(EmbeddedSwitchError):
    """The other end of a line does not speak the line protocol."""

    code = "esl.embedded.line"


class SoundError(EmbeddedSwitchError):
    """A sound cannot be played: not there, or in a form that the switch does not read."""

    code = "esl.embedded.sound"


class ScriptError(EmbeddedSwitchError):
    """What a scripted caller waited for did not happen in time."""

    code = "esl.embedded.script"


class DialStringError(EmbeddedSwitchError):
    """A dial string cannot be read."""

    code = "esl.embedded.dial_string"


class NotPlacedError(EmbeddedSwitchError):
    """A leg could not be placed; nobody's telephone rings."""

    code = "esl.embedded.not_placed"

    def __init__(self, text: str, *, cause: str) -> None:
        """`cause` is what the switch answers (`SUBSCRIBER_ABSENT`)."""
        super().__init__(text)
        self.cause = cause
