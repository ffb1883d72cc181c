"""Sounds that were made once and then are files, within bounds.

Rules:
1. A file's name is the hash of all that its sound depends on, so a file is never wrong, only unused; one that
   a power failure cut is made again.
2. Files appear whole (rename), so that a switch on another process never plays half a sentence.
3. The same sound asked for twice at once is made once.
4. A file that was given out stays for an hour, whatever the limit: longer than any prompt is played.
5. Where the disk takes no more, sounds are files all the same: in `speech.spare`, for a while, and only
   those that somebody waits for. What is made ahead would take the room there from them.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gevent.event

from speech.errors import PromptNotKept, SynthesizerLost
from speech.sound import is_whole, write_wav
from speech.spare import Spare

CACHE_LIMIT = 512 << 20
"""Bytes: nine hours of prompts."""
KEPT = 3600.0
"""Seconds that a file stays after it was given out."""


class PromptCache:
    """A folder of 8 kHz files."""

    def __init__(
        self,
        folder: Path,
        *,
        limit: int = CACHE_LIMIT,
        clock: Callable[[], float] = time.time,
        spare: Spare | None = None,
    ) -> None:
        """`folder` is created; `limit` in bytes, above which the longest unused files go. `clock`: seconds
        since 1970, as file times are. `spare`: takes what the folder's disk does not.

        Raises `SynthesizerLost` if the folder cannot be written.
        """
        self.folder = folder.resolve()
        self._limit = limit
        self._clock = clock
        self._spare = spare
        self._under_way: dict[Path, gevent.event.AsyncResult[Path]] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SynthesizerLost(f"{folder}: prompts cannot be kept there ({fault.strerror})") from None
        if not os.access(self.folder, os.W_OK):
            raise SynthesizerLost(f"{folder}: not writable; prompts need a folder of their own")
        self._size = sum(kept.stat().st_size for kept in self.folder.glob("??/*.wav"))
        self._clear_halves()

    def _clear_halves(self) -> None:
        """Removes what a process that was killed had begun to write."""
        for half in self.folder.glob("??/.*.part"):
            with suppress(OSError):  # its owner was quicker
                if self._clock() - half.stat().st_mtime > KEPT:
                    half.unlink()

    def path_of(self, key: str) -> Path:
        """Where the sound of that key is, or would be."""
        name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / name[:2] / f"{name[2:34]}.wav"

    def has(self, key: str) -> bool:
        """Whether the sound of that key is there."""
        return self._kept(self.path_of(key)) is not None

    def _kept(self, path: Path) -> Path | None:
        """Where that sound is, asked for now; `None`: it is not there."""
        if is_whole(path):
            with suppress(OSError):  # a disk that was made read-only
                now = self._clock()
                os.utime(path, (now, now))  # the clean-up goes by this
            return path
        return self._spare.file_of(path.stem) if self._spare is not None else None

    def sound(self, key: str, make: Callable[[], bytes], *, ahead: bool = False) -> Path:
        """The file of that key; if it is not there, `make` gives its 8 kHz samples, cooperatively.

        `ahead`: nobody waits for it. Raises `SynthesizerLost`, and what `make` raises; `PromptNotKept` for
        what was made ahead and the disk does not take.
        """
        path = self.path_of(key)
        while True:
            if (kept := self._kept(path)) is not None:
                return kept
            other = self._under_way.get(path)
            if other is None:
                return self._make(path, make, ahead=ahead)
            other.wait()
            if isinstance(other.exception, PromptNotKept) and not ahead:
                continue  # made beside this caller, for nobody
            if other.exception is not None:
                raise SynthesizerLost(str(other.exception))

    def _make(self, path: Path, make: Callable[[], bytes], *, ahead: bool) -> Path:
        waiting: gevent.event.AsyncResult[Path] = gevent.event.AsyncResult()
        self._under_way[path] = waiting
        try:
            file = self._write(path, make(), ahead=ahead)
            waiting.set(file)
            return file
        except BaseException as fault:
            waiting.set_exception(
                fault if isinstance(fault, SynthesizerLost) else SynthesizerLost(str(fault) or "interrupted")
            )
            raise
        finally:
            del self._under_way[path]

    def _write(self, path: Path, pcm: bytes, *, ahead: bool) -> Path:
        """Where it is now. Raises `SynthesizerLost`."""
        try:
            write_wav(path, pcm)
            now = self._clock()
            os.utime(path, (now, now))
        except OSError as fault:
            if ahead:
                raise PromptNotKept(f"{self.folder}: cannot write a prompt ({fault.strerror})") from None
            if self._spare is None:
                raise SynthesizerLost(f"{path.parent}: cannot write a prompt ({fault.strerror})") from None
            return self._spare.keep(path.stem, pcm, instead_of=self.folder, refused=fault)
        if self._spare is not None:
            self._spare.has_room(self.folder)
        self._size += len(pcm)
        if self._size > self._limit:
            self._clean_up()
        return path

    def _clean_up(self) -> None:
        """Removes the files that were asked for longest ago, down to 80 % of the limit."""
        files = sorted((f.stat().st_mtime, f.stat().st_size, f) for f in self.folder.glob("??/*.wav"))
        self._size = sum(size for _time, size, _file in files)
        youngest = self._clock() - KEPT
        for used, size, file in files:
            if self._size <= self._limit * 0.8 or used > youngest:
                return
            file.unlink(missing_ok=True)
            self._size -= size
