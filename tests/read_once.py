"""The shipped flows, read once in a process: half of the commands in tests begin with reading them.

Only the files of the product's own folder, and only as long as each is what it was; whatever a test writes,
or copies from there, is read as always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dialogs import catalogue, loader, rehearsal
from dialogs.catalogue import Catalogue
from dialogs.errors import Problem
from dialogs.flow import FlowSet
from dialogs.segments import golden, reading
from dialogs.source import Source
from dialogs.source import read as read_anew

SHIPPED = Path(__file__).parents[1] / "dialogs" / "flows"
Assembled = tuple[FlowSet, list[Problem]]


class ReadOnce:
    """What was read, and what was made of it."""

    def __init__(self) -> None:
        self._sources: dict[tuple[str, int], Source] = {}
        self._sets: list[tuple[list[Source], Catalogue, object, Assembled]] = []
        self._assemble = loader.assemble

    def read(self, file: Path, shown_as: str | None = None) -> Source:
        """As `dialogs.source.read`."""
        if file.parent.resolve() != SHIPPED:
            return read_anew(file, shown_as)
        key = (shown_as or str(file), file.stat().st_mtime_ns)
        if key not in self._sources:
            self._sources[key] = read_anew(file, shown_as)
        return self._sources[key]

    def assemble(self, sources: Iterable[Source], catalogue: Catalogue, **besides: Any) -> Assembled:
        """As `dialogs.loader.assemble`; what comes from the same files, read once, is made once."""
        several = list(sources)
        rest = {name: id(one) if isinstance(one, Source) else one for name, one in besides.items()}
        ours = {id(one) for one in self._sources.values()}
        shipped = bool(several) and all(id(one) in ours for one in several)
        for known, by, given, made in self._sets if shipped else ():
            if [*map(id, known)] == [*map(id, several)] and given == rest and by == catalogue:
                return made[0], list(made[1])
        made = self._assemble(several, catalogue, **besides)
        if shipped:
            self._sets.append((several, catalogue, rest, (made[0], list(made[1]))))
        return made


@contextmanager
def shipped_flows_read_once() -> Iterator[None]:
    """From here on in this process, until the block is left."""
    once = ReadOnce()
    with ExitStack() as patched:
        for room in (loader, rehearsal, catalogue, golden, reading):
            patched.enter_context(patch.object(room, "read", once.read))
        patched.enter_context(patch.object(loader, "assemble", once.assemble))
        yield
