"""The captured exchanges of `tests/traces`, as steps that a test can feed or replay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "traces"
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.esl")))


@dataclass(frozen=True)
class Step:
    """A command that was sent to the switch, and what the switch sent before the next one."""

    command: bytes
    """Its lines with LF between, without the blank line; empty for what came unasked."""
    answer: bytes


@dataclass(frozen=True)
class Trace:
    name: str
    steps: tuple[Step, ...]
    closed: bool
    """The switch closed the connection at the end."""

    @property
    def received(self) -> bytes:
        """Everything the switch sent, byte for byte."""
        return b"".join(step.answer for step in self.steps)

    @property
    def commands(self) -> list[bytes]:
        return [step.command for step in self.steps if step.command]


def load(name: str) -> Trace:
    steps: list[Step] = []
    command: list[bytes] = []
    answer: list[bytes] = []
    closed = False
    for line in (FOLDER / f"{name}.esl").read_bytes().splitlines(keepends=True):
        if line.startswith(b">>> "):
            if answer:
                steps.append(Step(b"\n".join(command), b"".join(answer)))
                command, answer = [], []
            command.append(line[4:].rstrip(b"\n"))
        elif line == b"<<< EOF\n":
            closed = True
        else:
            answer.append(line)
    steps.append(Step(b"\n".join(command), b"".join(answer)))
    return Trace(name, tuple(steps), closed)
