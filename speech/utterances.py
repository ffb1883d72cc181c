"""An utterance on its way through a worker process: what the adapters of the recogniser port share.

A worker that dies in the middle does not cost the caller's words: they are kept, and said again, once, to
another worker. Whether the utterance itself is what kills workers cannot be known, so it is never tried a
third time.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from speech.errors import RecognizerLost, RecognizerTimeout, WorkerLost, WorkerTimeout
from speech.frames import Frame, Header
from speech.recognizer import Hypothesis, Reading
from speech.sound import SAMPLE_RATE, seconds_of
from speech.workers import WorkerPool

REPEATED_WITHIN = 2.0
"""Seconds that a caller waits for the second worker: beyond, silence would be worse than asking again."""
LONGEST_KEPT = 60 * SAMPLE_RATE * 2
"""Bytes; no utterance is longer, and a worker takes no more."""


class WorkerUtterance:
    """Fulfils the `Utterance` port over a conversation with a worker."""

    def __init__(self, pool: WorkerPool, engine: str, **opening: Any) -> None:
        """Raises `RecognizerLost` if no worker can take it."""
        self._pool = pool
        self._engine = engine
        self._opening = opening
        self._seconds = 0.0
        self._lost = ""
        self._over = False
        self._repeated = False
        self._kept: list[tuple[str, bytes]] = []
        self._kept_bytes = 0
        try:
            self._conversation = pool.open()
            self._conversation.send("open", **opening)
        except WorkerLost as fault:
            raise RecognizerLost(str(fault)) from None

    def feed(self, samples: bytes) -> None:
        """8 kHz samples, whole ones. Never blocks; a lost worker shows at `finish`."""
        self._seconds += seconds_of(samples)
        self._pool.figures.audio_seconds += seconds_of(samples)
        self._kept_bytes += len(samples)
        if self._kept_bytes <= LONGEST_KEPT:
            self._send("feed", samples)

    def pause(self) -> None:
        """The caller fell silent: decoding of what there is may begin."""
        self._send("pause")

    def resume(self) -> None:
        """The caller went on: what was understood in the pause is not all."""
        self._conversation.partials.clear()
        self._send("resume")

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """What the worker has understood so far; empty where it has said nothing."""
        partials = self._conversation.partials
        return _readings(partials[-1]) if partials else ()

    def finish(self, timeout: float) -> Hypothesis:
        """Waits for the answer. Raises `RecognizerLost`, `RecognizerTimeout`."""
        began = time.monotonic()
        self._send("finish")
        self._over = True
        answered = False
        try:
            header, _body = self._answer(timeout)
            answered = True
        except WorkerLost as fault:
            raise RecognizerLost(str(fault)) from None
        except WorkerTimeout as fault:
            raise RecognizerTimeout(str(fault)) from None
        finally:
            self._leave(told=not answered)
        if header.get("op") != "heard":
            raise RecognizerLost(f"{self._engine} failed: {header.get('text')}")
        return Hypothesis(_readings(header), self._engine, self._seconds, time.monotonic() - began)

    def cancel(self) -> None:
        """Nobody wants the answer any more."""
        if not self._over:
            self._over = True
            self._leave(told=True)

    def _leave(self, *, told: bool) -> None:
        """`told`: the worker is, that nobody waits for it any more."""
        self._kept = []
        if told:
            with suppress(WorkerLost):
                self._conversation.send("cancel")
        self._conversation.close()

    def _answer(self, timeout: float) -> Frame:
        if self._lost:
            raise WorkerLost(self._lost)
        try:
            return self._conversation.wait(timeout)
        except WorkerLost as fault:
            self._repeat(str(fault))
            if self._lost:
                raise WorkerLost(self._lost) from None
            try:
                return self._conversation.wait(min(timeout, REPEATED_WITHIN))
            except WorkerTimeout:
                raise WorkerLost(str(fault)) from None

    def _send(self, op: str, body: bytes = b"") -> None:
        if self._lost or self._over:
            return
        self._kept.append((op, body))
        try:
            self._conversation.send(op, body)
        except WorkerLost as fault:
            self._repeat(str(fault))

    def _repeat(self, reason: str) -> None:
        """Says everything so far to another worker; `_lost` tells if there is none, or it was the second."""
        self._conversation.close()
        if self._repeated:
            self._lost = reason
            return
        self._repeated = True
        try:
            self._conversation = self._pool.open()
            self._conversation.send("open", **self._opening)
            for op, body in self._kept:
                self._conversation.send(op, body)
        except WorkerLost:
            self._lost = reason
        else:
            self._pool.figures.repeated += 1


def _readings(header: Header) -> tuple[Reading, ...]:
    return tuple(
        Reading(str(text), min(1.0, max(0.0, float(confidence))))
        for text, confidence in header.get("readings", ())
    )
