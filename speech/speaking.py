"""A pool of synthesis workers, one text at a time each: what the adapters of the synthesiser share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata

import gevent.lock

from speech.errors import SynthesizerLost, WorkerLost, WorkerTimeout
from speech.frames import Frame
from speech.spawning import Program
from speech.workers import WorkerPool

_SLOWER = 4
"""Times the last text's seconds: as long may the next one take before its worker is taken to hang."""
_SETTLING = 0.8


@dataclass(frozen=True)
class Patience:
    """Seconds after which a worker that has been given a text is taken to hang."""

    seconds: float
    a_sign: float = 0.0
    """More for each sign of the text."""


class SpeakingPool:
    """Workers that answer `render` with a sound.

    A text whose worker dies or hangs is said again, once, to the one that replaces it, which is given as
    long: callers wait for it in silence.
    """

    def __init__(
        self,
        engine: str,
        module: str,
        settings: Mapping[str, object],
        *,
        workers: int,
        timeout: float,
        patience: Patience,
        start_timeout: float,
        progress: Callable[[str], None] | None,
    ) -> None:
        """`timeout`: seconds for one text, the wait for a free worker included. `patience`: when a worker
        that has a text hangs; later where texts take long by now."""
        self._engine = engine
        self._timeout = timeout
        self._least_patience = self._patience = patience.seconds
        self._a_sign = patience.a_sign
        self._pool = WorkerPool(
            Program(module, settings), size=workers, start_timeout=start_timeout, progress=progress
        )
        # One text per worker: an engine has one voice, and a queue here is one that we can time out.
        self._free = gevent.lock.BoundedSemaphore(workers)

    def render(self, **request: object) -> bytes:
        """8 kHz samples; waits cooperatively. Raises `SynthesizerLost`."""
        deadline = time.monotonic() + self._timeout
        patience = self._patience + self._a_sign * len(str(request.get("text", "")))
        if not self._free.acquire(timeout=self._timeout):
            raise SynthesizerLost(f"no synthesis worker came free within {self._timeout:g} s")
        try:
            try:
                header, pcm = self._rendered(request, deadline, patience)
            except (WorkerLost, WorkerTimeout):
                if time.monotonic() >= deadline:
                    raise
                header, pcm = self._rendered(request, deadline, patience)
        except (WorkerLost, WorkerTimeout) as fault:
            raise SynthesizerLost(str(fault)) from None
        finally:
            self._free.release()
        if header.get("op") != "sound":
            raise SynthesizerLost(f"{self._engine} failed: {header.get('text')}")
        return pcm

    def _rendered(self, request: Mapping[str, object], deadline: float, patience: float) -> Frame:
        """By one worker, which is replaced if it does not answer. Raises `WorkerLost`, `WorkerTimeout`."""
        conversation = self._pool.open()
        try:
            conversation.send("render", b"", **request)
            conversation.wait_started(max(0.0, deadline - time.monotonic()))
            began = time.monotonic()
            try:
                answer = conversation.wait(max(0.0, min(patience, deadline - began)))
            except WorkerTimeout:
                self._patience = min(2 * self._patience, self._timeout)
                self._pool.replace(conversation)
                raise
        finally:
            conversation.close()
        took = time.monotonic() - began
        self._patience = max(self._least_patience, _SLOWER * took, _SETTLING * self._patience)
        return answer

    def wait_ready(self, timeout: float) -> None:
        """Waits until a worker can speak. Raises `SynthesizerLost`."""
        try:
            self._pool.wait_ready(timeout)
        except (WorkerLost, WorkerTimeout) as fault:
            raise SynthesizerLost(str(fault)) from None

    def pids(self) -> list[int]:
        """Process ids, for the doctor and for tests."""
        return self._pool.pids()

    def close(self) -> None:
        """Ends the workers."""
        self._pool.close()


def version_of(package: str) -> str:
    """A package's version; `?` where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"
