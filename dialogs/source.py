"""YAML files as people write them, read with the place of every key and nothing that could explode.

Rules:
1. A file is at most 256 KB, 20 levels deep and 50,000 nodes; anchors, aliases, tags and merge keys are
   refused, so reading takes time and memory in proportion to the file's size.
2. Scalars are YAML 1.2 with one narrowing: only `true`, `false`, `null` and plain decimal numbers are
   anything but text. `no`, `09:30`, `+34…` and `007` are text.
3. A key that stands twice is a mistake, never a silent overwrite.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from dialogs.errors import FlowsInvalid, Problem
from dialogs.slips import no_break_space, slip, undecodable, unseen
from dialogs.unreadable import unreadable

LARGEST_FILE = 256 * 1024
"""Bytes. A flow of 200 steps in three languages has about 75 KB."""
DEEPEST = 20
MOST_CHOICES = 24
"""Names that a remedy lists; of more, those that are the most alike."""
MOST_NODES = 50_000
MOST_PROBLEMS = 100
"""Of one kind in one file: who has made more has made one mistake many times, and each costs time."""

Way = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top of the file."""


@dataclass(frozen=True)
class Place:
    """Line and column, from 1."""

    line: int = 1
    column: int = 1


@dataclass
class Source:
    """One file: its plain content, and where every key and list item stands."""

    file: str
    content: Any = None
    places: dict[Way, Place] = field(default_factory=dict)

    def place(self, path: Sequence[str | int]) -> Place:
        """Where that key stands, or the nearest key above it."""
        way = tuple(path)
        while way and way not in self.places:
            way = way[:-1]
        return self.places.get(way, Place())

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        place = self.place(path)
        return Problem(self.file, place.line, place.column, message)


def named_below(folder: Path, ending: str) -> list[Path]:
    """What lies below that folder and is named with that ending, sorted; nothing of a folder that vanishes
    meanwhile, as those of other programs do."""
    found = ((at, name) for at, folders, files in os.walk(folder) for name in (*folders, *files))
    return sorted(Path(at, name) for at, name in found if name.endswith(ending))


def capped(problems: Iterable[Problem], source: Source) -> list[Problem]:
    """The first `MOST_PROBLEMS`, and that there are more, told where the next one stands; of an iterator no
    more than that is worked out."""
    found = list(islice(problems, MOST_PROBLEMS + 1))
    if len(found) <= MOST_PROBLEMS:
        return found
    return [*found[:-1], Problem(source.file, found[-1].line, found[-1].column, TOO_MANY)]


