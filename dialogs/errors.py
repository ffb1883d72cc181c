"""What can go wrong in a dialog, each with a stable code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where it is, what it is, and what to do.

    `line` and `column` count from 1; 0 is the file or folder as a whole.
    """

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{place}: {self.message}"


class DialogError(Exception):
    """Everything that this package raises on purpose."""

    code = "dialog"


class FlowsInvalid(DialogError):
    """The files have mistakes; `problems` holds all of them, in the order of the files."""

    code = "flows_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnknownFlow(DialogError):
    """There is no flow of that name in the set."""

    code = "unknown_flow"


class UnknownStep(DialogError):
    """There is no step of that name in the flow."""

    code = "unknown_step"


class ConversationOver(DialogError):
    """`send` after the conversation has ended, or before it has begun."""

    code = "conversation_over"


class ValueUnspeakable(DialogError):
    """A value is missing or has the wrong type for its format. Names the value, never its content."""

    code = "value_unspeakable"


class ConditionUndecidable(DialogError):
    """A condition met a value of a type that it cannot compare. Names the condition, never a value."""

    code = "condition_undecidable"


class ClockMissing(DialogError):
    """Opening hours were asked for, and nobody said what time it is."""

    code = "clock_missing"


class UnexpectedResult(DialogError):
    """The session answered an effect with a result that does not belong to it."""

    code = "unexpected_result"


class RehearsalStuck(DialogError):
    """A scripted call went on for longer than any call can."""

    code = "rehearsal_stuck"
