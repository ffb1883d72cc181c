"""The port to speech synthesis. Adapter: `speech.pyttsx3`, behind `speech.cached_synthesizer`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Waiting:
    """Since when somebody on the line waits for one prompt, whose sentences are made one by one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """It begins now; `clock`: seconds."""
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """How long already."""
        return self._clock() - self._began


class Synthesizer(Protocol):
    """Turns text to a file: 8 kHz, 16-bit, mono WAV."""

    engine: str

    def render(self, text: str, *, language: str, pace: float = 1.0, waiting: Waiting | None = None) -> Path:
        """The file of this text, from the cache or made now; waits cooperatively, and not for long.

        `pace`: 1.0 is normal, 0.8 slower. `waiting`: since when somebody waits for the prompt that this is a
        part of; without it, since now. The file stays where it is while the process runs.
        Raises `SynthesizerLost`; `SynthesizerLate` if it takes too long for somebody who waits in silence.
        """

    def close(self) -> None:
        """Ends the workers."""