TOO_MANY = f"there are more than {MOST_PROBLEMS} mistakes of one kind here: correct the first ones"


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy for a misspelt name: "did you mean …?", or the list of what exists, as a clause."""
    names = sorted(set(known))
    close = meant(name, names)
    if close:
        return f"did you mean `{close}`?"
    if not names:
        return "add one first, there is none"
    if len(names) > MOST_CHOICES:
        # Those that are nothing alike stand in the order of the alphabet.
        alike = difflib.get_close_matches(name, names, n=MOST_CHOICES, cutoff=0.2)
        names = [*alike, *(one for one in names if one not in alike)][:MOST_CHOICES]
        return f"choose one of {', '.join(f'`{known_name}`' for known_name in names)} …"
    return f"choose one of {', '.join(f'`{known_name}`' for known_name in names)}"


def meant(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """What a misspelt name most likely means, if it is at least so much alike."""
    by_lower = {known_name.lower(): known_name for known_name in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def read(file: Path, shown_as: str | None = None) -> Source:
    """Reads one file. Raises `FlowsInvalid` with every mistake of its YAML."""
    name = shown_as or str(file)
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FlowsInvalid([Problem(name, 1, 1, "this is no file: name a file of text")])
        size = status.st_size
        if size > LARGEST_FILE:
            raise FlowsInvalid(
                [
                    Problem(
                        name,
                        1,
                        1,
                        f"the file has {size:,} bytes, {LARGEST_FILE:,} are allowed: split the flow",
                    )
                ]
            )
        with file.open("rb") as opened:  # which may have grown since
            raw = opened.read(LARGEST_FILE + 1)
    except OSError as fault:
        reason = fault.strerror or "unreadable"
        raise FlowsInvalid(
            [Problem(name, 1, 1, f"cannot read the file ({reason}): check its name and rights")]
        ) from fault
    raw = raw.removeprefix(BOM_UTF8)
    try:
        return parse(raw.decode("utf-8"), name)
    except UnicodeDecodeError as fault:
        (line, column), message = undecodable(raw, fault)
        raise FlowsInvalid([Problem(name, line, column, message)]) from fault


def parse(text: str, file: str) -> Source:
    """Reads YAML text. Raises `FlowsInvalid`."""
    if len(text) > LARGEST_FILE:
        raise FlowsInvalid([Problem(file, 1, 1, f"more than {LARGEST_FILE:,} characters: split the flow")])
    reader = _Reader(file, text)
    if (space := no_break_space(text)) is not None:
        reader.problem(Place(*space[0]), space[1])
        raise FlowsInvalid(reader.problems)
    try:
        reader.read(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as fault:
        (line, column), message = unreadable(text, fault)
        reader.problem(Place(line + 1, column + 1), message)
    except ReaderError as fault:
        before = text[: fault.position] if isinstance(fault.position, int) else ""
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        reader.problem(place, "an invisible sign that no text file may have stands here: remove it")
    except (YAMLError, RecursionError):
        reader.problem(Place(), "this is not YAML: check quotes, colons and indentation")
    if reader.problems:
        raise FlowsInvalid(reader.problems)
    return reader.source


@dataclass
class _Open:
    """A mapping or list that is being read."""

    path: Way
    into: dict[str, Any] | list[Any]
    key: str | None = None
    ignore: bool = False


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.source = Source(file)
        self._lines = text.splitlines()
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0

    def problem(self, place: Place, message: str) -> None:
        if len(self.problems) == MOST_PROBLEMS:
            self.problems.append(Problem(self.source.file, place.line, place.column, TOO_MANY))
            raise FlowsInvalid(self.problems)
        self.problems.append(Problem(self.source.file, place.line, place.column, message))

    def read(self, events: Iterator[Any]) -> None:
        for event in events:
            place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self.problem(place, "a second document begins here: put it into a file of its own")
                    return
            elif isinstance(event, AliasEvent):
                self.problem(place, "an alias (`*name`) is not allowed: write the text out")
                self._put(None, place)
            elif isinstance(event, ScalarEvent):
                self._bound(place, event)
                self._scalar(event, place)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._bound(place, event)
                self._begin({} if isinstance(event, MappingStartEvent) else [], place)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self._open.pop()

    def _bound(self, place: Place, event: Any) -> None:
        self._nodes += 1
        if event.anchor is not None:
            self.problem(place, "an anchor (`&name`) is not allowed: write the text out where it is needed")
        if event.tag is not None and not (event.tag == "!" and isinstance(event, ScalarEvent)):
            self.problem(place, "a tag (`!…`) is not allowed: put the value in quotes instead")
        if self._nodes > MOST_NODES or len(self._open) >= DEEPEST:
            what = "too deeply nested" if len(self._open) >= DEEPEST else "too many values"
            self.problem(place, f"{what} for a flow: split or flatten it")
            raise FlowsInvalid(self.problems)

    def _scalar(self, event: Any, place: Place) -> None:
        hidden = unseen(event.value)
        if hidden is not None:
            one_line = event.style != "|" and event.start_mark.line == event.end_mark.line
            within = Place(place.line, place.column + bool(event.style) + hidden) if one_line else place
            self.problem(within, "an invisible sign that cannot be said or shown stands here: remove it")
        top = self._open[-1] if self._open else None
        if event.style is None:
            message = slip(
                event.value,
                begins_key=top is not None and isinstance(top.into, dict) and top.key is None,
                tagged=event.tag == "!",
                of_key=(top.key or "") if top is not None else "",
                rest=self._after(event.end_mark),
            )
            if message is not None:
                self.problem(place, message)
        if top is not None and isinstance(top.into, dict) and top.key is None:
            self._key(top, event.value, place)
            return
        plain = bool(event.implicit[0]) and event.style is None
        self._put(_plain(event.value) if plain else event.value, place)

    def _after(self, mark: Any) -> str:
        """What follows in the line."""
        return self._lines[mark.line][mark.column :] if mark.line < len(self._lines) else ""

    def _key(self, top: _Open, key: str, place: Place) -> None:
        assert isinstance(top.into, dict)
        top.key, top.ignore = key, False
        if key == "<<":
            self.problem(place, "a merge key (`<<`) is not allowed: write the keys out")
            top.ignore = True
        elif key in top.into:
            first = self.source.place((*top.path, key))
            entry = bool(top.path) and isinstance(top.path[-1], int) and first.line != place.line
            dash = ", or begin a new entry with `- `" if entry else ""
            self.problem(
                place, f"`{key}` stands twice (first in line {first.line}): remove one of them{dash}"
            )
            top.ignore = True
        else:
            self.source.places[(*top.path, key)] = place

    def _begin(self, into: dict[str, Any] | list[Any], place: Place) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.into, dict) and top.key is None:
            self.problem(place, "a key must be plain text: put a name before the colon")
            raise FlowsInvalid(self.problems)
        path = self._put(into, place)
        self._open.append(_Open(path, into))

    def _put(self, value: Any, place: Place) -> Way:
        if not self._open:
            self.source.content = value
            self.source.places[()] = place
            return ()
        top = self._open[-1]
        if isinstance(top.into, list):
            path: Way = (*top.path, len(top.into))
            top.into.append(value)
            self.source.places[path] = place
            return path
        assert top.key is not None
        path = (*top.path, top.key)
        if top.ignore:
            path = (*top.path, f"{top.key} (again)")
        else:
            top.into[top.key] = value
        top.key = None
        return path


_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,9}")


def _plain(text: str) -> Any:
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
