"""Recognition by Whisper (faster-whisper, int8) in one worker process with threads.

The engine of a machine without a Vosk model for the language, and a second opinion beside one. It
decodes whole utterances: `pause` lets it begin while the endpointer still waits for the caller to go
on, and words parted by pauses are recognised while the caller speaks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from speech.errors import RecognizerLost, RecognizerTimeout, WorkerLost, WorkerTimeout
from speech.figures import Figures, Room
from speech.spawning import Program
from speech.utterances import WorkerUtterance
from speech.workers import WorkerPool

MOST_EACH = 8
"""Utterances at a time for each decode that may run at once: callers speak for two seconds and more, and a
decode takes up to one; beyond, answers would come too late, and keys are better."""


class Whisper:
    """Fulfils the `Recognizer` port. faster-whisper hangs in a forked child, so it is exec'ed."""

    engine = "whisper-base"

    def __init__(
        self,
        model: Path,
        *,
        languages: Sequence[str] = ("es", "ca", "en"),
        threads: int = 1,
        parallel: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """`model`: its folder. `threads` for each decode, `parallel` decodes at once (default: one
        per core, at most four). One thread each is fastest where two callers may speak at once."""
        self._languages = frozenset(languages)
        parallel = parallel or min(4, os.cpu_count() or 1)
        self._pool = WorkerPool(
            Program(
                "speech.worker_whisper",
                {
                    "model": str(model),
                    "threads": threads,
                    "parallel": parallel,
                },
            ),
            most=MOST_EACH * parallel,
            progress=progress,
        )

    def languages(self) -> frozenset[str]:
        """Those that were asked for; the model itself knows a hundred."""
        return self._languages

    def open(
        self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()
    ) -> WorkerUtterance:
        """Begins an utterance; what is fed before the worker has started waits for it.

        Raises `RecognizerLost` where the language is not served or the worker does not start.
        """
        if language not in self._languages:
            raise RecognizerLost(f"{self.engine} is not set up for {language!r}")
        return WorkerUtterance(
            self._pool, self.engine, language=language, phrases=list(phrases), words=list(words)
        )

    def wait_ready(self, timeout: float) -> None:
        """Waits for the model to be loaded. Raises `RecognizerLost`, `RecognizerTimeout`."""
        try:
            self._pool.wait_ready(timeout)
        except WorkerLost as fault:
            raise RecognizerLost(str(fault)) from None
        except WorkerTimeout as fault:
            raise RecognizerTimeout(str(fault)) from None

    @property
    def figures(self) -> Figures:
        """What has happened since the start."""
        return self._pool.figures

    @property
    def room(self) -> Room:
        """How much it can take, and takes now."""
        return self._pool.room

    def worker_pids(self) -> list[int]:
        """Process ids, for the doctor and for tests."""
        return self._pool.pids()

    def close(self) -> None:
        """Ends the worker."""
        self._pool.close()
