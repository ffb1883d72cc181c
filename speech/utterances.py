"""An utterance on its way through a worker process: what the adapters of the recogniser port share."""

from __future__ import annotations

import time
from typing import Any

from speech.errors import RecognizerLost, RecognizerTimeout, WorkerLost, WorkerTimeout
from speech.recognizer import Hypothesis, Reading
from speech.sound import seconds_of
from speech.workers import WorkerPool


class WorkerUtterance:
    """Fulfils the `Utterance` port over a conversation with a worker."""

    def __init__(self, pool: WorkerPool, engine: str, **opening: Any) -> None:
        """Raises `RecognizerLost` if no worker can take it."""
        self._engine = engine
        self._seconds = 0.0
        self._lost = ""
        self._over = False
        try:
            self._conversation = pool.open()
            self._conversation.send("open", **opening)
        except WorkerLost as fault:
            raise RecognizerLost(str(fault)) from None

    def feed(self, samples: bytes) -> None:
        """8 kHz samples, whole ones. Never blocks; a lost worker shows at `finish`."""
        self._seconds += seconds_of(samples)
        self._send("feed", samples)

    def pause(self) -> None:
        """The caller fell silent: decoding of what there is may begin."""
        self._send("pause")

    def resume(self) -> None:
        """The caller went on."""
        self._send("resume")

    @property
    def partial(self) -> str:
        """The words so far, for engines that stream; empty otherwise."""
        partials = self._conversation.partials
        return str(partials[-1].get("text", "")) if partials else ""

    def finish(self, timeout: float) -> Hypothesis:
        """Waits for the answer. Raises `RecognizerLost`, `RecognizerTimeout`."""
        began = time.monotonic()
        self._send("finish")
        self._over = True
        if self._lost:
            self._conversation.close()
            raise RecognizerLost(self._lost)
        try:
            header, _body = self._conversation.wait(timeout)
        except WorkerLost as fault:
            raise RecognizerLost(str(fault)) from None
        except WorkerTimeout as fault:
            raise RecognizerTimeout(str(fault)) from None
        finally:
            self._conversation.close()
        if header.get("op") != "heard":
            raise RecognizerLost(f"{self._engine} failed: {header.get('text')}")
        readings = tuple(
            Reading(str(text), min(1.0, max(0.0, float(confidence))))
            for text, confidence in header.get("readings", ())
        )
        return Hypothesis(readings, self._engine, self._seconds, time.monotonic() - began)

    def cancel(self) -> None:
        """Nobody wants the answer any more."""
        if not self._over:
            self._send("cancel")
            self._over = True
            self._conversation.close()

    def _send(self, op: str, body: bytes = b"") -> None:
        if self._lost or self._over:
            return
        try:
            self._conversation.send(op, body)
        except WorkerLost as fault:
            self._lost = str(fault)
