"""Which server processes are alive, among those that share a spool folder: each ends only what is dead.

Rules:
1. A process holds a lock of the kernel on a file with its name for as long as it lives. However it dies, the
   lock is gone with it; nothing is guessed from clocks, process numbers or silence.
2. A name is held by one process at a time. Whoever wants one that is held gets it with a number (`#2`): its
   calls are not the other's.
3. A node whose folder is elsewhere (another machine) is neither dead nor alive here, and is left alone.
"""

from __future__ import annotations

import fcntl
import os
from itertools import count
from pathlib import Path
from urllib.parse import quote, unquote

_START, _END = "node-", ".lock"


class Node:
    """This process, under a name that nobody else alive has. `dead` are those who had one and are gone."""

    def __init__(self, name: str, dead: tuple[str, ...], descriptor: int) -> None:
        self.name = name
        self.dead = dead
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """The process lives its last calls no more. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def claim(folder: Path, name: str) -> Node:
    """Takes the name, or the next free one after it. Raises `OSError` where the folder cannot be written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in count(1):
        mine = name if number == 1 else f"{name}#{number}"
        descriptor = _locked(folder / f"{_START}{quote(mine, safe='')}{_END}")
        if descriptor is not None:
            return Node(mine, _dead(folder, mine), descriptor)
    raise AssertionError("numbers end")


def one_lives(folder: Path) -> bool | None:
    """Whether a process lives here, for whoever only looks. `None`: these are another user's files."""
    try:
        files = tuple(folder.glob(f"{_START}*{_END}"))
        return any(_held(file) for file in files)
    except PermissionError:
        return None


def _held(file: Path) -> bool:
    descriptor = _locked(file)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is None


def _dead(folder: Path, mine: str) -> tuple[str, ...]:
    found = []
    for file in sorted(folder.glob(f"{_START}*{_END}")):
        name = unquote(file.name.removeprefix(_START).removesuffix(_END))
        if name == mine:
            continue
        descriptor = _locked(file)
        if descriptor is not None:
            os.close(descriptor)
            found.append(name)
    return tuple(found)


def _locked(file: Path) -> int | None:
    """The locked file; None if another process holds it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as refused:
        os.close(descriptor)
        if isinstance(refused, BlockingIOError):
            return None
        raise
    return descriptor
