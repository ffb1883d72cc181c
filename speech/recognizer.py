"""The port to speech recognition. Adapters: `speech.vosk`, `speech.whisper`.

An utterance is a stream: frames go in while the caller speaks, one hypothesis comes out at its end.
Nothing here blocks the caller of `feed`, `pause` and `cancel`; `finish` waits, cooperatively, for the
worker process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reading:
    """One reading of an utterance: lower-case words and a confidence from 0 to 1 (not calibrated)."""

    text: str
    confidence: float


WHILE_SPOKEN = 0.9
"""The confidence of words while they are still being said, from an engine that has none for them yet."""


@dataclass(frozen=True)
class Hypothesis:
    """What an engine made of one utterance, best reading first; none if it heard no words."""

    readings: tuple[Reading, ...]
    engine: str
    audio_seconds: float
    wait_seconds: float
    """From the call of `finish` to the answer: what the caller had to wait for."""


class Utterance(Protocol):
    """One stretch of speech on its way to an engine."""

    def feed(self, samples: bytes) -> None:
        """16-bit little-endian mono at 8 kHz, any whole number of samples. Never blocks."""

    def pause(self) -> None:
        """The caller has fallen silent, and may go on: an engine that decodes whole utterances
        starts on what it has; `feed` with more speech makes that result void."""

    def resume(self) -> None:
        """The caller went on speaking after `pause`."""

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """What has been understood so far, the best reading first; empty where nothing is known. An engine
        that streams says it while the caller speaks, others in a pause. It may change until the end."""

    def finish(self, timeout: float) -> Hypothesis:
        """The utterance is over. Raises `RecognizerLost` (worker died), `RecognizerTimeout`."""

    def cancel(self) -> None:
        """Nobody wants the answer any more. Safe to call at any time, also twice."""


class Recognizer(Protocol):
    """A pool of workers of one engine."""

    engine: str

    def languages(self) -> frozenset[str]:
        """`es`, `ca`, `en` (and `ko` in tests): those whose model is there."""

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> Utterance:
        """What is expected, lower case: `phrases` as a whole or within a sentence, `words` in a row, as
        those of a number. Neither: free speech.

        Raises `RecognizerLost` if no worker can take it.
        """

    def close(self) -> None:
        """Ends the workers."""
