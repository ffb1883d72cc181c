"""What the system says beside its prompts: the rest of one that stopped, and that it takes a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from dialogs.call import SLOW, SLOWEST
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
        language, pace = self._conversation.language, self._conversation.pace
        reason = ""
        for each in dict.fromkeys((pace, 1.0)):  # said too fast is better than not at all
            try:
                return self._call.play([self._prompts.file_of(_one_moment(language, each), waiting)])
            except SpeechError as lost:
                reason = str(lost)
        log.warning("one_moment_not_said", reason=reason)
        return None


def one_moments(languages: Iterable[str]) -> Iterator[Spoken]:
    """What is said where nothing else can be in time, at every pace: it has to be there before."""
    for language in languages:
        for pace in (1.0, SLOW, SLOWEST):
            yield _one_moment(language, pace)


def _one_moment(language: str, pace: float) -> Spoken:
    text = wording(ONE_MOMENT, language)
    return Spoken(text, language, f"built_in/{ONE_MOMENT}/{language}", pace=pace)
