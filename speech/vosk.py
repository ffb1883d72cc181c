"""Recognition by Vosk: streaming, with a grammar of what is expected. The production engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from speech.errors import RecognizerLost, RecognizerTimeout, WorkerLost, WorkerTimeout
from speech.figures import Figures, Room
from speech.spawning import Program, Template
from speech.utterances import WorkerUtterance
from speech.workers import WorkerPool

MOST_STREAMS = 60
"""Utterances at a time on each worker, one core: twenty and more keep up (docs/measurements.md), and not all
callers speak at once."""


class Vosk:
    """Fulfils the `Recognizer` port. One template process holds the models, workers fork from it."""

    engine = "vosk"

    def __init__(
        self,
        models: Mapping[str, Path],
        *,
        workers: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """`models`: a model's folder per language. `workers`: default one per core, at most eight."""
        self._languages = frozenset(models)
        self.unfit: Mapping[str, str] = {}
        """Languages whose model cannot be used, and why; known once a worker is ready."""
        program = Program(
            "speech.worker_vosk", {"models": {language: str(path) for language, path in models.items()}}
        )
        self._pool = WorkerPool(
            Template(program),
            size=workers or min(8, os.cpu_count() or 1),
            most=MOST_STREAMS,
            progress=progress,
        )

    def languages(self) -> frozenset[str]:
        """Those whose model is there."""
        return self._languages

    def open(
        self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()
    ) -> WorkerUtterance:
        """Begins an utterance; what is fed before a worker has started waits for it.

        Phrases with a word that the model does not know are left out: `unknown_words` names them.
        Raises `RecognizerLost`.
        """
        if language not in self._languages:
            raise RecognizerLost(f"{self.engine} has no model for {language!r}")
        # A Vosk grammar is a set of phrases that may follow one another, so words are phrases in it.
        expected = [phrase.strip().lower() for phrase in (*phrases, *words)]
        return WorkerUtterance(
            self._pool, self.engine, language=language, phrases=expected, in_a_row=bool(words)
        )

    def unknown_words(
        self, language: str, phrases: Iterable[str], *, timeout: float = 30.0
    ) -> tuple[str, ...]:
        """Words that the model cannot recognise (Vosk itself drops them in silence), sorted.

        Raises `RecognizerLost`, `RecognizerTimeout`.
        """
        words = sorted({word for phrase in phrases for word in phrase.lower().split()})
        if language not in self._languages:
            raise RecognizerLost(f"{self.engine} has no model for {language!r}")
        try:
            conversation = self._pool.open()
            try:
                conversation.send("words", language=language, words=words)
                header, _body = conversation.wait(timeout)
            finally:
                conversation.close()
        except WorkerLost as fault:
            raise RecognizerLost(str(fault)) from None
        except WorkerTimeout as fault:
            raise RecognizerTimeout(str(fault)) from None
        return tuple(str(word) for word in header.get("unknown", ()))

    def wait_ready(self, timeout: float) -> None:
        """Waits for the first worker, and leaves the languages whose model is unfit.

        Raises `RecognizerLost`, `RecognizerTimeout`.
        """
        try:
            facts = self._pool.wait_ready(timeout)
            self.unfit = {str(language): str(why) for language, why in facts.get("unfit", {}).items()}
            self._languages -= frozenset(self.unfit)
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
        """Ends the workers and their template."""
        self._pool.close()
