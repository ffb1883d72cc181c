"""Which flow files one has to be read with: those that it and its tests use, those that use it, and theirs.

Only these can say what has a value in it, where it comes back to, and whether calls begin there. Found by the
text of the files, because whole folders of flows take long to be read.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialogs.source import LARGEST_FILE, meant

_ENDING, _TESTS = ".flow.yaml", ".test.yaml"
_NAMED = re.compile(r"""(\w+)["']?[ \t]*:[ \t]*["']?([a-z]\w*)\b""")
"""A key with one word behind it."""
_ASIDES = re.compile(r"^asides[ \t]*:.*\n(?:[ \t#].*\n|[ \t]*\n)*", re.MULTILINE)
_BEGUN_AT = re.compile(r"""^(?:[ \t]*- )?[ \t]*[{]?flow[ \t]*:[ \t]*["']?([a-z]\w*)""", re.MULTILINE)
_USED_BY = "subflow"


@dataclass(frozen=True)
class Linked:
    """Flow files, and those that they are read with."""

    named: tuple[Path, ...]
    """Themselves."""
    others: tuple[Path, ...]
    names: frozenset[str]
    """Of all flows that lie there, read or not: what a misspelt name may have meant."""


def linked(files: Sequence[Path], mark: str, *, below: bool) -> Linked:
    """The flow files that these are read with.

    `below`: flows in folders below may use them, too; without it only those that lie beside. `mark`: a file
    of that name makes a folder below a set of its own, which uses none of these.
    """
    place = _Place(files, mark, below=below)
    found = dict.fromkeys(map(_name, files))
    left = [*found, *(name for file in files for name in _begun_at(file))]
    while left:
        name = left.pop()
        found.setdefault(name)
        left += sorted((place.used_by(name) | place.users.get(name, set())) - found.keys())
    own = set(files)
    others = sorted({place.there[name] for name in found if name in place.there} - own)
    return Linked(tuple(dict.fromkeys(files)), tuple(others), frozenset(place.there))


class _Place:
    """The flow files of some folders, each by its name: of several with one name the nearest."""

    def __init__(self, files: Sequence[Path], mark: str, *, below: bool) -> None:
        self.there: dict[str, Path] = {_name(file): file for file in files}
        self._folders, self._mark = list(dict.fromkeys(file.parent for file in files)), mark
        self._wide = below
        for folder in self._folders:
            self._add(_there(folder, mark) if below else _beside(folder))
        self.users: dict[str, set[str]] = {}
        """Which of those that were looked at at once use a flow."""
        for name in list(self.there):
            for used in self._words(name) & self.there.keys():
                self.users.setdefault(used, set()).add(name)

    def _add(self, files: Iterable[Path]) -> None:
        for file in files:
            self.there.setdefault(_name(file), file)

    def _words(self, name: str) -> set[str]:
        return _used(_text(self.there[name]), self.there) if name in self.there else set()

    def used_by(self, name: str) -> set[str]:
        """The flows that it uses, also where their names are misspelt."""
        used = self._words(name)
        if not self._wide and not used <= self.there.keys():
            # Folders below may be many and large: looked through only for what is not beside.
            self._wide = True
            for folder in self._folders:
                self._add(_there(folder, self._mark))
        alike = {close for one in used - self.there.keys() if (close := meant(one, self.there))}
        return (used & self.there.keys()) | alike


def _name(file: Path) -> str:
    return file.name.removesuffix(_ENDING)


def _beside(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.name.endswith(_ENDING))


def _there(folder: Path, mark: str) -> list[Path]:
    """The flow files beside and below, the nearest first."""
    found: list[Path] = []
    for at, below, names in os.walk(folder):
        if mark in names and Path(at) != folder:
            below.clear()
            continue
        found += (Path(at, name) for name in names if name.endswith(_ENDING))
    return sorted(found, key=lambda file: (len(file.parts), file))


def _text(file: Path) -> str:
    """What stands in it; nothing if that cannot be read, which is told when it is read in earnest."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE:
            return ""
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _used(text: str, there: Mapping[str, Path]) -> set[str]:
    """What is used by `subflow:`, also where that key is misspelt, and as an aside; it may be nowhere."""
    asides = [_NAMED.findall(block.partition("intents")[2]) for block in _ASIDES.findall(f"{text}\n")]
    used = {name for block in asides for _key, name in block}
    for key, name in _NAMED.findall(text):
        if key == _USED_BY or (name in there and meant(key, (_USED_BY,))):
            used.add(name)
    return used


def _begun_at(file: Path) -> list[str]:
    """Where the scripted calls of that flow begin."""
    return _BEGUN_AT.findall(_text(file.with_name(_name(file) + _TESTS)))
