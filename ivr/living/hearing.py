"""How one call hears its caller, and what it has learnt about that: who listens, whether speech cuts in.

Rules:
1. A line that has brought our prompt back does so again: for the rest of the call only keys interrupt.
2. Whoever talked on when their answer was cut does not interrupt the next question: it would end at its first
   syllable. What they answer to that one decides anew.
3. One answer that no worker took is bad luck; `MOST_UNHEARD` in a row, and the call goes by keys.
4. Where live audio is lost, or nobody understands the language, the question goes by keys; the call need not.
"""

from __future__ import annotations

from typing import Literal

import structlog

from dialogs.results import Heard
from esl.switch import Call
from ivr.living.attention import Attention
from ivr.living.collected import Collected
from speech.recognizer import Recognizer

log = structlog.get_logger(__name__)

MOST_UNHEARD = 2
"""Questions in a row whose answer no recogniser took, after which the call goes on by keys."""


IntoPrompts = Literal["answer", "echo", "talk"]
"""`echo`: our own prompt; `talk`: what the caller has been saying all the time."""


class Hearing:
    """One call's. `recognizer`: its own, whatever the language; `None`: it goes by keys."""

    def __init__(self, call: Call, attention: Attention, recognizer: Recognizer | None) -> None:
        self._call, self._attention = call, attention
        self.recognizer = recognizer
        self._echoes = self._talks_on = False
        self._unheard = 0
        """Questions in a row."""

    def begin(self) -> None:
        """Has the switch send live audio, if anybody listens. Raises `CallEnded`."""
        if self.recognizer is not None:
            self._call.start_listening()

    def listener(self, language: str) -> Recognizer | None:
        """Who understands an answer in that language; `None`: nobody does, or nothing is heard any more."""
        found = None if self._attention.listening_lost else self.recognizer
        return found if found is not None and language in found.languages() else None

    def listener_over_prompts(self, language: str) -> Recognizer | None:
        """The same for what is said while we speak."""
        return None if self._echoes else self.listener(language)

    @property
    def into_prompts(self) -> IntoPrompts:
        """What would speak into the next question: only an answer may cut it short."""
        if self._echoes:
            return "echo"
        return "talk" if self._talks_on else "answer"

    def note_echo(self) -> None:
        """The line has brought our prompt back."""
        self._echoes = True

    def learn(self, collected: Collected) -> None:
        """What the answer to a question tells about the ones to come."""
        self._echoes = self._echoes or collected.echoes
        self._talks_on = collected.talks_on
        if collected.recognizer_lost:
            self._unheard += 1
        elif isinstance(collected.given, Heard):
            self._unheard = 0
        if self._unheard >= MOST_UNHEARD and self.recognizer is not None:
            log.warning("call_by_keys")
            self.recognizer = None
