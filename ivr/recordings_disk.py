"""Whether there is room for recordings: told once when it runs out, and again only after there was enough.

Rules:
1. A call never waits for this, and goes on whatever is found.
2. "Full" is less than `LITTLE`: by then calls that are under way lose the end of their recording. Enough is
   twice as much, so that a disk at the edge is not told with every call.
3. While it is full, a switch that refuses to record is no news; otherwise each refusal is told. (So is a
   quota, of which no disk tells.)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import gevent
import structlog
from gevent.pool import Group

from ivr.in_thread import in_thread

log = structlog.get_logger(__name__)

LITTLE = 16 << 20
"""Bytes: eight minutes of one call."""


def free_bytes(folder: Path) -> int:
    """What may still be written there; none if no file can be made any more. Raises OSError."""
    found = os.statvfs(folder)
    out_of_names = found.f_files > 0 and found.f_favail == 0
    return 0 if out_of_names else found.f_bavail * found.f_frsize


class RecordingsDisk:
    """Of the folder of recordings; `free` asks how much may be written there, in a thread."""

    def __init__(self, folder: Path, free: Callable[[Path], int] = free_bytes) -> None:
        self._folder = folder
        self._free = free
        self._beside = Group()
        self._looking: gevent.Greenlet[[], bool] | None = None
        self.full = False
        """As it was found last."""

    def look_beside(self) -> None:
        """Looks in its own time; a disk that does not answer is asked once, not by every call."""
        if self._looking is None or self._looking.ready():
            self._looking = self._beside.spawn(self.look)

    def refused(self, call_id: str, file: Path, reason: str) -> None:
        """The switch does not record a call: tells it, unless the disk is why. Removes the empty file."""
        self._beside.spawn(self._refused, call_id, file, reason)

    def settle(self, deadline: float) -> None:
        """Waits, so many seconds at most, until what was begun has been told."""
        self._beside.join(timeout=deadline)

    def look(self) -> bool:
        """Whether it is full. A disk that cannot be asked is as it was."""
        try:
            free = in_thread(lambda: self._free(self._folder))
        except OSError:
            return self.full
        if free < LITTLE and not self.full:
            self.full = True
            log.warning(
                "recordings_disk_full",
                folder=str(self._folder),
                free_bytes=free,
                remedy="make room there (`ivr db expire`, or a larger disk): calls go on, their recordings "
                "are cut or missing (`ivr recordings list`)",
            )
        elif free >= 2 * LITTLE and self.full:
            self.full = False
            log.info("recordings_disk_has_room", folder=str(self._folder), free_bytes=free)
        return self.full

    def _refused(self, call_id: str, file: Path, reason: str) -> None:
        if not self.look():
            # A call without a recording is still a call.
            log.error("not_recorded", call=call_id, reason=reason)
        try:
            in_thread(lambda: _remove_empty(file))
        except OSError as kept:
            log.debug("empty_recording_kept", call=call_id, reason=kept.strerror)


def _remove_empty(file: Path) -> None:
    """What the switch has made before it noticed that it cannot write."""
    if file.exists() and not file.stat().st_size:
        file.unlink()
