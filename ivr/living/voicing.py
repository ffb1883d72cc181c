"""What the system says beside its prompts: the rest of one that stopped, and that it takes a moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from dialogs.effects import Spoken
from dialogs.engine import Conversation
from dialogs.wording import wording
from esl.switch import Call
from speech.errors import SpeechError
from speech.synthesizer import Waiting

log = structlog.get_logger(__name__)

ONE_MOMENT = "one_moment_please"


class Prompts(Protocol):
    """Where a prompt's sound comes from."""

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        """`waiting`: since when the caller waits for the prompt that it is part of. Raises `SpeechError`."""

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:
        """What follows in those files after so many seconds. Raises `SpeechError`."""


class Voicing:
    """One call's. `sounding`: the files of the prompt that was begun last."""

    def __init__(self, call: Call, conversation: Conversation, prompts: Prompts) -> None:
        self._call = call
        self._conversation = conversation
        self._prompts = prompts
        self.sounding: Sequence[Path] = ()

    def play(self, files: Sequence[Path]) -> str:
        """Begins a prompt; returns the command's id. Raises `CallEnded`."""
        self.sounding = tuple(files)
        return self._call.play(files)

    def go_on(self, files: Sequence[Path], seconds: float) -> str | None:
        """Plays those files from there on; returns the command's id, None if that cannot be."""
        try:
            return self._call.play([self._prompts.rest_of(files, seconds)])
        except SpeechError as lost:
            log.warning("prompt_not_gone_on", reason=str(lost))
            return None

    def one_moment(self, waiting: Waiting | None = None) -> str | None:
        """Says that it takes a moment; returns the command's id, None if it cannot be said.

        `waiting`: since when the caller waits already. Raises `CallEnded`.
        """
        language = self._conversation.language
        text = wording(ONE_MOMENT, language)
        spoken = Spoken(text, language, f"built_in/{ONE_MOMENT}/{language}")
        try:
            return self._call.play([self._prompts.file_of(spoken, waiting)])
        except SpeechError as lost:
            log.warning("one_moment_not_said", reason=str(lost))
            return None
