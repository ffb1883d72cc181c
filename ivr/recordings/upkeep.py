"""The server's side of converting: one child that does it, started again if it dies."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

import gevent
import structlog
from gevent import subprocess

from ivr.config import CHECKOUT, Settings
from speech.spawning import worker_environment

log = structlog.get_logger(__name__)

EVERY = 30.0
"""Seconds between two looks at the folder."""
_PATIENCE = (5.0, 300.0)  # seconds until a child that died is started again: at first, and at most
_FAREWELL = 5.0
"""Seconds that the child has to end the recording it is at; a half-made file is thrown away."""


class Upkeep:
    """Keeps the converting child alive while the server is."""

    def __init__(self, settings: Settings, *, every: float = EVERY) -> None:
        self._order = {
            "folder": str(settings.recordings_folder),
            "database": settings.database_url,
            "format": settings.recordings.format,
            "log": settings.log.model_dump(),
            "every": every,
        }
        self._child: subprocess.Popen[bytes] | None = None
        self._watching: gevent.Greenlet[[], None] | None = None

    @property
    def pid(self) -> int | None:
        """The child's, while it lives."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Starts the child, and watches over it."""
        self._watching = gevent.spawn(self._watch)

    def close(self) -> bool:
        """Ends the child; false if it did not go by itself, and had to be killed."""
        if self._watching is not None:
            self._watching.kill()
        child, self._child = self._child, None
        if child is None:
            return True
        assert child.stdin is not None
        with suppress(OSError):
            child.stdin.close()
        try:
            child.wait(timeout=_FAREWELL)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return False
        return True

    def _watch(self) -> None:
        patience, most = _PATIENCE
        while True:
            try:
                self._child = self._spawn()
                status = self._child.wait()
                log.error("recordings_worker_died", status=status, again_in=patience)
            except OSError as refused:
                log.error("recordings_worker_refused", reason=refused.strerror, again_in=patience)
            self._child = None
            gevent.sleep(patience)
            patience = min(most, patience * 2)

    def _spawn(self) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-m", "ivr.recordings.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=CHECKOUT,
            env=worker_environment(),
        )
        assert child.stdin is not None
        with suppress(BrokenPipeError):  # it died at once: `wait` tells
            child.stdin.write(json.dumps(self._order).encode() + b"\n")
            child.stdin.flush()
        return child
