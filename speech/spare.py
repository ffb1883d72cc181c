"""Where prompts go that their own disk does not take: into memory, few, and for as long as they may sound.

Rules:
1. Whoever is on the line hears the prompt all the same; it is made again when it is wanted later.
2. What was given out stays for `KEPT` seconds, longer than a prompt sounds; `MOST` bytes are never exceeded.
3. A disk that refuses is told once, and that it takes prompts again when `ENOUGH` is free: one that is all
   but full takes a short one now and then.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from speech.errors import SynthesizerLost
from speech.sound import is_whole, write_wav

LOG = logging.getLogger("speech.spare")

KEPT = 120.0
"""Seconds."""
MOST = 64 << 20
"""Bytes: more than an hour of prompts."""
ENOUGH = 32 << 20
"""Bytes, as for recordings (`ivr.recordings_disk`)."""
ENDING = ".wav"


class Spare:
    """A folder of 8 kHz files, in another file system than the prompts' own; emptied by who opens it."""

    def __init__(
        self,
        folder: Path,
        *,
        most: int = MOST,
        kept: float = KEPT,
        enough: int = ENOUGH,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`folder` is there. `clock`: seconds since 1970, as file times are."""
        self.folder = folder
        self._most, self._kept, self._enough, self._clock = most, kept, enough, clock
        self._refused: set[int] = set()
        """Devices."""

    def file_of(self, name: str) -> Path | None:
        """The sound of that name, if it is here still; it stays from now on for as long as a new one."""
        file = self.folder / f"{name}{ENDING}"
        if not is_whole(file):
            return None
        now = self._clock()
        os.utime(file, (now, now))
        return file

    def keep(self, name: str, pcm: bytes, *, instead_of: Path, refused: OSError) -> Path:
        """The sound as a file here, where the folder `instead_of` has refused it, which is told once.

        Raises `SynthesizerLost` where there is no room here either.
        """
        device = _device(instead_of)
        if device not in self._refused:
            self._refused.add(device)
            LOG.warning(
                "%s cannot be written (%s): prompts are said out of memory until it can",
                instead_of,
                refused.strerror,
            )
        file = self.folder / f"{name}{ENDING}"
        try:
            self._make_room(len(pcm))
            write_wav(file, pcm)
            now = self._clock()
            os.utime(file, (now, now))
        except OSError as fault:
            reason = f"{refused.strerror}; and {self.folder}: {fault.strerror}"
            raise SynthesizerLost(f"{instead_of}: cannot write a prompt ({reason})") from None
        return file

    def has_room(self, folder: Path) -> None:
        """That folder has taken a prompt."""
        if not self._refused or (device := _device(folder)) not in self._refused:
            return
        if shutil.disk_usage(folder).free >= self._enough:
            self._refused.discard(device)
            LOG.warning("%s can be written again: prompts are kept", folder)

    def clear(self) -> None:
        """Removes all: nobody is on the line any more."""
        for file in self.folder.glob(f"*{ENDING}"):
            file.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        """Removes what cannot sound any more where there is too much. Raises OSError."""
        found = []
        for file in self.folder.glob(f"*{ENDING}"):
            with suppress(OSError):  # one that says a sensitive answer goes as soon as it was played
                facts = file.stat()
                found.append((facts.st_mtime, facts.st_size, file))
        there = sum(kept for _used, kept, _file in found)
        for used, kept, file in sorted(found):
            if there + size <= self._most or used > self._clock() - self._kept:
                break
            file.unlink(missing_ok=True)
            there -= kept
        if there + size > self._most:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _device(folder: Path) -> int:
    """Of the folder, or of the nearest one above it that is there."""
    return next((one.stat().st_dev for one in (folder, *folder.parents) if one.exists()), 0)
