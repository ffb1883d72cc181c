"""What a caller says in answer to one question, on its way through the recogniser.

All of it is kept until it is answered: who goes on while the words are awaited has given one answer, and that
is recognised anew, as a whole. Half of it may mean the contrary.
"""

from __future__ import annotations

from collections import deque

from dialogs.effects import Collect
from ivr.living.answer_pause import pause_after
from speech.endpointing import Endpointer, SpeechResumed
from speech.recognizer import Reading, Recognizer, Utterance
from speech.sound import frames_of


class Said:
    """One answer's sound, and what is understood of it."""

    def __init__(
        self, recognizer: Recognizer, collect: Collect, sound: bytes, ear: Endpointer, frames: deque[bytes]
    ) -> None:
        """`sound`: from a moment before they began. `ear` has heard them begin; `frames`: what the line has
        brought and it has not heard yet. Raises `SpeechError` if no worker takes it."""
        self._recognizer, self._collect = recognizer, collect
        self._ear, self._frames = ear, frames
        self._sound = bytearray(sound)
        self._paused = False
        self._so_far: tuple[Reading, ...] = ()
        """What was understood when its pause was last decided on."""
        self.utterance = self._opened()

    def _opened(self) -> Utterance:
        collect = self._collect
        utterance = self._recognizer.open(
            language=collect.language, phrases=collect.phrases, words=collect.words
        )
        utterance.feed(bytes(self._sound))
        return utterance

    def feed(self, frame: bytes) -> None:
        """More of it."""
        self._sound += frame
        self.utterance.feed(frame)

    def goes_on(self, samples: bytes) -> bool:
        """Whether they do with this, which the line brings while the words are awaited: a part of it then."""
        self._frames += frames_of(samples)
        while self._frames:
            frame = self._frames.popleft()
            self._sound += frame
            if any(isinstance(one, SpeechResumed) for one in self._ear.push(frame)):
                return True
        return False

    @property
    def may_go_on(self) -> bool:
        """Whether that cannot be told yet: there was a sound in this very moment."""
        return self._ear.may_resume

    def pause(self) -> None:
        """They have fallen silent."""
        self.utterance.pause()
        self._so_far, self._paused = (), True

    def resume(self) -> None:
        """They went on before it had ended."""
        self.utterance.resume()
        self._paused = False

    def go_on(self) -> None:
        """They went on after it had ended. Raises `SpeechError` if no worker takes it again."""
        self.utterance.cancel()
        self._paused = False
        self.utterance = self._opened()

    def pause_to_wait(self) -> float | None:
        """Seconds of silence that end it, where more is understood of it since the last time; else None."""
        if not self._paused or self.utterance.so_far == self._so_far:
            return None
        self._so_far = self.utterance.so_far
        return pause_after(self._collect, self._so_far)

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        self.utterance.cancel()
