"""The folder of one server's live audio: nobody else's, locked while the server lives, cleared at its start.

Rules:
1. In a public folder (sticky, as /dev/shm) it lies below `ivr-UID`, which only this user may enter. Any other
   folder is used with the rights that it has: for a switch that runs as another user.
2. A server's files lie in `ivr-server-N`, which it keeps locked. A lock ends with its process, so what lies
   in a folder that nobody has locked is a dead server's, and is removed at the next start.
3. The folders themselves stay: whoever removed one could take it from a server that is about to lock it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import stat
import weakref
from contextlib import suppress
from pathlib import Path

from esl import commands

ENDING = ".r8"
_NAME = "ivr-server-"
_MOST_SERVERS = 1000
_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02  # linux/falloc.h
_LIBC = ctypes.CDLL(None, use_errno=True)


class LiveFolder:
    """A folder that this process has locked. `leftovers`: how many files of dead servers were removed."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.leftovers = 0
        self._unlock = weakref.finalize(self, _unlock, lock)

    def release(self) -> None:
        """Another server may have it. Safe to call twice."""
        self._unlock()


def claim(parent: Path, *, ending: str = ENDING) -> LiveFolder:
    """The first free folder in `parent`, locked, and all files of that ending that dead servers left there
    removed.

    Raises `OSError` where that cannot be, `UnsafeTextError` for a folder that cannot be named to the switch.
    """
    parent = _ours(parent.absolute())
    commands.safe_path(parent)
    for number in range(1, _MOST_SERVERS):
        path = parent / f"{_NAME}{number}"
        lock = _locked(path, stat.S_IMODE(parent.stat().st_mode))
        if lock is not None:
            break
    else:
        raise OSError(f"{parent} has no free folder")
    claimed = LiveFolder(path, lock)
    claimed.leftovers = _clear(path, ending)
    for other in parent.glob(f"{_NAME}*"):
        if other != path and (free := _locked(other)) is not None:
            claimed.leftovers += _clear(other, ending)
            _unlock(free)
    return claimed


def _unlock(lock: int) -> None:
    fcntl.flock(lock, fcntl.LOCK_UN)  # at once: gevent may put the closing off
    os.close(lock)


def _ours(parent: Path) -> Path:
    """Rule 1. Raises `PermissionError` if somebody else has made the folder below the public one."""
    if not parent.stat().st_mode & stat.S_ISVTX:
        return parent
    own = parent / f"ivr-{os.geteuid()}"
    with suppress(FileExistsError):
        own.mkdir(mode=0o700)
    found = own.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(1, "it is somebody else's", str(own))
    own.chmod(0o700)
    return own


def _locked(path: Path, mode: int | None = None) -> int | None:
    """The locked folder, made first where there is a `mode`; None if it is another's or a live server's."""
    if mode is not None:
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if os.fstat(folder).st_uid == os.geteuid():
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if mode is not None:
                os.fchmod(
                    folder, mode
                )  # also one that somebody else's command, or a death in the middle, left
            return folder
    except BlockingIOError:
        pass
    os.close(folder)
    return None


def _clear(folder: Path, ending: str) -> int:
    found = list(folder.glob(f"*{ending}"))
    for file in found:
        file.unlink(missing_ok=True)
    return len(found)


def give_back(file: int, start: int, end: int) -> bool:
    """Gives the memory of what lies between `start` and `end` back; the file keeps its size, and whoever
    writes to it notices nothing. False where the system cannot, or the file is not open for writing."""
    offset, length = ctypes.c_int64(start), ctypes.c_int64(end - start)
    try:
        result: int = _LIBC.fallocate64(file, _KEEP_SIZE_PUNCH_HOLE, offset, length)
    except AttributeError:  # not Linux
        return False
    return result == 0
