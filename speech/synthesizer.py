"""The port to speech synthesis. Adapter: `speech.pyttsx3`, behind `speech.cached_synthesizer`."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Synthesizer(Protocol):
    """Turns text to a file: 8 kHz, 16-bit, mono WAV."""

    engine: str

    def render(self, text: str, *, language: str, pace: float = 1.0) -> Path:
        """The file of this text, from the cache or made now; waits cooperatively.

        `pace`: 1.0 is normal, 0.8 slower. The file stays where it is while the process runs.
        Raises `SynthesizerLost`.
        """

    def close(self) -> None:
        """Ends the workers."""
