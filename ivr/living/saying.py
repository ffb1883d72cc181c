"""What a caller hears from the system: a prompt as files, begun on the switch, told to record and watchers.

What callers have waited for almost two seconds, and is still being made, is waited for once more, behind "one
moment, please". What cannot be made to sound is left out where it never varies, and its record does not say
that it was heard. A sentence with a value is what the step is there for: nobody is asked "is that right?" of
an amount that they have not heard, and the call goes to a person instead.

A sensitive answer that is read back is a file of this call's own, and goes as soon as it was played.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import gevent
import structlog

from dialogs.effects import Prompt, Spoken
from dialogs.engine import Conversation
from ivr import moments
from ivr.call_record import CallRecord, place_in
from ivr.clock import Clock
from ivr.living.attention import Attention
from ivr.living.voicing import Prompts, Voicing
from ivr.moments import MASK, Watch
from speech.errors import SpeechError, SynthesizerLate
from speech.synthesizer import Waiting

log = structlog.get_logger(__name__)


class NothingToSayError(Exception):
    """No part of a prompt could be made to sound, or not the one with its value."""


class Saying:
    """The prompts of one call."""

    def __init__(
        self,
        voicing: Voicing,
        prompts: Prompts,
        *,
        attention: Attention,
        conversation: Conversation,
        record: CallRecord,
        clock: Clock,
        watch: Watch,
    ) -> None:
        self._voicing, self._prompts, self._conversation = voicing, prompts, conversation
        self._record, self._clock, self._watch = record, clock, watch
        self._attention = attention
        self._private: list[Path] = []
        self.answered_at: float | None = None
        """When the caller had ended the last answer (call time), until we speak again."""

    def make_ahead(self, prompt: Prompt) -> None:
        """Makes what may have to be said soon; what cannot be made is told when it is wanted. What says a
        sensitive answer is made only then."""
        for spoken in prompt:
            if MASK not in spoken.shown:
                with suppress(SpeechError):
                    self._prompts.file_of(spoken)

    def begin(
        self,
        prompt: Prompt,
        step: str,
        kind: str = "",
        *,
        between: bool = False,
        waiting: Waiting | None = None,
    ) -> str:
        """Starts a prompt and returns the command's id. `between`: while something else is awaited, so that
        nobody can be told to wait for the prompt itself. `waiting`: since when they hear nothing already.

        Raises `NothingToSayError`, `CallEnded`, `CallOverError`, `CallTooLongError`.
        """
        return self.ready(prompt, step, kind, between=between, waiting=waiting)()

    def ready(
        self,
        prompt: Prompt,
        step: str,
        kind: str = "",
        *,
        between: bool = False,
        waiting: Waiting | None = None,
    ) -> Callable[[], str]:
        """Makes a prompt, and gives what starts it. Otherwise as `begin`."""
        files, sounding = self._made(prompt, step, waiting or Waiting(), patient=not between)
        return lambda: self._begun(prompt, files, sounding, step, kind)

    def _begun(
        self, prompt: Prompt, files: Sequence[Path], sounding: Sequence[Spoken], step: str, kind: str
    ) -> str:
        command = self._voicing.play(files)
        text = " ".join(spoken.shown or spoken.text for spoken in sounding)
        latency = None if self.answered_at is None else self._clock.now() - self.answered_at
        self.answered_at = None
        self._record.system_turn(place_in(self._conversation, step), text, latency=latency)
        language = prompt[0].language if prompt else ""
        words = tuple(MASK if MASK in spoken.shown else spoken.text for spoken in sounding)
        self._watch(moments.SystemSpoke(self._record.call_id, step, text, words, language, bool(kind), kind))
        return command

    def _made(
        self, prompt: Prompt, step: str, waiting: Waiting, *, patient: bool
    ) -> tuple[list[Path], list[Spoken]]:
        """The files of what can be made to sound, and what that is. `waiting`: in silence, until all of it
        can begin."""
        files: list[Path] = []
        sounding: list[Spoken] = []
        for spoken in prompt:
            try:
                try:
                    file = self._prompts.file_of(spoken, waiting)
                except SynthesizerLate:
                    if not patient or not self._told_to_wait(waiting):
                        raise
                    waiting, patient = Waiting(), False
                    file = self._prompts.file_of(spoken, waiting)
            except SpeechError as lost:
                log.error("prompt_lost", call=self._record.call_id, step=step, reason=str(lost))
                if spoken.varies:
                    raise NothingToSayError(step) from None
            else:
                files.append(file)
                sounding.append(spoken)
                if MASK in spoken.shown:
                    self._private.append(file)
        if prompt and not files:
            raise NothingToSayError(step)
        return files, sounding

    def _told_to_wait(self, waiting: Waiting) -> bool:
        """Whether they were; it has been said when this returns."""
        command = self._voicing.one_moment(waiting)
        if command is not None:
            self._attention.until_said(command)
        return command is not None

    def forget(self) -> None:
        """Removes the files that say a sensitive answer."""
        files, self._private = self._private, []

        def remove() -> None:
            for file in files:
                file.unlink(missing_ok=True)

        if files:
            gevent.get_hub().threadpool.apply(remove)
